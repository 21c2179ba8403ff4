"""Renders PAd-Synth with Blender's Cycles: cut-outs of the products and plates, the pictures they are pasted on.

A plate shows the scene with the product's shadow and reflections but without the product: Cycles keeps it from the camera only.
The camera looks at a product from one direction, whatever the scene; a creative's framing merely shifts and scales the picture
plane. So a cut-out, resized into its placement, falls on its own shadow.

Blender is imported inside the functions: planning a world needs no renderer. It keeps one global state per process, hence
`render_world` renders in processes of their own.
"""

import contextlib
import hashlib
import itertools
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from uniadgen.console import is_quiet
from uniadgen.cores import usable_cores
from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_picture
from uniadgen.padsynth.blender import manifest
from uniadgen.padsynth.specs import SMALL_CM, WORLD_VERSION, CreativeSpec, ProductSpec, plate_size
from uniadgen.rng import stream

if TYPE_CHECKING:
    from uniadgen.padsynth.blender.scenes.stage import Subject

Box = tuple[float, float, float, float]  # left, top, width, height as fractions of the canvas, y downwards
Points = NDArray[np.float64]  # [vertices, 3], metres
SENSOR = 36.0  # mm, its width
LEAN = 11.0  # degrees from upright, of what leans
SAMPLES = 6  # per pixel of a plate; the denoiser leaves no visible difference to 16, at half the time
CUTOUT_SAMPLES = 10  # shown large and sharp
NEEDS_BLENDER = "rendering needs the extra: pip install 'uniadgen[world]'"
RENEW_AFTER = 60  # products; a fresh process now and then keeps Blender's memory small


@dataclass(frozen=True)
class Camera:
    """The direction from which a product is always seen; angles in degrees, the focal length (mm) sets the distance."""

    turn: float  # of the product about its upright axis
    azimuth: float  # of the camera, for what must not turn since it touches a wall
    elevation: float
    focal: float


@dataclass(frozen=True)
class Frame:
    """A window of the picture plane at distance 1 from the camera, x to the right and y upwards."""

    left: float
    bottom: float
    width: float
    height: float


def camera_for(product: ProductSpec) -> Camera:
    """This product's camera."""
    draw = stream(product.seed, "camera")
    side, part, focal = draw.choice((-1, 1)), draw.random(), draw.uniform(55, 85)
    if product.view == "above":
        return Camera(side * 42 * part, 0, draw.uniform(79, 88), focal)
    angle = 9 * part if product.view == "front" or product.form == "billboard" else 17 + 20 * part
    if product.posture == "stands":
        return Camera(side * angle, 0, draw.uniform(3, 20), focal)
    return Camera(0, side * angle / 2, draw.uniform(0, 7) if product.posture == "hangs" else draw.uniform(4, 15), focal)


def aperture_for(product: ProductSpec) -> float:
    """The diameter of the lens as a part of the product's size: small things, from close by, have the softest background."""
    if product.view == "above":
        return 0.05
    return 0.17 if product.size_cm < SMALL_CM else 0.12 if product.size_class == "medium" else 0.06


def render_cutout(product: ProductSpec, size: int = 384, threads: int = 0, device: str = "cpu") -> Image.Image:
    """The product alone under neutral light, as RGBA cropped to its outline; the longer side is about `size` pixels."""
    bpy = _import_blender()
    outline = _outline(product)
    scale = size / max(outline.width, outline.height)
    width, height = max(2, round(outline.width * scale)), max(2, round(outline.height * scale))
    unit, camera = _place(product)
    for obj in bpy.context.scene.objects:
        obj.visible_camera = True
    _neutral_light(unit)
    _aim(camera, Frame(outline.left, outline.bottom, outline.width, outline.width * height / width))
    _engine(width, height, CUTOUT_SAMPLES, threads, product.seed, device)
    if _lets_light_through():
        # What stands in a bottle is lit through its glass, which light only passes as a caustic; without any, drinks are black.
        cycles = bpy.context.scene.cycles
        cycles.caustics_refractive, cycles.max_bounces, cycles.transmission_bounces = True, 16, 14
    bpy.context.scene.render.film_transparent = True
    picture = _render("RGBA")
    return picture.crop(picture.getchannel("A").point(lambda a: 255 * (a > 2)).getbbox())


