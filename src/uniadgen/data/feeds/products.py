"""A feed's items with their pictures as the table `products` of our layout, and what is wrong with the others."""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from PIL import Image

from uniadgen.data.feeds.reading import FeedProblem, Item, Kind, read_feed
from uniadgen.data.feeds.texts import description_of, selling_points_of, title_of
from uniadgen.data.layout import GROUP_ROWS, PRODUCT_TEXTS, PRODUCTS, rows_writer, table_path
from uniadgen.data.validate import Pictures, Problem, check_folders
from uniadgen.errors import InputError
from uniadgen.imaging.cutout import cut_out
from uniadgen.imaging.loading import load_product
from uniadgen.imaging.placing import visible_part
from uniadgen.words import is_blank, quoted

SCHEMA = pa.schema([*PRODUCTS, *PRODUCT_TEXTS])
MOST_SIDE = 1600  # pixels of a stored cut-out
_ENDINGS = (".png", ".webp", ".jpg", ".jpeg", ".avif", ".tiff")
_MOST_NAME = 200


@dataclass
class Converted:
    """How many products were written, and of how many items."""

    products: int = 0
    items: int = 0


def convert_feed(
    feed: Path, out: Path, images: Sequence[Path] = (), kind: Kind | None = None, split: str = "test"
) -> Iterator[Problem | Converted]:
    """Write OUT/products.parquet; yields what is wrong as it is found, and at the end how much there is.

    images: folders with the pictures; the feed's own when there are none. An item with a problem is left out. Raises
    InputError for a feed that can't be read at all, or gives no product.
    """
    check_folders(images)
    pictures = Pictures(list(images) or [feed.parent])
    names, done = set[bytes](), Converted()
    with rows_writer(table_path(out, "products"), SCHEMA, GROUP_ROWS["products"]) as add:
        for item in read_feed(feed, kind):
            done.items += 1
            if isinstance(item, FeedProblem):
                yield Problem(item.where, item.field, item.message)
                continue
            problem = _problem(item, names)
            cutout = None
            if problem is None:
                cutout, problem = _cutout(item, pictures)
            if cutout is None:
                assert problem is not None
                yield problem
                continue
            names.add(_digest(item.name))
            done.products += 1
            add(
                {
                    "id": item.name.strip(),
                    "split": split,
                    "cutout": cutout,
                    "title": title_of(item),
                    "description": description_of(item),
                    "selling_points": selling_points_of(item),
                }
            )
        if not done.products:
            raise InputError(f"argument FEED: {quoted(feed)} gives no product; mend what is listed, or name its --kind")
    yield done


def _problem(item: Item, names: set[bytes]) -> Problem | None:
    """What is wrong with an item's texts. names: digests of the ids so far."""

    def named(field: str, message: str) -> Problem:
        return Problem(item.where, item.fields.get(field, field), message)

    if is_blank(item.name):
        return named("name", "missing")
    if len(item.name) > _MOST_NAME:
        return named("name", f"is longer than {_MOST_NAME} characters")
    if _digest(item.name) in names:
        return named("name", f"{quoted(item.name.strip(), 40)} stands there before")
    if is_blank(item.title):
        return named("title", "missing")
    for name in ("name", "title", "description", "brand", "kind"):
        if re.search("[\udc80-\udcff]", getattr(item, name)):
            return named(name, "is not UTF-8; save the feed as UTF-8")
    if not selling_points_of(item):
        return named("title", "gives no selling point; write a title of letters")
    return None


def _digest(name: str) -> bytes:
    return hashlib.blake2b(name.strip().encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _cutout(item: Item, pictures: Pictures) -> tuple[bytes | None, Problem | None]:
    """The first of an item's pictures that gives a cut-out, or what is wrong with the first one."""
    field, first = item.fields.get("pictures", "pictures"), None
    links = [*item.pictures, *(f"{item.name.strip()}{ending}" for ending in _ENDINGS)]
    for link in dict.fromkeys(links):
        file = pictures.find(link) or pictures.find(unquote(urlsplit(link).path)) if _is_plain(link) else None
        if file is None:
            continue
        try:
            photo, _ = load_product(file, "the picture")
            cutout, _ = cut_out(photo, "the picture")
            return _stored(visible_part(cutout)), None
        except InputError as error:
            reason = str(error).partition(": ")[2]
            first = first or Problem(item.where, field, reason)
    if first is None:
        message = "there is no such picture in the folders of --images" if item.pictures else "missing"
        first = Problem(item.where, field, message)
    return None, first


def _is_plain(link: str) -> bool:
    try:
        urlsplit(link)
    except ValueError:  # a broken IPv6 address
        return False
    return bool(link.strip())


def _stored(cutout: Image.Image) -> bytes:
    if max(cutout.size) > MOST_SIDE:
        cutout.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    cutout.save(buffer, "WEBP", lossless=True, exact=True)
    return buffer.getvalue()
