"""How the model writes about real products: titles from a shop, split into selling points.

    python benchmarks/titles.py titles.tsv --count 500

The file has tab-separated lines with the columns brand and title, named in its first line. Each title drawn becomes a product:
its selling points among some of other titles, shuffled, the title as its description, and a shopper who clicked ten ads in
one of PAd-Synth's styles (plain pictures; the text doesn't depend on the product's). Only the text is made, by
`AdGenerator.write`, and judged by the inspection and by counting words.
"""

import argparse
import json
import math
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from uniadgen import Click, Product
from uniadgen.ads import AdRequest
from uniadgen.errors import InputError
from uniadgen.inspection.text import inspect_text
from uniadgen.padsynth.titles import STYLES, pseudo_title_task
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.words import WORD, clean_text, words

CLICKS, BATCH, LONGEST = 10, 16, 3  # clicks of a shopper, texts at a time, words of a selling point
_BREAK = re.compile(r"(?<!\d),|,(?!\d)|[;|()\[\]{}\u2013\u2014\u3010\u3011\ufffd]|\s[-:/]+(?=\s)|[:/](?=\s)")
_STARTS = {"for", "with", "without", "by", "from", "in"}  # words that begin a selling point
_TIES = {"of", "and", "&", "+", "x", "to", "the", "a", "per", "no", "no."}  # words that hold together what is around them


@dataclass(frozen=True)
class Task:
    """A product made of a title, and the shopper it is advertised to."""

    title: str
    points: list[str]  # of the title
    given: list[str]  # these and those of other titles, in any order
    style: str
    clicked: list[str]


@dataclass(frozen=True)
class Judged:
    """A text and what is wrong with it. invented: words it has more often than the selling points. brand: whether it names what
    the title begins with."""

    task: Task
    text: str
    invented: list[str]
    correct: int  # selling points of the title that it says ...
    foreign: int  # ... and of other titles
    violations: list[tuple[str, str]]  # criterion, reason
    brand: bool

    def meets(self, criterion: str) -> bool:
        return all(other != criterion for other, _ in self.violations)


def split_title(title: str, brand: str = "") -> list[str]:
    """The selling points that a merchant might have made the title of, in its order and without repetitions.

    First the brand (the first word where it isn't known or the title doesn't begin with it), then what stands between commas,
    brackets, dashes and bars; a new one begins with "for", "with" and the like, and with the word before "of". What is longer
    than three words is cut into pieces of about equal length; numbers keep the word behind them.
    """
    title, brand = clean_text(title), clean_text(brand)
    at_brand = brand and re.match(rf"{re.escape(brand)}(?![\w-])", title, re.IGNORECASE)
    first = re.match(r"[^\W_][^\s,;|()\[\]]*", title)
    begin = at_brand.end() if at_brand else first.end() if first else 0
    points = [title[:begin], *(point for part in _BREAK.split(title[begin:]) for point in _pieces(part.split()))]
    stripped = (point.strip(" -:/&+.\"'") for point in points)
    distinct: dict[str, str] = {}
    for point in stripped:
        if WORD.search(point):
            distinct.setdefault(point.casefold(), point)
    return list(distinct.values())


def _pieces(words: list[str]) -> list[str]:
    """Pieces of a phrase without marks."""
    starts = [i for i, word in enumerate(words) if word.lower() in _STARTS]
    starts += [i - 1 for i, word in enumerate(words) if word.lower() == "of" and i > 1 and words[i - 2].lower() not in _STARTS]
    pieces = []
    for start, end in zip([0, *sorted(starts)], [*sorted(starts), len(words)], strict=True):
        units: list[list[str]] = []
        for i in range(start, end):
            before = words[i - 1].lower() if i > start else ""
            tied = words[i].lower() in _TIES or before in _TIES | _STARTS or re.fullmatch(r"\d+([.,/]\d+)?", before)
            if units and tied:
                units[-1].append(words[i])
            else:
                units.append([words[i]])
        count = sum(map(len, units))
        room = math.ceil(count / max(1, math.ceil(count / LONGEST)))  # words of a piece, so that all are about as long
        piece: list[str] = []
        for unit in units:
            if piece and len(piece) + len(unit) > room:
                pieces.append(" ".join(piece))
                piece = []
            piece = piece + unit
        pieces.append(" ".join(piece))
    return pieces


def read_titles(path: Path) -> list[tuple[str, str]]:
    """Titles and their brands; bytes that are no UTF-8 divide words. Raises InputError."""
    try:
        lines = path.read_bytes().decode("utf-8-sig", "replace").splitlines()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); name a tab-separated file") from None
    columns = lines[0].lower().split("\t") if lines else []
    if not {"brand", "title"} <= set(columns):
        raise InputError(f"{path}: the first line must name the columns brand and title, divided by a tab")
    rows = (dict(zip(columns, line.split("\t"), strict=False)) for line in lines[1:])
    return [(row["title"], row.get("brand", "")) for row in rows if row.get("title", "").strip()]


