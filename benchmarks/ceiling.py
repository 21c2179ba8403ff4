"""What could be reached on PAd-Synth: real ads in place of painted ones, chosen by what is truly known of a shopper.

    python benchmarks/ceiling.py DATA --limit 200
    python benchmarks/ceiling.py --labels-only --size standard --shoppers 6000     # a world that needn't be rendered

For every shopper of a split, ads of the split train stand for the generated one, so that nothing is lost by painting: those of
the product's department and posture that suit best what is known. Known are, in turn, nothing; somebody else's taste; the true
labels of ten clicks - drawn at random, by product similarity as the method samples them, the most similar, the last, or any of
the product's department -, which a model has to read off pictures; those of all clicks; and the shopper's own taste, which no
model is told. With --labels-only no picture is compared, only labels: `agreement` is the share of the weights of family,
palette and light that an ad has in common with the true one, `all` the share of ads that have all three.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.clicks.sampling import sample_clicks
from uniadgen.clicks.similarity import Embedder, hashed_embedder
from uniadgen.data.labels import open_labels
from uniadgen.data.layout import iter_rows
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import load_cases, open_picture
from uniadgen.loading.background_encoder import load_encoder
from uniadgen.metrics.background_features import embeddings
from uniadgen.metrics.palette import distance_of_palettes, palette
from uniadgen.model.background_encoder import BackgroundEncoder
from uniadgen.padsynth.shoppers import FAMILY_WEIGHT, LIGHT_WEIGHT, PALETTE_WEIGHT, Taste
from uniadgen.padsynth.worldgen import World, make_world
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.words import parse_whole

FACETS = ("family", "palette", "light")
WEIGHTS = dict(zip(FACETS, (FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT), strict=True))
OUTSIDE = 0.5  # what a click of another department counts for palette and light
CLICKS = 10
EXAMPLES = 8  # ads that suit equally well are drawn up to this many times, and their figures averaged
Weights = Mapping[str, Mapping[str, float]]  # of each facet's classes
Ad = Mapping[str, Any]  # department, posture, family, palette, light, text


@dataclass(frozen=True)
class Shopper:
    """One shopper whose clicks, target and taste are known. other: somebody else's taste. oracle: an ad with the labels of the
    target but another product, where there is one."""

    clicks: Sequence[str]
    target: str
    description: str  # of the target's product
    taste: Taste
    other: Taste
    oracle: str | None


@dataclass(frozen=True)
class Looks:
    """What two figures compare of an ad."""

    background: NDArray[np.float32]  # its embedding
    palette: NDArray[np.float64]  # of its plate


@dataclass(frozen=True)
class Row:
    """What a rule reaches, as means over shoppers. right: share of ads with the true ad's family, palette, light."""

    right: dict[str, float]
    agreement: float  # the same, weighted
    all: float  # ads with all three
    agreement_share: float  # of the way from nothing known to all labels right
    all_share: float
    inside: float | None  # of the clicks, in the target's department
    pictures: "PictureRow | None" = None


@dataclass(frozen=True)
class PictureRow:
    pbs: float
    share: float  # of the way from nothing known to the oracle
    above_other: float  # shoppers for whom it scores higher than somebody else's taste
    hits: float  # ads in a family that the shopper likes for the department
    palette_ratio: float  # palette distance, divided by that with nothing known


# What is known, and what suits it --------------------------------------------------------------------------------------


def weights_of_taste(taste: Taste, department: str) -> Weights:
    liked = {"family": taste.families, "palette": taste.palettes, "light": taste.lights}
    return {facet: dict.fromkeys(of.get(department, ()), WEIGHTS[facet]) for facet, of in liked.items()}


def weights_of_clicks(clicks: Sequence[Ad], department: str) -> Weights:
    """Shares of the clicks; families by those in the department, where there are any, in which the others count less."""
    inside = [click for click in clicks if click["department"] == department] or clicks
    weights = {}
    for facet in FACETS:
        counted: dict[str, float] = {}
        for click in inside if facet == "family" else clicks:
            counted[click[facet]] = counted.get(click[facet], 0.0) + (1.0 if click["department"] == department else OUTSIDE)
        total = sum(counted.values())
        weights[facet] = {name: WEIGHTS[facet] * count / total for name, count in counted.items()}
    return weights


