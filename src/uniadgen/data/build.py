"""From a world of PAd-Synth and its renders to a data set.

    render_dataset(Path("tiny"), "tiny")                                   # needs Blender (the extra "world")
    build_dataset(make_world(0, "tiny"), Path("raw"), Path("tiny"))

Pictures are WebP: ads and plates lossy, cut-outs lossless.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from uniadgen.data.labels import TASTES, label_row, taste_row, tastes_path, write_labels
from uniadgen.data.layout import (
    GROUP_ROWS,
    USERS,
    Fractions,
    Row,
    in_pixels,
    rows_writer,
    table_path,
    write_creatives,
    write_products,
)
from uniadgen.errors import InputError
from uniadgen.files import locked_folder
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import load_picture, load_stored
from uniadgen.padsynth import MOST_PRODUCTS
from uniadgen.padsynth.shoppers import Shopper
from uniadgen.padsynth.specs import WORLD_VERSION, CreativeSpec, ProductSpec
from uniadgen.padsynth.worldgen import World, make_world
from uniadgen.words import quoted

LOSSLESS_FROM = 85  # picture quality; from here on the cut-outs keep every value of a pixel


def render_dataset(
    out: Path,
    size: str | int = "tiny",
    seed: int = 0,
    *,
    shoppers: int | None = None,
    workers: int = 1,
    pixels: int | None = None,
    quality: int = 90,
    resume: bool = False,
    pack_only: bool = False,
    device: str = "cpu",
) -> list[str]:
    """Render a world with Blender and pack it as a data set, both in `out`; returns the ids of products that failed.

    size: "tiny", "standard" or a number of products. shoppers: None for as many as the size has. workers: processes that
    render. pixels: of all plates; None for the world's own. resume: go on in a folder that holds renders. pack_only: render
    nothing, pack what there is. device: "cpu" or "cuda". Raises InputError.
    """
    from uniadgen.padsynth.blender.render import render_world

    world = _world(seed, size, shoppers)
    raw, failed = out / "raw", list[str]()
    if raw.exists() and any(raw.iterdir()) and not (resume or pack_only):
        raise InputError(f"argument --out: {out} already holds renders; add --resume to go on, or name another folder")
    with locked_folder(out, "is being rendered"):
        if not pack_only:
            failed = render_world(world.products, world.creatives, out, workers, pixels, seed=world.seed, device=device)
        build_dataset(world, raw, out, quality)
    return failed


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
    advertised = dict.fromkeys(creative.product_id for creative in creatives)
    cutouts = {name: _packed_cutout(_cutout_path(raw, name), quality) for name in advertised}

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

    def product_rows() -> Iterator[Row]:
        for name, cutout in cutouts.items():
            yield {"id": name, "split": world.splits[name], "cutout": cutout, "size_cm": products[name].size_cm}

    # What was rendered comes first in the folder's life, so a reader who finds users also finds their creatives.
    count = {
        "creatives": write_creatives(out, creative_rows(), {"version": WORLD_VERSION, "seed": world.seed}),
        "products": write_products(out, product_rows()),
    }
    write_labels(out, (label_row(products[creative.product_id], creative) for creative in creatives))
    # Shoppers pass once: their clicks go to the one table, their tastes to the other.
    count["users"] = write_shoppers(out, world.shoppers(creatives))
    return count


def write_texts(out: Path, size: str | int, seed: int = 0, shoppers: int | None = None) -> dict[str, int]:
    """A world of PAd-Synth without its pictures: texts, and who clicked them; returns the number of creatives and users.

    Products, creatives and splits are those of `render_dataset` with the same seed, as far as both go. Raises InputError.
    """
    world = _world(seed, size, shoppers)
    products = {product.id: product for product in world.products}
    with locked_folder(out, "is being written"):
        if table_path(out, "creatives").exists():
            raise InputError(f"argument --out: {quoted(out)} holds a data set already; name a new folder")
        rows = (described(products[c.product_id], c, world.splits[c.product_id]) for c in world.creatives)
        count = {"creatives": write_creatives(out, rows, {"version": WORLD_VERSION, "seed": world.seed}), "users": 0}
        with rows_writer(table_path(out, "users"), USERS, GROUP_ROWS["users"]) as add:
            for number, shopper in enumerate(world.shoppers(), 1):
                add(user_row(shopper))
                count["users"] = number
    return count


def _world(seed: int, size: str | int, shoppers: int | None) -> World:
    if isinstance(size, int) and not 1 <= size <= MOST_PRODUCTS:
        raise InputError(f"argument --size: {size} is not between 1 and {MOST_PRODUCTS:,} products")
    try:
        return make_world(seed, size, shoppers)
    except ValueError as error:
        raise InputError(f"argument --size: {error}") from None


def write_shoppers(out: Path, shoppers: Iterable[Shopper]) -> int:
    """Write users.parquet and tastes.parquet of shoppers, who are taken one by one; returns their number."""
    count = 0
    users = rows_writer(table_path(out, "users"), USERS, GROUP_ROWS["users"])
    with users as add_user, rows_writer(tastes_path(out), TASTES, GROUP_ROWS["users"]) as add_taste:
        for shopper in shoppers:
            add_user(user_row(shopper))
            add_taste(taste_row(shopper))
            count += 1
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


def described(product: ProductSpec, creative: CreativeSpec, split: str) -> Row:
    """All columns of a creative but its placement and pictures."""
    return {
        "id": creative.id,
        "product_id": product.id,
        "split": split,
        "department": product.department,
        "category": product.category,
        "scene_id": creative.scene.id,
        "text": creative.text,
        "description": product.description,
        "selling_points": [point.text for point in product.selling_points],
    }


def user_row(shopper: Shopper) -> Row:
    """A shopper of PAd-Synth as a row of the users table."""
    return {
        "id": shopper.id,
        "split": shopper.split,
        "clicks": [{"creative": creative, "time": time} for creative, time in shopper.clicks],
        "target": shopper.target,
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
