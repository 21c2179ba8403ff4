"""The benchmark runs, on tiny models; no figure is judged here."""

import json
import math
from importlib import metadata, util

import pytest
import torch

from uniadgen.bench import WINDOWS, against_bandwidth, copy_bandwidth, janus_shaped, plain_ad
from uniadgen.cli.main import main
from uniadgen.decoding.image_sampling import DECODINGS
from uniadgen.demo import example_requests
from uniadgen.model.config import tiny
from uniadgen.pipeline.generator import AdGenerator

pytestmark = pytest.mark.slow


def test_rows(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    assert main(["bench", "--quick", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(set(row) == {"name", "ours", "peer", "ratio", "unit", "versions"} for row in rows)
    quality = ["share", "of their std"] if util.find_spec("torchao") else []
    assert [row["unit"] for row in rows] == [
        *("tokens/s", "s", "s", *["s"] * 6, "passes", *["s"] * len(DECODINGS)),
        *(("s", "passes") * len(WINDOWS)),
        *quality,
        *(("MB",) * 5),
        *(("tokens/s", "s") if torch.cuda.is_available() else ()),
    ]
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


def test_the_limit_of_memory(generator: AdGenerator) -> None:
    """What the rows of a GPU are made of, on a CPU: the limit grows with the bandwidth, and bfloat16 halves the bytes."""
    copied = copy_bandwidth(torch.device("cpu"), 2**20)
    ours, limit = against_bandwidth(generator, (64, 64), copied, 1)
    assert min(copied, ours, limit) > 0
    assert against_bandwidth(generator, (64, 64), 2 * copied, 1)[1] == pytest.approx(2 * limit)
    half = janus_shaped(tiny(), torch.device("cpu"), torch.bfloat16)
    assert half.model.dtype == torch.bfloat16
    weights = sum(p.numel() for part in (half.model.decoder, half.model.image_head) for p in part.parameters())
    most = copied / (2 * weights)
    assert 0 < against_bandwidth(half, (64, 64), copied, 1)[1] < most
