"""`uniadgen data stats` and `sheets`: what is in a data set, in a few lines; a shopper, or all kinds of ads, as pictures."""

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from uniadgen.data.labels import Labels, open_labels
from uniadgen.data.layout import FIRST_TARGET, Row, iter_rows, open_table, read_creatives, world_of
from uniadgen.data.tables import Table, filled
from uniadgen.errors import InputError
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import VIEWED_PIXELS, load_stored
from uniadgen.padsynth.catalogue import is_chinese
from uniadgen.padsynth.shoppers import fits
from uniadgen.sheets import COLUMNS, ROWS, SheetRow, contact_sheet
from uniadgen.words import quoted

MOST_NAMES = 12  # values of a column that are listed
MOST_CLICKS = 24  # that a user's sheet shows
TRAITS = (
    "product_id",
    "department",
    "category",
    "family",
    "palette",
    "light",
    "decor",
)  # in which ads on a sheet should differ


def data_stats(folder: Path) -> str:
    """Counts of products, creatives and users, how often each scene, category and style comes, and lengths of histories.

    What only the judge of PAd-Synth knows is told, too, where it is known.
    """
    labels, world = open_labels(folder), world_of(folder)
    creatives = read_creatives(folder, ("id", "split", "department", "category", "scene_id"))
    lines = [] if world is None else [f"world      version {world['version']}, seed {world['seed']}"]
    lines.append(f"creatives  {len(creatives):,}: {_counts(creatives['split'].to_pylist())}")
    for name in ("department", "category"):
        values = creatives[name].drop_null()
        if len(values):
            lines.append(f"  {name:10} {_counts(values.to_pylist())}")
    for name in _LABELS if labels.creatives else ():
        lines.append(f"  {name:10} {_counts([row[name] for row in labels.creatives.values()])}")
    scenes = Counter(creatives["scene_id"].drop_null().to_pylist())
    if scenes:
        shared = sum(uses > 1 for uses in scenes.values())
        lines.append(f"  scenes     {len(scenes):,}, of which {shared:,} are shown with more than one product")
    lines += _title_lines(folder, labels)
    with open_table(folder, "creatives", ["id"]) as table:
        weights = {name: _stored_bytes(table, name) for name in ("ad", "plate", "codes") if filled(table).get(name)}
    if weights:
        lines.append("  stored     " + ", ".join(f"{name} {weight / 1e6:,.1f} MB" for name, weight in weights.items()))
    with open_table(folder, "products", ["id"]) as products:
        lines.append(f"products   {products.row_count:,}")
    lengths: list[NDArray[np.int64]] = []
    splits: Counter[str] = Counter()
    with open_table(folder, "users", ["split", "clicks"]) as users:
        for batch in users.batches(8192, ["split", "clicks"]):
            splits.update(batch.column("split").to_pylist())
            lengths.append(pc.list_value_length(batch.column("clicks")).to_numpy(zero_copy_only=False))
    lines.append(f"users      {sum(splits.values()):,}: {_in_order(splits)}")
    if lengths and sum(splits.values()):
        clicks = np.concatenate(lengths)
        low, middle, high = (int(np.percentile(clicks, share)) for share in (0, 50, 100))
        targets = int(np.maximum(clicks - FIRST_TARGET, 0).sum()) + len(clicks)
        lines.append(
            f"  clicks     {int(clicks.sum()):,}; {low} to {high} a user, median {middle}; {targets:,} targets to learn from"
        )
    kinds = Counter(kind for some in labels.kinds.values() for kind in some)
    if kinds:
        written = ", ".join(f"{kind} {count / kinds.total():.1%}" for kind, count in kinds.most_common())
        lines.append(f"  kinds      of clicks: {written}")
    rates = taste_rates(folder, labels)
    if rates is not None:
        liked, chance = rates
        shares = (f"{name} {a:.0%} ({b:.0%})" for name, a, b in zip(_LIKED, liked, chance, strict=True))
        lines.append(f"  taste      clicks that show what their user likes (what another user likes): {', '.join(shares)}")
    return "\n".join(lines)


