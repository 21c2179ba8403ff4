"""Options from outside: what is of another type ends in one line that names the option, never in a traceback."""

from contextlib import suppress
from typing import Any

import pytest

from uniadgen.ablations import ABLATIONS
from uniadgen.errors import InputError
from uniadgen.options import GenerateOptions, hints

FITS_NO_OPTION: tuple[Any, ...] = ({"a": 1}, {}, [[1]], [["mask"]], [{"a": 1}], [None], "\ud800")
FITS_SOME: tuple[Any, ...] = (None, True, 5, 1.5, -1, 10**30, "", "mask", [], [5], ["mask", "mask"], [64, 64])


@pytest.mark.parametrize("name", hints())
def test_a_value_of_another_type_is_refused(name: str) -> None:
    for value in FITS_NO_OPTION:
        with pytest.raises(InputError, match=rf"^options\.{name}\b"):
            GenerateOptions.from_mapping({name: value}, "options")
    for value in FITS_SOME:
        with suppress(InputError):  # anything else that it raises is a fault
            GenerateOptions.from_mapping({name: value}, "options")


@pytest.mark.parametrize("value", [5, None, True, "mask", b"mask", {"mask": 1}, {}])
def test_parts_to_do_without_are_a_list(value: Any) -> None:
    with pytest.raises(InputError, match=r"^without: .* is no list; use some of foreground, "):
        GenerateOptions(without=value)


def test_parts_to_do_without_are_names() -> None:
    for value in (["x"], [5], [["mask"]], [{"mask": 1}], [None]):
        with pytest.raises(InputError, match=r"^without: .* is unknown; use foreground, "):
            GenerateOptions(without=value)  # type: ignore[arg-type]
    assert GenerateOptions.from_mapping({"without": list(ABLATIONS)}, "options").without == tuple(ABLATIONS)