def _lets_light_through() -> bool:
    """Whether anything in the scene is of glass or filled with a liquid."""
    import bpy

    shaders = (node for m in bpy.data.materials if m.users and m.use_nodes for node in m.node_tree.nodes)
    return any(node.type == "BSDF_PRINCIPLED" and node.inputs["Transmission Weight"].default_value > 0 for node in shaders)


def render_plate(
    product: ProductSpec,
    creative: CreativeSpec,
    size: int = 256,
    samples: int = SAMPLES,
    threads: int = 0,
    device: str = "cpu",
    show_product: bool = False,
) -> tuple[Image.Image, Box]:
    """The creative's picture without its product, and where the cut-out goes. `threads` = 0 takes all cores.

    With `show_product` the camera sees the product too; it is meant for checking that both fit together.
    """
    bpy = _import_blender()
    from uniadgen.padsynth.blender import scenes

    outline, subject = _outline(product), subject_of(product)
    unit, camera = _place(product)
    for obj in bpy.context.scene.objects:
        obj.visible_camera = show_product
    scenes.build(creative.scene, subject)
    span = max(outline.width, outline.height) / creative.extent
    left = outline.left + outline.width / 2 - creative.centre_x * span
    _aim(camera, Frame(left, outline.bottom - (1 - creative.base_y) * span, span, span), aperture_for(product) * unit)
    _engine(size, size, samples, threads, creative.scene.seed, device)
    # Normals out of focus are noise that the denoiser would take for a pattern.
    bpy.context.scene.cycles.denoising_input_passes = "RGB_ALBEDO"
    return _render("RGB"), placement_in(outline, creative)


def placement_in(outline: Frame, creative: CreativeSpec) -> Box:
    """Where a product with this outline comes to stand on the creative's canvas."""
    scale = creative.extent / max(outline.width, outline.height)
    width, height = outline.width * scale, outline.height * scale
    return creative.centre_x - width / 2, creative.base_y - height, width, height


# --- the camera and the engine ----------------------------------------------------------------------------------------------


def _import_blender() -> Any:
    try:
        import bpy
    except ImportError as problem:
        raise InputError(NEEDS_BLENDER) from problem
    return bpy


def _blender() -> Any:
    """Blender as a module, emptied."""
    bpy = _import_blender()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy


