"""The service against its own OpenAPI document: schemathesis makes requests that fit it and others that don't.

More of them: UNIADGEN_EXAMPLES=300 python -m pytest tests/service/test_openapi.py
"""

import os
import re
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

schemathesis = pytest.importorskip("schemathesis", reason="a development tool")

from uniadgen.campaign import presets  # noqa: E402
from uniadgen.pipeline.generator import AdGenerator  # noqa: E402
from uniadgen.service.service import Settings  # noqa: E402
from uniadgen.typography.fonts import choose  # noqa: E402

TINY = Path(__file__).parents[2] / "data" / "tiny"
PRESETS = presets()
PICTURE = (resources.files("uniadgen") / "examples" / "product.webp").read_bytes()
EXAMPLES = int(os.environ.get("UNIADGEN_EXAMPLES", "6"))  # of each operation

pytestmark = pytest.mark.slow

# What JSON Schema can't say: these formats stand for things that are there.
PICTURES = ("kettle.png", "a.webp", "b.webp")
schemathesis.openapi.format("picture-reference", st.sampled_from(PICTURES))
schemathesis.openapi.format("binary", st.just(PICTURE))
schemathesis.openapi.format("brand-id", st.just("acme"))
schemathesis.openapi.format("font-reference", st.just("font.ttf"))
for _table, _format in (("products", "product-id"), ("users", "shopper-id")):
    _ids = pq.read_table(TINY / f"{_table}.parquet", columns=["id"]).column("id").to_pylist()
    schemathesis.openapi.format(_format, st.sampled_from(_ids[:5]))


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Corners in order, a selling point that isn't blank, and ads that are soon made."""
    if not isinstance(body, dict):
        return body
    if _at(body, "product", "image") in PICTURES:
        body["product"]["image"] = PICTURES[0]  # the others can't be cut out
    box = _at(body, "placement", "box")
    if isinstance(box, list) and len(box) == 4 and all(isinstance(x, int | float) and 0 <= x <= 1 for x in box):
        x0, x1, y0, y1 = *sorted((box[0], box[2])), *sorted((box[1], box[3]))
        box[:] = [min(x0, 0.4), min(y0, 0.4), max(x1, 0.6), max(y1, 0.6)]
    points = _at(body, "product", "selling_points")
    if isinstance(points, list) and points and all(isinstance(point, str) for point in points):
        points[0] = "Rapid Boil"
    options = body.get("options")
    if isinstance(options, dict):
        for name, most in (("count", 2), ("best_of", 2)):
            if _is_whole(options.get(name)) and 1 <= options[name] <= 16:
                options[name] = min(options[name], most)
        for name in ("must", "never"):  # are of the product's own selling points
            if _are_points(options.get(name)):
                options[name] = ["Rapid Boil"] if name == "must" and isinstance(points, list) and points else []
        if _is_whole(options.get("characters")) and options["characters"] >= 1:
            options["characters"] = max(options["characters"], len("Rapid Boil"))  # one selling point has room
        if _is_whole(options.get("seed")) and options["seed"] > 2**53:
            options["seed"] = 2**53  # beyond, a greatest value in JSON is only that after rounding
        size = options.setdefault("size", [128, 128])
        if isinstance(size, list) and len(size) == 2 and all(_is_whole(s) and 64 <= s <= 8192 for s in size):
            options["size"] = [min(side, 128) for side in size]
        if (
            isinstance(names := options.get("presets"), list)
            and names
            and all(isinstance(n, str) and n in PRESETS for n in names)
        ):
            options["presets"] = ["rectangle"]  # large ones take seconds to encode
        if options.get("strict") is True:
            options["strict"] = False
        if options.get("typeset") is True and not {"brand", "layers", "layout"}.intersection(options):
            options["typeset"] = False
        if _at(options, "brand", "logo", "image") in PICTURES:
            options["brand"]["logo"]["image"] = PICTURES[1]
        if isinstance(colours := _at(options, "brand", "colours"), dict) and _is_colour(colours.get("plate")):
            del colours["plate"]  # letters may have no contrast on it
    return body


def _are_points(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)


def _is_whole(value: object) -> bool:
    """An integer as JSON Schema has it: 768.0 is one, too."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


def _at(body: dict[str, Any], *names: str) -> Any:
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None  # type: ignore[assignment]
    return body


@pytest.fixture(scope="module")
def document(generator: AdGenerator, pictures: Path, run: Any) -> Iterator[Any]:
    (pictures / "acme.yaml").write_text("name: Acme", "utf-8")
    shutil.copy(choose("A", "text").main.path, pictures / "font.ttf")
    with run(generator, Settings(media_root=pictures, data=TINY, brands=pictures)) as server:
        yield schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", ["/v1/ads", "/v1/media", "/v1/media/{sha256}", "/healthz", "/readyz", "/metrics"])
def test_the_service_does_what_its_document_says(document: Any, path: str, mode: Any) -> None:
    """All checks of schemathesis; mode: requests that fit the document, or that don't."""
    for method, operation in document[path].items():

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def holds(case: Any) -> None:
            case.call_and_validate(timeout=120)

        try:
            holds()
        except Unsatisfiable:
            assert mode != schemathesis.GenerationMode.POSITIVE, f"{method} {path} has no request that fits"
