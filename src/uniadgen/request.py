"""Requests from outside: REQUEST.json read and checked field by field, and the same checks for the Python API.

    request = load_request("request.json")      # AdRequest: shape and types are right, paths are resolved
    request = load_request("request.json", root=folder)     # the same for strangers: pictures outside of the folder are refused
    checked = check_request(request)            # CheckedRequest: the pictures are there, the product is cut out

Both raise InputError with one line that names the field. Such a line never contains a shopper's text.
"""

import difflib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Never

from PIL import Image

from uniadgen.ads import AdRequest, Box, Click, Picture, Posture, Product, Stance
from uniadgen.errors import InputError, kind_of
from uniadgen.files import open_json
from uniadgen.imaging.cutout import cut_out
from uniadgen.imaging.loading import check_picture, load_product
from uniadgen.imaging.placing import check_box
from uniadgen.imaging.stance import check_posture, check_size_cm, find_stance
from uniadgen.selling_points import check_selling_points
from uniadgen.words import check_text, clean_text, quoted

__all__ = ["CheckedRequest", "check_request", "check_requests", "clean_text", "load_request", "parse_request"]

MAX_REQUEST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class CheckedRequest:
    """A request that can be carried out.

    cutout: the product, RGBA, upright, sRGB. Texts are clean (see clean_text); selling_points are not blank. history: the
    pictures are still paths or pictures as given - there may be thousands, and only a few are sampled. notes: what was assumed.
    size_cm, posture: the product's, as far as the request says.
    """

    cutout: Image.Image
    description: str
    selling_points: list[str]
    history: list[Click]
    box: Box | None
    notes: list[str] = field(default_factory=list)
    size_cm: float | None = None
    posture: Posture | None = None

    @cached_property
    def stance(self) -> Stance:
        """How the product is shown and its size: what the request says, else what its words and its outline tell."""
        return find_stance(self.cutout, self.description, self.selling_points, self.size_cm, self.posture)


def check_request(request: AdRequest, same_product: CheckedRequest | None = None) -> CheckedRequest:
    """Check everything about a request that can be known before the model runs.

    The product's picture is decoded and cut out. Of the history's pictures only the headers are read; a file that is cut
    short shows when load_picture decodes it. same_product: a request whose product is the same object, read already. Raises
    InputError.
    """
    if not isinstance(request, AdRequest):
        raise InputError(f"request: an AdRequest is needed, not {type(request).__name__}")
    product = request.product
    if not isinstance(product, Product):
        raise InputError(f"product: a Product is needed, not {kind_of(product)}")
    if not isinstance(request.history, list | tuple):
        raise InputError(f"history: a list of clicks is needed, not {kind_of(request.history)}; use [] for a general ad")
    box = None if request.box is None else check_box(request.box)
    size_cm, posture = check_size_cm(product.size_cm), check_posture(request.posture)
    for index, click in enumerate(request.history):
        if not isinstance(click, Click):
            raise InputError(f"history[{index}]: a Click is needed, not {kind_of(click)}")
        check_picture(click.image, f"history[{index}].image")
    if same_product is None:
        photo, reduced = load_product(product.image, "product.image")
        cutout, assumed = cut_out(photo, "product.image")
        notes = [*assumed, *reduced]
        selling_points = check_selling_points(product.selling_points, "product.selling_points")
        description = clean_text(check_text(product.description, "product.description"))
    else:
        cutout, notes = same_product.cutout, same_product.notes
        selling_points, description = same_product.selling_points, same_product.description
    history = [
        Click(click.image, clean_text(check_text(click.text, f"history[{index}].text")))
        for index, click in enumerate(request.history)
    ]
    return CheckedRequest(cutout, description, selling_points, history, box, notes, size_cm, posture)


def check_requests(requests: Sequence[AdRequest | CheckedRequest]) -> list[CheckedRequest]:
    """Checked requests; one that is checked already stays as it is, and a product that several name is cut out once.

    Raises InputError, which names the request when there are several.
    """
    products: dict[int, CheckedRequest] = {}
    checked: dict[int, CheckedRequest] = {}
    for number, request in enumerate(requests):
        if isinstance(request, CheckedRequest):
            checked[id(request)] = request
        elif id(request) not in checked:
            same_product = products.get(id(request.product)) if isinstance(request, AdRequest) else None
            try:
                checked[id(request)] = check_request(request, same_product)
            except InputError as error:
                raise InputError(f"requests[{number}]: {error}" if len(requests) > 1 else str(error)) from None
            products.setdefault(id(request.product), checked[id(request)])
    return [checked[id(request)] for request in requests]


