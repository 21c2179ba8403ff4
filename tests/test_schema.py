"""Messages about values that somebody wrote are short, whatever the values are."""

from dataclasses import dataclass
from typing import Any

import pytest

from uniadgen import schema
from uniadgen.errors import InputError


@dataclass(frozen=True)
class Shape:
    sides: int = 3
    name: str = ""


def nested(depth: int) -> Any:
    return "x" * 99 if depth == 0 else [nested(depth - 1)] * 7


@pytest.mark.parametrize(
    "value",
    [
        {"sides": nested(6)},
        {"name": nested(5)},
        {"sides": "9" * 10**5},
        {"x" * 10**5: 1},
        {"name": {"y" * 10**5: 1}},
        nested(6),
    ],
)
def test_a_quoted_value_is_clipped(value: Any) -> None:
    with pytest.raises(InputError) as refused:
        schema.read(Shape, value, "shape")
    assert len(str(refused.value)) < 300


def test_a_short_value_is_quoted_whole() -> None:
    with pytest.raises(InputError, match=r"shape\.sides: 'six' is no whole number"):
        schema.read(Shape, {"sides": "six"}, "shape")
