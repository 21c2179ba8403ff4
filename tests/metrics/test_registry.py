"""The registry of metrics: one file is enough, tables stay narrow, help loads nothing heavy."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniadgen import metrics
from uniadgen.cli.main import main
from uniadgen.evaluation.figures import summarise
from uniadgen.evaluation.report import write_results
from uniadgen.metrics.metric import in_lines
from uniadgen.metrics.registry import ad_figures, all_metrics, by_topic, set_figures

FILE = '''"""Shouting: exclamation marks of the text."""

from uniadgen.metrics.metric import Figure, Metric, Scores

METRIC = Metric(
    name="shouting",
    what="exclamation marks of texts",
    figures=(Figure("shouting", "shouting", "counts exclamation marks.", "Texts", higher_is_better=False),),
    needs=("text",),
    order=45,
    of_ads=lambda ads: Scores([{"shouting": float((o.text or "").count("!"))} for o in ads.outputs], {"shouting": "marks"}),
)
'''


@pytest.fixture
def shouting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more file in the folder of metrics, and nothing else."""
    (tmp_path / "shouting.py").write_text(FILE)
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(tmp_path)])
    all_metrics.cache_clear()
    yield
    all_metrics.cache_clear()
    sys.modules.pop("uniadgen.metrics.shouting", None)


@pytest.mark.usefixtures("shouting")
def test_a_metric_is_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "shouting" in [figure.name for figure in ad_figures()]
    assert main(["metrics", "--help"]) == 0
    assert "exclamation marks of texts" in capsys.readouterr().out
    assert main(["metrics", "shouting", "--help"]) == 0
    assert "--outputs" in capsys.readouterr().out
    assert main(["metrics", "list"]) == 0
    assert "shouting, lower is better" in capsys.readouterr().out
    summary = summarise({"a": {"shouting": 1.0}, "b": {"shouting": 3.0}}).as_dict()
    assert summary["shouting"] == 2
    write_results(tmp_path, {"history_length": {"3": summary}})
    head, row = (tmp_path / "results.csv").read_text().splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["shouting"] == "2.0"


def test_names_are_one_each_and_tables_narrow() -> None:
    figures = [*ad_figures(), *set_figures()]
    assert len({figure.name for figure in figures}) == len(figures)
    assert len({metric.name for metric in all_metrics()}) == len(all_metrics())
    for topic in (*by_topic(ad_figures()).values(), *by_topic(set_figures()).values()):
        assert len(topic) <= 6
    assert sum(figure.follows_taste for figure in figures) <= 6  # the table of differences
    for metric in all_metrics():
        assert (metric.of_ads is None) != (metric.of_pictures is None)
        assert all((figure.source is None) == (metric.of_pictures is None) for figure in metric.figures)


def test_the_registry_loads_no_heavy_library() -> None:
    code = (
        "import sys; from uniadgen.metrics.registry import all_metrics; assert len(all_metrics()) > 8; "
        "heavy = {'torch', 'pyarrow', 'sacrebleu', 'jinja2'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_figures_as_lines() -> None:
    means = {"bleu": {"mean": 0.25, "ci": [0.125, 0.5], "n": 3}, "rouge_l": {"mean": 1.0, "ci": [1.0, 1.0], "n": 2}}
    assert in_lines(means) == "bleu     0.2500 [0.1250, 0.5000]  3 ads\nrouge_l  1.0000 [1.0000, 1.0000]  2 ads"
    assert in_lines({"signature": "a|b", "n": 7, "kid": 0.5, "ratio": None}) == "n      7\nkid    0.5000\nratio  None\na|b"
    assert in_lines({}) == ""
