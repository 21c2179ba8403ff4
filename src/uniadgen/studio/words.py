"""Words in the pictures of the studio's ads: with which brand kit, where, and as somebody has moved them.

    words = Words("top", kit)                                  # kit: a digest, of `Kits.keep`
    made = typesetting_of(store, kits, variant)                # what `uniadgen typeset` makes of the zip's ad.json

Fonts are opened by their path, so kits, which lie in the session's file, are laid out as files while the process lives.
"""

import hashlib
import json
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from uniadgen.ads import Ad, Click, Placement, SampledClick, Stance, light_of
from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_picture
from uniadgen.imaging.png import transparent_png
from uniadgen.pipeline.setting import taste_for
from uniadgen.studio.store import StudioStore, Variant
from uniadgen.typography import Brand, Typesetting, carried, read_brand, redraw
from uniadgen.typography.brand import KIT, kit_text
from uniadgen.typography.drawing import least_contrast
from uniadgen.typography.layers import block_pictures
from uniadgen.typography.redraw import fonts_for

LAYOUTS = {
    "auto": "where it is best",
    "top": "above the product",
    "bottom": "below it",
    "left": "left of it",
    "right": "right of it",
    "band": "on a band",
}
_COLOURS = 3  # of letters, that the page has fields for


class Kits:
    """Brand kits of a session by their digests. A kit is its files by name, `brand.yaml` among them."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store
        self._folder = tempfile.TemporaryDirectory(prefix="uniadgen-kits-")
        self._brands: dict[str, Brand] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        self._folder.cleanup()

    def keep(self, files: Mapping[str, bytes]) -> str:
        """Raises InputError for a kit that can't be used."""
        digests = {name: self._store.put(data) for name, data in files.items()}
        digest = self._store.put(json.dumps(digests, sort_keys=True).encode())
        self.brand(digest)
        return digest

    def files(self, digest: str) -> dict[str, bytes]:
        names: dict[str, str] = json.loads(self._store.read(digest))
        return {name: self._store.read(file) for name, file in names.items()}

    def content(self, digest: str | None) -> dict[str, Any]:
        """What a kit says; nothing where there is none."""
        return {} if digest is None else yaml.safe_load(self.files(digest)[KIT]) or {}

    def brand(self, digest: str | None) -> Brand | None:
        """Raises InputError."""
        if digest is None:
            return None
        with self._lock:
            if digest not in self._brands:
                folder = Path(self._folder.name) / digest
                folder.mkdir(exist_ok=True)
                for name, data in self.files(digest).items():
                    (folder / name).write_bytes(data)
                try:
                    self._brands[digest] = read_brand(folder / KIT, "brand")
                except InputError as error:  # without the file's place, which is ours alone
                    raise InputError(str(error).replace(f'brand: "{folder / KIT}": ', "brand kit: ")) from None
            return self._brands[digest]


def own_kit(colours: list[str], accent: str, capitals: bool, logo: bytes | None) -> dict[str, bytes]:
    """The files of a kit that is put together on the page. colours: of letters; a missing one is ""."""
    said: dict[str, Any] = {"colours": {"words": [c for c in dict.fromkeys(colours[:_COLOURS]) if c]}}
    if accent:
        said["colours"]["accent"] = accent
    if capitals:
        said["capitals"] = "headline"
    files = {} if logo is None else {f"logo-{hashlib.sha256(logo).hexdigest()[:12]}": logo}
    if files:
        said["logo"] = {"image": next(iter(files))}
    return {KIT: kit_text(said), **files}


def finished_ad(store: StudioStore, variant: Variant) -> Ad:
    """A finished variant without words in its picture."""
    result: dict[str, Any] = variant.result or {}
    return Ad(
        image=load_picture(store.read(result["image"]), "image"),
        text=result["text"],
        background=load_picture(store.read(result["background"]), "background"),
        placement=Placement(**result["placement"]),
        sampled_clicks=[SampledClick(index, 0.0) for index in result["sampled_clicks"]],
        timings={},
        seed=variant.picture.seed,
        model=result["model"],
        inspection=result["inspection"],
        description=variant.text.description,
        selling_points=list(variant.text.points),
        stance=Stance(result.get("posture", "stands")),
        light=light_of(result.get("light")),
    )


def typesetting_of(store: StudioStore, kits: Kits, variant: Variant, ad: Ad | None = None) -> Typesetting:
    """The words of a finished variant. ad: the same in another size. Raises InputError.

    What somebody has moved stands to the product as they put it, in other sizes, too, unless it can't be read there or would
    cover the product; then words are set anew.
    """
    words = variant.words or {}
    brand = kits.brand(words["brand"])
    if words.get("blocks"):
        if ad is None:
            return redraw(finished_ad(store, variant), words["blocks"], "words", brand, words["behind"])
        if (moved := _carried_to(ad, variant, brand)) is not None:
            return moved
    ad = ad or finished_ad(store, variant)
    history = [Click(store.read(picture), text) for picture, text in variant.picture.clicks]
    return ad.typeset(layout=words["layout"], brand=brand, taste=taste_for(ad, history))


def _carried_to(ad: Ad, variant: Variant, brand: Brand | None) -> Typesetting | None:
    """A variant's moved words in the same ad of another size; None where they don't fit, and where a block covers the product
    or can't be read as well as it has to be, and did not do so before."""
    result: dict[str, Any] = variant.result or {}
    before = result["typesetting"]["blocks"]
    try:
        there = carried(before, Placement(**result["placement"]), ad)
        moved = redraw(ad, there, "words", brand, (variant.words or {})["behind"])
    except InputError:
        return None
    assert moved.drawn is not None
    for block, (placed, *_), stood in zip(moved.blocks, moved.drawn.blocks, before, strict=True):
        faint = block.contrast < least_contrast(placed, moved.drawn.scene) <= stood["contrast"]
        if faint or (block.over_product and not stood["over_product"]):
            return None
    return moved


def words_part(store: StudioStore, typesetting: Typesetting, file: bytes) -> dict[str, Any]:
    """What is kept of a typeset picture. file: its own."""
    return {
        "typeset": store.put(file),
        "typesetting": typesetting.as_dict(),
        "block_pictures": [_kept(store, picture) for picture in block_pictures(typesetting)],
    }


def _kept(store: StudioStore, placed: Any) -> dict[str, Any]:
    """A picture of a block, and where it stands."""
    return {"picture": store.put(transparent_png(placed.image)), "box": [placed.left, placed.top, *placed.image.size]}


def fonts_of(kits: Kits, variant: Variant | None) -> list[list[tuple[str, str]]]:
    """The fonts that each block of a variant's words may have, its present one first: files, and what they are called."""
    if variant is None or variant.words is None or "typesetting" not in (variant.result or {}):
        return []
    brand, fonts = kits.brand(variant.words["brand"]), []
    for block in (variant.result or {})["typesetting"]["blocks"]:
        files = [face.file for face in fonts_for(block["text"], block["role"], brand)]
        names = [(file, file.rpartition(".")[0]) for file in dict.fromkeys([block["font"], *files])]
        fonts.append(names)
    return fonts


def over_product(typesetting: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Violations of the picture by words that cover the product."""
    width, height = typesetting["image_size"]
    violations = []
    for block in typesetting["blocks"]:
        if block["over_product"]:
            box = block["box"]
            left, top = box["left"] / width, box["top"] / height
            place = [left, top, left + box["width"] / width, top + box["height"] / height]
            violations.append(
                {"criterion": "visual", "reason": f"words cover the product: {block['text']}", "box": place, "score": 1.0}
            )
    return violations
