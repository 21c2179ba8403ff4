"""Dataclasses that declare what their fields may hold, and one check that holds values from files to it.

    @dataclass(frozen=True)
    class Shape:
        layers: Annotated[int, Range(1, 512)] = 6

    read(Shape, {"layers": "6"}, "config")    # InputError: config.layers: '6' is no whole number from 1 to 512

Fields may be bool, int, float, str, a Literal, tuples, lists, dicts, `X | None`, further dataclasses, and TypedDicts without
required keys.
"""

import dataclasses
import difflib
import math
import reprlib
import types
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from uniadgen.errors import InputError


@dataclasses.dataclass(frozen=True)
class Range:
    """The least and the greatest value of a number, or length of a text or tuple."""

    least: float
    most: float

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most  # not a number fails every comparison

    def __str__(self) -> str:
        least, most = (f"{bound:,.0f}" if abs(bound) >= 1000 else f"{bound:g}" for bound in (self.least, self.most))
        return least if least == most else f"from {least} to {most}"


_QUOTED = 80  # characters of a value, or of a field's name, in a message
ANY, TEXT = Range(-math.inf, math.inf), Range(0, 1000)


def read(kind: Any, value: object, where: str) -> Any:
    """The value as `kind` has it: dictionaries become dataclasses, lists become tuples. where: its name in messages.

    Raises InputError for the first value that is missing, unknown, of another type or out of its range.
    """
    return _read(kind, value, where, None)


def check(instance: Any, where: str) -> None:
    """Raises InputError unless the fields of a dataclass, and of those in it, hold what they declare."""
    cls: Any = type(instance)
    for name, kind in hints(cls).items():
        value = getattr(instance, name)
        if dataclasses.is_dataclass(value):
            if not isinstance(value, kind):
                raise InputError(f"{where}.{name}: expected {kind.__name__}, found {type(value).__name__}")
            check(value, f"{where}.{name}")
        else:
            _read(kind, value, f"{where}.{name}", None)


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """What to say after an unknown name: the known one that looks most like it, and all."""
    names = list(names)
    near = difflib.get_close_matches(str(name), names, 1)
    return (f"did you mean {near[0]}? " if near else "") + f"known are {', '.join(names)}"


@lru_cache
def hints(cls: Any) -> dict[str, Any]:
    """The fields of a dataclass with their types and ranges."""
    return get_type_hints(cls, include_extras=True)


def _read(kind: Any, value: object, where: str, within: Range | None) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _read(arguments[0], value, where, arguments[1])
    if origin in (Union, types.UnionType):
        inner = next(part for part in arguments if part is not types.NoneType)
        return None if value is None else _read(inner, value, where, within)
    if origin in (tuple, list):
        return origin(_entries(arguments, value, where, within))
    if origin is dict:
        return {name: _read(arguments[1], entry, f"{where}.{name}", None) for name, entry in _object(value, where).items()}
    if origin is Literal:
        if not isinstance(value, str) or value not in arguments:
            raise InputError(f"{where}: {_written(value)} must be one of {', '.join(arguments)}")
        return value
    if dataclasses.is_dataclass(kind) or is_typeddict(kind):
        return _record(kind, value, where)
    if kind is bool:
        if not isinstance(value, bool):
            raise InputError(f"{where}: {_written(value)} must be true or false")
        return value
    if kind is str:
        limits = within or TEXT
        if not isinstance(value, str) or len(value) not in limits or not _encodable(value):
            raise InputError(f"{where}: {_written(value)} is no text {limits} characters long")
        return value
    limits = within or ANY
    whole = isinstance(value, int) and not isinstance(value, bool)
    fitting = isinstance(value, int | float) and value in limits and abs(value) < math.inf
    if kind is int:
        if not whole or not fitting:
            raise InputError(f"{where}: {_written(value)} is no whole number {limits}")
        return value
    assert kind is float, kind  # other types are none that a file can hold
    if not (whole or isinstance(value, float)) or not fitting:
        raise InputError(f"{where}: {_written(value)} is no number {limits}")
    return float(value)  # type: ignore[arg-type]


def _entries(kinds: tuple[Any, ...], value: object, where: str, within: Range | None) -> Iterator[Any]:
    """The entries of a list. kinds: of each, or one and perhaps an ellipsis for all."""
    if not isinstance(value, list | tuple):
        raise InputError(f"{where}: {_written(value)} is no list")
    repeated = len(kinds) == 1 or kinds[-1] is Ellipsis
    limits = (within or ANY) if repeated else Range(len(kinds), len(kinds))
    if len(value) not in limits:
        raise InputError(f"{where}: {_written(value)} has {len(value)} entries; needed are {limits}")
    for number, entry in enumerate(value):
        yield _read(kinds[0] if repeated else kinds[number], entry, f"{where}[{number}]", None)


def _object(value: object, where: str, fields: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: {_written(value)} is no object" + fields)
    return value


def _record(kind: Any, value: object, where: str) -> Any:
    fields = hints(kind)
    values = _object(value, where, f" with the fields {', '.join(fields)}")
    for name in values:
        if name not in fields:
            field = (
                f"{where}.{name}"
                if isinstance(name, str) and name.isidentifier() and len(name) <= _QUOTED
                else f"{where}: {_written(name)}"
            )
            raise InputError(f"{field}: unknown field (is it of another version?); {did_you_mean(name, fields)}")
    if not is_typeddict(kind):  # which has no required fields here
        for f in dataclasses.fields(kind):
            if f.default is f.default_factory is dataclasses.MISSING and f.name not in values:
                raise InputError(f"{where}: {f.name} is missing")
    built = {name: _read(fields[name], entry, f"{where}.{name}", None) for name, entry in values.items()}
    return built if is_typeddict(kind) else kind(**built)


def _encodable(text: str) -> bool:
    """Whether there is no lone surrogate in it, which JSON can spell and no tokenizer takes."""
    return text.isprintable() or not any("\ud800" <= c <= "\udfff" for c in text)


def _written(value: object) -> str:
    text = reprlib.repr(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]} ..."
