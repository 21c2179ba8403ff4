"""PAd1M records as rows of our layout, and rows as records again; `convert` streams whole files through here.

A record is one shopper: the ad to be made, with all that is known about its product, and the clicks, each a picture's path, a
title and a similarity. As rows it is a user whose target and clicks refer to creatives by id. A creative's id is a hash of its
picture's path and its text: the same ad gets the same id wherever it turns up, and no table of ids has to be kept in memory.

The creatives table has PAd1M's own fields as columns of the same name. What doesn't fit a column - unknown fields,
other types - is in the JSON column `extra` of the creative. Should two records describe one ad differently, the creative has
the earlier one's words, and `extra` of the later record's user holds what differs. `fields` are the record's fields in order.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from uniadgen.data import layout
from uniadgen.data.validate import HISTORY_FIELDS, TITLE_SPLIT

ID_BYTES = 12  # of the hash; two of 20 million ads share an id with a probability of 3e-15
ID_LENGTH = 2 * ID_BYTES

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
# What is written while a file is read. row: of the record in its chunk, -1 for an ad that was only clicked.
ADS = pa.schema(
    [
        pa.field("id", pa.binary(ID_LENGTH)),
        pa.field("row", pa.int32()),
        pa.field("f_path", pa.string()),
        pa.field("text", pa.string()),
        *(pa.field(name, arrow) for name, (_, arrow) in COLUMNS.items()),
        pa.field("ref_exps", pa.string()),  # JSON
        pa.field("extra", pa.string()),  # JSON
    ]
)
CUTOUTS = pa.schema([pa.field("id", pa.binary(ID_LENGTH)), pa.field("f_path_trans", pa.string())])
DESCRIBED = ADS.names[4:]

# The final tables: our layout, in which only a metadata-only cut-out may be null, and PAd1M's columns behind it.
_OWN = ("cid3_english_name", "sku_title_cn")  # the layout has columns for these: category and description
_EXTRA = (field for field in ADS if field.name not in (*layout.CREATIVES.names, *_OWN, "row"))
CREATIVES = pa.schema([*layout.CREATIVES, *_EXTRA])
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
        *(layout.USERS.field(n) for n in ("target", "taste")),
        pa.field("fields", pa.string(), nullable=False),  # JSON
        pa.field("extra", pa.string()),  # JSON
    ]
)


def ad_id(path: str, text: str) -> str:
    """The id of the ad with this picture and text: 24 hexadecimal digits."""
    return _hashed(_ad_key(path, text))


def product_id(cutout_path: str) -> str:
    """The id of the product with this cut-out: 24 hexadecimal digits."""
    return _hashed(cutout_path)


def _ad_key(path: str, text: str) -> str:
    return f"{len(path)}:{path}{text}"  # the length tells where the text begins


def _hashed(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=ID_BYTES).hexdigest()


def first_title(titles: str) -> str:
    """The first of the true titles: the one that is a creative's text."""
    return titles.partition(TITLE_SPLIT)[0]


# Records to rows ---------------------------------------------------------------------------------------------------------


