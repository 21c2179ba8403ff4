"""The contract of the Python API, on a complete model with random weights."""

import copy
import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from uniadgen import Box, Click, InputError, Product
from uniadgen.ads import Ad, AdRequest, Layout, Placement
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import DECODINGS, Decoding, Painted, decode_image, in_parallel
from uniadgen.decoding.scene_sampling import decode_scene
from uniadgen.imaging.composing import fitted_cutout
from uniadgen.imaging.framing import cover
from uniadgen.inspection import text_verdict
from uniadgen.metrics.fidelity import product_is_intact
from uniadgen.model.config import tiny
from uniadgen.model.pixels import to_image
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.click_cache import ClickedPictures
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.timings import use_cores
from uniadgen.typography.layouts import room_for_words

SMALL = (96, 64)
POINTS = ["Aster", "Rapid Boil", "Steel Kettle", "1.7 L", "<image_ph>"]


def _clicks(count: int) -> list[Click]:
    return [Click(Image.new("RGB", (90, 60 + i % 7), (i % 256, 80, 200)), f"Kettle {i} </s>") for i in range(count)]


@pytest.fixture
def product(cutout: Image.Image) -> Product:
    return Product(cutout, "A kettle", POINTS)


def test_an_ad_is_what_the_contract_says(generator: AdGenerator, product: Product) -> None:
    ad = generator.generate(product, history=_clicks(5), seed=3)
    assert ad.image.mode == "RGB"
    assert ad.image.size == ad.background.size == (768, 768)
    assert len(ad.sampled_clicks) == 3  # the tiny model's history length
    assert all(0 <= c.index < 5 and -1 <= c.similarity <= 1 for c in ad.sampled_clicks)
    assert set(ad.timings) == {"inputs", "history", "prompt", "text", "image", "compose"}
    assert all(seconds >= 0 for seconds in ad.timings.values())
    words = Counter(re.findall(r"[^\s\[\]()【】（）,，|｜!！]+", ad.text.replace(" - ", " ")))
    assert not words - Counter(" ".join(POINTS).split())


def test_the_product_stays_what_it_is(generator: AdGenerator, product: Product, cutout: Image.Image) -> None:
    ad = generator.generate(product, seed=1)
    place = ad.placement
    part = np.asarray(fitted_cutout(cutout, place))
    there = np.asarray(ad.image)[place.top : place.top + place.height, place.left : place.left + place.width]
    opaque = part[..., 3] == 255
    assert opaque.mean() > 0.5
    assert (there[opaque] == part[..., :3][opaque]).all()
    outside = np.ones(ad.image.size[::-1], bool)
    outside[place.top : place.top + place.height, place.left : place.left + place.width] = False
    assert (np.asarray(ad.image)[outside] == np.asarray(ad.background)[outside]).all()


def test_nothing_is_resampled_when_the_box_has_the_size_of_the_product(generator: AdGenerator, cutout: Image.Image) -> None:
    left, top, right, bottom = cutout.getchannel("A").getbbox() or (0, 0, 0, 0)
    width, height = right - left, bottom - top
    box = Box(100 / 768, 200 / 768, (100 + width) / 768, (200 + height) / 768)
    ad = generator.generate(Product(cutout, "", POINTS), box=box)
    assert ad.placement.as_dict() == {"left": 100, "top": 200, "width": width, "height": height}
    part = np.asarray(cutout.crop((left, top, right, bottom)))
    there = np.asarray(ad.image)[200 : 200 + height, 100 : 100 + width]
    assert (there[part[..., 3] == 255] == part[..., :3][part[..., 3] == 255]).all()


def test_the_same_request_gives_the_same_ad_and_another_seed_another(generator: AdGenerator, product: Product) -> None:
    history = _clicks(8)
    first, again, *others = (
        generator.generate(product, history=history, seed=s) for s in (5, 5, 6, 7, 8)
    )  # the tests' model is very sure
    assert first.image.tobytes() == again.image.tobytes()
    assert (first.text, first.sampled_clicks) == (again.text, again.sampled_clicks)
    assert any(first.background.tobytes() != other.background.tobytes() for other in others)


