"""What could be reached on PAd-Synth: real ads in place of painted ones, chosen by what is truly known of a shopper.

    python benchmarks/ceiling.py DATA --limit 200

For every shopper of a split, ads of the split train stand for the generated one, so that nothing is lost by painting: those of
the product's department that suit best what is known. Known are, in turn, nothing; somebody else's taste; the true labels of
ten clicks and of all, counted, which a model has to read off pictures; and the shopper's own taste, which no model is
told.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.data.layout import iter_rows, read_creatives
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import Case, load_cases, open_picture
from uniadgen.metrics.palette import distance_of_palettes, palette
from uniadgen.metrics.pbs import embeddings
from uniadgen.model.background_encoder import BackgroundEncoder, load_encoder
from uniadgen.padsynth.shoppers import FAMILY_WEIGHT, LIGHT_WEIGHT, PALETTE_WEIGHT, Taste

FACETS = ("family", "palette", "light")
WEIGHTS = dict(zip(FACETS, (FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT), strict=True))
SHOWN = 8  # ads that suit equally well are drawn up to this many times, and their figures averaged
Worth = Mapping[str, Mapping[str, float]]  # of each facet's classes


@dataclass(frozen=True)
class Looks:
    """What two figures compare of an ad."""

    background: NDArray[np.float32]  # its embedding
    palette: NDArray[np.float64]  # of its plate


@dataclass(frozen=True)
class Row:
    """What a rule reaches, as means over shoppers. right: share of ads with the true ad's family, palette, light."""

    pbs: float
    share: float  # of the way from nothing known to the oracle
    above_other: float  # shoppers for whom it scores higher than somebody else's taste
    hits: float  # ads in a family that the shopper likes for the department
    palette_ratio: float  # palette distance, divided by that with nothing known
    right: dict[str, float]


def worth_of_taste(taste: Mapping[str, Any], department: str) -> Worth:
    known = Taste.from_dict(taste)
    liked = {
        facet: getattr(known, name).get(department, ())
        for facet, name in zip(FACETS, ("families", "palettes", "lights"), strict=True)
    }
    return {facet: dict.fromkeys(names, WEIGHTS[facet]) for facet, names in liked.items()}


def worth_of_clicks(clicks: Sequence[Mapping[str, str]], department: str) -> Worth:
    """Shares of the clicks; families by the clicks in the department, where there are any."""
    inside = [click for click in clicks if click["department"] == department] or clicks
    found = {}
    for facet in FACETS:
        counted = Counter(click[facet] for click in (inside if facet == "family" else clicks))
        total = sum(counted.values())
        found[facet] = {name: WEIGHTS[facet] * count / total for name, count in counted.items()}
    return found


def best(worth: Worth, ads: Mapping[str, Mapping[str, str]], names: Sequence[str], draw: np.random.Generator) -> list[str]:
    """Up to SHOWN of those ads that suit best."""
    scores = [sum(worth.get(facet, {}).get(ads[name][facet], 0.0) for facet in FACETS) for name in names]
    highest = max(scores)
    top = [name for name, score in zip(names, scores, strict=True) if score > highest - 1e-9]
    return [str(name) for name in draw.permutation(top)[:SHOWN]]


def looks_of(data: Path, wanted: Sequence[str], encoder: BackgroundEncoder) -> dict[str, Looks]:
    """Of creatives, by id; a few hundred pictures are held at a time."""
    found: dict[str, Looks] = {}
    names = set(wanted)
    rows = (row for row in iter_rows(data, "creatives", ("id", "ad", "plate"), 64) if row["id"] in names)
    while some := list(islice(rows, 256)):
        vectors = embeddings(encoder, (open_picture(row["ad"], row["id"]) for row in some))
        for row, vector in zip(some, vectors, strict=True):
            found[row["id"]] = Looks(vector, palette(open_picture(row["plate"] or row["ad"], row["id"])))
    return found


