"""Side by side: one table of all systems, and a page on which each shopper is a row and each system a column.

compare.html shows the systems that saw the shopper's clicks, compare-general.html those that didn't; compare.md has both
tables. The pages load nothing, not even from beside them; their policy forbids it.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.evaluation import picture_sets
from uniadgen.evaluation.report import inline
from uniadgen.files import write_text
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.available import inspected_picture
from uniadgen.metrics.judged import Case, Judge, Output
from uniadgen.metrics.metric import Figure, Values
from uniadgen.metrics.registry import ad_figures, set_figures
from uniadgen.templates import environment
from uniadgen.words import quoted

# The table's columns, of all figures that there are.
COLUMNS = (
    "pbs",
    "bleu",
    "rouge_l",
    "available_picture",
    "available_text",
    "available",
    "crispness_edges",
    "kid",
    "product_fidelity",
    "proportion_error",
    "edge_parts",
    "stray_characters",
    "copied_click",
    "coverage",
    "list_copied",
    "seconds",
)
AD, CLICK, CLICKS = 256, 80, 10  # px of the pages' pictures; clicks of a shopper
SHOPPERS = 200
TELLING = ("pbs", "bleu", "rouge_l")  # figures by which a row may be lost


@dataclass(frozen=True)
class Compared:
    """One system. rows: its figures by shopper; pictures: those of all its pictures; general: it saw no clicks; ours: the model
    that is evaluated."""

    name: str
    outputs: Mapping[str, Output]
    rows: Mapping[str, Values]
    means: Mapping[str, float]
    pictures: Mapping[str, Any]
    general: bool
    ours: bool = False


@dataclass(frozen=True)
class Point:
    text: str
    covered: bool


@dataclass(frozen=True)
class Mark:
    """What the inspection has found: x, y, width, height as fractions of the picture; None of a text."""

    criterion: str
    reason: str
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Cell:
    """One system's ad for one shopper."""

    system: str
    ours: bool
    picture: str
    text: str | None
    points: Sequence[Point]
    marks: Sequence[Mark]
    figures: str


@dataclass(frozen=True)
class Row:
    """lost: figures by which ours is below the best other system's."""

    shopper: str
    category: str
    description: str
    cutout: str
    true_ad: str
    true_text: str
    clicks: Sequence[tuple[str, str, bool]]
    cells: Sequence[Cell]
    lost: Sequence[str]


@dataclass(frozen=True)
class TableCell:
    value: str
    best: bool = False


@dataclass(frozen=True)
class Table:
    figures: Sequence[Figure]
    rows: Sequence[tuple[str, Sequence[TableCell]]]


def write_comparison(out: Path, cases: Sequence[Case], systems: Sequence[Compared], judge: Judge, about: str) -> list[Path]:
    """Write the page of personal ads, that of general ads if another system makes some, and the tables; returns the pages."""
    kinds = [
        ("compare.html", "Personal ads", [s for s in systems if not s.general]),
        ("compare-general.html", "General ads", [s for s in systems if s.general]),
    ]
    kinds = [kind for kind in kinds if not all(system.ours for system in kind[2]) or kind[0] == "compare.html"]
    lines = [about]
    for file, title, members in kinds:
        table = table_of(members)
        lines += ["", f"**{title}**", "", *_markdown(table)]
        others = [(name, words) for name, words, _ in kinds if name != file]
        write_text(out / file, page(title, cases[:SHOPPERS], members, table, judge, about, others))
    write_text(out / "compare.md", "\n".join(lines) + "\n")
    return [out / file for file, _, _ in kinds]


def table_of(systems: Sequence[Compared]) -> Table:
    """The columns that some system has; the best of each is marked where there is a better and a worse."""
    figures = {figure.name: _alone(figure) for figure in (*ad_figures(), *set_figures())}
    values = {system.name: {**system.means, **picture_sets.row(system.pictures)} for system in systems}
    columns = [figures[name] for name in COLUMNS if name in figures and any(name in row for row in values.values())]
    best = {
        figure.name: _best(figure, [row[figure.name] for row in values.values() if figure.name in row]) for figure in columns
    }
    rows = []
    for name, row in values.items():
        cells = [
            TableCell(f"{row[f.name]:.{f.digits}f}", row[f.name] == best[f.name]) if f.name in row else TableCell("")
            for f in columns
        ]
        rows.append((name, cells))
    return Table(columns, rows)


def _alone(figure: Figure) -> Figure:
    """With a title that says what it is without its table's topic."""
    return replace(figure, title=f"available, {figure.title}") if figure.name.startswith("available") else figure


def _best(figure: Figure, values: Sequence[float]) -> float | None:
    if figure.higher_is_better is None or len(set(values)) < 2:
        return None
    return max(values) if figure.higher_is_better else min(values)


