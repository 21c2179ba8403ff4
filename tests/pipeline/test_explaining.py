"""Why an ad is as it is, measured by leaving clicks out."""

from typing import Any

import pytest
from PIL import Image

from uniadgen.ads import Ad, AdRequest, Click, Placement, Product, SampledClick
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.explaining import explain
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.request import check_request

OPTIONS = GenerateOptions(size=(64, 64))


def request(cutout: Image.Image, texts: list[str]) -> AdRequest:
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]
    clicks = [Click(Image.new("RGB", (48, 48), colours[i % 4]), text) for i, text in enumerate(texts)]
    return AdRequest(Product(cutout, "a kettle", ["Quiet", "1.7 L", "Steel", "Red"]), clicks)


def test_a_generator_whose_clicks_are_known_is_explained(cutout: Image.Image) -> None:
    """The picture is as dark as there are clicks that say "dark"; the text follows the last click, if pictures are seen."""

    def generate(requests: Any, seeds: Any, options: GenerateOptions) -> list[Ad]:
        made = []
        for one in requests:
            dark = sum("dark" in click.text for click in one.history if "texts" not in options.without)
            last = one.history[-1].text if one.history and "pictures" not in options.without else "nothing new"
            plate = Image.new("RGB", (64, 64), (200 - 60 * dark,) * 3)
            sampled = [SampledClick(index, 0.5) for index in range(len(one.history))]
            made.append(Ad(plate, last, plate, Placement(0, 0, 9, 9), sampled, {}, seeds[0], "m"))
        return made

    why = explain(generate, check_request(request(cutout, ["dark", "light", "one two three"])), 0, OPTIONS)
    dark, light, last = why.clicks
    assert [click.index for click in why.clicks] == [0, 1, 2]
    assert dark.change.picture > 10
    assert light.change.picture == last.change.picture == 0
    assert last.change.text == 1  # "light" and "one two three" share no word
    assert dark.change.text == light.change.text == 0
    assert why.parts["texts"].picture == pytest.approx(dark.change.picture)
    assert why.parts["pictures"].picture == 0
    assert why.parts["pictures"].text == 1
    assert why.history.picture == pytest.approx(dark.change.picture)
    assert why.as_dict()["clicks"][2] == {"index": 2, "similarity": 0.5, "picture": 0.0, "text": 1.0}


def test_without_clicks_there_is_nothing_to_explain(generator: AdGenerator, cutout: Image.Image) -> None:
    why = generator.explain(request(cutout, []), options=OPTIONS)
    assert (why.clicks, why.history.picture, why.history.text) == ([], 0, 0)


def test_sampled_clicks_alone_give_the_same_ad(generator: AdGenerator, cutout: Image.Image) -> None:
    """What makes leaving one out a fair comparison: nothing but the click is missing."""
    asked = request(cutout, [f"text {number}" for number in range(6)])
    options = GenerateOptions(size=(64, 64), history_length=3)
    ad = generator.generate_many([asked], seeds=[4], options=options)[0]
    kept = AdRequest(asked.product, [asked.history[click.index] for click in ad.sampled_clicks])
    again = generator.generate_many([kept], seeds=[4], options=options)[0]
    assert again.text == ad.text
    assert again.background.tobytes() == ad.background.tobytes()
    why = generator.explain(asked, seed=4, options=options)
    assert [click.index for click in why.clicks] == [click.index for click in ad.sampled_clicks]
    assert any(click.change.picture > 0 or click.change.text > 0 for click in why.clicks)
