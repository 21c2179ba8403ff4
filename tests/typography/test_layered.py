"""Files with layers: laid over each other they are the typeset ad, and text is text."""

import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from uniadgen.ad_files import write_ad
from uniadgen.ads import Ad
from uniadgen.cli.main import main
from uniadgen.typography.layers import layered

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
