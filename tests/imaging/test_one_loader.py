"""Pictures are opened in one place: any other would see turned, deep, translucent or huge ones differently."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADER = ROOT / "src/uniadgen/imaging/loading.py"
FILES = [path for folder in ("src", "benchmarks", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]
OTHER_READERS = {"cv2", "imageio", "skimage", "torchvision", "matplotlib", "tifffile"}


def opened(source: str) -> list[int]:
    """The lines on which a module opens a picture, or could."""
    if not any(library in source for library in ("PIL", *OTHER_READERS)):
        return []  # no need to parse it
    places, image_names = [], {"PIL.Image"}
    nodes = list(ast.walk(ast.parse(source)))
    for node in nodes:
        if isinstance(node, ast.Import):
            image_names |= {alias.asname or alias.name for alias in node.names if alias.name == "PIL.Image"}
            places += [node.lineno for alias in node.names if alias.name.split(".")[0] in OTHER_READERS]
        elif isinstance(node, ast.ImportFrom):
            image_names |= {
                alias.asname or alias.name for alias in node.names if node.module == "PIL" and alias.name == "Image"
            }
            if node.module == "PIL.Image":
                places += [node.lineno for alias in node.names if alias.name == "open"]
            if (node.module or "").split(".")[0] in OTHER_READERS or (node.module or "").startswith("PIL.ImageFile"):
                places.append(node.lineno)
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr == "open" and ast.unparse(node.value) in image_names:
            places.append(node.lineno)
    return sorted(places)


def test_no_other_place_opens_a_picture() -> None:
    assert len(FILES) > 50
    assert opened(LOADER.read_text("utf-8"))
    elsewhere = {str(path.relative_to(ROOT)): opened(path.read_text("utf-8")) for path in FILES if path != LOADER}
    assert {name: lines for name, lines in elsewhere.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from PIL import Image\nImage.open('a')",
        "from PIL import Image as I\nopener = I.open",
        "import PIL.Image\nPIL.Image.open('a')",
        "from PIL.Image import open",
        "import cv2\ncv2.imread('a')",
        "from torchvision.io import read_image",
    ],
)
def test_every_way_to_open_one_is_noticed(source: str) -> None:
    assert opened(source)
