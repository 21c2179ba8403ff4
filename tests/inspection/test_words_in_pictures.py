"""Letters in a picture: the ad's own words are no fault unless they cover the product, stray ones are."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from uniadgen.ads import Placement
from uniadgen.cli.main import main
from uniadgen.imaging import ocr
from uniadgen.imaging.composing import compose
from uniadgen.inspection.picture import PictureInspection, inspect_picture
from uniadgen.inspection.picture.network import PictureNetwork
from uniadgen.inspection.picture.stray import stray_characters
from uniadgen.typography.fonts import choose

WHERE = Placement(160, 200, 200, 260)
WORDS = (60, 40, 460, 120)


def lettered(image: Image.Image, at: tuple[int, int], text: str, size: int = 60, fill: str = "black") -> Image.Image:
    painted = image.copy()
    ImageDraw.Draw(painted).text(at, text, fill=fill, font=ImageFont.load_default(size))
    return painted


def scene() -> Image.Image:
    image = Image.new("RGB", (512, 512), "#d8d0c0")
    ImageDraw.Draw(image).rectangle((0, 400, 512, 512), fill="#b0a080")
    return image


def product(text: str = "") -> Image.Image:
    image = Image.new("RGBA", (200, 260))
    ImageDraw.Draw(image).rounded_rectangle((0, 0, 199, 259), 30, fill="#b02030")
    return lettered(image, (20, 90), text, 56, "white") if text else image


@pytest.fixture
def without_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniadgen.inspection.picture.inspect.embedded", lambda: None)


@pytest.fixture
def seen_views(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the classifier gets to see."""
    seen = []

    class Classifier:
        network, thresholds = PictureNetwork(), (2.0,) * 4

        def probabilities(self, views: Any, measures: Any) -> Any:
            seen.append((views, measures))
            return measures.new_zeros(1, 4)

    monkeypatch.setattr("uniadgen.inspection.picture.inspect.embedded", Classifier)
    return seen


def reasons(inspection: PictureInspection) -> list[str]:
    return [f"{violation.criterion}: {violation.reason}" for violation in inspection.violations]


def test_own_words_are_not_seen(seen_views: list[Any]) -> None:
    plain = compose(scene(), product(), WHERE)
    typeset = lettered(plain, (70, 45), "Red Kettle")
    for image, words in ((plain, ()), (typeset, (WORDS,)), (typeset, ())):
        assert reasons(inspect_picture(image, scene(), WHERE, product(), words=words)) == []
    (first, _), (cleaned, _), (lettered_too, _) = seen_views
    assert (first == cleaned).all()
    assert (first != lettered_too).any()


@pytest.mark.usefixtures("without_classifier")
def test_words_over_the_product_are_a_fault() -> None:
    plain = compose(scene(), product(), WHERE)
    box = (180, 230, 340, 290)
    typeset = lettered(plain, (190, 230), "Red")
    for image, cutout in ((plain, None), (plain, product()), (typeset, product())):
        inspection = inspect_picture(image, scene(), WHERE, cutout, words=(box, WORDS))
        assert reasons(inspection) == ["visual: words cover the product"]
        assert inspection.violations[0].box == pytest.approx([value / 512 for value in box], abs=1e-3)
        assert inspection.scores["visual"] == 1.0
    assert reasons(inspect_picture(plain, scene(), WHERE, product(), words=((0, 100, 512, 200),))) == []  # they only touch it


@pytest.mark.usefixtures("without_classifier")
def test_a_painted_letter_is_found_and_the_products_print_is_not() -> None:
    printed = product("MINT")
    plain = compose(scene(), printed, WHERE)
    assert reasons(inspect_picture(plain, scene(), WHERE, printed, read_letters=True)) == []
    scrap = lettered(scene(), (60, 60), "XQR")
    inspection = inspect_picture(compose(scrap, printed, WHERE), scrap, WHERE, printed, read_letters=True)
    assert reasons(inspection) == ['visual: stray characters: "XQR"']
    left, top, right, bottom = inspection.violations[0].box
    assert 0.1 < left < right < 0.45
    assert 0.1 < top < bottom < 0.3
    where = ((50, 55, 200, 130),)
    assert reasons(inspect_picture(compose(scrap, printed, WHERE), scrap, WHERE, printed, words=where, read_letters=True)) == []


