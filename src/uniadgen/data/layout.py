"""Our own data layout: three Parquet tables in a folder, in which every ad is stored once and clicks refer to it by id.

    creatives.parquet   one row per ad: what it shows and says, where the product stands, its picture and its plate
    products.parquet    one row per product: its cut-out
    users.parquet       one row per shopper: clicks with their times, and the target

    build_dataset(make_world(0, "tiny"), Path("raw"), Path("tiny"))      # from a world and its renders
    for user in iter_rows(Path("tiny"), "users"): ...                    # streamed, whatever the number of users

Pictures are WebP: ads and plates lossy, cut-outs lossless. `uniadgen data encode` adds the columns of ENCODED.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.data import tables
from uniadgen.data.tables import Table
from uniadgen.errors import InputError
from uniadgen.files import make_folder, whole_file
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import load_picture, load_stored
from uniadgen.padsynth.shoppers import CreativeIndex, Shopper, Taste, index_columns
from uniadgen.padsynth.specs import CreativeSpec, ProductSpec
from uniadgen.padsynth.worldgen import World

Row = dict[str, Any]
Fractions = tuple[float, float, float, float]  # left, top, width, height
SPLITS = ("train", "val", "test")
TableName = Literal["creatives", "products", "users"]

CREATIVES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("department", pa.string()),
        pa.field("category", pa.string()),
        pa.field("scene_id", pa.string()),
        pa.field("family", pa.string()),
        pa.field("palette", pa.string()),
        pa.field("light", pa.string()),
        pa.field("decor", pa.string()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("text_style", pa.string()),
        pa.field("description", pa.string(), nullable=False),
        pa.field("selling_points", pa.list_(pa.string()), nullable=False),
        pa.field("selling_point_types", pa.list_(pa.string())),
        pa.field("placement", pa.list_(pa.float32(), 4)),
        pa.field("ad", pa.binary()),
        pa.field("plate", pa.binary()),
    ]
)
# What training reads instead of pictures; added by uniadgen.data.encoding, in the order of its variants if there are several.
ENCODED = pa.schema(
    [
        pa.field("codes", pa.list_(pa.uint16())),  # image tokens of the plate, or of the ad where there is no plate
        pa.field("click_codes", pa.list_(pa.uint16())),  # image tokens of the ad as a click of a history
        pa.field("foreground", pa.binary()),  # the product on white, RGB, row by row: only its box
        pa.field("foreground_box", pa.list_(pa.uint16(), 4)),  # left, top, width, height in pixels of the model's canvas
        pa.field("text_embedding", pa.list_(pa.float32())),  # of the ad's text
        pa.field("description_embedding", pa.list_(pa.float32())),
    ]
)
PRODUCTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("cutout", pa.binary(), nullable=False),
    ]
)
USERS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("clicks", pa.list_(pa.struct([("creative", pa.string()), ("time", pa.int64())])), nullable=False),
        pa.field("target", pa.string(), nullable=False),
        pa.field("taste", pa.string()),  # JSON; null where nobody knows it
    ]
)
SCHEMAS: dict[TableName, pa.Schema] = {"creatives": CREATIVES, "products": PRODUCTS, "users": USERS}
# Rows with pictures are written in small groups, so that a reader needs little memory; users are small.
LOSSLESS_FROM = 85  # picture quality; from here on the cut-outs keep every value of a pixel
GROUP_ROWS: dict[TableName, int] = {"creatives": 64, "products": 64, "users": 4096}


# Tables ------------------------------------------------------------------------------------------------------------------


def table_path(folder: Path, name: TableName) -> Path:
    """Where a table of a data set lies."""
    return folder / f"{name}.parquet"


def _write(folder: Path, name: TableName, rows: Iterable[Row]) -> int:
    """Stream rows into a table and put it in place as a whole; returns how many there were. An old table survives a failure."""
    make_folder(folder)
    count, remaining = 0, iter(rows)
    with (
        whole_file(table_path(folder, name)) as temporary,
        pq.ParquetWriter(temporary, SCHEMAS[name], compression="zstd") as writer,
    ):
        while group := list(islice(remaining, GROUP_ROWS[name])):
            writer.write_table(pa.Table.from_pylist(group, schema=SCHEMAS[name]))
            count += len(group)
    return count


def write_creatives(folder: Path, rows: Iterable[Row]) -> int:
    """Write creatives.parquet from rows with the columns of CREATIVES (missing ones become null); returns their number."""
    return _write(folder, "creatives", rows)


def write_products(folder: Path, rows: Iterable[Row]) -> int:
    """Write products.parquet from rows with the columns of PRODUCTS; returns their number."""
    return _write(folder, "products", rows)


def write_users(folder: Path, rows: Iterable[Row]) -> int:
    """Write users.parquet from rows with the columns of USERS; returns their number."""
    return _write(folder, "users", rows)


def open_table(folder: Path, name: TableName, columns: Sequence[str] | None) -> Table:
    """A table of a data set. Raises InputError for a missing or damaged one, or one without these columns (None: its own)."""
    schema = SCHEMAS[name] if name != "creatives" else pa.schema([*CREATIVES, *ENCODED])
    return tables.open_table(table_path(folder, name), schema, SCHEMAS[name].names if columns is None else columns)


def check_rows(folder: Path, name: TableName, columns: Sequence[str]) -> None:
    """Read these columns once, so that whoever joins them later meets no damage and no gaps. Raises InputError."""
    with open_table(folder, name, columns) as table:
        for _ in table.batches(2**14, columns):
            pass


def _read(folder: Path, name: TableName, columns: Sequence[str] | None) -> pa.Table:
    with open_table(folder, name, columns) as table:
        return table.read(columns or SCHEMAS[name].names)


def read_creatives(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The creatives, or only these columns of them (pictures need memory: leave them out where possible)."""
    return _read(folder, "creatives", columns)


