"""Ads of real products for shoppers of another world, to be looked at: contact sheets, the inspection's verdicts, and how far
these agree with labels by eye.

    python benchmarks/real_ads.py make PRODUCTS SHOPPERS --out DIR [--best-of 4] [--model FOLDER]
    python benchmarks/real_ads.py compare DIR LABELS.csv [--anew PRODUCTS]

PRODUCTS is a folder with products.jsonl (a line {"id", "image", "description", "selling_points"} for each), SHOPPERS one with
NAME.json for each shopper (a list of {"image", "text"}). `make` writes PRODUCT-SHOPPER.png, .background.png and .json, and
sheet-0.png, sheet-1.png ... with twelve ads each, and says how often the mean colour of a background (CIELAB) is nearer to that
of the edges of the shopper's own clicked ads than to that of another shopper's. LABELS.csv has the columns ad (PRODUCT-SHOPPER)
and criteria (those that the picture violates, joined by spaces; empty: none), and may have run (yes: one would run the ad).
`compare` prints the available rate by eye and by the inspection - the verdicts in the ads' records, or with `--anew` those of
today's inspection of the same pictures -, their agreement and Cohen's kappa, and how many one would run.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from uniadgen.ad_files import write_ad
from uniadgen.ads import AdRequest, Click, Placement, Product, Stance
from uniadgen.imaging.cutout import cut_out
from uniadgen.imaging.loading import load_product, load_rgb
from uniadgen.inspection.picture import inspect_picture
from uniadgen.metrics.palette import GRID, palette
from uniadgen.pipeline.generator import AdGenerator

TILE, COLUMNS, ROWS = 420, 4, 3


def make(arguments: argparse.Namespace) -> None:
    generator = AdGenerator.from_pretrained(arguments.model)
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    products = [json.loads(line) for line in (arguments.products / "products.jsonl").read_text("utf-8").splitlines()]
    shoppers = sorted(arguments.shoppers.glob("*.json"))
    names = []
    colours = {shopper.stem: _clicked_colour(shopper) for shopper in shoppers}
    nearer: list[bool] = []
    for entry in products:
        product = Product(arguments.products / entry["image"], entry["description"], entry["selling_points"])
        cutout, _ = cut_out(load_product(product.image, "product")[0], "product")
        for shopper in shoppers:
            clicks = [Click(shopper.parent / c["image"], c["text"]) for c in json.loads(shopper.read_text("utf-8"))]
            (ad,) = generator.generate_many(
                [AdRequest(product, clicks)], seeds=[arguments.seed], best_of=arguments.best_of, shadow=not arguments.no_shadow
            )
            name = f"{entry['id']}-{shopper.stem}"
            if "picture" not in ad.inspection:
                verdict = inspect_picture(ad.image, ad.background, ad.placement, cutout, ad.stance)
                ad.inspection["picture"] = verdict.as_dict()
            write_ad(ad, out, name)
            distance = {who: np.linalg.norm(palette(ad.background).mean((0, 1)) - colour) for who, colour in colours.items()}
            nearer += [bool(distance[shopper.stem] < distance[who]) for who in distance if who != shopper.stem]
            names.append(name)
            verdict = [violation["criterion"] for violation in ad.inspection["picture"]["violations"]]
            print(f"{name}: {' '.join(verdict) or 'qualified'} | {ad.text}", flush=True)
    print(f"background nearer in colour to the shopper's own clicks than to another's: {sum(nearer)} of {len(nearer)}")
    each = COLUMNS * ROWS
    for first in range(0, len(names), each):
        sheet = Image.new("RGB", (COLUMNS * TILE, ROWS * TILE))
        for number, name in enumerate(names[first : first + each]):
            tile = load_rgb(out / f"{name}.png", name).resize((TILE, TILE), Image.Resampling.LANCZOS)
            ImageDraw.Draw(tile).text((6, 4), name, "white", stroke_width=1, stroke_fill="black")
            sheet.paste(tile, (number % COLUMNS * TILE, number // COLUMNS * TILE))
        sheet.save(out / f"sheet-{first // each}.png")


def _clicked_colour(shopper: Path) -> NDArray[np.float64]:
    """The mean colour [3] of the outer cells of the clicked ads, where their products are not."""
    outer = np.ones((GRID, GRID), bool)
    outer[1:-1, 1:-1] = False
    clicks = json.loads(shopper.read_text("utf-8"))
    cells = [palette(load_rgb(shopper.parent / click["image"], "click"))[outer] for click in clicks]
    mean: NDArray[np.float64] = np.mean(cells, (0, 1))
    return mean


def _anew(ads: Path, name: str, record: dict[str, Any], cutouts: dict[str, Image.Image]) -> dict[str, Any]:
    """What the inspection says of a stored ad today."""
    cutout = next(cutout for product, cutout in cutouts.items() if name.startswith(f"{product}-"))
    picture, background = (load_rgb(ads / f"{name}{ending}", name) for ending in (".png", ".background.png"))
    stance = Stance(record["stance"]["posture"], record["stance"].get("size_cm"))
    return inspect_picture(picture, background, Placement(**record["placement"]), cutout, stance).as_dict()


def compare(arguments: argparse.Namespace) -> None:
    cutouts: dict[str, Image.Image] = {}
    if arguments.anew is not None:
        for line in (arguments.anew / "products.jsonl").read_text("utf-8").splitlines():
            entry = json.loads(line)
            cutouts[entry["id"]] = cut_out(load_product(arguments.anew / entry["image"], "product")[0], "product")[0]
    with arguments.labels.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = {row["ad"]: set(row["criteria"].split()) for row in rows}
    pairs = []
    for name, criteria in labels.items():
        record = json.loads((arguments.ads / f"{name}.json").read_text("utf-8"))
        verdict = _anew(arguments.ads, name, record, cutouts) if cutouts else record["inspection"]["picture"]
        pairs.append((not criteria, verdict["qualified"]))
        rejected = {violation["criterion"] for violation in verdict["violations"]}
        if criteria != rejected:
            print(f"{name}: by eye {sorted(criteria)}, inspection {sorted(rejected)}")
    count = len(pairs)
    eye, accepted = sum(a for a, _ in pairs) / count, sum(b for _, b in pairs) / count
    agreement = sum(a == b for a, b in pairs) / count
    chance = eye * accepted + (1 - eye) * (1 - accepted)
    kappa = (agreement - chance) / (1 - chance) if chance < 1 else float("nan")
    print(
        f"{count} ads: available by eye {eye:.2f}, by inspection {accepted:.2f}; agreement {agreement:.2f}, kappa {kappa:.2f}"
    )
    if rows and "run" in rows[0]:
        print(f"{sum(row['run'] == 'yes' for row in rows)} of {count} would be run")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("make")
    verb.set_defaults(run=make)
    verb.add_argument("products", type=Path)
    verb.add_argument("shoppers", type=Path)
    verb.add_argument("--out", type=Path, required=True)
    verb.add_argument("--best-of", type=int, default=1)
    verb.add_argument("--seed", type=int, default=7)
    verb.add_argument("--model", type=Path)
    verb.add_argument("--no-shadow", action="store_true")
    verb = verbs.add_parser("compare")
    verb.set_defaults(run=compare)
    verb.add_argument("ads", type=Path)
    verb.add_argument("labels", type=Path)
    verb.add_argument("--anew", type=Path, metavar="PRODUCTS")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
