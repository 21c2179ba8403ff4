"""What is fitted to clicks before the unified model finds what was put into them."""

import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from uniadgen.data.scene_codes import SceneCodes
from uniadgen.errors import InputError
from uniadgen.model.config import tiny
from uniadgen.model.heads import CLOSENESS, SceneHead
from uniadgen.model.residual import residual_values
from uniadgen.model.scene import FACETS
from uniadgen.model.taste import Taste
from uniadgen.model.text_embedder import MOST_TOKENS, TextEmbedder, embedder_of, padded
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.training.clicks import embeddings_of, fit_embedder, fit_taste, fit_votes

# Products of two departments that share no word; of a department's twelve, every third word is the same.
DEPARTMENTS = (["mat", "rug", "sofa", "chair", "lamp", "desk"], ["soap", "balm", "scrub", "lotion", "wax", "comb"])


class Shop:
    """What the fits read of a store: creatives of two departments, users who stay in one or the other for a while."""

    def __init__(self, tokenizer: TextTokenizer, clicks_of_user: int = 12) -> None:
        self.tokenizer = tokenizer
        draw = random.Random(0)
        self.department = np.arange(40) % 2
        self.texts = [" ".join(draw.sample(DEPARTMENTS[d], 2)) for d in self.department]
        self.descriptions = [" ".join(draw.sample(DEPARTMENTS[d], 3)) if i % 5 else "" for i, d in enumerate(self.department)]
        self.histories = []
        for _ in range(60):
            first, second = draw.sample((0, 1), 2)
            of = [[int(i) for i in np.flatnonzero(self.department == d)] for d in (first, second)]
            half = clicks_of_user // 2
            self.histories.append(np.array(draw.choices(of[0], k=half) + draw.choices(of[1], k=clicks_of_user - half)))
        self.user_splits = np.zeros(60, np.int8)
        self.kept: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def clicks(self, user: int) -> np.ndarray:
        return self.histories[user]

    def text_ids(self, row: int) -> list[int]:
        return self.tokenizer.encode(" " + self.texts[row])

    def row(self, row: int) -> SimpleNamespace:
        return SimpleNamespace(description=self.descriptions[row])

    def derived(self, name: str, make: Any) -> Any:
        return self.kept.setdefault(name, make())


def test_texts_of_a_department_come_to_lie_together(tokenizer: TextTokenizer) -> None:
    shop: Any = Shop(tokenizer)
    torch.manual_seed(0)
    embedder = TextEmbedder(tokenizer.size, 16)
    fit_embedder(embedder, shop, tokenizer, 60, 0)
    vectors = embeddings_of(shop, embedder, tokenizer).astype(np.float32)
    assert vectors.shape == (40, 2, 16)
    described = np.array([bool(text) for text in shop.descriptions])
    cosines = vectors[:, 0] @ vectors[described, 1].T
    same = shop.department[:, None] == shop.department[described]
    assert cosines[same].min() > cosines[~same].max() + 0.3
    # what is asked with words gives what was stored
    asked = embedder_of(embedder, tokenizer)([shop.texts[3], shop.descriptions[1]])
    np.testing.assert_allclose(asked, vectors[[3, 1], [0, 1]], atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(asked, axis=1), 1, atol=1e-5)
    torch.manual_seed(0)
    again = TextEmbedder(tokenizer.size, 16)
    fit_embedder(again, shop, tokenizer, 60, 0)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), embedder.parameters(), strict=True))


def test_other_weights_are_other_embeddings(tokenizer: TextTokenizer) -> None:
    shop: Any = Shop(tokenizer)
    first = embeddings_of(shop, TextEmbedder(tokenizer.size, 8), tokenizer)
    second = embeddings_of(shop, TextEmbedder(tokenizer.size, 8), tokenizer)
    assert len(shop.kept) == 2
    assert not np.allclose(first, second)


def test_histories_of_one_click_are_refused(tokenizer: TextTokenizer) -> None:
    shop: Any = Shop(tokenizer, clicks_of_user=1)
    with pytest.raises(InputError, match="two clicks"):
        fit_embedder(TextEmbedder(tokenizer.size, 8), shop, tokenizer, 1, 0)


