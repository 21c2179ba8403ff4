"""The vocabulary of PAd-Synth: what a product, a scene and a creative of the synthetic world are, without any renderer.

Everything random in the world is drawn from `stream(seed, *names)`, so that one item never depends on how many others were
drawn before it: product 17 is the same in a world of 40 products and in one of 1,000.
"""

from dataclasses import dataclass
from typing import Literal

Department = Literal["appliances", "electronics", "furniture", "beauty", "food_baby", "fashion_sport"]
SizeClass = Literal["small", "medium", "large"]

# department -> category -> size class ("small" fits a palm, "medium" stands on a table, "large" stands on the floor)
CATEGORIES: dict[str, dict[str, SizeClass]] = {
    "appliances": {"kettle": "medium", "toaster": "medium", "blender": "medium", "rice cooker": "medium"},
    "electronics": {"smartphone": "small", "speaker": "medium", "headphones": "medium", "camera": "small"},
    "furniture": {"armchair": "large", "side table": "large", "table lamp": "medium", "bookshelf": "large"},
    "beauty": {"lipstick": "small", "face cream": "small", "perfume": "small", "shampoo": "medium"},
    "food_baby": {"juice": "medium", "cereal": "medium", "tea tin": "small", "baby bottle": "medium"},
    "fashion_sport": {"handbag": "medium", "suitcase": "large", "water bottle": "medium", "dumbbell": "medium"},
}
DEPARTMENTS: tuple[str, ...] = tuple(CATEGORIES)

FAMILIES: tuple[str, ...] = (
    "studio", "podium", "wood_window", "marble", "living_room", "kitchen", "bathroom",
    "desk", "garden", "beach", "neon", "festive", "winter",
)  # fmt: skip

# Where products of a department may plausibly stand.
PLAUSIBLE: dict[str, tuple[str, ...]] = {
    "appliances": ("studio", "podium", "wood_window", "marble", "kitchen", "living_room", "festive", "winter"),
    "electronics": ("studio", "podium", "desk", "neon", "living_room", "wood_window", "festive", "winter"),
    "furniture": ("studio", "podium", "living_room", "garden", "wood_window", "festive"),
    "beauty": ("studio", "podium", "marble", "bathroom", "beach", "garden", "neon", "festive", "winter"),
    "food_baby": ("studio", "podium", "kitchen", "wood_window", "garden", "marble", "beach", "festive", "winter"),
    "fashion_sport": ("studio", "podium", "beach", "garden", "living_room", "neon", "wood_window", "festive", "winter"),
}
# Scenes with a floor, the only ones for products of the size class "large".
FLOOR_FAMILIES: tuple[str, ...] = ("studio", "podium", "wood_window", "living_room", "garden", "neon", "festive", "beach")

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
    form: Literal["mesh", "billboard"]  # a billboard is a flat cut-out of any outline on an upright plane
    description: str
    selling_points: tuple[SellingPoint, ...]
    seed: int

    @property
    def size_class(self) -> SizeClass:
        return CATEGORIES[self.department][self.category]


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
    """The scene families in which this product may plausibly stand."""
    families = PLAUSIBLE[product.department]
    return tuple(f for f in families if f in FLOOR_FAMILIES) if product.size_class == "large" else families
