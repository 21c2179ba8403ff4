"""results.json, results.csv, results.md, and one self-contained report.html: goals, tables, curves and a gallery.

The page loads nothing from elsewhere, and its content security policy forbids that it ever does.
"""

import base64
import csv
import html
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.ablations import ABLATIONS
from uniadgen.evaluation import picture_sets
from uniadgen.evaluation.figures import LEAST_SHOPPERS, NAMES
from uniadgen.files import write_text

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
    ("product_fidelity", "product fidelity", 3),
    ("seconds", "seconds an ad", 1),
    ("pbs_difference", "PBS - whole", 3),
    ("bleu_difference", "BLEU - whole", 3),
    ("palette_distance_difference", "palette distance - whole", 1),
)


AD, CLICK = 384, 128  # pixels of the report's pictures, at most
REFERENCE_COLUMNS = ("pbs", "bleu", "rouge_l")  # the columns that the reference has, too


@dataclass(frozen=True)
class GalleryClick:
    """sampled: the model looked at it."""

    picture: Image.Image
    text: str
    sampled: bool


@dataclass(frozen=True)
class GalleryAd:
    title: str
    picture: Image.Image
    text: str
    figures: str = ""


@dataclass(frozen=True)
class GalleryEntry:
    """One shopper in the report: what is advertised, what the shopper and the other one clicked, and the ads."""

    title: str
    about: Sequence[tuple[str, str]]  # a word, and what it is here
    history: Sequence[GalleryClick]
    other_history: Sequence[GalleryClick]
    ads: Sequence[GalleryAd]


def write_results(out: Path, results: Mapping[str, Any]) -> None:
    write_text(out / "results.json", json.dumps(results, indent=2, allow_nan=False) + "\n")
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
    write_text(out / "results.csv", text.getvalue())


def write_shoppers(
    out: Path, tables: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]], seeds: Mapping[str, int]
) -> None:
    """shoppers.csv: a line for each shopper and row. tables: "condition", "system" or "bound" -> row -> shopper -> figures."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "row", "shopper", "seed", *NAMES])
    for table, rows in tables.items():
        for row, shoppers in rows.items():
            for shopper, figures in shoppers.items():
                seed = seeds[shopper] if table == "condition" else ""
                writer.writerow([table, row, shopper, seed, *(figures.get(name, "") for name in NAMES)])
    write_text(out / "shoppers.csv", text.getvalue())


def _rows(results: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    rows = [
        (table, row, figures)
        for table in ("history_length", "sampling", "parts", "systems")
        for row, figures in results.get(table, {}).items()
    ]
    return rows + [(name, name, results[name]) for name in ("oracle", "swapped") if name in results]


def _parts(results: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of the table of parts, told in words."""
    told = {"whole": "the whole"} | {name: f"without {name}: {words}" for name, words in ABLATIONS.items()}
    return {told[name]: figures for name, figures in results.get("parts", {}).items()}


def write_report(out: Path, results: Mapping[str, Any], gallery: Sequence[GalleryEntry]) -> None:
    lengths, samplings = results["history_length"], results["sampling"]
    bounds = {name: results[name] for name in ("oracle", "swapped") if name in results}
    parts = [
        "<h1>Do the ads follow the shopper?</h1>",
        f"<p class=summary>{' '.join(map(_e, _summary(results)))}</p>",
        f"<p class=note>{_e(_provenance(results))}</p>",
        _goals(results["targets"]),
        _HOW_TO_READ,
        "<h2>More history</h2>",
        _table("clicks", lengths, REFERENCE_LENGTHS),
        "<div class=charts>" + "".join(_chart(lengths, name, title) for name, title, _ in COLUMNS[:5]) + "</div>",
        *(["<h2>Which clicks are sampled</h2>", _table("sampling", samplings, REFERENCE_SAMPLINGS)] if samplings else []),
        *(["<h2>What each part is worth</h2>", _table("method", _parts(results), {})] if results.get("parts") else []),
        "<h2>Bounds</h2>",
        _table("condition", bounds, {}),
    ]
    if results.get("systems"):
        parts += ["<h2>Other systems</h2>", _table("system", results["systems"], {})]
    if results.get("pictures"):
        parts += ["<h2>Pictures as a whole</h2>", _picture_sets(results["pictures"])]
    parts += [
        f"<p class=note>{_e(' '.join(_notes(results)))}</p>",
        f'<h2 id="shoppers">{len(gallery)} shoppers, one by one</h2>',
        "<p class=note>Clicks with a blue frame are the ones that the model looked at. Click a picture to enlarge it, "
        "rest on a clicked ad to read its text.</p>",
        *map(_entry, gallery),
    ]
    write_text(out / "report.html", _PAGE.format(body="\n".join(parts)))


