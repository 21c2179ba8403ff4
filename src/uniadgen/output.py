"""Finished ads to files: each file whole or not at all, and nothing at all when the input turns out to be bad half-way."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from uniadgen.ads import Ad
from uniadgen.errors import InputError
from uniadgen.words import quoted


def check_out(folder: Path) -> None:
    """Refuse a folder that can't be written to, before the work; nothing is created yet."""
    mend = "name a folder that you may write to"
    if not str(folder).isprintable():
        raise InputError(f"argument --out: {quoted(folder)} has control characters in its name; {mend}")
    existing = folder
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    if not is_dir(existing):
        raise InputError(f"argument --out: {quoted(existing)} is no folder; {mend}")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"argument --out: {quoted(existing)} is not writable; {mend}")


def is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A hidden folder inside `out` whose files are moved into `out` at the end, each in one step.

    When the input turns out to be bad half-way - a clicked picture that is cut short - nothing appears, and folders made
    here are removed again. After an interruption or another failure the finished ads are kept.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".uniadgen-", dir=out))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"argument --out: {quoted(out)} can't be written ({reason}); name another folder") from None
    keep = True
    try:
        yield stage
    except InputError:
        keep = False
        raise
    finally:
        # An ad is finished when its JSON, the last of its files, is there.
        for record in sorted(stage.glob("*.json")) if keep else []:
            for file in (*stage.glob(f"{record.stem}*.png"), record):
                os.replace(file, out / file.name)
        for file in stage.iterdir():
            file.unlink()
        stage.rmdir()
        with contextlib.suppress(OSError):  # not empty: then it has a reason to be there
            for folder in made:
                folder.rmdir()


def write_ad(ad: Ad, notes: list[str], folder: Path, stem: str) -> dict[str, Any]:
    """Write the three files of an ad, the JSON last, and return what the JSON says."""
    record = {**ad.as_dict(), "image": f"{stem}.png", "background": f"{stem}.background.png"}
    record["notes"] = [*notes, *(note for note in ad.notes if note not in notes)]
    for picture, name in ((ad.image, record["image"]), (ad.background, record["background"])):
        # Nothing but pixels, so that the same pixels are always the same bytes.
        picture.convert("RGB").save(folder / name, format="PNG", pnginfo=None, icc_profile=None, exif=b"")
    partial = folder / f"{stem}.partial"
    partial.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, folder / f"{stem}.json")
    return record


def summary(record: dict[str, Any], out: Path) -> str:
    place = record["placement"]
    width, height = record["image_size"]
    clicks = ", ".join(str(click["index"]) for click in record["sampled_clicks"]) or "none (a general ad)"
    lines = [
        f"{out / record['image']}  {width}x{height}, seed {record['seed']}, {sum(record['timings'].values()):.1f} s",
        f"  text     {record['text']}",
        f"  product  {place['width']}x{place['height']} pixels at ({place['left']}, {place['top']})",
        f"  clicks   {clicks}",
        *(f"  note     {note}" for note in record["notes"]),
    ]
    return "\n".join(lines)


def print_line(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))
