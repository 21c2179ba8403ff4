"""manifest.json of a rendered world: everything that shapes its pictures, so that a later run knows what it may keep.

What shapes all pictures - the world's seed, the pictures' size and samples, the code that builds and lights scenes, Blender -
must not change within a folder: `claim` refuses to go on. What shapes one product is hashed product by product: a run renders
again exactly those that have changed. The hashes stand in the manifest and in each product's own meta.json.
"""

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from uniadgen.errors import InputError
from uniadgen.files import make_folder, write_text
from uniadgen.padsynth.specs import SHARP_PRODUCTS, WORLD_VERSION, CreativeSpec, ProductSpec
from uniadgen.words import quoted

NAME = "manifest.json"
# The code that decides about pixels; of render.py all but what only hands out work.
_DRAWING = (
    "blender/materials.py",
    "blender/products/*.py",
    "blender/render.py",
    "blender/scenes/*.py",
    "blender/shapes.py",
    "specs.py",
)
_SCHEDULING = frozenset({"render_world", "is_rendered", "render_product", "render_products", "shares_of", "require_gpu"})
# Of specs.py all but what plans: the fields that shape pictures are in `product_digest`.
_PLANNING = frozenset({"SellingPoint", "ProductSpec", "SceneSpec", "CreativeSpec", "categories_of", "families_for"})
_LOOKS = (
    "id", "department", "category", "brand", "series", "colour", "accent", "material", "form", "size_cm", "posture", "view",
    "seed",
)  # fmt: skip
_FRAMING = ("id", "scene", "centre_x", "base_y", "extent")
_SAID = {
    "seed": "the world of another seed",
    "size": "pictures of another size",
    "samples": "pictures with other samples a pixel",
    "cutout_samples": "cut-outs with other samples a pixel",
    "code": "pictures that other code has drawn",
    "blender": "pictures of another version of Blender",
}


def settings(seed: int, size: int | None, samples: int, cutout_samples: int) -> dict[str, Any]:
    """What shapes all pictures of a world, ready for JSON. size: of all plates; None: by the rule of `specs.plate_size`."""
    sizes = {"size": size or f"512, 256 from product {SHARP_PRODUCTS}", "samples": samples, "cutout_samples": cutout_samples}
    return {
        "version": WORLD_VERSION,
        "seed": seed,
        **sizes,
        "code": code_digest(),
        "blender": _installed("bpy"),
        "uniadgen": _installed("uniadgen"),
    }


def product_digest(product: ProductSpec, creatives: Sequence[CreativeSpec], size: int, samples: int) -> str:
    """A hash of what shapes the pictures of one product; texts don't, but for the material that is told."""
    fields, drawn = asdict(product), [asdict(creative) for creative in creatives]
    material = [point.text for point in product.selling_points if point.type == "material"]
    looks = [*(fields[name] for name in _LOOKS), *material]
    scenes = [[creative[name] for name in _FRAMING] for creative in drawn]
    text = json.dumps([looks, scenes, size, samples], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_digest() -> str:
    """A hash of the code that draws; comments, docstrings, imports and layout don't count, nor a function's module."""
    pieces: list[str] = []
    for pattern in _DRAWING:
        paths = list(Path(__file__).parents[1].glob(pattern))
        assert paths, pattern
        for path in paths:
            pieces += _pieces(path.read_text("utf-8"))
    return hashlib.sha256("\n".join(sorted(pieces)).encode()).hexdigest()[:16]


@cache
def _pieces(source: str) -> tuple[str, ...]:
    """The code of a module that draws, definition by definition."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.Module() if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    kept = (node for node in tree.body if getattr(node, "name", "") not in _SCHEDULING | _PLANNING)
    return tuple(ast.unparse(node) for node in kept if not isinstance(node, ast.Import | ast.ImportFrom))


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder, None where there is none. Raises InputError for one that can't be read."""
    path = folder / NAME
    try:
        manifest = json.loads(path.read_text("utf-8"))
        if isinstance(manifest["settings"], dict) and isinstance(manifest["products"], dict):
            return dict(manifest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(f"{quoted(path)}: no manifest of renders; delete it to keep the renders as they are")


def claim(folder: Path, wanted: Mapping[str, Any]) -> dict[str, str]:
    """The product hashes of the folder's manifest; of a folder without one none, whatever it holds of this world is welcome.

    Raises InputError when the folder was rendered with other settings than `wanted`, or holds renders of another version.
    """
    manifest = read(folder)
    if manifest is None:
        some = next(folder.glob("raw/*/meta.json"), None)
        if some is None or f'"version": {WORLD_VERSION}' in some.read_text("utf-8", "replace"):
            return {}
        manifest = {"settings": {}, "products": {}}
    stored = manifest["settings"]
    if stored.get("version", 1) != wanted["version"]:
        raise InputError(
            f"argument --out: {quoted(folder)} holds renders of version {stored.get('version', 1)} of the world, "
            f"this is version {wanted['version']}; name another folder"
        )
    for name, said in _SAID.items():
        if stored.get(name) != wanted[name]:
            raise InputError(
                f"argument --out: {quoted(folder)} holds {said}; name another folder, "
                f"or delete its {NAME} to keep the renders and go on"
            )
    return dict(manifest["products"])


def write(folder: Path, wanted: Mapping[str, Any], products: Mapping[str, str]) -> None:
    """Puts the manifest in place as a whole. products: id -> hash."""
    make_folder(folder, "argument --out")
    write_text(folder / NAME, json.dumps({"settings": wanted, "products": dict(sorted(products.items()))}, indent=1) + "\n")
