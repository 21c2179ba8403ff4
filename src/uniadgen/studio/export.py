"""Files to take away: a picture in a format and size, or a zip that `uniadgen generate` makes again, byte for byte."""

import io
import json
import shlex
import zipfile
from typing import Any

from PIL import Image

from uniadgen.ads import Ad, Placement
from uniadgen.campaign import Campaign, preset, size_of
from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_picture
from uniadgen.output import FORMATS, Output
from uniadgen.studio.project import SIDE, Spec
from uniadgen.studio.store import StudioStore, Variant

_TIME = (2026, 1, 1, 0, 0, 0)  # of all files in a zip, so that the same choices are the same bytes
_ENDINGS = {
    b"\x89PNG": "png",
    b"\xff\xd8": "jpg",
    b"RIFF": "webp",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"II*": "tif",
    b"MM\x00*": "tif",
}


def picture_file(store: StudioStore, variant: Variant, cutout: Image.Image, kind: str, size: str) -> tuple[bytes, Output]:
    """A finished variant's picture. size: "", or the name of a placement (presets.yaml), which is cut from the square. Raises
    InputError."""
    if kind not in FORMATS or variant.result is None:
        raise InputError(f"There is no such picture; formats are {', '.join(FORMATS)}.")
    output, result = Output(kind), variant.result
    if not size:
        image = load_picture(store.read(result["image"]), "image")
        return output.encoded(image, result["model"]), output
    ad = _ad(store, variant)
    campaign = Campaign((size_of(SIDE, SIDE), preset(size)))
    *_, (_, cut) = campaign.cut(ad, cutout)
    return output.encoded(cut.image, result["model"]), output


def _ad(store: StudioStore, variant: Variant) -> Ad:
    result: dict[str, Any] = variant.result or {}
    return Ad(
        image=load_picture(store.read(result["image"]), "image"),
        text=result["text"],
        background=load_picture(store.read(result["background"]), "background"),
        placement=Placement(**result["placement"]),
        sampled_clicks=[],
        timings={},
        seed=variant.picture.seed,
        model=result["model"],
    )


def archive(store: StudioStore, variant: Variant) -> bytes:
    """The ad, its requests with their pictures, and what was chosen. The same choices give the same bytes."""
    result: dict[str, Any] = variant.result or {}
    pictures: dict[str, str] = {}  # digest -> name in the archive
    files: dict[str, bytes] = {"ad.png": store.read(result["image"]), "ad.txt": f"{result['text']}\n".encode()}
    same = variant.text == variant.picture
    runs = [("request.json", "picture" if not same else "picture and text", variant.picture)]
    if not same:
        runs.append(("text-request.json", "text", variant.text))
    lines = [
        "ad.png and ad.txt were chosen in the studio. The same model makes them again on the same kind of machine:",
        "",
    ]
    for name, what, spec in runs:
        files[name] = _request(store, spec, pictures)
        lines += [f"# {what}", _command(name, spec, what), ""]
    if variant.edited:
        lines += ["The text was then put together from the selling points, in this order:", *variant.edited["points"], ""]
    files |= {name: store.read(digest) for digest, name in pictures.items()}
    files["choices.json"] = _json(
        {
            "picture": {"request": "request.json", "seed": variant.picture.seed, "temperature": variant.picture.temperature},
            "text": {
                "request": runs[-1][0],
                "seed": variant.text.seed,
                "temperature": variant.text.temperature,
                "edited": variant.edited,
            },
            "size": [SIDE, SIDE],
            "model": result["model"],
            "placement": result["placement"],
            "inspection": result["inspection"],
            "notes": result["notes"],
        }
    )
    files["README.txt"] = "\n".join(lines).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            packed.writestr(zipfile.ZipInfo(name, _TIME), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _request(store: StudioStore, spec: Spec, pictures: dict[str, str]) -> bytes:
    def named(digest: str, stem: str) -> str:
        if digest not in pictures:
            data = store.read(digest)
            ending = next((ending for magic, ending in _ENDINGS.items() if data.startswith(magic)), "img")
            pictures[digest] = f"{stem}.{ending}"
        return pictures[digest]

    request: dict[str, Any] = {
        "product": {
            "image": named(spec.photo, "product"),
            "description": spec.description,
            "selling_points": list(spec.points),
        },
        "history": [
            {"image": named(picture, f"clicks/{number:03d}"), "text": text}
            for number, (picture, text) in enumerate(spec.clicks)
        ],
    }
    if spec.box is not None:
        request["placement"] = {"box": list(spec.box)}
    return _json(request)


def _command(name: str, spec: Spec, what: str) -> str:
    words = ["uniadgen", "generate", name, "--seed", str(spec.seed), "--size", f"{SIDE}x{SIDE}"]
    if spec.temperature is not None:
        words += ["--temperature", str(spec.temperature)]
    return shlex.join([*words, "--out", what.partition(" ")[0]])


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
