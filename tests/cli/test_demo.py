import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniadgen.cli.main import main
from uniadgen.demo import example_requests, sheet
from uniadgen.inspection import text_verdict
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.request import check_request

pytestmark = pytest.mark.slow


def test_the_examples_are_one_product_and_two_shoppers(generator: AdGenerator) -> None:
    requests = example_requests()
    first, second = (check_request(request) for request in requests)
    assert first.selling_points == second.selling_points
    assert {click.text for click in first.history} != {click.text for click in second.history}
    ads = [generator.generate(r.product, r.history, seed=0, size=(256, 256)) for r in requests]
    picture = sheet(requests, ads)
    assert picture.height > 2 * 256
    assert len(picture.getcolors(2**24) or ()) > 1000  # clicks and ads are drawn


def test_the_embedded_model_makes_different_ads_for_different_shoppers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo as users run it: the second shopper clicks reds and oranges, the first blues and whites."""
    assert main(["demo", "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert str(tmp_path / "out" / "demo.png") in printed
    texts = [json.loads((tmp_path / "out" / f"shopper-{n}" / "ad-000.json").read_text())["text"] for n in (1, 2)]
    assert texts[0] != texts[1]
    # as in most texts of the kitchen that each of them clicked
    assert " | " in texts[0]
    assert " | " not in texts[1]
    assert texts[1].startswith("[")
    ads = [Image.open(tmp_path / "out" / f"shopper-{n}" / "ad-000.png").convert("RGB") for n in (1, 2)]
    assert all(ad.size == (768, 768) for ad in ads)
    warmth = [float(np.asarray(ad, float)[:150, :, 0].mean() - np.asarray(ad, float)[:150, :, 2].mean()) for ad in ads]
    assert warmth[1] > warmth[0] + 20


def test_seeds_write_different_texts() -> None:
    generator = AdGenerator.from_pretrained()
    request = example_requests()[0]
    texts = generator.write([request] * 16, seeds=range(16))
    assert len(set(texts)) >= 8
    assert generator.write([request], seeds=[3]) == [texts[3]]
    # seeds also draw which clicks are looked at, unless all are
    few = replace(request, history=request.history[: generator.model.config.preference.clicks])
    assert len(set(generator.write([few] * 4, seeds=range(4), text_temperature=0))) == 1
    for text in texts:
        assert text_verdict(text, request.product.selling_points)["qualified"]
