"""JSON in which no key stands twice: Python's parser would silently keep the last of them."""

from typing import Any


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
