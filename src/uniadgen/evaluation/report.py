"""results.json, results.csv, results.md, and one self-contained report.html: goals, tables, curves and a gallery.

Both pages show the same tables, one for each topic of figures, so that none is wider than a page. report.html is the template
templates/report.html; it loads nothing from elsewhere, and its content security policy forbids that it ever does.
"""

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.ablations import ABLATIONS
from uniadgen.evaluation import picture_sets
from uniadgen.evaluation.figures import LEAST_SHOPPERS
from uniadgen.files import write_text
from uniadgen.metrics.metric import Figure
from uniadgen.metrics.registry import ad_figures, by_topic, set_figures
from uniadgen.templates import environment

# Published figures of the method on PAd1M (Chinese titles, 7B): another data set and encoder, so only their shape compares.
REFERENCE_FIGURES = ("pbs", "bleu", "rouge_l")
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

AD, CLICK = 384, 128  # pixels of the report's pictures, at most


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
    names = [figure.name for figure in (*ad_figures(), *_differences())]
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
    names = [figure.name for figure in ad_figures()]
    writer.writerow(["table", "row", "shopper", "seed", *names])
    for table, rows in tables.items():
        for row, shoppers in rows.items():
            for shopper, figures in shoppers.items():
                seed = seeds[shopper] if table == "condition" else ""
                writer.writerow([table, row, shopper, seed, *(figures.get(name, "") for name in names)])
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
    titles = {"whole": "the whole"} | {name: f"without {name}: {words}" for name, words in ABLATIONS.items()}
    return {titles[name]: figures for name, figures in results.get("parts", {}).items()}


def write_report(out: Path, results: Mapping[str, Any], gallery: Sequence[GalleryEntry]) -> None:
    page = (
        environment("uniadgen.evaluation")
        .get_template("report.html")
        .render(
            summary=" ".join(_summary(results)),
            provenance=provenance(results),
            goals=[_goal(target) for target in results["targets"].values()],
            glossary=ad_figures(),
            sections=list(_sections(results)),
            notes=" ".join(_notes(results)),
            gallery=gallery,
            inline=inline,
            ad_side=AD,
            click_side=CLICK,
        )
    )
    write_text(out / "report.html", page + "\n")


