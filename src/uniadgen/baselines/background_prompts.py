"""Prompts for backgrounds: written by a vision language model from the pool of ten, or a template from description and points.

    uniadgen baselines prompts --data DATA --weights Qwen/Qwen2.5-VL-7B-Instruct --out prompts.jsonl
    uniadgen baselines run flux-fill --data DATA --prompts prompts.jsonl --out flux

A file has a line {"id", "prompt", "clicks"} for each shopper; the product's picture is shown to the model.
"""

import base64
import contextlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.ads import Product
from uniadgen.baselines import Settings, Task, sampled
from uniadgen.baselines.answers import part, text_of
from uniadgen.baselines.parallel import in_parallel
from uniadgen.errors import InputError
from uniadgen.files import write_text
from uniadgen.imaging.colour import flatten
from uniadgen.prompts import load_pool, render
from uniadgen.rng import stream
from uniadgen.strictjson import RepeatedKey, unrepeated
from uniadgen.words import clean_text, quoted

MAX_TOKENS, SHOWN_PX = 160, 448
FORM = "Answer with the prompt alone, in one sentence of at most forty words."
TASTE = "The shopper clicked ads with these titles:"
WORDS, POINTS = 16, 3  # of the description and of the selling points in the template


@dataclass(frozen=True)
class Scene:
    """A background in words. clicks: numbers of the clicks that its writer saw."""

    prompt: str
    clicks: tuple[int, ...] = ()


PromptOf = Callable[[Task], Scene]


def template_prompt(product: Product) -> str:
    """What a background should be like, made without a model."""
    about = " ".join(clean_text(product.description).split()[:WORDS]).rstrip(".,;: ")
    points = ", ".join(clean_text(point) for point in product.selling_points[:POINTS])
    return (
        f"Product photograph of a fitting place for {about}: a free surface in front, soft natural light, "
        f"shallow depth of field, calm, no text, no people. It suits: {points}."
    )


def prompts_of(settings: Settings) -> PromptOf:
    """From the file of the settings, or the template's. Raises InputError for a file that is none."""
    if settings.prompts is None:
        return lambda task: Scene(template_prompt(task.request.product))
    scenes = read_prompts(settings.prompts, "argument --prompts")

    def of(task: Task) -> Scene:
        if task.id not in scenes:
            raise InputError(
                f"argument --prompts: {quoted(str(settings.prompts))} has none for {quoted(task.id)}; write them for all"
            )
        return scenes[task.id]

    return of


def read_prompts(path: Path, what: str) -> dict[str, Scene]:
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError, ValueError):
        raise InputError(f"{what}: {quoted(path)} can't be read; name a file by `uniadgen baselines prompts`") from None
    scenes: dict[str, Scene] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=unrepeated)
            name, prompt, clicks = record["id"], record["prompt"], record.get("clicks", [])
            if not isinstance(name, str) or not isinstance(prompt, str) or not prompt.strip() or name in scenes:
                raise TypeError
            if not isinstance(clicks, list) or not all(type(click) is int and click >= 0 for click in clicks):
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RepeatedKey):
            raise InputError(
                f'{what}: {quoted(path)}, line {number}: expected {{"id": "...", "prompt": "...", "clicks": [0]}}, each id once'
            ) from None
        scenes[name] = Scene(clean_text(prompt), tuple(clicks))
    return scenes


# Written by a model ------------------------------------------------------------------------------------------------------

See = Callable[[str, Image.Image, int], str]
"""From an instruction, the product's picture (RGB) and a seed to what the model says."""


@dataclass(frozen=True)
class Wrote:
    """How many prompts are new, were there, and are the template's since the model said nothing."""

    new: int
    there: int
    silent: int = 0