def test_the_clicks_matter(generator: AdGenerator, product: Product) -> None:
    clicks = _clicks(3)
    other = [Click(Image.new("RGB", (64, 64), "yellow"), "Sofa")] * 3
    ads = [generator.generate(product, history=h, seed=1, sampling="most-similar") for h in (None, clicks, other)]
    assert len({ad.background.tobytes() for ad in ads}) == 3


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_histories_of_any_length(generator: AdGenerator, product: Product, count: int) -> None:
    ad = generator.generate(product, history=[*_clicks(1)] * count, seed=2)
    assert len(ad.sampled_clicks) == min(count, 3)


@pytest.mark.parametrize("size", [(64, 64), (640, 320), (200, 500)])
def test_any_shape(generator: AdGenerator, product: Product, size: tuple[int, int]) -> None:
    ad = generator.generate(product, size=size)
    assert ad.image.size == ad.background.size == size
    assert ad.placement.left >= 0
    assert ad.placement.left + ad.placement.width <= size[0]
    assert ad.placement.top + ad.placement.height <= size[1]


def test_options_reach_the_model(generator: AdGenerator, product: Product) -> None:
    base = {"history": _clicks(4), "seed": 1}
    plain = generator.generate(product, **base)  # type: ignore[arg-type]
    drawn = {plain.background.tobytes()}
    for options in ({"guidance": 3.0}, {"guidance": 7.0}, {"temperature": 9.0}, {"temperature": 9.0, "top_k": 2}):
        other = generator.generate(product, **base, **options)  # type: ignore[arg-type]
        assert other.background.tobytes() not in drawn, options
        drawn.add(other.background.tobytes())
    assert len(generator.generate(product, **base, history_length=1).sampled_clicks) == 1  # type: ignore[arg-type]
    assert generator.generate(product, **base, history_length=0).sampled_clicks == []  # type: ignore[arg-type]


@pytest.mark.parametrize("temperature", [1e-6, 1e-38, 5e-324])
def test_nothing_is_too_cold(generator: AdGenerator, product: Product, temperature: float) -> None:
    """Down to the smallest number there is, what is drawn is as good as the likeliest."""
    request = AdRequest(product, [Click(Image.new("RGB", (9, 9)), "Steel Kettle, Quiet")])
    for seed in range(3):
        ad = generator.generate(
            product, request.history, seed=seed, size=SMALL, temperature=temperature, text_temperature=temperature
        )
        assert ad.text == generator.write([request], seeds=[seed], text_temperature=0)[0]


def test_the_text_temperature_reaches_the_texts(generator: AdGenerator, product: Product) -> None:
    request = AdRequest(product, _clicks(4))
    for temperature, least, most in ((0, 1, 1), (50, 4, 8)):
        texts = generator.write([request] * 8, seeds=range(8), text_temperature=temperature)
        assert least <= len(set(texts)) <= most
        one = generator.generate(product, request.history, seed=7, size=SMALL, text_temperature=temperature)
        assert one.text == texts[7]


def test_selling_points_that_no_text_can_have_are_noted(generator: AdGenerator, cutout: Image.Image) -> None:
    given = ["Cures cancer", "Soft Kettle, not dishwasher safe", "<b>Hot</b>"]
    for seed in range(4):
        ad = generator.generate(Product(cutout, "A kettle", given), seed=seed, size=SMALL)
        assert ad.text.strip("[]()【】（）!") == given[1]
        assert text_verdict(ad.text, given) == {"qualified": True, "violations": [], "flags": []}
    assert [note for note in ad.notes if "inspection" in note] == [
        f"selling_points[{i}] stays out of the text: the inspection refuses it" for i in (0, 2)
    ]


