"""results.json, results.csv and one self-contained report.html: tables, curves and a gallery, nothing loaded from elsewhere."""

import base64
import csv
import html
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.errors import InputError

# Published figures of the method on PAd1M (Chinese titles, 7B): another data set and encoder, so only their shape compares.
REFERENCE_LENGTHS = {
    "0": (0.617, 0.225, 0.525),
    "3": (0.631, 0.375, 0.615),
    "5": (0.639, 0.400, 0.637),
    "8": (0.623, 0.414, 0.650),
    "10": (0.634, 0.435, 0.662),
    "12": (0.624, 0.417, 0.644),
}
REFERENCE_SAMPLINGS = {
    "random": (0.610, 0.431, 0.656),
    "most-similar": (0.618, 0.439, 0.663),
    "product-similarity": (0.634, 0.435, 0.662),
}
COLUMNS = (
    ("pbs", "PBS", 3),
    ("bleu", "BLEU", 3),
    ("rouge_l", "ROUGE-L", 3),
    ("scene_hit", "scene hit", 3),
    ("palette_distance", "palette distance", 1),
    ("factuality", "factuality", 3),
    ("readability", "readability", 3),
    ("seconds", "seconds an ad", 1),
)


@dataclass(frozen=True)
class GalleryEntry:
    """One shopper in the report: thumbnails of the history, and ads with a caption and a text each."""

    title: str
    history: Sequence[Image.Image]
    ads: Sequence[tuple[str, Image.Image, str]]


def write_results(out: Path, results: Mapping[str, Any]) -> None:
    _write(out / "results.json", json.dumps(results, indent=2, allow_nan=False) + "\n")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [name for name, _, _ in COLUMNS]
    writer.writerow(["table", "row", "n", *(column for name in names for column in (name, f"{name}_low", f"{name}_high"))])
    for table, row, figures in _rows(results):
        cells: list[Any] = []
        for name in names:
            low, high = figures.get(f"{name}_ci", ("", ""))
            cells += [figures.get(name, ""), low, high]
        writer.writerow([table, row, figures["n"], *cells])
    _write(out / "results.csv", text.getvalue())