def _place(product: ProductSpec) -> tuple[float, Any]:
    """A scene with nothing but the product, turned, and its camera; returns the product's size and the camera."""
    import bpy
    from mathutils import Vector

    view = camera_for(product)
    unit, points = _stand(product)
    target = Vector((0, 0, float(points[:, 2].min() + points[:, 2].max()) / 2))
    distance = 1.6 * unit * view.focal / SENSOR
    angle, azimuth = math.radians(view.elevation), math.radians(view.azimuth)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    camera.location = target + distance * Vector(
        (math.sin(azimuth) * math.cos(angle), -math.cos(azimuth) * math.cos(angle), math.sin(angle))
    )
    camera.rotation_euler = (target - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.clip_start, camera.data.clip_end = 0.02 * unit, 1000 * unit
    camera.data.dof.focus_distance = distance
    bpy.context.view_layer.update()
    return unit, camera


_standing: dict[str, Any] = {}  # the product that is in Blender now: building one takes as long as rendering it


def _stand(product: ProductSpec) -> tuple[float, Points]:
    """Leaves this product alone in Blender, built anew only if another one is there; returns its size and its vertices."""
    if _standing.get("product") != product:
        _standing.clear()
        bpy = _blender()
        from uniadgen.padsynth.blender import products

        products.build(product)
        # over the turntable, so that the product's own transforms stay as they are
        unit = product.size_cm / 100
        scale = unit / float(np.ptp(_points(), axis=0).max())
        pivot = bpy.data.objects.new("pivot", None)
        bpy.context.scene.collection.objects.link(pivot)
        for obj in bpy.context.scene.objects:
            if obj is not pivot and obj.parent is None:
                obj.parent = pivot
        pivot.scale = (scale, scale, scale)
        tilt = {"lies": -90.0, "leans": -LEAN}.get(product.posture, 0.0)
        pivot.rotation_euler = (math.radians(tilt), 0, math.radians(camera_for(product).turn))
        _rest(pivot, product)
        names = {obj.name for obj in bpy.context.scene.objects}
        _standing.update(product=product, unit=unit, names=names, points=_points())
    else:
        bpy = sys.modules["bpy"]
        bpy.data.batch_remove([obj for obj in bpy.data.objects if obj.name not in _standing["names"]])
        bpy.data.batch_remove(list(bpy.data.worlds))
        bpy.data.orphans_purge(do_recursive=True)
    return _standing["unit"], _standing["points"]


def _rest(pivot: Any, product: ProductSpec) -> None:
    """Moves the product so that it touches what bears it: its lowest point is at z = 0, and the back of what hangs at y = 0.

    What lies is tipped over until it rests on two points in length and in width, as its weight would have it.
    """
    from mathutils import Matrix, Vector

    if product.posture == "lies":
        for axis in (1, 0, 1, 0):
            slope = _slope_at_rest(_points(), axis)
            turn = Matrix.Rotation(-slope if axis else slope, 4, "X" if axis else "Y")
            pivot.matrix_world = turn @ pivot.matrix_world
    points = _points()
    low, high = points.min(0), points.max(0)
    depth = high[1] if product.posture == "hangs" else (low[1] + high[1]) / 2
    pivot.location = pivot.location + Vector((-(low[0] + high[0]) / 2, -depth, -low[2]))


def _slope_at_rest(points: Points, axis: int) -> float:
    """The angle of the edge on which a rigid body would come to rest, looked at along the other horizontal axis; radians."""
    flat = points[:, (axis, 2)]
    centre = float(flat[:, 0].min() + flat[:, 0].max()) / 2
    hull: list[tuple[float, float]] = []
    for x, z in sorted(map(tuple, np.unique(np.round(flat, 6), axis=0).tolist())):
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], (x, z)):
            hull.pop()
        hull.append((x, z))
    for (x0, z0), (x1, z1) in itertools.pairwise(hull):
        if x0 <= centre <= x1:
            return math.atan2(z1 - z0, x1 - x0)
    return 0.0


def _turns_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b is not below the line from a to c."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0


def subject_of(product: ProductSpec) -> "Subject":
    """What a set has to know of the product that is in Blender now."""
    from uniadgen.padsynth.blender.scenes.stage import Subject

    unit, points = _stand(product)
    low, high = points.min(0) / unit, points.max(0) / unit
    top = points[points[:, 2] > points[:, 2].max() - 0.012 * unit].mean(0) / unit
    back = points[np.argmax(points[:, 1] + 1e-3 * points[:, 2])] / unit
    return Subject(product, unit, camera_for(product).elevation, *(_point(place) for place in (low, high, top, back)))


def _point(place: Any) -> tuple[float, float, float]:
    x, y, z = map(float, place)
    return x, y, z


def _points() -> Points:
    """All vertices of the scene's objects as they are rendered, in world coordinates."""
    import bpy

    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    clouds = []
    for obj in bpy.context.scene.objects:
        if obj.type not in ("MESH", "CURVE", "SURFACE", "FONT", "META"):
            continue
        shape = obj.evaluated_get(graph)
        mesh = shape.to_mesh()
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
        shape.to_mesh_clear()
        matrix = np.array(obj.matrix_world)
        clouds.append(points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3])
    return np.concatenate(clouds)


