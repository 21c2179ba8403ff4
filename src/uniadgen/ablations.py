"""Parts of the method that a run can do without, to see what each is worth: `GenerateOptions.without`.

Nothing is trained anew and no weight is touched: the model stays the one that has learned to work with the part. A new ablation
is an entry here, and `"NAME" in without` where the part is at work; help, tables and report read this registry.
"""

from collections.abc import Collection, Mapping

from uniadgen.errors import InputError
from uniadgen.words import quoted

ABLATIONS: dict[str, str] = {
    "foreground": "the model does not see the product",
    "mask": "all tokens of the clicks are kept, not only the telling ones",
    "fusion": "pictures and texts of the clicks are not brought together",
    "pictures": "the model sees only the texts of the clicks",
    "texts": "the model sees only the pictures of the clicks",
}


def check_ablations(names: object, where: str) -> tuple[str, ...]:
    """The names, each once. Raises InputError for what is no list of them, and for one that is not in ABLATIONS."""
    if isinstance(names, str | bytes | Mapping) or not isinstance(names, Collection):
        raise InputError(f"{where}: {quoted(names, 60)} is no list; use some of {', '.join(ABLATIONS)}")
    for name in names:
        if not isinstance(name, str) or name not in ABLATIONS:
            raise InputError(f"{where}: {quoted(name, 60)} is unknown; use {', '.join(ABLATIONS)}")
    return tuple(dict.fromkeys(names))
