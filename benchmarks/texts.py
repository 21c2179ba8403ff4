"""What a shopper's clicks can tell of a text on PAd-Synth, and how much of it the model writes. Nothing has to be rendered.

    python benchmarks/texts.py --shoppers 400
    python benchmarks/texts.py --shoppers 400 --model runs/unified/model

For unseen shoppers of a world, on unseen products, a title is written anew by the world itself, which features it tells drawn
by chance: in the style of the true text; in the shopper's own taste; in the style that ten clicks, sampled by product
similarity, have most often; in somebody else's taste; in any that the product allows. No model can do better with ten clicks
than their true styles let it, but for luck with the features. Below them stands what the model writes: with ten clicks, with
somebody else's, with none, and with ten clicks and the form of the true text. Clicked pictures are grey, since texts don't
depend on them.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image, ImageDraw

from uniadgen import Click, Product
from uniadgen.clicks.sampling import sample_clicks
from uniadgen.clicks.similarity import product_similarity
from uniadgen.errors import InputError
from uniadgen.metrics.text import Prediction, text_metrics
from uniadgen.padsynth.shoppers import Shopper
from uniadgen.padsynth.specs import CreativeSpec, ProductSpec
from uniadgen.padsynth.titles import STYLES, compose_text, fitting_styles
from uniadgen.padsynth.worldgen import make_world
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.request import AdRequest
from uniadgen.words import parse_whole

CLICKS, BATCH, CLOSENESS = 10, 20, 3.0  # CLOSENESS: how much more say a click on a product that is alike has, in nats


@dataclass(frozen=True)
class Case:
    """A shopper whose target is to be written. other: somebody else's."""

    shopper: Shopper
    target: CreativeSpec
    product: ProductSpec
    clicks: Sequence[CreativeSpec]
    other: "Case | None" = None

    @property
    def points(self) -> tuple[str, ...]:
        return tuple(point.text for point in self.product.selling_points)


@dataclass(frozen=True)
class Row:
    """style: share of texts in the style of the true one; None where a text has none. named: with the brand and the kind."""

    style: float | None
    bleu: float
    rouge_l: float
    named: float


def cases_of(size: str | int, seed: int, shoppers: int, split: str) -> list[Case]:
    """So many shoppers of a split, each with another one's clicks."""
    # one shopper in thirty is of each split that is not trained on
    world = make_world(seed, size, shoppers * 40)
    products, creatives = ({thing.id: thing for thing in things} for things in (world.products, world.creatives))
    drawn = []
    for shopper in islice((s for s in world.shoppers() if s.split == split), shoppers):
        target = creatives[shopper.target]
        drawn.append(Case(shopper, target, products[target.product_id], [creatives[name] for name, _ in shopper.clicks]))
    if len(drawn) < 2:
        raise InputError(f"argument --split: the world has {len(drawn)} shoppers in the split {split}; two are needed")
    half = len(drawn) // 2
    return [Case(c.shopper, c.target, c.product, c.clicks, drawn[(k + half) % len(drawn)]) for k, c in enumerate(drawn)]


# Titles that the world writes anew ---------------------------------------------------------------------------------------


def redrawn(cases: Sequence[Case], generator: AdGenerator) -> Iterator[tuple[str, Row]]:
    """By what is known of the style."""
    rules: dict[str, Callable[[Case, list[str], random.Random, np.random.Generator], str]] = {
        "style of the true text": lambda case, fitting, draw, rng: case.target.text_style,
        "the shopper's taste": lambda case, fitting, draw, rng: _of_taste(case, case.shopper, fitting, draw),
        "true styles of ten clicks": lambda case, fitting, draw, rng: _of_clicks(case, fitting, draw, rng, generator),
        "somebody else's taste": lambda case, fitting, draw, rng: _of_taste(
            case, case.other.shopper if case.other else case.shopper, fitting, draw
        ),
        "nothing": lambda case, fitting, draw, rng: draw.choice(fitting),
    }
    for name, rule in rules.items():
        texts, right = [], 0
        for number, case in enumerate(cases):
            draw, rng = random.Random(number), np.random.default_rng(number)
            style = rule(case, [style.name for style in fitting_styles(case.product.selling_points)], draw, rng)
            right += style == case.target.text_style
            texts.append(compose_text(case.product.selling_points, STYLES[style], draw))
        yield name, judged(cases, texts, right / len(cases))


def _of_taste(case: Case, shopper: Shopper, fitting: list[str], draw: random.Random) -> str:
    liked = [style for style in shopper.taste.text_styles.get(case.product.department, ()) if style in fitting]
    return liked[0] if liked else draw.choice(fitting)


