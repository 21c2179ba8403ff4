"""Words in pictures, measured: are they read, are they off the product, does their contrast hold, how long does it take?

    python benchmarks/typography.py DATA --count 200                            # the table of docs/typography.md
    python benchmarks/typography.py DATA --count 200 --renders DATA/raw         # plates at the size that they were rendered in
    python benchmarks/typography.py DATA --count 48 --no-ocr --sheet sheet.webp # to look at

Ads are made of PAd-Synth's creatives - true plates, products and texts - in five formats in turn, as many in Chinese, in
English and mixed as there are. Their words are set, and then read back line by line by RapidOCR (pip install rapidocr), which
never saw the text. Letters and digits are compared without regard to case; marks between selling points are not.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from uniadgen.ads import Ad, Box
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import load_picture, load_rgb
from uniadgen.imaging.placing import place
from uniadgen.rng import stream
from uniadgen.typography import Typesetting
from uniadgen.words import HAN

FORMATS = {"1:1": (768, 768), "4:5": (768, 960), "9:16": (720, 1280), "16:9": (1280, 720), "3:1": (1500, 500)}
WIDE = 1.8  # width by height from which a plate's own place of the product doesn't fit


@dataclass
class Figures:
    """What was measured of some ads."""

    ads: int = 0
    letters: int = 0
    wrong: int = 0
    overlap: int = 0
    contrast: list[float] = field(default_factory=list)
    held: int = 0
    blocks: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def read(self) -> float:
        return 1 - self.wrong / self.letters if self.letters else float("nan")


def language(text: str) -> str:
    letters = [c for c in text if c.isalpha()]
    chinese = sum(HAN.search(c) is not None for c in letters)
    return "English" if not chinese else "Chinese" if chinese == len(letters) else "mixed"


def creatives(folder: Path, count: int, renders: Path | None) -> list[dict[str, Any]]:
    """Rows of the data set, languages in turn, shuffled by a fixed seed."""
    columns = ["id", "product_id", "text", "selling_points", "description", "placement", "plate"]
    rows = pq.read_table(folder / "creatives.parquet", columns=columns).to_pylist()
    if renders is not None:
        rows = [row for row in rows if (renders / row["product_id"] / f"plate-{row['id']}.webp").exists()]
    stream(0, "typography", "benchmark").shuffle(rows)
    groups: dict[str, list[dict[str, Any]]] = {"English": [], "Chinese": [], "mixed": []}
    for row in rows:
        groups[language(row["text"])].append(row)
    filled = [group for group in groups.values() if group]
    if not filled:
        raise InputError(f"{folder}: has no creatives; name a folder of PAd-Synth's tables")
    of_number = [filled[number % len(filled)] for number in range(count)]
    return [group[number // len(filled) % len(group)] for number, group in enumerate(of_number)]


def made(row: dict[str, Any], cutout: Image.Image, plate: Image.Image, size: tuple[int, int]) -> Ad:
    """An ad of this size from a plate: its part around the product; for wide ones the product stands at the right."""
    side, ratio = plate.width, size[0] / size[1]
    x, y, width, height = (share * side for share in row["placement"])
    across, down = (side * ratio, side) if ratio <= 1 else (side, side / ratio)
    box = Box(0.6, 0.12, 0.94, 0.92)
    left, top = 0.0, side - down if ratio > WIDE else 0.0
    if ratio <= WIDE and width <= across and height <= down:
        left = min(max(0.0, x + width / 2 - across / 2), side - across)
        top = min(max(0.0, y + height / 2 - down / 2), side - down)
        edges = ((x - left) / across, (y - top) / down, (x + width - left) / across, (y + height - top) / down)
        box = Box(*(min(1.0, max(0.0, edge)) for edge in edges))
    window = (left, top, left + across, top + down)
    background = plate.resize(size, Image.Resampling.LANCZOS, box=window)
    placement = place(cutout, size, box)
    image = compose(background, cutout, placement)
    return Ad(
        image, row["text"], background, placement, [], {}, 0, "PAd-Synth",
        description=row["description"], selling_points=list(row["selling_points"]),
    )  # fmt: skip


def ads(folder: Path, count: int, renders: Path | None) -> Iterator[tuple[str, str, Ad]]:
    """Language, format and ad."""
    products = {
        row["id"]: row["cutout"] for row in pq.read_table(folder / "products.parquet", columns=["id", "cutout"]).to_pylist()
    }
    for number, row in enumerate(creatives(folder, count, renders)):
        name = list(FORMATS)[number % len(FORMATS)]
        if renders is None:
            plate, cutout = load_rgb(row["plate"], row["id"]), load_picture(products[row["product_id"]], row["product_id"])
        else:
            of_product = renders / row["product_id"]
            plate = load_rgb(of_product / f"plate-{row['id']}.webp", row["id"])
            cutout = load_picture(of_product / "cutout.webp", row["product_id"])
        yield language(row["text"]), name, made(row, cutout.convert("RGBA"), plate, FORMATS[name])


def letters_of(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def edits(first: str, second: str) -> int:
    """Letters to insert, delete or replace (Levenshtein)."""
    before = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            row.append(min(row[-1] + 1, before[j] + 1, before[j - 1] + (a != b)))
        before = row
    return before[-1]


def reader() -> Any:
    """RapidOCR's recognition of one line."""
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise InputError("reading back needs RapidOCR; pip install rapidocr, or add --no-ocr") from None
    return RapidOCR(params={"Global.log_level": "error"})


