"""Items of product feeds, streamed whatever the feed's length.

    for item in read_feed(Path("feed.xml")):        # Item, or FeedProblem for a line that is none
        item.title, item.attributes, item.pictures

Google Merchant comes as tab-separated text or as RSS or Atom, Shopify and WooCommerce as CSV, others as JSON Lines. Files are
UTF-8 or UTF-16, with or without a byte order mark.
"""

import codecs
import csv
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal
from xml.parsers import expat

from uniadgen.errors import InputError
from uniadgen.strictjson import RepeatedKey, unrepeated
from uniadgen.words import parse_whole, quoted

Kind = Literal["google", "google-xml", "shopify", "woocommerce", "jsonl"]
KINDS: tuple[Kind, ...] = ("google", "google-xml", "shopify", "woocommerce", "jsonl")
_MOST_CELL = 2**22  # characters
_MOST_ITEM = 2**24  # characters of an item in XML
_CHUNK = 2**16


@dataclass
class Item:
    """A product as a feed has it.

    where: "row 17", counted from 1 without the header. Texts may hold HTML. kind: its product type, "Home > Kitchen > Kettles".
    points: what the feed itself calls highlights. attributes: names and values. pictures: addresses or paths, the main one
    first. fields: what the feed calls them, for messages.
    """

    where: str
    name: str = ""
    title: str = ""
    description: str = ""
    brand: str = ""
    kind: str = ""
    points: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeedProblem:
    """A part of a feed that is no item."""

    where: str
    field: str
    message: str


Items = Iterator[Item | FeedProblem]


def read_feed(path: Path, kind: Kind | None = None) -> Items:
    """The items of a feed. kind: None for what its name and its first line tell. Raises InputError for the feed as a whole."""
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            kind = kind or _kind_of(path, file)
            if kind == "google-xml":
                with path.open("rb") as raw:
                    yield from _xml_items(raw, path)
            elif kind == "jsonl":
                yield from _json_items(file)
            else:
                yield from _table_items(file, kind, path)
    except OSError as error:
        raise InputError(f"argument FEED: {quoted(path)} can't be read ({error.strerror}); correct the path") from None
    except UnicodeError:
        raise InputError(f"argument FEED: {quoted(path)} is cut short in the middle of a character; get it once more") from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    if not head.strip():
        raise InputError(f"argument FEED: {quoted(path)} is empty; name a feed with products")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: what a feed begins with is ASCII, so every other byte is zero. Both are read without a mark.
    if len(head) > 3 and not any(head[1:64:2]):
        return "utf-16-le"
    if len(head) > 3 and not any(head[0:64:2]):
        return "utf-16-be"
    return "utf-8-sig"


def _kind_of(path: Path, file: IO[str]) -> Kind:
    """By the ending, and for tables by the columns. The file is read from its beginning again."""
    start = file.read(_CHUNK)
    file.seek(0)
    if start.lstrip().startswith("<"):
        return "google-xml"
    if start.lstrip().startswith("{"):
        return "jsonl"
    header = {name.strip().strip('"').lower() for name in re.split(r"[\t,]", start.partition("\n")[0])}
    for kind, columns in (
        ("shopify", {"handle", "title"}),
        ("woocommerce", {"sku", "name"}),
        ("woocommerce", {"id", "name"}),
        ("google", {"id", "title"}),
    ):
        if columns <= header:
            return kind  # type: ignore[return-value]
    raise InputError(
        f"argument FEED: {quoted(path)} has the columns of no feed that is known here; name its kind with --kind "
        f"({', '.join(KINDS)})"
    )


# Tables ------------------------------------------------------------------------------------------------------------------


def _table_items(file: IO[str], kind: Kind, path: Path) -> Items:
    first = file.readline()
    file.seek(0)
    tabs = first.count("\t") > first.count(",")
    rows = _tab_rows(file) if tabs else _comma_rows(file)
    header = [name.strip().lower() for name in next(rows, [])]
    if len(set(header)) < len(header) and kind != "google":  # there, repeated columns are lists
        raise InputError(f"argument FEED: {quoted(path)} has a column twice in its first line; name each once")
    records: Iterator[_Record | FeedProblem] = _records(rows, header)
    readers: dict[str, Callable[[Iterator[_Record | FeedProblem]], Items]] = {
        "google": _google_items,
        "shopify": _shopify_items,
        "woocommerce": _woocommerce_items,
    }
    yield from readers[kind](records)


@dataclass
class _Record:
    """A row: values by the names of their columns, in small letters, and all values of those that stand there several times."""

    where: str
    values: list[tuple[str, str]]

    def get(self, *names: str) -> str:
        """The first value under one of these names that isn't empty."""
        for wanted in names:
            for name, value in self.values:
                if name == wanted and value.strip():
                    return value
        return ""

    def all(self, *names: str) -> list[str]:
        return [value for name, value in self.values if name in names and value.strip()]


def _tab_rows(file: IO[str]) -> Iterator[list[str]]:
    """Rows of tab-separated text. A cell in quotes loses them; inch marks inside and at the end of others stay."""
    for line in file:
        cells = line.rstrip("\r\n").split("\t")
        yield [re.sub('""', '"', c[1:-1]) if len(c) > 1 and c[0] == c[-1] == '"' else c for c in cells]


