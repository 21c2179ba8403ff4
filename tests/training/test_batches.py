"""Batches of a step depend on the step alone, and on what a shop has; epochs, ranks and workers partition the data."""

import random
import re
import shutil
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor

from small_data import some_products
from uniadgen.data import layout
from uniadgen.data.augment import VARIANTS
from uniadgen.data.build import write_texts
from uniadgen.data.encoding import encode_creatives
from uniadgen.data.scene_codes import SceneCodes, scene_codes
from uniadgen.data.store import Store, of_split, open_store, open_texts
from uniadgen.errors import InputError
from uniadgen.model.composition import thumbnails_of
from uniadgen.model.config import SceneConfig, tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, SLOT, Batch, UnifiedModel
from uniadgen.training.batches import FEWEST_CLICKS, Mix, Reader, View, batches, batches_by_step, collate
from uniadgen.training.compositions import read_thumbnails
from uniadgen.training.made_up import made_up_word, retold, with_made_up_words, with_two_as_one
from uniadgen.training.unified import Trained

CONFIG = replace(tiny(), text=replace(tiny().text, ad_tokens=100))  # the tests' text tokenizer spells most words out
ADS = Mix(ads=1, words=0, pictures=0, general=0, general_steps=0, made_up=0, retold=0, joined=0)
MIXED = Mix(general_steps=3, words_batch=4, pictures_batch=5)
KINDS = ("ads", "words", "pictures")  # of a single data set
PROMPTED = "uniadgen.training.batches.PROMPT_DROPOUT"


def encoder() -> SceneEncoder:
    torch.manual_seed(0)
    made = SceneEncoder(tiny().scene).eval()
    torch.nn.init.normal_(made.codebooks, std=0.3)
    return made


def prepared(folder: Path) -> Path:
    torch.manual_seed(0)
    encode_creatives(folder, FSQTokenizer(tiny().image).eval(), tiny(), augment=True)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With 20 users to train with."""
    folder = some_products(tmp_path_factory.mktemp("small") / "data", 2)
    users = list(layout.iter_rows(folder, "users"))
    assert [row["split"] for row in users].count("train") == 21
    users.remove(next(row for row in users if row["split"] == "train"))
    layout.write_users(folder, users)
    return folder


@pytest.fixture(scope="module")
def data(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(Path(shutil.copytree(small, tmp_path_factory.mktemp("encoded") / "data")))


@pytest.fixture(scope="module")
def store(data: Path, tokenizer: TextTokenizer) -> Store:
    return open_store(data, tokenizer)


@pytest.fixture(scope="module")
def scenes(data: Path) -> SceneCodes:
    return scene_codes(data, encoder())


def flat(part: object) -> list[tuple[str, Tensor | None]]:
    """All tensors of a batch by their names."""
    tensors: list[tuple[str, Tensor | None]] = []
    for f in fields(part):  # type: ignore[arg-type]
        value = getattr(part, f.name)
        tensors += [(f.name, value)] if value is None or isinstance(value, Tensor) else flat(value)
    return tensors


def same(first: Batch, second: Batch) -> bool:
    pairs = list(zip(flat(first), flat(second), strict=False))
    return len(flat(first)) == len(flat(second)) and all(
        name == other and (a is b is None or (a is not None and b is not None and torch.equal(a, b)))
        for (name, a), (other, b) in pairs
    )


def test_a_step_is_the_same_whoever_asks(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    def reader(seed: int = 0) -> Reader:
        return Reader(store, scenes, CONFIG, tokenizer, MIXED, "train", batch=3, seed=seed)

    whole = [reader()[step] for step in range(12)]
    assert {reader().kind(step) for step in range(5, 12)} == set(KINDS)
    resumed = list(batches(reader(), 5, 12, workers=2))
    assert len(resumed) == 7
    assert all(same(a, b) for a, b in zip(whole[5:], resumed, strict=True))
    assert not same(whole[5], whole[6])
    assert not any(same(reader(seed=1)[step], whole[step]) for step in range(12))


def test_training_asks_by_the_step(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, scenes, CONFIG, tokenizer, MIXED, "train", batch=3)
    batch_at = batches_by_step(reader, 9, workers=1)
    for step in (5, 6, 7, 2, 3):  # also when it starts anew
        assert same(batch_at(step), reader[step])


def test_labels_and_kinds_of_scenes_are_not_read(
    small: Path, store: Store, scenes: SceneCodes, tokenizer: TextTokenizer, tmp_path: Path
) -> None:
    """Without the judge's tables, departments, categories and scene ids, which no shop has: the same batches."""
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("creatives", "products", "users"):
        table = pq.read_table(small / f"{name}.parquet")
        for column in ("department", "category", "scene_id", "size_cm"):
            if column in table.schema.names:
                place = table.schema.get_field_index(column)
                table = table.set_column(place, table.schema.field(place), pa.nulls(len(table), table.schema.field(place).type))
        pq.write_table(table, bare / f"{name}.parquet", row_group_size=64)
    other, codes = open_store(prepared(bare), tokenizer), scene_codes(bare, encoder())
    readers = [Reader(s, c, CONFIG, tokenizer, MIXED, "train", 3) for s, c in ((store, scenes), (other, codes))]
    assert not list(bare.glob("labels*")) + list(bare.glob("tastes*"))
    for step in range(8):
        assert same(*(reader[step] for reader in readers))


