"""Files to take away: a picture in a format and size, or a zip of which `uniadgen generate` and `uniadgen typeset` make the
same again, byte for byte."""

import hashlib
import io
import json
import shlex
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PIL import Image

from uniadgen.campaign import Campaign, preset, size_of
from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_picture
from uniadgen.output import FORMATS, Output
from uniadgen.provenance import PRODUCER
from uniadgen.studio.project import SIDE, Spec
from uniadgen.studio.store import StudioStore, Variant
from uniadgen.studio.words import Kits, finished_ad, typesetting_of
from uniadgen.typography.layers import KINDS, Kind, layers_of

_TIME = (2026, 1, 1, 0, 0, 0)  # of all files in a zip, so that the same choices are the same bytes
_LAYERS: dict[Kind, str] = {"svg": "image/svg+xml", "psd": "image/vnd.adobe.photoshop"}
_ENDINGS = {
    b"\x89PNG": "png",
    b"\xff\xd8": "jpg",
    b"RIFF": "webp",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"II*": "tif",
    b"MM\x00*": "tif",
}


def picture_file(
    store: StudioStore, kits: Kits, variant: Variant, cutout: Image.Image, kind: str, size: str, output: Output | None = None
) -> tuple[bytes, str, str]:
    """A finished variant's picture, its media type and the ending of its name.

    kind: a format, or of an ad with words in its picture "svg" or "psd", with layers. size: "", or the name of a placement
    (presets.yaml), which is cut from the square and whose words are set anew. output: what it says of itself. Raises
    InputError.
    """
    if variant.result is None or kind not in (*FORMATS, *(KINDS if "typeset" in variant.result else ())):
        raise InputError(f"There is no such picture; formats are {', '.join(FORMATS)}.")
    result, layers = variant.result, next((layers for layers in KINDS if layers == kind), None)
    ad, words = finished_ad(store, variant), "typeset" in result
    if size:
        campaign = Campaign((size_of(SIDE, SIDE), preset(size)))
        *_, (_, ad) = campaign.cut(ad, cutout)
    if words and (size or layers):
        typesetting = typesetting_of(store, kits, variant, ad if size else None)
        if layers is not None:
            data = layers_of(ad, typesetting, layers)[0]
            return (output or Output()).layers(data, result["model"]), _LAYERS[layers], layers
        image = typesetting.image
    else:
        image = load_picture(store.read(result["typeset"]), "image") if words else ad.image
    output = replace(output or Output(), format=next(name for name in FORMATS if name == kind))
    return output.encoded(image, result["model"]), output.media_type, output.ending


def archive(store: StudioStore, kits: Kits, variant: Variant, output: Output | None = None) -> bytes:
    """The ad, its requests with their pictures, and what was chosen. The same choices give the same bytes, but for signatures.

    output: what pictures say of themselves.
    """
    result: dict[str, Any] = variant.result or {}
    output = replace(output or Output(), format="png")
    pictures: dict[str, str] = {}  # digest -> name in the archive
    files: dict[str, bytes] = {
        "ad.png": _marked(store, result["image"], result, output),
        "ad.txt": f"{result['text']}\n".encode(),
    }
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
        setup = result.get("picture_setup" if spec is variant.picture else "text_setup") or {}
        lines += [f"# {what}", _command(name, spec, what, setup, output), ""]
    if variant.edited:
        lines += ["The text was then put together from the selling points, in this order:", *variant.edited["points"], ""]
    if "typeset" in result:
        files |= _words(store, kits, variant, output, files["ad.png"])
        lines += ["# words in the picture: ad.typeset.png", _words_command(variant, output), ""]
    if any((result.get(f"{part}_setup") or {}).get("model") for part in ("picture", "text")):
        lines += ["--model is the name of the model's folder; write where you have it.", ""]
    if output.signer is not None:
        lines += ["The pictures are signed: made again they have the same pixels, but no or another signature.", ""]
    files |= {name: store.read(digest) for digest, name in pictures.items()}
    files["choices.json"] = _json(
        {
            "picture": {"request": "request.json"} | _chosen(variant.picture, result.get("picture_setup")),
            "text": {"request": runs[-1][0]} | _chosen(variant.text, result.get("text_setup")) | {"edited": variant.edited},
            "words": variant.words if "typeset" in result else None,
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


def _chosen(spec: Spec, setup: Mapping[str, str | None] | None) -> dict[str, Any]:
    """setup: None where an earlier studio did not keep it."""
    return {"seed": spec.seed, "temperature": spec.temperature, "best_of": spec.best_of, "setup": setup or None}


def _marked(store: StudioStore, digest: str, result: Mapping[str, Any], output: Output) -> bytes:
    """A stored picture as a file with the marks of today, which an earlier studio of the session may not have written."""
    return output.encoded(load_picture(store.read(digest), "image"), result["model"])


def _words(store: StudioStore, kits: Kits, variant: Variant, output: Output, image: bytes) -> dict[str, bytes]:
    """The ad as a record that `uniadgen typeset` reads, and what its words were set with."""
    result: dict[str, Any] = variant.result or {}
    words: dict[str, Any] = variant.words or {}
    files = {
        "ad.background.png": store.read(result["background"]),
        "ad.typeset.png": _marked(store, result["typeset"], result, output),
    }
    written = {"image": image, "background": files["ad.background.png"]}
    record = {**finished_ad(store, variant).as_dict(), "image": "ad.png", "background": "ad.background.png"}
    record["sha256"] = {role: hashlib.sha256(data).hexdigest() for role, data in written.items()}
    files["ad.json"], files["ad.typeset.json"] = _json(record), _json(result["typesetting"])
    if words.get("blocks"):
        files["blocks.json"] = _json({"blocks": words["blocks"], "behind": words["behind"]})
    if words["brand"] is not None:
        files |= {f"brand/{name}": data for name, data in kits.files(words["brand"]).items()}
    return files


def _words_command(variant: Variant, output: Output) -> str:
    words: dict[str, Any] = variant.words or {}
    how = ["--blocks", "blocks.json"] if words.get("blocks") else ["--request", "request.json", "--layout", words["layout"]]
    brand = [] if words["brand"] is None else ["--brand", "brand/brand.yaml"]
    return shlex.join(["uniadgen", "typeset", "ad.json", *how, *brand, *_marks(output), "--out", "words"])


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


def _command(name: str, spec: Spec, what: str, setup: Mapping[str, str | None], output: Output) -> str:
    words = ["uniadgen", "generate", name, "--seed", str(spec.seed), "--size", f"{SIDE}x{SIDE}"]
    if spec.temperature is not None:
        words += ["--temperature", str(spec.temperature)]
    if spec.best_of > 1:
        words += ["--best-of", str(spec.best_of)]
    words += [word for option, value in setup.items() if value for word in (f"--{option}", value)]
    return shlex.join([*words, *_marks(output), "--out", what.partition(" ")[0]])


def _marks(output: Output) -> list[str]:
    """The options of what pictures say of themselves. A key for signatures is not the reader's."""
    if not output.provenance:
        return ["--no-provenance"]
    return [] if output.producer == PRODUCER else ["--producer", output.producer]


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
