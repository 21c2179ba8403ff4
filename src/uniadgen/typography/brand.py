"""The brand kit: a shop's own fonts, colours, logo and tone, from one YAML file.

    brand = read_brand(Path("brand.yaml"), "argument --brand")

    name: Acme
    fonts: {headline: fonts/Acme-Bold.ttf, text: fonts/Acme-Regular.ttf}     # paths are relative to the file
    colours: {words: ["#14213d", "#ffffff"], accent: "#fca311", plate: "#ffffff"}
    logo: {image: logo.png, width: 0.16, clear_space: 0.25, corner: bottom-right}
    capitals: headline                                                       # or none

Everything may be left out. Words have one of the colours `words`, whichever can be read; where none can, they stand on a plate.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from PIL import Image

from uniadgen import schema
from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_picture
from uniadgen.schema import Range
from uniadgen.typography.colours import Colour, contrast, luminance
from uniadgen.typography.fonts import Face, font_file
from uniadgen.words import quoted

MAX_BYTES = 2**20
LOGO_PIXELS = 2**22
LEAST_CONTRAST = 4.5
Corner = Literal["auto", "top-left", "top-right", "bottom-left", "bottom-right"]


@dataclass(frozen=True)
class Logo:
    """image: RGBA or RGB. width: of the picture's measure; clear_space: that stays free around it, of its own height."""

    image: Image.Image
    width: float
    clear_space: float
    corner: Corner


@dataclass(frozen=True)
class Brand:
    """What a brand prescribes; empty where it doesn't. words: colours of letters, those that are preferred first."""

    name: str = ""
    headline: Face | None = None
    text: Face | None = None
    words: tuple[Colour, ...] = ()
    accent: Colour | None = None
    plate: Colour | None = None
    logo: Logo | None = None
    capitals: bool = False


@dataclass(frozen=True)
class _Fonts:
    headline: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class _Colours:
    words: Annotated[tuple[str, ...], Range(0, 8)] = ()
    accent: str | None = None
    plate: str | None = None


@dataclass(frozen=True)
class _Logo:
    image: str
    width: Annotated[float, Range(0.03, 0.5)] = 0.16
    clear_space: Annotated[float, Range(0, 2)] = 0.25
    corner: Corner = "auto"


@dataclass(frozen=True)
class _File:
    name: str = ""
    fonts: _Fonts = field(default_factory=_Fonts)
    colours: _Colours = field(default_factory=_Colours)
    logo: _Logo | None = None
    capitals: Literal["none", "headline"] = "none"


def read_brand(path: Path, what: str) -> Brand:
    """A brand kit. what: names it in messages. Raises InputError for anything that can't be used as it is written."""
    where = f"{what}: {quoted(path)}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{where} is larger than 1 MiB; a brand kit is a short YAML file")
        content: Any = yaml.safe_load(data.decode("utf-8-sig"))
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{where} can't be read ({error.strerror or error}); name a YAML file") from None
    except (UnicodeDecodeError, ValueError, yaml.YAMLError, RecursionError):
        raise InputError(f"{where} is no YAML; write for example: colours: {{accent: '#fca311'}}") from None
    read: _File = schema.read(_File, content or {}, where)
    colours = read.colours
    words = tuple(colour_of(text, f"{where}: colours.words[{number}]") for number, text in enumerate(colours.words))
    plate = None if colours.plate is None else colour_of(colours.plate, f"{where}: colours.plate")
    if plate and words and max(contrast(luminance(plate), luminance(colour)) for colour in words) < LEAST_CONTRAST:
        raise InputError(
            f"{where}: colours.plate: none of colours.words can be read on {colours.plate} (contrast below {LEAST_CONTRAST}); "
            "choose another plate, or leave it out"
        )
    return Brand(
        name=read.name,
        headline=_font(path, read.fonts.headline, f"{where}: fonts.headline"),
        text=_font(path, read.fonts.text or read.fonts.headline, f"{where}: fonts.text"),
        words=words,
        accent=None if colours.accent is None else colour_of(colours.accent, f"{where}: colours.accent"),
        plate=plate,
        logo=None if read.logo is None else _logo(path, read.logo, f"{where}: logo.image"),
        capitals=read.capitals == "headline",
    )


def colour_of(text: str, what: str) -> Colour:
    """A colour that somebody wrote as "#1a2b3c". Raises InputError for anything else."""
    match = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text)
    if match is None:
        raise InputError(f"{what}: {quoted(text)} is no colour; write it as '#1a2b3c', in quotes")
    return int(match[1], 16), int(match[2], 16), int(match[3], 16)


def _font(brand: Path, name: str | None, what: str) -> Face | None:
    return None if name is None else font_file(brand.parent / Path(name).expanduser(), what)


def _logo(brand: Path, logo: _Logo, what: str) -> Logo:
    image = load_picture(brand.parent / Path(logo.image).expanduser(), what, LOGO_PIXELS).convert("RGBA")
    box = image.getchannel("A").getbbox()
    if box is None:
        raise InputError(f"{what}: {quoted(logo.image)} is fully transparent; supply a logo that shows")
    return Logo(image.crop(box), logo.width, logo.clear_space, logo.corner)
