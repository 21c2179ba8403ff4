"""PosterMaker: Stable Diffusion 3 with the inpainting ControlNet that its scene network starts from, or its own results.

Its own networks are pickles for its own code: `baselines export postermaker` writes what that code reads, and `--outputs` takes
what it has painted.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from uniadgen.baselines import Baseline, Made, Prepared, Settings, Task, standing_box
from uniadgen.baselines.background_prompts import Scene, prompts_of
from uniadgen.baselines.diffusion import NEGATIVE, OPTIONS, ControlNet, Diffusion, Paint, on_white, prepare
from uniadgen.baselines.exchange import imported
from uniadgen.files import make_folder, write_text
from uniadgen.words import clusters

LINES, CHARACTERS = 7, 16  # of text that it can render
SYSTEM = Diffusion(
    "postermaker",
    "stabilityai/stable-diffusion-3-medium-diffusers",
    "StableDiffusion3ControlNetInpaintingPipeline",
    frozenset({"StableDiffusion3Pipeline", "StableDiffusion3ControlNetInpaintingPipeline"}),
    ("transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae"),
    steps=28,
    guidance=5.0,
    controlnet=ControlNet(
        "alimama-creative/SD3-Controlnet-Inpainting", "SD3ControlNetModel", {"extra_conditioning_channels": 1}
    ),
)


def make(task: Task, scene: Scene, paint: Paint, settings: Settings) -> Made:
    canvas, mask = on_white(task)
    picture = paint(
        prompt=scene.prompt,
        negative_prompt=NEGATIVE,
        control_image=canvas,
        control_mask=mask,
        controlnet_conditioning_scale=0.95,
    )
    return Made(picture=picture, box=standing_box(task), clicks=scene.clicks)


def export(tasks: Sequence[Task], out: Path, settings: Settings) -> None:
    """out/images/rgba_images and subject_masks, ID.png, and inputs.json with what goes into its inference.py for each."""
    prompt_of = prompts_of(settings)
    folders = {name: out / "images" / name for name in ("rgba_images", "subject_masks", "results")}
    for folder in folders.values():
        make_folder(folder)
    entries = []
    for task in tasks:
        canvas, mask = on_white(task)
        product = mask.point(lambda value: 255 - value)  # white: kept
        canvas.putalpha(product)
        canvas.save(folders["rgba_images"] / f"{task.id}.png")
        product.save(folders["subject_masks"] / f"{task.id}.png")
        entries.append({"filename": task.id, "prompt": prompt_of(task).prompt, "texts": _texts(task, canvas.size)})
    write_text(out / "inputs.json", json.dumps(entries, ensure_ascii=False, indent=2) + "\n")


def _texts(task: Task, size: tuple[int, int]) -> list[dict[str, object]]:
    """Selling points that fit, in lines above the product, boxes as wide as their text."""
    room = standing_box(task).top * size[1] // task.size[1]
    lines = [p for p in task.request.product.selling_points if len(clusters(p)) <= CHARACTERS][:LINES]
    height = min(size[1] // 14, max(1, room - size[1] // 20) // max(1, len(lines)) * 3 // 4)
    texts: list[dict[str, object]] = []
    for number, line in enumerate(lines if height >= 8 else []):
        wide = sum(1.0 if ord(c) > 0x2E7F else 0.55 for c in line)
        width = min(size[0] * 9 // 10, round(wide * height))
        left, top = (size[0] - width) // 2, size[1] // 20 + number * height * 4 // 3
        texts.append({"content": line, "pos": [left, top, left + width, top + height]})
    return texts


def result_of(folder: Path, task: Task) -> Path | None:
    """ID.jpg, or ID_0.jpg of several."""
    names = (f"{task.id}{number}.{ending}" for number in ("", "_0") for ending in ("jpg", "png"))
    return next((path for name in names if (path := folder / name).is_file()), None)


def prepared(settings: Settings) -> Prepared:
    if settings.outputs is not None:
        return imported(settings.outputs, result_of, _taken)
    return prepare(SYSTEM, settings, make)


def _taken(task: Task, picture: Image.Image) -> Made:
    where = Task(task.request, task.category, picture.size, task.id)
    return Made(picture=picture, box=standing_box(where))


BASELINE = Baseline(
    "postermaker",
    "Stable Diffusion 3 with PosterMaker's inpainting ControlNet, or what its own code has painted (--outputs)",
    "picture",
    needs="Stable Diffusion 3 medium and its inpainting ControlNet (Stability AI community licence, 20 GB in fp16)",
    options=(*OPTIONS, "controlnet", "outputs"),
    prepare=prepared,
    export=export,
)
