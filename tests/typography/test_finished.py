"""A finished ad gets the words that `generate --typeset` sets, if its request is named."""

import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from uniadgen.cli.main import main
from uniadgen.pipeline.generator import AdGenerator


def test_words_of_a_finished_ad_are_those_of_generate(
    generator: AdGenerator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cutout = Image.new("RGBA", (60, 80))
    ImageDraw.Draw(cutout).ellipse((10, 5, 50, 75), fill=(200, 30, 40, 255))
    cutout.save(tmp_path / "kettle.png")
    clicks = []
    for number, colour in enumerate(("gold", "navy", "olive")):
        Image.new("RGB", (64, 64), colour).save(tmp_path / f"{number}.png")
        clicks.append({"image": f"{number}.png", "text": "a text"})
    product = {"image": "kettle.png", "description": "A kettle", "selling_points": ["Rapid Boil", "1.7 L", "Free Gift"]}
    request, model = tmp_path / "request.json", tmp_path / "model"
    request.write_text(json.dumps({"product": product, "history": clicks}))
    generator.save_pretrained(model)
    command = ["generate", str(request), "--size", "320x320", "--model", str(model), "--out", str(tmp_path / "ads")]
    assert main([*command, "--typeset"]) == 0
    finished = [str(tmp_path / "ads" / "ad-000.json"), "--out", str(tmp_path / "words")]
    assert main(["typeset", *finished, "--request", str(request)]) == 0
    for name in ("ad-000.typeset.png", "ad-000.typeset.json"):
        assert (tmp_path / "words" / name).read_bytes() == (tmp_path / "ads" / name).read_bytes()
    request.write_text(json.dumps({"product": product, "history": clicks[:1]}))
    assert main(["typeset", *finished, "--request", str(request), "--overwrite"]) == 2
    assert "fewer clicks than the ad was made from" in capsys.readouterr().err
