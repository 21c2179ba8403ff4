"""The texts of PAd-Synth's ads: named styles, and a writer that uses nothing but the words of the selling points.

A text is a few selling points in the order of its style. Each keeps its words and their case; only joiners between selling
points, brackets around one of them and a final "!" are added, so whoever removes ",", "|", " - ", "[", "]" and the final "!"
has words of the selling points left, none of them used more often than given.

`pseudo_title_task` makes the same task with invented words, to teach a small model to copy what it has never read.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from uniadgen.padsynth.catalogue import PROMOTIONS, brand_name, model_code, pseudo_word, series_name
from uniadgen.padsynth.specs import ProductSpec, SellingPoint

SHORT, MEDIUM, LONG = 3, 5, 8


@dataclass(frozen=True)
class TextStyle:
    """How one kind of ad text is put together.

    slots: types of selling points in the order of their appearance; a type may come more than once.
    count: how many selling points the text has (fewer if the product lacks them).
    bracketed: the type whose selling point stands in square brackets, if any.
    emphasis: whether the text ends with an exclamation mark.
    """

    name: str
    slots: tuple[str, ...]
    count: int
    joiner: str = " "
    bracketed: str | None = None
    emphasis: bool = False


STYLES: dict[str, TextStyle] = {
    style.name: style
    for style in (
        TextStyle("brand_short", ("brand", "type", "feature"), SHORT),
        TextStyle("promotion_bracket", ("promotion", "brand", "feature", "feature", "type"), MEDIUM, bracketed="promotion"),
        TextStyle("feature_commas", ("feature", "feature", "feature", "type", "brand"), MEDIUM, ", "),
        TextStyle("audience_first", ("audience", "feature", "type", "colour", "brand"), MEDIUM),
        TextStyle("spec_pipes", ("model", "size", "material", "type", "colour", "feature", "feature", "brand"), LONG, " | "),
        TextStyle("type_dashes", ("type", "material", "size", "feature", "audience"), MEDIUM, " - "),
        TextStyle(
            "brand_bracket_long",
            ("brand", "series", "model", "feature", "feature", "material", "type", "size"),
            LONG,
            bracketed="brand",
        ),
        TextStyle("feature_shout", ("feature", "type", "promotion"), SHORT, emphasis=True),
        TextStyle("size_pack_deal", ("size", "pack", "series", "type", "promotion"), MEDIUM, ", ", emphasis=True),
        TextStyle("colour_dashes", ("colour", "material", "type"), SHORT, " - "),
    )
}


def fitting_styles(points: Sequence[SellingPoint]) -> list[TextStyle]:
    """The styles whose opening slot these selling points can fill, and which keep most of their slots."""
    told = {point.type for point in points}
    return [
        style
        for style in STYLES.values()
        if style.slots[0] in told and sum(slot in told for slot in style.slots) >= 0.7 * style.count
    ]


def compose_text(points: Sequence[SellingPoint], style: TextStyle, draw: random.Random) -> str:
    """A text of this style from these selling points; which features are told is drawn, the order is the style's."""
    chosen: list[SellingPoint] = []
    used: set[str] = set()
    # Fewer than all, so that no text is the whole list.
    room = min(style.count, len(points) - 1)
    left = list(points)
    draw.shuffle(left)
    # A slot that cannot be filled goes to a further feature, before the end: the last slot often closes the text by form.
    missing = sum(_pick(left, slot) is None for slot in set(style.slots))
    slots = [*style.slots[:-1], *["feature"] * missing, style.slots[-1]] if missing else list(style.slots)
    for slot in slots:
        point = _pick(left, slot, used)
        if point is None or len(chosen) == room:
            continue
        left.remove(point)
        chosen.append(point)
        used.update(word.lower() for word in point.text.split())
    parts = [f"[{point.text}]" if point.type == style.bracketed else point.text for point in chosen]
    return style.joiner.join(parts) + ("!" if style.emphasis else "")


def _pick(points: Sequence[SellingPoint], slot: str, used: set[str] | None = None) -> SellingPoint | None:
    """The first point of this type; one that repeats a word already used only if it is no feature (repetition reads badly)."""
    for point in points:
        fresh = used is None or slot != "feature" or not used.intersection(point.text.lower().split())
        if point.type == slot and fresh:
            return point
    return None


