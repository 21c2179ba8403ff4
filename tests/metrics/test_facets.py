"""What the judge reads off ads, and how often they would be clicked."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uniadgen.ads import Placement
from uniadgen.metrics.contact import shade
from uniadgen.metrics.facets import text_form, text_style
from uniadgen.metrics.naming import names_product
from uniadgen.metrics.simulated_clicks import affinity, click_shares
from uniadgen.padsynth.shoppers import FAMILY_WEIGHT, LIGHT_WEIGHT, PALETTE_WEIGHT, STYLE_WEIGHT, make_taste
from uniadgen.padsynth.worldgen import make_world

POINTS = [("Aster", "brand"), ("Steel Kettle", "type"), ("1.7 L", "size"), ("Rapid Boil", "feature"), ("Gift", "promotion")]


def test_a_title_is_taken_apart_into_types_and_marks() -> None:
    assert text_form("[Gift] Aster Steel Kettle - 1.7 L!", POINTS) == ["[", "promotion", "]", "brand", "type", "-", "size", "!"]
    assert text_form("【Gift】Aster｜Steel Kettle（1.7 L）", POINTS)[:3] == ["[", "promotion", "]"]


def test_styles_of_the_world_are_recognised() -> None:
    world = make_world(0, 60)
    products = {product.id: product for product in world.products}
    right = []
    for creative in world.creatives:
        points = [(point.text, point.type) for point in products[creative.product_id].selling_points]
        right.append(text_style(creative.text, points) == creative.text_style)
    assert np.mean(right) > 0.98


def test_affinity_is_the_sum_of_what_is_liked() -> None:
    taste = make_taste(0, 1)
    department = next(iter(taste.families))
    names = (taste.families, taste.palettes, taste.lights, taste.text_styles)
    liked = dict(zip(("family", "palette", "light", "text_style"), (n[department][0] for n in names), strict=True))
    whole = affinity(taste.as_dict(), department, liked)
    assert whole == FAMILY_WEIGHT + PALETTE_WEIGHT + LIGHT_WEIGHT + STYLE_WEIGHT
    assert affinity(taste.as_dict(), department, {**liked, "family": "none"}) == whole - FAMILY_WEIGHT


def test_shares_of_a_page() -> None:
    assert click_shares([0.0, 0.0]) == pytest.approx([0.5, 0.5])
    assert click_shares([np.log(3), 0.0]) == pytest.approx([0.75, 0.25])
    assert sum(click_shares([900.0, -900.0, 3.0])) == pytest.approx(1)


def test_naming() -> None:
    assert names_product("Aster Rapid Boil Steel Kettle", POINTS) is True
    assert names_product("Rapid Boil Steel Kettle", POINTS) is False
    assert names_product("Steel Kettle", [("Steel Kettle", "type")]) is True
    assert names_product("anything", [("Rapid Boil", "feature")]) is None


def test_shade_below_a_product() -> None:
    cutout = Image.new("RGBA", (60, 80), (200, 30, 30, 255))
    where = Placement(90, 100, 60, 80)  # its base is at row 180
    plain = Image.new("RGB", (256, 256), (180, 180, 180))
    assert shade(plain, cutout, where) == pytest.approx(0)
    shaded = plain.copy()
    ImageDraw.Draw(shaded).rectangle((80, 178, 160, 186), fill=(120, 120, 120))
    assert shade(shaded, cutout, where) == pytest.approx(60, abs=1)
    assert shade(shaded.resize((512, 512)), cutout, Placement(180, 200, 120, 160)) == pytest.approx(60, abs=3)
    assert shade(plain, cutout, Placement(90, 176, 60, 80)) is None  # no ground below it
