"""Ads to be judged, read from what `generate`, `evaluate`, `baselines` and other systems write.

A system is NAME=PATH: a folder of ads with their records (or PICTURE and TEXT files of one name), or a file of JSON lines

    {"id": "u7", "image": "u7.png", "text": "...", "description": "...", "selling_points": ["..."], "cutout": "u7.cutout.png"}

with paths relative to it. Records of ads don't hold the cut-out; it is looked up by the ad's name, a shopper's, in a data set.
"""

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.errors import InputError
from uniadgen.imaging.loading import PRODUCT_PIXELS, VIEWED_PIXELS, load_picture, load_rgb
from uniadgen.inspection.text import text_verdict
from uniadgen.review.criteria import Kind, criteria_of
from uniadgen.selling_points import check_selling_points
from uniadgen.strictjson import read_json_lines
from uniadgen.words import clean_text, is_blank, quoted

MAX_SIDE, CUTOUT_SIDE = 2048, 768  # pixels of pictures as they are kept
MAX_ITEMS = 100_000
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".gif", ".jp2", ".ppm", ".tif", ".tiff")
_FIELDS = ("id", "image", "text", "description", "selling_points", "cutout", "inspection")
_WHAT = "argument --items"


@dataclass(frozen=True)
class Item:
    """An ad of a system. where: for messages. inspection: what the ad's record says that the automatic inspections found."""

    system: str
    key: str
    image: Path | None
    text: str | None
    where: str
    description: str | None = None
    selling_points: tuple[str, ...] = ()
    cutout: Path | bytes | None = None
    inspection: Mapping[str, Any] | None = None


def read_systems(places: Sequence[str], kind: Kind, data: Path | None = None) -> tuple[list[Item], list[str]]:
    """All ads of all systems, and what else lay there and was not used. places: NAME=PATH, or PATH by itself.

    data: a data set, for the products of ads that are named by its shoppers. Raises InputError, also when an ad lacks what this
    kind of study shows.
    """
    ads: list[Item] = []
    unused: list[str] = []
    names: set[str] = set()
    for place in places:
        name, path = _named(place)
        if name in names:
            raise InputError(f"{_WHAT}: the name {quoted(name)} is given twice; write NAME=PATH with another name")
        names.add(name)
        items, others = _folder(name, path) if path.is_dir() else (list(_lines(name, path)), [])
        if not items:
            raise InputError(f"{_WHAT}: {quoted(path)} holds no ads; name a folder or a file of JSON lines")
        ads += items
        unused += others
    if len(ads) > MAX_ITEMS:
        raise InputError(f"{_WHAT}: {len(ads):,} ads are too many; make studies of at most {MAX_ITEMS:,}")
    if data is not None:
        ads = _with_products(ads, data)
    for item in ads:
        _check(item, kind)
    return ads, unused


def _named(place: str) -> tuple[str, Path]:
    name, equals, path = place.partition("=")
    if not equals or "/" in name:
        name, path = "", place
    if is_blank(path) or "\0" in path:
        raise InputError(f"{_WHAT}: {quoted(place)} names no folder or file; write NAME=PATH")
    return clean_text(name) or Path(os.path.realpath(path)).stem, Path(path)


def _check(item: Item, kind: Kind) -> None:
    if kind != "text" and item.image is None:
        raise InputError(f"{item.where}: there is no picture, which a study of kind {kind} shows; leave the ad out or add it")
    if item.image is not None and not item.image.is_file():
        raise InputError(f"{item.where}: there is no picture {quoted(item.image)}; add it or leave the ad out")
    if kind != "picture" and (item.text is None or is_blank(item.text)):
        raise InputError(f"{item.where}: there is no text, which a study of kind {kind} shows; leave the ad out or add it")
    if kind != "picture" and not item.selling_points:
        raise InputError(
            f"{item.where}: there are no selling points to judge the text by; name the data set with --data, or add them"
        )


def _folder(system: str, folder: Path) -> tuple[list[Item], list[str]]:
    try:
        files = {file.name: file for file in sorted(folder.iterdir()) if file.is_file()}
    except OSError as error:
        raise InputError(f"{_WHAT}: {quoted(folder)} can't be read ({error.strerror or error}); name another folder") from None
    items_by_name: dict[str, Item] = {}
    used: set[str] = set()
    for name, file in files.items():
        if file.suffix.lower() == ".json" and (record := _record(file)) is not None:
            used |= {name, record["image"], str(record.get("background"))}
            items_by_name[file.stem] = Item(
                system,
                file.stem,
                folder / record["image"],
                record.get("text"),
                f"{_WHAT}: {quoted(file)}",
                record.get("description") or None,
                tuple(record.get("selling_points") or ()),
                inspection=record["inspection"],
            )
    records = set(items_by_name)
    for name, file in files.items():
        if records.intersection(_before_dots(file.stem)):  # another size of an ad, its background, its words or a layer
            used.add(name)
        elif file.suffix.lower() in _PICTURES and name not in used:
            if file.stem in items_by_name:
                raise InputError(f"{_WHAT}: {quoted(file)} is a second picture of one ad; keep one of them")
            used.add(name)
            items_by_name[file.stem] = Item(system, file.stem, file, None, f"{_WHAT}: {quoted(file)}")
    for name, file in files.items():
        if file.suffix.lower() == ".txt" and (file.stem in items_by_name or not items_by_name):
            used.add(name)
            try:
                text = file.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError):
                raise InputError(f"{_WHAT}: {quoted(file)} is no readable UTF-8 text; save it as UTF-8") from None
            item = items_by_name.get(file.stem, Item(system, file.stem, None, None, f"{_WHAT}: {quoted(file)}"))
            items_by_name[file.stem] = replace(item, text=clean_text(text))
    return list(items_by_name.values()), [str(folder / name) for name in files if name not in used and not name.startswith(".")]


