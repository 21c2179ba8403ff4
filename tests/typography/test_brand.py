"""A brand kit: what it prescribes is kept, and what can't be used is one clear line."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uniadgen.ads import Ad
from uniadgen.errors import InputError
from uniadgen.typography import read_brand
from uniadgen.typography.colours import contrast, luminance
from uniadgen.typography.fonts import choose

MakeAd = Callable[..., Ad]
POINTS = ["Joust Duffle Bag", "Waterproof"]


def kit(tmp_path: Path, text: str) -> Path:
    logo = Image.new("RGBA", (200, 80))
    ImageDraw.Draw(logo).rectangle((20, 10, 180, 70), fill=(10, 200, 30, 255))
    logo.save(tmp_path / "logo.png")
    path = tmp_path / "brand.yaml"
    path.write_text(text, "utf-8")
    return path


def test_words_have_the_brands_colours_and_capitals(make_ad: MakeAd, tmp_path: Path) -> None:
    brand = read_brand(kit(tmp_path, "colours: {words: ['#14213d', '#ffffff']}\ncapitals: headline"), "brand")
    result = make_ad("Joust Duffle Bag, Waterproof", POINTS).typeset(brand=brand)
    assert {block.colour for block in result.blocks if block.role != "badge"} == {"#14213d"}
    assert result.blocks[0].text == result.blocks[0].text.upper()


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["#14213d", "#000000"], "#14213d"),  # the first that can be read, not the one that stands out most
        (["#000000", "#14213d"], "#000000"),
        (["#c4cdd2", "#5a1020", "#000000"], "#5a1020"),
    ],
)
def test_the_first_colour_that_can_be_read_is_taken(make_ad: MakeAd, tmp_path: Path, words: list[str], chosen: str) -> None:
    brand = read_brand(kit(tmp_path, f"colours: {{words: {words}}}"), "brand")
    result = make_ad("Joust Duffle Bag, Waterproof", POINTS).typeset(brand=brand)
    assert result.backing == "none"
    assert {block.colour for block in result.blocks if block.role != "badge"} == {chosen}


def test_a_kit_of_nested_aliases_is_one_short_line(tmp_path: Path) -> None:
    lists = ["&a0 [x, x, x, x, x, x, x]", *(f"&a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9))]
    with pytest.raises(InputError, match=r"aliases \(\*name\) are not read") as refused:
        read_brand(kit(tmp_path, f"name: [{', '.join(lists)}]"), "brand")
    assert len(str(refused.value)) < 600 + len(str(tmp_path))


def test_a_colour_of_no_contrast_stands_on_a_plate(make_ad: MakeAd, tmp_path: Path) -> None:
    brand = read_brand(kit(tmp_path, "colours: {words: ['#c4cdd2'], plate: '#101820'}"), "brand")
    result = make_ad("Joust Duffle Bag, Waterproof", POINTS).typeset(brand=brand)  # the wall has the words' colour
    assert result.backing in ("shade", "plate", "band")
    assert all(block.contrast >= 3.0 for block in result.blocks)


def test_the_logo_keeps_its_clear_space(make_ad: MakeAd, tmp_path: Path) -> None:
    brand = read_brand(kit(tmp_path, "logo: {image: logo.png, corner: top-left, clear_space: 0.3}"), "brand")
    result = make_ad("Joust Duffle Bag, Waterproof", POINTS).typeset(brand=brand)
    assert result.drawn is not None
    assert result.drawn.logo is not None
    left, top, right, bottom = result.drawn.logo.box
    assert (np.asarray(result.image)[(top + bottom) // 2, (left + right) // 2] == (10, 200, 30)).all()
    clear = result.drawn.logo.clear
    for block in result.blocks:
        apart = block.box[2] <= clear[0] or block.box[0] >= clear[2] or block.box[3] <= clear[1] or block.box[1] >= clear[3]
        assert apart


def test_the_brands_font_sets_the_words_if_it_has_their_letters(make_ad: MakeAd, tmp_path: Path) -> None:
    usual = choose("A", "text").main.path
    brand = read_brand(kit(tmp_path, f"fonts: {{headline: '{usual}'}}"), "brand")
    result = make_ad("Joust Duffle Bag", POINTS).typeset(brand=brand)
    assert result.blocks[0].font == Path(usual).name
    chinese = make_ad("轻便健身包", ["轻便健身包"]).typeset(brand=brand)
    assert chinese.blocks[0].font != Path(usual).name
    assert any("stands in" in note for note in chinese.notes)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[", "is no YAML"),
        ("fonds: {}", "did you mean fonts"),
        ("colours: {accent: red}", "colours.accent: \"red\" is no colour; write it as '#1a2b3c'"),
        ("colours: {words: ['#777777'], plate: '#808080'}", "none of colours.words can be read on #808080"),
        ("fonts: {headline: none.ttf}", "fonts.headline: there is no file"),
        ("fonts: {text: ''}", "fonts.text: '' is no text from 1 to"),
        ("fonts: {headline: brand.yaml}", "is no font, or a damaged one"),
        ("logo: {image: none.png}", "logo.image: there is no file"),
        ("logo: {image: brand.yaml}", "is no picture"),
        ("logo: {image: clear.png}", "fully transparent"),
        ("logo: {image: logo.png, width: 3}", "logo.width"),
        ("capitals: all", "capitals: 'all' must be one of none, headline"),
    ],
)
def test_what_cannot_be_used_is_one_line(text: str, part: str, tmp_path: Path) -> None:
    Image.new("RGBA", (9, 9)).save(tmp_path / "clear.png")
    with pytest.raises(InputError, match=r"^brand: ") as refused:
        read_brand(kit(tmp_path, text), "brand")
    assert part in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["format 12", "format 4", "tables", "woff"])
def test_a_font_that_is_a_bomb_is_refused(kind: str, tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables.DefaultTable import DefaultTable

    with TTFont(choose("A", "text").main.path) as font:
        table, head = DefaultTable("cmap"), struct.pack(">HHHHI", 0, 1, 3, 10, 12)
        if kind == "format 12":  # one group of two billion characters
            table.data = head + struct.pack(">HHIIIIII", 12, 0, 28, 0, 1, 0, 2**31 - 1, 1)
        elif kind == "format 4":  # thousands of segments, each of all characters
            count = 4000
            codes = struct.pack(f">{count}H", *[0xFFFF] * count) + b"\0\0" + bytes(6 * count)
            table.data = head + struct.pack(">HHHHHHH", 4, 0xFFFF, 0, 2 * count, 0, 0, 0) + codes
        else:
            table.data = struct.pack(">HH", 0, 60000) + bytes(8 * 60000)
        if kind == "woff":
            font.flavor = "woff"
        else:
            font["cmap"] = table
        font.save(tmp_path / "bomb.ttf")
    with pytest.raises(InputError, match="is no font, or a damaged one"):
        read_brand(kit(tmp_path, "fonts: {text: bomb.ttf}"), "brand")


def test_a_logo_that_is_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kit(tmp_path, "logo: {image: logo.png}")
    monkeypatch.setenv("UNIADGEN_MAX_PIXELS", "10000")
    with pytest.raises(InputError, match="more than 10,000 pixels"):
        read_brand(path, "brand")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(luminance((255, 255, 255)), luminance((0, 0, 0))) == pytest.approx(21)
    assert contrast(luminance((255, 255, 255)), luminance((118, 118, 118))) == pytest.approx(4.54, abs=0.01)
    assert contrast(luminance((255, 0, 0)), luminance((255, 255, 255))) == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize(
    ("kit", "message"),
    [
        ("base: &a {accent: '#fca311'}\ncolours: *a", r"aliases \(\*name\) are not read"),
        ("colours: {<<: {accent: '#fca311'}}", r"merge keys \(<<\) are not read"),
        ("x: &a {accent: '#fca311'}\ncolours: {<<: *a}", "are not read"),
        ("name: A\nname: B", 'the field "name" stands twice'),
        ("colours: {accent: '#fca311', accent: '#000000'}", 'the field "accent" stands twice'),
    ],
)
def test_a_kit_says_everything_once_and_in_its_place(tmp_path: Path, kit: str, message: str) -> None:
    (tmp_path / "brand.yaml").write_text(kit)
    with pytest.raises(InputError, match=message) as refused:
        read_brand(tmp_path / "brand.yaml", "brand")
    assert len(str(refused.value)) < len(str(tmp_path)) + 200
    assert "\n" not in str(refused.value)
