"""A small run of benchmarks/typography.py, and how it counts what was misread."""

from pathlib import Path

import pytest

from benchmark_modules import load_benchmark

pytest.importorskip("uniseg", reason="needs the extra typeset")
TINY = Path(__file__).parents[1] / "data" / "tiny"


def test_a_row_for_each_kind_of_ad(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    typography = load_benchmark("typography")
    typography.main([str(TINY), "--count", "3", "--no-ocr", "--sheet", str(tmp_path / "sheet.webp")])
    rows = {line.split(" | ")[0].strip("| "): line for line in capsys.readouterr().out.splitlines()}
    assert {"all", "English", "Chinese", "1:1", "darkest tenth"} <= rows.keys()
    assert "| 0 | 100.0 % |" in rows["all"]
    assert (tmp_path / "sheet.webp").exists()


def test_misread_letters_are_counted() -> None:
    typography = load_benchmark("typography")
    assert typography.edits("duffle", "dufle") == 1
    assert typography.edits("", "bag") == 3
    assert typography.letters_of("1.7 L · Shut-Off") == "17lshutoff"
    assert typography.language("RomCukox 手表") == "mixed"
