"""What goes with what in PAd-Synth: palettes and lights with scene families, text styles with the shops of a department.

Not every combination is plausible - nobody photographs a beach at night in crimson -, and shops of one trade write alike. So
one of a few is the best fit for a taste, and related products look and read alike.
"""

from uniadgen.padsynth.specs import FAMILIES, LIGHTS, PALETTES


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Lines of a name, a colon and what goes with it."""
    rows = (line.split(":") for line in text.strip().splitlines())
    return {name.strip(): tuple(words.split()) for name, words in rows}


_PALETTES = _table("""
    studio: ivory sky blush charcoal lavender sunshine
    podium: ivory blush terracotta lavender emerald sunshine
    wood_window: ivory sage terracotta sky sunshine emerald
    marble: ivory blush charcoal sage lavender emerald
    living_room: ivory sage terracotta blush charcoal emerald
    kitchen: ivory sage sky sunshine terracotta crimson
    bathroom: ivory sky blush sage lavender charcoal
    desk: charcoal sky ivory sunshine emerald crimson
    garden: sage emerald sunshine blush lavender ivory
    beach: sky ivory sunshine blush terracotta sage
    neon: charcoal lavender crimson sky emerald blush
    festive: crimson emerald ivory charcoal sunshine blush
    winter: sky ivory lavender charcoal crimson emerald
    street: charcoal terracotta sunshine sky crimson sage
    courtyard: terracotta ivory sage sunshine sky emerald
    forest: emerald sage charcoal terracotta ivory sunshine
    sunset_field: terracotta sunshine crimson blush lavender charcoal
    sunrise_window: ivory blush sunshine sky lavender sage
    night_city: charcoal crimson lavender sky emerald sunshine
    bright_interior: ivory sky sage blush sunshine lavender
    flat_linen: ivory blush sage lavender terracotta sky
    flat_wood: ivory terracotta emerald charcoal sage crimson
    flat_stone: charcoal ivory sky sage emerald blush
    flat_sand: ivory terracotta sky sunshine blush sage
    flat_paper: sunshine blush lavender sky crimson emerald
    flat_grass: sage emerald sunshine ivory sky crimson
    hook_wall: ivory sage blush terracotta charcoal sky
    peg_board: sunshine sky ivory charcoal sage crimson
    brick_wall: terracotta charcoal crimson ivory emerald sunshine
    plank_wall: ivory sky sage terracotta emerald lavender
    tile_wall: ivory sky emerald blush lavender sunshine
    hanger_rail: ivory blush lavender charcoal sage terracotta
    leaning_shelf: ivory sage terracotta emerald blush charcoal
""")
_LIGHTS = _table("""
    studio: soft cool moody
    podium: soft sunny moody
    wood_window: soft sunny golden
    marble: soft cool sunny
    living_room: soft golden moody
    kitchen: soft sunny cool
    bathroom: soft cool sunny
    desk: cool moody golden
    garden: sunny golden soft
    beach: sunny golden cool
    neon: moody cool
    festive: golden moody soft
    winter: cool soft sunny
    street: sunny cool moody
    courtyard: sunny golden soft
    forest: soft sunny cool
    sunset_field: golden moody
    sunrise_window: golden soft sunny
    night_city: moody cool
    bright_interior: soft sunny cool
    flat_linen: soft sunny golden
    flat_wood: soft golden moody
    flat_stone: soft cool moody
    flat_sand: sunny golden
    flat_paper: soft sunny cool
    flat_grass: sunny golden soft
    hook_wall: soft sunny golden
    peg_board: soft cool sunny
    brick_wall: moody golden cool
    plank_wall: sunny golden soft
    tile_wall: soft cool sunny
    hanger_rail: soft sunny moody
    leaning_shelf: soft golden sunny
""")
# A family that isn't listed goes with the first six palettes and three lights.
FAMILY_PALETTES: dict[str, tuple[str, ...]] = {name: _PALETTES.get(name, tuple(PALETTES)[:6]) for name in FAMILIES}
FAMILY_LIGHTS: dict[str, tuple[str, ...]] = {name: _LIGHTS.get(name, LIGHTS[:3]) for name in FAMILIES}
SHOP_STYLES: dict[str, tuple[str, ...]] = _table("""
    appliances: brand_first size_dash_pack kind_dashes promotion_square spec_pipes full_width
    electronics: spec_pipes audience_dash brand_square_long lenticular_several short full_width
    furniture: kind_commas kind_dashes feature_first brand_first short audience_commas
    beauty: promotion_lenticular lenticular_several size_dash_pack audience_dash short feature_first
    food_baby: deal promotion_square promotion_lenticular size_dash_pack kind_commas full_width
    fashion_sport: audience_commas audience_dash brand_square_long feature_first kind_dashes deal
""")