def load_request(path: str | Path, root: str | Path | None = None) -> AdRequest:
    """Read REQUEST.json. Image paths are relative to its folder; absolute ones and ~ are fine.

    root: a folder that no picture may lie outside of, by whatever path or link; without it a request may name any file. Raises
    InputError for a file that can't be read, for what is no JSON object, and for unknown, repeated, missing or mistyped fields.
    """
    path = Path(path)
    return parse_request(_read(path), path.parent, quoted(path), root)


def parse_request(data: bytes, folder: Path, name: str, root: str | Path | None = None) -> AdRequest:
    """A request from JSON in UTF-8. folder: what image paths are relative to. name: of the source, for messages; the rest is as
    for `load_request`."""
    find = _Pictures(folder, None if root is None else _root(Path(root))).path
    fields = parse_object(data, name)
    check_fields(fields, "the request", required=("product",), optional=("history", "placement"))
    return AdRequest(
        read_product_fields(fields["product"], find),
        read_history(fields.get("history", []), find),
        *read_placement(fields),
    )


def parse_object(data: bytes, name: str) -> Mapping[str, Any]:
    """The JSON object in these bytes, in UTF-8. name: of the source. Raises InputError, whose message begins with "request"."""
    return _parsed(_decoded(data, name), name)


# Fields ------------------------------------------------------------------------------------------------------------------

FindPicture = Callable[[object, str], Picture]
"""The picture that a field's value stands for; the second argument is the field's name, for messages. Raises InputError."""


def read_product_fields(value: object, find: FindPicture) -> Product:
    """A request's product, from JSON. Raises InputError."""
    fields = _object(value, "product", '{"image": ..., "description": ..., "selling_points": [...]}')
    check_fields(fields, "product", required=("image", "description", "selling_points"), optional=("size_cm",))
    return Product(
        find(fields["image"], "product.image"),
        check_text(fields["description"], "product.description"),
        check_selling_points(fields["selling_points"], "product.selling_points"),
        check_size_cm(fields.get("size_cm")),
    )


def read_history(entries: object, find: FindPicture) -> list[Click]:
    """A request's clicks, from JSON. Raises InputError."""
    if not isinstance(entries, list):
        raise InputError(
            f"history: a list of clicks is needed, not {kind_of(entries)}; use [] or leave it out for a general ad"
        )
    return [_click(entry, f"history[{index}]", find) for index, entry in enumerate(entries)]


def _click(entry: object, what: str, find: FindPicture) -> Click:
    fields = _object(entry, what, '{"image": ..., "text": ...}')
    check_fields(fields, what, required=("image", "text"), shopper=True)
    return Click(find(fields["image"], f"{what}.image"), check_text(fields["text"], f"{what}.text"))


def read_placement(request: Mapping[str, Any]) -> tuple[Box | None, Posture | None]:
    """The box and the posture that a request's fields ask for, None where they ask for none. Raises InputError."""
    if "placement" not in request:
        return None, None
    fields = _object(request["placement"], "placement", '{"box": [x0, y0, x1, y1]}, or leave it out')
    check_fields(fields, "placement", required=() if "posture" in fields else ("box",), optional=("box", "posture"))
    posture = check_posture(fields["posture"], required=True) if "posture" in fields else None
    return (_box(fields["box"]) if "box" in fields else None), posture


def _box(corners: object) -> Box:
    if not isinstance(corners, list) or len(corners) != 4:
        what = f"{len(corners)} entries" if isinstance(corners, list) else kind_of(corners)
        raise InputError(f"placement.box: a list of four numbers [x0, y0, x1, y1] is needed, not {what}")
    return check_box(Box(*corners))


