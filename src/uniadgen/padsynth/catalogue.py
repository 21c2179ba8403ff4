"""The products of PAd-Synth: invented brands and series, typed selling points, descriptions.

`make_product(seed, index)` needs nothing but its arguments, so a small world is a prefix of a large one. Departments and
categories take turns; brands and series are pseudo-words; everything else comes from the pools of the category (`pools.py`).
One product in ten is a Chinese listing: brand, selling points and description are Chinese.
"""

import random
import re

from uniadgen.padsynth.pools import (
    CHINESE_COLOURS,
    CHINESE_PACKS,
    CHINESE_POOLS,
    CHINESE_PROMOTIONS,
    COLOURS,
    POOLS,
    PROMOTIONS,
    SECTIONS,
    chinese_size,
)
from uniadgen.padsynth.specs import CATEGORIES, DEPARTMENTS, Posture, ProductSpec, SellingPoint, View, categories_of, rgb
from uniadgen.rng import stream

BILLBOARD_SHARE = 0.15
CHINESE_SHARE = 0.1
SECTION_SHARE = 0.5

ACCENTS: tuple[str, ...] = (
    "#F4F1EA", "#26262A", "#C9A45C", "#B4353F", "#2E5E8C", "#3C7D5A", "#E39A3B", "#8A5FA8", "#D67C93", "#8C9199", "#3FA7A3",
)  # fmt: skip

