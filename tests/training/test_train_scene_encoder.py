"""The scene encoder learns the scene and not the product, from pictures alone, and every time the same; its codes are kept."""

import itertools
import math
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageDraw

from uniadgen.ads import Placement
from uniadgen.cli.main import main
from uniadgen.data.augment import VARIANTS
from uniadgen.data.layout import read_creatives
from uniadgen.data.scene_codes import scene_codes
from uniadgen.errors import InputError
from uniadgen.loading.scene_encoder import SCENES, load_scene_encoder, save_scene_encoder
from uniadgen.model.config import SceneConfig, tiny
from uniadgen.model.scene import FACETS, SceneEncoder
from uniadgen.training import scene_encoder as scenes
from uniadgen.training.co_clicks import CoClicks, CreativeFactors, read_co_clicks
from uniadgen.training.loop import Schedule

TINY = Path(__file__).parents[2] / "data" / "tiny"
CONFIG = "model: tiny\nscenes: {steps: 3, batch: 4, learning_rate: 0.001}\n"
# what a scene encoder may read, of what a data set knows
READ = {
    "creatives": ("id", "product_id", "split", "department", "placement", "ad", "plate"),
    "products": ("id", "split", "cutout"),
    "users": ("id", "split", "clicks", "target"),
}


def world(products: range, looks: int, seed: int) -> scenes.Views:
    """Striped scenes of any direction and colour; products are large discs of a loud colour, which plain pixels are led by."""
    rng = np.random.default_rng(seed)
    made = scenes.Views()
    for product in products:
        disc = Image.new("RGBA", (64, 64))
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        ImageDraw.Draw(disc).ellipse((0, 0, 63, 63), fill=(*colour, 255))
        made.cutouts[str(product)] = disc
        for _ in range(looks):
            y, x = np.mgrid[:64, :64]
            stripes = ((x if rng.integers(2) else y) // int(rng.integers(3, 10)) % 2)[..., None] * 50 + rng.integers(40, 180, 3)
            plate = Image.fromarray(stripes.clip(0, 255).astype(np.uint8))
            ad = plate.copy()
            ad.paste(disc.resize((36, 36)), (14, 20), disc.resize((36, 36)))
            for pictures, picture in ((made.ads, ad), (made.plates, plate)):
                pictures.append(scenes.packed(picture))
            made.products.append(str(product))
            made.places.append(Placement(14, 20, 36, 36))
    return made


def contrast(encoder: SceneEncoder, views: scenes.Views) -> dict[str, float]:
    """Nats of finding the plate of an ad among all of these, by facet."""
    size = encoder.config.size
    with torch.no_grad():
        pixels = scenes.views_of(views, size, range(len(views.ads)), np.random.default_rng(0))
        return {name: float(loss) for name, loss in scenes.contrasts(scenes.embed(encoder, pixels)).items()}


@pytest.mark.slow
def test_training_makes_the_scene_matter(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = SceneEncoder(SceneConfig(3, 8, 32, 24, (16, 16, 32), 1))
    train, unseen = world(range(16), 4, 1), world(range(100, 112), 4, 2)
    before = contrast(encoder.eval(), unseen)
    schedule = Schedule(steps=60, learning_rate=6e-3, batch=32, warmup=5, ema=0.9)
    scenes.train_scenes(encoder, train, unseen, None, schedule, tmp_path, False)
    after, chance = contrast(encoder, unseen), math.log(len(unseen.ads))
    assert all(after[name] < before[name] - 1 for name in FACETS)
    assert max(after["colours"], after["whole"]) < chance - 1  # a place that is recoloured is learnt last
    assert min(scenes.perplexities(encoder, train)) > 3


def test_clicks_tell_which_scenes_are_alike(data: Path) -> None:
    """Of a product's creatives, those who like a thing click the one that has it, whatever else it shows."""
    liked = np.array([0, 1, 2, 3] * 12)  # of product row // 4
    counts = (liked[:, None] == liked) * 3.0 + 1 - np.kron(np.eye(12), np.ones((4, 4)))
    rows, others = np.nonzero(counts)
    starts = np.searchsorted(rows, np.arange(49))
    co_clicks = CoClicks(starts, others, counts[rows, others].astype(np.float32), torch.arange(48).view(12, 4))
    torch.manual_seed(0)
    factors, facets = CreativeFactors(48, 12), torch.nn.Parameter(torch.randn(48, 3, 4))
    optimiser = torch.optim.Adam([facets, *factors.parameters()], lr=0.03)
    wholes = []
    for _ in range(150):
        loss = factors(torch.nn.functional.normalize(facets, dim=2), co_clicks, co_clicks.counts(range(48)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        wholes.append(loss.item())
    vectors = torch.nn.functional.normalize(facets.detach(), dim=2).flatten(1)
    alike = (vectors @ vectors.t()).numpy()
    same = liked[:, None] == liked
    assert wholes[-1] < wholes[0]
    assert alike[same & ~np.eye(48, dtype=bool)].mean() > alike[~same].mean() + 0.5


def test_clicks_are_counted_by_pairs_of_creatives(data: Path) -> None:
    ids = read_creatives(data, ["id"])["id"].to_pylist()
    creatives = {row["id"]: row for row in read_creatives(data, ["id", "product_id", "department"]).to_pylist()}
    counted = read_co_clicks(data, ids)
    assert counted is not None
    expected: Counter[tuple[str, str]] = Counter()
    for user in pq.read_table(data / "users.parquet").to_pylist():
        names = {click["creative"] for click in user["clicks"]} | {user["target"]}
        for one, other in itertools.permutations(sorted(names & set(ids)), 2) if user["split"] == "train" else ():
            (p, d), (q, e) = ((creatives[name]["product_id"], creatives[name]["department"]) for name in (one, other))
            if p != q and d == e:
                expected[one, other] += 1
    dense = counted.counts(range(len(ids))).numpy()
    assert dense.sum() == sum(expected.values()) > 0
    assert all(dense[ids.index(one), ids.index(other)] == count for (one, other), count in expected.items())
    siblings = [{creatives[ids[row]]["product_id"] for row in rows if row >= 0} for rows in counted.products.tolist()]
    assert all(len(names) == 1 for names in siblings)


def test_without_clicks_pictures_alone_are_learnt_from(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "users.parquet").unlink()
    assert read_co_clicks(tmp_path / "data", ["a", "b"]) is None
    assert len(trained(tmp_path / "data", tmp_path / "out")) > 1000


def test_only_the_clicked_side_has_other_products() -> None:
    views = world(range(3), 2, 0)
    plain, other = views.ad(1), views.ad(1, "2")
    assert np.abs(np.asarray(plain, int) - np.asarray(views.plate(1), int)).max() > 30
    assert np.abs(np.asarray(plain, int) - np.asarray(other, int))[30:44, 24:40].mean() > 10  # the products' middle


def test_each_facet_has_a_view_in_which_only_it_can_tell() -> None:
    """Colours are gone where the place is learnt from, and tiles are elsewhere where colours are."""
    left, right = (Image.new("RGB", (32, 64), colour) for colour in ("navy", "orange"))
    plate = Image.new("RGB", (64, 64))
    plate.paste(left, (0, 0))
    plate.paste(right, (32, 0))
    views = scenes.Views([scenes.packed(plate)] * 24, [scenes.packed(plate)] * 24, ["i"] * 24, ["a"] * 24, [None] * 24)
    pixels = scenes.views_of(views, 32, range(24), np.random.default_rng(0))
    assert pixels.shape == (4, 24, 3, 32, 32)
    assert -1 <= float(pixels.min()) <= float(pixels.max()) <= 1
    _, place, colours, whole = pixels
    spread = [float(view.mean((2, 3)).std(0).mean()) for view in (place, colours, whole)]
    assert spread[0] > 1.5 * max(spread[1:])
    across = [float(view.diff(dim=2).abs().mean()) for view in (colours, whole)]  # from row to row
    assert across[0] > 3 * across[1]


def test_contrast_is_low_where_each_ad_has_its_own_plates_embedding() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(1, 16, 24).expand(4, 16, 24)
    alike, others = scenes.contrasts(vectors), scenes.contrasts(torch.cat([vectors[:1].roll(1, 1), vectors[1:]]))
    assert list(alike) == list(FACETS)
    assert all(alike[name] < 0.5 < others[name] for name in FACETS)


def test_a_batch_has_several_creatives_of_a_product() -> None:
    views = world(range(6), 4, 0)
    rows = scenes.rows_of_batch(views, 8, np.random.default_rng(0))
    assert len(set(rows)) == 8
    assert len({views.products[row] for row in rows}) == 2


def test_k_means_finds_groups_and_survives_too_few_points() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 6)) * 10
    points = np.concatenate([centre + rng.normal(size=(20, 6)) * 0.01 for centre in centres])
    entries = scenes.k_means(points, 5, np.random.default_rng(1))
    assert np.allclose(np.sort(entries, 0), np.sort(centres, 0), atol=0.05)
    assert len(scenes.k_means(points[:3], 8, np.random.default_rng(1))) == 8


def trained(data: Path, out: Path, *more: str) -> bytes:
    config = out.parent / "config.yaml"
    config.write_text(CONFIG)
    assert main(["train", "scenes", "--data", str(data), "--config", str(config), "--out", str(out), *more]) == 0
    return (out / SCENES).read_bytes()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few creatives of the tiny set, with all that is known of them."""
    folder = tmp_path_factory.mktemp("scenes") / "data"
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns(".*"))
    table = pq.read_table(folder / "creatives.parquet")
    kept = [row for row, split in enumerate(table["split"].to_pylist()) if row % {"val": 2}.get(split, 12) == 0]
    pq.write_table(table.take(kept), folder / "creatives.parquet")
    return folder


def test_nothing_but_pictures_cutouts_places_products_and_clicks_is_read(data: Path, tmp_path: Path) -> None:
    """Without labels, tastes, texts, scene ids: byte for byte the same."""
    bare = tmp_path / "bare"
    bare.mkdir()
    for name, columns in READ.items():
        table = pq.read_table(data / f"{name}.parquet")
        assert name == "users" or set(table.column_names) - set(columns)
        pq.write_table(table.select(columns), bare / f"{name}.parquet")
    assert trained(bare, tmp_path / "b") == trained(data, tmp_path / "a")


def test_training_begins_with_an_earlier_encoder(data: Path, tmp_path: Path) -> None:
    trained(data, tmp_path / "first", "--set", "scenes.learning_rate=0.05", "--set", "scenes.ema=0.5")
    slow = "--set", "scenes.steps=1", "--set", "scenes.learning_rate=1e-9"
    trained(data, tmp_path / "second", *slow, "--start", str(tmp_path / "first"))
    trained(data, tmp_path / "anew", *slow)
    first, second, anew = (load_scene_encoder(tmp_path / name / SCENES) for name in ("first", "second", "anew"))
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)
    assert not torch.allclose(first.head.weight, anew.head.weight, atol=1e-4)


def test_an_interrupted_training_ends_with_the_same_encoder(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(data, tmp_path / "whole", "--set", "scenes.save_seconds=-1")
    views_of, calls = scenes.views_of, []

    def interrupted(*given: object) -> object:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return views_of(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(scenes, "views_of", interrupted)
    command = ["train", "scenes", "--data", str(data), "--config", str(tmp_path / "config.yaml")]
    assert main([*command, "--set", "scenes.save_seconds=-1", "--out", str(tmp_path / "out")]) == 130
    monkeypatch.undo()
    assert not (tmp_path / "out" / SCENES).exists()
    assert trained(data, tmp_path / "out", "--set", "scenes.save_seconds=-1", "--resume") == whole


def random_encoder() -> SceneEncoder:
    torch.manual_seed(0)
    encoder = SceneEncoder(tiny().scene)
    encoder.codebooks.normal_(std=0.3)
    return encoder.eval()


def test_codes_of_a_data_set_are_kept_until_it_or_the_encoder_changes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = random_encoder()
    codes = scene_codes(data, encoder)
    count = read_creatives(data, ["id"]).num_rows
    assert codes.plates.shape == codes.ads.shape == (count, len(VARIANTS), encoder.config.levels)
    assert codes.plates.dtype == np.uint16
    assert len(np.unique(codes.plates)) > 1
    monkeypatch.setattr(SceneEncoder, "forward", lambda *_: pytest.fail("computed again"))
    assert np.array_equal(scene_codes(data, encoder).ads, codes.ads)
    monkeypatch.undo()
    with torch.no_grad():
        encoder.codebooks.copy_(encoder.codebooks.flip(1))
    other = scene_codes(data, encoder)
    assert np.array_equal(encoder.config.codes - 1 - other.plates[..., 0].astype(int), codes.plates[..., 0])
    table = pq.read_table(data / "creatives.parquet")
    pq.write_table(table.slice(0, count - 1), data / "creatives.parquet")
    assert len(scene_codes(data, encoder).ads) == count - 1
    assert len(list(data.glob(".scenes-*"))) == 1


def test_without_plates_the_products_place_is_filled_in(data: Path, tmp_path: Path) -> None:
    """As data of shops are: the clicked ad and the scene to be painted differ all the same."""
    shop = tmp_path / "shop"
    shop.mkdir()
    shutil.copy(data / "products.parquet", shop)
    table = pq.read_table(data / "creatives.parquet")
    place = table.column_names.index("plate")
    without = table.set_column(place, table.schema.field("plate"), pa.nulls(len(table), pa.binary()))
    pq.write_table(without, shop / "creatives.parquet")
    views, whole = scenes.load_views(shop, ("val",)), scenes.load_views(data, ("val",))
    visible, hidden = 0.0, 0.0
    for row in range(len(views)):
        ad, filled, plate = (np.asarray(picture, int) for picture in (views.ad(row), views.plate(row), whole.plate(row)))
        assert views.places[row] == whole.places[row] is not None
        visible, hidden = visible + np.abs(ad - plate).mean(), hidden + np.abs(filled - plate).mean()
    assert hidden < 0.8 * visible
    assert len(trained(shop, tmp_path / "out")) > 1000


def test_of_very_many_creatives_some_products_are_learnt_from(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Counter(scenes.load_views(data, ("val",)).products)
    assert len(whole) > 2
    most = max(whole.values()) + 1
    monkeypatch.setattr(scenes, "MOST_CREATIVES", most)
    some = Counter(scenes.load_views(data, ("val",)).products)
    assert 0 < some.total() <= most < whole.total()
    assert all(some[product] == whole[product] for product in some)


def test_files_come_back_and_damaged_ones_are_named(tmp_path: Path) -> None:
    encoder = random_encoder()
    save_scene_encoder(tmp_path / SCENES, encoder)
    again = load_scene_encoder(tmp_path / SCENES)
    assert again.config == encoder.config
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in encoder.state_dict().items())
    data = (tmp_path / SCENES).read_bytes()
    for broken in (b"nonsense", data[:-100], data.replace(b"levels", b"lovels")):
        (tmp_path / "broken.safetensors").write_bytes(broken)
        with pytest.raises(InputError, match="train it again"):
            load_scene_encoder(tmp_path / "broken.safetensors")
    with pytest.raises(InputError, match="no such file"):
        load_scene_encoder(tmp_path / "nowhere.safetensors")


def test_pictures_that_cannot_be_read_are_named(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data", ignore=shutil.ignore_patterns(".*"))
    path = tmp_path / "data" / "creatives.parquet"
    table = pq.read_table(path)
    ads = pa.array([b"nonsense", *table["ad"].to_pylist()[1:]], pa.binary())
    pq.write_table(table.set_column(table.column_names.index("ad"), table.schema.field("ad"), ads), path)
    with pytest.raises(InputError, match="no readable picture"):
        scene_codes(tmp_path / "data", random_encoder())
    assert not list((tmp_path / "data").glob(".scenes-*"))