def test_an_epoch_shows_every_user_once_over_all_ranks(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    users = of_split(store.user_splits, ["train"])
    readers = [Reader(store, scenes, CONFIG, tokenizer, ADS, "train", 5, rank=rank, ranks=2) for rank in range(2)]
    assert len(users) == 20
    assert len(readers[0]) == 2
    orders = []
    for epoch in range(2):
        steps = range(2 * epoch, 2 * epoch + 2)
        seen = [item for step in steps for reader in readers for item in reader.items("ads", step, reader.users)]
        assert sorted(seen) == users.tolist()
        orders.append(seen)
    assert orders[0] != orders[1] != users.tolist()
    assert not same(readers[0][0], readers[1][0])


def test_kinds_come_in_their_shares(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, scenes, CONFIG, tokenizer, Mix(ads=0.15, words=0.6, pictures=0.25), "train", 2)
    kinds = [reader.kind(step) for step in range(100)]
    assert Counter(kinds) == {"ads": 15, "words": 60, "pictures": 25}
    for step in range(100):
        for kind in KINDS:
            assert reader.before(kind, step) == kinds[:step].count(kind)
    with pytest.raises(InputError, match="must be above 0"):
        Mix(ads=0, words=0, pictures=0)


def test_an_ad_is_what_a_user_clicked_after_the_clicks_before(
    store: Store, scenes: SceneCodes, tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROMPTED, 0)
    reader = Reader(store, scenes, CONFIG, tokenizer, ADS, "train", 4)
    spelled: Counter[bool] = Counter()
    lengths, crops = set(), set()
    for step in range(10):
        batch = reader[step]
        assert batch.clicks is not None
        assert batch.canvas is not None
        assert batch.codes is not None
        for number, user in enumerate(reader.items("ads", step, reader.users)):
            candidates = [
                (target, before, variant, crop)
                for target, before in store.targets(user)
                for variant in range(len(VARIANTS))
                for crop in range(store.settings["crops"])
                if np.array_equal(store.codes[target, variant * store.settings["crops"] + crop], batch.codes[number].numpy())
            ]
            clicked = [
                (codes.tolist(), scene.tolist())
                for codes, scene, visible in zip(
                    batch.clicks.codes[number], batch.clicks.scenes[number], batch.clicks.visible[number], strict=True
                )
                if visible
            ]
            lengths.add(len(clicked))
            assert FEWEST_CLICKS <= len(clicked) <= CONFIG.preference.clicks
            assert len(clicked) * CONFIG.click_image_tokens == int((batch.kinds[number] == CLICK_IMAGE).sum())
            ends = batch.click_ends[number][batch.click_ends[number] >= 0]
            assert len(ends) == len(clicked)
            assert (batch.kinds[number][ends] == CLICK_IMAGE).all()

            def explained(target: int, before: np.ndarray, variant: int, crop: int) -> bool:  # type: ignore[type-arg]
                before_it = [
                    (store.click_codes[click, variant].tolist(), scenes.ads[click, variant].tolist())
                    for click in before.tolist()
                    if click != target
                ]
                right_scene = scenes.plates[target, variant].tolist() == batch.scenes[number].tolist()  # noqa: B023
                return right_scene and all(click in before_it for click in clicked)  # noqa: B023

            def drawn(target: int, variant: int, crop: int) -> bool:
                """Whether the canvas of a whole plate is white but for the product's box."""
                box, outside = store.boxes[target], batch.canvas[number].clone()  # type: ignore[index]  # noqa: B023
                left = 64 - box[0] - box[2] if VARIANTS[variant][0] else box[0]
                outside[:, box[1] : box[1] + box[3], left : left + box[2]] = 255
                return crop > 0 or bool((outside == 255).all())

            # different views may have the same codes
            fitting = [(t, v, crop) for t, before, v, crop in candidates if explained(t, before, v, crop) and drawn(t, v, crop)]
            assert fitting
            crops.add(fitting[0][2])
            assert (batch.canvas[number] < 255).any()
        assert batch.decisions is not None
        for row in range(4):
            spelled[bool((batch.decisions.row == row).any())] += 1
    assert spelled[True] > 35  # nearly all texts are such as the grammar writes
    assert lengths == {2, 3}
    assert crops == set(range(store.settings["crops"]))


def test_words_have_no_picture_and_pictures_no_words(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, scenes, CONFIG, tokenizer, MIXED, "train", 3)
    steps = {kind: next(step for step in range(3, 40) if reader.kind(step) == kind) for kind in KINDS}
    words, pictures, ads = (reader[steps[kind]] for kind in ("words", "pictures", "ads"))
    assert (len(words.ids), len(pictures.ids), len(ads.ids)) == (4, 5, 3)
    assert words.codes is words.canvas is words.keep_foreground is None
    assert words.decisions is not None
    assert not (words.kinds == SLOT).any()
    assert pictures.decisions is pictures.clicks is None
    assert len(ads.slots) == CONFIG.image.tokens
    assert ((ads.kinds == SLOT).sum(1) == CONFIG.image.tokens).all()
    part = CONFIG.image.tokens - 3 * CONFIG.image.grid**2 // 4  # coarse scales whole, of the finest a quarter
    assert len(pictures.slots) == part
    assert ((pictures.kinds == SLOT).sum(1) == part).all()
    first = pictures.image_starts + 1
    assert torch.equal(pictures.positions[0, first[0] : first[0] + part], first[0] + pictures.slots)
    assert ads.codes is not None
    assert len(ads.codes) == 3
    for batch in (words, pictures, ads):  # begin_image is where the picture, or the scene token, is predicted
        at = batch.ids[torch.arange(len(batch.ids)), batch.image_starts]
        assert (at == tokenizer.begin_image).all()


def test_before_histories_begin_nobody_has_one(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, scenes, CONFIG, tokenizer, replace(ADS, general_steps=2), "train", 3)
    assert reader[0].clicks is reader[1].clicks is None
    assert reader[2].clicks is not None
    general = Reader(store, scenes, CONFIG, tokenizer, replace(ADS, general=1), "train", 3)
    assert general[5].clicks is None


def test_a_model_without_scenes_is_told_none(store: Store, tokenizer: TextTokenizer) -> None:
    config = replace(CONFIG, scene=SceneConfig())
    batch = Reader(store, None, config, tokenizer, ADS, "train", 3)[0]
    assert batch.scenes.shape == (3, 0)
    losses = UnifiedModel(config)(batch)
    assert losses.scene == 0
    assert losses.image > 0


def test_a_split_without_users_is_refused(
    store: Store, scenes: SceneCodes, tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(store), "user_splits", property(lambda self: np.zeros(50, np.int8)))
    with pytest.raises(ValueError, match="split val"):
        Reader(store, scenes, CONFIG, tokenizer, ADS, "val", 3)


def test_every_kind_of_batch_trains_without_nan(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    compositions = np.random.default_rng(0).integers(4, size=(*store.codes.shape[:2], 2)).astype(np.uint16)
    mix = replace(MIXED, general_steps=0)
    reader = Reader(store, scenes, CONFIG, tokenizer, mix, "train", 4, compositions=compositions)
    torch.manual_seed(0)
    trained = Trained(UnifiedModel(CONFIG))
    nothing = {"ads": set(), "words": {"image"}, "pictures": {"text"}}
    for kind in KINDS:
        named = trained(reader[next(s for s in range(20) if reader.kind(s) == kind)])
        assert {name for name, value in named.items() if value == 0} == nothing[kind]
        trained.zero_grad(set_to_none=True)
        sum(named.values()).backward()
        gradients = [p.grad for p in trained.parameters() if p.grad is not None]
        assert gradients
        assert all(bool(g.isfinite().all()) for g in gradients)


# Made-up words -----------------------------------------------------------------------------------------------------------


def test_texts_come_from_another_data_set_without_pictures(
    store: Store, scenes: SceneCodes, tokenizer: TextTokenizer, tmp_path: Path
) -> None:
    """In their share of the steps, with clicks of which only the texts are seen, and a loss for the text alone."""
    write_texts(tmp_path / "texts", 60, seed=1, shoppers=80)
    texts, mix = open_texts(tmp_path / "texts", tokenizer), Mix(ads=1, words=0, pictures=0, texts=1, texts_batch=3, general=0)
    assert len(texts) == 300
    assert not texts.pictured
    assert store.pictured
    numbers = np.arange(len(store)) % 4, np.arange(len(texts)) % 4
    common = CONFIG, tokenizer, replace(mix, general_steps=0), "train", 2, 0, 0, 1
    written = Reader(texts, None, *common, None, numbers[1])
    compositions = np.zeros((len(store), 6 * 5, CONFIG.scene.composition), np.uint16)
    reader = Reader(store, scenes, *common, compositions, numbers[0], written)
    torch.manual_seed(0)
    trained = Trained(UnifiedModel(CONFIG))
    seen = Counter[str]()
    for step in range(20):
        seen[reader.kind(step)] += 1
        batch = reader[step]
        if reader.kind(step) == "ads":
            assert batch.codes is not None
            continue
        assert same(batch, written[step])
        assert batch.codes is None
        assert len(batch.ids) == 3
        assert batch.clicks is not None
        assert batch.clicks.text_visible.any()
        assert batch.clicks.pictures == 0
        assert not (batch.kinds == CLICK_IMAGE).any()
        losses = trained(batch)
        assert losses["text"].item() > 0
        assert losses["scene"].item() == losses["composition"].item() == losses["image"].item() == 0
    assert seen == {"ads": 10, "texts": 10}
    assert same(next(iter(batches(reader, 7, 8, workers=1))), reader[7])


def test_made_up_words_replace_the_same_word_everywhere() -> None:
    points = ["Aster", "Rapid Boil", "Steel Kettle", "1.7 L", "不含酒精", "Rapid Cleaning", "For Men"]
    text = "Aster Steel Kettle - Rapid Boil [1.7 L] 不含酒精"
    description = "This steel kettle by Aster boils rapid, for men. Quickly!"
    exchanged: Counter[str] = Counter()
    for seed in range(60):
        other = with_made_up_words(random.Random(seed), description, points, text)
        exchange: dict[str, str] = {}
        for before, after in zip([description, *points, text], [other[0], *other[1], other[2]], strict=True):
            old, new = (re.findall(r"[A-Za-z]+|[^A-Za-z]+", value) for value in (before, after))
            assert len(old) == len(new)
            for word, now in zip(old, new, strict=True):
                assert exchange.setdefault(word.lower(), now.lower()) == now.lower()
                assert word[0].isupper() == now[0].isupper()
        assert not {word for word in ("boils", "quickly", "this", "l") if exchange[word] != word}  # of the selling points only
        exchanged.update(word for word, now in exchange.items() if word != now)
        again = with_made_up_words(random.Random(seed), description, points, text)
        assert again == other
    assert exchanged.keys() == {"aster", "rapid", "boil", "steel", "kettle", "cleaning", "for", "men"}
    assert all(15 < count < 45 for count in exchanged.values())


def test_two_points_that_stand_side_by_side_become_one() -> None:
    points = ["1.7 L", "Nova", "Steel", "Kettle"]
    made = {tuple(with_two_as_one(random.Random(k), points, "Nova Steel Kettle | 1.7 L")) for k in range(20)}
    assert made == {("1.7 L", "Nova Steel", "Kettle"), ("1.7 L", "Nova", "Steel Kettle")}
    assert with_two_as_one(random.Random(0), points, "Nova | Steel, 1.7 L") == points
    assert with_two_as_one(random.Random(0), ["静音", "水壶", "Nova"], "Nova，静音水壶") == ["静音水壶", "Nova"]
    assert with_two_as_one(random.Random(0), ["Nova", "Kettle", "Nova Kettle"], "Nova Kettle") == [
        "Nova",
        "Kettle",
        "Nova Kettle",
    ]


def test_made_up_words_are_many_and_can_be_said() -> None:
    draw = random.Random(0)
    words = [made_up_word(draw) for _ in range(500)]
    assert len(set(words)) > 450
    assert all(re.fullmatch(r"[a-z]*[aeiou][a-z]*", word) and len(word) > 1 for word in words)
    assert max(map(len, words)) < 20


def test_a_view_has_its_own_composition(store: Store, scenes: SceneCodes, tokenizer: TextTokenizer) -> None:
    """And workers send the slots and positions of parts along."""
    views = store.codes.shape[1]
    compositions = np.zeros((len(store), views, 2), np.uint16)
    compositions[..., 0], compositions[..., 1] = np.arange(len(store))[:, None] % 4, np.arange(views)[None] // 4
    mix = replace(MIXED, general_steps=0)
    reader = Reader(store, scenes, CONFIG, tokenizer, mix, "train", 3, compositions=compositions)
    view = View(1, 2)
    number = store.settings["crops"] + 2
    row = int(reader.rows[0])
    example = reader.picture_example(row, view)
    assert example.scene.tolist() == [*scenes.plates[row, 1].tolist(), row % 4, number // 4]
    assert example.codes is not None
    assert np.array_equal(example.codes, store.codes[row, number])
    steps = [step for step in range(20) if reader.kind(step) != "words"][:4]
    sent = list(batches(reader, min(steps), max(steps) + 1, workers=2))
    assert all(same(sent[step - min(steps)], reader[step]) for step in steps)
    assert len({len(batch.slots) for batch in sent}) == 2


@torch.no_grad()
def test_a_part_of_a_picture_is_read_as_in_the_whole(
    store: Store, scenes: SceneCodes, tokenizer: TextTokenizer, model: UnifiedModel
) -> None:
    """Coarse slots have the states that they have in the whole picture, for which only the finest tokens are missing later."""
    compositions = np.random.default_rng(0).integers(4, size=(*store.codes.shape[:2], 2)).astype(np.uint16)
    reader = Reader(store, scenes, CONFIG, tokenizer, MIXED, "train", 3, compositions=compositions)
    step = next(step for step in range(20) if reader.kind(step) == "pictures")
    part = reader[step]
    examples, keep = reader.examples(step)
    whole = collate(examples, CONFIG, tokenizer, keep, torch.arange(CONFIG.image.tokens))
    states = []
    for batch in (part, whole):
        x, foreground = model.read_batch(batch)
        hidden = model.decoder(x, passes=batch.passes, positions=batch.positions, foreground=foreground)
        states.append(hidden[model.slots_of(batch)])
    coarse = CONFIG.image.tokens - CONFIG.image.grid**2
    torch.testing.assert_close(states[0][:, :coarse], states[1][:, :coarse], atol=1e-4, rtol=1e-4)
    first = part.slots[coarse:][0]  # of the finest: what is seen before it is the same, too, up to those of its own pass
    assert not torch.equal(states[0][:, coarse], states[1][:, first])
    alike = torch.nn.functional.cosine_similarity(states[0][:, coarse], states[1][:, first], dim=-1)
    assert alike.min() > 0.5


@torch.no_grad()
def test_thumbnails_are_those_of_the_views(store: Store) -> None:
    """Of the coarsest scale, decoded; at the second call they are only opened."""
    torch.manual_seed(0)
    tokenizer = FSQTokenizer(tiny().image).eval()
    thumbnails = read_thumbnails(store, tokenizer)
    assert thumbnails.shape[:2] == store.codes.shape[:2]
    for row, view in ((0, 0), (3, 5), (len(store) - 1, store.codes.shape[1] - 1)):
        codes = torch.from_numpy(store.codes[row, view, :4].astype(np.int64))[None]
        expected = (thumbnails_of(tokenizer.decode(codes, 2)) + 1) * 127.5
        assert np.abs(thumbnails[row, view] - expected[0].numpy()).max() < 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FSQTokenizer, "decode", None)
        assert np.array_equal(read_thumbnails(store, tokenizer), thumbnails)


def test_a_product_is_retold_by_the_title_of_another_of_its_ads(store: Store, tokenizer: TextTokenizer) -> None:
    reader = Reader(store, None, CONFIG, tokenizer, replace(ADS, retold=1), "train", batch=1)
    row, alike = next(iter(reader.siblings.items()))
    description = store.row(row).description
    assert all(store.row(other).description == description for other in alike)
    examples = [reader.example(random.Random(seed), row, [], View(0, 0), False) for seed in range(9)]
    prompts = [tokenizer.decode(example.prompt.ids) for example in examples]
    assert all(description not in prompt for prompt in prompts)
    titles = {retold(random.Random(seed), store.row(other).text, []) for other in alike if other != row for seed in range(4)}
    assert any(title[:12] in prompt for prompt in prompts for title in titles)  # the tests' tokenizer cuts long ones
    assert not Reader(store, None, CONFIG, tokenizer, replace(ADS, retold=1), "val", batch=1).siblings


def test_a_description_around_a_title_names_what_the_title_does() -> None:
    points = ["Soft", "XY-3", "Cotton"]
    made = [retold(random.Random(seed), "【Lu】Red Towel - Soft, XY-3!", points) for seed in range(50)]
    assert all("Lu Red Towel Soft XY-3" in description for description in made)
    assert 10 < sum(description == "Lu Red Towel Soft XY-3" for description in made) < 40
    assert any(description.endswith(". Cotton") for description in made)
