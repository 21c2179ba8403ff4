"""Fonts: which face sets a text, by a chain from the brand's own fonts to what the system has; never boxes.

    faces = choose("Joust Duffle Bag", "headline")      # Faces: one that has all letters, and others for single symbols
    font = faces.main.at(48)                            # Pillow's font of 48 px

The chain: the brand kit's font, then the families of data/fonts.yaml, those made for the text's scripts first. Each is looked
for in the folders of the environment variable UNIADGEN_FONTS, in the package weblate-fonts (extra `typeset`) and in the
system's folders. The same fonts give the same bytes.
"""

import importlib.util
import os
import sys
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
import regex
import yaml
from PIL import ImageFont, features

from uniadgen.errors import InputError
from uniadgen.words import clean_text, clusters, quoted

Style = Literal["headline", "text"]

LEFT_OUT = "emoji and symbols without a font are left out of the picture"
"""A note on words that `settable` has changed."""

one_at_a_time = threading.Lock()
"""Held by whatever measures or draws words: FreeType's faces are shared."""

REFERENCE = 256
"""Pixels of the font that widths are measured with; they scale."""

_LETTER = regex.compile(r"[\p{L}\p{N}\p{M}]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
_DIRECTED = regex.compile(r"[\p{Bidi_Class=L}\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
_SCRIPTS = ("Hiragana", "Katakana", "Hangul", "Han", "Arabic", "Hebrew", "Thai", "Devanagari", "Cyrillic", "Greek", "Latin")
_OF_SCRIPT = {name: regex.compile(rf"\p{{Script={name}}}") for name in _SCRIPTS}
_MAGIC = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")  # of TrueType and OpenType, and of collections
_CHARACTERS = 0x110000  # of Unicode
_MOST_CMAPS = 64  # a font has a handful
# What shapes or joins characters but has no form of its own: a font need not have it.
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F")
# Marks with which words would read otherwise than they are written; what encloses a character, as no font here draws it well;
# what stands for characters or pictures that were lost; and what Unicode gives no meaning, so that fonts differ in it.
_UNSETTABLE = regex.compile(r"[\u202A-\u202E\u2066-\u2069]|[\uFE00-\uFE0F]?\p{Me}|[\uFFF9-\uFFFD\p{Co}\p{Cn}]")
_FILLERS = regex.compile(r"[\u2800\u3164\uFFA0]")  # letters and patterns that show nothing, as a space does
_ESCAPES = regex.compile(r"(?:\x1B\[|\x9B)[0-?]*[ -/]*[@-~]|\x1B\][^\x07\x1B]*(?:\x07|\x1B\\)")  # colours, titles ...
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Zs}]")


@dataclass(frozen=True)
class Face:
    """One face of a font file. index: its number in a collection."""

    family: str
    path: str
    index: int = 0

    def at(self, pixels: int) -> ImageFont.FreeTypeFont:
        return _opened(self.path, self.index, pixels)

    def covers(self, text: str) -> bool:
        """Whether it has a glyph for every visible character."""
        covered = _coverage(self.path, self.index)
        return all(ord(c) in covered or _INVISIBLE.match(c) for c in text)

    @property
    def file(self) -> str:
        return Path(self.path).name


@dataclass(frozen=True)
class Faces:
    """What sets a text: a face that has all its letters, and further ones for symbols that it lacks."""

    main: Face
    others: tuple[Face, ...] = ()

    def sets(self, text: str) -> bool:
        """Whether every visible character has a glyph in one of them."""
        return all(any(face.covers(cluster) for face in (self.main, *self.others)) for cluster in clusters(text))

    def runs(self, text: str) -> list[tuple[Face, str]]:
        """The text in stretches of one face each, in logical order."""
        if not self.others or self.main.covers(text):
            return [(self.main, text)] if text else []
        pieces: list[tuple[Face, str]] = []
        for cluster in clusters(text):
            face = next((face for face in (self.main, *self.others) if face.covers(cluster)), self.main)
            if pieces and (pieces[-1][0] == face or not cluster.strip()):
                pieces[-1] = (pieces[-1][0], pieces[-1][1] + cluster)
            else:
                pieces.append((face, cluster))
        return pieces


