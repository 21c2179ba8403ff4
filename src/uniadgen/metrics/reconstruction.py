"""How well an image tokenizer reproduces pictures that it has not learnt from: PSNR, SSIM, crispness, use of its codes."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from uniadgen.data.encoding import Cutouts, ad_pixels, plate_pixels
from uniadgen.data.layout import Row, check_split, empty_split, open_table, read_creatives
from uniadgen.errors import InputError
from uniadgen.imaging.loading import picture_size
from uniadgen.metrics.crispness import Crispness, CrispnessOf, crispness_of, ratios
from uniadgen.model.config import ModelConfig
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer, paint
from uniadgen.model.pixels import resized, to_image
from uniadgen.words import quoted

WINDOW, SIGMA = 11, 1.5  # px of SSIM's Gaussian
_COLUMNS = ("id", "product_id", "placement", "ad", "plate")


@dataclass(frozen=True)
class Quality:
    """Means over `n` pictures. psnr: dB, at most 120. ssim: at most 1."""

    n: int
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Large:
    """Plates as the tokenizer paints them at its largest resolution, `side` px, from the tokens of their small versions."""

    side: int
    quality: Quality
    crispness: Crispness


@dataclass(frozen=True)
class Reconstruction:
    """plates: None where the data set has none. large: None where none is that large, or the tokenizer has one resolution only.
    codes_used: share of all codes that the pictures, of both kinds, need."""

    plates: Quality | None
    ads: Quality
    large: Large | None
    codes_used: float
    codes: int
    signature: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        """A table of the qualities, crispness, the codes in use, and the signature."""
        rows = [("plates", self.plates), ("ads", self.ads)]
        lines = [f"{'':8} {'pictures':>8} {'PSNR dB':>8} {'SSIM':>8}"]
        if self.large is not None:
            rows.append((f"{self.large.side:4} px", self.large.quality))
        lines += [f"{name:8} {q.n:8,} {q.psnr:8.2f} {q.ssim:8.4f}" for name, q in rows if q is not None]
        if self.large is not None:
            crisp = self.large.crispness
            ratios = (crisp.laplacian_ratio, crisp.gradient_ratio, crisp.edges_ratio)
            written = ("-" if ratio is None else f"{ratio:.3f}" for ratio in ratios)
            summary = "Laplacian {}, gradient {}, edges {}".format(*written)
            lines.append(f"crispness at {self.large.side} px, ratio to the plates: {summary}")
        return "\n".join([*lines, f"codes in use: {self.codes_used:.1%} of {self.codes:,}", self.signature])


@torch.no_grad()
def reconstruction(
    data: Path,
    tokenizer: FSQTokenizer | JanusTokenizer,
    config: ModelConfig,
    split: str = "test",
    limit: int | None = None,
    batch: int = 16,
    save: Callable[[str, Image.Image], None] | None = None,
) -> Reconstruction:
    """Encode and decode the plates and ads of a split at the model's resolution, and plates that are as large as it can paint.

    tokenizer: on the device that is to do the work. limit: creatives, taken from all over the split. batch: pictures at a time.
    save(id, picture) gets every plate as painted at the largest resolution. Raises InputError for a split without creatives,
    and for pictures that are missing or broken.
    """
    rows = chosen_creatives(data, split, limit)
    device = next(tokenizer.parameters()).device
    size, used = config.image.resolution, torch.zeros(config.image.codes, dtype=torch.bool)
    scores: dict[str, list[tuple[float, float]]] = {"plate": [], "ad": [], "large": []}
    crisp: list[tuple[CrispnessOf, CrispnessOf]] = []  # of the painted ones, and of the true ones
    pictures = stored_pictures(data, rows, config)
    while some := list(islice(pictures, batch)):
        pixels = torch.stack([picture.pixels for picture in some]).to(device)
        codes = tokenizer.encode(resized(pixels, config.image.scales[-1] * config.image.patch))
        used[codes.flatten().cpu()] = True
        first, second = _rounded(pixels), _rounded(paint(tokenizer, config.image, codes))
        for picture, *quality in zip(some, psnr(first, second).tolist(), ssim(first, second).tolist(), strict=True):
            scores["plate" if picture.is_plate else "ad"].append((quality[0], quality[1]))
        for picture, tokens in zip(some, codes, strict=True):
            if picture.is_plate and (save is not None or picture.large is not None):
                painted = paint(tokenizer, config.image, tokens[None], config.image.upsampling)
                if save is not None:
                    save(picture.name, to_image(painted[0]))
                if picture.large is not None:
                    true, second = picture.large[None].to(device), _rounded(painted)
                    scores["large"].append((float(psnr(_rounded(true), second)), float(ssim(_rounded(true), second))))
                    crisp.append((crispness_of(to_image(painted[0])), crispness_of(to_image(true[0]))))
    signature = (
        f"{size}px|rgb:8bit|PSNR|dB|max:120|SSIM|window:gaussian{WINDOW}-{SIGMA}|k:0.01-0.03|range:0-1|border:no|mean over rgb"
        f"|plates:hidden filled|split:{split}|creatives:{len(rows)}|mean over pictures"
    )
    plates = _quality(scores["plate"]) if scores["plate"] else None
    side = config.image.painted
    crispness = ratios([painted for painted, _ in crisp], [plate for _, plate in crisp], side) if crisp else None
    large = None if crispness is None else Large(side, _quality(scores["large"]), crispness)
    return Reconstruction(plates, _quality(scores["ad"]), large, float(used.float().mean()), len(used), signature)


def _quality(scores: list[tuple[float, float]]) -> Quality:
    return Quality(len(scores), *(fmean(values) for values in zip(*scores, strict=True)))


def _rounded(pixels: Tensor) -> Tensor:
    """-1..1 -> 0..1 in 256 steps, as a picture is stored."""
    return ((pixels.float().clamp(-1, 1) + 1) * 127.5).round() / 255


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of pictures [B, C, H, W] in 0..1: [B], in dB, at most 120."""
    return -10 * (first - second).square().mean((1, 2, 3)).clamp(min=1e-12).log10()