@pytest.mark.parametrize("options", [{}, {"guidance": 3.0}, {"temperature": 0}, {"temperature": 2.0, "top_k": 3}])
@pytest.mark.parametrize("seed", range(3))
def test_all_ways_of_decoding_make_the_same_ad(
    generator: AdGenerator, raster_generator: AdGenerator, product: Product, options: dict[str, float], seed: int
) -> None:
    for each, most in ((generator, 8), (raster_generator, 16)):
        one_by_one, parallel, auto = (
            each.generate(product, _clicks(4), seed=seed, decoding=decoding, size=SMALL, **options)  # type: ignore[arg-type]
            for decoding in DECODINGS[1:] + DECODINGS[:1]
        )
        assert _same(one_by_one, parallel)
        assert _same(one_by_one, auto)
        assert one_by_one.image_passes == most
        assert 1 < parallel.image_passes <= most
        assert auto.image_passes == parallel.image_passes


def test_the_faster_way_of_decoding_is_the_default(
    raster_generator: AdGenerator, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several tokens a pass for a few rows on a CPU; one by one for more, which have enough to do, and for a recording GPU."""
    windows: list[int] = []

    def spy(*arguments: Any, window: int, **options: Any) -> Painted:
        windows.append(window)
        return decode_image(*arguments, window=window, **options)

    monkeypatch.setattr("uniadgen.pipeline.painting.decode_image", spy)
    monkeypatch.setattr("torch.get_num_threads", lambda: 1)  # so that a batch is not divided
    for count, guidance in ((1, 1.0), (3, 1.0), (4, 1.0), (1, 3.0), (2, 3.0)):
        requests = [AdRequest(product, _clicks(n + 1)) for n in range(count)]
        raster_generator.generate_many(requests, guidance=guidance, size=SMALL)
    window = raster_generator.loaded.window
    assert windows == [window, window, 1, window, 1]
    assert not in_parallel("auto", 1, torch.device("cuda"))
    assert in_parallel("parallel", 100, torch.device("cuda"))


def _same(first: Ad, second: Ad) -> bool:
    pixels = first.image.tobytes() == second.image.tobytes() and first.background.tobytes() == second.background.tobytes()
    return pixels and (first.text, first.sampled_clicks, first.placement) == (
        second.text,
        second.sampled_clicks,
        second.placement,
    )


@pytest.fixture
def two_threads() -> Iterator[None]:
    """A batch is divided among them."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_batch_makes_the_ads_that_each_request_gets_alone(
    generator: AdGenerator, raster_generator: AdGenerator, product: Product, decoding: Decoding
) -> None:
    for each in (generator, raster_generator):
        _check_a_batch(each, product, decoding)


def _check_a_batch(generator: AdGenerator, product: Product, decoding: Decoding) -> None:
    """Shoppers with histories of any length for one product, twice the same request, and another product in between."""
    other = Product(product.image, "A kettle for men, much longer described than the first one", POINTS[:3])
    requests = [AdRequest(product, _clicks(count)) for count in (5, 1, 0)]
    requests += [AdRequest(other, _clicks(2), Box(0.1, 0.1, 0.6, 0.9)), requests[0], requests[1]]
    seeds = [3, 4, 5, 6, 7, 4]
    settings: dict[str, Any] = {"size": SMALL, "temperature": 3.0}
    ads = generator.generate_many(requests, seeds=seeds, decoding=decoding, **settings)
    for request, seed, ad in zip(requests, seeds, ads, strict=True):
        alone = generator.generate(request.product, request.history, box=request.box, seed=seed, **settings)
        assert _same(ad, alone)
        assert ad.notes == alone.notes
        assert ad.seed == seed
    assert generator.write(requests, seeds=seeds) == [ad.text for ad in ads]
    assert len({ad.background.tobytes() for ad in ads}) == 5


