"""The pictures of benchmarks/ocr.py, and the table that it makes of what is read in them."""

from pathlib import Path
from types import ModuleType

import pytest

from benchmark_modules import load_benchmark

ROOT = Path(__file__).parents[1]


@pytest.fixture
def benchmark_ocr(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))  # it takes something from its neighbour
    return load_benchmark("ocr")


def test_a_row_for_each_kind_of_letters(
    benchmark_ocr: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    read = benchmark_ocr.read_lines
    seen = []

    def read_lines(picture: object) -> list[object]:
        seen.append(picture)
        return read(picture) if len(seen) in (4, 7) else []  # two are enough

    monkeypatch.setattr(benchmark_ocr, "read_lines", read_lines)
    benchmark_ocr.main([str(ROOT / "data" / "tiny"), "--count", "1", "--sheet", str(tmp_path / "sheet.png")])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    kinds = ["set, English", "set, Chinese", "set, mixed", "dark on dark", "on the product", "small, slanted", "none"]
    assert [row[0] for row in rows] == kinds
    assert [int(row[1]) for row in rows] == [1, 1, 1, 1, 1, 1, 3]
    assert rows[0][2:5] == ["0", f"0.0 % of {rows[0][3].rpartition(' ')[2]}", "0"]
    assert rows[3][2:5] == ["1", "100.0 % of 4", "0"]
    assert rows[6][2:5] == ["0", "-", "0"]
    assert (tmp_path / "sheet.png").exists()
