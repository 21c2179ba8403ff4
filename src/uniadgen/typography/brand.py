"""The brand kit: a shop's own fonts, colours, logo and tone, from one YAML file.

    brand = read_brand(Path("brand.yaml"), "argument --brand")
    brands = read_brands(Path("brands"), "argument --brands")       # by name: brands/acme.yaml is "acme"
    brand = brand_of({"capitals": "headline"}, "options.brand", find)

    name: Acme
    fonts: {headline: fonts/Acme-Bold.ttf, text: fonts/Acme-Regular.ttf}     # paths are relative to the file
    colours: {words: ["#14213d", "#ffffff"], accent: "#fca311", plate: "#ffffff"}
    logo: {image: logo.png, width: 0.16, clear_space: 0.25, corner: bottom-right}
    capitals: headline                                                       # or none

Everything may be left out. Words have the first of the colours `words` that can be read; where none can, they stand on
a shade or a plate.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from PIL import Image

from uniadgen import schema
from uniadgen.ads import Picture
from uniadgen.errors import InputError
from uniadgen.files import is_dir
from uniadgen.imaging.loading import load_picture
from uniadgen.schema import Range
from uniadgen.strictyaml import RepeatedKey, UniqueKeys
from uniadgen.typography.colours import Colour, contrast, luminance
from uniadgen.typography.fonts import Face, font_file
from uniadgen.words import quoted

KIT = "brand.yaml"
MAX_BYTES = 2**16
LOGO_PIXELS = 2**22
LEAST_CONTRAST = 4.5
_MESSAGE = 400  # characters of a message, beside the name of what it is about
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


FontName = Annotated[str, Range(1, 2**12)]


@dataclass(frozen=True)
class _Fonts:
    headline: FontName | None = None
    text: FontName | None = None


@dataclass(frozen=True)
class _Colours:
    words: Annotated[tuple[str, ...], Range(0, 8)] = ()
    accent: str | None = None
    plate: str | None = None


@dataclass(frozen=True)
class _Logo:
    image: Annotated[str, Range(1, 2**24)]  # of a service it may be the picture itself
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


@dataclass(frozen=True)
class FindFile:
    """The files that a brand kit names: what a font's and a logo's value stands for; the second argument is its name in
    messages. Both raise InputError."""

    font: Callable[[str, str], Path]
    logo: Callable[[str, str], Picture]


def read_brand(path: Path, what: str) -> Brand:
    """A brand kit. what: names it in messages. Raises InputError for anything that can't be used as it is written."""
    where = f"{what}: {quoted(path)}"

    def find(name: str, _: str) -> Path:
        return beside(path, name)

    return brand_of(kit_content(path, what), where, FindFile(find, find), f"{where}: ")


def read_brands(folder: Path, what: str) -> dict[str, Brand]:
    """The kits NAME.yaml of a folder, by their names. what: of the folder, in messages. Raises InputError."""
    return {name: read_brand(path, what) for name, path in kits_of(folder, what).items()}


def kits_of(folder: Path, what: str) -> dict[str, Path]:
    """The files NAME.yaml of a folder, by their names. Raises InputError for a folder without any."""
    if not is_dir(folder):
        raise InputError(f"{what}: there is no folder {quoted(folder)}; name a folder of brand kits")
    kits = {path.stem: path for path in sorted(folder.glob("*.yaml")) if path.is_file()}
    if not kits:
        raise InputError(f"{what}: {quoted(folder)} has no brand kit; write one into a file NAME.yaml")
    return kits


class _Refused(Exception):
    """YAML that a kit may not have."""


class _Plain(UniqueKeys):
    """Without what makes one place of a file say something in another."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _Refused("aliases (*name) are not read; write the values out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if any(isinstance(key, yaml.ScalarNode) and key.value == "<<" for key, _ in node.value):
            raise _Refused("merge keys (<<) are not read; write the values out")
        return super().construct_mapping(node, deep)


def kit_content(path: Path, what: str) -> Any:
    """What a kit's file says, not checked yet. Raises InputError for a file that is no YAML."""
    where = f"{what}: {quoted(path)}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{where} is larger than 64 KiB; a brand kit is a short YAML file")
        return yaml.load(data.decode("utf-8-sig"), _Plain) or {}
    except _Refused as error:
        raise InputError(f"{where}: {error}") from None
    except RepeatedKey as error:
        raise InputError(f"{where}: the field {quoted(error.key, 80)} stands twice; keep one of them") from None
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{where} can't be read ({error.strerror or error}); name a YAML file") from None
    except (UnicodeDecodeError, ValueError, yaml.YAMLError, RecursionError):
        raise InputError(f"{where} is no YAML; write for example: colours: {{accent: '#fca311'}}") from None