def test_steps_as_a_gpu_repeats_them_make_the_same_ads(
    raster_generator: AdGenerator, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a CUDA graph would record, run by the CPU: rows of different length behind what they share."""
    requests = [AdRequest(product, _clicks(count)) for count in (5, 1, 0)]
    ads = raster_generator.generate_many(requests, size=SMALL)
    monkeypatch.setattr(Engine, "can_be_recorded", True)
    recorded = raster_generator.generate_many(requests, size=SMALL, decoding="sequential")
    assert all(_same(first, again) for first, again in zip(ads, recorded, strict=True))


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_batch_with_and_without_guidance(generator: AdGenerator, product: Product, guidance: float) -> None:
    requests = [AdRequest(product, _clicks(count)) for count in (2, 0)]
    for seed, ad in enumerate(generator.generate_many(requests, guidance=guidance, size=SMALL)):
        assert _same(ad, generator.generate(product, requests[seed].history, seed=seed, guidance=guidance, size=SMALL))


def test_what_requests_share_is_computed_once(
    generator: AdGenerator, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()

    def counting(owner: object, name: str, what: str) -> None:
        inner = getattr(owner, name)

        def called(x: torch.Tensor) -> torch.Tensor:
            counts[what] += len(x)
            result: torch.Tensor = inner(x)
            return result

        monkeypatch.setattr(owner, name, called)

    counting(generator.model.foreground, "forward", "products")
    counting(generator.model.image_tokenizer, "encode", "pictures")
    counting(generator.model.scene_encoder, "forward", "scenes")
    clicks = [Click(Image.new("RGB", (70, 70), (i, 99, 1)), "Kettle") for i in range(4)]
    requests = [AdRequest(product, clicks[:3]), AdRequest(product, clicks[1:]), AdRequest(product, clicks[:1])]
    generator.generate_many([*requests, requests[0]], size=SMALL)
    assert counts == {"products": 1, "pictures": 4, "scenes": 4}
    generator.generate(product, clicks[2:], box=Box(0, 0, 0.5, 0.5), size=SMALL)
    assert counts == {"products": 2, "pictures": 4, "scenes": 4}


def test_pictures_are_known_again_until_they_change(
    model: UnifiedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    creatives, encoded = ClickedPictures(model), []
    inner = model.image_tokenizer.encode
    monkeypatch.setattr(model.image_tokenizer, "encode", lambda pixels: encoded.append(len(pixels)) or inner(pixels))
    path = tmp_path / "click.png"
    for change, colour in enumerate(("red", "blue")):
        Image.new("RGB", (40, 40), colour).save(path)
        os.utime(path, (1, change))
        codes = creatives.seen([path, str(path), path], ["a", "b", "c"])
        assert [c.codes.tolist() for c in codes] == [codes[0].codes.tolist()] * 3
        assert [c.scene.tolist() for c in codes] == [codes[0].scene.tolist()] * 3
        assert codes[0].scene.shape == (model.config.scene.levels,)
        creatives.seen([Image.open(path)], ["d"])
        creatives.seen([Image.new("RGB", (40, 40), colour)], ["e"])
    assert encoded == [1, 1, 1, 1]  # once as a file and once by its pixels, for each colour


def test_bad_batches_are_refused(generator: AdGenerator, product: Product) -> None:
    assert generator.generate_many([]) == generator.write([]) == []
    good, bad = AdRequest(product), AdRequest(product, [Click("nowhere.png", "Kettle")])
    with pytest.raises(InputError, match=r"^requests\[1\]: history\[0\]\.image"):
        generator.generate_many([good, bad])
    with pytest.raises(InputError, match=r"^history\[0\]\.image"):
        generator.generate_many([bad])
    with pytest.raises(InputError, match="seeds: 1 for 2 requests"):
        generator.generate_many([good, good], seeds=[1])
    with pytest.raises(InputError, match="AdRequest is needed"):
        generator.generate_many([product])  # type: ignore[list-item]


def test_a_long_description_is_cut_and_said_so(generator: AdGenerator, cutout: Image.Image) -> None:
    ad = generator.generate(Product(cutout, "steel kettle " * 1600, POINTS))
    assert any("description" in note for note in ad.notes)


@pytest.mark.parametrize(
    "text", ["\x00\x07bell", "🔥 \u200d👨\u200d👩\u200d👧", "שלום עולם", "<|endoftext|> <text_ph>", "不含酒精 清新", "\ud800"]
)
def test_any_text_works_everywhere(generator: AdGenerator, cutout: Image.Image, text: str) -> None:
    ad = generator.generate(Product(cutout, text, [text, "Kettle"]), history=[Click(Image.new("RGB", (9, 9)), text)])
    assert ad.text


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"size": (0, 5)}, "size"),
        ({"size": "768x768"}, "size"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"history_length": -1}, "history_length"),
        ({"sampling": "best"}, "sampling"),
        ({"guidance": math.nan}, "guidance"),
        ({"temperature": -1}, "temperature"),
        ({"text_temperature": -1}, "text_temperature"),
        ({"text_temperature": True}, "text_temperature"),
        ({"top_k": 0}, "top_k"),
        ({"decoding": "fast"}, "decoding"),
        ({"box": Box(0.5, 0.5, 0.5, 0.9)}, "placement"),
        ({"history": "clicks"}, "history"),
    ],
)
def test_bad_options_are_refused_with_one_line(
    generator: AdGenerator, product: Product, options: dict[str, object], named: str
) -> None:
    with pytest.raises(InputError, match=named) as caught:
        generator.generate(product, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_pictures_take_after_the_scenes_of_the_clicks(
    model: UnifiedModel, tokenizer: TextTokenizer, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With loud votes and a decoder that has no opinion, scenes are often the clicks' own."""
    voting = copy.deepcopy(model)
    assert voting.scene_head is not None
    with torch.no_grad():
        for weight in (
            *voting.scene_head.head.score.parameters(),
            *(pointer.query.weight for pointer in voting.scene_head.pointers),  # type: ignore[union-attr]
        ):
            weight.zero_()
        voting.scene_head.said.mul_(4)
    scenes: list[torch.Tensor] = []
    monkeypatch.setattr(
        "uniadgen.pipeline.painting.decode_scene", lambda *a, **o: scenes.append(decode_scene(*a, **o)) or scenes[-1]
    )
    generator, clicks = AdGenerator(voting, tokenizer), _clicks(3)
    seen = {tuple(s.scene.tolist()) for s in generator.loaded.clicked.seen([c.image for c in clicks], ["a", "b", "c"])}
    requests = [AdRequest(product, clicks)] * 80 + [AdRequest(product)] * 80
    generator.generate_many(requests, size=SMALL, temperature=1.0)
    drawn = [tuple(scene[: voting.scene_head.levels]) for scene in torch.cat(scenes).tolist()]
    assert sum(scene in seen for scene in drawn[:80]) > 16  # a quarter has both levels of the clicks
    assert sum(scene in seen for scene in drawn[80:]) < 12


def test_a_tokenizer_of_two_resolutions_paints_the_larger_one(
    model: UnifiedModel, tokenizer: TextTokenizer, product: Product
) -> None:
    config = replace(tiny(), image=replace(tiny().image, upsampling=2))
    torch.manual_seed(0)
    twice = UnifiedModel(config).eval()
    twice.load_state_dict(model.state_dict(), strict=False)
    size = (config.image.painted, config.image.painted)
    painted: list[Ad] = []
    for each in (model, twice):
        painted.append(AdGenerator(each, tokenizer).generate(product, seed=2, size=size, shadow=False))
    codes: list[torch.Tensor] = []
    decode = twice.image_tokenizer.decode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twice.image_tokenizer, "decode", lambda ids, *rest: codes.append(ids) or decode(ids, *rest))
        again = AdGenerator(twice, tokenizer).generate(product, seed=2, size=size, shadow=False)
    assert again.background == painted[1].background == to_image(decode(codes[0], config.image.grid, 2)[0])
    assert painted[0].background != painted[1].background
    enlarged = cover(to_image(decode(codes[0], config.image.grid)[0]), size)
    assert painted[0].background == enlarged  # the same tokens by a model that paints small