def choose(text: str, style: Style, brand_face: Face | None = None) -> Faces:
    """The faces for a text. own: the brand's, which comes first. Raises InputError when letters of a script have no font."""
    check_installed()
    chain = ([brand_face] if brand_face else []) + list(_ordered(text, style))
    if not chain:
        raise InputError('fonts: there are none that could set words; pip install "uniadgen[typeset]", or set UNIADGEN_FONTS')
    letters = "".join(_LETTER.findall(text))
    main = next((face for face in chain if face.covers(letters)), None)
    if main is None:
        # No one face has them all: the first that has some, and others for the rest.
        main = max(chain, key=lambda face: sum(face.covers(c) for c in letters))
        missing = [c for c in letters if not any(face.covers(c) for face in chain)]
        if missing:
            name = unicodedata.name(missing[0], "").partition(" ")[0].title().replace("Cjk", "CJK")
            letter = f"{quoted(missing[0])} ({name or f'U+{ord(missing[0]):04X}'})"
            install = f"install Noto Sans {name}, or " if name else ""  # younger letters have no name here
            raise InputError(f"fonts: none here has the letter {letter}; {install}name a font that has it in the brand kit")
        if is_right_to_left(text):
            raise InputError(
                "fonts: no one font has all letters of a text that runs from right to left; name one in the brand kit"
            )
    others = tuple(face for face in chain if face != main) if not main.covers(text) else ()
    return Faces(main, others)


def offered(text: str, style: Style, brand_faces: Sequence[Face] = ()) -> list[Face]:
    """The faces that have all letters of a text, each file once: the brand's, then those of the chain in this style, then
    those in the other one."""
    letters, other = "".join(_LETTER.findall(text)), "text" if style == "headline" else "headline"
    chain = [*brand_faces, *_ordered(text, style), *_ordered(text, other)]  # type: ignore[arg-type]
    by_file = {face.file: face for face in reversed(chain) if face.covers(letters)}
    return [face for face in dict.fromkeys(chain) if by_file.get(face.file) == face]


def with_symbols(face: Face, text: str, style: Style) -> Faces:
    """A face that has all letters of a text, with others for symbols that it lacks."""
    others = () if face.covers(text) else tuple(other for other in _ordered(text, style) if other != face)
    return Faces(face, others)


def plain_text(text: str) -> str:
    """The text on one line, without what it would do to a terminal."""
    return clean_text(_ESCAPES.sub("", text))


def settable(text: str, style: Style, brand_face: Face | None = None) -> str:
    """The text on one line, without emoji, without symbols that no font here has and without marks that turn the direction of
    what follows; letters stay, for `choose` to refuse. Of a keycap its digit stays."""
    text = _UNSETTABLE.sub("", _FILLERS.sub(" ", plain_text(text)))
    chain = ([brand_face] if brand_face else []) + list(_ordered(text, style))

    def is_settable(cluster: str) -> bool:
        return not _EMOJI.search(cluster) and (
            _LETTER.search(cluster) is not None or any(face.covers(cluster) for face in chain)
        )

    # A mark that belongs to what follows it has the space behind it in its cluster, which parts words all the same.
    kept = [c if is_settable(c) else " " * (not c[-1].strip()) for c in clusters(text)]
    return " ".join("".join(kept).split())


@lru_cache(maxsize=1024)
def scripts(text: str) -> tuple[str, ...]:
    """The scripts of a text by Unicode's names, those that decide about the font first."""
    return tuple(name for name, pattern in _OF_SCRIPT.items() if pattern.search(text))


def is_cjk(text: str) -> bool:
    return any(name in ("Hiragana", "Katakana", "Han", "Hangul") for name in scripts(text))


def is_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    first = _DIRECTED.search(text)
    return first is not None and _RIGHT_TO_LEFT.match(first[0]) is not None


def check_installed() -> None:
    """Raises InputError where words can't be set, whatever they are: a package of the extra or Raqm is missing."""
    if missing := [name for name in ("fontTools", "uniseg") if importlib.util.find_spec(name) is None]:
        raise InputError(f'words in the picture need the package {missing[0]}; pip install "uniadgen[typeset]"')
    if not features.check("raqm"):
        raise InputError("Pillow has no Raqm here, which shapes text; install Pillow from a wheel, or with libraqm")


