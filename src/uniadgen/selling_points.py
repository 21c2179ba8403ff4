"""Selling points as they come from outside: checked and cleaned."""

from uniadgen.errors import InputError, kind_of
from uniadgen.words import check_text, clean_text, is_blank

MAX_POINTS = 199
MAX_POINT_CHARACTERS = 999


def check_selling_points(points: object, what: str) -> list[str]:
    """Selling points as clean texts, blank ones left out. Raises InputError that starts with `what`."""
    if not isinstance(points, list | tuple):
        raise InputError(f'{what}: a list of texts is needed, not {kind_of(points)}; write ["...", "..."]')
    if not points:
        raise InputError(f"{what}: the list is empty; give at least one selling point")
    if len(points) > MAX_POINTS:
        raise InputError(f"{what}: {len(points)} entries are too many; give at most {MAX_POINTS}")
    for index, point in enumerate(points):
        if len(check_text(point, f"{what}[{index}]")) > MAX_POINT_CHARACTERS:
            raise InputError(
                f"{what}[{index}]: {len(point):,} characters are too many; shorten it to at most {MAX_POINT_CHARACTERS}"
            )
    visible = [clean_text(point) for point in points if not is_blank(point)]
    if not visible:
        raise InputError(f"{what}: all entries are blank; give at least one selling point")
    return visible