def best(weights: Weights, ads: Mapping[str, Ad], names: Sequence[str], draw: np.random.Generator) -> list[str]:
    """Up to EXAMPLES of those ads that suit best."""
    scores = [sum(weights.get(facet, {}).get(ads[name][facet], 0.0) for facet in FACETS) for name in names]
    highest = max(scores)
    top = [name for name, score in zip(names, scores, strict=True) if score > highest - 1e-9]
    return [str(name) for name in draw.permutation(top)[:EXAMPLES]]


def ten_clicks(shopper: Shopper, ads: Mapping[str, Ad], draw: np.random.Generator, embedder: Embedder) -> dict[str, list[str]]:
    """Ten clicks of a shopper in each of the ways to choose them."""
    texts = [str(ads[name]["text"]) for name in shopper.clicks]
    vectors = embedder([shopper.description, *texts])
    similarity = np.clip(vectors[1:] @ vectors[0], -1, 1).astype(np.float64)

    def sampled(sampling: Any) -> list[str]:
        return [shopper.clicks[i] for i in sample_clicks(similarity, CLICKS, sampling, draw)]

    department = ads[shopper.target]["department"]
    inside = [name for name in shopper.clicks if ads[name]["department"] == department]
    return {
        "ten random clicks": sampled("random"),
        "ten clicks, product-similarity": sampled("product-similarity"),
        "ten clicks, most similar": sampled("most-similar"),
        "ten most recent clicks": list(shopper.clicks[-CLICKS:]),
        "ten clicks of the department": [str(name) for name in draw.permutation(inside)[:CLICKS]]
        or list(shopper.clicks[-CLICKS:]),
        "all clicks": list(shopper.clicks),
    }


def choices(
    shoppers: Sequence[Shopper], ads: Mapping[str, Ad], shelf: Iterable[str], embedder: Embedder
) -> tuple[list[Shopper], dict[str, list[list[str]]], dict[str, float]]:
    """The shoppers for whose product the shelf has ads; by rule the ads for each of them; the share of clicks inside."""
    shelves: dict[tuple[str, str | None], list[str]] = {}
    for name in shelf:
        shelves.setdefault((ads[name]["department"], ads[name]["posture"]), []).append(name)
    served = [s for s in shoppers if (ads[s.target]["department"], ads[s.target]["posture"]) in shelves]
    chosen: dict[str, list[list[str]]] = {}
    inside: dict[str, list[float]] = {}
    for number, shopper in enumerate(served):
        draw = np.random.default_rng(number)
        aim = ads[shopper.target]
        department, names = aim["department"], shelves[aim["department"], aim["posture"]]
        rules: dict[str, Weights] = {"nothing": {}, "somebody else's taste": weights_of_taste(shopper.other, department)}
        for rule, clicks in ten_clicks(shopper, ads, draw, embedder).items():
            rules[f"labels of {rule}"] = weights_of_clicks([ads[name] for name in clicks], department)
            inside.setdefault(f"labels of {rule}", []).append(
                np.mean([ads[n]["department"] == department for n in clicks]).item()
            )
        rules["the taste"] = weights_of_taste(shopper.taste, department)
        for rule, weights in rules.items():
            chosen.setdefault(rule, []).append(best(weights, ads, names, draw))
    return served, chosen, {rule: float(np.mean(values)) for rule, values in inside.items()}


# Figures ---------------------------------------------------------------------------------------------------------------


