"""Blocks that somebody has moved are drawn again as they are, with words that are still the ad's."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniadgen.ad_files import write_ad
from uniadgen.ads import Ad, Placement
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.typography import carried, read_brand, redraw
from uniadgen.typography.fonts import one_at_a_time
from uniadgen.typography.layers import layered
from uniadgen.typography.redraw import fonts_for

MakeAd = Callable[..., Ad]
POINTS = ["Joust Duffle Bag", "Waterproof", "Padded Strap"]


def blocks_of(ad: Ad) -> list[dict]:
    return json.loads(json.dumps(ad.typeset().as_dict()))["blocks"]


def test_unchanged_blocks_stay_where_they_are(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    before, after = ad.typeset(), redraw(ad, blocks_of(ad), "blocks")
    assert [block.box[:2] for block in after.blocks] == [block.box[:2] for block in before.blocks]
    assert [block.colour for block in after.blocks] == [block.colour for block in before.blocks]


def test_a_block_is_moved_and_says_something_else(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    block = blocks_of(ad)[0] | {"text": "Padded Strap", "lines": ["Padded", "Strap"], "colour": "#102030"}
    block["box"] = {"left": 40, "top": 30}
    result = redraw(ad, [block], "blocks")
    assert result.blocks[0].box[:2] == (40, 30)
    assert result.blocks[0].lines == ("Padded", "Strap")


def test_what_was_laid_behind_words_follows_them(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS, busy=True)
    before = ad.typeset()
    assert before.behind is not None
    record = json.loads(json.dumps(before.as_dict()))
    for block in record["blocks"]:
        block["box"]["top"] += 6
    bare, backed = (redraw(ad, record["blocks"], "blocks", behind=behind) for behind in (None, record["behind"]))
    assert backed.backing == before.backing
    assert backed.behind == before.behind
    assert bare.backing == "none"
    least = min(block.contrast for block in backed.blocks)
    assert least >= 3.0 > min(block.contrast for block in bare.blocks)
    product = (np.asarray(ad.image) != np.asarray(ad.background)).any(-1)
    assert (np.asarray(backed.image)[product] == np.asarray(ad.image)[product]).all()


def test_moved_blocks_keep_their_place_beside_the_product_in_other_sizes(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    blocks = blocks_of(ad)
    for block in blocks:
        block["box"]["left"] += 5
    blocks = json.loads(json.dumps(redraw(ad, blocks, "blocks").as_dict()))["blocks"]
    old = ad.placement
    twice = replace(
        ad,
        image=ad.image.resize((1024, 1024)),
        background=ad.background.resize((1024, 1024)),
        placement=Placement(2 * old.left, 2 * old.top, 2 * old.width, 2 * old.height),
    )
    large = carried(blocks, old, twice)
    for block, before in zip(large, blocks, strict=True):
        assert block["size"] == pytest.approx(2 * before["size"])
        for side, length in before["box"].items():
            assert block["box"][side] == pytest.approx(2 * length, abs=1)
    assert not any(block.over_product for block in redraw(twice, large, "blocks").blocks)


@pytest.mark.parametrize("box", [(-70, 3, 200, 40), (470, 500, 90, 60), (0, 0, 900, 80)])
def test_what_another_size_would_cut_off_is_moved_inside(make_ad: MakeAd, box: tuple[int, ...]) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    place = dict(zip(("left", "top", "width", "height"), box, strict=True))
    (block,) = carried([{"text": "Padded Strap", "size": 40.0, "box": place}], ad.placement, ad)
    left, top, width, height = block["box"].values()
    assert min(left, top) >= 30  # the margin is 6 % of 512
    assert max(left + width, top + height) <= 482
    assert block["size"] == pytest.approx(40 * min(1, 450 / box[2]), rel=0.02)


def test_emoji_are_left_out_as_where_they_were_set(make_ad: MakeAd) -> None:
    ad = make_ad("🎒 Joust Bag, Free\u202e Gift", ["🎒 Joust Bag", "Free\u202e Gift", "🎉"])
    before = ad.typeset()
    assert "Joust Bag" in before.blocks[0].text
    after = redraw(ad, blocks_of(ad), "blocks")
    assert [block.text for block in after.blocks] == [block.text for block in before.blocks]
    assert not after.notes
    said = redraw(ad, [blocks_of(ad)[0] | {"text": "🎒 Joust Bag", "lines": []}], "blocks")
    assert said.blocks[0].text == "Joust Bag"
    assert any("emoji" in note for note in said.notes)
    with pytest.raises(InputError, match="there is no word to set"):
        redraw(ad, [blocks_of(ad)[0] | {"text": "🎉", "lines": []}], "blocks")


def test_the_logo_stays(make_ad: MakeAd, tmp_path: Path) -> None:
    Image.new("RGBA", (40, 20), (10, 200, 30, 255)).save(tmp_path / "logo.png")
    (tmp_path / "brand.yaml").write_text("logo: {image: logo.png, corner: top-left}")
    brand = read_brand(tmp_path / "brand.yaml", "brand")
    ad = make_ad("Joust Duffle Bag", POINTS)
    before = ad.typeset(brand=brand)
    after = redraw(ad, json.loads(json.dumps(before.as_dict()))["blocks"], "blocks", brand)
    assert before.drawn is not None
    assert before.drawn.logo is not None
    left, top, right, bottom = before.drawn.logo.box
    assert (np.asarray(after.image)[(top + bottom) // 2, (left + right) // 2] == (10, 200, 30)).all()
    block = after.as_dict()["blocks"][0] | {"box": {"left": left, "top": top}}
    assert any("clear space" in note for note in redraw(ad, [block], "blocks", brand).notes)


def test_what_reads_badly_is_noted(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    block = blocks_of(ad)[0] | {"colour": "#b0b0b0"}
    block["box"] = {"left": ad.placement.left, "top": ad.placement.top + 20}
    result = redraw(ad, [block], "blocks")
    assert any("contrast" in note for note in result.notes)
    assert any("covers the product" in note for note in result.notes)
    assert result.blocks[0].over_product


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"text": "Best Bag Ever", "lines": []}, "'Best Bag Ever' is no selling point"),
        ({"lines": ["Joust", "Bag"]}, "they have other words"),
        ({"box": {"left": 500, "top": 500}}, "leave the picture"),
        ({"colour": "red"}, "is no colour"),
        ({"size": 3}, "size"),
        ({"shadow": True}, "unknown field"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(make_ad: MakeAd, change: dict, part: str) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    with pytest.raises(InputError, match=r"^blocks") as refused:
        redraw(ad, [blocks_of(ad)[0] | change], "blocks")
    assert part in str(refused.value)


def test_command_draws_changed_blocks(make_ad: MakeAd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ad(make_ad("Joust Duffle Bag", POINTS), tmp_path, "ad-000")
    ad, words = str(tmp_path / "ad-000.json"), tmp_path / "ad-000.typeset.json"
    assert main(["typeset", ad, "--out", str(tmp_path)]) == 0
    record = json.loads(words.read_text("utf-8"))
    record["blocks"][0]["colour"] = "#401010"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(record), "utf-8")
    assert main(["typeset", ad, "--out", str(tmp_path), "--blocks", str(changed), "--overwrite"]) == 0
    assert json.loads(words.read_text("utf-8"))["blocks"][0]["colour"] == "#401010"
    request = ["--request", "none.json"]
    assert main(["typeset", ad, "--out", str(tmp_path), "--blocks", str(changed), "--overwrite", *request]) == 2
    assert "leave one of them out" in capsys.readouterr().err
    changed.write_text("[]", "utf-8")
    assert main(["typeset", ad, "--out", str(tmp_path), "--blocks", str(changed), "--overwrite"]) == 2
    assert "has no blocks" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "Joust Duffle Bag ★★★★★",
        "Waterproof €",
        "Waterproof %",
        "≠ Waterproof",
        "Waterproof −",
        "-45 L",
        "Waterproof\u20e5\u0338",
        "Padded Strap 、Waterproof ✓",
    ],
)
def test_signs_that_say_something_come_from_selling_points(make_ad: MakeAd, text: str) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", [*POINTS, "45 L"])
    block = blocks_of(ad)[0] | {"size": 20}
    with pytest.raises(InputError, match=r"^blocks\.blocks\[0\]\.text: .* leave it out"):
        redraw(ad, [block | {"text": text, "lines": []}], "blocks")


def test_signs_of_the_ad_and_plain_punctuation_may_stay(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag ★ Waterproof", [*POINTS, "20 % Off", "★ New"])
    block = blocks_of(ad)[0] | {"size": 16, "lines": []}
    for text in (
        "Joust Duffle Bag ★ Waterproof",
        "Waterproof | 20 % Off",
        "★ New – Waterproof!",
        "“Waterproof” · Padded Strap",
    ):
        assert redraw(ad, [block | {"text": text}], "blocks").blocks[0].text == text
    with pytest.raises(InputError, match="leave it out"):
        redraw(ad, [block | {"text": "Joust Duffle Bag ★★ Waterproof"}], "blocks")


def test_lines_have_no_signs_that_the_text_has_not(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    with pytest.raises(InputError, match="they have other words"):
        redraw(ad, [blocks_of(ad)[0] | {"lines": ["★★★★★", "Joust Duffle Bag"], "size": 20}], "blocks")


@pytest.mark.parametrize("role", ["headline", "support", "badge"])
def test_letters_larger_than_the_picture_are_refused_before_they_are_drawn(
    make_ad: MakeAd, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = " ".join(["Waterproof bag"] * 20)
    ad = make_ad(f"Bag, {long}", ["Bag", long])
    monkeypatch.setattr("uniadgen.typography.shaping.Type.draw", None)
    block = {"text": long, "box": {"left": 1, "top": 1}, "size": 2000, "colour": "#000000", "role": role}
    behind = {"kind": "plate", "colour": "#ffffff"}
    for left in (1, 90000):
        block["box"] = {"left": left, "top": 1}
        with pytest.raises(InputError, match=r"leave the picture of 512x512 pixels; .* smaller"):
            redraw(ad, [block], "blocks", behind=behind)


def test_blocks_over_each_other_and_in_the_margins_are_noted(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    assert redraw(ad, blocks_of(ad), "blocks").notes == []
    blocks = blocks_of(ad)
    assert len(blocks) > 1
    blocks[1]["box"] = dict(blocks[0]["box"])
    assert "block 1 overlaps block 0" in redraw(ad, blocks, "blocks").notes
    blocks = blocks_of(ad)
    blocks[0]["box"] |= {"left": 3}
    assert "block 0 leaves the margins" in redraw(ad, blocks, "blocks").notes


def test_redrawing_waits_for_typesetting(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    blocks, results = blocks_of(ad), []
    thread = threading.Thread(target=lambda: results.append(redraw(ad, blocks, "blocks")))
    with one_at_a_time:
        thread.start()
        thread.join(0.5)
        assert results == []
    thread.join(60)
    assert len(results) == 1


def test_a_message_is_short_however_much_is_nested(make_ad: MakeAd) -> None:
    nested: object = "x"
    for _ in range(6):
        nested = [nested] * 6
    ad = make_ad("Joust Duffle Bag", POINTS)
    with pytest.raises(InputError, match=r"^blocks\.blocks\[0\]\.text") as refused:
        redraw(ad, [blocks_of(ad)[0] | {"text": nested}], "blocks")
    assert len(str(refused.value)) < 600


def test_a_block_has_the_font_that_somebody_has_chosen(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, Waterproof", POINTS)
    blocks = blocks_of(ad)
    before = redraw(ad, blocks, "blocks")
    files = [face.file for face in fonts_for(blocks[0]["text"], "headline")]
    assert files[0] == blocks[0]["font"]
    other = next(file for file in files if file != files[0])
    blocks[0]["font"] = other
    after = redraw(ad, blocks, "blocks")
    assert [block.font for block in after.blocks] == [other, *(block.font for block in before.blocks[1:])]
    assert after.blocks[0].box[:2] == before.blocks[0].box[:2]
    assert (np.asarray(after.image) != np.asarray(before.image)).any()
    again = redraw(ad, json.loads(json.dumps(after.as_dict()))["blocks"], "blocks")
    assert (np.asarray(again.image) == np.asarray(after.image)).all()
    assert after.drawn is not None
    assert Path(other).stem[:8].casefold() in layered(after, "svg", ad.background).decode().replace(" ", "").casefold()


def test_a_font_that_is_not_here_or_lacks_letters_is_refused(make_ad: MakeAd) -> None:
    ad = make_ad("Joust Duffle Bag, 防水", ["Joust Duffle Bag", "防水"])
    block = blocks_of(ad)[0] | {"text": "防水", "lines": []}
    assert redraw(ad, [block], "blocks").blocks[0].text == "防水"  # the font is from before the words were changed
    for font in ("SourceSans3-Bold.ttf", "Comic.ttf", "../../etc/passwd", "x" * 900):
        with pytest.raises(InputError, match=r"blocks\.blocks\[0\]\.font: .* is not here, or lacks letters") as refused:
            redraw(ad, [block | {"font": font}], "blocks")
        assert len(str(refused.value)) < 600
        assert "\n" not in str(refused.value)


def test_a_brands_font_may_be_chosen(make_ad: MakeAd, tmp_path: Path) -> None:
    ad = make_ad("Joust Duffle Bag", POINTS)
    (face,) = [face for face in fonts_for("Joust", "headline") if face.file == "KurintoSans-Bd.ttf"]
    (tmp_path / "Acme.ttf").write_bytes(Path(face.path).read_bytes())
    (tmp_path / "brand.yaml").write_text("fonts: {text: Acme.ttf}")
    brand = read_brand(tmp_path / "brand.yaml", "brand")
    blocks = [blocks_of(ad)[0] | {"font": "Acme.ttf"}]
    assert redraw(ad, blocks, "blocks", brand).blocks[0].font == "Acme.ttf"
    with pytest.raises(InputError, match="font"):
        redraw(ad, blocks, "blocks")