def test_every_ad_says_what_the_inspection_makes_of_its_text(generator: AdGenerator, cutout: Image.Image) -> None:
    fine = Product(cutout, "A kettle", ["Aster", "Rapid Boil", "1.7 L"])
    ad = generator.generate(fine, seed=1, size=SMALL, strict=True)
    assert ad.inspection == {"text": text_verdict(ad.text, fine.selling_points)}
    assert ad.as_dict()["inspection"]["text"]["qualified"] is True
    risky = Product(cutout, "A tea", ["Cures cancer"])
    refused = generator.generate(risky, seed=1, size=SMALL)
    assert refused.inspection["text"]["qualified"] is False
    with pytest.raises(InputError, match=r"the ad's text is refused: .*; correct product\.selling_points"):
        generator.generate(risky, seed=1, size=SMALL, strict=True)


def test_a_shadow_is_in_both_pictures_or_in_none(generator: AdGenerator, cutout: Image.Image) -> None:
    product = Product(cutout, "A kettle", ["Rapid Boil"])
    lit, unlit = (generator.generate(product, size=(128, 128), shadow=shadow) for shadow in (True, False))
    assert lit.background != unlit.background
    for ad in (lit, unlit):
        assert ad.placement == lit.placement
        assert product_is_intact(ad.image, cutout, ad.placement, ad.background)