@dataclass
class Rows:
    """What the records of one chunk become, column by column: the ads, their cut-outs, and one user per record."""

    clicked: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # key -> id, picture, text
    ads: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in ADS.names})  # those that are described
    cutouts: dict[str, str] = field(default_factory=dict)  # product id -> path
    offsets: list[int] = field(default_factory=lambda: [0])
    clicks: list[str] = field(default_factory=list)
    similarity: list[float | None] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    extra: list[str | None] = field(default_factory=list)
    _names: dict[tuple[str, ...], str] = field(default_factory=dict)

    def add(self, record: dict[str, Any], row: int) -> None:
        """Add a record that `validate.record_findings` has no objection to. row: its place in the chunk."""
        images, titles = record["history_images"], record["history_titles"]
        joined = TITLE_SPLIT in "\n".join(titles)
        texts = list(map(first_title, titles)) if joined else titles
        clicked, clicks = self.clicked, self.clicks
        for image, text in zip(images, texts, strict=True):
            key = f"{len(image)}:{image}{text}"  # _ad_key(image, text); a call would cost more than all the rest
            ad = clicked.get(key)
            if ad is None:
                ad = clicked[key] = (_hashed(key), image, text)
            clicks.append(ad[0])
        self.offsets.append(len(clicks))
        self.similarity.extend(record["text_similarity"] if "text_similarity" in record else [None] * len(images))
        self._add_ad(record, row)
        names = tuple(record)
        self.fields.append(self._names.get(names) or self._names.setdefault(names, _json(names)))
        self.extra.append(_json({"history_titles": titles}) if joined else None)

    def _add_ad(self, record: dict[str, Any], row: int) -> None:
        ads, path, titles = self.ads, record["f_path"], record["gt_title_cn"]
        text = first_title(titles)
        ads["id"].append(ad_id(path, text))
        ads["row"].append(row)
        ads["f_path"].append(path)
        ads["text"].append(text)
        extra = {key: record[key] for key in record if key not in _KNOWN}
        for column, (kind, _) in COLUMNS.items():
            value = record.get(column)
            if type(value) is not kind or (isinstance(value, int) and not -(2**31) <= value < 2**31):
                if column in record:
                    extra[column] = value
                value = None
            ads[column].append(value)
        if text == titles:
            ads["gt_title_cn"][-1] = None
        ads["ref_exps"].append(_json(record["ref_exps"]) if "ref_exps" in record else None)
        ads["extra"].append(_json(extra) if extra else None)
        if cutout := ads["f_path_trans"][-1]:
            self.cutouts[product_id(cutout)] = cutout

    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table]:
        """(ADS, CUTOUTS, users); the users have row numbers in place of ids. Clicked ads come first, each once."""
        ids, paths, texts = zip(*self.clicked.values(), strict=True) if self.clicked else ((), (), ())
        known = {"id": ids, "row": [-1] * len(ids), "f_path": paths, "text": texts}
        clicked = [
            pa.array(known[name], kind) if name in known else pa.nulls(len(ids), kind)
            for name, kind in zip(ADS.names, ADS.types, strict=True)
        ]
        described = [pa.array(self.ads[name], kind) for name, kind in zip(ADS.names, ADS.types, strict=True)]
        ads = pa.concat_tables(pa.Table.from_arrays(arrays, schema=ADS) for arrays in (clicked, described))
        clicks = pa.StructArray.from_arrays(
            [
                pa.array(self.clicks, pa.string()),
                pa.nulls(len(self.clicks), pa.int64()),
                pa.array(self.similarity, pa.float64()),
            ],
            fields=list(CLICK),
        )
        users = pa.table(
            {
                "row": pa.array(self.ads["row"], pa.int32()),
                "clicks": pa.ListArray.from_arrays(pa.array(self.offsets, pa.int32()), clicks),
                "target": pa.array(self.ads["id"], pa.string()),
                "fields": pa.array(self.fields, pa.string()),
                "extra": pa.array(self.extra, pa.string()),
            }
        )
        cutouts = [pa.array(self.cutouts, CUTOUTS.field(0).type), pa.array(self.cutouts.values(), pa.string())]
        return ads, pa.Table.from_arrays(cutouts, schema=CUTOUTS), users


_KNOWN = frozenset((*COLUMNS, *HISTORY_FIELDS, "f_path", "ref_exps"))
encode = msgspec.json.Encoder().encode  # one value as JSON, in UTF-8


def _json(value: object) -> str:
    return encode(value).decode()


# Rows to tables ----------------------------------------------------------------------------------------------------------


def creatives_table(ads: pa.Table, split: str) -> pa.Table:
    """Ads, each once, as rows of CREATIVES without pictures."""
    words, cutouts = ads["word_list"].to_pylist(), ads["f_path_trans"].to_pylist()
    count = len(words)
    columns = {name: ads[name] for name in ads.column_names if name in CREATIVES.names}
    columns |= {
        "id": ads["id"].cast(pa.binary()).cast(pa.string()),
        "product_id": pa.array([product_id(path) if path else "" for path in cutouts], pa.string()),
        "split": pa.array([split] * count, pa.string()),
        "category": ads["cid3_english_name"],
        "description": ads["sku_title_cn"].fill_null(""),
        "selling_points": pa.array([selling_points(word) if word else () for word in words], pa.list_(pa.string())),
    }
    missing = {name: pa.nulls(count, CREATIVES.field(name).type) for name in CREATIVES.names if name not in columns}
    return pa.table({**columns, **missing}).select(CREATIVES.names).cast(CREATIVES)


def selling_points(word_list: str | None) -> list[str]:
    """The selling points of a word_list, joined by commas of either width."""
    return [point.strip() for point in (word_list or "").replace("，", ",").split(",") if point.strip()]


def cutouts_table(cutouts: pa.Table, split: str) -> pa.Table:
    """Cut-outs, each once, as rows of PRODUCTS without pictures."""
    count = len(cutouts)
    name = cutouts["id"].cast(pa.binary()).cast(pa.string())
    columns = [name, pa.array([split] * count, pa.string()), pa.nulls(count, pa.binary()), cutouts["f_path_trans"]]
    return pa.Table.from_arrays(columns, schema=PRODUCTS)


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


def differing(ad: Mapping[str, Any], kept: Mapping[str, Any]) -> str:
    """JSON: the fields in which an ad (a row of ADS) differs from the creative that is kept in its place."""
    fields, others = ad_fields(ad), ad_fields(kept)
    return _json({name: value for name, value in fields.items() if name not in others or not _same(value, others[name])})


def _same(one: object, other: object) -> bool:
    return encode(one) == encode(other)  # 1, 1.0 and true are equal in Python, but not the same JSON


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