def ssim(first: Tensor, second: Tensor) -> Tensor:
    """Structural similarity of pictures [B, C, H, W] in 0..1, at least 11 px on each side: [B].

    As Wang et al. (2004) define it, a Gaussian window of 11 px with a deviation of 1.5 px; the mean over colours and over all
    places at which the window lies inside the picture.
    """
    offsets = torch.arange(WINDOW, dtype=first.dtype, device=first.device) - WINDOW // 2
    window = torch.softmax(-offsets.square() / (2 * SIGMA**2), 0).expand(first.shape[1], 1, 1, WINDOW)

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x, window, groups=x.shape[1]), window.transpose(2, 3), groups=x.shape[1])

    a, b = blur(first), blur(second)
    variances = blur(first.square()) - a.square() + blur(second.square()) - b.square()
    covariance = blur(first * second) - a * b
    steady, contrast = 0.01**2, 0.03**2
    similarity = (2 * a * b + steady) * (2 * covariance + contrast)
    return (similarity / ((a.square() + b.square() + steady) * (variances + contrast))).mean((1, 2, 3))


# The pictures -------------------------------------------------------------------------------------------------------------


def chosen_creatives(data: Path, split: str, limit: int | None) -> list[int]:
    """The creatives of a split, at most `limit`, by their numbers in the table. Raises InputError when there are none."""
    check_split(split)
    splits = read_creatives(data, ("split",))["split"].to_pylist()
    rows = [row for row, name in enumerate(splits) if name == split]
    if not rows:
        raise InputError(empty_split(data, split, "creatives"))
    # creatives of a product stand side by side: the first ones would show few products
    count = min(len(rows), limit or len(rows))
    return [rows[number * len(rows) // count] for number in range(count)]


@dataclass(frozen=True)
class _Picture:
    """pixels: in -1..1, as the tokenizer is shown them. large: a plate's at the largest resolution painted, if it has that."""

    name: str
    is_plate: bool
    pixels: Tensor
    large: Tensor | None = None


def stored_pictures(data: Path, rows: list[int], config: ModelConfig) -> Iterator[_Picture]:
    """Of each row its plate, where it has one, and its ad."""
    cutouts, size, painted = Cutouts(data), config.image.resolution, config.image.painted
    for row in read_picture(data, rows):
        if row["plate"] is not None:
            pixels = plate_pixels(row, size, cutouts)  # first, since it says what is wrong with a broken one
            large = painted > size and min(picture_size(row["plate"], f"creative {quoted(row['id'])}")) >= painted
            yield _Picture(row["id"], True, pixels, plate_pixels(row, painted, cutouts) if large else None)
        yield _Picture(row["id"], False, ad_pixels(row, size))


def read_picture(data: Path, rows: list[int]) -> Iterator[Row]:
    """Rows of the creatives; only the row groups that hold some of them are read."""
    start, wanted = 0, set(rows)
    with open_table(data, "creatives", _COLUMNS) as table:
        for group in range(table.metadata.num_row_groups):
            end = start + table.metadata.row_group(group).num_rows
            inside = [row - start for row in range(start, end) if row in wanted]
            if inside:
                yield from table.group(group, _COLUMNS).take(inside).to_pylist()
            start = end
