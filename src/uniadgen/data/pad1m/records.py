"""PAd1M records as rows of our layout, and rows as records again; `convert` streams whole files through here.

A record is one shopper: the ad to be made, with all that is known about its product, and the clicks, each a picture's path, a
title and a similarity. As rows it is a user whose target and clicks refer to creatives by id. A creative's id is a hash of its
picture's path and its text: the same ad gets the same id wherever it turns up, and no table of ids has to be kept in memory.

The creatives table has PAd1M's own fields as columns of the same name. What doesn't fit a column - unknown fields,
other types - is in the JSON column `extra` of the creative. Should two records describe one ad differently, the creative has
the earlier one's words, and `extra` of the later record's user holds what differs. `fields` are the record's fields in order.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from uniadgen.data import layout
from uniadgen.data.validate import HISTORY_FIELDS, TITLE_SPLIT, Histories
from uniadgen.words import split_list

ID_BYTES = 12  # of the hash; two of 20 million ads share an id with a probability of 3e-15
ID = np.dtype([("high", ">u8"), ("low", ">u4")])  # the same bytes, as numbers that are in the order of the ids

# PAd1M's fields that are columns: the exact Python type, and Arrow's. gt_title_cn is null when it is the creative's `text`.
COLUMNS: dict[str, tuple[type, pa.DataType]] = {
    "f_path_trans": (str, pa.string()),
    "f_path_white": (str, pa.string()),
    "f_ocr_path": (str, pa.string()),
    "width": (int, pa.int32()),
    "height": (int, pa.int32()),
    "caption": (str, pa.string()),
    "cid3_english_name": (str, pa.string()),
    "sku_title_cn": (str, pa.string()),
    "gt_title_cn": (str, pa.string()),
    "word_list": (str, pa.string()),
    "max_ratio": (float, pa.float64()),
}
# What is written while a file is read: ads that were clicked, and ads that records describe. row: of the record in its chunk.
CLICKED = pa.schema(
    [pa.field("id", pa.binary(ID_BYTES)), *(pa.field(name, pa.string(), nullable=False) for name in ("f_path", "text"))]
)
ADS = pa.schema(
    [
        *CLICKED,
        pa.field("row", pa.int32()),
        pa.field("product", pa.binary(ID_BYTES)),
        *(pa.field(name, arrow) for name, (_, arrow) in COLUMNS.items()),
        pa.field("ref_exps", pa.string()),  # JSON
        pa.field("extra", pa.string()),  # JSON
    ]
)
CUTOUTS = pa.schema([pa.field("id", pa.binary(ID_BYTES)), pa.field("f_path_trans", pa.string())])
DESCRIBED = (*COLUMNS, "ref_exps", "extra")

# The final tables: our layout, in which only a metadata-only cut-out may be null, and PAd1M's columns behind it.
_COLUMN_FIELDS = ("cid3_english_name", "sku_title_cn")  # the layout has columns for these: category and description
_EXTRA = (field for field in ADS if field.name not in (*layout.CREATIVES.names, *_COLUMN_FIELDS, "row", "product"))
CREATIVES = pa.schema([*layout.CREATIVES, *(field.with_nullable(True) for field in _EXTRA)])
# PAd1M doesn't say where the product stands, and Arrow can't read back a list of fixed length that is null.
CREATIVES = CREATIVES.set(CREATIVES.get_field_index("placement"), pa.field("placement", pa.list_(pa.float32())))
PRODUCTS = pa.schema(
    [
        *(layout.PRODUCTS.field(n) for n in ("id", "split")),
        pa.field("cutout", pa.binary()),
        pa.field("f_path_trans", pa.string()),
    ]
)
CLICK = pa.struct([("creative", pa.string()), ("time", pa.int64()), ("similarity", pa.float64())])
USERS = pa.schema(
    [
        *(layout.USERS.field(n) for n in ("id", "split")),
        pa.field("clicks", pa.list_(CLICK), nullable=False),
        layout.USERS.field("target"),
        pa.field("fields", pa.string(), nullable=False),  # JSON
        pa.field("extra", pa.string()),  # JSON
    ]
)

# Ids ---------------------------------------------------------------------------------------------------------------------


def ad_ids(paths: pa.StringArray, texts: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """The ids of the ads with these pictures and texts: hashes of both, with a byte between them that no text can hold."""
    return _hashes(pc.binary_join_element_wise(paths.cast(pa.binary()), texts.cast(pa.binary()), b"\xff"))


def _hashes(keys: pa.BinaryArray) -> pa.FixedSizeBinaryArray:
    if not len(keys):
        return pa.array([], pa.binary(ID_BYTES))
    offsets = np.frombuffer(keys.buffers()[1], np.int32)[keys.offset : keys.offset + len(keys) + 1].tolist()
    data = keys.buffers()[2].to_pybytes() if keys.buffers()[2] else b""
    start, hashed = blake2b(digest_size=ID_BYTES), bytearray()
    for begin, end in itertools.pairwise(offsets):
        one = start.copy()  # a third faster than a new one
        one.update(data[begin:end])
        hashed += one.digest()
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), len(keys), [None, pa.py_buffer(bytes(hashed))])


def id_numbers(ids: pa.FixedSizeBinaryArray) -> NDArray[np.void]:
    """Ids as an array of the type ID."""
    return np.frombuffer(ids.buffers()[1], ID)[ids.offset : ids.offset + len(ids)] if len(ids) else np.zeros(0, ID)


def id_order(ids: NDArray[np.void]) -> NDArray[np.int64]:
    """What sorts ids of the type ID; those of one id keep their order."""
    high = ids["high"].astype(np.uint64)
    order = np.argsort(high, kind="stable")
    one, other = ids[order[1:]], ids[order[:-1]]
    if np.any((one["high"] == other["high"]) & (one["low"] != other["low"])):  # hardly ever
        order = np.lexsort((ids["low"], high))
    return order


def id_texts(ids: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """Ids as they stand in the tables: 24 hexadecimal digits."""
    digits = id_numbers(ids).tobytes().hex().encode()
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * (2 * ID_BYTES)
    texts = pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(digits))
    return pc.if_else(ids.is_valid(), texts, None) if ids.null_count else texts


def text_ids(texts: pa.StringArray) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
    """The other way round: ids of the type ID, and which of the texts are an id at all; the others give zeros."""
    proper = pc.match_substring_regex(texts, f"^[0-9a-f]{{{2 * ID_BYTES}}}$").fill_null(False)
    digits = pc.if_else(proper, texts, "0" * (2 * ID_BYTES))
    data = digits.buffers()[2].to_pybytes() if len(digits) else b""
    return np.frombuffer(bytes.fromhex(data.decode("ascii")), ID)[: len(digits)], proper.to_numpy(zero_copy_only=False)


# Records to rows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """What the records of one chunk become: tables of CLICKED, one row a click, of ADS, of CUTOUTS, and one user per record.

    Cut-outs come once in a chunk. Users have rows in place of ids, and binary ids in place of texts.
    """

    clicked: pa.Table
    ads: pa.Table
    cutouts: pa.Table
    users: pa.Table


def rows(records: Sequence[dict[str, Any]], places: Sequence[int], clicks: Histories) -> Rows:
    """Records in which nothing is wrong as rows. places: of the records in their chunk; clicks: their `validate.histories`."""
    paths, titles = clicks.images.flatten(), clicks.titles.flatten()
    several = pc.match_substring(titles, TITLE_SPLIT)
    texts = first_titles(titles, several)
    clicked = pa.table([ad_ids(paths, texts), paths, texts], schema=CLICKED)
    kinds: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}  # fields -> they as JSON, those that are no column
    fields, unknown = [], []
    for record in records:
        names = tuple(record)
        if names not in kinds:
            kinds[names] = _json(names), tuple(name for name in names if name not in _READ_FIELDS)
        fields.append(kinds[names][0])
        unknown.append(kinds[names][1])
    ads = _described(records, places, unknown)
    advertised = ads.filter(pc.field("product").is_valid()).select(["product", "f_path_trans"]).rename_columns(CUTOUTS.names)
    users = pa.table(
        {
            "row": pa.array(places, pa.int32()),
            "clicks": pa.ListArray.from_arrays(clicks.images.offsets, _chunk(clicked["id"])),
            "similarity": pa.ListArray.from_arrays(clicks.similarity.offsets, clicks.similarity.flatten()),
            "target": ads["id"],
            "fields": pa.array(fields, pa.string()),
            "extra": _several_titles(records, clicks, several),
        }
    )
    return Rows(clicked, ads, _each_once(advertised), users)


_READ_FIELDS = frozenset((*COLUMNS, *HISTORY_FIELDS, "f_path", "ref_exps"))
encode = msgspec.json.Encoder().encode  # one value as JSON, in UTF-8


def _json(value: object) -> str:
    return encode(value).decode()


def first_titles(titles: pa.StringArray, several: pa.BooleanArray) -> pa.StringArray:
    """The first title each: the one that is a creative's text. several: which of the texts hold more than one."""
    if not pc.any(several).as_py():
        return titles
    return pc.replace_substring_regex(titles, f"(?s){TITLE_SPLIT}.*", "")