def _of_clicks(case: Case, fitting: list[str], draw: random.Random, rng: np.random.Generator, generator: AdGenerator) -> str:
    texts = [click.text for click in case.clicks]
    similarity = product_similarity(texts, case.product.description, generator.loaded.embedder)
    votes = Counter({style: 1e-6 * draw.random() for style in fitting})
    for place in sample_clicks(similarity, CLICKS, "product-similarity", rng):
        if (style := case.clicks[place].text_style) in votes:
            votes[style] += np.exp(CLOSENESS * similarity[place])
    return max(votes, key=lambda style: votes[style])


# Texts of the model ------------------------------------------------------------------------------------------------------


def written(cases: Sequence[Case], generator: AdGenerator) -> Iterator[tuple[str, Row]]:
    """By what the model is given."""
    yield "model, ten clicks", judged(cases, write(cases, generator, lambda case: case.clicks))
    if (forms := generator.model.text_forms) is not None:
        true = [forms.code_of(case.target.text) for case in cases]
        texts = write(cases, generator, lambda case: case.clicks, true)
        yield "model, ten clicks and the true form", judged(cases, texts)
    yield (
        "model, somebody else's clicks",
        judged(cases, write(cases, generator, lambda case: case.other.clicks if case.other else ())),
    )
    yield "model, no clicks", judged(cases, write(cases, generator, lambda case: ()))


def write(
    cases: Sequence[Case],
    generator: AdGenerator,
    clicks_of: Callable[[Case], Sequence[CreativeSpec]],
    forms: Sequence[int] | None = None,
) -> list[str]:
    """Texts for the cases, seeds 0, 1, ...; forms: of the texts, in place of those that the model draws."""
    cutout, grey = Image.new("RGBA", (96, 96)), Image.new("RGB", (96, 96), (128, 128, 128))
    ImageDraw.Draw(cutout).ellipse((16, 16, 80, 95), fill=(200, 60, 60, 255))
    texts: list[str] = []
    size = BATCH if forms is None else 1  # forms are given row by row: threads part a batch
    for first in range(0, len(cases), size):
        some = cases[first : first + size]
        requests = [
            AdRequest(
                Product(cutout, case.product.description, list(case.points)),
                [Click(grey, click.text) for click in clicks_of(case)],
            )
            for case in some
        ]
        form = None if forms is None else torch.tensor([forms[first]])
        with nullcontext() if form is None else patch("uniadgen.pipeline.writing.draw_forms", return_value=form):
            texts += generator.write(requests, seeds=range(first, first + len(some)), without=("pictures",))
    return texts


def judged(cases: Sequence[Case], texts: Sequence[str], style: float | None = None) -> Row:
    scores = text_metrics([Prediction(t, [c.target.text], c.points) for c, t in zip(cases, texts, strict=True)])
    named = [
        all(
            any(point.type == kind and point.text in text for point in case.product.selling_points)
            for kind in ("brand", "type")
        )
        for case, text in zip(cases, texts, strict=True)
    ]
    return Row(style, scores.bleu, scores.rouge_l, sum(named) / len(named))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="default: the embedded model")
    parser.add_argument("--size", default="standard", help="of the world (default standard)")
    parser.add_argument("--seed", type=int, default=0, help="of the world (default 0)")
    parser.add_argument("--shoppers", type=int, default=400, metavar="N", help="default 400")
    parser.add_argument("--split", default="test")
    arguments = parser.parse_args(argv)
    if arguments.shoppers < 2:
        parser.error("--shoppers must be at least 2")
    try:
        size = arguments.size if (products := parse_whole(arguments.size)) is None else products
        cases = cases_of(size, arguments.seed, arguments.shoppers, arguments.split)
        generator = AdGenerator.from_pretrained(arguments.model)
    except (InputError, OSError, ValueError) as error:
        parser.error(str(error))
    print(f"{len(cases)} shoppers of the split {arguments.split}, model {generator.model.config.name}")
    print("| text | style right | BLEU | ROUGE-L | names brand and kind |", "| --- | --- | --- | --- | --- |", sep="\n")
    for rows in (redrawn(cases, generator), written(cases, generator)):
        for name, row in rows:
            style = "" if row.style is None else f"{row.style:.3f}"
            print(f"| {name} | {style} | {row.bleu:.3f} | {row.rouge_l:.3f} | {row.named:.3f} |", flush=True)


if __name__ == "__main__":
    main()
