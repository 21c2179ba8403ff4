"""The benchmark runs, on tiny models; no figure is judged here."""

import dataclasses
import json
import math
from importlib import metadata, util

import pytest
import torch

from uniadgen.ads import AdRequest
from uniadgen.bench import (
    GREEDY,
    WAYS,
    WINDOWS,
    against_bandwidth,
    copy_bandwidth,
    janus_shaped,
    peak_memory,
    plain_ad,
    require_same,
    run,
    ways_of,
)
from uniadgen.cli.main import main
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
        *("tokens/s", "s", "s", "s", *["s"] * 6, "passes", "s"),
        *quality,
        *(("MB",) * 3),
        *(("tokens/s", "s") if torch.cuda.is_available() else ()),
    ]
    for row in rows:
        assert math.isfinite(row["ours"])
        assert row["ours"] > 0
        assert (row["peer"] is None) == (row["ratio"] is None)
        assert row["versions"]["torch"] == metadata.version("torch")
    memory = [row["ours"] for row in rows if row["unit"] == "MB"]
    assert memory == sorted(memory)


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("careful", [False, True])
def test_the_plain_loops_make_the_same_ad(
    generator: AdGenerator, raster_generator: AdGenerator, careful: bool, guidance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text and picture, with as many rows: one if unguided, two if guided."""
    for each, name in ((generator, "begin"), (raster_generator, "forward")):
        config = each.model.config
        guided = dataclasses.replace(config, guidance=dataclasses.replace(config.guidance, weight=guidance))
        monkeypatch.setattr(each.model, "config", guided)
        rows: list[int] = []
        head = getattr(each.model.image_head, name)

        def counted(x: torch.Tensor) -> torch.Tensor:
            rows.append(len(x))  # noqa: B023 - called within the loop
            return head(x)  # type: ignore[no-any-return]  # noqa: B023

        requests = [*example_requests(), AdRequest(example_requests()[0].product)]
        for request in requests:
            ads = [
                each.generate(request.product, request.history, box=request.box, size=(64, 64), decoding=decoding, **GREEDY)
                for decoding in ways_of(each.model)
            ]
            with monkeypatch.context() as counting:
                counting.setattr(each.model.image_head, name, counted)
                text, picture = plain_ad(each, request, (64, 64), careful)
            assert text
            for ad in ads:
                require_same(ad, text, picture)
        assert rows == [1 if guidance == 1 else 2] * len(each.model.order.passes) * len(requests)


def test_rows_of_windows(raster_generator: AdGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only a model that writes row by row has: passes and seconds by window, in both ways of decoding."""
    monkeypatch.setattr("uniadgen.bench.measured_generator", lambda folder, quick: (raster_generator, "raster"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    rows = run(None, True, 1, lambda line: None)
    assert [row.unit for row in rows if "passes per picture" in row.name] == ["passes"] * (1 + len(WINDOWS))
    assert sum("one ad, warm" in row.name for row in rows) == len(WAYS) + len(WINDOWS)
    assert all(row.ours > 1 for row in rows if row.unit == "passes")


def test_another_ad_is_noticed(generator: AdGenerator) -> None:
    request = example_requests()[0]
    ad = generator.generate(request.product, request.history, size=(64, 64))
    require_same(ad, ad.text, ad.image)
    with pytest.raises(RuntimeError, match="another text"):
        require_same(ad, ad.text + "!", ad.image)
    other = ad.image.copy()
    other.putpixel((5, 5), tuple((value + 3) % 256 for value in other.getpixel((5, 5))))
    for picture in (other, ad.image.resize((32, 32))):
        with pytest.raises(RuntimeError, match="another picture"):
            require_same(ad, ad.text, picture)


def test_memory_is_what_torch_allocates() -> None:
    def run() -> None:
        first = torch.zeros(1000, 1000)  # 4 MB
        second = first + 1  # 8 MB
        del first
        torch.zeros(10, 10).sum() + second.sum()

    assert 8e6 <= peak_memory(torch.device("cpu"), run) < 8.1e6


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
    image = half.model.config.image
    most = image.tokens / len(half.model.order.passes) * copied / (2 * weights)
    assert 0 < against_bandwidth(half, (64, 64), copied, 1)[1] < most