def read_products(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The products with their cut-outs."""
    return _read(folder, "products", columns)


def read_users(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All users at once; `iter_rows` streams them."""
    return _read(folder, "users", columns)


def iter_rows(folder: Path, name: TableName, columns: Sequence[str] | None = None, batch_size: int = 256) -> Iterator[Row]:
    """The rows of a table one by one; no more than a row group is in memory."""
    with open_table(folder, name, columns) as table:
        for batch in table.batches(batch_size, columns or SCHEMAS[name].names):
            yield from batch.to_pylist()


def read_index(folder: Path) -> CreativeIndex:
    """The creatives of a PAd-Synth data set as an index for `uniadgen.padsynth.shoppers.sample_history`."""
    names = ("id", "product_id", "department", "category", "family", "palette", "light", "text_style", "split")
    return index_columns(*read_creatives(folder, names).select(names).to_pydict().values())


def parse_taste(text: str | None) -> Taste | None:
    """A shopper's taste from the users table; None where nobody knows it. Raises InputError for what is no JSON of one."""
    if text is None:
        return None
    try:
        return Taste.from_dict(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("users.parquet, taste: no JSON of a taste; `uniadgen data validate` names its users") from None


def foreground_problem(row: Row) -> str | None:
    """What is wrong with the encoded product of a creative: its pixels must fill its box."""
    pixels, box = row["foreground"], row["foreground_box"]
    if (pixels is None) != (box is None):
        return "pixels and box must both be there, or neither"
    if pixels is not None and (len(box) != 4 or len(pixels) != 3 * box[2] * box[3]):
        return f"{len(pixels)} bytes don't fill its box"
    return None


def user_row(shopper: Shopper) -> Row:
    """A shopper of PAd-Synth as a row of the users table."""
    return {
        "id": shopper.id,
        "split": shopper.split,
        "clicks": [{"creative": creative, "time": time} for creative, time in shopper.clicks],
        "target": shopper.target,
        "taste": json.dumps(shopper.taste.as_dict()),
    }


# From renders to tables --------------------------------------------------------------------------------------------------


def build_dataset(
    world: World, raw: Path, out: Path, quality: int = 88, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Turn a world and its renders into a data set; returns the number of creatives, products and users.

    raw: holds for each product a folder with meta.json ({"placements": {creative id: [left, top, width, height]}}, fractions
    of the canvas), cutout.webp and plate-<creative id>.webp. A render may be partial: products without meta.json, and
    creatives without a plate, are left out, and the shoppers click what there is.
    quality: of the WebP pictures, 1 to 100; cut-outs stay lossless from LOSSLESS_FROM on, and below it their outline (alpha)
    stays exact.
    progress: called with (creatives done, creatives in all).
    """
    if not 1 <= quality <= 100:
        raise InputError(f"quality: {quality} is not between 1 and 100")
    rendered = _rendered(world, raw)
    if not rendered:
        raise InputError(f"raw folder {raw}: no rendered product (a folder with meta.json) of this world; render it first")
    products = {product.id: product for product in world.products}
    creatives = [creative for creative, _ in rendered]
    shown = dict.fromkeys(creative.product_id for creative in creatives)
    cutouts = {name: _packed_cutout(_cutout_path(raw, name), quality) for name in shown}

    def creative_rows() -> Iterator[Row]:
        cutout_of, cutout = "", Image.new("RGBA", (1, 1))
        for done, (creative, placement) in enumerate(rendered, 1):
            if cutout_of != creative.product_id:
                cutout_of, cutout = creative.product_id, _decoded(cutouts[creative.product_id])
            plate = _load(_plate_path(raw, creative)).convert("RGB")
            ad = compose(plate, cutout, in_pixels(placement, plate.size))
            product = products[creative.product_id]
            yield {
                **described(product, creative, world.splits[product.id]),
                "placement": list(placement),
                "ad": _webp(ad, quality),
                "plate": _webp(plate, quality),
            }
            if progress is not None:
                progress(done, len(rendered))

    # What was rendered comes first in the folder's life, so a reader who finds users also finds their creatives.
    count = {
        "creatives": write_creatives(out, creative_rows()),
        "products": write_products(
            out, ({"id": name, "split": world.splits[name], "cutout": cutout} for name, cutout in cutouts.items())
        ),
    }
    count["users"] = write_users(out, map(user_row, world.shoppers(creatives)))
    return count


def _cutout_path(raw: Path, product_id: str) -> Path:
    return raw / product_id / "cutout.webp"


def _plate_path(raw: Path, creative: CreativeSpec) -> Path:
    return raw / creative.product_id / f"plate-{creative.id}.webp"


def _rendered(world: World, raw: Path) -> list[tuple[CreativeSpec, Fractions]]:
    """The creatives that have been rendered, in the world's order, and where the product stands in each."""
    placements: dict[str, dict[str, Fractions]] = {}
    for product in world.products:
        meta = raw / product.id / "meta.json"
        if meta.is_file() and _cutout_path(raw, product.id).is_file():
            placements[product.id] = _placements(meta)
    return [
        (creative, placements[creative.product_id][creative.id])
        for creative in world.creatives
        if creative.id in placements.get(creative.product_id, {}) and _plate_path(raw, creative).is_file()
    ]


def _placements(meta: Path) -> dict[str, Fractions]:
    try:
        given = json.loads(meta.read_text("utf-8"))["placements"]
        return {str(name): _fractions(values) for name, values in given.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f'{meta}: {{"placements": {{creative id: [left, top, width, height]}}}} with fractions of the canvas is expected; '
            "render this product again"
        ) from error


def _fractions(values: Sequence[float]) -> Fractions:
    left, top, width, height = map(float, values)
    if not (0 <= left < 1 and 0 <= top < 1 and 0 < width <= 1 and 0 < height <= 1):
        raise ValueError("outside the canvas")
    return left, top, width, height


def in_pixels(placement: Fractions, size: tuple[int, int]) -> Placement:
    """The placement on a canvas of this size, edges rounded to whole pixels and kept inside."""
    left, right = (min(round(x * size[0]), size[0]) for x in (placement[0], placement[0] + placement[2]))
    top, bottom = (min(round(y * size[1]), size[1]) for y in (placement[1], placement[1] + placement[3]))
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return Placement(left, top, max(1, right - left), max(1, bottom - top))


def described(product: ProductSpec, creative: CreativeSpec, split: str) -> Row:
    """All columns of a creative but its placement and pictures."""
    scene = creative.scene
    return {
        "id": creative.id,
        "product_id": product.id,
        "split": split,
        "department": product.department,
        "category": product.category,
        "scene_id": scene.id,
        "family": scene.family,
        "palette": scene.palette,
        "light": scene.light,
        "decor": scene.decor,
        "text": creative.text,
        "text_style": creative.text_style,
        "description": product.description,
        "selling_points": [point.text for point in product.selling_points],
        "selling_point_types": [point.type for point in product.selling_points],
    }


def _load(path: Path) -> Image.Image:
    try:
        return load_picture(path, "render")
    except InputError as error:
        raise InputError(f"{path}: no readable picture; render this product again") from error


def _packed_cutout(path: Path, quality: int) -> bytes:
    """The cut-out for the data set: as rendered, or from a quality that is asked for to save space."""
    cutout = _load(path)
    return path.read_bytes() if quality >= LOSSLESS_FROM else _webp(cutout.convert("RGBA"), quality)


def _decoded(cutout: bytes) -> Image.Image:
    return load_stored(cutout, "cut-out").convert("RGBA")


def _webp(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()
