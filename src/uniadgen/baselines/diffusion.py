"""Pipelines of diffusers as baselines: looked at first, then loaded, then asked for one picture at a time.

Weights are folders or hub ids as diffusers saves them, safetensors only; no code that comes with them is run.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.baselines import Made, Make, Prepared, Settings, Task, standing_box
from uniadgen.baselines.background_prompts import Scene, prompts_of
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose, render_alpha

OPTIONS = ("weights", "device", "dtype", "prompts", "steps", "guidance", "seed")
GRAIN = 16  # sides of pictures are whole numbers of latent patches
NEGATIVE = "text, letters, watermark, logo, people, hands, other products, deformed, blurry, low quality"


@dataclass(frozen=True)
class ControlNet:
    """weights: taken when none are named. name: of its class. options: for loading it."""

    weights: str
    name: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Diffusion:
    """A system that diffusers can load. weights: taken when none are named. pipeline: the class that runs; classes: what the
    weights may say they are; parts: their folders with weights."""

    name: str
    weights: str
    pipeline: str
    classes: frozenset[str]
    parts: tuple[str, ...]
    steps: int
    guidance: float
    controlnet: ControlNet | None = None


Paint = Callable[..., Image.Image]
"""A picture from the pipeline's own arguments; steps, guidance, size and seed are put in."""


def prepare(system: Diffusion, settings: Settings, make: Callable[[Task, Scene, Paint, Settings], Made]) -> Prepared:
    """Raises InputError for missing or wrong weights, and for too little memory."""
    try:
        import diffusers  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        raise InputError(f"baseline {system.name}: needs diffusers and transformers; install uniadgen[baselines]") from None
    from uniadgen.baselines.weights import check_fits, dtype_of, find_part, find_pipeline, main_device

    device = main_device(settings.device)
    dtype = dtype_of(settings.dtype, device)
    name = settings.weights or system.weights
    weights = find_pipeline(name, system.classes, system.parts, "argument --weights")
    control = None
    if system.controlnet is not None:
        control = find_part(settings.controlnet or system.controlnet.weights, {system.controlnet.name}, "argument --controlnet")
    elements = weights.elements + (control.elements if control else 0)
    check_fits(elements, str(device), dtype, f"argument --weights: {name}")
    prompt_of = prompts_of(settings)

    @contextlib.contextmanager
    def open_it() -> Iterator[Make]:
        import diffusers
        import torch

        diffusers.utils.logging.disable_progress_bar()
        loading: dict[str, Any] = {"dtype": dtype, "local_files_only": True, "use_safetensors": True}
        try:
            extra: dict[str, Any] = {}
            if control is not None and system.controlnet is not None:
                kind = getattr(diffusers, system.controlnet.name)
                extra["controlnet"] = kind.from_pretrained(control.folder(), **loading, **system.controlnet.options)
            pipe = getattr(diffusers, system.pipeline).from_pretrained(weights.folder(), **loading, **extra)
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"argument --weights: {name} can't be loaded ({reason}); supply a whole pipeline") from None
        pipe.set_progress_bar_config(disable=True)
        pipe.to(device)

        def ask(task: Task) -> Made:
            def paint(seed: int = 0, **asked: Any) -> Image.Image:
                width, height = working_size(task.size)
                with torch.inference_mode():
                    picture = pipe(
                        num_inference_steps=settings.steps or system.steps,
                        guidance_scale=system.guidance if settings.guidance is None else settings.guidance,
                        generator=torch.Generator("cpu").manual_seed((task.seed + seed) % 2**31),
                        **{"width": width, "height": height, **asked},
                    ).images[0]
                return picture.convert("RGB").resize(task.size, Image.Resampling.LANCZOS)

            return make(task, prompt_of(task), paint, settings)

        yield ask

    prompts = settings.prompts.read_bytes() if settings.prompts else b""
    sources = [weights.source, control.source if control else "", hashlib.sha256(prompts).hexdigest()[:16]]
    return Prepared(" ".join(sources), open_it)


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (max(2 * GRAIN, round(side / GRAIN) * GRAIN) for side in size)
    return width, height


def on_white(task: Task) -> tuple[Image.Image, Image.Image]:
    """The product where it will stand, on white (RGB), and what is to be painted: 255 outside of its outline (L). Both of the
    working size."""
    placement, cutout = standing_box(task), task.request.product.image
    if not isinstance(cutout, Image.Image):
        raise TypeError("tasks hold cut-outs, no paths")
    canvas = compose(Image.new("RGB", task.size, "white"), cutout, placement)
    mask = render_alpha(cutout, task.size, placement).point(lambda value: 0 if value > 127 else 255)
    size = working_size(task.size)
    return canvas.resize(size, Image.Resampling.LANCZOS), mask.resize(size, Image.Resampling.NEAREST)


def edges_of(picture: Image.Image, least: float = 60.0) -> Image.Image:
    """White where luma is steep, as an edge ControlNet expects it: RGB."""
    luma = np.asarray(picture.convert("L"), np.float64)
    down, across = np.gradient(luma)
    steep = np.hypot(down, across) * 2 > least
    return Image.fromarray(steep.astype(np.uint8) * 255).convert("RGB")
