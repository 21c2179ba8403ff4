"""JSON in which no key stands twice: Python's parser would silently keep the last of them.

values = parse_json(text, "argument FILE: names.json")
for where, value in read_json_lines(path, "argument --items", "write one object a line"): ...
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from uniadgen.errors import InputError
from uniadgen.files import open_json
from uniadgen.words import quoted


class RepeatedKey(ValueError):
    """An object has this key more than once."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r} stands there more than once")
        self.key = key


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, for `json.loads(..., object_pairs_hook=unrepeated)`. Raises RepeatedKey."""
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKey(next(key for key in keys if keys.count(key) > 1))
    return values


def parse_json(text: str | bytes, name: str) -> Any:
    """The value of a JSON text, None for what isn't JSON. name: what it is, for messages. Raises InputError for a repeated
    key."""
    try:
        return json.loads(text, object_pairs_hook=unrepeated)
    except RepeatedKey as error:
        raise _repeated(error, name) from None
    except (ValueError, RecursionError):
        return None


def _repeated(error: RepeatedKey, name: str) -> InputError:
    return InputError(f"{name}: the key {quoted(error.key)} stands there more than once; keep one")


def read_json(path: Path, where: str = "", most: int = 2**20) -> Any:
    """What a JSON file in UTF-8 holds. where: the beginning of messages. most: bytes. Raises InputError for any other file."""
    name = f"{where}{quoted(path)}"
    with open_json(path, where) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{name} is larger than {most // 2**20} MiB; shorten it")
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=unrepeated)
    except RepeatedKey as error:
        raise _repeated(error, name) from None
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is not JSON (line {error.lineno}: {error.msg}); correct it there") from None
    except (ValueError, RecursionError):
        raise InputError(f"{name} can't be read as JSON; simplify it") from None


def read_json_lines(path: Path, what: str, advice: str, wanted: str = "a file of JSON lines") -> Iterator[tuple[str, Any]]:
    """The values of a file of JSON lines, read whole before the first is given; see `parse_json_lines`.

    what: where the path comes from, such as "argument --items". wanted: what may be named, for messages. Raises InputError
    for a file that can't be read or isn't UTF-8.
    """
    name = f"{what}: {quoted(path)}"
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"{name} can't be read ({error.strerror or error}); name {wanted}") from None
    except ValueError:
        raise InputError(f"{name} is no name of a file; correct it") from None
    yield from parse_json_lines(lines, name, advice)


def parse_json_lines(lines: Iterable[str], name: str, advice: str) -> Iterator[tuple[str, Any]]:
    """The value of each line, with where it stands ("NAME, line 3") for messages; blank lines are passed over.

    advice: what to write, for the message about a line that isn't JSON. Raises InputError there, and at a repeated key.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            value = json.loads(line, object_pairs_hook=unrepeated)
        except RepeatedKey as error:
            raise _repeated(error, where) from None
        except (ValueError, RecursionError):
            raise InputError(f"{where} is not JSON; {advice}") from None
        yield where, value
