"""Plates with exchangeable products: what tells scenes apart learns that the product does not matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from uniadgen.ads import Placement
from uniadgen.data.layout import in_pixels, iter_rows
from uniadgen.errors import InputError
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import PRODUCT_PIXELS, VIEWED_PIXELS, load_stored
from uniadgen.imaging.placing import place, visible_part
from uniadgen.words import quoted


@dataclass(frozen=True)
class Plates:
    """Creatives with a cut-out, as plate and product; entry i of every list is creative i. All pictures are of one size."""

    ids: list[str]
    plates: list[Image.Image]
    products: list[str]
    scene_ids: list[str]
    places: list[Placement]  # of the product, in pixels of the plate
    cutouts: dict[str, Image.Image]

    def ad(self, row: int, product: str | None = None) -> Image.Image:
        """The creative, or its plate with another product, as large as its cut-out allows within the same box."""
        product = product or self.products[row]
        cutout, where = self.cutouts[product], self.places[row]
        scale = min(where.width / cutout.width, where.height / cutout.height)
        width, height = max(1, round(cutout.width * scale)), max(1, round(cutout.height * scale))
        left, top = where.left + (where.width - width) // 2, where.top + where.height - height
        return compose(self.plates[row], cutout, Placement(left, top, width, height))


def load_plates(data: Path, splits: Sequence[str], size: int = 160) -> Plates:
    """The creatives of some splits that have a cut-out, at size x size pixels. Raises InputError when there are none."""
    cutouts = {
        row["id"]: visible_part(load_stored(row["cutout"], f"product {quoted(row['id'])}", PRODUCT_PIXELS).convert("RGBA"))
        for row in iter_rows(data, "products", batch_size=64)
        if row["cutout"] is not None
    }
    columns = ("product_id", "split", "scene_id", "id", "placement", "plate", "ad")
    plates = Plates([], [], [], [], [], {})
    for row in iter_rows(data, "creatives", columns, 64):
        picture, cutout = row["plate"] or row["ad"], cutouts.get(row["product_id"])
        if row["split"] in splits and picture is not None and cutout is not None:
            plate = flatten(load_stored(picture, f"creative {quoted(row['id'])}", VIEWED_PIXELS))
            plate = plate.resize((size, size), Image.Resampling.LANCZOS)
            where = in_pixels(tuple(row["placement"]), plate.size) if row["placement"] else place(cutout, plate.size)
            plates.ids.append(row["id"])
            plates.plates.append(plate)
            plates.products.append(row["product_id"])
            plates.scene_ids.append(row["scene_id"] or row["id"])
            plates.places.append(where)
            if row["product_id"] not in plates.cutouts:
                plates.cutouts[row["product_id"]] = fitted_to(cutout, size)
    if not plates.plates:
        raise InputError(f"data folder {quoted(data)}: no creatives with picture and cut-out in the splits {', '.join(splits)}")
    return plates


def fitted_to(cutout: Image.Image, size: int) -> Image.Image:
    """A smaller copy where the cut-out is larger than any place it will take."""
    copy = cutout.copy()
    copy.thumbnail((size, size), Image.Resampling.LANCZOS)
    return copy
