"""Batches of a step depend on the step alone; epochs, ranks and workers partition the data."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from uniadgen.cli.main import main
from uniadgen.data.augment import VARIANTS
from uniadgen.data.encoding import encode_creatives
from uniadgen.data.store import Store, of_split, open_store
from uniadgen.model.config import tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.plan import open_tokens
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, IMAGE, Batch, UnifiedModel
from uniadgen.rng import stream
from uniadgen.training.batches import Mix, Reader, batches, draw_plan, in_order
from uniadgen.training.stages import drawn_histories
from uniadgen.training.unified import Trained

TINY = Path(__file__).parents[2] / "data" / "tiny"
PERSONAL = Mix(general=0, personal=1, scenes=0, words=0, general_steps=0)
SCENES = Mix(general=0, personal=0, scenes=1, words=0, general_steps=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoded") / "data"
    shutil.copytree(TINY, folder)
    torch.manual_seed(0)
    encode_creatives(folder, FSQTokenizer(tiny().image).eval(), tiny(), augment=True)
    assert main(["data", "similarity", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def store(data: Path, tokenizer: TextTokenizer) -> Store:
    return open_store(data, tokenizer)


def same(first: Batch, second: Batch) -> bool:
    pairs = [(first.ids, second.ids), (first.kinds, second.kinds), (first.text_targets, second.text_targets)]
    if (first.canvas is None) != (second.canvas is None) or (first.clicks is None) != (second.clicks is None):
        return False
    if first.canvas is not None and second.canvas is not None:
        pairs.append((first.canvas, second.canvas))
    if first.clicks is not None and second.clicks is not None:
        pairs += [(first.clicks.codes, second.clicks.codes), (first.clicks.text, second.clicks.text)]
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_step_is_the_same_whoever_asks(store: Store, tokenizer: TextTokenizer) -> None:
    def reader() -> Reader:
        return Reader(store, tiny(), tokenizer, Mix(general_steps=3), "train", batch=3)

    whole = [reader()[step] for step in range(12)]
    resumed = list(batches(reader(), 5, 12, workers=2))
    assert len(resumed) == 7
    assert all(same(a, b) for a, b in zip(whole[5:], resumed, strict=True))
    assert not same(whole[5], whole[6])
    other = Reader(store, tiny(), tokenizer, Mix(general_steps=3), "train", batch=3, seed=1)
    assert not any(same(other[step], whole[step]) for step in range(12))


def test_training_asks_by_the_step(store: Store, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, tiny(), tokenizer, Mix(general_steps=3), "train", batch=3)
    batch_at = in_order(reader, 9, workers=1)
    for step in (5, 6, 7, 2, 3):  # also when it starts anew
        assert same(batch_at(step), reader[step])


def test_an_epoch_shows_every_user_once_over_all_ranks(
    store: Store, tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = of_split(store.user_splits, ["train"])
    readers = [Reader(store, tiny(), tokenizer, PERSONAL, "train", 5, rank=rank, ranks=2) for rank in range(2)]
    assert len(users) == 40
    assert len(readers[0]) == 4
    orders = []
    for epoch in range(2):
        steps = range(4 * epoch, 4 * epoch + 4)
        seen = [item for step in steps for reader in readers for item in reader._items("personal", step, reader.users)]
        assert sorted(seen) == users.tolist()
        orders.append(seen)
    assert orders[0] != orders[1] != users.tolist()


def test_kinds_come_in_their_shares_and_stages(store: Store, tokenizer: TextTokenizer) -> None:
    mix = Mix(general=0.15, personal=0.4, scenes=0.2, words=0.25, general_steps=30)
    reader = Reader(store, tiny(), tokenizer, mix, "train", 2)
    kinds = [reader.kind(step) for step in range(130)]
    assert "personal" not in kinds[:30]
    assert Counter(kinds[30:]) == {"general": 15, "personal": 40, "scenes": 20, "words": 25}
    for step in range(131):
        for kind in ("general", "personal", "scenes", "words"):
            assert reader.before(kind, step) == kinds[:step].count(kind)


def test_a_personal_batch_is_the_users_history(store: Store, tokenizer: TextTokenizer) -> None:
    config = tiny()
    reader = Reader(store, config, tokenizer, PERSONAL, "train", 4)
    for step in range(10):
        batch = reader[step]
        assert batch.clicks is not None
        assert batch.canvas is not None
        for number, user in enumerate(reader._items("personal", step, reader.users)):
            target, (clicks, _) = store.target(user), store.clicks(user)
            painted = batch.ids[number][batch.kinds[number] == IMAGE].numpy()
            variants = [v for v in range(len(VARIANTS)) if np.array_equal(store.codes[target, v], painted)]
            assert variants
            seen = batch.clicks.codes[number][batch.clicks.visible[number]].numpy()
            assert len(seen) * config.click_image_tokens == int((batch.kinds[number] == CLICK_IMAGE).sum())
            allowed = {
                bytes(store.click_codes[c, v].astype(np.int64)) for c in clicks if c != target for v in range(len(VARIANTS))
            }
            assert {bytes(codes) for codes in seen} <= allowed
            box = store.boxes[target]
            outside = batch.canvas[number].clone()
            for v in variants:  # white but for the product's box, mirrored in odd variants
                left = 64 - box[0] - box[2] if v % 2 else box[0]
                outside[:, box[1] : box[1] + box[3], left : left + box[2]] = 255
            assert (outside == 255).all()
            assert (batch.canvas[number] < 255).any()


def test_the_model_learns_from_a_batch(store: Store, data: Path, tokenizer: TextTokenizer) -> None:
    torch.manual_seed(0)
    model = UnifiedModel(tiny())
    for histories in (None, drawn_histories(data)):
        reader = Reader(store, tiny(), tokenizer, replace(PERSONAL, words=0.5), "train", 3, histories=histories)
        for step in range(4):
            losses = model(reader[step])
            assert torch.isfinite(losses.text)
            assert torch.isfinite(losses.image)
            (losses.text + losses.image).backward()


def test_a_split_without_users_is_refused(store: Store, tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(store), "user_splits", property(lambda self: np.zeros(50, np.int8)))
    with pytest.raises(ValueError, match="split val"):
        Reader(store, tiny(), tokenizer, PERSONAL, "val", 3)


def test_scenes_show_clicked_pictures_and_no_words(data: Path, store: Store, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, tiny(), tokenizer, SCENES, "train", 4, histories=drawn_histories(data))
    early, later = reader[0], reader[2]
    assert early.clicks is None  # before histories begin: the unconditional sequence
    assert later.clicks is not None
    assert later.clicks.visible.any()
    assert not later.clicks.text_visible.any()
    assert (later.text_targets == -100).all()
    assert ((later.kinds == IMAGE).sum(1) == tiny().image.tokens).all()


def test_every_kind_of_batch_trains_without_nan(data: Path, store: Store, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, tiny(), tokenizer, Mix(general_steps=0), "train", 4, histories=drawn_histories(data), planned=True)
    torch.manual_seed(0)
    trained = Trained(UnifiedModel(tiny()))
    for step in (next(s for s in range(20) if reader.kind(s) == kind) for kind in ("general", "personal", "scenes", "words")):
        named = trained(reader[step])
        assert set(named) == {"text", "image"}
        trained.zero_grad(set_to_none=True)
        sum(named.values()).backward()
        gradients = [p.grad for p in trained.parameters() if p.grad is not None]
        assert gradients
        assert all(bool(g.isfinite().all()) for g in gradients)


def test_plans_show_a_plate_but_not_around_products(store: Store) -> None:
    row, grid = 3, 16  # on the tiny model's own grid a product and its surroundings cover everything
    boxes = torch.from_numpy(store.shares(np.array([row, row])))
    boxes[1, 0] = 1 - boxes[1, 0] - boxes[1, 2]  # mirrored
    hidden = ~open_tokens(boxes, grid).numpy()
    seen = []
    for number in range(60):
        plan = draw_plan(stream(0, "plans", number), store, row, number % 2, grid)
        if plan is not None:
            assert (plan.codes == store.codes[row, number % 2]).all()
            assert not (plan.visible & hidden[number % 2]).any()
            seen.append(plan.visible.mean())
    assert 30 < len(seen) < 60  # some are painted without a plan
    assert np.std(seen) > 0.05