def _comma_rows(file: IO[str]) -> Iterator[list[str]]:
    csv.field_size_limit(_MOST_CELL)
    rows = csv.reader(file)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield [f"\0{error}"]


def _records(rows: Iterable[list[str]], header: Sequence[str]) -> Iterator["_Record | FeedProblem"]:
    for number, cells in enumerate(rows, 1):
        where = f"row {number}"
        if not any(cell.strip() for cell in cells):
            continue
        if cells[0].startswith("\0"):
            yield FeedProblem(where, "", f"is no row of CSV ({cells[0].strip(chr(0)) or 'it begins with a zero byte'})")
        elif len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            yield FeedProblem(where, "", f"has {len(cells)} cells, but the first line names {len(header)} columns")
        else:
            yield _Record(where, list(zip(header, cells, strict=False)))


# Google Merchant ---------------------------------------------------------------------------------------------------------

# Attributes that describe the product itself, by the names that Google has for them
_GOOGLE_ATTRIBUTES = ("color", "material", "pattern", "size", "age_group", "gender", "energy_efficiency_class", "certification")


def _google_items(records: Iterator["_Record | FeedProblem"]) -> Items:
    for record in records:
        if isinstance(record, FeedProblem):
            yield record
            continue
        spaced = [(name.removeprefix("g:").replace(" ", "_"), value) for name, value in record.values]
        yield _google_item(_Record(record.where, spaced))


def _google_item(record: _Record) -> Item:
    details = [detail.split(":") for value in record.all("product_detail") for detail in _listed(value)]
    return Item(
        record.where,
        record.get("id"),
        record.get("title", "structured_title"),
        record.get("description", "structured_description"),
        record.get("brand"),
        record.get("product_type", "google_product_category"),
        [point for value in record.all("product_highlight") for point in _listed(value)],
        [(name.replace("_", " "), record.get(name)) for name in _GOOGLE_ATTRIBUTES if record.get(name)]
        + [(detail[-2].strip(), detail[-1].strip()) for detail in details if len(detail) >= 2],
        [
            *record.all("image_link"),
            *(link for value in record.all("additional_image_link") for link in _listed(value)),
        ],
        {"name": "id", "pictures": "image_link"},
    )


def _listed(value: str) -> list[str]:
    """The entries of a cell with several: separated by commas, those with commas of their own in quotes."""
    try:
        return [entry.strip() for entry in next(csv.reader([value], skipinitialspace=True), []) if entry.strip()]
    except csv.Error:
        return [value.strip()]


