"""Typography: the ad's own text, set into its picture where it can be read."""

from uniadgen.typography.typeset import Block, Typesetting, typeset

__all__ = ["Block", "Typesetting", "typeset"]