def _several_titles(records: Sequence[dict[str, Any]], clicks: Histories, several: pa.BooleanArray) -> pa.Array:
    """JSON for users who clicked ads with several titles, of which a creative's text is only the first."""
    users = pc.unique(pc.list_parent_indices(clicks.titles).filter(several)).to_pylist()
    extra: list[str | None] = [None] * len(records)
    for user in users:
        extra[user] = _json({"history_titles": records[user]["history_titles"]})
    return pa.array(extra, pa.string())


def _described(records: Sequence[dict[str, Any]], places: Sequence[int], unknown: Sequence[Sequence[str]]) -> pa.Table:
    """The records' own ads as ADS. unknown: the fields of each record that are no column."""
    extra = [{name: record[name] for name in names} for record, names in zip(records, unknown, strict=True)]
    columns = {name: _column(name, records, extra) for name in COLUMNS}
    paths = pa.array([record["f_path"] for record in records], pa.string())
    texts = first_titles(columns["gt_title_cn"], pc.match_substring(columns["gt_title_cn"], TITLE_SPLIT))
    columns["gt_title_cn"] = pc.if_else(pc.equal(texts, columns["gt_title_cn"]), None, columns["gt_title_cn"])
    cutouts = pc.if_else(pc.equal(columns["f_path_trans"], ""), None, columns["f_path_trans"])
    columns |= {
        "id": ad_ids(paths, texts),
        "f_path": paths,
        "text": texts,
        "row": pa.array(places, pa.int32()),
        "product": _hashes(cutouts.cast(pa.binary()).fill_null(b"")),
        "ref_exps": pa.array([_json(r["ref_exps"]) if "ref_exps" in r else None for r in records], pa.string()),
        "extra": pa.array([_json(values) if values else None for values in extra], pa.string()),
    }
    columns["product"] = pc.if_else(cutouts.is_valid(), columns["product"], None)
    return pa.table([columns[name] for name in ADS.names], schema=ADS)


