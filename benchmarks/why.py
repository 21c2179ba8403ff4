"""Do the preference module's own weights tell which clicks drove an ad? A comparison with what leaving each click out changes.

    python benchmarks/why.py data/tiny --count 40

For each of some shoppers one ad is explained (`AdGenerator.explain`: the ad is made once more without each click). The
module's own weight of a click is the share of its tokens that the mask keeps, of the picture's tokens beside the change of the
picture, of the text's beside that of the text. Both are ranked within a shopper: Spearman's correlation is 1 where they order
the clicks alike, 0 where the weights say nothing. Shoppers whose weights or changes are all the same have none and are counted.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from uniadgen.ads import AdRequest
from uniadgen.data.layout import iter_rows
from uniadgen.data.lookup import Lookup
from uniadgen.evaluation.figures import interval
from uniadgen.model.preference import TokenMask, keep_mask
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.rng import stream

KINDS = ("picture", "text")


@dataclass(frozen=True)
class Agreement:
    """kind: of tokens and change. correlations: of the shoppers that have one; without: how many have none. mean, low, high:
    of the correlations, with a 95 % interval over shoppers. first: share in which the click of the greatest weight changes
    most."""

    kind: str
    correlations: list[float]
    without: int
    mean: float | None
    low: float | None
    high: float | None
    first: float | None


def ranks(values: Sequence[float]) -> np.ndarray:
    """From 0 on; equal values share the mean of their ranks."""
    ordered = np.asarray(values, float)
    less, same = ordered[:, None] > ordered[None], ordered[:, None] == ordered[None]
    return less.sum(1) + (same.sum(1) - 1) / 2


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """The correlation of the ranks, -1..1; None where one of both has only equal values."""
    x, y = (ranks(values) - (len(values) - 1) / 2 for values in (first, second))
    length = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum()) / length if length else None


@torch.inference_mode()
def own_weights(generator: AdGenerator, request: AdRequest, seed: int, options: GenerateOptions) -> dict[str, list[float]]:
    """For each sampled click the share of its tokens that fine preference keeps, of its picture and of its text."""
    module = generator.model.preference
    kept = dict[str, torch.Tensor]()

    def watch(kind: str) -> Any:
        def hook(mask: TokenMask, given: tuple[Any, ...], _: object) -> None:
            x, visible = given[:2]
            similarity = torch.nn.functional.cosine_similarity(x.float(), mask.encoder(x, visible).float(), dim=-1)
            chosen = keep_mask(similarity, visible, mask.keep, mask.temperature, noise=False)
            kept[kind] = torch.stack([chosen, visible.float()])

        return hook

    hooks = [mask.register_forward_hook(watch(k)) for k, mask in zip(KINDS, (module.mask_image, module.mask_text), strict=True)]
    try:
        (ad,) = generator.prepare([request], [seed], options)
        if ad.clicks is None:
            return {kind: [] for kind in KINDS}
        generator.model.preference_tokens(ad.clicks)
    finally:
        for hook in hooks:
            hook.remove()
    shares = {}
    for kind, both in kept.items():
        chosen, visible = both[:, 0].reshape(2, len(ad.sampled), -1).sum(2)
        shares[kind] = (chosen / visible.clamp(min=1)).tolist()
    return shares


def compare(
    generator: AdGenerator, requests: Sequence[AdRequest], options: GenerateOptions, progress: Any = lambda done: None
) -> list[Agreement]:
    """How far weights and measured changes agree over these requests. progress: is told how many are done."""
    pairs: dict[str, list[tuple[list[float], list[float]]]] = {kind: [] for kind in KINDS}
    for number, request in enumerate(requests):
        why = generator.explain(request, seed=number, options=options)
        weights = own_weights(generator, request, number, options)
        for kind in KINDS:
            pairs[kind].append((weights[kind], [getattr(click.change, kind) for click in why.clicks]))
        progress(number + 1)
    return [agreement(kind, pairs[kind]) for kind in KINDS]


def agreement(kind: str, pairs: Sequence[tuple[list[float], list[float]]]) -> Agreement:
    """pairs: weights and changes of the clicks of one shopper each."""
    compared = [(spearman(*pair), int(np.argmax(pair[0])) == int(np.argmax(pair[1]))) for pair in pairs if pair[0]]
    ordered = [(correlation, first) for correlation, first in compared if correlation is not None]
    if not ordered:
        return Agreement(kind, [], len(pairs), None, None, None, None)
    correlations = [correlation for correlation, _ in ordered]
    low, high = interval(np.array(correlations))
    mean, first = float(np.mean(correlations)), float(np.mean([first for _, first in ordered]))
    return Agreement(kind, correlations, len(pairs) - len(ordered), mean, low, high, first)


def requests_of(data: Path, count: int, seed: int) -> list[AdRequest]:
    """Shoppers of a data set with clicks, each with a product of somebody else's."""
    lookup, draw = Lookup(data), stream(seed, "why")
    shoppers = [str(row["id"]) for row in iter_rows(data, "users", ("id", "clicks"), 1024) if len(row["clicks"]) > 2]
    products = [str(row["id"]) for row in iter_rows(data, "products", ("id",), 1024)]
    chosen = draw.sample(shoppers, min(count, len(shoppers)))
    return [AdRequest(lookup.product(draw.choice(products)), lookup.history(shopper)) for shopper in chosen]


def table(agreements: Sequence[Agreement]) -> str:
    lines = [
        "| of | shoppers | without any order | Spearman, mean [95 %] | greatest weight changes most |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in agreements:
        said = "-" if one.mean is None else f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]"
        first = "-" if one.first is None else f"{one.first:.0%}"
        lines.append(f"| {one.kind} | {len(one.correlations)} | {one.without} | {said} | {first} |")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="a data set with users")
    parser.add_argument("--count", type=int, default=40, help="shoppers (default 40)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, help="folder of a model (default: the embedded one)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(words)
    generator = AdGenerator.from_pretrained(arguments.model)
    requests = requests_of(arguments.data, arguments.count, arguments.seed)
    options = GenerateOptions(size=(256, 256))
    agreements = compare(generator, requests, options, lambda done: print(f"{done} of {len(requests)}", file=sys.stderr))
    print(json.dumps([asdict(one) for one in agreements], indent=2) if arguments.json else table(agreements))


if __name__ == "__main__":
    main()
