"""Selling points as they come from files: checked and cleaned."""

from uniadgen.errors import InputError
from uniadgen.words import clean_text, is_blank

MAX_POINTS = 199
MAX_POINT_CHARACTERS = 999


def check_selling_points(points: object, what: str) -> list[str]:
    """Selling points as clean texts, blank ones left out. Raises InputError that starts with `what`."""
    if not isinstance(points, list) or not all(isinstance(point, str) for point in points):
        raise InputError(f'{what}: a list of texts is needed; write ["...", "..."]')
    if len(points) > MAX_POINTS or any(len(point) > MAX_POINT_CHARACTERS for point in points):
        raise InputError(
            f"{what}: at most {MAX_POINTS} selling points of at most {MAX_POINT_CHARACTERS} characters; shorten it"
        )
    visible = [clean_text(point) for point in points if not is_blank(point)]
    if not visible:
        raise InputError(f"{what}: there is no selling point; give at least one")
    return visible
