"""Words in pictures, measured: are they read, are they off the product, does their contrast hold, how long does it take?

    python benchmarks/typography.py data/tiny --count 200                            # the table of docs/typography.md
    python benchmarks/typography.py data/tiny --count 48 --no-ocr --sheet sheet.webp # to look at
    python benchmarks/typography.py data/tiny --painted --only 0 63 81 87 --no-ocr --strip strip.webp   # the README's
    python benchmarks/typography.py DATA --count 200 --renders DATA/raw     # a folder of `uniadgen data render --out DATA`, its
                                                                            # plates at the size that they were rendered in
    python benchmarks/typography.py data/tiny --count 200 --painted    # on what the embedded model paints, not on plates

Ads are made of PAd-Synth's creatives - true plates, products and texts - in five formats in turn, as many in Chinese, in
English and mixed as there are. Their words are set, and then read back by `imaging.ocr` (extra `ocr`), which never saw the
text, in two ways: each line cropped at its known place, letter by letter in order; and the whole picture, in which the
reader has to notice the lines by itself: of the letters that were set those count that it reads in lines that meet a block.
Letters and digits are compared without regard to case; marks between selling points are not.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageOps

from uniadgen.ads import Ad, Box, Click, Product
from uniadgen.data.layout import iter_rows
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import load_picture, load_rgb
from uniadgen.imaging.ocr import check_installed, read_line, read_lines
from uniadgen.imaging.placing import place
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.rng import stream
from uniadgen.typography import Typesetting
from uniadgen.words import HAN

FORMATS = {"1:1": (768, 768), "4:5": (768, 960), "9:16": (720, 1280), "16:9": (1280, 720), "3:1": (1500, 500)}
CELL = 360  # pixels of a picture's place on the contact sheet
WIDE = 1.8  # width by height from which a plate's own place of the product doesn't fit


@dataclass(frozen=True)
class Measured:
    """One ad. groups: it counts for; contrast, held: of each block; light, busy: of its background. noticed:
    letters that were read in the whole picture."""

    groups: tuple[str, ...]
    light: float
    busy: float
    letters: int = 0
    wrong: int = 0
    noticed: int = 0
    overlap: int = 0
    contrast: tuple[float, ...] = ()
    held: tuple[bool, ...] = ()
    seconds: float | None = None  # None: refused


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
    seen: dict[str, int] = {}
    for row in rows:  # every product once before any a second time
        row["turn"] = seen[row["product_id"]] = seen.get(row["product_id"], -1) + 1
    for row in sorted(rows, key=lambda row: row["turn"]):
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


def numbered(folder: Path, given: argparse.Namespace) -> list[tuple[int, dict[str, Any]]]:
    """The rows that ads are made of, each with the number that decides its format and its shopper."""
    rows = enumerate(creatives(folder, given.count, given.renders))
    return [(number, row) for number, row in rows if not given.only or number in given.only]


def ads(folder: Path, given: argparse.Namespace) -> Iterator[tuple[str, str, Ad]]:
    """Language, format and ad."""
    products = {
        row["id"]: row["cutout"] for row in pq.read_table(folder / "products.parquet", columns=["id", "cutout"]).to_pylist()
    }
    renders = given.renders
    for number, row in numbered(folder, given):
        name = list(FORMATS)[number % len(FORMATS)]
        if renders is None:
            plate, cutout = load_rgb(row["plate"], row["id"]), load_picture(products[row["product_id"]], row["product_id"])
        else:
            of_product = renders / row["product_id"]
            plate = load_rgb(of_product / f"plate-{row['id']}.webp", row["id"])
            cutout = load_picture(of_product / "cutout.webp", row["product_id"])
        yield language(row["text"]), name, made(row, cutout.convert("RGBA"), plate, FORMATS[name])


def painted_ads(folder: Path, given: argparse.Namespace) -> Iterator[tuple[str, str, Ad]]:
    """As `ads`, but with what the embedded model paints behind these products for shoppers of the data set. The words are the
    creatives', so that they are of three kinds."""
    generator = AdGenerator.from_pretrained()
    cutouts = {row["id"]: row["cutout"] for row in iter_rows(folder, "products", ("id", "cutout"))}
    clicks = {row["id"]: Click(load_rgb(row["ad"], row["id"]), row["text"]) for row in iter_rows(folder, "creatives")}
    histories = [[clicks[click["creative"]] for click in user["clicks"]] for user in iter_rows(folder, "users")]
    for number, row in numbered(folder, given):
        name = list(FORMATS)[number % len(FORMATS)]
        cutout = load_picture(cutouts[row["product_id"]], row["product_id"])
        product = Product(cutout.convert("RGBA"), row["description"], row["selling_points"])
        ad = generator.generate(product, histories[number % len(histories)], size=FORMATS[name], seed=number)
        yield language(row["text"]), name, replace(ad, text=row["text"])


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


