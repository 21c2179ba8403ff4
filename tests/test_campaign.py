"""One ad in several sizes: of one background, with the whole product in each."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniadgen.ads import Ad, Box
from uniadgen.campaign import AIR, Campaign, CampaignSize, preset, presets, size_of
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.imaging.composing import fitted_cutout
from uniadgen.imaging.placing import place
from uniadgen.options import GenerateOptions
from uniadgen.request import CheckedRequest


def made(campaign: Campaign, cutout: Image.Image, box: Box | None = None) -> Ad:
    """An ad as a generator makes it of a campaign's request: the scene is a gradient."""
    request, options = campaign.prepared(CheckedRequest(cutout, "", ["a"], [], box), GenerateOptions())
    width, height = options.size
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    background = Image.fromarray(np.stack([across, down, across * 0 + 90], 2).astype(np.uint8))
    placement = place(request.cutout, options.size, request.box)
    return Ad(background, "a", background, placement, [], {}, 0, "ours")


def smaller(size: CampaignSize) -> CampaignSize:
    """Of the same form, a third as long."""
    return dataclasses.replace(size, width=size.width // 3, height=size.height // 3)


@pytest.mark.parametrize(
    ("form", "box", "sizes_of"),
    [
        ((120, 100), None, list),  # of all that are placed by themselves, as large as they are
        *(
            (form, box, lambda sizes: map(smaller, sizes))
            for form in [(300, 40), (40, 300), (120, 100)]
            for box in [None, Box(0.0, 0.0, 1.0, 1.0), Box(0.8, 0.05, 0.98, 0.3)]
        ),
    ],
)
def test_every_size_holds_the_whole_product(
    form: tuple[int, int], box: Box | None, sizes_of: Callable[[Iterable[CampaignSize]], Iterable[CampaignSize]]
) -> None:
    cutout = Image.new("RGBA", form, (200, 30, 40, 255))
    campaign = Campaign(tuple(sizes_of(presets().values())))
    sizes = list(campaign.cut(made(campaign, cutout, box), cutout))
    assert [size.name for size, _ in sizes] == list(presets())
    for size, ad in sizes:
        assert ad.image.size == ad.background.size == (size.width, size.height)
        place = ad.placement
        assert place.left >= 0
        assert place.top >= 0
        assert place.left + place.width <= size.width
        assert place.top + place.height <= size.height
        assert min(place.width / form[0], place.height / form[1]) > 0
        assert abs(place.width / form[0] - place.height / form[1]) * max(form) <= 1.5 * max(1, max(form) / min(form))
        if box is None:
            air = AIR * min(size.width, size.height) / 2
            assert place.left > air - 2
            assert place.top > air - 2
        pixels = np.asarray(ad.image.crop((place.left, place.top, place.left + place.width, place.top + place.height)))
        assert np.array_equal(pixels, np.asarray(fitted_cutout(cutout, place))[..., :3])


def test_moderate_sizes_show_the_same_scene() -> None:
    """Where a size has the product, it has the same colours of the gradient around it."""
    cutout = Image.new("RGBA", (100, 100), (0, 0, 0, 255))
    campaign = Campaign(tuple(presets().values()))
    ad = made(campaign, cutout)
    whole = np.asarray(ad.background).astype(int)
    p = ad.placement
    left_of_it = whole[p.top + p.height // 2, p.left]
    for size, other in campaign.cut(ad, cutout):
        q = other.placement
        colours = np.asarray(other.background).astype(int)[q.top + q.height // 2, q.left]
        assert np.abs(colours - left_of_it).max() <= 6, size.name


def test_a_single_size_is_the_ad_as_it_is() -> None:
    cutout = Image.new("RGBA", (100, 100), (0, 0, 0, 255))
    request = CheckedRequest(cutout, "", ["a"], [], None)
    campaign = Campaign((size_of(640, 480),))
    same, options = campaign.prepared(request, GenerateOptions(top_k=3))
    assert same is request
    assert options == GenerateOptions(size=(640, 480), top_k=3)
    ad = made(campaign, cutout)
    assert next(campaign.cut(ad, cutout))[1] is ad


def test_presets_and_bad_sizes() -> None:
    assert preset("story") == dataclasses.replace(size_of(1080, 1920), name="story")
    with pytest.raises(InputError, match=r"did you mean story\?"):
        preset("storey")
    with pytest.raises(InputError, match="twice"):
        Campaign((size_of(100, 100), size_of(100, 100)))
    assert main(["generate", "none.json", "--out", "x", "--preset", "square", "--preset", "square"]) == 2


@pytest.mark.slow
def test_the_command_writes_every_size_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from uniadgen.demo import example_folder

    request = str(example_folder() / "shopper-1.json")
    line = ["generate", request, "--out", str(tmp_path), "--size", "128x128", "--preset", "mobile-banner", "--format", "jpeg"]
    assert main([*line, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "ad-000.background.jpg",
        "ad-000.jpg",
        "ad-000.json",
        "ad-000.mobile-banner.jpg",
    ]
    assert record["sizes"][0]["image"] == "ad-000.mobile-banner.jpg"
    assert main([*line, "--json"]) == 2  # it is there
    capsys.readouterr()
    before = (tmp_path / "ad-000.jpg").stat().st_mtime_ns
    assert main([*line, "--json", "--resume"]) == 0
    assert json.loads(capsys.readouterr().out) == record
    assert (tmp_path / "ad-000.jpg").stat().st_mtime_ns == before
    assert main([*line[:-2], "--format", "png", "--overwrite"]) == 0
    assert not list(tmp_path.glob("*.jpg"))


def test_what_lies_is_in_the_middle_of_every_size() -> None:
    cutout = Image.new("RGBA", (100, 60), "black")
    request = CheckedRequest(cutout, "A rope", ["Rope"], [], None, posture="lies")
    asked, _ = Campaign((size_of(500, 500), size_of(500, 900))).prepared(request, GenerateOptions())
    assert asked.box is not None
    assert (asked.box.y0 + asked.box.y1) / 2 == pytest.approx(0.5)