def title_figures(folder: Path, labels: Labels) -> dict[str, float]:
    """How titles are built: shares that name the brand, the kind of product, and that are Chinese; percentiles of words of the
    others, of characters of all. Empty for data without labels."""
    named: list[tuple[bool, bool, bool]] = []
    words: list[int] = []
    characters: list[int] = []
    for row in iter_rows(folder, "creatives", ("id", "text", "selling_points"), 4096):
        if row["id"] not in labels.creatives:
            continue
        points = dict(zip(labels.creatives[row["id"]]["selling_point_types"], row["selling_points"], strict=False))
        chinese = is_chinese(points.get("type", ""))
        named.append((points.get("brand", "\n") in row["text"], points.get("type", "\n") in row["text"], chinese))
        characters.append(len(row["text"]))
        if not chinese:
            words.append(len(re.findall(r"[^\s|-]+", row["text"])))
    if not named:
        return {}
    figures = dict(zip(("brand", "kind", "chinese"), np.mean(named, axis=0).tolist(), strict=True))
    for name, values in (("words", words), ("characters", characters)):
        figures |= {f"{name} {share} %": float(np.percentile(values or [0], share)) for share in (5, 50, 95)}
    return figures


def _title_lines(folder: Path, labels: Labels) -> list[str]:
    figures = title_figures(folder, labels)
    if not figures:
        return []
    spread = [", ".join(f"{figures[f'{name} {share} %']:.0f}" for share in (5, 50, 95)) for name in ("words", "characters")]
    return [
        f"  titles     brand in {figures['brand']:.1%}, kind in {figures['kind']:.1%}, Chinese {figures['chinese']:.1%}; "
        f"words {spread[0]}, characters {spread[1]} (5, 50, 95 %)"
    ]