def test_letters_that_a_painter_adds_to_the_product_are_found() -> None:
    painted = lettered(compose(scene(), product(), WHERE), (190, 300), "SALE", fill="white")
    assert [line.text for line in stray_characters(painted, scene(), WHERE, product())] == ["SALE"]
    assert stray_characters(painted, scene(), WHERE, None) == []  # whose print isn't known


def test_letters_that_hardly_differ_from_what_is_behind_them_are_found() -> None:
    night = Image.new("RGB", (512, 512), "#10161e")
    for text, at, fill in (("Gift Set", (250, 60), "#242a32"), ("新品", (60, 130), "#262c34")):
        face = choose(text, "headline").main
        ImageDraw.Draw(night).text(at, text, fill, face.at(48))
    plain = compose(night, product(), WHERE)
    painted = lettered(plain, (190, 300), "SALE", fill="#d8404e")  # red on red
    assert {line.text for line in stray_characters(painted, night, WHERE, product())} == {"Gift Set", "新品", "SALE"}


@pytest.mark.usefixtures("without_classifier")
def test_the_command_tells_stray_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scrap = lettered(scene(), (60, 60), "XQR")
    scrap.save(tmp_path / "b.png")
    product().save(tmp_path / "c.png")
    compose(scrap, product(), WHERE).save(tmp_path / "a.png")
    files = ["--image", str(tmp_path / "a.png"), "--background", str(tmp_path / "b.png"), "--cutout", str(tmp_path / "c.png")]
    command = ["inspect", "picture", *files, "--placement", "160,200,200,260"]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("qualified")
    assert main([*command, "--ocr"]) == 0
    printed = capsys.readouterr()
    assert 'stray characters: "XQR"' in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("missing", ["rapidocr", "onnxruntime"])
def test_without_the_extra_one_line_says_so(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None if missing == name else object())
    assert main(["inspect", "picture", "none.json", "--ocr"]) == 2
    error = capsys.readouterr().err
    assert 'argument --ocr: letters in pictures are read with the package rapidocr; pip install "uniadgen[ocr]"' in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("without_classifier")
def test_command_line_knows_the_words_beside_the_ad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose(scene(), product(), WHERE).save(tmp_path / "a.png")
    scene().save(tmp_path / "b.png")
    product().save(tmp_path / "c.png")
    (tmp_path / "a.json").write_text(json.dumps({"image": "a.png", "background": "b.png", "placement": WHERE.as_dict()}))
    words = tmp_path / "a.typeset.json"

    def inspected(*arguments: str) -> str:
        code = main(["inspect", "picture", *arguments])
        printed = capsys.readouterr()
        return printed.out if code == 0 else printed.err

    assert inspected(str(tmp_path / "a.json")).startswith("qualified")
    for top, said in ((30, "qualified"), (260, "not qualified\n  visual  1.00  words cover the product")):
        words.write_text(json.dumps({"blocks": [{"box": {"left": 180, "top": top, "width": 150, "height": 60}}]}))
        assert inspected(str(tmp_path / "a.json")).startswith(said)
    files = ["--image", str(tmp_path / "a.png"), "--background", str(tmp_path / "b.png"), "--placement", "160,200,200,260"]
    files += ["--words", str(words)]
    assert "add --cutout" in inspected(*files)
    assert "words cover" in inspected(*files, "--cutout", str(tmp_path / "c.png"))
    words.write_text('{"blocks": [{"box": {"left": 1}}]}')
    assert "is no record of words in a picture" in inspected(str(tmp_path / "a.json"))