def _rows(results: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    rows = [
        (table, row, figures)
        for table in ("history_length", "sampling", "systems")
        for row, figures in results.get(table, {}).items()
    ]
    return rows + [(name, name, results[name]) for name in ("oracle", "swapped") if name in results]


def write_report(out: Path, results: Mapping[str, Any], gallery: Sequence[GalleryEntry]) -> None:
    lengths, samplings = results["history_length"], results["sampling"]
    parts = [
        f"<h1>Do the ads follow the shopper?</h1><p>{_e(results['model'])} on {_e(results['data'])}: {_headline(results)}</p>",
        "<h2>More history</h2>",
        _table("clicks", lengths, REFERENCE_LENGTHS),
        "<div class=charts>" + "".join(_chart(lengths, name, title) for name, title, _ in COLUMNS[:5]) + "</div>",
        "<h2>Which clicks are sampled</h2>",
        _table("sampling", samplings, REFERENCE_SAMPLINGS),
        "<h2>Bounds</h2>",
        _table("condition", {name: results[name] for name in ("oracle", "swapped") if name in results}, {}),
        "<p class=note>oracle: another product's true creative with the family, palette and light of the shopper's true ad. "
        "swapped: the same product with the history of another shopper.</p>",
    ]
    if results.get("systems"):
        parts += ["<h2>Other systems</h2>", _table("system", results["systems"], {})]
    parts += [
        "<p class=note>Brackets: 95 % bootstrap intervals over shoppers. Grey: published figures of the method on "
        "PAd1M, measured with another encoder on other data; compare how they change, not their height.</p>",
        f"<p class=note>{_notes(results)}</p>",
        "<h2>Shoppers</h2>",
        *map(_entry, gallery),
    ]
    _write(out / "report.html", _PAGE.format(body="\n".join(parts)))


def _headline(results: Mapping[str, Any]) -> str:
    told = []
    share = results.get("personalisation")
    if share is not None:
        told.append(f"with the full history PBS goes {100 * share:.0f} % of the way from no history to the oracle")
    own = results.get("own_above_swapped")
    if own is not None:
        told.append(f"for {100 * own:.0f} % of the shoppers their own history gives a higher PBS than somebody else's")
    return "; ".join(told) + "." if told else "too few shoppers for a summary."


def _notes(results: Mapping[str, Any]) -> str:
    notes = [f"{results['seconds']:.0f} seconds in all."]
    classifier = results.get("scene_classifier")
    if classifier:
        notes.append(f"Scene families are told by a classifier that is right for {100 * classifier['accuracy']:.1f} % ")
        notes.append(f"of {classifier['n']} unseen rendered ads.")
    return " ".join(notes)


def _table(what: str, rows: Mapping[str, Mapping[str, Any]], reference: Mapping[str, tuple[float, float, float]]) -> str:
    shown = [column for column in COLUMNS if any(column[0] in figures for figures in rows.values())]
    head = "".join(f"<th>{_e(title)}</th>" for _, title, _ in shown)
    body = []
    for name, figures in rows.items():
        published = dict(zip(("pbs", "bleu", "rouge_l"), reference.get(name, ()), strict=False))
        cells = [_cell(figures, column, digits, published.get(column)) for column, _, digits in shown]
        body.append(f"<tr><th>{_e(name)}</th>{''.join(cells)}<td>{figures['n']}</td></tr>")
    return f"<table><tr><th>{_e(what)}</th>{head}<th>shoppers</th></tr>{''.join(body)}</table>"


def _cell(figures: Mapping[str, Any], name: str, digits: int, published: float | None) -> str:
    if name not in figures:
        return "<td></td>"
    low, high = figures[f"{name}_ci"]
    grey = f"<small class=ref> {published:.3f}</small>" if published is not None else ""
    return f"<td>{figures[name]:.{digits}f} <small>[{low:.{digits}f}, {high:.{digits}f}]</small>{grey}</td>"


def _chart(rows: Mapping[str, Mapping[str, Any]], name: str, title: str) -> str:
    """A figure over the number of clicks, as SVG, with its interval as a band."""
    points = sorted((int(key), f[name], *f[f"{name}_ci"]) for key, f in rows.items() if name in f)
    if len(points) < 2:
        return ""
    width, height, edge = 260, 150, 34
    lowest, highest = min(p[2] for p in points), max(p[3] for p in points)
    room = (highest - lowest) or 1.0
    last = points[-1][0] or 1

    def at(x: float, y: float) -> str:
        return f"{edge + x / last * (width - edge - 10):.1f},{height - 22 - (y - lowest) / room * (height - 44):.1f}"

    band = " ".join([at(p[0], p[3]) for p in points] + [at(p[0], p[2]) for p in reversed(points)])
    line = " ".join(at(p[0], p[1]) for p in points)
    ticks = "".join(
        f'<text x="{at(p[0], lowest).split(",")[0]}" y="{height - 6}" text-anchor="middle">{p[0]}</text>' for p in points
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{_e(title)} by clicks">'
        f'<text x="4" y="13">{_e(title)}</text>'
        f'<polygon points="{band}" class="band"/><polyline points="{line}" class="line"/>{ticks}'
        f'<text x="2" y="{height - 24}">{lowest:.2f}</text><text x="2" y="28">{highest:.2f}</text></svg>'
    )


def _entry(entry: GalleryEntry) -> str:
    history = "".join(f'<img src="{_inline(picture, 72)}" alt="clicked ad" width=72 height=72>' for picture in entry.history)
    ads = "".join(
        f'<figure><img src="{_inline(picture, 224)}" alt="{_e(title)}" width=224 height=224>'
        f"<figcaption><b>{_e(title)}</b><br>{_e(text)}</figcaption></figure>"
        for title, picture, text in entry.ads
    )
    return f"<section><h3>{_e(entry.title)}</h3><div class=history>{history}</div><div class=ads>{ads}</div></section>"


def _inline(picture: Image.Image, side: int) -> str:
    buffer = io.BytesIO()
    small = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    small.save(buffer, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _e(text: object) -> str:
    return html.escape(str(text))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror}); name another folder") from None


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 1240px; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; margin: .6em 0; }}
th, td {{ padding: .3em .8em; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap; }}
small {{ color: #777; }} .ref {{ color: #aaa; }} .note {{ color: #666; }}
.charts {{ display: flex; flex-wrap: wrap; gap: 1em; }}
svg {{ width: 260px; font-size: 11px; fill: #444; }}
.band {{ fill: #cfe0f5; }} .line {{ fill: none; stroke: #1d5fa8; stroke-width: 2; }}
section {{ border-top: 1px solid #ddd; padding: .6em 0; }}
.history img {{ margin: 0 4px 4px 0; border-radius: 4px; }}
.ads {{ display: flex; flex-wrap: wrap; gap: 12px; }}
figure {{ margin: 0; width: 224px; }} figcaption {{ font-size: 13px; }} figure img {{ border-radius: 6px; }}
</style>
<body>
{body}
</body></html>
"""