def _markdown(table: Table) -> list[str]:
    head = ["system", *(figure.title for figure in table.figures)]
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for name, cells in table.rows:
        words = [f"**{cell.value}**" if cell.best else cell.value for cell in cells]
        lines.append(f"| {name} | {' | '.join(words)} |")
    return lines


def page(
    title: str,
    cases: Sequence[Case],
    systems: Sequence[Compared],
    table: Table,
    judge: Judge,
    about: str,
    others: Sequence[tuple[str, str]],
) -> str:
    """The HTML of one page. others: file and title of the other pages."""
    figures = {figure.name: figure for figure in ad_figures()}
    html = (
        environment("uniadgen.evaluation")
        .get_template("compare.html")
        .render(
            title=title,
            about=about,
            others=others,
            table=table,
            systems=[(system.name, system.ours) for system in systems],
            count=len(cases),
            categories=sorted({case.department or "" for case in cases} - {""}),
            telling=[figures[name] for name in TELLING] if any(s.ours for s in systems) and len(systems) > 1 else [],
            rows=_rows(cases, systems, judge),
        )
    )
    return _with_policy(html)


def _with_policy(html: str) -> str:
    """Puts in the content security policy: this page's own style and script, pictures inside of it, and nothing else."""

    def digest(tag: str) -> str:
        match = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        content = match[1].encode() if match else b""
        return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"

    policy = f"default-src 'none'; img-src data:; style-src {digest('style')}; script-src {digest('script')}; base-uri 'none'"
    return html.replace("POLICY-OF-THIS-PAGE", policy, 1) + "\n"


def _rows(cases: Sequence[Case], systems: Sequence[Compared], judge: Judge) -> Iterator[Row]:
    for case in cases:
        cutout = case.product.image
        if not isinstance(cutout, Image.Image):
            raise TypeError("cases hold cut-outs, no paths")
        looked_at = {n for s in systems if s.ours and case.id in s.outputs for n in s.outputs[case.id].sampled}
        latest = [n for n in range(len(case.history)) if n not in looked_at][::-1]
        numbers = sorted([*sorted(looked_at), *latest][:CLICKS])
        yield Row(
            shopper=case.id,
            category=case.department or "",
            description=case.product.description,
            cutout=inline(flatten(cutout), AD),
            true_ad=inline(case.true_ad, AD),
            true_text=case.true_text,
            clicks=[
                (inline(load_rgb(case.history[n].image, f"history[{n}].image"), CLICK), case.history[n].text, n in looked_at)
                for n in numbers
            ],
            cells=[_cell(case, system, judge) for system in systems if case.id in system.outputs],
            lost=_lost(case.id, systems),
        )


def _cell(case: Case, system: Compared, judge: Judge) -> Cell:
    output, row = system.outputs[case.id], system.rows.get(case.id, {})
    figures = [figure for figure in ad_figures() if figure.follows_taste and figure.name in row]
    return Cell(
        system=system.name,
        ours=system.ours,
        picture=inline(load_rgb(output.ad, quoted(output.ad)), AD),
        text=output.text,
        points=covered(output.text or "", case.product.selling_points),
        marks=marks_of(case, output, judge),
        figures=", ".join(f"{figure.title} {row[figure.name]:.{min(figure.digits, 2)}f}" for figure in figures),
    )


def covered(text: str, points: Sequence[str]) -> list[Point]:
    """Which selling points the text says in full."""
    from uniadgen.inspection.text import inspect_text

    return [Point(point, bool(text) and inspect_text(text, [point]).covered == 1) for point in points]


def marks_of(case: Case, output: Output, judge: Judge) -> list[Mark]:
    """What the inspection has to say against an ad's picture and text."""
    from uniadgen.inspection.text import inspect_text

    marks = []
    inspection = inspected_picture(case, output, judge)
    for violation in inspection.violations if inspection else ():
        left, top, right, bottom = violation.box
        marks.append(Mark(violation.criterion, violation.reason, (left, top, right - left, bottom - top)))
    if output.text is not None:
        violations = inspect_text(output.text, case.product.selling_points).violations
        marks += [Mark(violation.criterion, violation.reason) for violation in violations]
    return marks


def _lost(shopper: str, systems: Sequence[Compared]) -> list[str]:
    lost = []
    for name in TELLING:
        ours = [s.rows[shopper][name] for s in systems if s.ours and name in s.rows.get(shopper, {})]
        others = [s.rows[shopper][name] for s in systems if not s.ours and name in s.rows.get(shopper, {})]
        if ours and others and max(others) > max(ours):
            lost.append(name)
    return lost
