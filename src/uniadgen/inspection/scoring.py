"""How good the inspection is: precision and recall against labelled texts.

    python -m uniadgen.inspection.scoring tests/inspection/data/labelled.jsonl --split held-out

A labelled text is a line {"selling_points": [...], "text": ..., "criteria": [...], "split": ..., "language": ..., "kind": ...};
no criteria: the text is fine. Finding a bad text is a hit.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uniadgen.console import print_line
from uniadgen.inspection.text import inspect_text

CRITERIA = ("factuality", "readability")


@dataclass
class Tally:
    """Hits, false alarms, misses, and fine texts passed."""

    hits: int = 0
    alarms: int = 0
    misses: int = 0
    passed: int = 0

    def add(self, bad: bool, rejected: bool) -> None:
        self.hits += bad and rejected
        self.alarms += rejected and not bad
        self.misses += bad and not rejected
        self.passed += not bad and not rejected

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.alarms) if self.hits + self.alarms else 0.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 0.0

    def __str__(self) -> str:
        counts = f"{self.hits} found, {self.misses} missed, {self.alarms} false alarms, {self.passed} passed"
        return f"precision {self.precision:.3f}  recall {self.recall:.3f}  ({counts})"


def score(entries: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Tally], list[str]]:
    """Tallies by name ("rejected", criterion, language), and one line for each text judged otherwise than labelled."""
    tallies: dict[str, Tally] = {"rejected": Tally()} | {criterion: Tally() for criterion in CRITERIA}
    wrong: list[str] = []
    for entry in entries:
        inspection = inspect_text(entry["text"], entry["selling_points"])
        reported = {violation.criterion for violation in inspection.violations}
        labelled = set(entry["criteria"])
        tallies["rejected"].add(bool(labelled), not inspection.qualified)
        tallies.setdefault(f"rejected, {entry['language']}", Tally()).add(bool(labelled), not inspection.qualified)
        for criterion in CRITERIA:
            tallies[criterion].add(criterion in labelled, criterion in reported)
        if reported != labelled:
            reasons = "; ".join(f"{v.criterion}: {v.reason}" for v in inspection.violations)
            wrong.append(f"[{entry['kind']} {sorted(labelled)}] {entry['text']}  ->  {reasons or 'passed'}")
    return tallies, wrong


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Precision and recall of the text inspection.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--split", default="held-out")
    parser.add_argument("--wrong", action="store_true", help="list the texts judged otherwise than labelled")
    arguments = parser.parse_args(argv)
    lines = arguments.file.read_text(encoding="utf-8").splitlines()
    entries = [entry for entry in map(json.loads, lines) if entry["split"] == arguments.split]
    tallies, wrong = score(entries)
    print_line(f"{len(entries)} texts of the split {arguments.split}")
    for name, tally in tallies.items():
        print_line(f"{name:18} {tally}")
    for line in wrong if arguments.wrong else ():
        print_line(line)


if __name__ == "__main__":
    main()
