"""A studio for tests: its ads are painted at once, and tell what they were made of."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from PIL import Image, ImageDraw

from uniadgen.ads import Ad, AdRequest, Box, Click, Placement, Product, SampledClick
from uniadgen.inspection import text_verdict
from uniadgen.options import GenerateOptions
from uniadgen.output import Output
from uniadgen.request import check_request
from uniadgen.studio.app import Sources, create_studio
from uniadgen.studio.making import Making
from uniadgen.studio.store import StudioStore

POINTS = ["Quiet", "1.7 L", "Steel kettle", "Red"]


class FakeMaker:
    """Colours follow the seed; the text begins at the point that the seed numbers."""

    def __init__(self) -> None:
        self.made: list[tuple[int, GenerateOptions, Box | None]] = []
        self.go = threading.Event()
        self.go.set()

    def make(self, request: AdRequest, seed: int, options: GenerateOptions) -> Ad:
        self.go.wait(20)
        checked = check_request(request)
        self.made.append((seed, options, checked.box))
        box = checked.box or Box(0.3, 0.4, 0.7, 0.9)
        place = Placement(*(round(768 * v) for v in (box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0)))
        points = checked.selling_points
        text = ", ".join(dict.fromkeys((points[seed % len(points)], points[-1])))
        shade = round(40 * (options.temperature or 0))
        background = Image.new("RGB", options.size, ((60 + 47 * seed) % 256, 120, min(255, 90 + shade)))
        picture = background.copy()
        ImageDraw.Draw(picture).rectangle((place.left, place.top, place.left + place.width, place.top + place.height), "white")
        violation = {"criterion": "space", "reason": "it floats", "box": [0.2, 0.7, 0.8, 0.95], "score": 0.9}
        inspection: dict[str, Any] = {"text": text_verdict(text, points)}
        inspection["picture"] = {"qualified": seed % 3 != 2, "violations": [violation] if seed % 3 == 2 else []}
        sampled = [SampledClick(index, 0.5) for index in range(len(checked.history))]
        candidates = [{"seed": seed + 100, "chosen": True}] if options.best_of > 1 else []
        made = Ad(picture, text, background, place, sampled, {"image": 0.1}, seed, "fake", inspection=inspection)
        return replace(made, candidates=candidates)

    def explain(self, request: AdRequest, seed: int, options: GenerateOptions) -> dict[str, Any]:
        change = {"picture": 3.0, "text": 0.25}
        clicks = [{"index": i, "similarity": 0.5, "picture": 4.0 - i, "text": 0.1 * i} for i in range(len(request.history))]
        return {"clicks": clicks, "parts": {"pictures": change, "texts": change}, "history": change}


def png(colour: str = "red", size: tuple[int, int] = (64, 64), cut: bool = False) -> bytes:
    picture = Image.new("RGBA" if cut else "RGB", size, colour if not cut else (0, 0, 0, 0))
    if cut:
        ImageDraw.Draw(picture).ellipse((8, 4, size[0] - 8, size[1] - 4), fill=colour)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def example() -> AdRequest:
    clicks = [Click(png(colour), f"{colour} kettle") for colour in ("green", "blue")]
    return AdRequest(Product(png("red", cut=True), "A steel kettle", list(POINTS)), clicks)


@contextlib.contextmanager
def studio(
    path: Path | None = None,
    maker: FakeMaker | None = None,
    examples: dict[str, Callable[[], AdRequest]] | None = None,
    brands: dict[str, Path] | None = None,
    output: Output | None = None,
    setup: dict[str, str | None] | None = None,
) -> Iterator[tuple[FastAPI, StudioStore, FakeMaker]]:
    """An application with the studio at /studio, as the service mounts it."""
    store, maker = StudioStore(path), maker or FakeMaker()
    making = Making(store, maker, output, setup)
    making.start()
    app = FastAPI()
    sources = Sources(examples or {"An example": example}, ["u1"], lambda name: example().history, brands or {})
    app.mount("/studio", create_studio(store, making, sources))
    try:
        yield app, store, maker
    finally:
        maker.go.set()
        making.close()
        store.close()