def label_rows(
    shoppers: Sequence[Shopper],
    ads: Mapping[str, Ad],
    chosen: Mapping[str, Sequence[Sequence[str]]],
    inside: Mapping[str, float],
) -> dict[str, Row]:
    weights = np.array(list(WEIGHTS.values())) / sum(WEIGHTS.values())
    agreement = {}
    for rule, of in chosen.items():
        equal = []
        for shopper, names in zip(shoppers, of, strict=True):
            same = np.array([[ads[name][facet] == ads[shopper.target][facet] for facet in FACETS] for name in names], float)
            equal.append([*same.mean(0), (same @ weights).mean(), same.all(1).mean()])
        agreement[rule] = np.mean(equal, axis=0).tolist()
    base = agreement["nothing"]
    return {
        rule: Row(
            dict(zip(FACETS, values[:3], strict=True)),
            values[3],
            values[4],
            (values[3] - base[3]) / (1 - base[3]),
            (values[4] - base[4]) / (1 - base[4]),
            inside.get(rule),
        )
        for rule, values in agreement.items()
    }


def looks_of(data: Path, wanted: Iterable[str], encoder: BackgroundEncoder) -> dict[str, Looks]:
    """Of creatives, by id; a few hundred pictures are held at a time."""
    looks: dict[str, Looks] = {}
    names = set(wanted)
    rows = (row for row in iter_rows(data, "creatives", ("id", "ad", "plate"), 64) if row["id"] in names)
    while some := list(islice(rows, 256)):
        vectors = embeddings(encoder, (open_picture(row["ad"], row["id"]) for row in some))
        for row, vector in zip(some, vectors, strict=True):
            looks[row["id"]] = Looks(vector, palette(open_picture(row["plate"] or row["ad"], row["id"])))
    return looks


def picture_rows(
    shoppers: Sequence[Shopper],
    ads: Mapping[str, Ad],
    chosen: Mapping[str, Sequence[Sequence[str]]],
    looks: Mapping[str, Looks],
) -> dict[str, PictureRow]:
    measured_by_rule = {}
    for rule, of in chosen.items():
        values = []
        for shopper, names in zip(shoppers, of, strict=True):
            goal, liked = looks[shopper.target], shopper.taste.families.get(ads[shopper.target]["department"], ())
            pbs = [looks[name].background @ goal.background for name in names]
            distance = [distance_of_palettes(looks[name].palette, goal.palette) for name in names]
            values.append([np.mean(pbs), np.mean(distance), np.mean([ads[name]["family"] in liked for name in names])])
        measured_by_rule[rule] = np.array(values, float)
    nothing, other, top = (measured_by_rule[name] for name in ("nothing", "somebody else's taste", "oracle"))
    rows = {}
    for rule, measured in measured_by_rule.items():
        pbs, distance, hits = measured.mean(0).tolist()
        share = (pbs - nothing[:, 0].mean()) / (top[:, 0].mean() - nothing[:, 0].mean())
        above = (np.sign(measured[:, 0] - other[:, 0]) + 1).mean() / 2
        rows[rule] = PictureRow(pbs, float(share), float(above), hits, float(distance / nothing[:, 1].mean()))
    return rows


def ceiling(
    data: Path, split: str, limit: int | None, pictures: bool = True, embedder: Embedder = hashed_embedder
) -> tuple[dict[str, Row], int]:
    """Rows by what is known, and the number of shoppers (those with an oracle). Raises InputError."""
    labels = open_labels(data)
    columns = ("id", "split", "department", "text", "description")
    table = {row["id"]: row for row in iter_rows(data, "creatives", columns, 4096)}
    ads = {name: {**labels.creatives[name], **row} for name, row in table.items() if name in labels.creatives}
    clicks = {user["id"]: [c["creative"] for c in user["clicks"]] for user in iter_rows(data, "users", ("id", "clicks"), 4096)}
    shoppers = []
    for case in load_cases(data, split, limit):
        taste, other = labels.taste(case.id), labels.taste(case.other)
        if case.oracle is not None and taste is not None and other is not None:
            described = ads[case.target]["description"]
            shoppers.append(Shopper(clicks[case.id], case.target, described, taste, other, case.oracle))
    if not shoppers:
        raise InputError(f"{data}: no shopper of the split {split} has a taste; only those of PAd-Synth have")
    shoppers, chosen, inside = choices(shoppers, ads, [name for name, ad in ads.items() if ad["split"] == "train"], embedder)
    chosen["oracle"] = [[str(shopper.oracle)] for shopper in shoppers]
    rows = label_rows(shoppers, ads, chosen, inside)
    if pictures:
        wanted = {name for of in chosen.values() for names in of for name in names} | {s.target for s in shoppers}
        pictured = picture_rows(shoppers, ads, chosen, looks_of(data, wanted, load_encoder()))
        rows = {rule: Row(**{**vars(row), "pictures": pictured[rule]}) for rule, row in rows.items()}
    return rows, len(shoppers)