@lru_cache(maxsize=64)
def _outline(product: ProductSpec) -> Frame:
    """The frame on the picture plane that the product just fills."""
    import bpy

    _, camera = _place(product)
    inverse = np.array(camera.matrix_world.inverted())
    seen = _standing["points"] @ inverse[:3, :3].T + inverse[:3, 3]
    flat = seen[:, :2] / -seen[:, 2:]
    (left, bottom), (right, top) = flat.min(0), flat.max(0)
    frame = Frame(float(left), float(bottom), float(right - left), float(top - bottom))
    if product.form != "billboard":
        return frame
    # A billboard's outline is in its texture, not in its mesh: look where it is opaque.
    side = 512
    span = 1.02 * max(frame.width, frame.height)
    window = Frame(frame.left + frame.width / 2 - span / 2, frame.bottom + frame.height / 2 - span / 2, span, span)
    for obj in bpy.context.scene.objects:
        obj.visible_camera = True
    _aim(camera, window)
    _engine(side, side, 8, 0, 0)
    bpy.context.scene.cycles.use_denoising = False
    bpy.context.scene.render.film_transparent = True
    bounds = _render("RGBA").getchannel("A").point(lambda a: 255 * (a > 100)).getbbox()
    if bounds is None:
        raise RuntimeError("the product is not in the picture")
    x0, y0, x1, y1 = bounds
    pixel = span / side
    return Frame(window.left + x0 * pixel, window.bottom + (side - y1) * pixel, (x1 - x0) * pixel, (y1 - y0) * pixel)


def _aim(camera: Any, frame: Frame, aperture: float = 0.0) -> None:
    """Lets the camera show this window by shifting its lens and changing its focal length: the perspective stays the same."""
    lens = camera.data
    lens.sensor_width, lens.sensor_fit = SENSOR, "HORIZONTAL"
    lens.lens = SENSOR / frame.width
    lens.shift_x = (frame.left + frame.width / 2) / frame.width
    lens.shift_y = (frame.bottom + frame.height / 2) / frame.width
    lens.dof.use_dof = aperture > 0
    if aperture:
        lens.dof.aperture_fstop = lens.lens / 1000 / aperture


def _engine(width: int, height: int, samples: int, threads: int, seed: int, device: str = "cpu") -> None:
    """Cycles, denoised, with few bounces: what a small picture needs and no more. device: "cpu" or "cuda"."""
    import bpy

    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.render.threads_mode = "FIXED"
    scene.render.threads = threads or os.cpu_count() or 1
    # "Neutral" is made for product pictures: colours come out as given, and highlights still don't clip.
    scene.view_settings.view_transform = "Khronos PBR Neutral"
    scene.view_settings.exposure = 0.2
    cycles = scene.cycles
    scene.render.film_transparent = False
    cycles.device, cycles.samples, cycles.seed = "CPU" if device == "cpu" else "GPU", samples, seed % 2**31
    cycles.use_adaptive_sampling = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 2, 3
    cycles.transmission_bounces, cycles.transparent_max_bounces = 5, 6
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.use_light_tree = False
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "BALANCED"
    cycles.denoising_use_gpu = device != "cpu"
    if device != "cpu":
        _take_gpus()


def _take_gpus() -> None:
    """Lets Cycles use every NVIDIA GPU. Raises InputError where Blender finds none."""
    import bpy

    preferences = bpy.context.preferences.addons["cycles"].preferences
    try:
        preferences.compute_device_type = "CUDA"
    except TypeError:  # this Blender knows no CUDA
        units = []
    else:
        preferences.refresh_devices()
        units = list(preferences.devices)
    for unit in units:
        unit.use = unit.type == "CUDA"
    if not any(unit.use for unit in units):
        raise InputError("argument --device: Blender finds no NVIDIA GPU; render with --device cpu")


def _neutral_light(unit: float) -> None:
    """Two soft boxes and a white surrounding."""
    import bpy
    from mathutils import Vector

    world = bpy.data.worlds.new("white")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.6
    for place, watts in (((-2.2, -2.0, 2.4), 55), ((2.4, -1.4, 1.6), 25)):
        light = bpy.data.lights.new("box", "AREA")
        light.shape, light.size, light.energy = "DISK", 1.8 * unit, watts * unit * unit
        obj = bpy.data.objects.new("box", light)
        obj.location = Vector(place) * unit
        obj.rotation_euler = (Vector((0, 0, 0.4 * unit)) - obj.location).to_track_quat("-Z", "Y").to_euler()
        bpy.context.scene.collection.objects.link(obj)


