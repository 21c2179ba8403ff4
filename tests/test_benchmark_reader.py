"""Every benchmark can be loaded, and a small run of benchmarks/reader.py."""

from pathlib import Path

import pytest

from benchmark_modules import load_benchmark
from small_data import some_products
from uniadgen.data.encoding import encode_creatives
from uniadgen.loading import checkpoint
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py")))
def test_benchmarks_can_be_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they use of the library is there, and has the fields they name."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    assert callable(load_benchmark(name).main)


def test_the_reader_of_training_is_measured(
    tmp_path: Path,
    model: UnifiedModel,
    tokenizer: TextTokenizer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoint.save(tmp_path / "model", model, tokenizer)
    encode_creatives(some_products(tmp_path / "data", 4), model.image_tokenizer, model.config, augment=True)
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setattr("torch.set_num_threads", lambda count: None)
    reader = load_benchmark("reader")
    reader.main([str(tmp_path / "data"), "--model", str(tmp_path / "model"), "--workers", "0", "--batch", "4", "--epochs", "2"])
    said = capsys.readouterr().out
    assert said.startswith("50 creatives, 11 users, batches of 4")
    assert said.count("samples/s; memory") == 2
