"""The vocabulary of PAd-Synth: what a product, a scene and a creative of the synthetic world are, without any renderer.

Everything random in the world is drawn from `stream(seed, *names)`, so that one item never depends on how many others were
drawn before it: product 17 is the same in a world of 40 products and in one of 1,000.
"""

from dataclasses import dataclass
from typing import Literal

WORLD_VERSION = 2  # 1: thirteen families, everything stands; 2: places under real light, flat lays, things that hang or lean

Department = Literal["appliances", "electronics", "furniture", "beauty", "food_baby", "fashion_sport"]
SizeClass = Literal["small", "medium", "large"]
Posture = Literal["stands", "lies", "hangs", "leans"]
View = Literal["front", "three_quarter", "above"]

SMALL_CM = 15.0  # what is smaller fits a palm and is photographed from close by
SHARP_PRODUCTS = 500  # the first ones, whose plates have 512 pixels along a side; those of the others have 256

DEPARTMENTS: tuple[Department, ...] = ("appliances", "electronics", "furniture", "beauty", "food_baby", "fashion_sport")


@dataclass(frozen=True)
class Category:
    """A kind of product.

    size_cm: the range of the longest visible side, in centimetres.
    postures: how it may be photographed, with the share of each.
    on_floor: whether it stands on the floor and not on a table.
    """

    name: str
    department: Department
    size_cm: tuple[float, float]
    postures: tuple[tuple[Posture, float], ...] = (("stands", 1.0),)
    on_floor: bool = False


def _may_lie(share: float) -> tuple[tuple[Posture, float], ...]:
    return ("stands", 1 - share), ("lies", share)


CATEGORIES: dict[str, Category] = {
    category.name: category
    for category in (
        Category("kettle", "appliances", (20, 27)),
        Category("toaster", "appliances", (26, 38)),
        Category("blender", "appliances", (33, 42)),
        Category("rice cooker", "appliances", (24, 33)),
        Category("frying pan", "appliances", (38, 50), (("lies", 0.45), ("hangs", 0.55))),
        Category("smartphone", "electronics", (14, 16.5), _may_lie(0.4)),
        Category("speaker", "electronics", (14, 32)),
        Category("headphones", "electronics", (17, 21), _may_lie(0.35)),
        Category("camera", "electronics", (10.5, 15), _may_lie(0.15)),
        Category("smartwatch", "electronics", (20, 25), (("lies", 1.0),)),
        Category("armchair", "furniture", (75, 110), on_floor=True),
        Category("side table", "furniture", (45, 62), on_floor=True),
        Category("table lamp", "furniture", (34, 56)),
        Category("bookshelf", "furniture", (90, 190), on_floor=True),
        Category("wall clock", "furniture", (25, 40), (("hangs", 0.65), ("leans", 0.35))),
        Category("lipstick", "beauty", (7, 9), _may_lie(0.3)),
        Category("face cream", "beauty", (6, 15)),
        Category("perfume", "beauty", (8, 14), _may_lie(0.25)),
        Category("shampoo", "beauty", (17, 24), _may_lie(0.2)),
        Category("hair brush", "beauty", (20, 26), (("lies", 0.8), ("hangs", 0.2))),
        Category("juice", "food_baby", (17, 26), _may_lie(0.1)),
        Category("cereal", "food_baby", (24, 32), _may_lie(0.1)),
        Category("tea tin", "food_baby", (10, 15), _may_lie(0.15)),
        Category("baby bottle", "food_baby", (14, 21), _may_lie(0.15)),
        Category("chocolate bar", "food_baby", (15, 19), (("lies", 0.7), ("leans", 0.3))),
        Category("handbag", "fashion_sport", (24, 38), _may_lie(0.2)),
        Category("suitcase", "fashion_sport", (52, 78), on_floor=True),
        Category("water bottle", "fashion_sport", (19, 29), _may_lie(0.25)),
        Category("dumbbell", "fashion_sport", (18, 34), _may_lie(0.25)),
        Category("t-shirt", "fashion_sport", (66, 80), (("lies", 0.45), ("hangs", 0.55))),
        Category("jump rope", "fashion_sport", (28, 40), (("lies", 0.65), ("hangs", 0.35))),
        Category("backpack", "fashion_sport", (42, 54), (("hangs", 0.5), ("leans", 0.5))),
    )
}