def write(product: ProductSpec, style: TextStyle, draw: random.Random) -> str:
    """The text of one ad for this product in this style."""
    return compose_text(product.selling_points, style, draw)


# --- invented tasks ---

_THINGS = (
    "Kettle|Lamp|Jacket|Drone|Chair|Sofa|Blanket|Backpack|Watch|Tablet|Keyboard|Mouse|Router|Printer|Helmet|Tent|Scooter|Stroller|"
    "Pillow|Mattress|Curtain|Rug|Mirror|Clock|Knife|Pan|Oven|Mixer|Juicer|Grill|Fan|Heater|Drill|Saw|Ladder|Vase|Candle|Serum|"
    "Mask|Lotion|Soap|Toothbrush|Razor|Comb|Shirt|Sneakers|Boots|Gloves|Scarf|Belt|Wallet|Necklace|Ring|Sunglasses|Guitar|Piano|"
    "Puzzle|Doll|Robot|Crayon|Notebook|Pen|Coffee|Honey|Noodles|Cookies|Chocolate|Pasta|Sauce|Milk|Racket|Kayak|Bicycle|Treadmill"
)
_PARTS = (
    "Grip|Lid|Filter|Handle|Coating|Motor|Blade|Sensor|Timer|Battery|Display|Lens|Zip|Pocket|Sole|Lining|Strap|Base|Cover|Seal|"
    "Wheel|Hinge|Button|Mode|Control|Cleaning|Cooling|Heating|Charging|Storage|Design|Finish|Comfort|Protection|Release|Lock|"
    "Texture|Flavour|Aroma|Formula|Care|Technology|Extract|Support|Cushion|Sound|Vision|Balance|Fit|Touch"
)
_ADJECTIVES = (
    "Quick|Silent|Soft|Solid|Smart|Slim|Bright|Deep|Gentle|Rapid|Steady|Clear|Firm|Light|Warm|Cool|Pure|Rich|Crisp|Dual|Triple|"
    "Hidden|Magnetic|Removable|Foldable|Adjustable|Washable|Breathable|Waterproof|Anti-Slip|Non-Stick|Long-Life|Shock-Proof|"
    "Ergonomic|Compact|Portable|Wireless|Natural|Organic|Reinforced|Flexible|Tempered|Elastic|Seamless|Sturdy|Polished"
)
_STUFFS = (
    "Steel|Oak|Cotton|Leather|Glass|Bamboo|Silicone|Wool|Ceramic|Aluminium|Linen|Velvet|Walnut|Silk|Nylon|Marble|Copper|Cork"
)
_HUES = "White|Black|Grey|Blue|Green|Red|Pink|Yellow|Orange|Purple|Brown|Silver|Gold|Beige|Turquoise|Ivory|Crimson|Indigo"
_PEOPLE = (
    "Men|Women|Kids|Babies|Teens|Seniors|Families|Students|Runners|Hikers|Gamers|Campers|Drivers|Cyclists|Artists|Chefs|Pets|"
    "Travel|Office|Home|Outdoors|School|Camping|Weddings|Winter|Summer|Parties|Gardening|Yoga|Fishing"
)
_UNITS = "ml|L|g|kg|cm|mm|m|W|Inch|GB|oz|Hz|V|mAh"
_EXTRAS = ("Made In", "Tested By", "Designed In", "Certified By", "Approved By")


def _one(draw: random.Random, pool: str) -> str:
    return draw.choice(pool.split("|"))


def _rare(draw: random.Random) -> str:
    return pseudo_word(draw).capitalize()


def _qualified(draw: random.Random, pool: str) -> str:
    """A word of the pool, mostly behind an adjective or a word nobody has seen."""
    kind = draw.random()
    before = f"{_rare(draw)} " if kind < 0.45 else f"{_one(draw, _ADJECTIVES)} " if kind < 0.85 else ""
    return before + _one(draw, pool)


def _amount(draw: random.Random) -> str:
    number = draw.choice((str(draw.randint(1, 999)), str(draw.randint(1, 99)), f"{draw.uniform(0.1, 9.9):.1f}"))
    return f"{number} {_one(draw, _UNITS)}"


