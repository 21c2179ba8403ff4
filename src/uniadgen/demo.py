"""`uniadgen demo`: one product, two shoppers of different taste, two ads - on the examples that ship with the package.

The examples are ordinary request files; `uniadgen generate` takes them as well.
"""

from importlib import resources
from pathlib import Path

from PIL import Image

from uniadgen.ads import Ad, AdRequest
from uniadgen.imaging.loading import load_rgb
from uniadgen.request import load_request
from uniadgen.sheets import SheetRow, contact_sheet

EXAMPLES = ("shopper-1.json", "shopper-2.json")


def example_folder() -> Path:
    return Path(str(resources.files("uniadgen") / "examples"))


def example_requests() -> list[AdRequest]:
    return [load_request(example_folder() / name) for name in EXAMPLES]


def sheet(requests: list[AdRequest], ads: list[Ad]) -> Image.Image:
    """One row a shopper: the sampled clicks on the left, the ad and its text on the right."""
    rows = []
    for number, (request, ad) in enumerate(zip(requests, ads, strict=True), 1):
        clicked = [request.history[click.index] for click in ad.sampled_clicks]
        clicks = [(load_rgb(click.image, "example"), click.text) for click in clicked]
        rows.append(SheetRow(f"Shopper {number} clicked", clicks, ad.image, ad.text))
    return contact_sheet(rows)