def _column(name: str, records: Sequence[dict[str, Any]], extra: Sequence[dict[str, Any]]) -> pa.Array:
    """A field of all records; values that don't fit the column go to `extra`."""
    kind, arrow = COLUMNS[name]
    values: list[Any] = [record.get(name) for record in records]
    fits = set(map(type, values)) == {kind}
    if not fits or (kind is int and not -(2**31) <= min(values) <= max(values) < 2**31):
        for place, value in enumerate(values):
            if type(value) is not kind or (isinstance(value, int) and not -(2**31) <= value < 2**31):
                if name in records[place]:
                    extra[place][name] = value
                values[place] = None
    return pa.array(values, arrow)


def _each_once(cutouts: pa.Table) -> pa.Table:
    _, first = np.unique(id_numbers(_chunk(cutouts["id"])), return_index=True)
    return cutouts.take(pa.array(np.sort(first)))


def _chunk(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


# Rows to tables ----------------------------------------------------------------------------------------------------------


def creatives_table(ads: pa.Table, split: str) -> pa.Table:
    """Ads, each once, as rows of CREATIVES without pictures."""
    count = len(ads)
    columns = {name: ads[name] for name in ads.column_names if name in CREATIVES.names}
    columns |= {
        "id": id_texts(_chunk(ads["id"])),
        "product_id": id_texts(_chunk(ads["product"])).fill_null(""),
        "split": pa.array([split]).take(pa.nulls(count, pa.int32()).fill_null(0)),
        "category": ads["cid3_english_name"],
        "description": ads["sku_title_cn"].fill_null(""),
        "selling_points": selling_points(_chunk(ads["word_list"])),
    }
    missing = {name: pa.nulls(count, CREATIVES.field(name).type) for name in CREATIVES.names if name not in columns}
    return pa.table({**columns, **missing}).select(CREATIVES.names).cast(CREATIVES)


def selling_points(word_lists: pa.StringArray) -> pa.ListArray:
    """The selling points of each word_list, joined by commas of either width; of a null none. See `words.split_list`."""
    texts = word_lists.fill_null("")
    special = pc.match_substring_regex(texts, _KEPT_COMMAS)
    if pc.any(special).as_py():
        # few lists have commas that belong to a value: these are taken apart one by one, and joined by what no text has
        apart = ["\x00".join(split_list(text)) for text in texts.filter(special).to_pylist()]
        texts = pc.replace_with_mask(texts, special, pa.array(apart, texts.type))
    joined = pc.replace_substring(texts.filter(pc.invert(special)), "，", ",")
    joined = pc.replace_substring(joined, ",", "\x00")
    texts = pc.replace_with_mask(texts, pc.invert(special), joined)
    parts = pc.split_pattern(texts, "\x00")
    points = pc.utf8_trim_whitespace(parts.flatten())
    there = pc.not_equal(points, "")
    offsets = np.concatenate([[0], np.cumsum(there.to_numpy(zero_copy_only=False))])[parts.offsets.to_numpy()]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), points.filter(there))