def write_prompts(
    tasks: Sequence[Task], settings: Settings, out: Path, progress: Callable[[str, int, int], None] | None = None
) -> Wrote:
    """Prompts of all tasks into a file, which is written as they come, so that it goes on where it was.

    Without weights and endpoint they are the template's. Raises InputError.
    """
    kept = read_prompts(out, "argument --out") if out.exists() else {}
    scenes = {task.id: kept[task.id] for task in tasks if task.id in kept}
    there, silent = len(scenes), 0
    pool = load_pool(settings.pool or "background_prompt")
    if pool.kind != "background_prompt":
        raise InputError(f"argument --pool: its kind is {pool.kind}; background prompts need background_prompt")
    open_it = _seeing(settings)
    waiting = [task for task in tasks if task.id not in scenes]
    if not waiting:
        return Wrote(0, there)
    with open_it() as see:

        def write(task: Task) -> tuple[Scene, bool]:
            if see is None:
                return Scene(template_prompt(task.request.product)), False
            clicks = () if settings.general else tuple(sampled(task, settings.clicks))
            template = stream(task.seed, "background prompt", task.id).choice(pool.templates)
            prompt = _asked(see, template, task, clicks)
            if not prompt:
                return Scene(template_prompt(task.request.product)), True
            return Scene(prompt, clicks), False

        for task, (scene, said_nothing) in in_parallel(write, waiting, settings.parallel):
            scenes[task.id] = scene
            silent += said_nothing
            lines = (
                json.dumps({"id": name, "prompt": s.prompt, "clicks": list(s.clicks)}, ensure_ascii=False)
                for name, s in scenes.items()
            )
            write_text(out, "\n".join(lines) + "\n", "argument --out")
            if progress is not None:
                progress("prompts", len(scenes), len(tasks))
    return Wrote(len(waiting), there, silent)


def _asked(see: See, template: str, task: Task, clicks: Sequence[int]) -> str:
    """The model's prompt; "" where it says nothing."""
    product = task.request.product
    words = "".join(value for _, value in render(template, product.description, product.selling_points))
    if clicks:
        words += f"\n{TASTE}" + "".join(f"\n- {clean_text(task.request.history[n].text)}" for n in clicks)
    if not isinstance(product.image, Image.Image):
        raise TypeError("tasks hold cut-outs, no paths")
    picture = flatten(product.image).copy()
    picture.thumbnail((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS)
    return text_of(part(see(f"{words}\n{FORM}", picture, task.seed)).answer)


def _seeing(settings: Settings) -> Callable[[], contextlib.AbstractContextManager[See | None]]:
    """A vision language model, here or behind an endpoint; None where neither is named. Raises InputError."""
    if settings.endpoint is not None:
        return _served(settings)
    if settings.weights is not None:
        return _loaded(settings)
    if settings.model_name is not None:
        raise InputError("argument --model-name: it names a model of an endpoint; name that, too (--endpoint)")
    return lambda: contextlib.nullcontext(None)


def _served(settings: Settings) -> Callable[[], contextlib.AbstractContextManager[See | None]]:
    from uniadgen.baselines.language import Language, prepared_writer

    language = Language("prompts", None, frozenset(), max_tokens=MAX_TOKENS)
    writer = prepared_writer(language, settings)

    @contextlib.contextmanager
    def open_it() -> Iterator[See]:
        with writer.open() as write:

            def see(words: str, picture: Image.Image, seed: int) -> str:
                buffer = io.BytesIO()
                picture.save(buffer, "PNG")
                url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
                content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": words}]
                return write([{"role": "user", "content": content}], seed).text

            yield see

    return open_it


def _loaded(settings: Settings) -> Callable[[], contextlib.AbstractContextManager[See | None]]:
    try:
        from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as SEEING
    except ImportError:
        raise InputError("argument --weights: needs transformers; install uniadgen[baselines]") from None
    from uniadgen.baselines.weights import check_fits, dtype_of, find_weights, main_device

    name = str(settings.weights)
    device = main_device(settings.device)
    dtype = dtype_of(settings.dtype, device)
    weights = find_weights(name, frozenset(SEEING), "argument --weights")
    check_fits(weights.elements, settings.device, dtype, f"argument --weights: {name}")

    @contextlib.contextmanager
    def open_it() -> Iterator[See]:
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        folder = weights.folder()
        try:
            processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
            model = AutoModelForImageTextToText.from_pretrained(
                folder, dtype=dtype, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"argument --weights: {name} can't be loaded ({reason}); supply a whole model") from None
        model = model.eval().to(device)

        def see(words: str, picture: Image.Image, seed: int) -> str:
            messages: list[dict[str, Any]] = [
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": words}]},
            ]
            prompt = processor.apply_chat_template(messages, add_generation_prompt=True)
            encoded = processor(text=[prompt], images=[picture], return_tensors="pt").to(device, dtype)
            with torch.inference_mode():
                ids = model.generate(**encoded, max_new_tokens=settings.max_tokens or MAX_TOKENS, do_sample=False)
            return str(processor.batch_decode(ids[:, encoded["input_ids"].shape[1] :], skip_special_tokens=True)[0])

        yield see

    return open_it
