"""The inspection of pictures: what rules see, what the classifier adds, and the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from uniadgen.ads import Placement, Stance
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.shadow import with_shadow
from uniadgen.inspection.picture import inspect_picture, network
from uniadgen.inspection.picture.network import CRITERIA, Classifier, PictureNetwork
from uniadgen.inspection.picture.reading import MEASURES, SIDE, VIEWS, Seen, make_views, measure, see

WHERE = Placement(80, 90, 96, 130)


def product(colour: str = "#b02030") -> Image.Image:
    """A vase with a handle."""
    image = Image.new("RGBA", (96, 130))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 70, 129), 20, fill=colour)
    draw.ellipse((55, 30, 95, 90), outline=colour, width=8)
    return image


def scene(wall: str = "#d8d0c0", ground: str = "#a89878") -> Image.Image:
    image = Image.new("RGB", (256, 256), wall)
    ImageDraw.Draw(image).rectangle((0, 180, 256, 256), fill=ground)
    return image


def seen(background: Image.Image, cutout: Image.Image | None = None, where: Placement = WHERE) -> Seen:
    cutout = cutout or product()
    result = see(compose(background, cutout, where), background, where, cutout, Stance())
    assert result is not None
    return result


@pytest.fixture(autouse=True)
def without_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules alone, whatever ships with the package."""
    monkeypatch.setattr("uniadgen.inspection.picture.inspect.embedded", lambda: None)


def classifier(*probabilities: float) -> Classifier:
    """One that says the same of every picture."""
    made = PictureNetwork().eval()
    with torch.no_grad():
        for parameter in made.head.parameters():
            parameter.zero_()
        made.head[-1].bias.copy_(torch.logit(torch.tensor(probabilities)))
    return Classifier(made, (0.5,) * 4)


def test_measures_tell_what_they_are_called_after() -> None:
    plain = measure(seen(scene()))
    assert list(plain) == list(MEASURES)
    assert plain["lost_outline"] < 0.05
    assert plain["clutter"] < 0.1
    assert plain["base"] == pytest.approx((90 + 130) / 256, abs=0.01)
    assert plain["extent"] == pytest.approx(130 / 256, abs=0.01)
    assert plain["horizon"] == pytest.approx((220 - 180) / 256, abs=0.02)
    assert measure(seen(with_shadow(scene(), product(), WHERE, "stands")))["below"] < 0.8 < plain["below"]
    red = measure(seen(scene("#b02433", "#a81f2e")))
    assert red["lost_outline"] > 0.9
    assert red["own_colour"] < 8
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).resize((256, 256), 0)
    assert measure(seen(noise))["clutter"] > 0.4
    cabled = scene()
    ImageDraw.Draw(cabled).line((90, 120, 10, 60), fill="black", width=9)
    assert measure(seen(cabled))["hanger"] > plain["hanger"] + 0.02
    behind = scene()
    ImageDraw.Draw(behind).ellipse((145, 130, 165, 170), fill="blue")
    assert measure(seen(behind))["holes"] > 40
    assert plain["holes"] < 2  # the wall is seen there, and not all of what is around is the wall


def test_a_cutout_and_the_background_alone_tell_nearly_the_same() -> None:
    background = scene()
    image = compose(background, product(), WHERE)
    without = see(image, background, WHERE, None, Stance())
    assert without is not None
    assert np.abs(without.opacity - seen(background).opacity).mean() < 0.02