def packed(path: Path, what: str) -> dict[str, bytes]:
    """A kit with all that it names, as the files of a folder of its own: brand.yaml and, beside it, fonts and logo. Raises
    InputError."""
    read_brand(path, what)
    content: dict[str, Any] = kit_content(path, what)
    files = dict[str, bytes]()

    def kept(stem: str, name: str) -> str:
        file = beside(path, name)
        files[f"{stem}{file.suffix}"] = file.read_bytes()
        return f"{stem}{file.suffix}"

    if content.get("fonts"):
        content["fonts"] = {use: name and kept(use, name) for use, name in content["fonts"].items()}
    if content.get("logo"):
        content["logo"] = {**content["logo"], "image": kept("logo", content["logo"]["image"])}
    return {KIT: kit_text(content), **files}


def kit_digest(path: Path, what: str) -> str:
    """Changes with all that a kit says and with its fonts and logo. Raises InputError."""
    files = {name: hashlib.sha256(data).hexdigest() for name, data in packed(path, what).items()}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def kit_text(content: object) -> bytes:
    """A kit's file that says this."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=True).encode()


def beside(path: Path, name: str) -> Path:
    """A file that a kit names, relative to the kit's own."""
    try:
        return path.parent / Path(name).expanduser()
    except RuntimeError:  # "~name" of a user who doesn't exist here: then it's a file's name
        return path.parent / name


def brand_of(content: object, where: str, find: FindFile, prefix: str | None = None) -> Brand:
    """A brand kit from what its file says, or the same as JSON. where: names it in messages; prefix: before the fields in it,
    where + "." when None. Raises InputError for anything that can't be used as it is written."""
    read: _File = read_short(_File, content, where)
    before = f"{where}." if prefix is None else prefix
    colours = read.colours
    words = tuple(colour_of(text, f"{before}colours.words[{number}]") for number, text in enumerate(colours.words))
    plate = None if colours.plate is None else colour_of(colours.plate, f"{before}colours.plate")
    if plate and words and max(contrast(luminance(plate), luminance(colour)) for colour in words) < LEAST_CONTRAST:
        raise InputError(
            f"{before}colours.plate: none of colours.words can be read on {colours.plate} (contrast below {LEAST_CONTRAST}); "
            "choose another plate, or leave it out"
        )

    def font(name: str | None, what: str) -> Face | None:
        return None if name is None else font_file(find.font(name, what), what)

    return Brand(
        name=read.name,
        headline=font(read.fonts.headline, f"{before}fonts.headline"),
        text=font(read.fonts.text or read.fonts.headline, f"{before}fonts.text"),
        words=words,
        accent=None if colours.accent is None else colour_of(colours.accent, f"{before}colours.accent"),
        plate=plate,
        logo=None if read.logo is None else _logo(read.logo, find, f"{before}logo.image"),
        capitals=read.capitals == "headline",
    )


def read_short(kind: Any, value: object, where: str) -> Any:
    """`schema.read` with messages of a line that can be read, however much somebody has nested in the value."""
    try:
        return schema.read(kind, value, where)
    except InputError as error:
        message = str(error)
    start, end = len(where) + _MESSAGE // 2, _MESSAGE // 2
    raise InputError(message if len(message) <= start + end else f"{message[:start]} ... {message[-end:]}")


def colour_of(text: str, what: str) -> Colour:
    """A colour that somebody wrote as "#1a2b3c". Raises InputError for anything else."""
    match = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text)
    if match is None:
        raise InputError(f"{what}: {quoted(text)} is no colour; write it as '#1a2b3c', in quotes")
    return int(match[1], 16), int(match[2], 16), int(match[3], 16)


def _logo(logo: _Logo, find: FindFile, what: str) -> Logo:
    image = load_picture(find.logo(logo.image, what), what, LOGO_PIXELS).convert("RGBA")
    box = image.getchannel("A").getbbox()
    if box is None:
        raise InputError(f"{what}: {quoted(logo.image, 80)} is fully transparent; supply a logo that shows")
    return Logo(image.crop(box), logo.width, logo.clear_space, logo.corner)