def _before_dots(stem: str) -> list[str]:
    """The names whose file this may be: "ad" and "ad.story" of "ad.story.typeset"."""
    parts = stem.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _record(file: Path) -> dict[str, Any] | None:
    """An ad's record beside its picture; None for another kind of file."""
    try:
        fields = json.loads(file.read_text("utf-8"))
        if "blocks" in fields:  # the words in an ad's picture
            return None
        image, text, inspection = fields["image"], fields.get("text"), fields.get("inspection")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    points = fields.get("selling_points", [])
    right = isinstance(image, str) and Path(image).name == image and isinstance(text, str | None)
    right = right and isinstance(fields.get("description", ""), str) and isinstance(points, list)
    right = right and all(isinstance(point, str) for point in points)
    return {**fields, "inspection": inspection if isinstance(inspection, dict) else None} if right else None


def _lines(system: str, path: Path) -> Iterator[Item]:
    seen: set[str] = set()
    for where, fields in read_json_lines(path, _WHAT, "write one object a line", "a folder or a file of JSON lines"):
        if not isinstance(fields, dict) or not isinstance(fields.get("id"), str) or is_blank(fields["id"]):
            raise InputError(f'{where}: an object with an "id" is needed, and any of {", ".join(_FIELDS[1:])}')
        if unknown := [name for name in fields if name not in _FIELDS]:
            raise InputError(f"{where}: the field {quoted(unknown[0])} is unknown; use {', '.join(_FIELDS)}")
        for name in ("image", "text", "description", "cutout"):
            if not isinstance(fields.get(name), str | None):
                raise InputError(f"{where}: {name} is no text; write a text or leave it out")
        if fields["id"] in seen:
            raise InputError(f"{where}: a second ad with the id {quoted(fields['id'])}; keep one")
        seen.add(fields["id"])
        points, inspection = fields.get("selling_points"), fields.get("inspection")
        yield Item(
            system,
            clean_text(fields["id"]),
            path.parent / fields["image"] if fields.get("image") else None,
            clean_text(fields["text"]) if fields.get("text") is not None else None,
            where,
            clean_text(fields["description"]) if fields.get("description") else None,
            () if points is None else tuple(check_selling_points(points, f"{where}: selling_points")),
            path.parent / fields["cutout"] if fields.get("cutout") else None,
            inspection if isinstance(inspection, dict) else None,
        )


def _with_products(items: Sequence[Item], data: Path) -> list[Item]:
    """Looks up by the ad's name, a shopper's id, which product was advertised."""
    from uniadgen.data.layout import iter_rows

    wanted = {item.key for item in items if not item.selling_points or item.cutout is None}
    target = {row["id"]: row["target"] for row in iter_rows(data, "users", ("id", "target"), 4096) if row["id"] in wanted}
    targets = set(target.values())
    columns = ("id", "product_id", "description", "selling_points")
    creatives = {row["id"]: row for row in iter_rows(data, "creatives", columns, 4096) if row["id"] in targets}
    products = {row["product_id"] for row in creatives.values()}
    cutouts = {row["id"]: row["cutout"] for row in iter_rows(data, "products", ("id", "cutout"), 64) if row["id"] in products}
    completed = []
    for item in items:
        row = creatives.get(target.get(item.key, ""))
        if row is not None:
            item = replace(
                item,
                description=item.description or row["description"],
                selling_points=item.selling_points or tuple(row["selling_points"]),
                cutout=item.cutout or cutouts.get(row["product_id"]),
            )
        completed.append(item)
    return completed


# What is kept ------------------------------------------------------------------------------------------------------------


def kept_picture(source: Path | bytes, what: str) -> tuple[bytes, tuple[int, int]]:
    """An ad's picture as the study keeps it, and its width and height: lossless WebP without anything that tells its origin."""
    return _webp(load_rgb(source, what), MAX_SIDE)


def kept_cutout(source: Path | bytes, what: str) -> tuple[bytes, tuple[int, int]]:
    """A product's cut-out, its transparent margin left out."""
    picture = load_picture(source, what, keep=min(PRODUCT_PIXELS, VIEWED_PIXELS)).convert("RGBA")
    return _webp(picture.crop(picture.getchannel("A").getbbox()), CUTOUT_SIDE)


def _webp(picture: Image.Image, side: int) -> tuple[bytes, tuple[int, int]]:
    if max(picture.size) > side:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True, quality=20, method=1, exif=b"", icc_profile=b"")
    return buffer.getvalue(), picture.size


def automatic_verdict(item: Item, kind: Kind) -> dict[str, bool]:
    """Which criteria the automatic inspections say are violated, by criterion, of those parts that were inspected.

    Texts without a verdict in the ad's record are inspected now, where the packages for their language are there.
    """
    verdicts = dict(item.inspection or {})
    if "text" not in verdicts and item.text and item.selling_points:
        try:
            verdicts["text"] = text_verdict(item.text, item.selling_points)
        except InputError:  # Chinese, and no jieba
            verdicts.pop("text", None)
    verdict = {}
    for criterion in criteria_of(kind):
        violations = verdicts[criterion.part].get("violations") if isinstance(verdicts.get(criterion.part), dict) else None
        if isinstance(violations, list):
            named = {violation.get("criterion") for violation in violations if isinstance(violation, dict)}
            verdict[criterion.name] = criterion.name in named
    return verdict
