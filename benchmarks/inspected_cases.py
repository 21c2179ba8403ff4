"""A sheet of held-out cases with what the picture inspection says of them, for the docs.

    python benchmarks/inspected_cases.py RENDERS --out docs/sheets/inspection.jpg

RENDERS is what `uniadgen data render` wrote. Of 200 cases two of each kind of violation and four clean ones are shown;
below each stand its kind, as it was composed, and the verdict, in red where it is another.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from uniadgen.inspection.picture import inspect_picture
from uniadgen.loading.checkpoint import embedded_folder, load_tokenizer
from uniadgen.training.picture_inspector import KINDS, Case, Cases, painter

TILE, COLUMNS, LINE = 200, 6, 34


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("renders", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    tokenizer, _ = load_tokenizer(embedded_folder())
    cases, wanted = Cases(arguments.renders, painter(tokenizer)), {"clean": 4} | dict.fromkeys(KINDS, 2)
    drawn: list[Case] = []
    number = 0
    while any(wanted.values()) and number < 200:
        case = cases.draw(arguments.seed, number, True)
        number += 1
        if wanted[case.kind]:
            wanted[case.kind] -= 1
            drawn.append(case)
    drawn.sort(key=lambda case: ("clean", *KINDS).index(case.kind))
    rows = -(-len(drawn) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * (TILE + LINE)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for place, case in enumerate(drawn):
        inspection = inspect_picture(case.image, case.background, case.placement, case.cutout, case.stance)
        criteria = [violation.criterion for violation in inspection.violations]
        right = (case.criterion in criteria) if case.criterion else not criteria
        left, top = place % COLUMNS * TILE, place // COLUMNS * (TILE + LINE)
        sheet.paste(case.image.resize((TILE - 4, TILE - 4), Image.Resampling.LANCZOS), (left, top))
        pen.text((left + 2, top + TILE - 2), case.kind, "black", font)
        pen.text((left + 2, top + TILE + 13), ", ".join(criteria) or "qualified", "black" if right else "red", font)
    sheet.save(arguments.out, quality=85)


if __name__ == "__main__":
    main()