def test_a_calm_picture_has_little_detail_where_words_will_stand(
    generator: AdGenerator,
    raster_model: UnifiedModel,
    tokenizer: TextTokenizer,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which tokens these are; that they have little detail is tested where they are drawn."""
    asked: list[torch.Tensor] = []
    monkeypatch.setattr(
        "uniadgen.pipeline.painting.decode_image", lambda *a, **o: asked.append(o["calm"]) or decode_image(*a, **o)
    )
    box = Box(0.3, 0.5, 0.7, 0.95)
    plain, calm = (generator.generate(product, box=box, seed=4, calm=c, size=(96, 96)) for c in (False, True))
    assert asked[0] is None
    (mask,) = asked[1].tolist()
    assert mask[:4] == [False] * 4  # the first scale
    assert mask[4:] == [True] * 8 + [False] * 8  # all above the product, and nothing beside it
    assert (calm.text, calm.placement) == (plain.text, plain.placement)
    assert calm.background != plain.background
    with pytest.raises(InputError, match=r"options\.calm: this model paints at one scale"):
        AdGenerator(raster_model, tokenizer).generate(product, calm=True)


@pytest.mark.parametrize(
    ("box", "layout", "words"),
    [
        ((0.3, 0.5, 0.7, 0.95), "auto", (0, 0, 1, 0.5)),
        ((0.3, 0.05, 0.7, 0.45), "auto", (0, 0.45, 1, 1)),
        ((0.02, 0.1, 0.3, 0.95), "auto", (0.3, 0, 1, 1)),
        ((0.3, 0.5, 0.7, 0.95), "left", (0, 0, 0.3, 1)),
    ],
)
@pytest.mark.parametrize("size", [(800, 800), (800, 600), (400, 800)])
def test_the_room_for_words_is_beside_the_product(
    box: tuple[float, ...], layout: Layout, words: tuple[float, ...], size: tuple[int, int]
) -> None:
    left, top, right, bottom = (round(share * side) for share, side in zip(box, size * 2, strict=True))
    region = room_for_words(size, Placement(left, top, right - left, bottom - top), layout)
    assert region is not None
    for edge, limit, side in zip(region[:2], words[:2], size, strict=True):
        assert edge >= round(limit * side)
    for edge, limit, side in zip(region[2:], words[2:], size, strict=True):
        assert edge <= round(limit * side)


def test_several_threads_make_the_ads_that_one_makes(generator: AdGenerator, cutout: Image.Image) -> None:
    """Each thread with a core of its own, as the lanes of the service do it."""
    product = Product(cutout, "A kettle", ["Quiet", "1.7 L", "Keeps warm"])
    clicks = [[Click(Image.new("RGB", (60, 60), (20 * n, 90, 40)), f"Kettle {n}")] for n in range(12)]
    expected = [generator.generate(product, clicks[n], seed=n, size=SMALL) for n in range(12)]
    fresh = AdGenerator(generator.model, generator.tokenizer)

    def make(n: int) -> Ad:
        return fresh.generate(product, clicks[n % 12], seed=n % 12, size=SMALL)

    with ThreadPoolExecutor(4, initializer=use_cores, initargs=(1,)) as pool:
        for n, ad in enumerate(pool.map(make, range(24))):
            assert ad.text == expected[n % 12].text
            assert ad.image.tobytes() == expected[n % 12].image.tobytes()