def _pack(draw: random.Random) -> str:
    # Several wordings, all recognisable without knowing the type.
    number = draw.randint(2, 48)
    forms = (
        f"Pack Of {number}",
        f"Set Of {number}",
        f"{number} Pieces",
        f"With {_one(draw, _PARTS)}",
        "Single Pack",
        "Gift Box",
    )
    return draw.choice(forms)


def _promotion(draw: random.Random) -> str:
    return draw.choice(
        (*PROMOTIONS, f"{draw.randint(5, 90)}% Off", f"Save {draw.randint(2, 60)}%", f"Free {_one(draw, _PARTS)}")
    )


def _extra(draw: random.Random) -> str:
    """A statement that no style has a slot for."""
    forms = (
        f"{draw.randint(1, 10)} Year Warranty",
        f"{draw.choice(_EXTRAS)} {_rare(draw)}",
        f"Rated {draw.uniform(3, 5):.1f} Stars",
    )
    return draw.choice(forms)


def pseudo_selling_points(draw: random.Random) -> list[SellingPoint]:
    """8 to 18 selling points of a product that does not exist, distractors among them (type "extra"), in no order."""
    brand = brand_name(draw)
    points = [
        SellingPoint("brand", brand),
        SellingPoint("type", _qualified(draw, _THINGS)),
        SellingPoint("series", series_name(draw) + draw.choice(("", " Series", " Pro", " Plus"))),
    ]
    chances: dict[str, tuple[float, Callable[[], str]]] = {
        "material": (0.85, lambda: _qualified(draw, _STUFFS)),
        "colour": (0.8, lambda: _qualified(draw, _HUES)),
        "audience": (0.8, lambda: f"For {_one(draw, _PEOPLE)}"),
        "size": (0.85, lambda: _amount(draw)),
        "pack": (0.6, lambda: _pack(draw)),
        "model": (0.65, lambda: model_code(draw)),
        "promotion": (0.7, lambda: _promotion(draw)),
    }
    points += [SellingPoint(name, make()) for name, (chance, make) in chances.items() if draw.random() < chance]
    points += [SellingPoint("feature", _qualified(draw, _PARTS)) for _ in range(draw.randint(3, 6))]
    points += [SellingPoint("extra", _extra(draw)) for _ in range(draw.choice((0, 0, 1, 2)))]
    points = list({point.text: point for point in points}.values())
    while len(points) < 8:
        points.append(SellingPoint("feature", f"{_rare(draw)} {_one(draw, _PARTS)}"))
    # Shops differ in their use of capitals; brand and model keep theirs.
    cases: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper)
    case = draw.choices(cases, (0.8, 0.12, 0.08))[0]
    points = [p if p.type in ("brand", "model", "size", "series") else SellingPoint(p.type, case(p.text)) for p in points]
    draw.shuffle(points)
    return points


def _pseudo_description(points: Sequence[SellingPoint], draw: random.Random) -> str:
    by_type = {point.type: point.text for point in points}
    features = [point.text.lower() for point in points if point.type == "feature"]
    told = draw.sample(features, min(len(features), draw.randint(1, 3)))
    extras = [
        by_type[name]
        for name in ("series", "size", "colour", "material", "audience")
        if name in by_type and draw.random() < 0.6
    ]
    return " ".join([by_type["brand"], by_type["type"], *extras, "with", " and ".join(told)])


def pseudo_title_task(draw: random.Random, history: int = 10) -> tuple[str, list[str], str, TextStyle, list[str]]:
    """One copying task: (description, selling points, text, style, texts of `history` clicked ads).

    The clicked ads are of other invented products; about three in four have the style of the text, the others any style,
    as in the clicks of a shopper. The types of the selling points are not given: their form tells them.
    """
    points = pseudo_selling_points(draw)
    style = draw.choice(fitting_styles(points))
    texts = []
    for _ in range(history):
        other = pseudo_selling_points(draw)
        fitting = fitting_styles(other)
        texts.append(compose_text(other, style if style in fitting and draw.random() < 0.75 else draw.choice(fitting), draw))
    return _pseudo_description(points, draw), [point.text for point in points], compose_text(points, style, draw), style, texts