def taste_rates(folder: Path, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Share of the clicks that fit the taste of their user, and that of the user before, in each of _LIKED.

    None for a data set in which nobody's taste is known.
    """
    classes = {
        row["id"]: [row["department"], *(labels.creatives[row["id"]][name] for name in _LABELS)]
        for row in iter_rows(folder, "creatives", ("id", "department"), 4096)
        if row["id"] in labels.creatives
    }
    sums, count, before = np.zeros((2, len(_LIKED))), 0, None
    nothing = [[False] * len(_LIKED)]
    for user in iter_rows(folder, "users", ("id", "clicks"), 4096) if classes else ():
        taste = labels.taste(user["id"])
        if taste is not None and before is not None:
            clicks = [classes[click["creative"]] for click in user["clicks"] if click["creative"] in classes]
            sums += [np.sum([fits(each, *click) for click in clicks] or nothing, axis=0) for each in (taste, before)]
            count += len(clicks)
        before = taste
    return (sums[0] / count, sums[1] / count) if count else None


_LABELS = ("family", "palette", "light", "text_style")
_LIKED = ("family", "palette", "light", "text style")


def user_sheet(folder: Path, number: int) -> Image.Image:
    """The clicks of one user, the latest MOST_CLICKS of them, and the target.

    Raises InputError for an unknown user, or without pictures.
    """
    with open_table(folder, "users", ["clicks", "target"]) as users:
        count = users.row_count
    if not 0 <= number < count:
        raise InputError(f"argument --user: {number} is no number of a user; use 0 to {count - 1}")
    user = next(islice(iter_rows(folder, "users", ("clicks", "target")), number, None))
    clicked = len(user["clicks"])
    names = [click["creative"] for click in user["clicks"][-MOST_CLICKS:]]
    wanted = {*names, user["target"]}
    creatives = {
        row["id"]: (_opened(row["ad"], row["id"]), row["text"])
        for row in iter_rows(folder, "creatives", ("id", "ad", "text"), 64)
        if row["id"] in wanted
    }
    missing = wanted - set(creatives)
    if missing:
        raise InputError(f"user {number}: names unknown creatives; run `uniadgen data validate`")
    picture, text = creatives[user["target"]]
    title = f"User {number} clicked" + (f", the last {len(names)} of {clicked:,}" if len(names) < clicked else "")
    row = SheetRow(title, [creatives[name] for name in names], picture, text)
    return contact_sheet([row], columns=max(COLUMNS, math.ceil(len(names) / ROWS)))


def kinds_sheet(folder: Path, column: str, across: int = 8, side: int = 128) -> Image.Image:
    """Ads of each kind side by side, a row for each value of a column such as "family" or "category".

    across: ads of each kind, chosen to differ in product, scene and light as much as they can; the same ones each time.
    side: of an ad on the sheet, in pixels. Raises InputError for a data set without values in this column, or without pictures.
    """
    names, labels = ("id", "product_id", "department", "category"), open_labels(folder).creatives
    nothing = dict.fromkeys((column, *TRAITS))
    kinds: dict[str, list[tuple[int, Row]]] = {}
    for place, creative in enumerate(iter_rows(folder, "creatives", names, 4096)):
        row = {**nothing, **labels.get(creative["id"], {}), **creative}
        if row[column] is not None:
            kinds.setdefault(row[column], []).append((place, row))
    if not kinds:
        raise InputError(f"data folder {quoted(folder)}: no creative has a {column}; this sheet is for PAd-Synth")
    places = {
        place: (number, k)
        for number, name in enumerate(sorted(kinds))
        for k, place in enumerate(different(kinds[name], across, random.Random(name)))
    }
    font, gap, left = ImageFont.load_default(14), 4, 110
    sheet = Image.new("RGB", (left + across * (side + gap), len(kinds) * (side + gap)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, name in enumerate(sorted(kinds)):
        draw.text((6, number * (side + gap) + side // 2 - 8), name.replace("_", " "), "black", font)
    for place, creative in enumerate(iter_rows(folder, "creatives", ("id", "ad"), 64)):
        if place in places:
            number, k = places[place]
            ad = _opened(creative["ad"], creative["id"]).resize((side, side), Image.Resampling.LANCZOS)
            sheet.paste(ad, (left + k * (side + gap), number * (side + gap)))
    return sheet


def different(rows: Sequence[tuple[int, Row]], count: int, rng: random.Random) -> list[int]:
    """The places of `count` of these rows: each one is as little like any chosen before it as possible."""
    rest = rng.sample(rows, len(rows))
    alike = [0] * len(rest)
    chosen: list[int] = []
    while rest and len(chosen) < count:
        best = alike.index(min(alike))
        place, row = rest.pop(best)
        alike.pop(best)
        chosen.append(place)
        for number, (_, other) in enumerate(rest):
            # Squared: one ad that is half like this one and half like another is better than one that is all like this one.
            alike[number] += sum(row[name] == other[name] for name in TRAITS) ** 2
    return chosen


def _opened(data: bytes | None, name: str) -> Image.Image:
    return flatten(load_stored(data, f"creative {quoted(name)}", VIEWED_PIXELS))


def _counts(values: list[str]) -> str:
    return _in_order(Counter(values))


def _in_order(counter: Counter[str]) -> str:
    named = ", ".join(f"{name} {count:,}" for name, count in counter.most_common(MOST_NAMES))
    return named + (f", and {len(counter) - MOST_NAMES} more" if len(counter) > MOST_NAMES else "")


def _stored_bytes(table: Table, column: str) -> int:
    """What a column weighs in the file."""
    groups = (table.metadata.row_group(group) for group in range(table.metadata.num_row_groups))
    parts = (group.column(number) for group in groups for number in range(group.num_columns))
    return sum(part.total_compressed_size for part in parts if part.path_in_schema.split(".")[0] == column)
