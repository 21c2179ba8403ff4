"""Letters in pictures, read: those that were put there, and those that were not.

    python benchmarks/ocr.py data/tiny                              # the table of decision 016
    python benchmarks/ocr.py data/tiny --count 8 --sheet sheet.png

Pictures of 768 px are made of PAd-Synth's plates and products: with words that our typesetting sets (English, Chinese, mixed),
with one word a little lighter than a dark place of a dark plate, with one on the product, with a small slanted scrap in the
scene, and plates as they are. Letters and digits are compared regardless of case and order; beside set words, what is read at
the product's place is its own print and left out.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from typography import language  # of this folder
from uniadgen.ads import Ad, Placement
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import load_picture, load_rgb
from uniadgen.imaging.ocr import check_installed, read_lines
from uniadgen.imaging.placing import place
from uniadgen.rng import stream
from uniadgen.typography.fonts import choose

SIDE = 768
WORDS = ("SALE", "New Arrival", "Best Price", "限时优惠", "Gift Set", "XQR", "新品上市", "Only 49")
CLOSE = 20  # levels that a dark word is lighter than what is behind it
SMALL, SLANT = 18, 12  # of scraps: pixels of the font, degrees
UNPRINTED = ("armchair", "frying pan")  # products without letters, with room for some


@dataclass(frozen=True)
class Case:
    """kind: the row of the table. letters: those that were put into the picture. printed: where the product has its own."""

    kind: str
    picture: Image.Image
    letters: "Counter[str]"
    printed: Placement | None = None


def letters_of(text: str) -> "Counter[str]":
    return Counter(c for c in text.casefold() if c.isalnum())


def written(
    picture: Image.Image, word: str, middle: tuple[int, int], pixels: int, lighter: int, slant: float = 0
) -> Image.Image:
    """A word around a point, lighter than what is there by so many levels of each channel (darker where that can't be)."""
    font = choose(word, "headline").main.at(pixels)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(word))
    mask = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(mask).text((2 - left, 2 - top), word, fill=255, font=font)
    mask = mask.rotate(slant, Image.Resampling.BICUBIC, expand=True)
    corner = middle[0] - mask.width // 2, middle[1] - mask.height // 2
    behind = np.asarray(picture.crop((*corner, corner[0] + mask.width, corner[1] + mask.height)), float).mean((0, 1))
    ink = behind + lighter * (1 if behind.max() + lighter < 255 else -1)
    result = picture.copy()
    result.paste(tuple(int(level) for level in ink.clip(0, 255)), corner, mask)
    return result


def darkest(plate: Image.Image) -> tuple[int, int]:
    """The middle of the darkest stretch that a word fits into."""
    grey = np.asarray(plate.convert("L").resize((16, 16), Image.Resampling.BOX), float)
    means = np.array([[grey[y : y + 2, x : x + 6].mean() for x in range(11)] for y in range(15)])
    y, x = np.unravel_index(np.argmin(means), means.shape)
    return int((x + 3) * SIDE / 16), int((y + 1) * SIDE / 16)


def cases(folder: Path, count: int) -> Iterator[Case]:
    """`count` pictures of each kind, and three times as many without letters."""
    columns = ["id", "product_id", "category", "text", "selling_points", "description", "plate"]
    rows: list[dict[str, Any]] = pq.read_table(folder / "creatives.parquet", columns=columns).to_pylist()
    products = pq.read_table(folder / "products.parquet", columns=["id", "cutout"]).to_pylist()
    cutouts = {row["id"]: row["cutout"] for row in products}
    stream(0, "ocr", "benchmark").shuffle(rows)

    def plate_of(row: dict[str, Any]) -> Image.Image:
        return load_rgb(row["plate"], row["id"]).resize((SIDE, SIDE), Image.Resampling.BICUBIC)

    def made(row: dict[str, Any]) -> tuple[Image.Image, Placement, Image.Image]:
        plate, cutout = plate_of(row), load_picture(cutouts[row["product_id"]], row["id"]).convert("RGBA")
        where = place(cutout, plate.size)
        return plate, where, compose(plate, cutout, where)

    for spoken in ("English", "Chinese", "mixed"):
        for row in [row for row in rows if language(row["text"]) == spoken][:count]:
            plate, where, image = made(row)
            words, points = row["text"], list(row["selling_points"])
            ad = Ad(image, words, plate, where, [], {}, 0, "", description=row["description"], selling_points=points)
            result = ad.typeset()
            put = sum((letters_of(block.text) for block in result.blocks), Counter[str]())
            yield Case(f"set, {spoken}", result.image, put, where)
    by_light = sorted(rows, key=lambda row: float(np.asarray(load_rgb(row["plate"], row["id"]).convert("L")).mean()))
    for word, row in zip(WORDS, by_light[:count], strict=False):
        plate = plate_of(row)
        yield Case("dark on dark", written(plate, word, darkest(plate), 56, CLOSE), letters_of(word))
    for word, row in zip(WORDS, [row for row in rows if row["category"] in UNPRINTED][:count], strict=False):
        _, where, image = made(row)
        middle = where.left + where.width // 2, where.top + where.height // 2
        yield Case("on the product", written(image, word, middle, 44, 110), letters_of(word))
    for number, (word, row) in enumerate(zip(WORDS, rows[:count], strict=False)):
        slanted = written(plate_of(row), word, (SIDE // 4, SIDE // 4), SMALL, 110, SLANT * (-1) ** number)
        yield Case("small, slanted", slanted, letters_of(word))
    for row in rows[-3 * count :]:
        yield Case("none", plate_of(row), Counter())


def read(case: Case) -> "Counter[str]":
    letters: Counter[str] = Counter()
    for line in read_lines(case.picture):
        x, y = (line.box[0] + line.box[2]) / 2, (line.box[1] + line.box[3]) / 2
        place = case.printed
        if place is None or not (0 <= x - place.left < place.width and 0 <= y - place.top < place.height):
            letters += letters_of(line.text)
    return letters


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of PAd-Synth's tables, as data/tiny")
    parser.add_argument(
        "--count", type=int, default=3, help="pictures of each kind, at most 8; three times as many without letters"
    )
    parser.add_argument("--sheet", type=Path, help="write a contact sheet")
    given = parser.parse_args(argv)
    check_installed()
    of_kind: dict[str, list[tuple[Case, Counter[str], float]]] = {}
    for case in cases(given.data, given.count):
        started = time.process_time()
        seen = read(case)
        of_kind.setdefault(case.kind, []).append((case, seen, time.process_time() - started))
    print("| letters | pictures | noticed in | read of them | read without being there | CPU time |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, results in of_kind.items():
        put = sum(case.letters.total() for case, _, _ in results)
        right = sum((case.letters & seen).total() for case, seen, _ in results)
        wrong = sum((seen - case.letters).total() for case, seen, _ in results)
        noticed = sum(bool(seen & case.letters) for case, seen, _ in results)
        share = f"{100 * right / put:.1f} % of {put}" if put else "-"
        took = float(np.median([seconds for *_, seconds in results]))
        print(f"| {kind} | {len(results)} | {noticed} | {share} | {wrong} | {took:.2f} s |")
    if given.sheet is not None:
        pictures = [case.picture.resize((256, 256)) for results in of_kind.values() for case, _, _ in results]
        whole = Image.new("RGB", (8 * 256, -(-len(pictures) // 8) * 256))
        for number, picture in enumerate(pictures):
            whole.paste(picture, (number % 8 * 256, number // 8 * 256))
        whole.save(given.sheet)


if __name__ == "__main__":
    main()
