"""`uniadgen metrics ...`: figures about finished ads."""

import argparse
import json
from pathlib import Path
from typing import Any


def add_metrics_verbs(verbs: Any) -> Any:
    """Add `metrics` to the commands. verbs: argparse's subparsers. Returns the subparsers of `metrics`, for further ones."""
    kinds = verbs.add_parser("metrics", help="measure finished ads", allow_abbrev=False)
    kinds = kinds.add_subparsers(title="kinds", metavar="KIND", required=True)
    verb = kinds.add_parser("text", help="BLEU, ROUGE-L, coverage, factuality and readability of ad texts", allow_abbrev=False)
    verb.set_defaults(run=metrics_text)
    verb.add_argument(
        "--predictions",
        required=True,
        metavar="FILE.jsonl",
        help='lines of {"prediction": ..., "references": [...], "selling_points": [...]}',
    )
    verb.add_argument("--json", action="store_true", help="print JSON")
    return kinds


def metrics_text(arguments: argparse.Namespace) -> None:
    """Print the scores of a file of ad texts."""
    from uniadgen.metrics.text import load_predictions, text_metrics

    scores = text_metrics(load_predictions(Path(arguments.predictions)))
    if arguments.json:
        print(json.dumps(scores.as_dict(), indent=2, allow_nan=False))
        return
    rows = [
        ("BLEU", scores.bleu, "mean over ads"),
        ("", scores.bleu_corpus, "corpus"),
        ("ROUGE-L", scores.rouge_l, "mean over ads"),
        ("", scores.rouge_l_corpus, "corpus"),
        ("coverage", scores.coverage, "of the selling points"),
        ("factuality", scores.factuality_rate, "of the ads"),
        ("readability", scores.readability_rate, "of the ads"),
        ("qualified", scores.qualified_rate, "of the ads"),
    ]
    print(f"{scores.n} ads, {scores.n_inspected} with selling points")
    for name, value, what in rows:
        print(f"{name:12} {'-' if value is None else format(value, '.4f'):>6}  {what}")
    print(*scores.signatures.values(), sep="\n")
