"""`uniadgen demo`: one product, two shoppers of different taste, two ads - on the examples that ship with the package.

The examples are ordinary request files; `uniadgen generate` takes them as well.
"""

from importlib import resources
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from uniadgen.ads import Ad, AdRequest
from uniadgen.images import load_picture
from uniadgen.requests import load_request

EXAMPLES = ("shopper-1.json", "shopper-2.json")
THUMBNAIL, MARGIN, COLUMNS = 112, 16, 4


def example_folder() -> Path:
    return Path(str(resources.files("uniadgen") / "examples"))


def example_requests() -> list[AdRequest]:
    return [load_request(example_folder() / name) for name in EXAMPLES]


def sheet(requests: list[AdRequest], ads: list[Ad], ad_size: int = 512) -> Image.Image:
    """One row a shopper: the sampled clicks on the left, the ad and its text on the right."""
    font, small = ImageFont.load_default(19), ImageFont.load_default(13)
    left = COLUMNS * (THUMBNAIL + 8) + MARGIN
    height = ad_size + 56
    canvas = Image.new("RGB", (left + ad_size + 2 * MARGIN, len(ads) * (height + MARGIN) + MARGIN), "white")
    draw = ImageDraw.Draw(canvas)
    for row, (request, ad) in enumerate(zip(requests, ads, strict=True)):
        top = MARGIN + row * (height + MARGIN)
        draw.text((MARGIN, top), f"Shopper {row + 1} clicked", "black", font)
        for i, click in enumerate(ad.sampled_clicks[: COLUMNS * 3]):
            entry = request.history[click.index]
            x, y = MARGIN + i % COLUMNS * (THUMBNAIL + 8), top + 32 + i // COLUMNS * (THUMBNAIL + 40)
            canvas.paste(load_picture(entry.image, "example").convert("RGB").resize((THUMBNAIL, THUMBNAIL)), (x, y))
            for line, words in enumerate(_wrapped(entry.text, small, THUMBNAIL)[:2]):
                draw.text((x, y + THUMBNAIL + 2 + 15 * line), words, "#444444", small)
        canvas.paste(ad.image.resize((ad_size, ad_size), Image.Resampling.LANCZOS), (left + MARGIN, top))
        for line, words in enumerate(_wrapped(ad.text, font, ad_size)[:2]):
            draw.text((left + MARGIN, top + ad_size + 6 + 24 * line), words, "black", font)
    return canvas


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