# A list with commas that may belong to a value: between digits, inside brackets or quotes.
_KEPT_COMMAS = r"\d[,，]\d|[,，].*[)\]}）］】」』》”’»\"]"


def cutouts_table(cutouts: pa.Table, split: str) -> pa.Table:
    """Cut-outs, each once, as rows of PRODUCTS without pictures."""
    count = len(cutouts)
    name = id_texts(_chunk(cutouts["id"]))
    columns = [name, pa.array([split] * count, pa.string()), pa.nulls(count, pa.binary()), cutouts["f_path_trans"]]
    return pa.Table.from_arrays(columns, schema=PRODUCTS)


def users_table(users: pa.Table, ids: pa.StringArray, extra: pa.StringArray, split: str) -> pa.Table:
    """The users of `Rows` as rows of USERS. ids, extra: their columns of these names."""
    count = len(users)
    clicks, similarity = _chunk(users["clicks"]), _chunk(users["similarity"])
    values = [id_texts(clicks.flatten()), pa.nulls(len(clicks.flatten()), pa.int64()), similarity.flatten()]
    columns = {
        "id": ids,
        "split": pa.array([split] * count, pa.string()),
        "clicks": pa.ListArray.from_arrays(clicks.offsets, pa.StructArray.from_arrays(values, fields=list(CLICK))),
        "target": id_texts(_chunk(users["target"])),
        "fields": users["fields"],
        "extra": extra,
    }
    return pa.table(columns).select(USERS.names).cast(USERS)


# Rows to records ---------------------------------------------------------------------------------------------------------


def ad_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The record's fields about the ad itself, of a row with the columns of ADS or CREATIVES."""
    fields = {name: row.get(name) for name in COLUMNS}
    fields["cid3_english_name"] = fields["cid3_english_name"] or row.get("category")
    fields["sku_title_cn"] = fields["sku_title_cn"] or row.get("description")
    fields = {name: value for name, value in fields.items() if value is not None}
    fields.setdefault("gt_title_cn", row["text"])
    fields["f_path"] = row["f_path"]
    if row["ref_exps"] is not None:
        fields["ref_exps"] = msgspec.json.decode(row["ref_exps"])
    if row["extra"] is not None:
        fields |= msgspec.json.decode(row["extra"])
    return fields


def differences(ads: pa.Table, kept: pa.Table) -> dict[int, dict[str, Any]]:
    """The fields in which ads differ from those that are kept in their place, both rows of ADS, by row."""
    changed: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for name in DESCRIBED:
        one, other = _chunk(ads[name]), _chunk(kept[name])
        same = pc.or_kleene(pc.equal(one, other).fill_null(False), pc.and_(one.is_null(), other.is_null()))
        at = np.flatnonzero(~same.to_numpy(zero_copy_only=False))
        where = pa.array(at)
        for row, value, before in zip(at.tolist(), one.take(where).to_pylist(), other.take(where).to_pylist(), strict=True):
            if name == "extra":
                stored = msgspec.json.decode(before) if before else {}
                extra = msgspec.json.decode(value) if value else {}
                changed[row] |= {key: v for key, v in extra.items() if key not in stored or encode(v) != encode(stored[key])}
            elif name == "gt_title_cn" and value is None:
                changed[row][name] = ads["text"][row].as_py()
            elif value is not None:  # a null is a field that isn't there, or stands in `extra`
                changed[row][name] = msgspec.json.decode(value) if name == "ref_exps" else value
    return {row: fields for row, fields in changed.items() if fields}


def record_of(
    fields: str,
    target: Mapping[str, Any],
    extra: str | None,
    paths: Sequence[str],
    titles: Sequence[str],
    similarity: Sequence[float | None],
) -> dict[str, Any]:
    """The record again. fields, extra: columns of its user; target: row of its creative; the others: of its clicks."""
    values = ad_fields(target)
    values |= {"history_images": list(paths), "history_titles": list(titles), "text_similarity": list(similarity)}
    if extra is not None:
        values |= msgspec.json.decode(extra)
    names: list[str] = msgspec.json.decode(fields)
    if "text_similarity" not in names and similarity and None not in similarity:
        names.append("text_similarity")  # filled in since
    return {name: values[name] for name in names}