def wrong_letters(result: Typesetting) -> tuple[int, int]:
    """Letters that were set, and how many of them were misread, missed or invented."""
    assert result.drawn is not None
    total, wrong = 0, 0
    for block, *_ in result.drawn.blocks:
        type_ = result.drawn.types.of(block.role)
        for line in block.lines:
            extent, pad = type_.measured(line.text), 0.28 * block.size
            left, right = line.x + extent.left * block.size - pad, line.x + (extent.advance - extent.right) * block.size + pad
            top, bottom = line.baseline - extent.ascent * block.size - pad, line.baseline + extent.descent * block.size + pad
            right, bottom = min(result.image.width, right), min(result.image.height, bottom)
            part = result.image.crop((max(0, int(left)), max(0, int(top)), int(right), int(bottom)))
            expected, read = letters_of(line.text), letters_of(read_line(part)[0])
            total += len(expected)
            wrong += edits(expected, read)
    return total, wrong


def noticed_letters(result: Typesetting) -> int:
    """Of the letters that were set, those that a reader of the whole picture notices and reads."""
    put, seen = Counter[str](), Counter[str]()
    for block in result.blocks:
        put.update(letters_of(block.text))
    for row in read_lines(result.image):
        left, top, right, bottom = row.box
        if any(left < b.box[2] and b.box[0] < right and top < b.box[3] and b.box[1] < bottom for b in result.blocks):
            seen.update(letters_of(row.text))
    return (put & seen).total()


def measured(ad: Ad, groups: tuple[str, ...], read_back: bool) -> tuple[Measured, Image.Image]:
    """One ad, and its picture with words."""
    grey = np.asarray(ad.background.convert("L").resize((64, 64), Image.Resampling.BOX), np.float32)
    busy = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    plain = Measured(groups, float(grey.mean()), float(busy))
    started = time.process_time()
    try:
        result = ad.typeset()
    except InputError:
        return plain, ad.image
    seconds = time.process_time() - started
    product = (np.asarray(ad.image) != np.asarray(ad.background)).any(-1)
    altered = (np.asarray(result.image) != np.asarray(ad.image)).any(-1)
    letters, wrong = wrong_letters(result) if read_back else (0, 0)
    noticed = noticed_letters(result) if read_back else 0
    contrast = tuple(block.contrast for block in result.blocks)
    large = max(24.0, 0.045 * min(ad.image.size))
    held = [
        c >= (3.0 if b.role == "headline" and b.size >= large else 4.5) for b, c in zip(result.blocks, contrast, strict=True)
    ]
    overlap = int((product & altered).sum())
    return replace(
        plain,
        letters=letters,
        wrong=wrong,
        noticed=noticed,
        overlap=overlap,
        contrast=contrast,
        held=tuple(held),
        seconds=seconds,
    ), result.image


