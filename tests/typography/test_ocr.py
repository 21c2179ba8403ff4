"""What is set can be read: tesseract, which knows nothing of the text, reads it back."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from uniadgen.ads import Ad

MakeAd = Callable[..., Ad]
pytestmark = pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs tesseract")


def languages() -> str:
    return subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout


def read(path: Path, language: str) -> str:
    command = ["tesseract", str(path), "-", "-l", language, "--psm", "6"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "".join(c for c in printed.casefold() if c.isalnum())


@pytest.mark.parametrize(
    ("text", "points", "language"),
    [
        ("Joust Duffle Bag, Waterproof", ["Joust Duffle Bag", "Waterproof"], "eng"),
        ("轻便健身包 防水耐用", ["轻便健身包", "防水耐用"], "chi_sim"),
    ],
)
@pytest.mark.parametrize("wall", [(20, 24, 40), (240, 238, 230), (150, 150, 150)])
def test_words_are_read_back(
    make_ad: MakeAd, text: str, points: list[str], language: str, wall: tuple[int, int, int], tmp_path: Path
) -> None:
    if language not in languages():
        pytest.skip(f"needs tesseract's language {language}")
    result = make_ad(text, points, (640, 640), wall=wall).typeset()
    for number, block in enumerate(result.blocks):
        left, top, right, bottom = block.box
        pad = round(0.4 * block.size)
        part = result.image.crop((left - pad, top - pad, right + pad, bottom + pad))
        path = tmp_path / f"{number}.png"
        part.resize((3 * part.width, 3 * part.height)).convert("L").save(path)
        assert read(path, language) == "".join(c for c in block.text.casefold() if c.isalnum())
