"""Finished ads to be judged: those of other systems from a folder or a file of lines, and those that `evaluate` wrote."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from uniadgen.ads import Placement
from uniadgen.errors import InputError
from uniadgen.imaging.loading import check_whole_picture
from uniadgen.metrics.judged import Output
from uniadgen.strictjson import read_json_lines
from uniadgen.words import clean_text, quoted


@dataclass(frozen=True)
class System:
    """Another system's ads by shopper. unused: its files (or lines) that belong to no ad; missing: shoppers without one.
    general: by its records it looked at no click."""

    ads: dict[str, Output]
    unused: list[str]
    missing: list[str]
    general: bool = False

    def notes(self, most: int = 20) -> list[str]:
        """What the user should know about files that were not used, and about ads that are not there."""
        lines = []
        if self.unused:
            more = f" and {len(self.unused) - most:,} more, see results.json" if len(self.unused) > most else ""
            lines.append(f"not used: {', '.join(map(quoted, self.unused[:most]))}{more}")
        if self.missing:
            lines.append(f"no ad for {len(self.missing):,} of {len(self.missing) + len(self.ads):,} shoppers")
        if count := sum(ad.text is None for ad in self.ads.values()):
            lines.append(f"no text for {count:,} of {len(self.ads):,} ads")
        return lines


def read_system(path: Path, shoppers: Sequence[str]) -> System:
    """Another system's ads of some shoppers; each picture is decoded once, so that a damaged one is found before the work.

    path: a folder with ID.png (or another picture) and ID.txt, or with ads and their records as `generate`, `evaluate` and
    `baselines` write them (for their background, placement and seconds), or a file of JSON lines {"id", "image", "text",
    "placement"} with paths relative to it; text and placement may be missing. placement, for product fidelity: {"left", "top",
    "width", "height"} of the product in pixels. Raises InputError.
    """
    names = set(shoppers)
    outputs, unused = _outputs_of_folder(path, names) if path.is_dir() else _outputs_of_lines(path, names)
    if not outputs:
        raise InputError(f"argument --outputs: {quoted(path)} has no ad of these shoppers; name its files by user id")
    recorded = [ad for ad in outputs.values() if ad.seconds is not None]  # others don't say at what they looked
    general = bool(recorded) and not any(ad.sampled for ad in recorded)
    return System(outputs, unused, [name for name in shoppers if name not in outputs], general)


_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".gif", ".jp2", ".ppm", ".tif", ".tiff")


def _outputs_of_folder(folder: Path, names: set[str]) -> tuple[dict[str, Output], list[str]]:
    pictures: dict[str, Path] = {}
    texts: dict[str, Path] = {}
    records: dict[str, Path] = {}
    unused = []
    for file in sorted(folder.iterdir()):
        kinds = {**dict.fromkeys(_PICTURES, pictures), ".txt": texts, ".json": records}
        files = kinds.get(file.suffix.lower()) if file.stem in names and file.is_file() else None
        if files is None:
            unused.append(file.name)
        elif file.stem in files:
            raise InputError(
                f"argument --outputs: {quoted(files[file.stem])} and {quoted(file.name)} are of one shopper; keep one of them"
            )
        else:
            files[file.stem] = file
    unused += [file.name for files in (texts, records) for name, file in files.items() if name not in pictures]
    outputs: dict[str, Output] = {}
    for name, picture in pictures.items():
        check_whole_picture(picture, "argument --outputs")
        recorded = _recorded(records[name], picture) if name in records else None
        if recorded is None:
            outputs[name] = Output(picture, None)
            unused += [records[name].name] if name in records else []
        else:
            outputs[name] = recorded
            unused = [other for other in unused if recorded.background is None or other != recorded.background.name]
        if name in texts:
            try:
                # A byte order mark is no part of the text.
                text = texts[name].read_text("utf-8-sig").strip()
            except (OSError, UnicodeDecodeError):
                file_name = quoted(texts[name])
                raise InputError(f"argument --outputs: {file_name} is no readable UTF-8 text; save it as UTF-8") from None
            outputs[name] = replace(outputs[name], text=clean_text(text) or None)
    return outputs, sorted(unused)


def _recorded(record: Path, picture: Path) -> Output | None:
    """What an ad's record says, as `generate` and `baselines` write it beside the picture; None for another kind of file."""
    try:
        fields = json.loads(record.read_text("utf-8"))
        if fields["image"] != picture.name:
            return None
        output = _output(record.parent, fields)
        background, sides = fields["background"], (fields["placement"] or {}).values()
        if background not in (None, Path(background or "").name) or any(type(v) is not int for v in sides):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if output.background is not None:
        check_whole_picture(output.background, "argument --outputs")
    return output


def _outputs_of_lines(path: Path, names: set[str]) -> tuple[dict[str, Output], list[str]]:
    expected = (
        'write {"id": "...", "image": "...", "text": "...", "placement": {"left": 0, "top": 0, "width": 9, "height": 9}}; '
        "the last two may be left out"
    )
    outputs: dict[str, Output] = {}
    unused = []
    for what, record in read_json_lines(path, "argument --outputs", expected, "a folder or a file of JSON lines"):
        try:
            name, picture, text, place = record["id"], record["image"], record.get("text"), record.get("placement")
            placement = None if place is None else Placement(*(place[k] for k in ("left", "top", "width", "height")))
            sides = () if placement is None else placement.as_dict().values()
            right = isinstance(name, str) and isinstance(picture, str) and (text is None or isinstance(text, str))
            if not right or any(type(side) is not int for side in sides):
                raise TypeError
        except (KeyError, TypeError, AttributeError):
            raise InputError(f"{what} is no ad; {expected}") from None
        if name in outputs:
            raise InputError(f"{what}: a second ad of the same shopper; keep one")
        if name in names:
            check_whole_picture(path.parent / picture, what)
            outputs[name] = Output(path.parent / picture, clean_text(text or "") or None, placement=placement)
        else:
            unused.append(what.rpartition(", ")[2])
    return outputs, unused


def generated_outputs(folder: Path, names: list[str]) -> dict[str, Output]:
    """The ads that `generate_all` has written for these shoppers."""
    return {name: _output(folder, json.loads((folder / f"{name}.json").read_text("utf-8"))) for name in names}


def _output(folder: Path, record: dict[str, Any]) -> Output:
    """An ad by its record, which `ad_files.write_ad` or `write_finished` has written."""
    return Output(
        folder / record["image"],
        clean_text(record["text"]) or None,
        None if record["background"] is None else folder / record["background"],
        None if record["placement"] is None else Placement(**record["placement"]),
        sum(record["timings"].values()),
        tuple(click["index"] for click in record["sampled_clicks"]),
    )
