"""Finished ads to files. An ad is files that appear together: NAME.png, NAME.background.png and last NAME.json; with its text
set into the picture also NAME.typeset.png and NAME.typeset.json.

    with staged(out, ["ad-000"], "refuse") as stage:      # a hidden folder; the names are ours from here on
        record = write_ad(ad, stage, "ad-000")
        publish(stage, "ad-000", "refuse")

In further sizes it has more: NAME.story.png. In other formats they are called NAME.webp and so on.

Files of different runs are never mixed: names are reserved before the work, ads are published under a lock, one at a time, and
the JSON holds the hashes of its pictures.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from PIL import Image

from uniadgen.ads import STANDING, Ad, Placement, Posture, SampledClick, Stance, light_of
from uniadgen.console import json_text
from uniadgen.errors import InputError
from uniadgen.files import PREFIX, alone, is_held, made_folder, move_new, open_json, scratch_folder, write_bytes, write_text
from uniadgen.imaging.loading import load_rgb
from uniadgen.output import ENDINGS, Output, plain_file
from uniadgen.signals import unbroken
from uniadgen.strictjson import parse_json
from uniadgen.typography.layers import Kind, layers_of
from uniadgen.typography.typeset import Typesetting
from uniadgen.words import quoted

Existing = Literal["refuse", "finish", "replace"]
"""What happens to an ad that is there: it is refused; refused unless its JSON is missing, as after a kill; or replaced."""

_RESERVED = "reserved"  # file in a stage: the names of the ads that will be published from it
MAX_RECORD = 2**24  # bytes of a JSON
_WAIT = 60.0  # seconds for others to publish one ad each


def files_of(name: str, ending: str = "png") -> tuple[str, str, str]:
    """The files that every ad has, in the order in which they appear: the JSON says that the ad is whole."""
    return f"{name}.{ending}", f"{name}.background.{ending}", record_of(name)


def record_of(name: str) -> str:
    return f"{name}.json"


def typeset_files_of(name: str, ending: str = "png") -> tuple[str, str]:
    """The files of an ad's words in the picture, in the order in which they appear."""
    return f"{name}.typeset.{ending}", f"{name}.typeset.json"


def _pictures_of(name: str) -> list[str]:
    """What the pictures of an ad may be called in any format, but for those of further sizes."""
    return [file for ending in ENDINGS.values() for file in files_of(name, ending)[:2]]


@contextlib.contextmanager
def staged(out: Path, names: Sequence[str] = (), existing: Existing = "replace") -> Iterator[Path]:
    """A hidden folder inside `out` for ads under way, which may be published one by one; the rest is at the end.

    names: of the ads, to be reserved: nobody else makes them meanwhile. When the input turns out to be bad half-way - a clicked
    picture that is cut short - what isn't published is dropped; after an interruption or another failure the finished ads are
    kept. Folders made here are removed again if nothing is in them. Raises InputError for ads that are there or being made.
    """
    keep = True
    with made_folder(out, "argument --out"), scratch_folder(out, "argument --out") as stage:
        if names:
            _reserve(stage, names, existing)
        try:
            yield stage
        except InputError:
            keep = False
            raise
        finally:
            # An ad is finished when its JSON, the last of its files, is there.
            for record in sorted(stage.glob("*.json")) if keep else []:
                if not record.name.endswith(typeset_files_of("")[1]):  # which goes with its ad
                    publish(stage, record.name.removesuffix(".json"), existing)


def _reserve(stage: Path, names: Sequence[str], existing: Existing) -> None:
    out = stage.parent
    with alone(out, "is written to", "argument --out:", _WAIT):
        for other in out.glob(f"{PREFIX}*/{_RESERVED}"):
            if other.parent == stage or not is_held(other.parent):
                continue
            with contextlib.suppress(FileNotFoundError):
                theirs = set(other.read_text("utf-8", "surrogateescape").split("\n"))
                if taken := [name for name in names if name in theirs]:
                    raise InputError(
                        f"argument --out: another process is making {quoted(taken[0])} in {quoted(out)}; wait for its end, or "
                        "name another folder or --name"
                    )
        for name in names:
            _check_absent(out, name, existing)
        write_text(stage / _RESERVED, "\n".join(names))


