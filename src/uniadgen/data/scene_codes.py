"""The scene codes of all creatives of a data set: what a decoder learns to write, and what it reads off clicks.

    codes = scene_codes(Path("data"), encoder)              # computed at the first call, then only opened
    codes.plates[i, variant], codes.ads[i, variant]         # of creative i: as it is painted, and as it is clicked

Where a creative has no plate, its ad stands for it, the product's place filled in from around. Codes lie in a hidden folder
beside the tables, as the store does (`data/store.py`), under digests of the tables and of the encoder.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from uniadgen.ads import Placement
from uniadgen.data.augment import VARIANTS, varied
from uniadgen.data.encoding import Cutouts, table_digest
from uniadgen.data.hidden_area import fill_hidden
from uniadgen.data.layout import Row, in_pixels, iter_rows, table_path
from uniadgen.data.store import made_folder
from uniadgen.errors import InputError
from uniadgen.imaging.composing import render_alpha
from uniadgen.imaging.loading import VIEWED_PIXELS, load_stored
from uniadgen.imaging.placing import place
from uniadgen.model.pixels import to_pixels
from uniadgen.model.scene import SceneEncoder
from uniadgen.words import quoted

COLUMNS = ("id", "product_id", "placement", "ad", "plate")  # what a scene is read from
MARGIN = 0.02  # of the picture's side: what is filled in around a product


@dataclass(frozen=True)
class SceneCodes:
    """Of creatives in the table's order, in all VARIANTS: [creatives, variants, levels] uint16."""

    plates: NDArray[np.uint16]
    ads: NDArray[np.uint16]


def scene_codes(folder: Path, encoder: SceneEncoder) -> SceneCodes:
    """The codes of a data set; those for earlier versions of its tables are removed. encoder: on the device that does the work.

    Raises InputError for pictures that are missing or broken; nothing half-made is left then.
    """
    tables = "-".join(table_digest(table_path(folder, name)) for name in ("creatives", "products"))
    for old in folder.glob(".scenes-*"):
        if not old.name.startswith(f".scenes-{tables}-"):
            shutil.rmtree(old, ignore_errors=True)
    made = made_folder(folder / f".scenes-{tables}-{fingerprint(encoder)}", lambda place: _write(folder, place, encoder))
    plates, ads = (np.load(made / f"{name}.npy", mmap_mode="r") for name in ("plates", "ads"))
    return SceneCodes(plates, ads)


def fingerprint(encoder: SceneEncoder) -> str:
    """A hash of the weights and codebooks that codes depend on."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode() + tensor.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def _write(folder: Path, made: Path, encoder: SceneEncoder) -> None:
    plates: list[NDArray[np.uint16]] = []
    ads: list[NDArray[np.uint16]] = []
    for row, cutout in scene_rows(folder):
        plates.append(_codes(encoder, background(row, encoder.config.size, cutout)))
        ads.append(_codes(encoder, encoder.prepare(ad_picture(row))))
    if not plates:
        raise InputError(f"data folder {quoted(folder)}: it has no creatives; build or convert the data set again")
    np.save(made / "plates.npy", np.stack(plates))
    np.save(made / "ads.npy", np.stack(ads))


@torch.no_grad()
def _codes(encoder: SceneEncoder, pixels: Tensor) -> NDArray[np.uint16]:
    """Of one picture [3, size, size] in all variants: picture by picture, so that codes don't depend on what lies beside."""
    views = torch.stack([varied(pixels, variant) for variant in range(len(VARIANTS))])
    codes: NDArray[np.int64] = encoder.codes(encoder(views.to(encoder.codebooks.device))).cpu().numpy()
    return codes.astype(np.uint16)


# What a scene is read from -----------------------------------------------------------------------------------------------


def scene_rows(
    folder: Path, more: Sequence[str] = (), wanted: Callable[[Row], bool] = lambda _: True
) -> Iterator[tuple[Row, Image.Image | None]]:
    """The wanted creatives of a data set with COLUMNS and more, one by one, each with its product's cut-out if there is one."""
    cutouts = Cutouts(folder)
    for row in iter_rows(folder, "creatives", (*COLUMNS, *more), 64):
        if wanted(row):
            yield row, cutouts[row["product_id"]]


def ad_picture(row: Row) -> Image.Image:
    """Raises InputError for a picture that is missing or broken."""
    return _picture(row, "ad")


def background(row: Row, size: int, cutout: Image.Image | None) -> Tensor:
    """The scene of a creative, the product's place filled in smoothly: the central square [3, size, size] in -1..1.

    Also where there is a plate: it has the product's outline in its contact shadow, or black behind the product.
    Raises InputError for a picture that is missing or broken.
    """
    picture = _picture(row, "ad" if row["plate"] is None else "plate")
    pixels = to_pixels(picture, size)
    if cutout is None:
        return pixels
    alpha = _opacity(row, picture.size, size, cutout)
    margin = round(MARGIN * size)
    hidden = F.max_pool2d(alpha[None], 2 * margin + 1, 1, margin)[0] > 0
    return pixels if bool(hidden.all()) else fill_hidden(pixels, hidden)


def placed(row: Row, picture: tuple[int, int], size: int, cutout: Image.Image) -> tuple[Placement, tuple[int, int]]:
    """Where the product stands in a picture (width, height) whose shorter side is scaled to `size` px, and the scaled size."""
    width, height = (max(size, round(length * size / min(picture))) for length in picture)
    canvas = width, height
    return in_pixels(tuple(row["placement"]), canvas) if row["placement"] else place(cutout, canvas), canvas


def _opacity(row: Row, picture: tuple[int, int], size: int, cutout: Image.Image) -> Tensor:
    """Of the product, in the central square of its picture: [size, size] in 0..1."""
    where, (width, height) = placed(row, picture, size, cutout)
    alpha = torch.from_numpy(np.asarray(render_alpha(cutout, (width, height), where), np.float32) / 255)
    left, top = (width - size) // 2, (height - size) // 2
    return alpha[top : top + size, left : left + size]


def _picture(row: Row, name: str) -> Image.Image:
    return load_stored(row[name], f"creative {quoted(row['id'])}", VIEWED_PIXELS)
