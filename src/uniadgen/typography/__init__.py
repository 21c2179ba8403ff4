"""Typography: the ad's own text, set into its picture where it can be read."""

from uniadgen.typography.brand import Brand, read_brand
from uniadgen.typography.redraw import carried, redraw
from uniadgen.typography.taste import Taste, taste_of
from uniadgen.typography.typeset import Block, Typesetting, typeset

__all__ = ["Block", "Brand", "Taste", "Typesetting", "carried", "read_brand", "redraw", "taste_of", "typeset"]
