"""Contact sheets: what shoppers clicked on the left, the ad that belongs to these clicks on the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

THUMBNAIL, MARGIN, COLUMNS, ROWS = 112, 16, 4, 3


@dataclass(frozen=True)
class SheetRow:
    """One shopper: clicks as (picture, text), of which as many are drawn as fit, and the ad with its text."""

    title: str
    clicks: Sequence[tuple[Image.Image, str]]
    ad: Image.Image
    text: str


def contact_sheet(rows: Sequence[SheetRow], ad_size: int = 512, columns: int = COLUMNS) -> Image.Image:
    """One row a shopper: the first columns x ROWS clicks, and the ad with ad_size x ad_size pixels."""
    font, small = ImageFont.load_default(19), ImageFont.load_default(13)
    left = columns * (THUMBNAIL + 8) + MARGIN
    height = ad_size + 56
    canvas = Image.new("RGB", (left + ad_size + 2 * MARGIN, len(rows) * (height + MARGIN) + MARGIN), "white")
    draw = ImageDraw.Draw(canvas)
    for number, row in enumerate(rows):
        top = MARGIN + number * (height + MARGIN)
        draw.text((MARGIN, top), row.title, "black", font)
        for i, (picture, text) in enumerate(row.clicks[: columns * ROWS]):
            x, y = MARGIN + i % columns * (THUMBNAIL + 8), top + 32 + i // columns * (THUMBNAIL + 40)
            canvas.paste(picture.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS), (x, y))
            for line, words in enumerate(_wrapped(text, small, THUMBNAIL)[:2]):
                draw.text((x, y + THUMBNAIL + 2 + 15 * line), words, "#444444", small)
        canvas.paste(row.ad.convert("RGB").resize((ad_size, ad_size), Image.Resampling.LANCZOS), (left + MARGIN, top))
        for line, words in enumerate(_wrapped(row.text, font, ad_size)[:2]):
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