def ceiling(data: Path, split: str, limit: int | None) -> tuple[dict[str, Row], int]:
    """Rows by what is known, and the number of shoppers (those with an oracle). Raises InputError."""
    cases = [case for case in load_cases(data, split, limit) if case.oracle is not None and case.taste is not None]
    if not cases:
        raise InputError(f"{data}: no shopper of the split {split} has a taste; only those of PAd-Synth have")
    table = read_creatives(data, ("id", "split", "department", *FACETS)).to_pylist()
    ads = {ad["id"]: ad for ad in table}
    shelves: dict[str, list[str]] = {str(case.department): [] for case in cases}
    for ad in table:
        if ad["split"] == "train" and ad["department"] in shelves:
            shelves[ad["department"]].append(ad["id"])
    wanted = [*(case.target for case in cases), *(str(case.oracle) for case in cases), *chain(*shelves.values())]
    looks = looks_of(data, wanted, load_encoder())
    users = {user["id"]: user for user in iter_rows(data, "users", ("id", "clicks", "taste"))}

    def clicked(case: Case) -> list[Mapping[str, str]]:
        return [ads[click["creative"]] for click in users[case.id]["clicks"]]

    rules: dict[str, Callable[[Case], Worth]] = {
        "nothing": lambda case: {},
        "somebody else's taste": lambda case: worth_of_taste(json.loads(users[case.other]["taste"]), str(case.department)),
        "labels of the last ten clicks": lambda case: worth_of_clicks(clicked(case)[-10:], str(case.department)),
        "labels of all clicks": lambda case: worth_of_clicks(clicked(case), str(case.department)),
        "the taste": lambda case: worth_of_taste(case.taste or {}, str(case.department)),
    }
    chosen: dict[str, list[list[str]]] = {}
    for name, rule in rules.items():
        draw = np.random.default_rng(0)
        chosen[name] = [best(rule(case), ads, shelves[str(case.department)], draw) for case in cases]
    chosen["oracle"] = [[str(case.oracle)] for case in cases]
    told = {name: np.array([shopper(*pair, ads, looks) for pair in zip(cases, of, strict=True)]) for name, of in chosen.items()}
    nothing, other, top = (told[name] for name in ("nothing", "somebody else's taste", "oracle"))
    found = {}
    for name, values in told.items():
        pbs, distance, hits, *right = values.mean(0).tolist()
        share = (pbs - nothing[:, 0].mean()) / (top[:, 0].mean() - nothing[:, 0].mean())
        above = (np.sign(values[:, 0] - other[:, 0]) + 1).mean() / 2
        ratio = distance / nothing[:, 1].mean()
        found[name] = Row(pbs, float(share), float(above), hits, float(ratio), dict(zip(FACETS, right, strict=True)))
    return found, len(cases)


def shopper(case: Case, chosen: Sequence[str], ads: Mapping[str, Any], looks: Mapping[str, Looks]) -> list[float]:
    """Means over the ads chosen for a shopper: PBS, palette distance, scene hit, and whether each facet is the true ad's."""
    goal, liked = looks[case.target], (case.taste or {})["families"].get(case.department, ())
    pbs = [looks[name].background @ goal.background for name in chosen]
    distance = [distance_of_palettes(looks[name].palette, goal.palette) for name in chosen]
    right = [[ads[name][facet] == ads[case.target][facet] for name in chosen] for facet in FACETS]
    return [float(np.mean(values)) for values in (pbs, distance, [ads[name]["family"] in liked for name in chosen], *right)]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, metavar="N", help="shoppers (default: all of the split)")
    arguments = parser.parse_args(argv)
    if arguments.limit is not None and arguments.limit < 1:
        parser.error("--limit must be at least 1")
    try:
        rows, count = ceiling(arguments.data, arguments.split, arguments.limit)
    except (InputError, OSError) as error:
        parser.error(str(error))
    print(f"{count} shoppers of the split {arguments.split}; real ads of the split train in place of generated ones")
    heads = ["known", "PBS", "share of the way", "above somebody else's", "scene hit", "palette ratio", *FACETS]
    print(f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |", sep="\n")
    for name, row in rows.items():
        values = (row.pbs, row.share, row.above_other, row.hits, row.palette_ratio, *row.right.values())
        print(f"| {' | '.join([name, *(f'{value:.3f}' for value in values)])} |")


if __name__ == "__main__":
    main()
