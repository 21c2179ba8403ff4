"""An ad's words in its picture: legible, true, off the product, and the same every time."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniadgen.ad_files import load_ad, read_ad, write_ad
from uniadgen.ads import Ad, Box, Placement
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.placing import place
from uniadgen.presets import SafeArea, placements, safe_area
from uniadgen.typography import Brand, redraw, taste_of
from uniadgen.typography.fonts import LEFT_OUT

MakeAd = Callable[..., Ad]

POINTS = ["Joust Duffle Bag", "Waterproof", "Padded Strap", "Free Gift", "45 L"]
CHINESE = ["轻便健身包", "防水", "可折叠", "买一送一", "45升"]


def product_pixels(ad: Ad) -> np.ndarray:
    return (np.asarray(ad.image) != np.asarray(ad.background)).any(-1)


@pytest.mark.parametrize("size", [(512, 512), (512, 640), (360, 640), (640, 360), (900, 300)])
@pytest.mark.parametrize(
    ("text", "points"), [("Joust Duffle Bag, Waterproof | 45 L", POINTS), ("轻便健身包 防水【买一送一】", CHINESE)]
)
def test_words_are_legible_and_off_the_product(make_ad: MakeAd, text: str, points: list[str], size: tuple[int, int]) -> None:
    ad = make_ad(text, points, size)
    result = ad.typeset()
    assert result.image.size == size
    assert result.blocks[0].role == "headline"
    changed = (np.asarray(result.image) != np.asarray(ad.image)).any(-1)
    assert changed.any()
    assert not (changed & product_pixels(ad)).any()
    for block in result.blocks:
        assert block.contrast >= (3.0 if block.role == "headline" else 4.5)
        left, top, right, bottom = block.box
        assert min(left, top) > 0
        assert right < size[0]
        assert bottom < size[1]


def test_no_word_but_the_points(make_ad: MakeAd) -> None:
    result = make_ad("Waterproof, Joust Duffle Bag", POINTS, description="Joust duffle bag for the gym").typeset()
    assert result.blocks[0].text == "Joust Duffle Bag"
    for block in result.blocks:
        assert all(part in POINTS for part in block.text.split(" · "))
        assert " ".join(block.lines).split() == block.text.split() or " · " in block.text


def test_the_same_ad_gives_the_same_bytes(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    first, second = ad.typeset(), ad.typeset()
    assert first.image.tobytes() == second.image.tobytes()
    assert first.as_dict() == second.as_dict()


def test_where_it_is_busy_the_words_get_something_behind_them(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS, busy=True)
    result = ad.typeset()
    assert result.backing in ("shade", "plate")
    assert all(block.contrast >= 3.0 for block in result.blocks)
    product = np.asarray(ad.image)[product_pixels(ad)]
    assert (np.asarray(result.image)[product_pixels(ad)] == product).all()  # it stays in front


@pytest.mark.parametrize("layout", ["top", "left", "right"])
def test_a_layout_that_is_named_is_kept(make_ad: MakeAd, layout: str) -> None:
    ad = make_ad("Duffle Bag", ["Duffle Bag"], (900, 600))
    result = ad.typeset(layout=layout)  # type: ignore[arg-type]
    left, _, right, bottom = result.blocks[0].box
    place = ad.placement
    assert result.layout == layout
    assert {"top": bottom < place.top, "left": right < place.left, "right": left > place.left + place.width}[layout]


def test_an_ad_too_small_for_any_word_is_refused(make_ad: MakeAd) -> None:
    with pytest.raises(InputError, match="64x64 pixels; make a larger ad"):
        make_ad("Joust Duffle Bag", POINTS, (64, 64)).typeset()


def test_a_script_without_a_font_is_named(make_ad: MakeAd) -> None:
    with pytest.raises(InputError, match=r"none here has the letter .* install Noto Sans CJK"):
        make_ad("\U00030010", []).typeset()  # of an extension that no font of the chain has


def test_emoji_are_left_out_with_a_note(make_ad: MakeAd) -> None:
    result = make_ad("Duffle Bag 😀", ["Duffle Bag 😀"]).typeset()
    assert [block.text for block in result.blocks] == ["Duffle Bag"]
    assert any("emoji" in note for note in result.notes)


def test_command_sets_the_words_of_a_finished_ad(make_ad: MakeAd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    write_ad(ad, tmp_path, "ad-000")
    assert main(["typeset", str(tmp_path / "ad-000.json"), "--out", str(tmp_path / "words"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == json.loads((tmp_path / "words/ad-000.typeset.json").read_text("utf-8"))
    assert record["blocks"][0].keys() >= {"text", "box", "font", "size", "colour", "contrast", "role"}
    picture = Image.open(tmp_path / "words/ad-000.typeset.png")
    assert picture.tobytes() == ad.typeset().image.tobytes()
    assert main(["typeset", str(tmp_path / "ad-000.json"), "--out", str(tmp_path / "words")]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["typeset", str(tmp_path / "ad-000.json"), "--out", str(tmp_path / "words"), "--overwrite"]) == 0


def test_an_ad_with_words_is_whole_only_with_them(make_ad: MakeAd, tmp_path: Path) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    record = write_ad(replace(ad, typesetting=ad.typeset()), tmp_path, "ad-000")
    assert record["typeset"] == "ad-000.typeset.png"
    assert read_ad(tmp_path, "ad-000") == record
    (tmp_path / "ad-000.typeset.png").unlink()
    assert read_ad(tmp_path, "ad-000") is None


def test_a_finished_ad_is_read_as_it_was_written(make_ad: MakeAd, tmp_path: Path) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS, description="A bag")
    write_ad(ad, tmp_path, "ad-000")
    read = load_ad(tmp_path / "ad-000.json", "ad")
    assert (read.text, read.selling_points, read.description, read.placement) == (ad.text, POINTS, "A bag", ad.placement)
    assert read.image.tobytes() == ad.image.tobytes()


@pytest.mark.parametrize("damage", ["no json", "{}", "picture", "placement", "missing"])
def test_what_is_no_finished_ad_is_one_line(
    make_ad: MakeAd, damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_ad(make_ad("Joust Duffle Bag", POINTS), tmp_path, "ad-000")
    path = tmp_path / "ad-000.json"
    if damage == "picture":
        Image.new("RGB", (512, 512)).save(tmp_path / "ad-000.png")
    elif damage == "placement":
        record = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(record | {"placement": {"left": 500, "top": 0, "width": 90, "height": 90}}), "utf-8")
    elif damage == "missing":
        (tmp_path / "ad-000.background.png").unlink()
    else:
        path.write_text(damage, "utf-8")
    assert main(["typeset", str(path), "--out", str(tmp_path / "words")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("uniadgen: argument AD.json: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "words").exists()


def test_a_placement_without_a_product_is_no_obstacle() -> None:
    plain = Image.new("RGB", (512, 512), "white")
    ad = Ad(plain, "Bag", plain, Placement(200, 200, 80, 80), [], {}, 0, "none", selling_points=["Bag"])
    assert ad.typeset().blocks[0].text == "Bag"


@pytest.mark.parametrize("size", [(728, 90), (160, 600), (320, 100), (300, 250), (970, 250), (1080, 1920)])
def test_common_banners_have_words(make_ad: MakeAd, size: tuple[int, int]) -> None:
    result = make_ad("Joust Duffle Bag, Waterproof", POINTS, size).typeset()
    assert result.blocks[0].size >= 13
    for block in result.blocks:
        assert block.contrast >= 3.0


def test_a_story_keeps_what_the_app_covers_free(make_ad: MakeAd) -> None:
    result = make_ad("Joust Duffle Bag, Waterproof", POINTS, (540, 960)).typeset()
    assert all(block.box[1] >= 0.14 * 960 - 1 and block.box[3] <= 0.80 * 960 + 1 for block in result.blocks)


def test_a_point_of_300_characters_is_refused_or_shortened(make_ad: MakeAd) -> None:
    long = " ".join(["Waterproof"] * 28)
    with pytest.raises(InputError, match="no word fits"):
        make_ad(long, [long]).typeset()
    assert make_ad(f"Bag, {long}", ["Bag", long]).typeset().blocks[0].text == "Bag"


def test_control_characters_and_blanks_never_show(make_ad: MakeAd) -> None:
    result = make_ad("Duffle\x07 \u2028Bag", ["Duffle\x07 \u2028Bag"]).typeset()
    assert result.blocks[0].text == "Duffle Bag"
    with pytest.raises(InputError, match="no word to set"):
        make_ad(" \u200b😀", []).typeset()
    with pytest.raises(InputError, match="no word to set"):
        make_ad("...", []).typeset()


def test_an_ad_from_files_with_losses_is_read(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    lossy: list[Image.Image] = []
    for picture in (ad.image, ad.background):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=80)
        noisy = np.asarray(Image.open(buffer), np.int16) + np.random.default_rng(len(lossy)).integers(-2, 3, (512, 512, 3))
        lossy.append(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)))
    result = replace(ad, image=lossy[0], background=lossy[1]).typeset()
    letters = (np.asarray(result.image) != np.asarray(lossy[0])).any(-1)
    assert letters.any()
    assert not (letters & product_pixels(ad)).any()


def test_with_words_and_the_taste_of_clicks(make_ad: MakeAd) -> None:
    calm_above, calm_below = Image.new("RGB", (96, 96), "grey"), Image.new("RGB", (96, 96), "grey")
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (48, 96, 3), np.uint8))
    calm_above.paste(noise, (0, 48))
    calm_below.paste(noise, (0, 0))
    above, below = taste_of([calm_above]), taste_of([calm_below])
    assert above.calm is not None
    assert below.calm is not None
    assert above.calm[0].mean() > 0 > above.calm[2].mean()
    assert (above.calm[0] > below.calm[0]).all()
    assert taste_of([]).calm is None
    assert make_ad("Bag", ["Bag"]).typeset(taste=above).blocks[0].text == "Bag"


@pytest.mark.parametrize("arguments", [["--layout", "left"], ["--brand", "brand.yaml"], ["--layers", "svg"]])
def test_how_words_are_set_needs_typeset(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "request.json", "--out", str(tmp_path / "ads"), *arguments]) == 2
    assert "argument --typeset: --brand, --layout and --layers need it" in capsys.readouterr().err


def test_a_missing_package_is_told_before_the_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uniadgen.typography.fonts.importlib.util.find_spec", lambda name: None)
    assert main(["generate", "request.json", "--out", str(tmp_path / "ads"), "--typeset"]) == 2
    assert 'need the package fontTools; pip install "uniadgen[typeset]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Duffle Bag, Waterproof", ["Duffle Bag", "Waterproof", "买一送一"]),
        ("Duffle Bag, Waterproof", ["Duffle Bag", "Waterproof", "45升"]),
        ("Duffle Bag", ["Duffle Bag", "买一送一"]),
        ("轻便健身包", ["轻便健身包", "Free Gift"]),
    ],
)
def test_every_block_has_a_font_with_its_letters(make_ad: MakeAd, text: str, points: list[str]) -> None:
    ad = make_ad(text, points)
    result = ad.typeset()
    assert result.drawn is not None
    assert points[-1] in [block.text for block in result.blocks]
    for block in result.blocks:
        assert result.drawn.types.of("support" if block.role == "support" else "headline").faces.sets(block.text)
    again = redraw(ad, json.loads(json.dumps(result.as_dict()))["blocks"], "blocks", behind=result.behind)
    assert [block.font for block in again.blocks] == [block.font for block in result.blocks]


def test_a_badge_of_letters_without_a_font_is_left_out(make_ad: MakeAd) -> None:
    result = make_ad("Duffle Bag, Waterproof", ["Duffle Bag", "Waterproof", "买一送\U00030010"]).typeset()
    assert [block.text for block in result.blocks if block.role == "badge"] == []
    assert any("a badge is left out" in note for note in result.notes)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Bag 1\ufe0f\u20e3", "Bag 1"),
        ("Bag 2\u20e3 go", "Bag 2 go"),
        ("Bag \ufffd\ufffc", "Bag"),
        ("\x1b[31mBag\x1b[0m", "Bag"),
        ("\x1b]0;title\x07Bag \x9b1;2mRed", "Bag Red"),
        ("Bag [31m]", "Bag [31m]"),
    ],
)
def test_what_would_be_set_as_a_box_is_left_out(make_ad: MakeAd, text: str, written: str) -> None:
    assert make_ad(text, [text]).typeset().blocks[0].text == written


@pytest.mark.parametrize("stray", ["\ue000", "\uf8ff", "\U000f0001", "\U0010fffd", "\u0378", "\ufdd0", "\uffff", "\U0001fffe"])
def test_characters_without_a_meaning_are_left_out(make_ad: MakeAd, stray: str) -> None:
    result = make_ad(f"Duffle{stray} Bag, Waterproof{stray}", [f"Duffle{stray} Bag", f"Waterproof{stray}"]).typeset()
    said = "".join(block.text for block in result.blocks)
    assert stray not in said
    assert "Duffle Bag" in said
    assert LEFT_OUT in result.notes
    with pytest.raises(InputError, match="there is no word to set"):
        make_ad(stray, [stray]).typeset()


@pytest.mark.parametrize("mark", ["\ufff9", "\U000110bd"])
def test_marks_of_format_that_show_are_never_boxes(make_ad: MakeAd, mark: str) -> None:
    result = make_ad(f"Duffle{mark} Bag", [f"Duffle{mark} Bag"]).typeset()
    assert [block.text for block in result.blocks] == ["Duffle Bag"]


def crowded(box: Box, busy: bool = False, size: tuple[int, int] = (512, 512), product: tuple[int, int] = (100, 100)) -> Ad:
    """A product that leaves little room, on a wall or on noise."""
    background = Image.new("RGB", size, (196, 205, 210))
    if busy:
        background = Image.effect_noise(size, 120).convert("RGB")
    cutout = Image.new("RGBA", product, (170, 30, 40, 255))
    placement = place(cutout, size, box)
    text = "Joust Duffle Bag, Waterproof Ripstop Fabric, Padded Strap"
    image = compose(background, cutout, placement)
    return Ad(image, text, background, placement, [], {}, 0, "none", selling_points=text.split(", "))


AIRY, CLOSE = Box(0.3, 0.4, 0.7, 0.95), Box(0.05, 0.13, 0.95, 1.0)
HEADLINE_ALONE = "only a headline has room in the picture; the other selling points are left out"
GREY = Brand(words=((128, 128, 128),))


@pytest.mark.parametrize(
    ("ad", "brand", "notes"),
    [
        (crowded(AIRY), None, []),
        (crowded(AIRY, busy=True), None, ["a shade lies behind the words, so that every letter can be read"]),
        (crowded(AIRY, busy=True), GREY, [HEADLINE_ALONE, "the words stand on a plate: what is behind them is too busy"]),
        (
            crowded(CLOSE),
            None,
            [
                HEADLINE_ALONE,
                "the words are small: there is little room beside the product",
            ],
        ),
    ],
)
def test_what_words_have_to_give_up_is_said(ad: Ad, brand: Brand | None, notes: list[str]) -> None:
    assert ad.typeset(brand=brand).notes == notes


@pytest.mark.parametrize("name", [name for name, entry in placements().items() if entry.safe != SafeArea()])
def test_words_keep_off_what_a_preset_covers(make_ad: MakeAd, name: str) -> None:
    entry = placements()[name]
    (width, height), safe = entry.size, entry.safe
    result = make_ad("Joust Bag, Free Gift", ["Joust Bag", "Free Gift"], (width, height)).typeset()
    for block in result.blocks:
        left, top, right, bottom = block.box
        assert left >= round(safe.left * width)
        assert top >= round(safe.top * height)
        assert right <= width - round(safe.right * width)
        assert bottom <= height - round(safe.bottom * height)


def test_words_without_other_room_stand_where_a_preset_covers_with_a_note() -> None:
    story = placements()["story"]
    result = crowded(Box(0.0, 0.12, 1.0, 0.85), size=story.size, product=(100, 128)).typeset()
    assert any(note.startswith("the words stand where networks lay bars") for note in result.notes)
    assert min(block.box[1] for block in result.blocks) < story.safe.top * story.size[1]


def test_safe_areas_go_by_the_form() -> None:
    story = placements()["story"].safe
    assert safe_area(720 / 1280) == safe_area(1080 / 1920) == story
    assert safe_area(1.0) == safe_area(0.6) == SafeArea()
    assert all(entry.safe.left + entry.safe.right < 0.2 for entry in placements().values())


@pytest.mark.parametrize("filler", ["\u2800", "\u3164", "\uffa0"])
def test_letters_that_show_nothing_are_spaces(make_ad: MakeAd, filler: str) -> None:
    result = make_ad(f"Duffle{filler}Bag", [f"Duffle{filler}Bag"]).typeset()
    assert [block.text for block in result.blocks] == ["Duffle Bag"]
    with pytest.raises(InputError, match="there is no word to set"):
        make_ad(filler * 2, [filler * 2]).typeset()


def test_a_letter_without_a_name_is_refused_by_its_number(make_ad: MakeAd) -> None:
    with pytest.raises(InputError, match=r"none here has the letter .* \((U\+1C89|Cyrillic)\); "):
        make_ad("Bag \u1c89", ["Bag \u1c89"]).typeset()
