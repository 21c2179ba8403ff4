"""Model folders with one thing changed: what a damaged disk, a hasty editor or a malicious uploader leaves.

A campaign by hand, of any size; every folder must give an ad or one clear line:

    python tests/mutations.py 2000             # or: 2000 5000, to begin with seed 5000
"""

import copy
import json
import random
import shutil
import signal
import struct
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.ads import Click, Product
from uniadgen.errors import InputError
from uniadgen.pipeline.generator import AdGenerator

CPU_SECONDS = 60  # of one folder; more is a hang
HOSTILE: tuple[Any, ...] = (
    *(None, True, False, "", "0.4", "fsq", "janus-vq", "dinov2", "x" * 5000, "\ud800", "\x00", [], {}, [48], [[[]]], {"a": 1}),
    *(-1, 0, 1, 2, 3, 7, 64, 255, 10_000, 10**9, 2**31, 2**63, 10**30, -(10**9), 0.5, -0.5, 1e-30, 1e308, -1e308),
    *(float("nan"), float("inf"), float("-inf")),
)


def change(value: Any, draw: random.Random) -> Any:
    """The JSON value with one place in it changed, dropped or added."""
    value = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []
    holder = value
    while isinstance(holder, dict | list) and holder:
        key = draw.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        places.append((holder, key))
        holder = holder[key]
    if not places:
        return draw.choice(HOSTILE)
    holder, key = places[-1] if draw.random() < 0.75 else draw.choice(places)
    old, kind = holder[key], draw.random()
    if kind < 0.08:
        del holder[key]
    elif kind < 0.14 and isinstance(holder, dict):
        holder[draw.choice((str(key) + "s", "extra", ""))] = old
    elif kind < 0.4 and isinstance(old, int | float) and not isinstance(old, bool):
        holder[key] = draw.choice((old + 1, old - 1, old * 2, -old, old * 1000, str(old), float(old), [old]))
    else:
        holder[key] = draw.choice(HOSTILE)
    return value


def _in_json(name: str) -> Callable[[Path, random.Random], None]:
    def mutate(folder: Path, draw: random.Random) -> None:
        path = folder / name
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")), draw)), "utf-8")

    return mutate


def _in_bytes(folder: Path, draw: random.Random) -> None:
    path = folder / draw.choice(("config.json", "tokenizer.json", "model.safetensors"))
    data = bytearray(path.read_bytes())
    where = draw.randrange(min(len(data), 2000))
    kind = draw.random()
    if kind < 0.3:
        del data[where:]
    elif kind < 0.6:
        del data[where : where + draw.randint(1, 20)]
    else:
        data[where] = draw.randrange(256)
    path.write_bytes(data)


def _in_header(folder: Path, draw: random.Random) -> None:
    path = folder / "model.safetensors"
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.dumps(change(json.loads(data[8 : 8 + length]), draw)).encode()
    header_length = len(header) if draw.random() < 0.9 else draw.choice((0, 1, 2**40, 2**63, len(header) - 1))
    path.write_bytes(struct.pack("<Q", header_length) + header + data[8 + length :])


def _in_weights(folder: Path, draw: random.Random) -> None:
    """A weight, anywhere, becomes NaN or infinite."""
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = {name: entry for name, entry in json.loads(data[8 : 8 + length]).items() if entry.get("dtype") == "F32"}
    first, last = header[draw.choice(sorted(header))]["data_offsets"]
    where = 8 + length + first + 4 * draw.randrange((last - first) // 4)
    data[where : where + 4] = struct.pack("<f", draw.choice((float("nan"), float("inf"), float("-inf"))))
    path.write_bytes(data)


KINDS = (
    *(_in_json("config.json"),) * 6,
    *(_in_json("tokenizer.json"),) * 2,
    *(_in_bytes, _in_header, _in_weights),
)


def outcome(model: Path, scratch: Path, seed: int) -> str:
    """What a mutated copy of a model folder does: "an ad", or the message of an InputError. Anything else is raised."""
    draw = random.Random(seed)
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(model, scratch)
    draw.choice(KINDS)(scratch, draw)
    cutout = Image.new("RGBA", (40, 50), (200, 30, 40, 255))
    cutout.putpixel((0, 0), (0, 0, 0, 0))
    product = Product(cutout, "A kettle of steel", ["Rapid Boil", "Auto Shut-Off", "1.7 L"])
    history = [Click(Image.new("RGB", (32, 32), (i * 50, 90, 20)), f"Kettle, Auto Shut-Off {i}") for i in range(4)]
    signal.signal(signal.SIGVTALRM, _hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        ad = AdGenerator.from_pretrained(scratch).generate(product, history, size=(64, 64))
    except InputError as error:
        return str(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    assert ad.image.size == (64, 64)
    return "an ad"


def _hang(*_: object) -> None:
    raise TimeoutError(f"more than {CPU_SECONDS} seconds of computing")


def campaign(count: int, first: int = 0) -> None:
    import torch

    from uniadgen.loading import checkpoint
    from uniadgen.model.config import tiny
    from uniadgen.model.text_tokenizer import train_text_tokenizer
    from uniadgen.model.unified import UnifiedModel

    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        torch.manual_seed(0)
        tokenizer = train_text_tokenizer(["Rapid Boil Kettle, Auto Shut-Off | 1.7 L - Write the ad."] * 4, 400)
        checkpoint.save(root / "model", UnifiedModel(tiny()), tokenizer)
        for seed in range(first, first + count):
            try:
                header_length = outcome(root / "model", root / "mutated", seed)
                kind = header_length if header_length == "an ad" else "one line"
                if "\n" in header_length:
                    kind = "several lines"
                    print(f"seed {seed}: {header_length}", flush=True)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                kind = "traceback"
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:200]}\n{traceback.format_exc(limit=-3)}", flush=True)
            counts[kind] += 1
    print(", ".join(f"{kind}: {number}" for kind, number in counts.most_common()))


if __name__ == "__main__":
    campaign(*map(int, sys.argv[1:]))
