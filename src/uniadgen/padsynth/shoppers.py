"""The shoppers of PAd-Synth: a hidden taste, clicks that mostly follow it, and one later click as the target.

A taste prefers, for each department, one or two scene families for what stands, lies and hangs, and everywhere one or two
palettes, one or two lights and one text style. A shopper is interested in one or two departments, from which most of what the
shop shows to them comes. The shopper sees the ads of a few dozen products and clicks one of them: by a softmax over how well
they fit the taste, or, for 20 to 30 % of the clicks, at random. The target is the creative that fits best among many of a
product that the shopper never clicked before, from a department of interest.

`sample_history` does the same backwards, for training: given any creative as the target it draws a taste that prefers it and
then clicks of that taste. It works on `CreativeIndex`, a few arrays, and takes well under a millisecond.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.padsynth.specs import (
    DEPARTMENTS,
    FAMILIES,
    LIGHTS,
    PALETTES,
    PLAUSIBLE,
    SCENE_FAMILIES,
    CreativeSpec,
    ProductSpec,
    SceneSpec,
)
from uniadgen.padsynth.titles import STYLES
from uniadgen.rng import stream

# Steep, and pages long: people click one ad of hundreds, and it is noise, not indifference, that makes histories hard to read.
FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT, STYLE_WEIGHT = 6.0, 5.0, 4.0, 5.0
OFFERED = 60  # products that are shown, in all their creatives, for one click
SECOND = 1 / 3  # how often a taste names two of a kind rather than one
FOCUS = 0.75  # share of them that is drawn from the departments of interest
TARGET_CANDIDATES = 100  # products among whose creatives the target is the best fit
CLICKS = (12, 24)
NOISE = (0.2, 0.3)
FIRST_DAY = 1_700_000_000  # seconds since 1970; the clicks of a shopper are spread over the weeks after it
SPLITS = ("train", "val", "test")

_PALETTE_NAMES, _STYLE_NAMES = tuple(PALETTES), tuple(STYLES)
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Taste:
    """What a shopper likes; nothing of it is told to the model."""

    families: dict[str, tuple[str, ...]]  # by department
    palettes: tuple[str, ...]
    lights: tuple[str, ...]
    text_style: str
    interests: tuple[str, ...]  # departments

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "families": {department: list(names) for department, names in self.families.items()},
            "palettes": list(self.palettes),
            "lights": list(self.lights),
            "text_style": self.text_style,
            "interests": list(self.interests),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Taste":
        families = {department: tuple(names) for department, names in data["families"].items()}
        return cls(families, tuple(data["palettes"]), tuple(data["lights"]), data["text_style"], tuple(data["interests"]))


@dataclass(frozen=True)
class Shopper:
    """One shopper; clicks are (creative id, time in seconds since 1970), oldest first; the target comes after all of them."""

    id: str  # "u00042"
    split: str
    taste: Taste
    clicks: tuple[tuple[str, int], ...]
    target: str


@dataclass(frozen=True)
class CreativeIndex:
    """Creatives as arrays of numbers, one entry per creative, for drawing clicks quickly.

    `by_product` lists the creatives of each product, padded with -1. Build it with `index_creatives` or `index_columns`.
    """

    ids: tuple[str, ...]
    row: dict[str, int]
    product: _Ints
    department: _Ints
    family: _Ints
    palette: _Ints
    light: _Ints
    style: _Ints
    by_product: _Ints
    products_of_split: dict[str, _Ints]


def index_columns(
    ids: Sequence[str],
    product_ids: Sequence[str],
    departments: Sequence[str],
    families: Sequence[str],
    palettes: Sequence[str],
    lights: Sequence[str],
    styles: Sequence[str],
    splits: Sequence[str],
) -> CreativeIndex:
    """The index of creatives given by columns of equal length, as they stand in the creatives table."""

    def numbers(values: Sequence[str], names: Sequence[str]) -> _Ints:
        number = {name: k for k, name in enumerate(names)}
        return np.array([number[value] for value in values], dtype=np.int64)

    product_rows: dict[str, list[int]] = {}
    for row, product_id in enumerate(product_ids):
        product_rows.setdefault(product_id, []).append(row)
    widest = max((len(rows) for rows in product_rows.values()), default=0)
    by_product = np.full((len(product_rows), widest), -1, dtype=np.int64)
    for k, rows in enumerate(product_rows.values()):
        by_product[k, : len(rows)] = rows
    split_of_product = [splits[rows[0]] for rows in product_rows.values()]
    return CreativeIndex(
        ids=tuple(ids),
        row={name: k for k, name in enumerate(ids)},
        product=numbers(product_ids, tuple(product_rows)),
        department=numbers(departments, DEPARTMENTS),
        family=numbers(families, FAMILIES),
        palette=numbers(palettes, _PALETTE_NAMES),
        light=numbers(lights, LIGHTS),
        style=numbers(styles, _STYLE_NAMES),
        by_product=by_product,
        products_of_split={
            split: np.array([k for k, s in enumerate(split_of_product) if s == split], dtype=np.int64) for split in SPLITS
        },
    )


def index_creatives(
    products: Iterable[ProductSpec], creatives: Sequence[CreativeSpec], splits: Mapping[str, str]
) -> CreativeIndex:
    """The index of these creatives; `splits` gives the split of each product by its id."""
    department = {product.id: product.department for product in products}
    return index_columns(
        ids=[c.id for c in creatives],
        product_ids=[c.product_id for c in creatives],
        departments=[department[c.product_id] for c in creatives],
        families=[c.scene.family for c in creatives],
        palettes=[c.scene.palette for c in creatives],
        lights=[c.scene.light for c in creatives],
        styles=[c.text_style for c in creatives],
        splits=[splits[c.product_id] for c in creatives],
    )


def _one_or_two(draw: random.Random, names: Sequence[str], must: str | None) -> tuple[str, ...]:
    chosen = draw.sample(names, 2 if draw.random() < SECOND else 1)
    if must is not None and must not in chosen:
        chosen[0] = must
    return tuple(chosen)


def _families(draw: random.Random, department: str, must: str | None) -> tuple[str, ...]:
    """One or two of the scenes for what stands, for what lies and for what hangs: a page shows all of them."""
    families: tuple[str, ...] = ()
    for postures in (("stands", "leans"), ("lies",), ("hangs",)):
        names = tuple(name for name in PLAUSIBLE[department] if SCENE_FAMILIES[name].postures[0] in postures)
        families += _one_or_two(draw, names, must if must in names else None)
    return families


def draw_taste(
    draw: random.Random,
    department: str | None = None,
    family: str | None = None,
    palette: str | None = None,
    light: str | None = None,
    text_style: str | None = None,
) -> Taste:
    """A random taste that prefers whatever is given: `department`, `family` in it, palette, light, text style."""
    return Taste(
        families={name: _families(draw, name, family if name == department else None) for name in DEPARTMENTS},
        palettes=_one_or_two(draw, _PALETTE_NAMES, palette),
        lights=_one_or_two(draw, LIGHTS, light),
        text_style=text_style or draw.choice(_STYLE_NAMES),
        interests=_one_or_two(draw, DEPARTMENTS, department),
    )


def make_taste(seed: int, index: int) -> Taste:
    """The taste of shopper `index`."""
    return draw_taste(stream(seed, "taste", index))


def fits(
    taste: Taste, department: str, family: str, palette: str, light: str, text_style: str
) -> tuple[bool, bool, bool, bool]:
    """Whether a taste prefers the family, palette, light and text style of a creative."""
    return (
        family in taste.families.get(department, ()),
        palette in taste.palettes,
        light in taste.lights,
        text_style == taste.text_style,
    )


def affinity(taste: Taste, department: str, scene: SceneSpec, text_style: str) -> float:
    """How well a creative fits a taste: 0 (not at all) to the sum of all weights; differences are log odds of a click."""
    liked = fits(taste, department, scene.family, scene.palette, scene.light, text_style)
    weights = (FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT, STYLE_WEIGHT)
    return sum(weight for weight, fit in zip(weights, liked, strict=True) if fit)


def _affinities(taste: Taste, index: CreativeIndex, rows: _Ints) -> NDArray[np.float64]:
    """`affinity` for many creatives at once; a row of -1 (no creative) can never be clicked."""
    family = np.zeros((len(DEPARTMENTS), len(FAMILIES)))
    for number, department in enumerate(DEPARTMENTS):
        family[number, [FAMILIES.index(name) for name in taste.families[department]]] = FAMILY_WEIGHT
    palette, light, style = np.zeros(len(_PALETTE_NAMES)), np.zeros(len(LIGHTS)), np.zeros(len(_STYLE_NAMES))
    palette[[_PALETTE_NAMES.index(name) for name in taste.palettes]] = PALETTE_WEIGHT
    light[[LIGHTS.index(name) for name in taste.lights]] = LIGHT_WEIGHT
    style[_STYLE_NAMES.index(taste.text_style)] = STYLE_WEIGHT
    scores: NDArray[np.float64] = (
        family[index.department[rows], index.family[rows]]
        + palette[index.palette[rows]]
        + light[index.light[rows]]
        + style[index.style[rows]]
    )
    return np.where(rows < 0, -np.inf, scores)


def _noise_count(n: int, draw: random.Random) -> int:
    """How many of n clicks ignore the taste: 20 to 30 %, as far as whole numbers allow it."""
    low, high = math.ceil(NOISE[0] * n), math.floor(NOISE[1] * n)
    return draw.randint(low, high) if low <= high else int(n * draw.uniform(*NOISE) + draw.random())


def _draw_clicks(
    draw: random.Random, taste: Taste, index: CreativeIndex, products: _Ints, n: int, noise: bool = True
) -> list[int]:
    """n clicks (rows of creatives) on these products; no creative twice unless everything on the page was clicked before."""
    rng = np.random.default_rng(draw.getrandbits(64))
    shown = products[rng.integers(0, len(products), (n, OFFERED))]
    liked = _of_interest(taste, index, products)
    if len(liked):
        shown = np.where(rng.random(shown.shape) < FOCUS, liked[rng.integers(0, len(liked), shown.shape)], shown)
    rows = index.by_product[shown].reshape(n, -1)
    scores = _affinities(taste, index, rows)
    noisy = rng.permutation(n)[: _noise_count(n, draw) if noise else 0]
    scores[noisy] = np.where(rows[noisy] < 0, -np.inf, 0.0)
    # The largest score plus Gumbel noise is a draw from the softmax, and so is the next one once the largest is ruled out.
    ranked = np.take_along_axis(rows, np.argsort(-(scores + rng.gumbel(size=scores.shape)), axis=1), axis=1).tolist()
    clicked: set[int] = set()
    clicks = []
    for page in ranked:
        row = next((row for row in page if row >= 0 and row not in clicked), page[0])
        clicked.add(row)
        clicks.append(row)
    return clicks


def _of_interest(taste: Taste, index: CreativeIndex, products: _Ints) -> _Ints:
    departments = [DEPARTMENTS.index(name) for name in taste.interests]
    return products[np.isin(index.department[index.by_product[products, 0]], departments)]


def _visible_products(index: CreativeIndex, split: str) -> _Ints:
    """What shoppers of a split may click: the training products, and those of their own split."""
    train = index.products_of_split["train"]
    return train if split == "train" else np.concatenate([train, index.products_of_split[split]])


def sample_history(draw: random.Random, target: str, index: CreativeIndex, n: int, clear: bool = False) -> list[str]:
    """The ids of n clicks of an invented shopper who would click the creative `target`, oldest first.

    The taste prefers the target's family in its department, its palette, its light and its text style; all else is drawn.
    Clicks fall on the products of the target's split and the training products, never on the target's own product.
    clear: a shopper who is easy to read, for learning: likes one thing of each kind, clicks in the target's department, and
    never at random.
    """
    row = index.row[target]
    product = index.product[row]
    taste = draw_taste(
        draw,
        department=DEPARTMENTS[index.department[row]],
        family=FAMILIES[index.family[row]],
        palette=_PALETTE_NAMES[index.palette[row]],
        light=LIGHTS[index.light[row]],
        text_style=_STYLE_NAMES[index.style[row]],
    )
    if clear:
        families = {**taste.families, DEPARTMENTS[index.department[row]]: (FAMILIES[index.family[row]],)}
        taste = replace(
            taste,
            families=families,
            palettes=(_PALETTE_NAMES[index.palette[row]],),
            lights=(LIGHTS[index.light[row]],),
            interests=(DEPARTMENTS[index.department[row]],),
        )
    split = next(name for name in SPLITS if product in index.products_of_split[name])
    products = _visible_products(index, split)
    products = products[products != product]
    if clear:
        products = products[index.department[index.by_product[products, 0]] == index.department[row]]
    if not n or not len(products):
        return []
    return [index.ids[click] for click in _draw_clicks(draw, taste, index, products, n, noise=not clear)]


def shopper_split(seed: int, index: int) -> str:
    """train, val or test for shopper `index`: 80, 10 and 10 % of every block of twenty."""
    block = ["train"] * 16 + ["val"] * 2 + ["test"] * 2
    stream(seed, "shopper split", index // 20).shuffle(block)
    return block[index % 20]


def make_shopper(seed: int, index: int, creatives: CreativeIndex) -> Shopper | None:
    """Shopper `index` of the world, or None where these creatives hold no target for the shopper's split.

    The target is chosen first, so that its product can be kept out of the clicks.
    """
    taste, split, draw = make_taste(seed, index), shopper_split(seed, index), stream(seed, "shopper", index)
    candidates = creatives.products_of_split[split]
    if not len(candidates):
        return None
    of_interest = _of_interest(taste, creatives, candidates)
    candidates = of_interest if len(of_interest) else candidates  # a small world may lack a department
    rng = np.random.default_rng(draw.getrandbits(64))
    offered = creatives.by_product[rng.permutation(candidates)[:TARGET_CANDIDATES]].reshape(-1)
    # A little noise breaks ties only: it is smaller than the smallest difference of two affinities.
    target = int(offered[np.argmax(_affinities(taste, creatives, offered) + 1e-3 * rng.random(len(offered)))])
    products = _visible_products(creatives, split)
    products = products[products != creatives.product[target]]
    if not len(products):
        return None
    clicks = _draw_clicks(draw, taste, creatives, products, draw.randint(*CLICKS))
    time = FIRST_DAY + draw.randrange(30 * 86_400)
    timed = []
    for click in clicks:
        timed.append((creatives.ids[click], time))
        time += draw.randint(60, 4 * 86_400)
    return Shopper(f"u{index:05d}", split, taste, tuple(timed), creatives.ids[target])


def make_shoppers(seed: int, count: int, creatives: CreativeIndex) -> list[Shopper]:
    """The first `count` shoppers of the world with this seed, without those that these creatives hold no target for."""
    shoppers = (make_shopper(seed, index, creatives) for index in range(count))
    return [shopper for shopper in shoppers if shopper is not None]
