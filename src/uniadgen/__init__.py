"""uniadgen: personalised product ads, picture and text from one autoregressive model.

from uniadgen import AdGenerator, Product, Click
generator = AdGenerator.from_pretrained()
ad = generator.generate(Product("bag.png", "A leather bag", ["Soft Leather", "Rosa Bag"]), history=[Click("ad.webp", "...")])
"""

from typing import TYPE_CHECKING, Any

from uniadgen.ads import Ad, AdRequest, Box, Click, Placement, Product, SampledClick
from uniadgen.errors import InputError

if TYPE_CHECKING:
    from uniadgen.generator import AdGenerator

__all__ = ["Ad", "AdGenerator", "AdRequest", "Box", "Click", "InputError", "Placement", "Product", "SampledClick"]


def __getattr__(name: str) -> Any:
    # torch is loaded only when a model is wanted: `uniadgen --help` and bad input need none
    if name == "AdGenerator":
        from uniadgen.generator import AdGenerator

        return AdGenerator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
