"""How well photos are cut out: products whose true alpha is known, laid over pictures that nobody has seen.

    python benchmarks/cutouts.py PRODUCTS BACKGROUNDS --limit 24 [--side 768] [--out DIR] [--sheet FILE]

PRODUCTS is a folder of cut-outs (PNG or WebP with transparency), BACKGROUNDS one of pictures; each product is placed on each
of `--limit` square backgrounds of `--side` pixels, with its shadow. Printed are the mean intersection over union of what is
more than half opaque, the mean absolute error of alpha over the picture, how many were refused, by U-2-Net-p alone and together
with what `train cutout` makes, the seconds that cutting one out took (median), and the peak memory of all.
"""

import argparse
import resource
import statistics
import textwrap
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from uniadgen.errors import InputError
from uniadgen.imaging import segmenting
from uniadgen.imaging.composing import compose, fitted_cutout
from uniadgen.imaging.loading import load_picture, load_rgb
from uniadgen.imaging.placing import place
from uniadgen.imaging.shadow import with_shadow


def alone() -> AbstractContextManager[object]:
    """Without what `train cutout` makes."""
    return patch.object(segmenting, "second_path", lambda: None)


CELL, PAIRS = 220, 4  # pixels of a picture on the sheet; photos in a row, each beside what was cut out of it


def sheet(pairs: list[tuple[Image.Image, Image.Image | str]]) -> Image.Image:
    """Photos, and what was cut out of them, on a chequerboard; or why nothing was."""
    rows = -(-len(pairs) // PAIRS)
    canvas = Image.new("RGB", (2 * PAIRS * CELL, rows * CELL), "white")
    board = (np.indices((CELL, CELL)) // 11).sum(0) % 2
    chequered = Image.fromarray((200 + 40 * board).astype(np.uint8)).convert("RGB")
    for number, (photo, cut) in enumerate(pairs):
        x, y = number % PAIRS * 2 * CELL, number // PAIRS * CELL
        canvas.paste(photo.resize((CELL, CELL), Image.Resampling.LANCZOS), (x, y))
        if isinstance(cut, str):
            lines = textwrap.fill(cut, 26)
            ImageDraw.Draw(canvas).text((x + CELL + 10, y + 10), lines, "black", ImageFont.load_default(14))
        else:
            small = cut.resize((CELL, CELL), Image.Resampling.LANCZOS)
            canvas.paste(chequered, (x + CELL, y))
            canvas.paste(small, (x + CELL, y), small)
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("products", type=Path)
    parser.add_argument("backgrounds", type=Path)
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("--side", type=int, default=768)
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--sheet",
        type=Path,
        help="picture of what is cut out; then each product is measured on one background, each on another",
    )
    arguments = parser.parse_args()
    backgrounds = sorted(p for p in arguments.backgrounds.rglob("*") if p.suffix in (".png", ".webp", ".jpg"))
    backgrounds = [path for path in backgrounds if "cutout" not in path.name and not path.parent.name.startswith(".")]
    backgrounds = backgrounds[:: max(1, len(backgrounds) // arguments.limit)][: arguments.limit]
    every: dict[str, list[tuple[float, float]]] = {"U-2-Net-p alone": []}
    if segmenting.second_path() is not None:
        every = {"both networks": []} | every
    first = next(iter(every))
    refused, seconds, side = dict.fromkeys(every, 0), [], arguments.side
    pairs: list[tuple[Image.Image, Image.Image | str]] = []
    for turn, path in enumerate(sorted(p for p in arguments.products.iterdir() if p.suffix in (".png", ".webp"))):
        cutout = load_picture(path, str(path)).convert("RGBA")
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in every}
        for number, file in enumerate(backgrounds):
            if arguments.sheet is not None and number != turn % len(backgrounds):
                continue
            scene = load_rgb(file, str(file)).resize((side, side), Image.Resampling.BICUBIC)
            where = place(cutout, scene.size)
            photo = compose(with_shadow(scene, cutout, where, "stands"), cutout, where)
            truth = np.zeros((side, side))
            alpha = np.asarray(fitted_cutout(cutout, where).getchannel("A"), float) / 255
            truth[where.top : where.top + where.height, where.left : where.left + where.width] = alpha
            for name, rows in figures.items():
                start = time.perf_counter()
                try:
                    with alone() if name == "U-2-Net-p alone" else nullcontext():
                        cut = segmenting.segment(photo, "photo")[0]
                except InputError as error:
                    refused[name] += 1
                    if name == first and arguments.sheet is not None:
                        pairs.append((photo, str(error)))
                    print(path.name, file.name, f"{name}:", error)
                    continue
                if name == first:
                    seconds.append(time.perf_counter() - start)
                    if arguments.sheet is not None:  # else all photos would count as memory
                        pairs.append((photo, cut))
                guess = np.asarray(cut.getchannel("A"), float) / 255
                both, either = (truth > 0.5) & (guess > 0.5), (truth > 0.5) | (guess > 0.5)
                rows.append((both.sum() / either.sum(), float(np.abs(truth - guess).mean())))
                if arguments.out is not None and name == first:
                    arguments.out.mkdir(parents=True, exist_ok=True)
                    cut.save(arguments.out / f"{path.stem}-{number}.png")
        means = (np.mean(rows, 0) if rows else (np.nan, np.nan) for rows in figures.values())
        print(f"{path.stem:14}", ", ".join(f"IoU {iou:.3f}  error {error:.4f}" for iou, error in means), flush=True)
        for name, rows in figures.items():
            every[name] += rows
    for name, rows in every.items():
        iou, error = np.array(rows).T
        print(f"{name}: {len(rows)} photos, IoU {iou.mean():.3f}, alpha error {error.mean():.4f}, {refused[name]} refused")
    if arguments.sheet is not None:
        sheet(pairs).save(arguments.sheet, quality=85)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{statistics.median(seconds):.2f} s for a photo of {side}x{side} pixels, {peak:,.0f} MB")


if __name__ == "__main__":
    main()