@torch.no_grad()
def test_a_text_is_read_up_to_its_limit_and_padding_never() -> None:
    embedder = TextEmbedder(50, 8)
    long = list(range(1, 40)) * 10
    alone, beside = (embedder(*padded(texts, torch.device("cpu")))[0] for texts in ([[4, 5]], [[4, 5], long]))
    torch.testing.assert_close(alone, beside)
    ids, visible = padded([long, [], [3]], torch.device("cpu"))
    assert ids.shape == (3, MOST_TOKENS)
    assert visible.sum(1).tolist() == [MOST_TOKENS, 0, 1]
    assert not embedder(ids, visible)[1].any()  # no text: no direction, and no NaN


def test_votes_are_learnt_from_what_is_clicked_next() -> None:
    """A like product's click foretells the next code of its scene; any other click says nothing."""
    config, codes = tiny(), 8
    plates = np.zeros((codes, 1, 2), np.uint16)
    plates[:, 0, 0] = np.arange(codes)
    plates[:, 0, 1] = 3

    class Clicks:
        users, seed = np.arange(10), 0
        scenes: SceneCodes | None = SceneCodes(plates, plates)
        store: Any = SimpleNamespace(similarity=lambda clicks, target: ((clicks + 1) % codes == target).astype(np.float64))

        def __init__(self) -> None:
            self.config = config

        def clicked(self, draw: random.Random, user: int) -> tuple[int, list[int]]:
            row = draw.randrange(codes)
            clicks = [(row - 1) % codes, *(draw.randrange(codes) for _ in range(2))]
            draw.shuffle(clicks)
            return row, clicks[: draw.randint(1, 3)]

        def view(self, draw: random.Random) -> SimpleNamespace:
            return SimpleNamespace(variant=0)

    head = SceneHead(config.decoder.width, 16, 2, codes)
    reader: Any = Clicks()
    fit_votes(head, reader, 400)
    assert head.said[0, 0].argmax(1).tolist() == [(code + 1) % codes for code in range(codes)]
    assert head.closeness[0].item() > CLOSENESS + 0.5
    reader.scenes = None
    with pytest.raises(ValueError, match="without scene codes"):
        fit_votes(head, reader, 1)


def test_taste_is_learnt_from_which_ad_of_a_product_was_clicked() -> None:
    """Shoppers who look at colours alone, and at no other product's than the like ones."""
    config, codes = tiny(), 6
    angles = torch.arange(codes) * 2 * torch.pi / codes
    points = torch.stack([angles.cos(), angles.sin()], 1) / len(FACETS) ** 0.5
    codebooks = torch.zeros(len(FACETS), codes, 2 * len(FACETS))
    for facet in range(len(FACETS)):
        codebooks[facet, :, 2 * facet : 2 * facet + 2] = points
    draw = random.Random(0)
    plates = np.array([[[draw.randrange(codes), row % codes, draw.randrange(codes)]] for row in range(60)], np.uint16)

    class Clicks:
        users, seed, rows = np.arange(10), 0, np.arange(60)
        scenes: SceneCodes | None = SceneCodes(plates, plates)
        # five ads of each product, and the first click is on a like one
        store: Any = SimpleNamespace(
            similarity=lambda clicks, target: np.array([1.0] + [0.0] * (len(clicks) - 1)),
            row=lambda row: SimpleNamespace(description=f"product {row // 5}"),
        )

        def __init__(self) -> None:
            self.config = config

        def clicked(self, draw: random.Random, user: int) -> tuple[int, list[int]]:
            row = draw.randrange(60)
            like = [other for other in range(60) if other % codes == row % codes and other != row]
            return row, [draw.choice(like), draw.randrange(60)]

        def view(self, draw: random.Random) -> SimpleNamespace:
            return SimpleNamespace(variant=0)

    taste, reader = Taste(), Clicks()
    encoder: Any = SimpleNamespace(values=lambda codes: residual_values(codes, codebooks))
    before = taste.closeness.detach().clone()
    fit_taste(taste, encoder, reader, 200)  # type: ignore[arg-type]
    place, colours, whole = taste.weight.tolist()
    assert colours > 2 * max(place, whole)
    assert taste.closeness[1] > before[1] + 0.5

    alone = Taste()
    reader.store.row = lambda row: SimpleNamespace(description=f"product {row}")
    fit_taste(alone, encoder, reader, 2)  # type: ignore[arg-type]
    assert torch.equal(alone.weight, Taste().weight)  # one ad of each product tells nothing
    reader.scenes = None
    with pytest.raises(ValueError, match="without scene codes"):
        fit_taste(taste, encoder, reader, 1)  # type: ignore[arg-type]