def write_markdown(out: Path, results: Mapping[str, Any]) -> None:
    """The tables of the report as Markdown, for a page of documentation."""
    lines = [
        f"`{results['command']}`, {results['date']}, {results['machine']}. {_provenance(results)}",
        "",
        "| goal | at least / at most | measured | 95 % interval | shoppers | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for target in results["targets"].values():
        cells = (_bound(target), _number(target["value"]), _interval(target["ci"]), str(target["n"]), _verdict(target))
        lines.append(f"| {target['what']} | {' | '.join(cells)} |")
    for title, what, rows, reference in (
        ("More history", "clicks", results["history_length"], REFERENCE_LENGTHS),
        ("Which clicks are sampled", "sampling", results["sampling"], REFERENCE_SAMPLINGS),
        ("What each part is worth", "method", _parts(results), {}),
        ("Bounds", "condition", {n: results[n] for n in ("oracle", "swapped") if n in results}, {}),
        ("Other systems", "system", results.get("systems", {}), {}),
    ):
        if rows:
            lines += ["", f"**{title}**", "", *_markdown_table(what, rows, reference)]
    if results.get("pictures"):
        head, rows = _picture_set_rows(results["pictures"])
        lines += ["", "**Pictures as a whole**", "", f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
        lines += [f"| {' | '.join(cells)} |" for cells in rows]
    lines += ["", " ".join(_notes(results))]
    write_text(out / "results.md", "\n".join(lines) + "\n")


def _markdown_table(
    what: str, rows: Mapping[str, Mapping[str, Any]], reference: Mapping[str, tuple[float, float, float]]
) -> list[str]:
    shown = [column for column in COLUMNS if any(column[0] in figures for figures in rows.values())]
    lines = [
        f"| {what} | " + " | ".join(title for _, title, _ in shown) + " | n |" + (" published |" if reference else ""),
        "| --- " * (len(shown) + 2 + bool(reference)) + "|",
    ]
    for name, figures in rows.items():
        cells = []
        for column, _, digits in shown:
            known = column in figures
            cells.append(f"{figures[column]:.{digits}f} {_interval(figures[f'{column}_ci'], digits)}" if known else "")
        cells.append(str(figures["n"]))
        if reference:
            cells.append(" / ".join(f"{value:.3f}" for value in reference.get(name, ())))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


# Goals and words ---------------------------------------------------------------------------------------------------------


def _summary(results: Mapping[str, Any]) -> list[str]:
    """What the figures say, in plain words."""
    if results["shoppers"] < LEAST_SHOPPERS:
        return [
            f"Too few shoppers for conclusions: {results['shoppers']}, where at least {LEAST_SHOPPERS} are needed. "
            "What the figures show may be chance."
        ]
    found = {n: t["value"] if t["n"] >= LEAST_SHOPPERS else None for n, t in results["targets"].items()}
    verdicts = [_verdict(target) for target in results["targets"].values()]
    told = [f"{verdicts.count('met')} of {verdicts.count('met') + verdicts.count('missed')} goals are met."]
    if found["personalisation"] is not None:
        told.append(
            "Shown a shopper's clicks, the model's pictures come "
            f"{100 * found['personalisation']:.0f} % of the way from an ad made for nobody in particular "
            "to one in just the scene, colours and light that the shopper went on to click."
        )
    if found["own_above_swapped"] is not None:
        told.append(
            f"For {100 * found['own_above_swapped']:.0f} % of the shoppers, their own clicks lead closer to it than "
            "somebody else's (chance: 50 %)."
        )
    if found["bleu_gain"] is not None and found["rouge_l_gain"] is not None:
        told.append(f"Texts: BLEU {found['bleu_gain']:+.3f} and ROUGE-L {found['rouge_l_gain']:+.3f} through the clicks.")
    if found["product_fidelity"] is not None:
        told.append(f"The product is untouched, pixel for pixel, in {100 * found['product_fidelity']:.4g} % of the ads.")
    return told


def _goals(targets: Mapping[str, Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr class={_CLASSES.get(_verdict(target), 'open')}>"
        f"<th>{_e(target['what'])}</th><td><b>{_number(target['value'])}</b> <small>{_interval(target['ci'])}</small></td>"
        f"<td>{_bound(target)}</td><td>{_verdict(target)}</td><td>{target['n']}</td></tr>"
        for target in targets.values()
    )
    return f"<h2>Goals</h2><table><tr><th>what<th>measured<th>goal<th><th>shoppers</tr>{rows}</table>"


def _bound(target: Mapping[str, Any]) -> str:
    return f"{'at least' if target['at_least'] else 'at most'} {target['goal']:g}"


def _verdict(target: Mapping[str, Any]) -> str:
    if target["met"] is None:
        return "can't be told"
    if target["n"] < LEAST_SHOPPERS:
        return "too few shoppers"
    return "met" if target["met"] else "missed"


_CLASSES = {"met": "met", "missed": "missed"}  # of the page's rows, by verdict


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(bounds: Sequence[float | None], digits: int = 3) -> str:
    if all(bound is None for bound in bounds):
        return ""
    low, high = ("..." if bound is None else f"{bound:.{digits}f}" for bound in bounds)
    return f"[{low}, {high}]"


def _provenance(results: Mapping[str, Any]) -> str:
    return (
        f"Model {results['model']}, {results['shoppers']} shoppers of {results['data']} ({results['split']}), "
        f"background encoder: {results['encoder']}."
    )


def _notes(results: Mapping[str, Any]) -> list[str]:
    notes = [
        "Brackets: 95 % bootstrap intervals over shoppers. Published: PBS, BLEU, ROUGE-L of the method on PAd1M, with another "
        "encoder on other data; compare how they change, not their height. Oracle: another product's true creative with the "
        "family, palette and light of the shopper's true ad. Swapped: the same product with another shopper's history.",
    ]
    if results.get("parts"):
        notes.append(
            "Parts: each is taken out of the trained model while it makes the ads; differences are of the same shopper's ads."
        )
    classifier = results.get("scene_classifier")
    if classifier:
        notes.append(
            f"Scene families are told by a classifier that is right for {100 * classifier['accuracy']:.1f} % "
            f"of {classifier['n']} rendered ads of this split."
        )
    notes += [f"{signature}." for signature in results["signatures"].values()]
    ours = results.get("pictures", {}).get("ours", {})
    notes += [f"{figures['signature']}." for figures in ours.values() if isinstance(figures, dict)]
    notes.append(f"{results['seconds_generating']:.0f} s to make the ads, {results['seconds']:.0f} s in all.")
    return notes


# Tables, curves, gallery -------------------------------------------------------------------------------------------------


def _table(what: str, rows: Mapping[str, Mapping[str, Any]], reference: Mapping[str, tuple[float, float, float]]) -> str:
    shown = [column for column in COLUMNS if any(column[0] in figures for figures in rows.values())]
    head = "".join(f"<th>{_e(title)}</th>" for _, title, _ in shown)
    body = []
    for name, figures in rows.items():
        published = dict(zip(REFERENCE_COLUMNS, reference.get(name, ()), strict=False))
        cells = [_cell(figures, column, digits, published.get(column)) for column, _, digits in shown]
        body.append(f"<tr><th>{_e(name)}</th>{''.join(cells)}<td>{figures['n']}</td></tr>")
    return f"<div class=wide><table><tr><th>{_e(what)}</th>{head}<th>shoppers</th></tr>{''.join(body)}</table></div>"


def _picture_set_rows(pictures: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table of figures that all pictures of a system have together."""
    rows = []
    for name, figures in pictures.items():
        found = picture_sets.row(figures)
        cells = [f"{found[column]:.3f}" if column in found else "" for column, *_ in picture_sets.COLUMNS]
        rows.append([name, f"{figures['kind']}s", *cells])
    return ["system", "of its", *(title for *_, title in picture_sets.COLUMNS)], rows


def _picture_sets(pictures: Mapping[str, Mapping[str, Any]]) -> str:
    head, rows = _picture_set_rows(pictures)
    body = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in cells) + "</tr>" for cells in rows)
    return f"<div class=wide><table><tr>{''.join(f'<th>{_e(title)}</th>' for title in head)}</tr>{body}</table></div>"


def _cell(figures: Mapping[str, Any], name: str, digits: int, published: float | None) -> str:
    if name not in figures:
        return "<td></td>"
    grey = f" <small class=ref>published {published:.3f}</small>" if published is not None else ""
    shown = _interval(figures[f"{name}_ci"], digits)
    return f"<td>{figures[name]:.{digits}f} <small>{shown}</small>{grey}</td>"


def _chart(rows: Mapping[str, Mapping[str, Any]], name: str, title: str) -> str:
    """A figure over the number of clicks, as SVG, with its interval as a band."""
    points = sorted((int(key), f[name], *f[f"{name}_ci"]) for key, f in rows.items() if name in f)
    if len(points) < 2:
        return ""
    width, height, edge = 260, 150, 42
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
    about = "".join(f"<dt>{_e(word)}</dt><dd>{_e(text)}</dd>" for word, text in entry.about)
    ads = "".join(
        f"<figure>{_picture(ad.picture, ad.text, AD)}<figcaption><b>{_e(ad.title)}</b><br>{_e(ad.text)}"
        f"<br><small>{_e(ad.figures)}</small></figcaption></figure>"
        for ad in entry.ads
    )
    return (
        f"<section><h3>{_e(entry.title)}</h3><dl>{about}</dl><div class=shopper><div class=clicks>"
        f"<h4>This shopper clicked</h4>{_clicks(entry.history)}"
        f"<h4>The other shopper clicked</h4>{_clicks(entry.other_history)}</div><div class=ads>{ads}</div></div></section>"
    )


def _clicks(clicks: Sequence[GalleryClick]) -> str:
    return "<div class=history>" + "".join(_picture(c.picture, c.text, CLICK, c.sampled) for c in clicks) + "</div>"


def _picture(picture: Image.Image, text: str, side: int, sampled: bool = False) -> str:
    frame = " class=sampled" if sampled else ""
    return f'<button type=button{frame} title="{_e(text)}"><img src="{_inline(picture, side)}" alt="{_e(text)}"></button>'


def _inline(picture: Image.Image, side: int) -> str:
    """A data URL of the picture as WebP, no wider or higher than `side` pixels."""
    buffer = io.BytesIO()
    small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    small.save(buffer, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _e(text: object) -> str:
    return html.escape(str(text))


_HOW_TO_READ = """<details open><summary>How to read this page</summary><ul>
<li><b>PBS</b> compares the background of an ad with that of the ad the shopper truly clicked; the product does not count.
1 is the same background, higher is closer.</li>
<li><b>Palette distance</b> is how far their colours are apart (CIELAB, lower is closer; 2 is hardly visible, 50 is another
colour). <b>Scene hit</b>: the share of ads in a kind of scene that the shopper prefers for this department; known, because
PAd-Synth's shoppers have a known taste.</li>
<li><b>BLEU</b> and <b>ROUGE-L</b> compare the text with the true ad's text, 0 to 1, higher is closer. <b>Factuality</b> and
<b>readability</b>: the share of texts without such a violation. <b>Product fidelity</b>: the share of ads whose product is the
cut-out, value by value.</li>
<li>If personalisation works, figures improve from 0 clicks on, the swapped row is worse than the full history, and in the
gallery the ad with their history looks more like the clicks on its left than the other two do:
<a href="#shoppers">see for yourself</a>.</li></ul></details>"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>Do the ads follow the shopper?</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 1320px; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; margin: .6em 0; }} .wide {{ overflow-x: auto; }}
th, td {{ padding: .3em .8em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }}
td > small {{ display: block; white-space: nowrap; }}
small {{ color: #666; }} .ref {{ color: #8a8a8a; }} .note {{ color: #555; }}
.summary {{ font-size: 19px; max-width: 60em; }}
.met td:nth-of-type(3) {{ color: #17692a; }} .missed td:nth-of-type(3) {{ color: #a3261b; }}
.charts {{ display: flex; flex-wrap: wrap; gap: 1em; }}
svg {{ width: 240px; font-size: 11px; fill: #444; }}
.band {{ fill: #cfe0f5; }} .line {{ fill: none; stroke: #1d5fa8; stroke-width: 2; }}
section {{ border-top: 1px solid #ddd; padding: .6em 0 1.4em; }} h3, h4 {{ margin: .4em 0; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0 .8em; margin: .3em 0 .8em; }}
dt {{ color: #666; }} dd {{ margin: 0; }}
.shopper {{ display: flex; gap: 1.4em; flex-wrap: wrap; }} .clicks {{ width: 345px; }}
.ads {{ display: flex; flex-wrap: wrap; gap: 14px; flex: 1 1 460px; align-content: start; }}
button {{ border: 0; padding: 0; margin: 0; background: none; cursor: zoom-in; line-height: 0; }}
.history button {{ margin: 0 5px 5px 0; border-radius: 5px; }} .history img {{ width: 64px; border-radius: 5px; }}
.sampled {{ outline: 3px solid #1d6fd0; }}
figure {{ margin: 0; width: 212px; }} figcaption {{ font-size: 13px; }} figure img {{ width: 212px; border-radius: 6px; }}
dialog {{ border: 0; border-radius: 8px; padding: 12px; max-width: 90vw; cursor: zoom-out; }}
dialog img {{ width: min(80vw, 75vh); }} dialog::backdrop {{ background: rgba(0, 0, 0, .6); }}
</style></head>
<body>
{body}
<dialog id="large"><img alt=""><p></p></dialog>
<script>
const large = document.getElementById("large");
document.addEventListener("click", event => {{
  const picture = event.target.closest("button")?.querySelector("img");
  if (picture) {{
    large.querySelector("img").src = picture.src;
    large.querySelector("p").textContent = picture.alt;
    large.showModal();
  }} else if (event.target.closest("dialog")) large.close();
}});
</script>
</body></html>
"""
