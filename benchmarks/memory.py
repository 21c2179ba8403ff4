"""Peak memory of one request with pictures just under their format's limit of pixels: as the product, and as ten clicks.

    python benchmarks/memory.py                 # every format; about ten minutes on one core, and 300 MB of disk
    python benchmarks/memory.py png tif-1       # some of them
    python benchmarks/memory.py png-rgba --size 8192x8192 [--typeset]      # of larger ads

Each request runs in a process of its own, `uniadgen generate`; its peak is `ru_maxrss` as the operating system counts it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from uniadgen.demo import example_folder

SIDE = 7990
CLICKS = 10
MEASURED = """
import resource, sys
from uniadgen.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as error:
    code = error.code
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def photo(side: int = SIDE) -> Image.Image:
    """Noise on white."""
    tile = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    pixels = np.full((side, side, 3), 255, np.uint8)
    inside = side - 2000
    pixels[1000:-1000, 1000:-1000] = np.tile(tile, (15, 15, 1))[:inside, :inside]
    return Image.fromarray(pixels)


def cutout(side: int = SIDE) -> Image.Image:
    picture, mask = photo(side), Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((500, 500, side - 500, side - 500), fill=255)
    picture.putalpha(mask)
    return picture


def deep(kind: Any, scale: int) -> Image.Image:
    return Image.fromarray(np.asarray(photo().convert("L")).astype(kind) * scale)


STRIP = {"compression": "tiff_lzw", "strip_size": 4 * SIDE * SIDE + 1}  # one strip, the worst case
FORMATS: dict[str, tuple[Callable[[], Image.Image], str, dict[str, Any]]] = {
    "jpeg": (photo, "jpg", {"quality": 85}),
    "jpeg-progressive-cmyk": (lambda: photo().convert("CMYK"), "jpg", {"quality": 60, "progressive": True, "subsampling": 0}),
    "png": (photo, "png", {"compress_level": 1}),
    "png-rgba": (cutout, "png", {"compress_level": 1}),
    "png-16": (lambda: deep(np.uint16, 257), "png", {"compress_level": 1}),
    "tif-1": (lambda: photo().convert("1"), "tif", {"compression": "group4"}),
    "tif-rgba": (cutout, "tif", STRIP),
    "tif-float": (lambda: deep(np.float32, 1), "tif", STRIP),
    "bmp": (photo, "bmp", {}),
    "webp-48-MP": (lambda: cutout(6920), "webp", {"method": 0, "quality": 50}),
    "avif-48-MP": (lambda: cutout(6920), "avif", {"speed": 10, "quality": 50}),
    "jpeg2000-30-MP": (lambda: cutout(5540), "jp2", {}),
}


def peak(request: dict[str, Any], folder: Path, further: list[str]) -> str:
    """The peak in MB, or why there is none. further: options of `generate`."""
    path = folder / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [sys.executable, "-c", MEASURED, "generate", str(path), "--out", out, *further]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    code, kilobytes = done.stdout.split("\n")[-2].split()
    return f"{int(kilobytes) / 1024:,.0f}" + ("" if code == "0" else f" (refused: {done.stderr.strip()})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", default="768x768", help="of the ad (default 768x768)")
    parser.add_argument("--typeset", action="store_true", help="with its words in the picture, too")
    arguments = parser.parse_args()
    further = ["--size", arguments.size, *(["--typeset"] if arguments.typeset else [])]
    names = arguments.formats or list(FORMATS)
    if unknown := set(names) - set(FORMATS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if arguments.make:
        make, _, options = FORMATS[names[0]]
        make().save(arguments.make, **options)
        return
    product = {"description": "red kettle", "selling_points": ["Auto shut-off", "1.7 L"]}
    small = str(example_folder() / "product.webp")
    print(f"{'format':24}{'as product, MB':>18}{f'as {CLICKS} clicks, MB':>18}")
    for name in names:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            picture = folder / f"picture.{FORMATS[name][1]}"
            # in a process of its own: what this one had held would count for its children, too
            subprocess.run([sys.executable, __file__, name, "--make", str(picture)], check=True)
            clicks = [{"image": str(picture), "text": f"Towel {number}"} for number in range(CLICKS)]
            as_product = peak({"product": {**product, "image": str(picture)}}, folder, further)
            as_clicks = peak({"product": {**product, "image": small}, "history": clicks}, folder, further)
        print(f"{name:24}{as_product:>18}{as_clicks:>18}", flush=True)


if __name__ == "__main__":
    main()
