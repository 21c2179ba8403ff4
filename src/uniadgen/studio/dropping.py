"""Clicked ads as people drop them: pictures, with their texts in files beside them.

    clicked_ads([("a.png", picture), ("a.txt", b"A mug")])            # a text of the same name
    clicked_ads([("a.png", picture), ("ads.jsonl", lines)])           # a list: {"image": "a.png", "text": "A mug"} a line
    clicked_ads([("ad-000.png", picture), ("ad-000.json", record)])   # what `uniadgen generate` has written

A list may also be one of JSON, a request with its history, or an object from names to texts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from uniadgen.errors import InputError
from uniadgen.imaging.loading import check_picture
from uniadgen.strictjson import RepeatedKey, parse_json_lines, unrepeated
from uniadgen.words import quoted

MAX_BYTES = 2**24  # of a file of texts
ENDINGS = (".txt", ".json", ".jsonl")  # of files of texts


def clicked_ads(files: Sequence[tuple[str, bytes]]) -> list[tuple[bytes, str]]:
    """The pictures in their order, each with its text, "" where none was dropped with it. files: names and contents.

    Raises InputError for what is no picture, for texts that can't be read, and for those that belong to no picture.
    """
    named = [(_name(name), data) for name, data in files]
    pictures = [(name, data) for name, data in named if not name.endswith(ENDINGS)]
    stems = {_stem(name) for name, _ in pictures}
    listed: dict[str, str] = {}
    beside: dict[str, str] = {}
    further: set[str] = set()  # other pictures of an ad: its background, other sizes
    for name, data in named:
        if name.endswith(".txt"):
            if _stem(name) not in stems:
                raise InputError(f"{quoted(name)} belongs to no picture: drop it together with a picture of the same name")
            beside[_stem(name)] = _decoded(name, data).strip()
        elif name.endswith(ENDINGS):
            entries = list(_entries(name, data))
            texts = {_name(image): text for image, text, _ in entries if text is not None}
            if entries and not {_stem(name) for name in texts} & stems and any(text for _, text, _ in entries):
                raise InputError(f"{quoted(name)} names none of these pictures: drop it together with them")
            listed |= texts
            further |= {_name(other) for _, _, others in entries for other in others}
    listed_stems = {_stem(name): text for name, text in listed.items()}
    ads = []
    for name, data in pictures:
        if name in further and name not in listed:
            continue
        check_picture(data, "picture of a clicked ad")
        stem = _stem(name)
        ads.append((data, beside.get(stem) or listed.get(name) or listed_stems.get(stem, "")))
    return ads


def _entries(name: str, data: bytes) -> Iterator[tuple[str, str | None, list[str]]]:
    """Picture, text and further pictures of each ad of a list. Raises InputError."""
    text = _decoded(name, data)
    values: Any
    if name.endswith("l"):
        values = [value for _, value in parse_json_lines(text.split("\n"), quoted(name), "write one object a line")]
    else:
        try:
            values = json.loads(text, object_pairs_hook=unrepeated)
        except RepeatedKey as error:
            raise InputError(f"{quoted(name)}: the key {quoted(error.key)} stands there more than once; keep one") from None
        except (ValueError, RecursionError):
            raise InputError(f"{quoted(name)} is not JSON; correct it") from None
    if isinstance(values, dict):
        if "blocks" in values:  # the words of an ad's picture
            return
        history = values.get("history")
        if "image" not in values and all(isinstance(value, str) for value in values.values()):
            values = [{"image": image, "text": said} for image, said in values.items()]
        else:
            values = history if isinstance(history, list) else [values]
    for value in values if isinstance(values, list) else [None]:
        image, said = (value.get("image"), value.get("text")) if isinstance(value, dict) else (None, None)
        if not isinstance(image, str) or not isinstance(said, str | None):
            raise InputError(f'{quoted(name)} lists no ads: give each an "image", the name of its picture, and a "text"')
        yield image, said, list(_further(value or {}))


def _further(record: Mapping[str, Any]) -> Iterator[str]:
    sizes = record.get("sizes")
    for part in (record, *(sizes if isinstance(sizes, list) else ())):
        names = ("background", "typeset") if part is record else ("image", "typeset")
        values = [part.get(name) for name in names] if isinstance(part, dict) else []
        yield from (value for value in values if isinstance(value, str))


def _decoded(name: str, data: bytes) -> str:
    try:
        if len(data) > MAX_BYTES:
            raise InputError(f"{quoted(name)} is too large for texts")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{quoted(name)} is no readable text: save it as UTF-8") from None


def _name(path: str) -> str:
    """Of a file without its folder, as systems that tell no capitals apart compare it."""
    return PurePosixPath(path.replace("\\", "/")).name.lower()


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