def publish(stage: Path, name: str, existing: Existing) -> None:
    """Move a finished ad out of its stage, all files or none. Raises InputError when such an ad has appeared meanwhile."""
    out = stage.parent
    with unbroken(), alone(out, "is written to", "argument --out:", _WAIT):
        _check_absent(out, name, existing)
        if existing != "refuse":
            sizes = _sizes_of(out, name)
            words = [file for size in (name, *(Path(file).stem for file in sizes)) for file in _words_of(size)]
            for file in (record_of(name), *_pictures_of(name), *sizes, *words):  # without its JSON there is no ad
                (out / file).unlink(missing_ok=True)
        for file in [*sorted(_staged_pictures(stage, name), key=len), record_of(name)]:
            if (stage / file).exists():
                try:
                    move_new(stage / file, out / file)
                except FileExistsError:  # where folders can't be locked
                    raise _taken(out, name) from None


def publish_words(stage: Path, name: str, overwrite: bool) -> None:
    """Move the words of an ad out of their stage. Raises InputError when there are some and they may not be overwritten."""
    out = stage.parent
    with unbroken(), alone(out, "is written to", "argument --out:", _WAIT):
        if present := [out / file for file in _words_of(name) if os.path.lexists(out / file)]:
            if not overwrite:
                raise InputError(
                    f"argument --out: {quoted(present[0])} is there already; --overwrite replaces it, or name another folder"
                )
            for path in present:
                if path.is_symlink() or not path.is_file():
                    raise InputError(f"argument --out: {quoted(path)} is no plain file; delete it or name another folder")
                path.unlink()
        for file in sorted(_staged_pictures(stage, name), key=lambda file: file.endswith(".json")):
            move_new(stage / file, out / file)


def _words_of(name: str) -> list[str]:
    """What the files of words in a picture may be called in any format."""
    endings = (*ENDINGS.values(), "svg", "psd")
    return [*(typeset_files_of(name, ending)[0] for ending in endings), typeset_files_of(name)[1]]


def _staged_pictures(stage: Path, name: str) -> list[str]:
    """All files of an ad but its JSON, the words' JSON behind the words."""
    return [file.name for file in stage.iterdir() if file.name.startswith(f"{name}.") and file.name != record_of(name)]