def _render(mode: str) -> Image.Image:
    """Renders the scene; the picture travels through a file since Blender hands out no pixels of a render."""
    import bpy

    settings = bpy.context.scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth, settings.compression = "PNG", mode, "8", 0
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "picture.png"
        bpy.context.scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        return load_picture(path, "render").convert(mode)


class _quiet:
    """Keeps Blender's own progress lines, written by C code, off the standard output."""

    def __enter__(self) -> None:
        sys.stdout.flush()
        self.kept = os.dup(1)
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.close(sink)

    def __exit__(self, *_: object) -> None:
        os.dup2(self.kept, 1)
        os.close(self.kept)


# --- a whole world ----------------------------------------------------------------------------------------------------------


def render_world(
    products: Sequence[ProductSpec],
    creatives: Sequence[CreativeSpec],
    out: Path,
    workers: int = 1,
    size: int | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    work: Callable[..., None] | None = None,
    device: str = "cpu",
) -> list[str]:
    """Renders what is missing under `out`/raw and returns the ids of products that failed.

    A folder per product holds cutout.webp, plate-<creative id>.webp and meta.json, and appears as a whole; what was rendered
    with other parameters is rendered again. A crash costs one product; run it again to retry. size: of all plates, in pixels;
    None: as `specs.plate_size` says. seed: of the world, for `out`/manifest.json. work: what a process does, in place of
    rendering with Blender (`render_products`). device: "cpu", or "cuda" for NVIDIA GPUs, which draw and remove
    noise with other arithmetic.

    Raises InputError without Blender, without a GPU where one is asked for, and for an `out` that was rendered with other
    settings (see `manifest`).
    """
    if work is None and find_spec("bpy") is None:  # not imported here: only processes that render need its memory
        raise InputError(NEEDS_BLENDER)
    of_product: defaultdict[str, list[CreativeSpec]] = defaultdict(list)
    for creative in creatives:
        of_product[creative.product_id].append(creative)
    spawn = multiprocessing.get_context("spawn")
    if device != "cpu" and work is None:
        with spawn.Pool(1) as one:  # before anything is written, and not here: see above
            one.apply(require_gpu)
    raw = Path(out) / "raw"
    settings = manifest.settings(seed, size, samples, CUTOUT_SAMPLES)
    digests = manifest.claim(Path(out), settings)
    sizes = {p.id: size or plate_size(p) for p in products}
    wanted = {p.id: manifest.product_digest(p, of_product[p.id], sizes[p.id], samples) for p in products}
    todo = [p for p in products if not is_rendered(raw / p.id, of_product[p.id], wanted[p.id])]
    for left_over in raw.glob(".*.tmp"):
        shutil.rmtree(left_over, ignore_errors=True)
    for product in todo:  # before the manifest says that they are as wanted
        (raw / product.id / "meta.json").unlink(missing_ok=True)
    manifest.write(Path(out), settings, digests | wanted)
    failed: list[str] = []
    cores = shares_of(usable_cores(), max(1, workers))
    pending, busy = list(reversed(todo)), {}  # type: ignore[var-annotated]

    def hire(seat: int) -> tuple[Any, Connection]:
        ours, theirs = spawn.Pipe()
        options = (theirs, str(raw), cores[seat], samples, device)
        process = spawn.Process(target=work or render_products, args=options, daemon=True)
        process.start()
        theirs.close()
        return process, ours

    def give(seat: int, process: Any, line: Connection, done: int) -> None:
        if pending and done >= RENEW_AFTER:
            line.send(None)
            process.join()
            (process, line), done = hire(seat), 0
        product = pending.pop() if pending else None
        line.send((product, of_product[product.id], sizes[product.id]) if product else None)
        if product:
            busy[line] = (seat, process, product, done)
        else:
            process.join()

    first = len(products) - len(todo)
    with tqdm(total=len(products), initial=first, unit="product", smoothing=0.05, disable=is_quiet()) as bar:
        for seat in range(min(len(cores), len(todo))):
            give(seat, *hire(seat), 0)
        while busy:
            for ready in wait(list(busy)):
                line = cast(Connection, ready)
                seat, process, product, done = busy.pop(line)
                try:
                    problem = line.recv()
                except (EOFError, ConnectionError):
                    process.join()
                    problem = f"the renderer died (exit code {process.exitcode})"
                    if pending:
                        (process, line), done = hire(seat), 0
                bar.update()
                if problem:
                    failed.append(product.id)
                    tqdm.write(f"{product.id}: {problem}", file=sys.stderr)
                if process.is_alive():
                    give(seat, process, line, done + 1)
    return failed