def _xml_items(file: IO[bytes], path: Path) -> Items:
    """Items of RSS (<item>) and Atom (<entry>). Entities of one's own, by which small files become large, are refused."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    done: list[Item | FeedProblem] = []
    open_names: list[str] = []
    values: list[tuple[str, str]] = []
    texts: list[str] = []
    count, inside, size = 0, 0, 0
    detail: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside, count, size
        local = name.rpartition("}")[2]
        open_names.append(local)
        texts.append("")
        if not inside and local in ("item", "entry"):
            inside, count, size = len(open_names), count + 1, 0
            values.clear()
        if inside and local == "link" and attributes.get("rel") == "enclosure":
            values.append(("image_link", attributes.get("href", "")))

    def end(name: str) -> None:
        nonlocal inside
        local, text = open_names.pop(), texts.pop()
        if not inside:
            return
        depth = len(open_names) + 1
        if depth == inside:
            inside = 0
            done.append(_google_item(_Record(f"item {count}", list(values))))
        elif depth == inside + 1:
            if detail:
                entry = ":".join(detail.get(key, "") for key in ("section_name", "attribute_name", "attribute_value"))
                detail.clear()
                values.append((local, f'"{entry}"'))
            elif local == "product_highlight":
                values.append((local, f'"{text.strip()}"'.replace('""', '"') if "," in text else text))
            else:
                values.append((local, text))
        else:
            detail[local] = text.strip()

    def characters(text: str) -> None:
        nonlocal size
        size += len(text)
        if size > _MOST_ITEM:
            raise InputError(
                f"argument FEED: item {count} of {quoted(path)} is longer than {_MOST_ITEM:,} characters; shorten it"
            )
        if texts:
            texts[-1] += text

    def doctype(*_: object) -> None:
        raise InputError(f"argument FEED: {quoted(path)} has a document type of its own; leave it out")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, doctype
    try:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from done
            done.clear()
        parser.Parse(b"", True)
        yield from done
    except expat.ExpatError as error:
        yield from done
        yield FeedProblem(f"line {error.lineno}", "", f"is no XML ({expat.ErrorString(error.code)}); what follows is not read")


# Shopify -----------------------------------------------------------------------------------------------------------------

_DEFAULT_TITLE = "default title"  # the option of a product that has no variants


def _shopify_items(records: Iterator["_Record | FeedProblem"]) -> Items:
    """One product for each handle: its rows stand together, the first has its texts, the others have variants and pictures."""
    for handle, group in itertools.groupby(records, lambda r: "" if isinstance(r, FeedProblem) else r.get("handle")):
        rows = list[_Record]()
        for row in group:
            if isinstance(row, FeedProblem):
                yield row
            else:
                rows.append(row)
        if not rows:
            continue
        first = rows[0]
        yield Item(
            first.where,
            handle,
            first.get("title"),
            first.get("body (html)", "body html", "description"),
            first.get("vendor"),
            first.get("type", "product category", "custom product type"),
            [],
            _shopify_options(rows) + _metafields(first),
            _shopify_pictures(rows),
            {"name": "Handle", "title": "Title", "description": "Body (HTML)", "pictures": "Image Src"},
        )


def _shopify_options(rows: Sequence[_Record]) -> list[tuple[str, str]]:
    """Options whose value is the same for all variants; what differs between them is no property of the product."""
    pairs = []
    for number in "123":
        name = rows[0].get(f"option{number} name")
        values = {row.get(f"option{number} value").strip() for row in rows} - {""}
        if name and len(values) == 1 and (value := values.pop()).lower() != _DEFAULT_TITLE:
            pairs.append((name, value))
    return pairs


def _shopify_pictures(rows: Sequence[_Record]) -> list[str]:
    numbered = [(row.get("image position"), place, row.get("image src")) for place, row in enumerate(rows)]
    positions = [
        (10**6 if (position := parse_whole(n)) is None else position, place, link) for n, place, link in numbered if link
    ]
    return list(
        dict.fromkeys([link for _, _, link in sorted(positions)] + [link for row in rows for link in row.all("variant image")])
    )


def _metafields(row: _Record) -> list[tuple[str, str]]:
    """Columns such as "Material (product.metafields.shopify.material)" or "Google Shopping / Gender"."""
    pairs = []
    for name, value in row.values:
        match = re.fullmatch(r"(.+?) \(product\.metafields\..*\)|google shopping / (gender|age group|color|material)", name)
        if match and value.strip():
            pairs.append((match[1] or match[2], value.replace(";", ",").strip()))
    return pairs


# WooCommerce -------------------------------------------------------------------------------------------------------------


def _woocommerce_items(records: Iterator["_Record | FeedProblem"]) -> Items:
    """Products of every type; a variation only where it has a picture of its own, since its parent stands for the others."""
    for record in records:
        if isinstance(record, FeedProblem):
            yield record
            continue
        pictures = [link for value in record.all("images") for link in _listed(value)]
        variation = record.get("type").lower().startswith("variation")
        if variation and not pictures:
            continue
        attributes = []
        for number in itertools.count(1):
            if not any(name == f"attribute {number} name" for name, _ in record.values):
                break
            name, value = record.get(f"attribute {number} name"), record.get(f"attribute {number} value(s)")
            if name and value and len(_listed(value)) == 1:  # several are the choices of its variations
                attributes.append((name, value.strip()))
        yield Item(
            record.where,
            record.get("sku", "id"),
            record.get("name"),
            record.get("description") or record.get("short description"),
            record.get("brands", "brand", "meta: _brand"),
            record.get("categories").split(",")[0],
            [],
            attributes,
            pictures,
            {"name": "SKU", "title": "Name", "description": "Description", "pictures": "Images"},
        )


# JSON Lines --------------------------------------------------------------------------------------------------------------


def _json_items(file: IO[str]) -> Items:
    """Objects with id, title and image (or images), and perhaps description, brand, type, selling_points and attributes."""
    for number, line in enumerate(file, 1):
        where = f"row {number}"
        if not line.strip():
            continue
        try:
            values = json.loads(line, object_pairs_hook=unrepeated)
        except RepeatedKey as error:
            yield FeedProblem(where, error.key, "stands there more than once")
            continue
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            yield FeedProblem(where, "", "is no JSON object")
            continue
        wrong = next((name for name, value in values.items() if name in _JSON and not _fits(value, _JSON[name])), None)
        if wrong is not None:
            yield FeedProblem(where, wrong, f"is no {_JSON[wrong]}")
            continue
        images = values.get("images") or []
        attributes = values.get("attributes") or {}
        yield Item(
            where,
            str(values.get("id") or ""),
            values.get("title") or "",
            values.get("description") or "",
            values.get("brand") or "",
            values.get("type") or "",
            list(values.get("selling_points") or []),
            [(str(name), str(value)) for name, value in attributes.items() if isinstance(value, str | int | float)],
            [link for link in (values.get("image"), *images) if link],
            {"name": "id", "pictures": "image"},
        )


_JSON = {
    **dict.fromkeys(("title", "description", "brand", "type", "image"), "text"),
    **dict.fromkeys(("images", "selling_points"), "list of texts"),
    "attributes": "object",
    "id": "text or number",
}


def _fits(value: Any, kind: str) -> bool:
    if value is None:
        return True
    if kind == "list of texts":
        return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    return isinstance(value, {"text": str, "object": dict, "text or number": (str, int)}[kind])  # type: ignore[arg-type]
