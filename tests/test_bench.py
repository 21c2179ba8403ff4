"""The benchmark runs, on tiny models; no figure is judged here."""

import json
import math
from importlib import metadata, util

import pytest

from uniadgen.bench import plain_ad
from uniadgen.cli import main
from uniadgen.demo import example_requests
from uniadgen.generator import AdGenerator


def test_rows(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    assert main(["bench", "--quick", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(set(row) == {"name", "ours", "peer", "ratio", "unit", "versions"} for row in rows)
    quality = ["share", "of their std"] if util.find_spec("torchao") else []
    assert [row["unit"] for row in rows] == ["tokens/s", "s", "s", "passes", "s", "s", *quality, *["MB"] * 5]
    for row in rows:
        assert math.isfinite(row["ours"])
        assert row["ours"] > 0
        assert (row["peer"] is None) == (row["ratio"] is None)
        assert row["versions"]["torch"] == metadata.version("torch")
    memory = [row["ours"] for row in rows if row["unit"] == "MB"]
    assert memory == sorted(memory)


def test_the_plain_loop_is_a_peer_that_makes_the_same_ad(generator: AdGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without greedy text, the benchmark would compare different ads; it must notice."""
    request = example_requests()[0]
    text, picture = plain_ad(generator, request, (64, 64))
    ad = generator.generate(
        request.product, request.history, box=request.box, size=(64, 64), temperature=0, sampling="most-similar"
    )
    assert text
    assert picture.size == (64, 64)
    assert ad.placement.width > 0


@pytest.mark.parametrize("arguments", [["--repeats", "0"], ["--model", "nowhere"]])
def test_bad_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
