"""Draws the demo's examples from a rendered world: one unseen product, two shoppers of opposite taste, with noise clicks.

python scripts/make_examples.py DATA --product p00042 --out src/uniadgen/examples
"""

import argparse
import json
import random
import shutil
from pathlib import Path

from PIL import Image

from uniadgen.data.labels import read_index
from uniadgen.data.layout import iter_rows
from uniadgen.imaging.loading import load_picture, load_rgb
from uniadgen.padsynth.shoppers import EVERYTHING, Kind, Taste, draw_clicks
from uniadgen.padsynth.specs import DEPARTMENTS, PLAUSIBLE

CLICKS, SIDE = 16, 192  # per shopper; px of a stored click
LIKES: tuple[dict[str, tuple[str, ...]], ...] = (
    {"families": ("living_room", "kitchen", "wood_window", "desk"), "palettes": ("sky", "ivory"), "lights": ("sunny", "soft")},
    {"families": ("festive", "neon", "podium"), "palettes": ("crimson", "terracotta"), "lights": ("golden", "moody")},
)
STYLES = ("spec_pipes", "promotion_square")
NOISE = 4  # of the clicks are on any ad


def taste(number: int) -> Taste:
    liked = LIKES[number]
    families = {d: tuple(f for f in liked["families"] if f in PLAUSIBLE[d])[:2] or ("studio",) for d in DEPARTMENTS}
    everywhere = (dict.fromkeys(DEPARTMENTS, names) for names in (liked["palettes"], liked["lights"], (STYLES[number],)))
    return Taste(families, *everywhere, DEPARTMENTS, ())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--product", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    index = read_index(arguments.data)
    creatives = {row["id"]: row for row in iter_rows(arguments.data, "creatives", ("id", "product_id", "ad", "text"))}
    labels = next(
        row
        for row in iter_rows(arguments.data, "creatives", ("product_id", "description", "selling_points"))
        if row["product_id"] == arguments.product
    )
    cutout = next(r["cutout"] for r in iter_rows(arguments.data, "products") if r["id"] == arguments.product)
    shutil.rmtree(arguments.out, ignore_errors=True)
    (arguments.out / "clicks").mkdir(parents=True)
    load_picture(cutout, "cut-out").save(arguments.out / "product.webp", lossless=True, exact=True)
    points = list(labels["selling_points"])
    random.Random(arguments.seed).shuffle(points)
    for number in range(2):
        draw = random.Random(arguments.seed * 2 + number)
        plan: list[tuple[Kind, str, int]] = [("taste", EVERYTHING, 0)] * (CLICKS - NOISE) + [("one-off", EVERYTHING, 0)] * NOISE
        plan *= 2
        draw.shuffle(plan)
        rows, _ = draw_clicks(draw, taste(number), index, "train", plan)
        rows = [row for row in rows if creatives[index.ids[row]]["text"].isascii()]  # the demo's sheet has a Latin font
        history = []
        for row in rows[:CLICKS]:
            clicked = creatives[index.ids[row]]
            name = f"clicks/{clicked['id']}.webp"
            picture = load_rgb(clicked["ad"], clicked["id"])
            picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(arguments.out / name, quality=80)
            history.append({"image": name, "text": clicked["text"]})
        request = {
            "product": {"image": "product.webp", "description": labels["description"], "selling_points": points},
            "history": history,
        }
        text = json.dumps(request, ensure_ascii=False, indent=2)
        (arguments.out / f"shopper-{number + 1}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
