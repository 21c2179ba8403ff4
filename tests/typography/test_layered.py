"""Files with layers: laid over each other they are the typeset ad, and words are text or outlines."""

import io
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ad_files import load_ad, write_ad
from uniadgen.ads import Ad, Light
from uniadgen.cli.main import main
from uniadgen.imaging.composing import compose
from uniadgen.imaging.shadow import shaded
from uniadgen.typography import Typesetting
from uniadgen.typography.drawing import Ink
from uniadgen.typography.layers import SHADOW_UNSAID, layered, layers_of

MakeAd = Callable[..., Ad]
POINTS = ["轻便健身包", "防水", "45升"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("busy", [False, True])
def test_psd_is_the_same_picture(make_ad: MakeAd, busy: bool) -> None:
    psd_tools = pytest.importorskip("psd_tools")
    ad = make_ad("轻便健身包 防水 45升", POINTS, busy=busy)
    result = ad.typeset()
    document = psd_tools.PSDImage.open(io.BytesIO(layered(result, "psd", ad.background)))
    names = [layer.name for layer in document]
    assert names[0] == "background"
    assert {"product", f"headline: {result.blocks[0].text}"} <= set(names)
    flat = np.asarray(document.composite().convert("RGB"), np.float64)
    assert np.abs(flat - np.asarray(result.image)).max() <= 3


def with_shadow(ad: Ad) -> Ad:
    """The same product with its shadow below it, as the generator makes it."""
    left, top = ad.placement.left, ad.placement.top
    box = (left, top, left + ad.placement.width, top + ad.placement.height)
    differs = (np.asarray(ad.image) != np.asarray(ad.background)).any(-1)
    cutout = Image.fromarray(np.dstack([np.asarray(ad.image), np.uint8(255) * differs])).crop(box)
    background, light = shaded(ad.background, cutout, ad.placement, "stands")
    assert light is not None
    image = compose(background, cutout, ad.placement)
    return replace(ad, image=image, background=background, light=light, unshaded=ad.background)


@pytest.mark.parametrize("at_hand", [True, False])
def test_the_shadow_is_a_layer(make_ad: MakeAd, tmp_path: Path, at_hand: bool) -> None:
    psd_tools = pytest.importorskip("psd_tools")
    plain = make_ad("Duffle Bag, Waterproof", ["Duffle Bag", "Waterproof"])
    ad = with_shadow(plain)
    if not at_hand:  # but derived from what a finished ad says
        write_ad(ad, tmp_path, "ad-000")
        ad = load_ad(tmp_path / "ad-000.json", "ad")
    result = ad.typeset()
    data, notes = layers_of(ad, result, "psd")
    document = psd_tools.PSDImage.open(io.BytesIO(data))
    layers = {layer.name: layer for layer in document}
    assert list(layers)[:3] == ["background", "shadow", "product"]
    assert not notes
    flat = np.asarray(document.composite().convert("RGB"), np.float64)
    assert np.abs(flat - np.asarray(result.image)).max() <= 2
    off = np.abs(np.asarray(layers["background"].topil().convert("RGB"), np.float64) - np.asarray(plain.background)).max(-1)
    seen = (np.asarray(ad.image) == np.asarray(ad.background)).all(-1)
    shadow = np.abs(np.asarray(ad.background, np.float64) - np.asarray(plain.background)).max(-1)
    assert off[seen].max() == 0 if at_hand else off[seen].mean() < 0.25 * shadow[seen].mean()
    tree = ElementTree.fromstring(layers_of(ad, result, "svg")[0])
    assert [node.get("id") for node in tree.iter(f"{SVG}image")][:3] == ["background", "shadow", "product"]


def test_layers_of_an_ad_that_does_not_say_its_light(make_ad: MakeAd, tmp_path: Path) -> None:
    write_ad(with_shadow(make_ad("Duffle Bag", ["Duffle Bag"])), tmp_path, "ad-000")
    path = tmp_path / "ad-000.json"
    record = json.loads(path.read_text("utf-8"))
    assert isinstance(load_ad(path, "ad").light, Light)
    for light in (None, "dark", {"side": 7, "left": 0, "gloss": 0}, {"side": "x"}):
        record["light"] = light
        path.write_text(json.dumps(record))
        ad = load_ad(path, "ad")
        data, notes = layers_of(ad, ad.typeset(), "svg")
        assert notes == [SHADOW_UNSAID]
        assert b'id="shadow"' not in data
    assert main(["typeset", str(path), "--out", str(tmp_path / "words"), "--layers", "svg"]) == 0
    assert SHADOW_UNSAID in json.loads((tmp_path / "words" / "ad-000.typeset.json").read_text("utf-8"))["notes"]
    bare = replace(ad, light="none")
    assert layers_of(bare, bare.typeset(), "svg") == (layered(bare.typeset(), "svg", bare.background), [])


def test_svg_keeps_text_with_the_fonts_letters(make_ad: MakeAd) -> None:
    ad = make_ad("Duffle Bag, Waterproof", ["Duffle Bag", "Waterproof", "45 L"])
    result = ad.typeset()
    tree = ElementTree.fromstring(layered(result, "svg", ad.background))
    written = [node.text for node in tree.iter(f"{SVG}text")]
    assert written == [line for block in result.blocks for line in block.lines]
    assert "font/woff;base64" in (tree.find(f"{SVG}style").text or "")  # type: ignore[union-attr]
    assert layered(result, "svg", ad.background) == layered(ad.typeset(), "svg", ad.background)


def test_command_writes_layers(make_ad: MakeAd, tmp_path: Path) -> None:
    write_ad(make_ad("Duffle Bag", ["Duffle Bag"]), tmp_path, "ad-000")
    ad, out = str(tmp_path / "ad-000.json"), tmp_path / "words"
    assert main(["typeset", ad, "--out", str(out), "--layers", "svg"]) == 0
    record = json.loads((out / "ad-000.typeset.json").read_text("utf-8"))
    assert (out / record["layers"]).suffix == ".svg"
    assert main(["typeset", ad, "--out", str(out), "--overwrite", "--format", "webp"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["ad-000.typeset.json", "ad-000.typeset.webp"]


WORDS = {
    "quotes and accents": ("Office AVATAR “Ty”, Très léger Ø", ["Office AVATAR “Ty”", "Très léger Ø", "20% Off"]),
    "Chinese": ("轻便健身包 防水 45升", POINTS),
    "Japanese": ("軽量ダッフルバッグ 防水", ["軽量ダッフルバッグ", "防水"]),
    "Arabic": ("حقيبة مُحَمَّد، الأحذية لا تبتل 45", ["حقيبة مُحَمَّد", "الأحذية لا تبتل 45"]),
    "Hebrew": ("תיק ספורט קל, שָׁלוֹם AVA 20%", ["תיק ספורט קל", "שָׁלוֹם AVA 20%"]),
    "Hindi": ("हल्का बैग, क्षत्रिय ट्रिप", ["हल्का बैग", "क्षत्रिय ट्रिप"]),
    "Thai": ("กระเป๋ากีฬา น้ำหนักเบาที่สุด", ["กระเป๋ากีฬา", "น้ำหนักเบาที่สุด"]),
    "two fonts": ("Bag “防水” Très ★", ["Bag “防水”", "Très ★"]),
}


@pytest.mark.parametrize("size", [(300, 300), (700, 700)], ids=["small", "large"])
@pytest.mark.parametrize("name", WORDS)
def test_psd_has_words_as_outlines_over_their_pixels(make_ad: MakeAd, name: str, size: tuple[int, int]) -> None:
    psd_tools = pytest.importorskip("psd_tools")
    vector = pytest.importorskip("psd_tools.composite.vector")
    pytest.importorskip("uharfbuzz")
    ad = replace(make_ad(*WORDS[name], size=size), light="none")
    result = ad.typeset()
    data, notes = layers_of(ad, result, "psd")
    assert notes == []
    assert data == layers_of(ad, ad.typeset(), "psd")[0]
    document = psd_tools.PSDImage.open(io.BytesIO(data))
    outlines = {layer.name: layer for layer in document if layer.has_vector_mask()}
    colours = {f"{block.role}: {block.text}": block.colour for block in result.blocks}
    colours |= {f"shape: {block.text}": block.fill for block in result.blocks if block.fill}
    assert set(outlines) == set(colours)
    for title, layer in outlines.items():
        assert layer.kind == "solidcolorfill"
        assert layer.mask is None
        assert bytes(round(value) for value in layer.data.values()).hex() == colours[title][1:]
        pixels = np.zeros(document.size[::-1])
        pixels[layer.top : layer.bottom, layer.left : layer.right] = layer.numpy("shape")[..., 0]
        assert most_off(pixels, vector.draw_vector_mask(layer)[..., 0]) < 0.55, title
    assert name != "quotes and accents" or "shape: 20% Off" in outlines


def most_off(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How much lighter or darker a pixel of one is than all around it in the other."""

    def most(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        """The greatest value of each pixel and the eight around it."""
        padded = np.pad(picture, 1, mode="edge")
        rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
        return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])

    return max(max((a - most(b)).max(), (-most(-b) - a).max()) for a, b in ((one, other), (other, one)))


def with_headline(typesetting: Typesetting, ink: Ink) -> Typesetting:
    """The same with other pixels of the headline."""
    assert typesetting.drawn is not None
    (block, _, colour, filled), *rest = typesetting.drawn.blocks
    return replace(typesetting, drawn=replace(typesetting.drawn, blocks=((block, ink, colour, filled), *rest)))


@pytest.mark.parametrize("change", ["moved", "accent missing"])
def test_letters_that_no_outlines_match_stay_pixels_with_a_note(make_ad: MakeAd, tmp_path: Path, change: str) -> None:
    psd_tools = pytest.importorskip("psd_tools")
    pytest.importorskip("uharfbuzz")
    ad = replace(make_ad("Café", ["Café"]), light="none")
    typesetting = ad.typeset()
    ink = typesetting.drawn.blocks[0][1]
    coverage = ink.coverage.copy()
    if change == "moved":
        ink = replace(ink, left=ink.left + 2)
    else:
        coverage[: coverage.shape[0] // 5, coverage.shape[1] * 3 // 4 :] = 0
        assert (coverage != ink.coverage).any()
    changed = with_headline(typesetting, replace(ink, coverage=coverage))
    data, notes = layers_of(ad, changed, "psd")
    assert notes == ['layers: the letters of "Café" are pixels alone; no outlines match them']
    letters = next(layer for layer in psd_tools.PSDImage.open(io.BytesIO(data)) if layer.name == "headline: Café")
    assert letters.kind == "pixel"
    assert not letters.has_vector_mask()
    assert (np.rint(letters.numpy("shape")[..., 0] * 255) == coverage).all()
    assert layers_of(ad, changed, "svg")[1] == []
    write_ad(replace(ad, typesetting=changed), tmp_path, "ad-000", layers="psd")
    assert json.loads((tmp_path / "ad-000.typeset.json").read_text())["notes"][-1:] == notes


def test_psd_without_the_package_for_outlines_says_what_to_install(
    make_ad: MakeAd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psd_tools")
    monkeypatch.setitem(sys.modules, "uharfbuzz", None)
    write_ad(make_ad("Duffle Bag", ["Duffle Bag"]), tmp_path, "ad-000")
    ad, out = str(tmp_path / "ad-000.json"), tmp_path / "words"
    assert main(["typeset", ad, "--out", str(out), "--layers", "psd"]) == 2
    assert capsys.readouterr().err == 'uniadgen: the package uharfbuzz is missing; pip install "uniadgen[typeset]"\n'
    assert not out.exists()
    assert main(["typeset", ad, "--out", str(out), "--layers", "svg"]) == 0
