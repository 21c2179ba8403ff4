"""Files with layers: laid over each other they are the typeset ad, and text is text."""

import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniadgen.ad_files import load_ad, write_ad
from uniadgen.ads import Ad, Light
from uniadgen.cli.main import main
from uniadgen.imaging.composing import compose
from uniadgen.imaging.shadow import shaded
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