def write_markdown(out: Path, results: Mapping[str, Any]) -> None:
    """The tables of the report as Markdown, for a page of documentation."""
    lines = [
        f"`{results['command']}`, {results['date']}, {results['machine']}. {provenance(results)}",
        "",
        "| goal | at least / at most | measured | 95 % interval | shoppers | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for goal in map(_goal, results["targets"].values()):
        lines.append(f"| {goal.what} | {goal.bound} | {goal.value} | {goal.interval} | {goal.n} | {goal.verdict} |")
    for section in _sections(results):
        lines += ["", f"**{section.title}**"]
        for table in section.tables:
            head = [section.what, *table.head]
            lines += ["", f"{table.topic}:", "", f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
            lines += [f"| {row.name} | {' | '.join(map(_in_words, row.cells))} |" for row in table.rows]
    lines += ["", " ".join(_notes(results))]
    write_text(out / "results.md", "\n".join(lines) + "\n")


def _in_words(cell: "Cell") -> str:
    published = f" (published {cell.published})" if cell.published else ""
    return f"{cell.value} {cell.interval}".strip() + published


# Tables ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    value: str = ""
    interval: str = ""
    published: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """The figures of one topic; the first column, of the rows' names, is headed by the section's `what`."""

    topic: str
    head: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Chart:
    """A figure over the number of clicks, in pixels of an SVG: its interval as a band, ticks as (x, label)."""

    title: str
    width: int
    height: int
    band: str
    line: str
    ticks: Sequence[tuple[str, str]]
    lowest: str
    highest: str


@dataclass(frozen=True)
class Section:
    title: str
    what: str
    tables: Sequence[Table]
    charts: Sequence[Chart] = ()


def _sections(results: Mapping[str, Any]) -> Iterator[Section]:
    """What the pages show below the goals; sections without rows are left out."""
    for title, what, rows, reference in (
        ("More history", "clicks", results["history_length"], REFERENCE_LENGTHS),
        ("Which clicks are sampled", "sampling", results["sampling"], REFERENCE_SAMPLINGS),
        ("What each part is worth", "method", _parts(results), {}),
        ("Bounds", "condition", {name: results[name] for name in ("oracle", "swapped") if name in results}, {}),
        ("Other systems", "system", results.get("systems", {}), {}),
    ):
        if rows:
            charts = _charts(rows) if what == "clicks" else []
            yield Section(title, what, _tables(rows, reference), charts)
    if results.get("pictures"):
        yield Section("Pictures as a whole", "system", _set_tables(results["pictures"]))
    if results.get("people"):
        yield Section("Judged by people", "system", _people_tables(results["people"]))


def _tables(rows: Mapping[str, Mapping[str, Any]], reference: Mapping[str, Sequence[float]]) -> list[Table]:
    tables = []
    for topic, figures in by_topic((*ad_figures(), *_differences())).items():
        columns = [figure for figure in figures if any(figure.name in row for row in rows.values())]
        if columns:
            body = []
            for name, row in rows.items():
                published = dict(zip(REFERENCE_FIGURES, reference.get(name, ()), strict=False))
                cells = [_cell(row, figure, published.get(figure.name)) for figure in columns]
                body.append(Row(name, [*cells, Cell(str(row["n"]))]))
            tables.append(Table(topic, [*(figure.title for figure in columns), "shoppers"], body))
    return tables


def _differences() -> tuple[Figure, ...]:
    """The columns that say what a part of the method is worth: a figure without it, minus the same with it."""
    return tuple(
        Figure(f"{figure.name}_difference", f"{figure.title} - whole", "", "Difference to the whole", figure.digits)
        for figure in ad_figures()
        if figure.follows_taste
    )


def _set_tables(pictures: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """Tables of the figures that all pictures of a system have together."""
    rows = {name: picture_sets.row(results) for name, results in pictures.items()}
    tables = []
    for topic, figures in by_topic(set_figures()).items():
        body = []
        for name, values in rows.items():
            cells = [Cell(f"{values[f.name]:.{f.digits}f}" if f.name in values else "") for f in figures]
            body.append(Row(name, [Cell(f"{pictures[name]['kind']}s"), *cells]))
        tables.append(Table(topic, ["of its", *(figure.title for figure in figures)], body))
    return tables


def _people_tables(people: Mapping[str, Any]) -> list[Table]:
    """Available rates and rejects by a study of `uniadgen.review`."""
    systems, accuracy = people["systems"], people["recheck"]["accuracy"]
    topic = f"Available by {people['study']['title']}"
    if accuracy["n"]:
        topic += f" (accuracy of the verdicts {accuracy['share']:.3f} {_interval(accuracy['ci'])})"
    parts = {"available": "available", "available_picture": "picture", "available_text": "text"}
    columns = [name for name in parts if any(name in row for row in systems.values())]
    available = [
        Row(name, [*(_share(row[column]) for column in columns), Cell(str(row["available"]["n"]))])
        for name, row in systems.items()
    ]
    rejects = [Row(name, [_share(row["rejects"][c]) for c in people["criteria"]]) for name, row in systems.items()]
    return [
        Table(topic, [*(parts[column] for column in columns), "ads"], available),
        Table("Rejected for", people["criteria"], rejects),
    ]


def _share(share: Mapping[str, Any]) -> Cell:
    return Cell() if share["share"] is None else Cell(f"{share['share']:.3f}", _interval(share["ci"]))


def _cell(row: Mapping[str, Any], figure: Figure, published: float | None) -> Cell:
    if figure.name not in row:
        return Cell()
    reference = "" if published is None else f"{published:.3f}"
    return Cell(f"{row[figure.name]:.{figure.digits}f}", _interval(row[f"{figure.name}_ci"], figure.digits), reference)


def _charts(rows: Mapping[str, Mapping[str, Any]]) -> list[Chart]:
    """Of the figures that follow taste, where there are two numbers of clicks at least."""
    charts = []
    width, height, edge = 260, 150, 42
    for figure in ad_figures():
        name = figure.name
        points = sorted((int(key), row[name], *row[f"{name}_ci"]) for key, row in rows.items() if name in row)
        if not figure.follows_taste or len(points) < 2:
            continue
        lowest, highest = min(p[2] for p in points), max(p[3] for p in points)
        across, up = (width - edge - 10) / (points[-1][0] or 1), (height - 44) / ((highest - lowest) or 1.0)
        xs = [f"{edge + p[0] * across:.1f}" for p in points]
        value, low, high = (
            [f"{x},{height - 22 - (p[n] - lowest) * up:.1f}" for x, p in zip(xs, points, strict=True)] for n in (1, 2, 3)
        )
        ticks = [(x, str(p[0])) for x, p in zip(xs, points, strict=True)]
        band = " ".join([*high, *reversed(low)])
        charts.append(Chart(figure.title, width, height, band, " ".join(value), ticks, f"{lowest:.2f}", f"{highest:.2f}"))
    return charts


def inline(picture: Image.Image, side: int) -> str:
    """A data URL of the picture as WebP, no wider or higher than `side` pixels."""
    buffer = io.BytesIO()
    small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    small.save(buffer, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


# Goals and words ---------------------------------------------------------------------------------------------------------


def _summary(results: Mapping[str, Any]) -> list[str]:
    """What the figures say, in plain words."""
    if results["shoppers"] < LEAST_SHOPPERS:
        return [
            f"Too few shoppers for conclusions: {results['shoppers']}, where at least {LEAST_SHOPPERS} are needed. "
            "What the figures show may be chance."
        ]
    values = {n: t["value"] if t["n"] >= LEAST_SHOPPERS else None for n, t in results["targets"].items()}
    verdicts = [_verdict(target) for target in results["targets"].values()]
    lines = [f"{verdicts.count('met')} of {verdicts.count('met') + verdicts.count('missed')} goals are met."]
    if values["personalisation"] is not None:
        lines.append(
            "Shown a shopper's clicks, the model's pictures come "
            f"{100 * values['personalisation']:.0f} % of the way from an ad made for nobody in particular "
            "to one in just the scene, colours and light that the shopper went on to click."
        )
    if values["own_above_swapped"] is not None:
        lines.append(
            f"For {100 * values['own_above_swapped']:.0f} % of the shoppers, their own clicks lead closer to it than "
            "somebody else's (chance: 50 %)."
        )
    if values["bleu_gain"] is not None and values["rouge_l_gain"] is not None:
        lines.append(f"Texts: BLEU {values['bleu_gain']:+.3f} and ROUGE-L {values['rouge_l_gain']:+.3f} through the clicks.")
    if values["product_fidelity"] is not None:
        lines.append(f"The product is untouched, pixel for pixel, in {100 * values['product_fidelity']:.4g} % of the ads.")
    return lines


@dataclass(frozen=True)
class GoalRow:
    """A goal in words. css: of its row."""

    what: str
    value: str
    interval: str
    bound: str
    verdict: str
    css: str
    n: int


def _goal(target: Mapping[str, Any]) -> GoalRow:
    value = "-" if target["value"] is None else f"{target['value']:.3f}"
    bound = f"{'at least' if target['at_least'] else 'at most'} {target['goal']:g}"
    verdict = _verdict(target)
    css = verdict if verdict in ("met", "missed") else "open"
    return GoalRow(target["what"], value, _interval(target["ci"]), bound, verdict, css, target["n"])


def _verdict(target: Mapping[str, Any]) -> str:
    if target["met"] is None:
        return "can't be told"
    if target["n"] < LEAST_SHOPPERS:
        return "too few shoppers"
    return "met" if target["met"] else "missed"


def _interval(bounds: Sequence[float | None], digits: int = 3) -> str:
    if all(bound is None for bound in bounds):
        return ""
    low, high = ("..." if bound is None else f"{bound:.{digits}f}" for bound in bounds)
    return f"[{low}, {high}]"


def provenance(results: Mapping[str, Any]) -> str:
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