_ONSETS = (
    "b", "br", "c", "cl", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "kr", "l", "m", "n", "p", "pl", "qu", "r", "s",
    "sk", "st", "t", "tr", "v", "w", "z", "zh", "th", "v", "l", "m", "n", "r", "t",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ea", "io", "ua", "oo", "y")
_CODAS = ("", "", "", "", "n", "l", "r", "s", "x", "m", "nd", "th", "k", "rn", "lt")
# Names that the syllables can make and that exist, each between spaces; invented brands must stay invented.
_TAKEN = (
    " nivea sony canon dove bose lego nike puma asus acer vivo oppo nokia dior zara lidl kia fiat ford tesla visa gucci prada "
    "rolex sanyo casio olay lux mars milka pepsi cola fanta evian volvo honda mazda toyota lexus ikea bosch braun philips "
    "samsung xiaomi huawei lenovo nikon leica sharp aldi nestle danone lavazza tefal krups miele smeg levis fila vans reebok "
)

# For Chinese names; pairs of them hardly ever mean anything.
_CHARACTERS = "云禾澜屿汐栖霁珞芮琅彦沐栎岚笙泊朔诺维莱洛菲艾瑟柯涵黎昕祺皓舒晏绮棠"
_TAKEN_CHINESE = frozenset({"诺维", "菲诺", "洛菲", "维莱", "云禾", "黎云", "沐云", "莱维", "艾维", "维诺"})


def pseudo_word(draw: random.Random, syllables: int | None = None) -> str:
    """A pronounceable lower-case word of 3 to 10 letters that means nothing."""
    while True:
        count = syllables or draw.choice((2, 2, 2, 3))
        parts = [draw.choice(_ONSETS) + draw.choice(_VOWELS) for _ in range(count)]
        word = "".join(parts) + draw.choice(_CODAS)
        if 3 <= len(word) <= 10 and f" {word} " not in _TAKEN:
            return word


def brand_name(draw: random.Random) -> str:
    """An invented brand: mostly one capitalised word, sometimes two parts, CamelCase or capitals."""
    kind = draw.random()
    if kind < 0.62:
        return pseudo_word(draw).capitalize()
    if kind < 0.78:
        return f"{pseudo_word(draw).capitalize()} {pseudo_word(draw).capitalize()}"
    if kind < 0.92:
        return pseudo_word(draw, 1).capitalize() + pseudo_word(draw, 2).capitalize()
    return pseudo_word(draw, 2).upper()


def chinese_brand(draw: random.Random) -> str:
    """An invented Chinese name of two characters, sometimes three."""
    while True:
        name = "".join(draw.sample(_CHARACTERS, draw.choice((2, 2, 2, 3))))
        if name not in _TAKEN_CHINESE:
            return name


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return re.search(r"[\u4e00-\u9fff]", text) is not None


def series_name(draw: random.Random) -> str:
    """An invented series: a pseudo-word, or a word and a number."""
    word = pseudo_word(draw, 2).capitalize()
    return word if draw.random() < 0.5 else f"{word} {draw.choice((2, 3, 5, 7, 8, 9, 10, 12, 20, 30, 50, 100))}"


def model_code(draw: random.Random) -> str:
    """A model number such as XK-204 or B70."""
    letters = "".join(draw.choice("ABCDEFGHKLMNPRSTVXZ") for _ in range(draw.choice((1, 2, 2, 3))))
    return f"{letters}{draw.choice(('-', '', '-'))}{draw.choice((draw.randint(10, 99), draw.randint(100, 990)))}"


def category_of(index: int) -> tuple[str, str]:
    """Department and category of product `index`: both take turns, so any number of products is balanced."""
    department = DEPARTMENTS[index % len(DEPARTMENTS)]
    categories = categories_of(department)
    return department, categories[index // len(DEPARTMENTS) % len(categories)]


def _accent(draw: random.Random, colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """An accent that stays readable on the product's own colour."""

    def luma(c: tuple[float, float, float]) -> float:
        return 0.30 * c[0] + 0.59 * c[1] + 0.11 * c[2]

    contrasting = [c for c in map(rgb, ACCENTS) if abs(luma(c) - luma(colour)) > 0.22]
    return draw.choice(contrasting)


def _description(draw: random.Random, category: str, point: dict[str, str], features: list[str]) -> str:
    """A shop's full product title in 10 to 40 words: for the sake of searches it also gives other names of the thing."""
    name = f"{point['brand']} {point['series']}"
    others = [other for other in POOLS[category].names if other not in point["type"]]
    kind = point["type"] if category in point["type"].lower() else f"{point['type']} ({category})"
    section = " ".join(SECTIONS[CATEGORIES[category].department]).lower()
    also = f"{section} {draw.choice(others).lower() if others else category}"
    spoken = [feature.lower() for feature in features]
    listed = ", ".join(spoken[:-1]) + f" and {spoken[-1]}"
    material, colour, audience = point["material"].lower(), point["colour"].lower(), point["audience"].lower()
    forms = (
        f"{name} {kind} in {colour}, {point['size']}, {material}, with {listed}, {also} {audience}",
        f"{name} {category} {point['model']}: {kind.lower()} with {material}, {listed}, {point['size']}, {also}, {audience}",
        f"{kind} by {point['brand']}, {point['series']} series, {colour} {material}, {also}, {point['size']}, {listed}",
        f"The {name} {point['type']} is a {section} {category} {audience} in {colour} with {listed} and {point['size']}",
        f"{point['brand']} {kind} {also} {point['size']} {colour} {material} {' '.join(spoken)} {audience}",
    )
    return draw.choice(forms)


def _stance(seed: int, index: int, category: str) -> tuple[float, Posture, View]:
    """Size (cm), posture and view of product `index`."""
    draw, kind = stream(seed, "stance", index), CATEGORIES[category]
    size = round(draw.uniform(*kind.size_cm), 1)
    names, shares = zip(*kind.postures, strict=True)
    posture: Posture = draw.choices(names, shares)[0]
    front = draw.random() < 0.5
    return size, posture, "above" if posture == "lies" else "front" if front else "three_quarter"


def make_product(seed: int, index: int) -> ProductSpec:
    """Product `index` of the world with this seed."""
    # What it looks like and what is said about it are drawn apart, so that other words need no new renders.
    look, draw = stream(seed, "product", index), stream(seed, "listing", index)
    department, category = category_of(index)
    size_cm, posture, view = _stance(seed, index, category)
    pools, chinese = POOLS[category], draw.random() < CHINESE_SHARE
    colour_name = look.choice(tuple(COLOURS))
    colour = rgb(COLOURS[colour_name])
    material = look.randrange(len(pools.materials))
    point = _chinese_point(draw, category, material, colour_name) if chinese else _point(draw, category, material, colour_name)
    every = CHINESE_POOLS[category].features if chinese else pools.features
    features = draw.sample(every, draw.randint(3, 6))
    # The first four are always told; the others come and go, as in real listings: 8 to 16 points in all.
    chosen = ["brand", "series", "type", "material"]
    chances = {"colour": 0.8, "audience": 0.8, "size": 0.85, "pack": 0.6, "model": 0.65, "promotion": 0.7}
    chosen += [name for name, chance in chances.items() if draw.random() < chance]
    points = [SellingPoint(name, point[name]) for name in chosen] + [SellingPoint("feature", f) for f in features]
    while len(points) < 8:
        features.append(draw.choice([f for f in every if f not in features]))
        points.append(SellingPoint("feature", features[-1]))
    draw.shuffle(points)
    described = features[: draw.randint(2, 4)]
    return ProductSpec(
        id=f"p{index:05d}",
        department=department,
        category=category,
        brand=point["brand"],
        series=point["series"],
        colour_name=colour_name,
        colour=colour,
        accent=_accent(look, colour),
        material=pools.materials[material][0],
        form="billboard" if look.random() < BILLBOARD_SHARE else "mesh",
        size_cm=size_cm,
        posture=posture,
        view=view,
        description=(_chinese_description if chinese else _description)(draw, category, point, described),
        selling_points=tuple(points),
        seed=look.getrandbits(31),
    )


def _point(draw: random.Random, category: str, material: int, colour_name: str) -> dict[str, str]:
    """One selling point of each type but feature."""
    pools = POOLS[category]
    return {
        "brand": brand_name(draw),
        "series": series_name(draw),
        "type": _type(draw, category),
        "material": pools.materials[material][1],
        "colour": colour_name,
        "audience": draw.choice(pools.audiences),
        "size": draw.choice(pools.sizes),
        "pack": draw.choice(pools.packs),
        "model": model_code(draw),
        "promotion": draw.choice(PROMOTIONS),
    }


def _type(draw: random.Random, category: str) -> str:
    """What a thing is: a name with a quality of its own, or with a word of its department."""
    pools, usual = POOLS[category], SECTIONS[CATEGORIES[category].department]
    if draw.random() < SECTION_SHARE:
        name, word = draw.choice(pools.names), draw.choice(usual)
        if word not in name:
            return f"{word} {name}"
    return draw.choice(pools.types)


def _chinese_point(draw: random.Random, category: str, material: int, colour_name: str) -> dict[str, str]:
    pools = CHINESE_POOLS[category]
    return {
        "brand": chinese_brand(draw) if draw.random() < 0.7 else brand_name(draw),
        "series": chinese_brand(draw) + draw.choice(("", "系列", "系列")),
        "type": draw.choice(pools.types),
        "material": pools.materials[material],
        "colour": CHINESE_COLOURS[colour_name],
        "audience": draw.choice(pools.audiences),
        "size": chinese_size(draw.choice(POOLS[category].sizes)),
        "pack": draw.choice(CHINESE_PACKS),
        "model": model_code(draw),
        "promotion": draw.choice(CHINESE_PROMOTIONS),
    }


def _chinese_description(draw: random.Random, category: str, point: dict[str, str], features: list[str]) -> str:
    """The same in Chinese, 20 to 60 characters."""
    name, listed = f"{point['brand']}{point['series']}", "，".join(features)
    also = draw.choice([other for other in CHINESE_POOLS[category].types if other != point["type"]])
    forms = (
        f"{name}{point['type']}{also}，{point['colour']}，{point['material']}，{point['size']}，{listed}，{point['audience']}适用",
        f"{name} {point['model']} {point['type']} {point['size']} {point['colour']}{point['material']} {' '.join(features)}",
        f"{point['type']}{also}，{name}，{listed}，{point['material']}，{point['colour']}，{point['size']}",
    )
    return draw.choice(forms)


def make_products(seed: int, count: int) -> list[ProductSpec]:
    """The first `count` products of the world with this seed."""
    return [make_product(seed, index) for index in range(count)]