def with_tenths(every: Sequence[Measured]) -> list[Measured]:
    """The darkest, the brightest and the busiest tenth are groups, too."""
    some = max(1, len(every) // 10)
    orders = {
        "darkest tenth": sorted(range(len(every)), key=lambda i: every[i].light),
        "brightest tenth": sorted(range(len(every)), key=lambda i: -every[i].light),
        "busiest tenth": sorted(range(len(every)), key=lambda i: -every[i].busy),
    }
    further = {i: [name for name, order in orders.items() if i in order[:some]] for i in range(len(every))}
    return [replace(ad, groups=(*ad.groups, *further[i])) for i, ad in enumerate(every)]


def line(name: str, ads_of_it: Sequence[Measured]) -> str:
    letters, blocks = sum(ad.letters for ad in ads_of_it), [held for ad in ads_of_it for held in ad.held]
    times = [ad.seconds for ad in ads_of_it if ad.seconds is not None]
    read = f"{100 * (1 - sum(ad.wrong for ad in ads_of_it) / letters):.2f} %" if letters else "-"
    noticed = f"{100 * sum(ad.noticed for ad in ads_of_it) / letters:.2f} %" if letters else "-"
    held = f"{100 * sum(blocks) / len(blocks):.1f} %" if blocks else "-"
    least = f"{min(c for ad in ads_of_it for c in ad.contrast):.2f}" if blocks else "-"
    took = f"{np.median(times):.2f} s" if times else "-"
    overlap = sum(ad.overlap for ad in ads_of_it)
    refused = len(ads_of_it) - len(times)
    count = f"{len(ads_of_it)}, {refused} refused" if refused else f"{len(ads_of_it)}"
    return f"| {name} | {count} | {read} | {noticed} | {overlap} | {held} | {least} | {took} |"


def sheet(pictures: Sequence[Image.Image], columns: int, cell: int = CELL) -> Image.Image:
    """Pictures of any format, each in the middle of its cell."""
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * cell, rows * cell), (128, 128, 128))
    for number, picture in enumerate(pictures):
        small = picture.copy()
        small.thumbnail((cell - 12, cell - 12), Image.Resampling.LANCZOS)
        x, y = number % columns * cell + (cell - small.width) // 2, number // columns * cell + (cell - small.height) // 2
        whole.paste(small, (x, y))
    return whole


def strip(pictures: Sequence[Image.Image], height: int = 420, gap: int = 12) -> Image.Image:
    """Pictures of one height beside each other."""
    equal = [p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in pictures]
    whole = Image.new("RGB", (sum(p.width for p in equal) + gap * (len(equal) - 1), height), "white")
    left = 0
    for picture in equal:
        whole.paste(picture, (left, 0))
        left += picture.width + gap
    return whole


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of PAd-Synth's tables, as data/tiny")
    parser.add_argument("--count", type=int, default=200, help="ads (default %(default)s)")
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="of these ads, the numbers to make, from 0")
    parser.add_argument("--renders", type=Path, help="folder of the rendered plates, for their full size")
    parser.add_argument("--painted", action="store_true", help="backgrounds that the embedded model paints, instead of plates")
    parser.add_argument("--no-ocr", action="store_true", help="don't read back")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet")
    parser.add_argument("--strip", type=Path, help="write all pictures side by side")
    given = parser.parse_args(argv)
    if not given.no_ocr:
        check_installed()
    every, pictures = [], []
    for spoken, name, ad in (painted_ads if given.painted else ads)(given.data, given):
        figures, picture = measured(ad, ("all", spoken, name), not given.no_ocr)
        every.append(figures)
        pictures.append(
            picture if given.strip is not None else ImageOps.contain(picture, (CELL, CELL), Image.Resampling.LANCZOS)
        )
    every = with_tenths(every)
    print(
        "| ads | count | letters read back | noticed in the picture and read | letters on the product "
        "| contrast held | least | time, one core |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for key in ("all", "English", "Chinese", "mixed", *FORMATS, "darkest tenth", "brightest tenth", "busiest tenth"):
        if of_it := [ad for ad in every if key in ad.groups]:
            print(line(key, of_it))
    if given.sheet is not None:
        sheet(pictures, min(6, len(pictures))).save(given.sheet, quality=82)
    if given.strip is not None:
        strip(pictures).save(given.strip, quality=82)


if __name__ == "__main__":
    main()