def wrong_letters(result: Typesetting, engine: Any) -> tuple[int, int]:
    """Letters that were set, and how many of them were misread, missed or invented."""
    assert result.drawn is not None
    pixels, total, wrong = np.asarray(result.image), 0, 0
    for block, *_ in result.drawn.blocks:
        type_ = result.drawn.types.of(block.role)
        for line in block.lines:
            own, pad = type_.measured(line.text), 0.28 * block.size
            left, right = line.x + own.left * block.size - pad, line.x + (own.advance - own.right) * block.size + pad
            top, bottom = line.baseline - own.ascent * block.size - pad, line.baseline + own.descent * block.size + pad
            part = pixels[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right), ::-1]
            found = engine(np.ascontiguousarray(part), use_det=False, use_cls=False, use_rec=True)
            expected, read = letters_of(line.text), letters_of("".join(found.txts or ()))
            total += len(expected)
            wrong += edits(expected, read)
    return total, wrong


def measure(ad: Ad, figures: Sequence[Figures], engine: Any) -> Typesetting | None:
    """One ad, added to all figures that it counts for."""
    started = time.perf_counter()
    try:
        result = ad.typeset()
    except InputError:
        for one in figures:
            one.ads, one.refused = one.ads + 1, one.refused + 1
        return None
    seconds = time.perf_counter() - started
    changed = (np.asarray(ad.image) != np.asarray(ad.background)).any(-1)
    altered = (np.asarray(result.image) != np.asarray(ad.image)).any(-1)
    total, wrong = wrong_letters(result, engine) if engine is not None else (0, 0)
    least = [block.contrast for block in result.blocks]
    large = max(24.0, 0.045 * min(ad.image.size))
    held = [c >= (3.0 if b.role == "headline" and b.size >= large else 4.5) for b, c in zip(result.blocks, least, strict=True)]
    for one in figures:
        one.ads += 1
        one.letters, one.wrong = one.letters + total, one.wrong + wrong
        one.overlap += int((changed & altered).sum())
        one.contrast.append(min(least))
        one.held, one.blocks = one.held + sum(held), one.blocks + len(held)
        one.seconds.append(seconds)
    return result


def tenths(every: Sequence[Ad]) -> dict[str, set[int]]:
    """Which ads are the darkest, the brightest and the busiest tenth, by their backgrounds."""
    grey = [np.asarray(ad.background.convert("L").resize((64, 64), Image.Resampling.BOX), np.float32) for ad in every]
    light = np.array([one.mean() for one in grey])
    busy = np.array([np.abs(np.diff(one, axis=0)).mean() + np.abs(np.diff(one, axis=1)).mean() for one in grey])
    some = max(1, len(every) // 10)
    ranked = {"darkest tenth": light.argsort(), "brightest tenth": (-light).argsort(), "busiest tenth": (-busy).argsort()}
    return {name: {int(i) for i in order[:some]} for name, order in ranked.items()}


def line(name: str, f: Figures) -> str:
    read = "-" if not f.letters else f"{100 * f.read:.2f} %"
    least = f"{min(f.contrast):.2f}" if f.contrast else "-"
    held = f"{100 * f.held / f.blocks:.1f} %" if f.blocks else "-"
    times = f"{np.median(f.seconds):.3f} s" if f.seconds else "-"
    return f"| {name} | {f.ads} | {f.refused} | {read} | {f.overlap} | {held} | {least} | {times} |"


def sheet(pictures: Sequence[Image.Image], columns: int = 6, cell: int = 360) -> Image.Image:
    """Pictures of any format, each in the middle of its cell."""
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * cell, rows * cell), (128, 128, 128))
    for number, picture in enumerate(pictures):
        small = picture.copy()
        small.thumbnail((cell - 12, cell - 12), Image.Resampling.LANCZOS)
        x, y = number % columns * cell + (cell - small.width) // 2, number // columns * cell + (cell - small.height) // 2
        whole.paste(small, (x, y))
    return whole


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of PAd-Synth's tables, as data/tiny")
    parser.add_argument("--count", type=int, default=200, help="ads (default %(default)s)")
    parser.add_argument("--renders", type=Path, help="folder of the rendered plates, for their full size")
    parser.add_argument("--no-ocr", action="store_true", help="don't read back")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet")
    given = parser.parse_args(argv)
    engine = None if given.no_ocr else reader()
    every = list(ads(given.data, given.count, given.renders))
    groups = tenths([ad for _, _, ad in every])
    figures: dict[str, Figures] = {}
    pictures = []
    for number, (spoken, name, ad) in enumerate(every):
        keys = ["all", spoken, name, *(group for group, members in groups.items() if number in members)]
        result = measure(ad, [figures.setdefault(key, Figures()) for key in keys], engine)
        pictures.append(ad.image if result is None else result.image)
    order = ["all", "English", "Chinese", "mixed", *FORMATS, *groups]
    print("| ads | count | refused | letters read back | letters on the product | contrast held | least | median time |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for key in order:
        if key in figures:
            print(line(key, figures[key]))
    if given.sheet is not None:
        sheet(pictures).save(given.sheet, quality=82)


if __name__ == "__main__":
    main()
