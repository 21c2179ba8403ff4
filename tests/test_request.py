"""REQUEST.json and the Python API's requests: what is refused, in which words, and what must simply work."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from uniadgen.ads import AdRequest, Box, Click, Product, Stance
from uniadgen.errors import InputError
from uniadgen.request import check_request, clean_text, load_request
from uniadgen.words import is_blank

SECRET = "what the shopper read"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cutout = Image.new("RGBA", (20, 10))
    cutout.paste((200, 0, 0, 255), (2, 2, 18, 9))
    cutout.save(tmp_path / "bag.png")
    for name in ("h0.webp", "h1.webp"):
        Image.new("RGB", (8, 8), "blue").save(tmp_path / name)
    return tmp_path


def good() -> dict[str, Any]:
    return {
        "product": {"image": "bag.png", "description": "A bag", "selling_points": ["Waterproof", "Nylon"]},
        "history": [{"image": "h0.webp", "text": SECRET}, {"image": "h1.webp", "text": SECRET}],
        "placement": {"box": [0.2, 0.3, 0.8, 0.9]},
    }


def written(folder: Path, content: object) -> Path:
    path = folder / "request.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refusal(folder: Path, content: object) -> str:
    path = written(folder, content)
    with pytest.raises(InputError) as caught:
        check_request(load_request(path))
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message
    return message


def with_value(path: str, value: object) -> dict[str, Any]:
    """The good request with one value replaced or added; path is like product.image or history.1.text."""
    request: Any = good()
    *parents, last = path.split(".")
    at = request
    for name in parents:
        at = at[int(name) if name.isdigit() else name]
    at[int(last) if last.isdigit() else last] = value
    return dict(request)


def without(path: str) -> dict[str, Any]:
    request: Any = with_value(path, None)
    *parents, last = path.split(".")
    at = request
    for name in parents:
        at = at[int(name) if name.isdigit() else name]
    del at[last]
    return dict(request)


def test_a_good_request(folder: Path) -> None:
    request = load_request(written(folder, good()))
    assert request.product.image == folder / "bag.png"
    assert request.history == [Click(folder / "h0.webp", SECRET), Click(folder / "h1.webp", SECRET)]
    assert request.box == Box(0.2, 0.3, 0.8, 0.9)
    checked = check_request(request)
    assert checked.cutout.mode == "RGBA"
    assert checked.selling_points == ["Waterproof", "Nylon"]
    assert checked.notes == []


def test_a_posture_needs_no_box_and_a_size_is_kept(folder: Path) -> None:
    content = with_value("product.size_cm", 40) | {"placement": {"posture": "lies"}}
    request = load_request(written(folder, content))
    assert (request.box, request.posture, request.product.size_cm) == (None, "lies", 40)
    assert check_request(request).stance == Stance("lies", 40)


def test_history_and_placement_may_be_left_out(folder: Path) -> None:
    for content in ({"product": good()["product"]}, {"product": good()["product"], "history": []}):
        checked = check_request(load_request(written(folder, content)))
        assert checked.history == []
        assert checked.box is None


def test_paths_may_be_absolute_or_in_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    for path in (str(folder / "bag.png"), "~/bag.png"):
        assert load_request(written(folder, with_value("product.image", path))).product.image == folder / "bag.png"


BAD_VALUES = [
    ("product", "bag.png", "product: an object"),
    ("product", None, "product: an object"),
    ("product.image", 7, "product.image: the path"),
    ("product.image", "", "product.image: the path is empty"),
    ("product.image", "missing.png", 'product.image: there is no file .*missing.png"'),
    ("product.image", ".", "product.image: .* is a folder"),
    ("product.image", "nul\0.png", "product.image: "),
    ("product.description", None, "product.description: a text"),
    ("product.description", ["a"], "product.description: a text"),
    ("product.selling_points", "Waterproof", "product.selling_points: a list of texts is needed, not a text"),
    ("product.selling_points", {"a": 1}, "product.selling_points: a list"),
    ("product.selling_points", [], "product.selling_points: the list is empty"),
    ("product.selling_points", [" ", "\t\n", "\u200b\u2060", "\u3000"], "product.selling_points: all entries are blank"),
    ("product.selling_points", ["x"] * 200, "product.selling_points: 200 entries"),
    ("product.selling_points", ["x", "y" * 1000], r"product.selling_points\[1\]: 1,000 characters"),
    ("product.selling_points", ["x", 5], r"product.selling_points\[1\]: a text is needed, not a number"),
    ("history", {"image": "h0.webp", "text": SECRET}, "history: a list of clicks is needed, not an object"),
    ("history", SECRET, "history: a list of clicks is needed, not a text"),
    ("history", None, "history: a list of clicks is needed, not null"),
    ("history.1", SECRET, r"history\[1\]: an object"),
    ("history.1.image", "gone.webp", r'history\[1\].image: there is no file .*gone.webp"'),
    ("history.1.image", None, r"history\[1\].image: the path"),
    ("history.1.text", 5, r"history\[1\].text: a text"),
    ("placement", [0, 0, 1, 1], "placement: an object"),
    ("placement", None, "placement: an object"),
    ("placement", {}, 'placement: "box" is missing'),
    ("placement.posture", "floats", "placement.posture: use stands, lies or hangs"),
    ("placement.posture", None, "placement.posture: use stands"),
    ("placement.posture", ["lies"], "placement.posture: use stands"),
    ("product.size_cm", -3, "product.size_cm: -3 is no size"),
    ("product.size_cm", "30 cm", "product.size_cm: this is no size"),
    ("product.size_cm", 10**30, "product.size_cm: 10+ is no size"),
    ("placement.box", [0, 0, 1], "placement.box: a list of four numbers .* not 3 entries"),
    ("placement.box", "0 0 1 1", "placement.box: a list of four numbers"),
    ("placement.box", [0, 0, 1, "1"], "placement.box: .* four numbers"),
    ("placement.box", [0, 0, 1, True], "placement.box: .* four numbers"),
    ("placement.box", [0, 0, 1.5, 1], "placement.box: .* outside the canvas"),
    ("placement.box", [0.5, 0, 0.5, 1], "placement.box: .* no size"),
    ("extra", 1, 'the request: unknown field "extra"'),
    ("product.titel", 1, 'product: unknown field "titel"'),
    ("history.0.txt", 1, r'history\[0\]: unknown field in place 3; did you mean "text"\?'),
    ("placement.boxes", 1, 'placement: unknown field "boxes"; did you mean "box"'),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_VALUES)
def test_bad_values(folder: Path, path: str, value: object, message: str) -> None:
    assert re.match(message, refusal(folder, with_value(path, value)))


@pytest.mark.parametrize(
    "path",
    [
        "product",
        "product.image",
        "product.description",
        "product.selling_points",
        "history.1.image",
        "history.1.text",
        "placement.box",
    ],
)
def test_missing_fields(folder: Path, path: str) -> None:
    message = refusal(folder, without(path))
    assert f'"{path.split(".")[-1]}" is missing' in message


def test_several_unknown_fields_are_named(folder: Path) -> None:
    message = refusal(folder, {**good(), "one\nline": 1, "two": 2})
    assert '"one line", "two"' in message


@pytest.mark.parametrize(
    "content",
    ["", "  \n", "{", "[1, 2]", "null", '"text"', "5", "{'product': 1}", "[" * 100_000, "1" * 5000, "\ufeff{"],
)
def test_not_json_or_no_object(folder: Path, content: str) -> None:
    assert refusal(folder, content).startswith("request: ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_are_not_finite(folder: Path, number: str) -> None:
    text = json.dumps(good()).replace("0.9", number)
    assert "finite" in refusal(folder, text)


def test_bad_files(folder: Path) -> None:
    (folder / "latin.json").write_bytes('{"product": "\xe4"}'.encode("latin-1"))
    for name, reason in {
        "gone.json": "no file",
        ".": "folder",
        "latin.json": "UTF-8",
        "bag.png": "UTF-8",
        "a\0b": "name",
    }.items():
        with pytest.raises(InputError, match=reason):
            load_request(folder / name)


def test_a_huge_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniadgen.request.MAX_REQUEST_BYTES", 2**20)
    assert "larger than 1 MiB" in refusal(folder, " " * (2**20 + 1))


def test_byte_order_mark(folder: Path) -> None:
    assert len(load_request(written(folder, "\ufeff" + json.dumps(good()))).history) == 2


@pytest.mark.parametrize(
    ("before", "more", "said"),
    [
        ('"history"', '"history": [], ', 'the request: the field "history" stands there twice'),
        ('"description"', '"description": "", ', 'product: the field "description" stands there twice'),
        ('"box"', '"box": [0, 0, 1, 1], ', 'placement: the field "box" stands there twice'),
        ('"text"', '"text": "a secret", ', 'history[0]: the field "text" stands there twice'),
        ('"text"', '"a secret": 1, "a secret": 2, ', "history[0]: the field in place 3 stands there twice"),
    ],
)
def test_repeated_fields_are_refused_by_name_and_those_of_shoppers_by_place(
    folder: Path, before: str, more: str, said: str
) -> None:
    content = {**good(), "placement": {"box": [0, 0, 1, 1]}}
    refused = refusal(folder, json.dumps(content).replace(before, more + before, 1))
    assert refused.startswith(said), refused
    assert "secret" not in refused


def test_unknown_fields_of_clicks_are_never_named(folder: Path) -> None:
    for count, said in (
        (1, "unknown field in place 3;"),
        (2, "unknown fields in places 3, 4;"),
        (9, "unknown fields in places 3,"),
    ):
        content = good()
        content["history"][1] |= {f"secret wish {number}": 1 for number in range(count)}
        refused = refusal(folder, content)
        assert refused.startswith(f"history[1]: {said}"), refused
        assert "secret" not in refused
    assert 'unknown field "colour"' in refusal(folder, {**good(), "colour": "red"})


def test_a_root_limits_what_a_request_may_open(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "h0.webp").write_bytes((folder / "h0.webp").read_bytes())
    (folder / "inside").mkdir()
    (folder / "inside" / "there.webp").symlink_to("../h0.webp")
    (folder / "out.webp").symlink_to(outside / "h0.webp")
    (folder / "out").symlink_to(outside)
    (folder / "root").symlink_to(folder)
    for root in (folder, str(folder / "root"), folder.parent):
        for path in ("h0.webp", "inside/../h0.webp", "inside/there.webp", str(folder / "h0.webp"), "root/h0.webp"):
            request = load_request(written(folder, with_value("history.0.image", path)), root=root)
            assert request.history[0].image == (folder / "h0.webp").resolve()
    refused = [
        str(outside / "h0.webp"),
        str(outside / "gone.webp"),
        "../" * 30 + "etc/hosts",
        "~/h0.webp",
        "~root/x",
        "out.webp",
    ]
    for path in (*refused, "out/h0.webp", "out/../h0.webp", "/proc/self/root/etc/hosts", ".."):
        for field in ("history.0.image", "product.image"):
            with pytest.raises(InputError, match="lies outside of the folder for pictures") as caught:
                load_request(written(folder, with_value(field, path)), root=folder)
            assert "\n" not in str(caught.value)
    assert load_request(written(folder, with_value("history.0.image", "out.webp"))).history[0].image == folder / "out.webp"
    with pytest.raises(InputError, match="there is no folder"):
        load_request(written(folder, good()), root=folder / "gone")


def test_long_descriptions_odd_texts_and_many_clicks(folder: Path) -> None:
    odd = "emoji 👩‍👩‍👧 \x00 tab\t שלום <image_ph> <|endoftext|> {description} \ud800"
    content = with_value("product.description", "word " * 5000)
    content["product"]["selling_points"] = [odd, " ", "防水"]
    content["history"] = [{"image": "h0.webp", "text": odd}] * 5000
    checked = check_request(load_request(written(folder, content)))
    assert len(checked.history) == 5000
    assert checked.selling_points == ["emoji 👩‍👩‍👧 tab שלום <image_ph> <|endoftext|> {description} \ufffd", "防水"]
    assert checked.history[0].text == checked.selling_points[0]


def test_199_selling_points_of_999_characters(folder: Path) -> None:
    content = with_value("product.selling_points", ["x" * 999] * 199)
    assert len(check_request(load_request(written(folder, content))).selling_points) == 199


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (None, "request: an AdRequest"),
        (AdRequest(None), "product: a Product"),  # type: ignore[arg-type]
        (AdRequest(Product("bag.png", "d", "points")), "product.selling_points: a list"),  # type: ignore[arg-type]
        (AdRequest(Product("bag.png", 5, ["a"])), "product.description: a text"),  # type: ignore[arg-type]
        (AdRequest(Product("bag.png", "d", ["a"]), "clicks"), "history: a list"),  # type: ignore[arg-type]
        (AdRequest(Product("bag.png", "d", ["a"]), [5]), r"history\[0\]: a Click"),  # type: ignore[list-item]
        (AdRequest(Product("bag.png", "d", ["a"]), [Click("gone.png", SECRET)]), r"history\[0\].image: there is no file"),
        (AdRequest(Product(None, "d", ["a"])), "product.image: a path or a PIL picture"),  # type: ignore[arg-type]
        (AdRequest(Product(Image.new("RGBA", (4, 4)), "d", ["a"])), "product.image: .*fully transparent"),
        (AdRequest(Product("bag.png", "d", ["a"]), [], (0, 0, 1, 1)), "placement.box: a Box"),  # type: ignore[arg-type]
        (AdRequest(Product("bag.png", "d", ["a"]), [], Box(0, 0, float("nan"), 1)), "placement.box: .*finite"),
    ],
)
def test_the_python_api_gets_the_same_refusals(
    folder: Path, monkeypatch: pytest.MonkeyPatch, request_: AdRequest, message: str
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(InputError, match=message) as caught:
        check_request(request_)
    assert SECRET not in str(caught.value)


def test_a_photo_on_a_plain_backdrop_is_cut_out_and_this_is_noted() -> None:
    photo = Image.new("RGB", (40, 40), "white")
    photo.paste((0, 90, 0), (10, 10, 30, 30))
    checked = check_request(AdRequest(Product(photo, "", ["a"])))
    assert checked.cutout.getchannel("A").getpixel((0, 0)) == 0
    assert "cut out automatically" in checked.notes[0]


@given(st.text(st.characters()))
def test_clean_text_is_one_printable_encodable_line(text: str) -> None:
    clean = clean_text(text)
    clean.encode()
    assert len(clean.splitlines()) <= 1
    assert clean_text(clean) == clean
    assert not clean or not clean[0].isspace()


def test_blank_means_nothing_to_see() -> None:
    assert all(map(is_blank, ["", " ", "\u200b", "\u2028", "\x00"]))
    assert not any(map(is_blank, ["x", "防", "5", "!", "♥", "👍"]))