def make_tasks(titles: Sequence[tuple[str, str]], count: int, seed: int) -> list[Task]:
    """Tasks of `count` titles (fewer if there are fewer) that have at least two selling points, drawn with the seed."""
    draw = random.Random(seed)
    split = [(clean_text(title), split_title(title, brand)) for title, brand in titles]
    usable = [(title, points) for title, points in split if len(points) > 1]
    if len(usable) < 2:
        raise InputError("titles: at least two with two selling points each are needed")
    tasks = []
    for title, points in draw.sample(usable, min(count, len(usable))):
        given, correct = list(points), _words(title.casefold())
        others = (point for _, group in draw.choices(usable, k=40) for point in draw.sample(group, 1))
        strange = dict.fromkeys(point for point in others if not correct & _words(point.casefold()))
        given += list(strange)[: draw.randint(2, 4)]
        draw.shuffle(given)
        style = draw.choice(tuple(STYLES.values()))
        tasks.append(Task(title, points, given, style.name, pseudo_title_task(draw, CLICKS, style).clicked_texts))
    return tasks


def write_texts(generator: AdGenerator, tasks: Sequence[Task], seed: int) -> list[str]:
    """The ads' texts."""
    product, plain = Image.new("RGBA", (64, 64)), Image.new("RGB", (64, 64), (200, 200, 200))
    product.paste((128, 128, 128, 255), (8, 8, 56, 56))
    requests = [
        AdRequest(Product(product, task.title, task.given), [Click(plain, text) for text in task.clicked]) for task in tasks
    ]
    texts: list[str] = []
    for start in range(0, len(requests), BATCH):
        some = requests[start : start + BATCH]
        texts += generator.write(some, seeds=range(seed + start, seed + start + len(some)))
    return texts


def judge(task: Task, text: str) -> Judged:
    """What the inspection and a count of words say."""
    invented = sorted((_words(text) - _words(" | ".join(task.given))).elements())
    said = [point for point in task.given if re.search(rf"(?<!\w){re.escape(point)}(?!\w)", text)]
    correct = sum(point in task.points for point in said)
    violations = [(violation.criterion, violation.reason) for violation in inspect_text(text, task.given).violations]
    return Judged(task, text, invented, correct, len(said) - correct, violations, task.points[0] in said)


def _words(text: str) -> Counter[str]:
    return Counter(words(text))


def report(judged: Sequence[Judged], examples: int) -> str:
    """Shares with counts, the commonest violations and some examples."""
    shares = {
        "every word given, as often": [not one.invented for one in judged],
        "factuality": [one.meets("factuality") for one in judged],
        "readability": [one.meets("readability") for one in judged],
        "qualified (both)": [not one.violations for one in judged],
        "brand named": [one.brand for one in judged],
        "nothing of another title": [not one.foreign for one in judged],
    }
    tasks = [one.task for one in judged]
    points, given = sum(len(task.points) for task in tasks), sum(len(task.given) for task in tasks)
    correct, foreign = sum(one.correct for one in judged), sum(one.foreign for one in judged)
    lines = [f"{name:28} {sum(met) / len(met):6.1%}  {sum(met):,} of {len(met):,}" for name, met in shares.items()]
    lines += [f"{'points of the title said':28} {correct / points:6.1%}  {correct:,} of {points:,}"]
    lines += [f"{'points of other titles said':28} {foreign / max(1, given - points):6.1%}  {foreign:,} of {given - points:,}"]
    kinds = Counter(
        f"{criterion}: {kind}"
        for one in judged
        for criterion, kind in {(criterion, re.sub(r'".*?"(?=\W|$)', '"..."', reason)) for criterion, reason in one.violations}
    )
    lines += [f"{number:6,} texts  {kind}" for kind, number in kinds.most_common(5)]
    for one in judged[:examples]:
        others = [point for point in one.task.given if point not in one.task.points]
        lines += ["", f"title  {one.task.title}", f"points {' / '.join(one.task.points)}   (+ {' / '.join(others)})"]
        lines += [f"style  {one.task.style}, clicked: {one.task.clicked[0]}", f"text   {one.text}"]
        lines += [f"  {criterion}: {reason}" for criterion, reason in one.violations]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE.tsv")
    parser.add_argument("--count", type=int, default=500, help="titles (default 500)")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="default: the embedded one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=10, help="examples (default 10)")
    parser.add_argument("--out", type=Path, metavar="FILE.jsonl", help="all texts with their selling points and violations")
    arguments = parser.parse_args(argv)
    if arguments.count < 1 or arguments.seed < 0 or arguments.show < 0:
        parser.error("--count must be at least 1, --seed and --show at least 0")
    try:
        tasks = make_tasks(read_titles(arguments.file), arguments.count, arguments.seed)
        generator = AdGenerator.from_pretrained(arguments.model)
        start = time.perf_counter()
        texts = write_texts(generator, tasks, arguments.seed)
        seconds = (time.perf_counter() - start) / len(tasks)
        judged = [judge(task, text) for task, text in zip(tasks, texts, strict=True)]
        print(f"{len(tasks):,} titles, seed {arguments.seed}, model {generator.model.config.name}, {seconds:.2f} s per text")
        print(report(judged, arguments.show))
        if arguments.out is not None:
            lines = (json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in judged)
            arguments.out.write_text("".join(lines), encoding="utf-8")
    except (InputError, OSError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
