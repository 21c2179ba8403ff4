"""The shoppers of PAd-Synth: a hidden taste, clicks that mostly follow it, and one later click as the target.

A taste prefers, for each department, scene families (of what stands, what lies and what hangs), palettes, lights and a text
style. In every fourth case a department gets the palette, light or style that the shopper likes everywhere, so clicks on
related products tell more about a target than others do, and others tell something. A shopper is interested in two or three
departments. Clicks are of three kinds (KINDS):

- `taste`: in sessions of a few clicks. The shop shows the ads of some products of one department, mostly one of interest, and
  the shopper clicks one of them by a softmax over how well they fit the taste;
- `gift`: a burst of clicks in one department that is none of interest, in somebody else's taste;
- `one-off`: any ad.

The target is the creative that fits best among many of products that the shopper never clicked before, from departments of
interest. `targets_of` in `uniadgen.data.layout` says which clicks can be training targets, too.

`sample_history` does the same backwards: given any creative as the target it draws a taste that prefers it and then clicks of
that taste. All works on `CreativeIndex`, a few arrays, and takes a millisecond or two for a shopper.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from uniadgen.padsynth.affinities import FAMILY_LIGHTS, FAMILY_PALETTES, SHOP_STYLES
from uniadgen.padsynth.specs import (
    CATEGORIES,
    DEPARTMENTS,
    FAMILIES,
    LIGHTS,
    PALETTES,
    PLAUSIBLE,
    SCENE_FAMILIES,
    CreativeSpec,
    ProductSpec,
    SceneSpec,
    categories_of,
)
from uniadgen.padsynth.titles import STYLES
from uniadgen.rng import stream

Kind = Literal["taste", "gift", "one-off"]
KINDS: tuple[Kind, ...] = ("taste", "gift", "one-off")

# Steep, and pages long: people click one ad of hundreds, and it is noise, not indifference, that makes histories hard to read.
FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT, STYLE_WEIGHT = 9.5, 7.0, 6.0, 6.0
OFFERED = 80  # products that are shown, in all their creatives, for one click
SECOND = 0.1  # how often a taste names two of a kind rather than one
COMMON = 0.25  # how often a department gets the palette, light or text style that its shopper likes everywhere
INTERESTS = ((0.65, 0.35), (0.5, 0.3, 0.2))  # shares of the departments of interest, of shoppers with two and with three
WANTED = 2  # categories that the shopper looks for in each of them
FOCUS, SEARCH = 0.85, 0.5  # share of the sessions that is in a department of interest; of these, in a wanted category
WANTED_WEIGHT = 2.0  # of a wanted category in the choice of the target
INTEREST_WEIGHT = 8.0  # of its department's share of the interest
TARGET_CANDIDATES = 100  # products among whose creatives the target is the best fit
CLICKS = (12, 60)
ONE_OFFS = (0.10, 0.20)  # share of the clicks
GIFTS = (0, 1, 1, 2)  # bursts, one in BURST_ROOM clicks at most
BURST, BURST_ROOM = (3, 7), 12
SESSION = (1, 5)
MOST_CLICKED = 4  # in a small shop, at most one ad in so many is clicked
FIRST_DAY = 1_700_000_000  # seconds since 1970; the clicks of a shopper are spread over the weeks after it
SPLITS = ("train", "val", "test")
EVERYTHING = "everything"

_PALETTE_NAMES = tuple(PALETTES)
_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Taste:
    """What a shopper likes, by department; nothing of it is told to the model."""

    families: dict[str, tuple[str, ...]]
    palettes: dict[str, tuple[str, ...]]
    lights: dict[str, tuple[str, ...]]
    text_styles: dict[str, tuple[str, ...]]
    interests: tuple[str, ...]  # departments, the greatest interest first
    wanted: tuple[str, ...]  # categories of these departments

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        liked = {name: {d: list(names) for d, names in getattr(self, name).items()} for name in _LIKED}
        return {**liked, "interests": list(self.interests), "wanted": list(self.wanted)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Taste":
        """The taste that `as_dict` gave; also one of world 1, where only families differ by department."""
        if "text_style" in data:
            everywhere = {"palettes": data["palettes"], "lights": data["lights"], "text_styles": [data["text_style"]]}
            data = {**data, **{name: dict.fromkeys(data["families"], liked) for name, liked in everywhere.items()}}
        liked = {name: {d: tuple(names) for d, names in data[name].items()} for name in _LIKED}
        return cls(**liked, interests=tuple(data["interests"]), wanted=tuple(data.get("wanted", ())))


_LIKED = ("families", "palettes", "lights", "text_styles")


@dataclass(frozen=True)
class Shopper:
    """One shopper; clicks are (creative id, time in seconds since 1970), oldest first; the target comes after all of them."""

    id: str  # "u00042"
    split: str
    taste: Taste
    clicks: tuple[tuple[str, int], ...]
    kinds: tuple[Kind, ...]  # of the clicks
    target: str


@dataclass(frozen=True)
class CreativeIndex:
    """Creatives as arrays of numbers, one entry per creative, for drawing clicks quickly.

    `by_product` lists the creatives of each product, padded with -1. `shelves`: by split and name of a department or a
    category, or EVERYTHING, the products that shoppers of the split may click: the training products, and those of their own
    split. Build it with `index_creatives` or `index_columns`.
    """

    ids: tuple[str, ...]
    row: dict[str, int]
    styles: tuple[str, ...]  # names behind the numbers of `style`
    product: _Ints
    department: _Ints
    category: _Ints
    family: _Ints
    palette: _Ints
    light: _Ints
    style: _Ints
    by_product: _Ints
    products_of_split: dict[str, _Ints]
    shelves: dict[tuple[str, str], _Ints]


def index_columns(
    ids: Sequence[str],
    product_ids: Sequence[str],
    departments: Sequence[str],
    categories: Sequence[str],
    families: Sequence[str],
    palettes: Sequence[str],
    lights: Sequence[str],
    styles: Sequence[str],
    splits: Sequence[str],
) -> CreativeIndex:
    """The index of creatives given by columns of equal length, as they stand in the tables creatives and labels."""

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
    split_of_product = np.array([splits[rows[0]] for rows in product_rows.values()], dtype=str)
    names = tuple(dict.fromkeys((*STYLES, *styles)))  # a world of another version has other ones
    first = [rows[0] for rows in product_rows.values()]
    shelves: dict[tuple[str, str], _Ints] = {}
    for split in SPLITS:
        seen = np.isin(split_of_product, ["train", split])
        shelves[split, EVERYTHING] = np.flatnonzero(seen)
        for column, values in ((departments, DEPARTMENTS), (categories, tuple(CATEGORIES))):
            of_product = np.array([column[row] for row in first], dtype=str)
            shelves |= {(split, value): np.flatnonzero(seen & (of_product == value)) for value in values}
    return CreativeIndex(
        ids=tuple(ids),
        row={name: k for k, name in enumerate(ids)},
        styles=names,
        product=numbers(product_ids, tuple(product_rows)),
        department=numbers(departments, DEPARTMENTS),
        category=numbers(categories, tuple(CATEGORIES)),
        family=numbers(families, FAMILIES),
        palette=numbers(palettes, _PALETTE_NAMES),
        light=numbers(lights, LIGHTS),
        style=numbers(styles, names),
        by_product=by_product,
        products_of_split={split: np.flatnonzero(split_of_product == split) for split in SPLITS},
        shelves=shelves,
    )


def index_creatives(
    products: Iterable[ProductSpec], creatives: Sequence[CreativeSpec], splits: Mapping[str, str]
) -> CreativeIndex:
    """The index of these creatives; `splits` gives the split of each product by its id."""
    product = {product.id: product for product in products}
    return index_columns(
        ids=[c.id for c in creatives],
        product_ids=[c.product_id for c in creatives],
        departments=[product[c.product_id].department for c in creatives],
        categories=[product[c.product_id].category for c in creatives],
        families=[c.scene.family for c in creatives],
        palettes=[c.scene.palette for c in creatives],
        lights=[c.scene.light for c in creatives],
        styles=[c.text_style for c in creatives],
        splits=[splits[c.product_id] for c in creatives],
    )


# Tastes ------------------------------------------------------------------------------------------------------------------


def _one_or_two(draw: random.Random, names: Sequence[str], must: str | None = None) -> tuple[str, ...]:
    chosen = draw.sample(names, 2 if draw.random() < SECOND and len(names) > 1 else 1)
    if must is not None and must not in chosen:
        chosen[0] = must
    return tuple(chosen)


def _families(draw: random.Random, department: str, must: str | None) -> tuple[str, ...]:
    """One or two of the scenes for what stands or leans, for what lies and for what hangs: a page shows all of them."""
    families: tuple[str, ...] = ()
    for postures in (("stands", "leans"), ("lies",), ("hangs",)):
        names = [name for name in PLAUSIBLE[department] if SCENE_FAMILIES[name].postures[0] in postures]
        families += _one_or_two(draw, names, must if must in names else None) if names else ()
    return families


def _common(table: Mapping[str, Sequence[str]], families: Sequence[str]) -> list[str]:
    """What goes with most of these families."""
    uses = Counter(name for family in families for name in table[family])
    return [name for name, count in uses.items() if count == max(uses.values())]


def _liked(draw: random.Random, favourites: Sequence[str], fitting: Sequence[str], must: str | None) -> tuple[str, ...]:
    """What a shopper likes in a department among what fits there; the first favourite, or anything."""
    first = next(name for name in favourites if name in fitting) if draw.random() < COMMON else draw.choice(fitting)
    return _one_or_two(draw, fitting, must or first)


def draw_taste(
    draw: random.Random,
    department: str | None = None,
    family: str | None = None,
    palette: str | None = None,
    light: str | None = None,
    text_style: str | None = None,
) -> Taste:
    """A random taste that prefers whatever is given, in `department`: a family, palette, light, text style."""
    palettes, lights, styles = (draw.sample(names, len(names)) for names in (_PALETTE_NAMES, LIGHTS, tuple(STYLES)))
    interests: list[str] = draw.sample(DEPARTMENTS, len(draw.choice(INTERESTS)))
    if department is not None and department not in interests:
        interests[0] = department
    wanted = [category for name in interests for category in draw.sample(categories_of(name), WANTED)]
    taste = Taste({}, {}, {}, {}, tuple(interests), tuple(wanted))
    for name in DEPARTMENTS:
        here = name == department
        taste.families[name] = liked = _families(draw, name, family if here else None)
        taste.palettes[name] = _liked(draw, palettes, _common(FAMILY_PALETTES, liked), palette if here else None)
        taste.lights[name] = _liked(draw, lights, _common(FAMILY_LIGHTS, liked), light if here else None)
        taste.text_styles[name] = _liked(draw, styles, SHOP_STYLES[name], text_style if here else None)
    return taste


def make_taste(seed: int, index: int) -> Taste:
    """The taste of shopper `index`."""
    return draw_taste(stream(seed, "taste", index))


def fits(
    taste: Taste, department: str, family: str, palette: str, light: str, text_style: str
) -> tuple[bool, bool, bool, bool]:
    """Whether a taste prefers the family, palette, light and text style of a creative."""
    return (
        family in taste.families.get(department, ()),
        palette in taste.palettes.get(department, ()),
        light in taste.lights.get(department, ()),
        text_style in taste.text_styles.get(department, ()),
    )


def affinity(taste: Taste, department: str, scene: SceneSpec, text_style: str) -> float:
    """How well a creative fits a taste: 0 (not at all) to the sum of all weights; differences are log odds of a click."""
    liked = fits(taste, department, scene.family, scene.palette, scene.light, text_style)
    weights = (FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT, STYLE_WEIGHT)
    return sum(weight for weight, fit in zip(weights, liked, strict=True) if fit)


def _affinities(taste: Taste, index: CreativeIndex) -> _Floats:
    """`affinity` of every creative; behind them -inf, where a row of -1 (no creative) finds it: it can never be clicked."""
    scores = np.zeros(len(index.ids) + 1)
    scores[-1] = -np.inf
    for liked, names, column, weight in (
        (taste.families, FAMILIES, index.family, FAMILY_WEIGHT),
        (taste.palettes, _PALETTE_NAMES, index.palette, PALETTE_WEIGHT),
        (taste.lights, LIGHTS, index.light, LIGHT_WEIGHT),
        (taste.text_styles, index.styles, index.style, STYLE_WEIGHT),
    ):
        liking = np.zeros((len(DEPARTMENTS), len(names)))
        for number, department in enumerate(DEPARTMENTS):
            liking[number, [names.index(name) for name in liked[department]]] = weight
        scores[:-1] += liking[index.department, column]
    return scores


# Clicks ------------------------------------------------------------------------------------------------------------------


def _shares(taste: Taste) -> tuple[float, ...]:
    """Of the departments of interest."""
    return next(shares for shares in INTERESTS if len(shares) == len(taste.interests))


def _planned(draw: random.Random, taste: Taste, n: int) -> list[tuple[Kind, str, int]]:
    """Kind, shelf and burst (0: none) of n clicks in their order."""
    one_offs = round(n * draw.uniform(*ONE_OFFS))
    bursts = [draw.randint(*BURST) for _ in range(min(draw.choice(GIFTS), n // BURST_ROOM))]
    foreign = [name for name in DEPARTMENTS if name not in taste.interests]
    runs: list[list[tuple[Kind, str, int]]] = [[("one-off", EVERYTHING, 0)] for _ in range(one_offs)]
    for number, size in enumerate(bursts, 1):
        runs.append([("gift", draw.choice(foreign), number)] * size)
    left = n - one_offs - sum(bursts)
    while left > 0:
        shelf: str = draw.choice(DEPARTMENTS)
        if draw.random() < FOCUS:
            shelf = draw.choices(taste.interests, _shares(taste))[0]
            if draw.random() < SEARCH:
                shelf = draw.choice([name for name in taste.wanted if CATEGORIES[name].department == shelf])
        size = min(left, draw.randint(*SESSION))
        runs.append([("taste", shelf, 0)] * size)
        left -= size
    draw.shuffle(runs)
    return [click for run in runs for click in run]


def draw_clicks(
    draw: random.Random,
    taste: Taste,
    index: CreativeIndex,
    split: str,
    plan: Sequence[tuple[Kind, str, int]],
    without: int = -1,
) -> tuple[list[int], list[Kind]]:
    """The planned clicks (rows of creatives) and their kinds, without those for which the shop has nothing left.

    without: a product that is never shown. No creative is clicked twice.
    """
    rng = np.random.default_rng(draw.getrandbits(64))
    shelves = {name: index.shelves[split, name] for name in {EVERYTHING, *(name for _, name, _ in plan)}}
    shelves = {name: shelf[shelf != without] for name, shelf in shelves.items()}
    if not len(shelves[EVERYTHING]):
        return [], []
    tastes = {0: taste} | {number: draw_taste(draw) for number in sorted({burst for _, _, burst in plan} - {0})}
    affinities = {number: _affinities(each, index) for number, each in tastes.items()}
    places = rng.random((len(plan), OFFERED))
    # The largest score plus Gumbel noise is a draw from the softmax, and so is the next one once the largest is ruled out.
    noise = rng.gumbel(size=(len(plan), OFFERED * index.by_product.shape[1]))
    clicked: set[int] = set()
    clicks, kinds = [], []
    for (kind, name, burst), place, gumbel in zip(plan, places, noise, strict=True):
        shelf = shelves[name] if len(shelves[name]) else shelves[EVERYTHING]  # a small world may lack a department
        rows = index.by_product[shelf[(place * len(shelf)).astype(np.int64)]].reshape(-1)
        scores = np.where(rows < 0, -np.inf, gumbel) if kind == "one-off" else affinities[burst][rows] + gumbel
        row = int(rows[scores.argmax()])
        if row in clicked:
            row = next((int(r) for r in rows[np.argsort(-scores)] if r >= 0 and int(r) not in clicked), -1)
        if row >= 0:
            clicked.add(row)
            clicks.append(row)
            kinds.append(kind)
    return clicks, kinds


def sample_history(draw: random.Random, target: str, index: CreativeIndex, n: int, clear: bool = False) -> list[str]:
    """The ids of up to n clicks of an invented shopper who would click the creative `target`, oldest first.

    The taste prefers the target's family, palette, light and text style in its department; all else is drawn.
    Clicks fall on the products of the target's split and the training products, never on the target's own product.
    clear: a shopper who is easy to read, for learning: clicks in the target's department, and always by taste.
    """
    row = index.row[target]
    product, department = index.product[row], int(index.department[row])
    taste = draw_taste(
        draw,
        department=DEPARTMENTS[department],
        family=FAMILIES[index.family[row]],
        palette=_PALETTE_NAMES[index.palette[row]],
        light=LIGHTS[index.light[row]],
        text_style=index.styles[index.style[row]],
    )
    split = next(name for name in SPLITS if product in index.products_of_split[name])
    plan: list[tuple[Kind, str, int]] = [("taste", DEPARTMENTS[department], 0)] * n if clear else _planned(draw, taste, n)
    return [index.ids[click] for click in draw_clicks(draw, taste, index, split, plan, int(product))[0]]


# Shoppers ----------------------------------------------------------------------------------------------------------------


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
    interests = [DEPARTMENTS.index(name) for name in taste.interests]
    of_interest = candidates[np.isin(creatives.department[creatives.by_product[candidates, 0]], interests)]
    candidates = of_interest if len(of_interest) else candidates  # a small world may lack a department
    rng = np.random.default_rng(draw.getrandbits(64))
    offered = creatives.by_product[rng.permutation(candidates)[:TARGET_CANDIDATES]].reshape(-1)
    # A little noise breaks ties only: it is smaller than the smallest difference of two affinities.
    wanted = np.isin(creatives.category[offered], [list(CATEGORIES).index(name) for name in taste.wanted])
    interest = np.zeros(len(DEPARTMENTS))
    interest[interests] = _shares(taste)
    scores = _affinities(taste, creatives)[offered] + WANTED_WEIGHT * wanted
    scores += INTEREST_WEIGHT * interest[creatives.department[offered]] + 1e-3 * rng.random(len(offered))
    target = int(offered[np.argmax(scores)])
    count = min(draw.randint(*CLICKS), max(CLICKS[0], len(creatives.ids) // MOST_CLICKED))
    plan = _planned(draw, taste, count)
    clicks, kinds = draw_clicks(draw, taste, creatives, split, plan, int(creatives.product[target]))
    if not clicks:
        return None
    time = FIRST_DAY + draw.randrange(30 * 86_400)
    timed = []
    for click in clicks:
        timed.append((creatives.ids[click], time))
        time += draw.randint(60, 4 * 86_400)
    return Shopper(f"u{index:05d}", split, taste, tuple(timed), tuple(kinds), creatives.ids[target])


def make_shoppers(seed: int, count: int, creatives: CreativeIndex) -> Iterator[Shopper]:
    """The first `count` shoppers of the world with this seed, without those that these creatives hold no target for."""
    shoppers = (make_shopper(seed, index, creatives) for index in range(count))
    return (shopper for shopper in shoppers if shopper is not None)
