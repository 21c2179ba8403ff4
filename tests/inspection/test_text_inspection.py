"""The inspection: how well it agrees with the labelled texts, what counts as the same word, and what each rule says."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from uniadgen.cli.main import make_parser
from uniadgen.errors import InputError
from uniadgen.inspection import Inspection, inspect_text, text_verdict
from uniadgen.inspection.scoring import score
from uniadgen.padsynth.catalogue import make_product
from uniadgen.padsynth.titles import compose_text, fitting_styles

LABELLED = Path(__file__).parent / "data" / "labelled.jsonl"
POINTS = [
    "Velmora", "Rapid Boil", "1.7 L", "Stainless Steel", "Auto Shut-Off", "Cordless Kettle", "For Families", "Sugar Free",
    "500ml", "Pack of 6", "20-Hour Playtime", "Not Waterproof", "Best Seller", "100% Cotton", "Deep Bass", "Seven Colours",
]  # fmt: skip
HAN = ["悦泉", "保温杯", "500毫升", "无糖", "大容量", "三档调光", "永久"]


def entries(split: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["split"] == split]


def criteria(inspection: Inspection) -> set[str]:
    return {violation.criterion for violation in inspection.violations}


def test_the_labelled_set_is_balanced_and_split_by_product() -> None:
    development, held_out = entries("development"), entries("held-out")
    assert len(development) + len(held_out) == 290
    for part in (development, held_out):
        assert sum(not entry["criteria"] for entry in part) * 2 == len(part)
        assert set(Counter(entry["language"] for entry in part)) == {"en", "zh", "mixed"}
    assert not {e["product"] for e in development} & {e["product"] for e in held_out}


@pytest.mark.parametrize(("split", "least"), [("development", 0.99), ("held-out", 0.95)])
def test_precision_and_recall(split: str, least: float) -> None:
    tallies, _ = score(entries(split))
    print(*(f"{split} {name}: {tally}" for name, tally in tallies.items()), sep="\n")
    assert tallies["rejected"].precision >= least
    assert tallies["rejected"].recall >= least
    assert tallies["factuality"].recall >= 0.95
    assert tallies["readability"].recall >= 0.9


def test_the_worlds_own_texts_pass_and_those_of_other_products_do_not() -> None:
    draw = random.Random(3)
    products = [make_product(9, index) for index in range(96)]
    rejected = foreign = 0
    for index, product in enumerate(products):
        text = compose_text(product.selling_points, draw.choice(fitting_styles(product.selling_points)), draw)
        rejected += not inspect_text(text, [point.text for point in product.selling_points]).qualified
        foreign += not inspect_text(text, [p.text for p in products[index - 1].selling_points]).meets("factuality")
    assert rejected <= 1  # "Smoothie" from two selling points may stand twice in a row
    assert foreign == len(products)


@pytest.mark.parametrize(
    "text",
    [
        "VELMORA cordless kettles", "Velmora shutoff kettle", "Velmora auto shut off", "Velmora, 500 ml",
        "Velmora 0.5 L", "Velmora 1,700 ml",
        "6-pack, Velmora", "six pack Velmora", "[Best Seller] Velmora!", "playtime: 20 hours - Velmora", "Velmora, no sugar",
        "Velmora with zero sugar", "Ｖｅｌｍｏｒａ　Kettle", "Vel\u200bmora kettle", "a kettle for your family",
        "100% cotton - 7 colors",
        "Velmora 👍 Deep Bass",
    ],
)  # fmt: skip
def test_fine_in_other_spellings(text: str) -> None:
    assert inspect_text(text, POINTS).violations == ()


@pytest.mark.parametrize(
    "text", ["悦泉保温杯500ml", "【永久】大容量保温杯", "保温杯 3档调光 无糖", "悦泉，0.5升，保温杯", "永久牌保温杯"]
)
def test_fine_in_chinese(text: str) -> None:
    assert inspect_text(text, HAN).violations == ()


@pytest.mark.parametrize(
    ("text", "criterion", "reason", "quoted"),
    [
        ("Velmora Waterfall Kettle", "factuality", "no selling point has", "Waterfall"),
        ("Velmora 1.7 kg kettle", "factuality", "no selling point has", "1.7 kg"),
        ("Velmora 2 L kettle", "factuality", "no selling point has", "2 L"),
        ("Pack of 9, Velmora", "factuality", "no selling point has", "9"),
        ("Velmora waterproof kettle", "factuality", "opposite", "waterproof"),
        ("Velmora kettle with sugar", "factuality", "opposite", "sugar"),
        ("Best Velmora kettle", "factuality", "superlative", "Best"),
        ("Velmora kettle lasts forever", "factuality", "permanence", "lasts forever"),
        ("Velmora kettle, guaranteed results", "factuality", "guarantee", "guaranteed results"),
        ("Velmora kettle cures diabetes", "factuality", "medical", "diabetes"),
        ("Flawless Velmora kettle", "factuality", "absolute", "Flawless"),
        ("Velmora porn kettle", "factuality", "sensitive", "porn"),
        ("Velmora kettle Velmora", "readability", "repeated", "Velmora"),
        ("Velmora kettle for", "readability", "breaks off", "for"),
        ("Velmora kettle,", "readability", "ends with a joiner", ","),
        ("Velmora kettle Stainl", "readability", "cut off", "Stainl"),
        ("Velmora 1.7 kettle", "readability", "torn", "1.7"),
        ("100% Velmora kettle", "readability", "torn", "100%"),
        ("Deep Velmora kettle", "readability", "torn", "Deep"),
        ("Velmora [Best Seller", "readability", "never closed", "["),
    ],
)
def test_what_is_wrong_and_where(text: str, criterion: str, reason: str, quoted: str) -> None:
    inspection = inspect_text(text, POINTS)
    matching = [v for v in inspection.violations if v.criterion == criterion and reason in v.reason]
    assert quoted in [text[slice(*violation.span)] for violation in matching]
    assert not inspection.qualified


@pytest.mark.parametrize(
    ("text", "criterion", "quoted"),
    [
        ("悦泉真皮保温杯", "factuality", "真皮"),
        ("国家级悦泉保温杯", "factuality", "国家级"),
        ("悦泉保温杯 根治感冒", "factuality", "根治"),
        ("悦泉保温杯750ml", "factuality", "750ml"),
        ("悦泉保温杯 五档调光", "factuality", "五"),
        ("悦泉 保温杯 悦泉", "readability", "悦泉"),
        ("悦泉保温杯 500", "readability", "500"),
        ("悦泉保温杯和", "readability", "和"),
    ],
)
def test_what_is_wrong_in_chinese(text: str, criterion: str, quoted: str) -> None:
    matching = [text[slice(*v.span)] for v in inspect_text(text, HAN).violations if v.criterion == criterion]
    assert quoted in matching


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("ハンダ 軽量", "パンダ"), ("バン 軽量", "パン"), ("軽量 ハ\u309aンダ", "ハンダ"), ("ンダ 軽量", "パンダ"),
        ("เสือ", "เสื่อ"), ("ไม่", "ไม้"), ("ไม", "ไม้"), ("ดี", "ไม่ดี"),
        ("दिन", "दान"), ("क", "की"), ("مُدَرِّس", "مُدَرَّس"), ("اب", "آب"),
        ("má", "mà"), ("ma gỗ", "mạ gỗ"), ("pêche", "péché"), ("мой", "мои"),
        ("18 °C Freezer", "-18 °C"), ("Cooler −18 °C", "18 °C"), ("-20 °C", "20 °C"), ("-20 °C", "20 °C, Tent"),
        ("20 cm", "10-20 cm"), ("10 cm", "10 to 20 cm"), ("10-20 cm", "20 cm"), ("3", "3-6"), ("5 %", "±5 %"),
        ("100 g", "100 ±5 g"), ("30 dB", "<30 dB"), ("≥ 30 dB", "≤ 30 dB"), ("Ages 3", "Ages 3+"), ("2 inch", "1/2 inch"),
        ("200 W", "1,200 W"), ("200 W", "1\u00a0200 W"), ("5 L", "1,5 L"), ("102 m", "10² m"), ("11/2 L", "1½ L"),
        ("20厘米", "10至20厘米"), ("18℃", "-18℃"),
    ],
)  # fmt: skip
def test_marks_and_signs_are_compared(text: str, given: str) -> None:
    assert not inspect_text(text, [given, "軽量", "Cooler", "Freezer"]).meets("factuality")
    assert inspect_text(given, [given, "軽量"]).qualified


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("ハ\u309aンタ\u3099", "パンダ"), ("ﾊﾟﾝﾀﾞ", "パンダ"), ("軽量パンダ", "パンダ"), ("ไม้", "ไม้"), ("cafe\u0301", "café"),
        ("Cafe", "café"), ("cafés", "café"), ("schon", "schön"), ("ma\u0323 vàng", "mạ vàng"), ("−18 °C", "-18 °C"),
        ("–18°C", "-18 ℃"), ("+5 °C", "5 °C"), ("10 to 20 cm", "10–20 cm"), ("100-200 mm", "10-20 cm"),
        ("10~20厘米", "10至20厘米"),
        ("+/-5%", "± 5 %"), ("100±5g", "0.1 ±0.005 kg"), ("1\u202f200 W", "1,200 W"), ("２，０００ W", "2 kW"),
        ("1½ L", "1.5 L"), ("1,5 l", "1.5 L"), ("٣ kg", "3 kg"), ('1/2"', "½ inch"), ("1,00,000 mAh", "100 Ah"),
    ],
)  # fmt: skip
def test_the_same_value_or_word_in_another_spelling(text: str, given: str) -> None:
    assert inspect_text(text, [given, "軽量", "Cooler"]).violations == ()


def test_a_dash_between_words_is_no_sign() -> None:
    assert inspect_text("Cooler - 18 L - TB-76", ["TB-76", "18 L", "Cooler"]).qualified
    assert not inspect_text("Cooler -18 °C", ["18 °C", "Cooler"]).qualified


def test_a_claim_that_is_a_selling_point_may_be_made() -> None:
    assert inspect_text("Lifetime Warranty, Acme Drill", ["Acme", "Drill", "Lifetime Warranty", "18 V"]).qualified
    assert not inspect_text("Lifetime Acme Drill", ["Acme", "Drill", "Lifetime Warranty", "18 V"]).qualified
    # sensitive content is none the better for being given
    assert not inspect_text("国宴特供, Acme", ["Acme", "国宴特供", "18 V"]).meets("factuality")


@pytest.mark.parametrize(
    ("text", "criterion"),
    [
        ("Cures Cancer", "factuality"), ("Cancer-Fighting Tea", "factuality"), ("Heart Disease Prevention", "factuality"),
        ("Helps to prevent type 2 diabetes", "factuality"), ("预防糖尿病", "factuality"), ("防癌茶", "factuality"),
        ("<b>Soft</b> Bag", "readability"), ("Salt &amp; Pepper", "readability"), ("{brand} Bag", "readability"),
        ("<|endoftext|> Bag", "readability"), ("Bag www.example.org", "readability"), ("me@example.org Bag", "readability"),
    ],
)  # fmt: skip
def test_what_is_refused_whatever_the_selling_points_say(text: str, criterion: str) -> None:
    verdict = text_verdict(text, [text, "Acme"])
    assert not verdict["qualified"]
    assert {violation["criterion"] for violation in verdict["violations"]} == {criterion}
    assert json.loads(json.dumps(verdict)) == verdict


@pytest.mark.parametrize(
    ("text", "kind", "quoted"),
    [
        ("Best Seller", "superlative", "Best"), ("Lifetime Warranty", "permanence", "Lifetime"),
        ("Pain Relief Gel", "medical", "Pain Relief"), ("Casino Poker Set", "sensitive", "Casino"),
        ("Booking.com Bag", "link", "Booking.com"), ("永久牌", "permanence", "永久"),
    ],
)  # fmt: skip
def test_what_is_only_flagged(text: str, kind: str, quoted: str) -> None:
    verdict = text_verdict(f"{text} Acme", ["Acme", text, "Red"])
    assert verdict["qualified"]
    assert [(flag["kind"], f"{text} Acme"[slice(*flag["span"])]) for flag in verdict["flags"]] == [(kind, quoted)]
    assert text_verdict("Red Acme", ["Acme", text, "Red"]) == {"qualified": True, "violations": [], "flags": []}


@pytest.mark.parametrize(
    "text", ["<30 dB Fan", "Treats for Dogs", "抗菌杯", "Anti-Slip - Diabetes Socks", "AT&T; Red", "Size: S < M > L"]
)
def test_what_is_not_refused(text: str) -> None:
    assert inspect_text(text, [text, "Acme"]).qualified


def test_copies_of_the_list() -> None:
    assert criteria(inspect_text("; ".join(POINTS), POINTS)) == {"readability"}
    assert criteria(inspect_text(" ".join(POINTS[:14]).upper(), POINTS)) == {"readability"}
    assert inspect_text(", ".join(reversed(POINTS)), POINTS).qualified
    assert inspect_text("Kettle", ["Kettle"]).qualified


@pytest.mark.parametrize("text", ["", "   ", "!?", "👍", "\u200b", "[]", "-"])
def test_nothing_to_read(text: str) -> None:
    assert criteria(inspect_text(text, POINTS)) == {"readability"}


def test_spans_lie_inside_any_text() -> None:
    draw = random.Random(1)
    alphabet = "aA1. ,-[]!%|不糖无一二十ml\u0301ﬁ℃½é'’\"كベ\ud83d👍" + "Kettle 1.7 L 保温杯"
    for _ in range(800):
        text = "".join(draw.choice(alphabet) for _ in range(draw.randint(0, 25)))
        for violation in inspect_text(text, POINTS[:5] + HAN + [text[:5]]).violations:
            assert 0 <= violation.span[0] <= violation.span[1] <= len(text)
            assert violation.reason.isprintable()


def run(argv: list[str]) -> None:
    arguments = make_parser().parse_args(["inspect", "text", *argv])
    arguments.run(arguments)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "points.json"
    file.write_text(json.dumps(["Kettle", "Acme", "Not Waterproof"]), encoding="utf-8")
    run(["--selling-points", str(file), "--text", "Acme Titanium Kettle", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed == {
        "qualified": False,
        "violations": [{"criterion": "factuality", "reason": 'no selling point has "Titanium"', "span": [5, 13]}],
    }
    run(["--selling-points", str(file), "--text", "Kettle - Acme"])
    assert capsys.readouterr().out == "qualified\n"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'[" "]', b"[1]", b"\xff", b"[" * 100_000, b'["a"'])
def test_bad_files_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "points.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match="--selling-points") as caught:
        run(["--selling-points", str(file), "--text", "a"])
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="there is no file"):
        run(["--selling-points", str(tmp_path / "none.json"), "--text", "a"])