@dataclass(frozen=True)
class _Pictures:
    """Where the pictures of a request may lie. folder: what paths are relative to; root: links resolved, None for anywhere."""

    folder: Path
    root: Path | None

    def path(self, value: object, what: str) -> Path:
        if not isinstance(value, str):
            raise InputError(f"{what}: the path of a picture is needed, not {kind_of(value)}")
        if not value.strip():
            raise InputError(f"{what}: the path is empty; name a picture file")
        try:
            path = self.folder / Path(value).expanduser()
        except RuntimeError:  # "~name" of a user who doesn't exist here: then it's a file's name
            path = self.folder / value
        return path if self.root is None else self._inside(path, self.root, f"{what}: {quoted(value)}")

    def _inside(self, path: Path, root: Path, what: str) -> Path:
        """The path without links; those outside of the root are refused alike, whether or not there is a file."""
        try:
            resolved = Path(os.path.realpath(path))
        except (OSError, ValueError):
            raise InputError(f"{what} is no valid path; correct it") from None
        if not resolved.is_relative_to(root):
            raise InputError(f"{what} lies outside of the folder for pictures; copy the picture there")
        return resolved


def _root(folder: Path) -> Path:
    try:
        root = Path(os.path.realpath(folder, strict=True))
    except (OSError, ValueError):
        root = None
    if root is None or not root.is_dir():
        raise InputError(f"the folder for pictures: there is no folder {quoted(folder)}; correct the path")
    return root


def _object(value: object, what: str, form: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{what}: an object is needed, not {kind_of(value)}; write {form}")
    return value


def check_fields(
    fields: Mapping[str, Any], what: str, required: tuple[str, ...], optional: tuple[str, ...] = (), shopper: bool = False
) -> None:
    """Raises InputError for unknown, repeated and missing fields of an object from `parse_object`.

    shopper: the object tells of a shopper. An unknown field's name may then be data, so that only its place is said.
    """
    names = (*required, *optional)
    if isinstance(fields, _Object) and fields.repeated is not None:
        place, name = fields.repeated
        said = quoted(name, 40) if name in names or not shopper else f"in place {place + 1}"
        raise InputError(f"{what}: the field {said} stands there twice; keep one")
    unknown = [name for name in fields if name not in names]
    if unknown:
        several, last = len(unknown) > 1, ", ..." if len(unknown) > 5 else ""
        if shopper:
            places = ", ".join(str(place) for place, name in enumerate(fields, 1) if name not in names)
            named = f"field{'s' * several} in place{'s' * several} {places if not last else places.partition(',')[0] + last}"
        else:
            named = f"field{'s' * several} {', '.join(quoted(name, 40) for name in unknown[:5])}{last}"
        close = difflib.get_close_matches(unknown[0], names, 1)
        mend = f"did you mean {quoted(close[0])}?" if close else f"known are {', '.join(map(quoted, names))}"
        raise InputError(f"{what}: unknown {named}; {mend}")
    missing = [name for name in required if name not in fields]
    if missing:
        raise InputError(f"{what}: {', '.join(map(quoted, missing))} {'is' if len(missing) == 1 else 'are'} missing; add it")


# The file ----------------------------------------------------------------------------------------------------------------


class _Object(dict[str, Any]):
    """A JSON object. repeated: place and name of the first field whose name stood there before; only the last would count."""

    repeated: tuple[int, str] | None = None

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> "_Object":
        parsed = cls(pairs)
        if len(parsed) < len(pairs):
            seen: set[str] = set()
            for place, (name, _) in enumerate(pairs):
                if name in seen:
                    parsed.repeated = place, name
                    break
                seen.add(name)
        return parsed


def _read(path: Path) -> bytes:
    with open_json(path, "request: ") as file:
        return file.read(MAX_REQUEST_BYTES + 1)


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_REQUEST_BYTES:
        raise InputError(f"request: {name} is larger than {MAX_REQUEST_BYTES // 2**20} MiB; shorten it")
    if not data.strip():
        raise InputError(f"request: {name} is empty; write a JSON object into it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"request: {name} is not UTF-8 (byte {error.start}); save it as UTF-8") from None


def _parsed(text: str, name: str) -> Mapping[str, Any]:
    def refuse(constant: str) -> Never:
        raise InputError(f"request: {name} contains {constant}, which is no JSON; use finite numbers")

    try:
        data = json.loads(text, parse_constant=refuse, object_pairs_hook=_Object.of)
    except json.JSONDecodeError as error:
        raise InputError(
            f"request: {name} is not JSON (line {error.lineno}, column {error.colno}: {error.msg}); correct it there"
        ) from None
    except InputError:
        raise
    except (RecursionError, ValueError):  # nested thousands deep, or a number of thousands of digits
        raise InputError(f"request: {name} is nested too deeply or has a number too long; simplify it") from None
    return _object(data, "request", '{"product": {...}, "history": [...]}')