def font_file(path: Path, what: str, index: int = 0) -> Face:
    """A font that somebody names. Raises InputError for what is none; also for packed ones (WOFF), which may hide anything."""
    if not path.is_file():
        raise InputError(f"{what}: there is no file {quoted(path)}; name a .ttf, .otf or .ttc file")
    try:
        with path.open("rb") as file:
            if file.read(4) not in _MAGIC:
                raise ValueError("no OpenType")
        family = ImageFont.truetype(str(path), 16, index).getname()[0] or path.stem
        _coverage(str(path), index)
    except Exception as error:  # FreeType and fontTools raise anything on a damaged file
        raise InputError(f"{what}: {quoted(path)} is no font, or a damaged one; name a .ttf, .otf or .ttc file") from error
    return Face(family, str(path), index)


# The chain ---------------------------------------------------------------------------------------------------------------


def _ordered(text: str, style: Style) -> Iterator[Face]:
    """The families that are here: made for the text's first script, for another of its scripts, for any, the rest."""
    wanted = scripts(text)

    def rank(entry: dict[str, Any]) -> int:
        places = [wanted.index(script) for script in entry["scripts"] if script in wanted]
        return min(places) if places else len(wanted) + ("any" not in entry["scripts"])

    for entry in sorted(_families(), key=rank):
        file = _installed_font(entry[style])
        if file is not None:
            yield Face(entry["family"], file, entry.get("face", 0))


@cache
def _families() -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = yaml.safe_load((resources.files(__package__) / "data" / "fonts.yaml").read_text("utf-8"))
    return data


def _installed_font(file: str) -> str | None:
    return _files(os.environ.get("UNIADGEN_FONTS", "")).get(file)


@lru_cache(maxsize=4)
def _files(named_folders: str) -> dict[str, str]:
    """Paths by file name, of the fonts that the chain knows. folders_text: the value of UNIADGEN_FONTS."""
    covered = {entry[style] for entry in _families() for style in ("headline", "text")}
    paths: dict[str, str] = {}
    for folder in _folders(named_folders):
        for place, folders, names in os.walk(folder):
            folders.sort()
            for name in names:
                if name in covered:
                    paths.setdefault(name, os.path.join(place, name))
    return paths


def _folders(folders_text: str) -> list[Path]:
    folders = [Path(part).expanduser() for part in folders_text.split(os.pathsep) if part.strip()]
    package = importlib.util.find_spec("weblate_fonts")
    folders += [Path(place) for place in (package.submodule_search_locations or [] if package else [])]
    home = Path.home()
    if sys.platform == "darwin":
        return [*folders, home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    if sys.platform == "win32":
        return [
            *folders,
            home / "AppData/Local/Microsoft/Windows/Fonts",
            Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",
        ]
    return [*folders, home / ".local/share/fonts", home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")]


# Files -------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def _opened(path: str, index: int, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, pixels, index, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=64)
def _coverage(path: str, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        _check_cmap(font.reader["cmap"])
        return frozenset(font.getBestCmap() or ())


def _check_cmap(table: bytes) -> None:
    """Raises ValueError for a table of characters that claims more than Unicode has: a few bytes could fill the memory."""
    count = int.from_bytes(table[2:4], "big")
    if count > _MOST_CMAPS:
        raise ValueError("too many tables of characters")
    for number in range(count):
        start = int.from_bytes(table[8 + 8 * number : 12 + 8 * number], "big")
        kind = int.from_bytes(table[start : start + 2], "big")
        if kind in (12, 13):
            groups = np.frombuffer(table, ">u4", 3 * int.from_bytes(table[start + 12 : start + 16], "big"), start + 16)
            firsts, lasts = groups[0::3].astype(np.int64), groups[1::3].astype(np.int64)
        elif kind == 4:
            segments = int.from_bytes(table[start + 6 : start + 8], "big") // 2
            lasts = np.frombuffer(table, ">u2", segments, start + 14).astype(np.int64)
            firsts = np.frombuffer(table, ">u2", segments, start + 16 + 2 * segments).astype(np.int64)
        else:
            continue
        if (lasts - firsts + 1).clip(0).sum() > _CHARACTERS:
            raise ValueError("too many characters")