def _sizes_of(out: Path, name: str) -> list[str]:
    """The files of an ad's further sizes, as its JSON has them."""
    try:
        files = [entry["image"] for entry in json.loads((out / record_of(name)).read_text("utf-8"))["sizes"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [file for file in files if isinstance(file, str) and file.startswith(f"{name}.") and "/" not in file]


def _check_absent(out: Path, name: str, existing: Existing) -> None:
    present = [out / file for file in (*_pictures_of(name), record_of(name)) if os.path.lexists(out / file)]
    for path in present:
        if path.is_symlink() or not path.is_file():
            raise InputError(f"argument --out: {quoted(path)} is no plain file; delete it or name another folder")
    if present and (existing == "refuse" or (existing == "finish" and present[-1].suffix == ".json")):
        raise _taken(out, name)


def _taken(out: Path, name: str) -> InputError:
    return InputError(
        f"argument --out: {quoted(out)} holds {quoted(name)} already; --overwrite replaces it, --resume keeps ads of the "
        "same request, seed and options, or name another folder or --name"
    )


def write_ad(
    ad: Ad,
    folder: Path,
    name: str,
    digest: str | None = None,
    output: Output = Output(),  # noqa: B008 - frozen
    further: Sequence[tuple[str, Ad]] = (),
    layers: Kind | None = None,
) -> dict[str, Any]:
    """Write the files of an ad, the JSON last, and return what the JSON says.

    digest: of what the ad was made from, as `--resume` compares it. further: the ad in other sizes, by their names. layers: a
    file with layers of what is typeset, too.
    """
    record: dict[str, Any] = {**ad.as_dict(), "image": "", "background": "", "sha256": {}}
    for role, file, picture in zip(
        ("image", "background"), files_of(name, output.ending), (ad.image, ad.background), strict=False
    ):
        record[role] = file
        record["sha256"][role] = _write_picture(folder / record[role], picture, output, ad.model)
    if further:
        record["sizes"] = []
    for size, other in further:
        file = f"{name}.{size}.{output.ending}"
        digest_of_it = _write_picture(folder / file, other.image, output, ad.model)
        entry = {"name": size, "image": file, "image_size": list(other.image.size), "sha256": digest_of_it}
        if other.typesetting is not None:
            entry["typeset"] = write_typesetting(other, other.typesetting, folder, f"{name}.{size}", output, layers)["image"]
        record["sizes"].append(entry | {"placement": other.placement.as_dict()})
    if ad.typesetting is not None:
        record["typeset"] = write_typesetting(ad, ad.typesetting, folder, name, output, layers)["image"]
    if digest is not None:
        record["digest"] = digest
    write_text(folder / record_of(name), json_text(record) + "\n")
    return record


def write_finished(ad: Ad, folder: Path, name: str, digest: str, placed: bool) -> None:
    """Write the files of an ad whose product was painted with its scene, so that it has no background: picture and JSON.

    placed: whether it is known where the product stands.
    """
    record: dict[str, Any] = {**ad.as_dict(), "image": files_of(name)[0], "background": None, "digest": digest}
    if not placed:
        record["placement"] = None
    record["sha256"] = {"image": _write_picture(folder / record["image"], ad.image, Output(), ad.model)}
    write_text(folder / record_of(name), json_text(record) + "\n")


def write_typesetting(
    ad: Ad, typesetting: Typesetting, folder: Path, name: str, output: Output, layers: Kind | None = None
) -> dict[str, Any]:
    """Write the files of an ad's words in the picture, the JSON last, and return what the JSON says.

    typesetting: of this ad. layers: the same as an SVG or PSD besides (`typography.layers`), which may add notes.
    """
    picture, record_file = typeset_files_of(name, output.ending)
    digest = _write_picture(folder / picture, typesetting.image, output, ad.model)
    record: dict[str, Any] = {**typesetting.as_dict(), "image": picture, "sha256": {"image": digest}}
    if layers is not None:
        data, notes = layers_of(ad, typesetting, layers)
        data = output.layers(data, ad.model)
        record["notes"] = [*record["notes"], *notes]
        record["layers"] = f"{name}.typeset.{layers}"
        record["sha256"]["layers"] = hashlib.sha256(data).hexdigest()
        write_bytes(folder / record["layers"], data)
    write_text(folder / record_file, json_text(record) + "\n")
    return record


def _write_picture(path: Path, picture: Image.Image, output: Output, model: str) -> str:
    """Returns the SHA-256 of the file."""
    data = output.encoded(picture, model)
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def png(picture: Image.Image) -> bytes:
    """A PNG file of nothing but pixels, for pictures that are no ads."""
    return plain_file(picture, "png")


def load_ad(path: Path, what: str) -> Ad:
    """A finished ad from its JSON and the pictures beside it. what: names it in messages.

    Raises InputError for what is no ad, and for one whose pictures are not those that it was written with.
    """
    with open_json(path, f"{what}: ") as file:
        data = file.read(MAX_RECORD + 1)
    record: Any = parse_json(data, f"{what}: {quoted(path)}") if len(data) <= MAX_RECORD else None
    try:
        place = Placement(**{side: int(record["placement"][side]) for side in ("left", "top", "width", "height")})
        text, seed, model = str(record["text"]), int(record["seed"]), str(record["model"])
        points = [str(point) for point in record.get("selling_points", [])]
        stance = record.get("stance") or {}
        posture = stance.get("posture", "stands")
        light = light_of(record.get("light")) if posture in get_args(Posture) else "unsaid"
        sampled = [SampledClick(int(c["index"]), float(c["similarity"])) for c in record.get("sampled_clicks", [])]
        files = {role: path.with_name(Path(str(record[role])).name) for role in ("image", "background")}
        hashes = {role: str(record["sha256"][role]) for role in files}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(f"{what}: {quoted(path)} is no ad; name the JSON that generate wrote, as ad-000.json") from None
    pictures = {}
    for role, picture in files.items():
        pictures[role] = load_rgb(picture, f"{what}: {role}")
        if hashlib.sha256(picture.read_bytes()).hexdigest() != hashes[role]:
            raise InputError(f"{what}: {quoted(picture)} has been changed since {quoted(path)} was written; make the ad again")
    size = pictures["image"].size
    inside = min(place.left, place.top) >= 0 and place.left + place.width <= size[0] and place.top + place.height <= size[1]
    if pictures["background"].size != size or not inside or min(place.width, place.height) < 1:
        raise InputError(f"{what}: {quoted(path)} and its pictures don't belong together; make the ad again")
    return Ad(
        image=pictures["image"],
        text=text,
        background=pictures["background"],
        placement=place,
        sampled_clicks=sampled,
        timings={},
        seed=seed,
        model=model,
        description=str(record.get("description", "")),
        selling_points=points,
        stance=Stance(posture) if light != "unsaid" else STANDING,
        light=light,
    )


def read_ad(folder: Path, name: str) -> dict[str, Any] | None:
    """The JSON of an ad whose pictures are those it was written with; None where there is no such ad."""
    try:
        record = json.loads((folder / record_of(name)).read_text("utf-8"))
        roles = ("image", "background") if record["background"] is not None else ("image",)  # see `write_finished`
        written = {record[role]: record["sha256"][role] for role in roles}
        written |= {entry["image"]: entry["sha256"] for entry in record.get("sizes", [])}
        for words in (record, *record.get("sizes", [])):
            if "typeset" in words and not (folder / words["typeset"]).is_file():
                return None
        for file, digest in written.items():
            if "/" in file or hashlib.sha256((folder / file).read_bytes()).hexdigest() != digest:
                return None
        return dict(record)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def finished_ads(out: Path, seeds: Mapping[str, int], digest: str) -> dict[str, dict[str, Any]]:
    """The records of those ads that are there, whole and made from the same: their digest and seed are as wanted.

    seeds: by name.
    """
    records = {name: read_ad(out, name) for name in seeds}
    return {
        name: record
        for name, record in records.items()
        if record is not None and record.get("digest") == digest and record.get("seed") == seeds[name]
    }


def summary(record: dict[str, Any], out: Path) -> str:
    place = record["placement"]
    width, height = record["image_size"]
    clicks = ", ".join(str(click["index"]) for click in record["sampled_clicks"]) or "none (a general ad)"
    lines = [
        f"{out / record['image']}  {width}x{height}, seed {record['seed']}, {sum(record['timings'].values()):.1f} s",
        f"  text     {record['text']}",
        *([f"  words    {out / record['typeset']}"] if "typeset" in record else []),
        f"  product  {place['width']}x{place['height']} pixels at ({place['left']}, {place['top']})",
        f"  clicks   {clicks}",
        *(f"  size     {out / entry['image']}  {'x'.join(map(str, entry['image_size']))}" for entry in record.get("sizes", [])),
        *([f"  chosen   from {len(record['candidates'])}, {_passed(record)}"] if "candidates" in record else []),
        *_why(record.get("why")),
        *(f"  note     {note}" for note in record["notes"]),
    ]
    return "\n".join(lines)


def _passed(record: dict[str, Any]) -> str:
    passed = sum(candidate["qualified"] for candidate in record["candidates"])
    return f"of which {passed} passed the inspection"


def _why(why: Mapping[str, Any] | None) -> list[str]:
    """What leaving out each click changes, strongest first."""
    clicks = sorted(why["clicks"], key=lambda click: -click["picture"]) if why else []
    return [
        f"  why      without click {click['index']}: picture changes by {click['picture']:.1f}, text by {click['text']:.0%}"
        for click in clicks
    ]
