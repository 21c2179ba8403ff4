"""How well the picture inspection that ships judges composed cases whose label is known.

    python benchmarks/inspector.py RENDERS [--count 800]

RENDERS is a folder that `uniadgen data render` wrote. Cases are those that `train inspector` holds out; printed are precision
and recall by criterion, and the share of each kind of case that is rejected.
"""

import argparse
from pathlib import Path

from uniadgen.console import print_json
from uniadgen.inspection.picture.network import embedded
from uniadgen.loading.checkpoint import embedded_folder, load_tokenizer
from uniadgen.training.picture_inspector import Cases, figures, make_examples, painter


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("renders", type=Path)
    parser.add_argument("--count", type=int, default=800)
    parsed = parser.parse_args(arguments)
    classifier = embedded()
    assert classifier is not None, "this package has no weights of the inspection"
    tokenizer, _ = load_tokenizer(embedded_folder())
    print_json(figures(classifier, make_examples(Cases(parsed.renders, painter(tokenizer)), parsed.count, 0, held_out=True)))


if __name__ == "__main__":
    main()