def categories_of(department: str) -> tuple[str, ...]:
    """The names of a department's categories."""
    return tuple(name for name, category in CATEGORIES.items() if category.department == department)


@dataclass(frozen=True)
class Family:
    """A kind of scene; `padsynth/blender/scenes` has a module of the same name.

    postures: of the products that may be photographed in it.
    departments: whose products are plausible there.
    on_floor: whether it has a floor for products that stand on one.
    outdoors: whether it lies under the open sky.
    """

    name: str
    postures: tuple[Posture, ...]
    departments: tuple[Department, ...]
    on_floor: bool = False
    outdoors: bool = False


_UPRIGHT: tuple[Posture, ...] = ("stands", "leans")
_LYING: tuple[Posture, ...] = ("lies",)
_HANGING: tuple[Posture, ...] = ("hangs",)
_APPLIANCES, _ELECTRONICS, _FURNITURE, _BEAUTY, _FOOD, _FASHION = DEPARTMENTS

SCENE_FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        # sets that are built as a whole
        Family("studio", _UPRIGHT, DEPARTMENTS, on_floor=True),
        Family("podium", _UPRIGHT, DEPARTMENTS, on_floor=True),
        Family("wood_window", _UPRIGHT, (_APPLIANCES, _ELECTRONICS, _FURNITURE, _FOOD, _FASHION), on_floor=True),
        Family("marble", ("stands",), (_APPLIANCES, _BEAUTY, _FOOD)),
        Family("living_room", _UPRIGHT, (_APPLIANCES, _ELECTRONICS, _FURNITURE, _FASHION), on_floor=True),
        Family("kitchen", _UPRIGHT, (_APPLIANCES, _FOOD)),
        Family("bathroom", ("stands",), (_BEAUTY,)),
        Family("desk", ("stands",), (_ELECTRONICS,)),
        Family("garden", ("stands",), (_FURNITURE, _BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("beach", ("stands",), (_BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("neon", _UPRIGHT, (_ELECTRONICS, _BEAUTY, _FASHION), on_floor=True),
        Family("festive", ("stands",), DEPARTMENTS, on_floor=True),
        Family("winter", ("stands",), (_APPLIANCES, _ELECTRONICS, _BEAUTY, _FOOD, _FASHION), outdoors=True),
        # real places, lit by photographs of them
        Family("street", _UPRIGHT, (_ELECTRONICS, _BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("courtyard", _UPRIGHT, (_APPLIANCES, _FURNITURE, _BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("forest", _UPRIGHT, (_ELECTRONICS, _BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("sunset_field", _UPRIGHT, (_ELECTRONICS, _FURNITURE, _BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("sunrise_window", _UPRIGHT, (_APPLIANCES, _ELECTRONICS, _FURNITURE, _BEAUTY, _FOOD), on_floor=True),
        Family("night_city", _UPRIGHT, (_ELECTRONICS, _BEAUTY, _FOOD, _FASHION), on_floor=True, outdoors=True),
        Family("bright_interior", _UPRIGHT, DEPARTMENTS, on_floor=True),
        # seen from above
        Family("flat_linen", _LYING, DEPARTMENTS),
        Family("flat_wood", _LYING, DEPARTMENTS),
        Family("flat_stone", _LYING, DEPARTMENTS),
        Family("flat_sand", _LYING, DEPARTMENTS, outdoors=True),
        Family("flat_paper", _LYING, DEPARTMENTS),
        Family("flat_grass", _LYING, DEPARTMENTS, outdoors=True),
        # walls and rails for what hangs, and walls to lean on
        Family("hook_wall", _HANGING, DEPARTMENTS),
        Family("peg_board", _HANGING, DEPARTMENTS),
        Family("brick_wall", _HANGING, DEPARTMENTS),
        Family("plank_wall", _HANGING, DEPARTMENTS, outdoors=True),
        Family("tile_wall", _HANGING, (_APPLIANCES, _FURNITURE, _BEAUTY)),
        Family("hanger_rail", _HANGING, (_APPLIANCES, _BEAUTY, _FASHION)),
        Family("leaning_shelf", ("leans",), DEPARTMENTS, on_floor=True),
    )
}
FAMILIES: tuple[str, ...] = tuple(SCENE_FAMILIES)

# Where products of a department may plausibly be.
PLAUSIBLE: dict[str, tuple[str, ...]] = {
    department: tuple(name for name, family in SCENE_FAMILIES.items() if department in family.departments)
    for department in DEPARTMENTS
}
# Scenes with a floor, the only ones for products that stand on it.
FLOOR_FAMILIES: tuple[str, ...] = tuple(name for name, family in SCENE_FAMILIES.items() if family.on_floor)

# palette -> (base, second, accent) as sRGB hex: walls and backdrops, large decor, small decor
PALETTES: dict[str, tuple[str, str, str]] = {
    "ivory": ("#EFE6D8", "#D8C7AE", "#B08D57"),
    "sage": ("#B9C8A9", "#7E9671", "#E6E2CF"),
    "sky": ("#A9CBE6", "#5E93C4", "#F3F1EA"),
    "blush": ("#F0C4C6", "#D98C95", "#F7E9E4"),
    "terracotta": ("#D98B66", "#A5533A", "#F0D5B8"),
    "charcoal": ("#4A4D55", "#2B2D33", "#C9A45C"),
    "lavender": ("#C6B7E2", "#8B74BE", "#F2E7F5"),
    "sunshine": ("#F5CF64", "#E59A2F", "#FFF4D6"),
    "emerald": ("#3E7F68", "#1F5345", "#D9C38A"),
    "crimson": ("#B83A43", "#7C1F2C", "#F0C987"),
}
LIGHTS: tuple[str, ...] = ("soft", "sunny", "golden", "cool", "moody")
DECORS: tuple[str, ...] = ("plain", "botanical", "geometric", "lifestyle")


def rgb(hex_colour: str) -> tuple[float, float, float]:
    """'#RRGGBB' (sRGB) as three floats in 0..1 (still sRGB-encoded)."""
    value = int(hex_colour.lstrip("#"), 16)
    return (value >> 16 & 255) / 255, (value >> 8 & 255) / 255, (value & 255) / 255


@dataclass(frozen=True)
class SellingPoint:
    """One typed statement about a product; `type` is brand, type, feature, material, colour, audience, size, pack, model,
    promotion or series."""

    type: str
    text: str


@dataclass(frozen=True)
class ProductSpec:
    """A product of the world; the mesh follows from category, colours, material and seed."""

    id: str  # "p00017"
    department: str
    category: str
    brand: str
    series: str
    colour_name: str
    colour: tuple[float, float, float]  # sRGB 0..1
    accent: tuple[float, float, float]  # sRGB 0..1, label and details
    material: str
    form: Literal["mesh", "billboard"]  # a billboard is a flat cut-out of any outline on a plane
    size_cm: float  # the longest visible side
    posture: Posture
    view: View  # from where it was photographed; what lies is seen from above
    description: str
    selling_points: tuple[SellingPoint, ...]
    seed: int

    @property
    def size_class(self) -> SizeClass:
        """ "small" fits a palm, "medium" stands on a table, "large" stands on the floor."""
        if CATEGORIES[self.category].on_floor:
            return "large"
        return "small" if self.size_cm < SMALL_CM else "medium"


@dataclass(frozen=True)
class SceneSpec:
    """A scene that several products may be placed in; `seed` varies layout, textures and decor within the family."""

    id: str  # "s00123"
    family: str
    palette: str
    light: str
    decor: str
    seed: int


@dataclass(frozen=True)
class CreativeSpec:
    """One ad of the world: a product in a scene, framed. The camera's direction belongs to the product, so that one cut-out
    fits all of its creatives; `centre_x`, `base_y` and `extent` (fractions of the canvas, y downwards) say where the cut-out
    comes to stand: its bounding box is centred on centre_x, ends at base_y, and its longer side has the length `extent`."""

    id: str  # "p00017-2"
    product_id: str
    scene: SceneSpec
    centre_x: float
    base_y: float
    extent: float
    text: str
    text_style: str


def families_for(product: ProductSpec) -> tuple[str, ...]:
    """The scene families in which this product may plausibly be: at least five for every product of the world."""
    return tuple(
        name
        for name, family in SCENE_FAMILIES.items()
        if product.posture in family.postures
        and product.department in family.departments
        and (family.on_floor or not CATEGORIES[product.category].on_floor)
    )


def plate_size(product: ProductSpec) -> int:
    """The pixels along a side of this product's plates: a part of the world is enough to learn from in full sharpness."""
    return 512 if int(product.id[1:]) < SHARP_PRODUCTS else 256
