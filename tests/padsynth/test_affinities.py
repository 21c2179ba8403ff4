"""What goes with what: whole, plausible, and rich enough that every look and style is met in several places."""

from collections import Counter

from uniadgen.padsynth.affinities import FAMILY_LIGHTS, FAMILY_PALETTES, SHOP_STYLES
from uniadgen.padsynth.specs import DEPARTMENTS, FAMILIES, LIGHTS, PALETTES
from uniadgen.padsynth.titles import STYLES


def test_tables_are_whole() -> None:
    for table, rows, names, least in (
        (FAMILY_PALETTES, FAMILIES, PALETTES, 6),
        (FAMILY_LIGHTS, FAMILIES, LIGHTS, 2),
        (SHOP_STYLES, DEPARTMENTS, STYLES, 6),
    ):
        assert set(table) == set(rows)
        assert all(set(some) <= set(names) for some in table.values())
        assert all(least <= len(set(some)) == len(some) < len(names) for some in table.values())
        assert set().union(*table.values()) == set(names)


def test_no_palette_or_light_belongs_to_a_few_families() -> None:
    palettes = Counter(name for some in FAMILY_PALETTES.values() for name in some)
    lights = Counter(name for some in FAMILY_LIGHTS.values() for name in some)
    assert min(palettes.values()) >= 12
    assert min(lights.values()) >= 10
