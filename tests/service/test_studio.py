"""The studio as a part of the service: the same queue, no keys."""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from uniadgen.pipeline.generator import AdGenerator
from uniadgen.service.service import Settings


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_the_studio_makes_ads_through_the_queue(run: Callable[..., Any], generator: AdGenerator, tmp_path: Path) -> None:
    session = tmp_path / "studio.db"
    cutout = Image.new("RGBA", (60, 80))
    ImageDraw.Draw(cutout).ellipse((10, 5, 50, 75), fill=(200, 30, 40, 255))
    with run(generator, Settings(studio=True, session=session)) as server:
        client = server.client
        client.follow_redirects = True
        address = client.get("/studio").url.path
        assert address == "/studio/p/1"
        client.post(f"{address}/photo", files={"photo": ("k.png", png_of(cutout))})
        client.post(f"{address}/description", data={"description": "a kettle"})
        client.post(f"{address}/points", data={"action": "add", "points": "Quiet, Steel"})
        client.post(f"{address}/generate", data={"count": "2"})
        for _ in range(600):
            page = client.get(address).text
            if "data-pending" not in page:
                break
            time.sleep(0.1)
        assert page.count('class="pickad"') == 2
        picture = re.search(r'/studio/picture/(\w+)\?side=480"', page)
        assert picture is not None
        assert client.get(f"/studio/picture/{picture[1]}").headers["content-type"] == "image/png"
        assert client.get("/healthz").status_code == 200  # the service is as it was
    with run(generator, Settings(studio=True, session=session)) as server:  # and after a restart
        assert server.client.get(address).text.count('class="pickad"') == 2


def test_there_is_no_studio_unless_asked_for(run: Callable[..., Any], generator: AdGenerator) -> None:
    with run(generator, Settings()) as server:
        assert server.client.get("/studio/").status_code == 404