def test_views_have_the_product_in_them_and_nothing_beyond_the_picture() -> None:
    views = make_views(seen(scene(), where=Placement(0, 126, 96, 130)))
    assert views.shape == (VIEWS, 4, SIDE, SIDE)
    assert [int(view[3].max()) for view in views] == [255] * VIEWS
    assert not views[1, 3, :, : SIDE // 8].any()  # left of the picture
    assert not views[2, 3, -SIDE // 4 :].any()  # below it


def test_the_unrolled_view_has_the_outline_as_a_line_and_a_foreign_part_upright() -> None:
    ball = Image.new("RGBA", (240, 240))
    ImageDraw.Draw(ball).ellipse((0, 0, 239, 239), fill="#c03040")
    where, plain = Placement(68, 80, 120, 120), scene()
    parted = scene()
    ImageDraw.Draw(parted).line((128, 140, 128, 20), fill="black", width=7)  # upwards from the middle
    bare, odd = (make_views(seen(background, ball, where))[-1] for background in (plain, parted))
    solid = bare[3] > 127
    outline = solid.argmax(0)  # the first row from outside that shows the product
    assert np.ptp(outline) <= 4
    assert outline.mean() / SIDE == pytest.approx(0.35 / 0.45, abs=0.03)
    assert solid[outline.max() :].all()
    different = np.abs(odd[:3].astype(int) - bare[:3]).max(0) > 40
    columns = np.flatnonzero(different[: outline.min() - 2].all(0))
    assert len(columns) >= 2  # from the outline all the way out
    assert abs(columns.mean() - SIDE / 2) < 2
    assert not different[:, : SIDE // 4].any()


@pytest.mark.parametrize(
    ("background", "criterion"),
    [(scene(), None), (scene("#b02433", "#a81f2e"), "visual"), (scene("#141414", "#101010"), None)],
)
def test_rules_alone(background: Image.Image, criterion: str | None) -> None:
    inspection = inspect_picture(compose(background, product(), WHERE), background, WHERE, product())
    assert [v.criterion for v in inspection.violations] == ([criterion] if criterion else [])
    assert inspection.qualified is (criterion is None)
    for violation in inspection.violations:
        assert violation.box == pytest.approx((80 / 256, 90 / 256, 176 / 256, 220 / 256), abs=1e-3)
        assert inspection.scores[violation.criterion] == violation.score


def test_what_hardly_shows_is_rejected() -> None:
    background = scene()
    tiny = Placement(120, 200, 12, 16)
    inspection = inspect_picture(compose(background, product(), tiny), background, tiny, product())
    assert "size" in [v.criterion for v in inspection.violations]
    gone = inspect_picture(background, background, tiny)
    assert [v.reason for v in gone.violations] == ["no product can be seen in the picture"]
    assert set(CRITERIA) <= set(gone.scores)


@pytest.mark.parametrize(
    ("wall", "ground", "rejected"),
    [("white", "white", False), ("#404a60", "#404a60", False), ("#c03040", "#b83a48", True)],
)
def test_a_plain_backdrop_of_another_colour_hides_nothing(wall: str, ground: str, rejected: bool) -> None:
    background = scene(wall, ground)
    image = compose(background, product(), WHERE)
    inspection = inspect_picture(image, background, WHERE, product(), classifier=classifier(0.1, 0.1, 0.1, 0.9))
    assert [violation.criterion for violation in inspection.violations] == (["visual"] if rejected else [])


def test_the_classifier_adds_its_verdicts() -> None:
    background = scene()
    image = compose(background, product(), WHERE)
    printed = inspect_picture(image, background, WHERE, product(), classifier=classifier(0.2, 0.9, 0.6, 0.4)).as_dict()
    assert [(v["criterion"], v["score"]) for v in printed["violations"]] == [("shape", 0.9), ("space", 0.6)]
    assert printed["qualified"] is False
    assert {name: printed["scores"][name] for name in CRITERIA} == {"size": 0.2, "shape": 0.9, "space": 0.6, "visual": 0.0}
    json.dumps(printed)
    for violation in printed["violations"]:
        x0, y0, x1, y1 = violation["box"]
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1


def test_pictures_that_dont_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match="background: it has 8x8 pixels"):
        inspect_picture(scene(), Image.new("RGB", (8, 8)), WHERE)
    for where in (Placement(200, 0, 100, 10), Placement(-1, 0, 5, 5), Placement(0, 0, 0, 5)):
        with pytest.raises(InputError, match="placement: it lies outside"):
            inspect_picture(scene(), scene(), where)


def test_weights_are_kept_and_others_refused(tmp_path: Path) -> None:
    network.save(tmp_path / "w.safetensors", Classifier(PictureNetwork(), (0.1, 0.2, 0.3, 0.4)))
    assert network.load(tmp_path / "w.safetensors").thresholds == (0.1, 0.2, 0.3, 0.4)
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    for name in ("bad.safetensors", "none.safetensors"):
        with pytest.raises(InputError, match="no weights of the picture inspection"):
            network.load(tmp_path / name)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    background = scene("#bd2d3c", "#bd2d3c")
    background.save(tmp_path / "b.png")
    compose(background, product(), WHERE).save(tmp_path / "a.png")
    product().save(tmp_path / "c.png")
    record = {"image": "a.png", "background": "b.png", "placement": WHERE.as_dict(), "stance": {"posture": "hangs"}}
    (tmp_path / "a.json").write_text(json.dumps(record))
    assert main(["inspect", "picture", str(tmp_path / "a.json"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["violations"][0]["criterion"] == "visual"
    assert printed["scores"]["hangs"] == 1
    files = ["--image", str(tmp_path / "a.png"), "--background", str(tmp_path / "b.png"), "--cutout", str(tmp_path / "c.png")]
    assert main(["inspect", "picture", *files, "--placement", "80,90,96,130"]) == 0
    assert capsys.readouterr().out.startswith("not qualified\n  visual")


BAD = [
    ([], "argument --image: name AD.json"),
    (["--image", "a.png"], "argument --background"),
    (["none.json"], "none.json"),
    (["list.json"], "no record of an ad"),
    (["strange.json"], "no record of an ad"),
    (["a.json", "--placement", "1,2,3,4"], "argument --placement: AD.json says it already"),
    (["--image", "a.png", "--background", "a.png", "--placement", "1,2,3"], "is no placement"),
    (["--image", "a.png", "--background", "a.png", "--placement", "1,2,3,-4"], "is no placement"),
    (["--image", "a.png", "--background", "a.png", "--placement", "1,2,3000,4"], "lies outside"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_calls_are_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    scene().save("a.png")
    Path("list.json").write_text("[1]")
    Path("strange.json").write_text('{"image": "a.png", "background": "a.png", "placement": {"left": "1"}}')
    Path("a.json").write_text("{}")
    assert main(["inspect", "picture", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