def ceiling_of_world(
    world: World, split: str, limit: int | None, embedder: Embedder = hashed_embedder
) -> tuple[dict[str, Row], int]:
    """The same of labels alone, for a world that need not be rendered."""
    products = {product.id: product for product in world.products}
    ads = {
        creative.id: {
            "department": products[creative.product_id].department,
            "posture": products[creative.product_id].posture,
            "family": creative.scene.family,
            "palette": creative.scene.palette,
            "light": creative.scene.light,
            "text": creative.text,
            "product": creative.product_id,
        }
        for creative in world.creatives
    }
    drawn = list(islice((shopper for shopper in world.shoppers() if shopper.split == split), limit))
    shoppers = [
        Shopper(
            [name for name, _ in s.clicks],
            s.target,
            products[ads[s.target]["product"]].description,
            s.taste,
            drawn[(k + len(drawn) // 2) % len(drawn)].taste,
            None,
        )
        for k, s in enumerate(drawn)
    ]
    if not shoppers:
        raise InputError(f"argument --split: the world has no shopper in the split {split}")
    shelf = [name for name, ad in ads.items() if world.splits[ad["product"]] == "train"]
    shoppers, chosen, inside = choices(shoppers, ads, shelf, embedder)
    return label_rows(shoppers, ads, chosen, inside), len(shoppers)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA", help="left out: a world of --size, by labels only")
    parser.add_argument("--labels-only", action="store_true", help="compare no pictures")
    parser.add_argument("--size", default="standard", help="of the world where there is no DATA (default standard)")
    parser.add_argument("--shoppers", type=int, default=6000, metavar="N", help="of that world (default 6000)")
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, metavar="N", help="shoppers (default: all of the split)")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="whose embedder says which products are alike")
    arguments = parser.parse_args(argv)
    if arguments.limit is not None and arguments.limit < 1:
        parser.error("--limit must be at least 1")
    if arguments.data is None and not arguments.labels_only:
        parser.error("without DATA there are no pictures; add --labels-only")
    try:
        embedder = hashed_embedder if arguments.model is None else AdGenerator.from_pretrained(arguments.model).loaded.embedder
        if arguments.data is None:
            size = arguments.size if (products := parse_whole(arguments.size)) is None else products
            rows, count = ceiling_of_world(make_world(0, size, arguments.shoppers), arguments.split, arguments.limit, embedder)
        else:
            rows, count = ceiling(arguments.data, arguments.split, arguments.limit, not arguments.labels_only, embedder)
    except (InputError, OSError, ValueError) as error:
        parser.error(str(error))
    print(f"{count} shoppers of the split {arguments.split}; real ads of the split train in place of generated ones")
    print_table(rows)


def print_table(rows: Mapping[str, Row]) -> None:
    pictured = any(row.pictures is not None for row in rows.values())
    heads = ["known", *FACETS, "agreement", "all", "share of the way", "of all", "clicks in the department"]
    heads += ["PBS", "share of the way in PBS", "above somebody else's", "scene hit", "palette ratio"] if pictured else []
    print(f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |", sep="\n")
    for name, row in rows.items():
        values = [*row.right.values(), row.agreement, row.all, row.agreement_share, row.all_share, row.inside]
        if row.pictures is not None:
            values += list(vars(row.pictures).values())
        print(f"| {' | '.join([name, *('' if value is None else f'{value:.3f}' for value in values)])} |")


if __name__ == "__main__":
    main()