def require_gpu() -> None:
    """Raises InputError where Blender finds no NVIDIA GPU."""
    _blender()
    _take_gpus()


def shares_of(cores: Sequence[int], workers: int) -> list[list[int]]:
    """The cores of every worker: all of them shared out as evenly as they go, or one that several workers share."""
    if workers >= len(cores):
        return [[cores[number % len(cores)]] for number in range(workers)]
    return [list(cores[number::workers]) for number in range(workers)]


def is_rendered(folder: Path, creatives: Sequence[CreativeSpec], wanted: str) -> bool:
    """Whether a product's folder holds all that belongs there, unharmed. wanted: its `manifest.product_digest`."""
    try:
        meta = json.loads((folder / "meta.json").read_text())
        return (
            meta["digest"] == wanted
            and set(meta["placements"]) == {c.id for c in creatives}
            and set(meta["sha256"]) == {"cutout.webp", *(f"plate-{c.id}.webp" for c in creatives)}
            and all(_hash(folder / name) == digest for name, digest in meta["sha256"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _cutout_size(size: int) -> int:
    return size * 3 // 2


def render_product(
    product: ProductSpec,
    creatives: Sequence[CreativeSpec],
    folder: Path,
    size: int = 256,
    samples: int = SAMPLES,
    threads: int = 0,
    device: str = "cpu",
) -> None:
    """Renders a product's cut-out and plates into its folder, from scratch.

    The folder appears as a whole: the process that hands out work may have been killed and started again, and then two may
    render the same product.
    """
    half_done = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(half_done, ignore_errors=True)
    half_done.mkdir(parents=True)
    # `exact` keeps the colours under alpha 0, so that resizing finds no black seam
    render_cutout(product, _cutout_size(size), threads, device).save(half_done / "cutout.webp", lossless=True, exact=True)
    placements = {}
    for creative in creatives:
        plate, placements[creative.id] = render_plate(product, creative, size, samples, threads, device)
        plate.save(half_done / f"plate-{creative.id}.webp", lossless=True)
    digest = manifest.product_digest(product, creatives, size, samples)
    hashes = {path.name: _hash(path) for path in sorted(half_done.iterdir())}
    meta = {
        "version": WORLD_VERSION,
        "product": product.id,
        "size": size,
        "samples": samples,
        "device": device,
        "digest": digest,
        "placements": placements,
        "sha256": hashes,
    }
    (half_done / "meta.json").write_text(json.dumps(meta, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    try:
        os.rename(half_done, folder)
    except OSError:
        if not (folder / "meta.json").exists():
            raise
        shutil.rmtree(half_done)  # the other one was quicker


def render_products(line: Connection, raw: str, cores: Sequence[int], samples: int, device: str = "cpu") -> None:
    """A rendering process: takes products until None comes, answers each with None or with what went wrong.

    cores: that it keeps to, before Blender is imported: its pool of threads is otherwise as large as the machine, in every
    process, and they hinder each other (of 20 processes on 16 cores it took 60 % of the time to switch between threads).
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    with contextlib.suppress(EOFError, ConnectionError):  # nobody is there any more
        while (task := line.recv()) is not None:
            product, creatives, size = task
            try:
                render_product(product, creatives, Path(raw) / product.id, size, samples, len(cores), device)
                line.send(None)
            except ConnectionError:
                raise
            except Exception as problem:  # whatever it is, the other products must go on
                line.send(f"{type(problem).__name__}: {problem}")
