"""PAd-Synth as data: products, their creatives, the shoppers who click them, and the splits.

`make_world(seed, size)` renders nothing. Product k and its creatives depend on the seed, on k and on lower numbers only, so a
small world is a prefix of a large one and rendering can stop and go on anywhere. Shoppers cost no rendering; they are made
when they are asked for, one after the other.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from uniadgen.padsynth import MOST_SHOPPERS
from uniadgen.padsynth.affinities import FAMILY_LIGHTS, FAMILY_PALETTES, SHOP_STYLES
from uniadgen.padsynth.catalogue import make_products
from uniadgen.padsynth.shoppers import Shopper, index_creatives, make_shoppers
from uniadgen.padsynth.specs import DECORS, CreativeSpec, ProductSpec, SceneSpec, families_for
from uniadgen.padsynth.titles import TextStyle, fitting_styles, write
from uniadgen.rng import stream

CREATIVES_PER_PRODUCT = 5
REUSE_CHANCE = 0.22  # of a creative to stand in a scene of an earlier product; makes about 25 % of the scenes shared
MOST_USES = 3  # of one scene
SIZES: dict[str, tuple[int, int]] = {"tiny": (40, 50), "standard": (2000, 30_000)}  # products, shoppers
SHOPPERS_PER_PRODUCT = 15
SPLIT_BLOCK = 20  # products; each block holds the same share of every split
SPLIT_OF_BLOCK = ("train",) * 16 + ("val",) * 2 + ("test",) * 2


@dataclass(frozen=True)
class World:
    """All of PAd-Synth for one seed; `splits` gives the split of each product.

    shopper_count: how many shoppers were asked for; there are fewer where a very small world has no product for their split.
    """

    seed: int
    shopper_count: int
    products: tuple[ProductSpec, ...]
    creatives: tuple[CreativeSpec, ...]
    splits: dict[str, str]

    def shoppers(self, creatives: Sequence[CreativeSpec] | None = None) -> Iterator[Shopper]:
        """The shoppers, who click these creatives (default: all)."""
        on_offer = self.creatives if creatives is None else creatives
        return make_shoppers(self.seed, self.shopper_count, index_creatives(self.products, on_offer, self.splits))


def split_of(seed: int, index: int) -> str:
    """train, val or test for product `index`: 80, 10 and 10 % of every block of twenty."""
    block = list(SPLIT_OF_BLOCK)
    stream(seed, "split", index // SPLIT_BLOCK).shuffle(block)
    return block[index % SPLIT_BLOCK]


def make_creatives(seed: int, products: tuple[ProductSpec, ...]) -> list[CreativeSpec]:
    """Five creatives for each product, which must be the first ones of the world in their order.

    Every creative of a product has another scene family, and new scenes of it have palettes and lights of their own as far as
    they go with the family. Some creatives stand in a scene of an earlier product of the same split and the same floor kind
    (what stands on the floor needs another camera than what stands on a table).
    """
    creatives: list[CreativeSpec] = []
    shelves: dict[tuple[str, bool, str], dict[SceneSpec, int]] = {}  # (split, large, family) -> scenes and their uses
    for index, product in enumerate(products):
        # Scenes and texts are drawn apart, so that other words need no new renders.
        draw, words = stream(seed, "creatives", index), stream(seed, "texts", index)
        split, large = split_of(seed, index), product.size_class == "large"
        # what lies or hangs is in the middle of its picture, the rest stands on its lower third
        centred = product.posture in ("lies", "hangs")
        base_y, extent = ((0.73, 0.80), (0.47, 0.62)) if centred else ((0.78, 0.90), (0.45, 0.60))
        families = draw.sample(families_for(product), CREATIVES_PER_PRODUCT)
        palettes = _different(draw, [FAMILY_PALETTES[family] for family in families])
        lights = _different(draw, [FAMILY_LIGHTS[family] for family in families])
        styles = _styles(words, product)
        for number, (family, palette, light, style) in enumerate(zip(families, palettes, lights, styles, strict=True)):
            shelf = shelves.setdefault((split, large, family), {})
            reusable = [scene for scene, uses in shelf.items() if uses < MOST_USES]
            # Drawn in any case, so that whether an earlier scene exists changes nothing else.
            reuse, decor, scene_seed = draw.random() < REUSE_CHANCE, draw.choice(DECORS), draw.getrandbits(31)
            if reuse and reusable:
                scene = draw.choice(reusable)
            else:
                scene = SceneSpec(f"s{index * CREATIVES_PER_PRODUCT + number:05d}", family, palette, light, decor, scene_seed)
            shelf[scene] = shelf.get(scene, 0) + 1
            creatives.append(
                CreativeSpec(
                    id=f"{product.id}-{number}",
                    product_id=product.id,
                    scene=scene,
                    centre_x=round(draw.uniform(0.38, 0.62), 4),
                    base_y=round(draw.uniform(*base_y), 4),
                    extent=round(draw.uniform(*extent), 4),
                    text=write(product, style, words),
                    text_style=style.name,
                )
            )
    return creatives


def _different(draw: random.Random, choices: Sequence[Sequence[str]]) -> list[str]:
    """One of each of the choices; one that has come before only where there is no other."""
    chosen: list[str] = []
    for names in choices:
        chosen.append(draw.choice([name for name in names if name not in chosen] or names))
    return chosen


def _styles(draw: random.Random, product: ProductSpec) -> list[TextStyle]:
    """Text styles of a product's creatives, mostly of the shops of its department; all differ if that many fit."""
    fitting = fitting_styles(product.selling_points)
    usual = [style for style in fitting if style.name in SHOP_STYLES[product.department]]
    order = [*draw.sample(usual, len(usual)), *draw.sample([s for s in fitting if s not in usual], len(fitting) - len(usual))]
    return (order * CREATIVES_PER_PRODUCT)[:CREATIVES_PER_PRODUCT]


def make_world(seed: int, size: str | int, shoppers: int | None = None) -> World:
    """The world of this seed: "tiny" (40 products, 50 shoppers), "standard" (2,000 and 30,000), or a number of products
    (with fifteen shoppers for each, MOST_SHOPPERS in all). shoppers: another number of them."""
    if isinstance(size, str) and size not in SIZES:
        raise ValueError(f"size {size!r}: use one of {', '.join(SIZES)} or a number of products")
    count, usual = SIZES[size] if isinstance(size, str) else (size, min(SHOPPERS_PER_PRODUCT * size, MOST_SHOPPERS))
    products = tuple(make_products(seed, count))
    splits = {product.id: split_of(seed, index) for index, product in enumerate(products)}
    return World(seed, usual if shoppers is None else shoppers, products, tuple(make_creatives(seed, products)), splits)
