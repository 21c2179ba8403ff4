"""uniadgen: personalised product ads, picture and text from one autoregressive model.

from uniadgen import AdGenerator, Product, Click
generator = AdGenerator.from_pretrained()
ad = generator.generate(Product("bag.png", "A leather bag", ["Soft Leather", "Rosa Bag"]), history=[Click("ad.webp", "...")])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uniadgen.ads import Ad, AdRequest, Box, Click, Placement, Product, SampledClick
    from uniadgen.errors import InputError
    from uniadgen.pipeline.generator import AdGenerator

__all__ = ["Ad", "AdGenerator", "AdRequest", "Box", "Click", "InputError", "Placement", "Product", "SampledClick"]


def __getattr__(name: str) -> Any:
    # Nothing is loaded before it is wanted: torch by a model, Pillow by a picture, neither by a command that is interrupted
    if name in __all__:
        module = {"AdGenerator": "pipeline.generator", "InputError": "errors"}.get(name, "ads")
        return getattr(import_module(f"uniadgen.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
