"""AdGenerator: from a product and a shopper's clicks to the ad.

The way of a request, as in the method: sample clicks by product similarity (coarse preference), encode and fuse them (fine
preference), write the text word by word from the selling points, paint the background token by token while looking at the
product (foreground perception), and lay the product over it, pixel for pixel.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import Ad, AdRequest, Box, Click, Placement, Product, SampledClick
from uniadgen.compose import compose, place, render_foreground
from uniadgen.decoding.image import decode_image
from uniadgen.decoding.text import TextGrammar, decode_text, make_points
from uniadgen.errors import InputError
from uniadgen.history import SAMPLINGS, Embedder, Sampling, hashed_embedder, product_similarity, sample_clicks
from uniadgen.images import load_picture
from uniadgen.model import checkpoint
from uniadgen.model.decoder import Cache
from uniadgen.model.pixels import to_image, to_pixels
from uniadgen.model.placement import DeviceMap
from uniadgen.model.sequence import Prompt, ad_text_ids, build_prompt, stack_clicks, unconditional_prompt
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import Clicks, UnifiedModel
from uniadgen.prompts import load_pool
from uniadgen.requests import CheckedRequest, check_request


class AdGenerator:
    """Makes ads with one model. Not thread-safe; the same request, seed and device give the same ad."""

    def __init__(self, model: UnifiedModel, tokenizer: TextTokenizer, embedder: Embedder = hashed_embedder) -> None:
        self.model, self.tokenizer, self.embedder = model.eval(), tokenizer, embedder
        self._general, self._unified = (load_pool(kind).templates[0] for kind in ("general_text", "unified"))

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path | None = None,
        *,
        device: DeviceMap = "cpu",
        dtype: torch.dtype = torch.float32,
        embedder: Embedder = hashed_embedder,
        foreground: str | Path | None = None,
    ) -> "AdGenerator":
        """The embedded model, or one by its folder or hub id: ours, or Janus as transformers saves it. device: see `placement`.

        embedder: texts -> unit vectors, for product similarity. foreground: folder of the DINOv2 for a Janus model. Raises
        InputError when the folder is no model.
        """
        path = Path(folder) if folder else checkpoint.embedded_folder()
        if not folder and not path.is_dir():
            raise InputError(
                "embedded model: this version ships no weights; train a model (docs/training.md) and name its folder"
            )
        return cls(*checkpoint.load(path, device, dtype, Path(foreground) if foreground else None), embedder)

    def save_pretrained(self, folder: str | Path, dtype: torch.dtype | None = None) -> None:
        """Writes the whole model as a folder for `from_pretrained`; weights in `dtype` if one is given."""
        checkpoint.save(Path(folder), self.model, self.tokenizer, dtype)

    @torch.inference_mode()
    def generate(
        self,
        product: Product,
        history: list[Click] | None = None,
        *,
        box: Box | None = None,
        seed: int = 0,
        size: tuple[int, int] = (768, 768),
        history_length: int | None = None,
        sampling: Sampling = "product-similarity",
        guidance: float | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
    ) -> Ad:
        """One ad.

        history: the shopper's clicks, oldest first; none gives a general ad. box: where the product stands. size: width and
        height of the ad in pixels. history_length: clicks to sample. guidance, temperature, top_k: of the picture; None stands
        for the model's own. Raises InputError for a request that can't be carried out.
        """
        _check_options(size, seed, history_length, sampling, guidance, temperature, top_k)
        with _fitting_threads(self.model):
            return self._generate(product, history, box, seed, size, history_length, sampling, guidance, temperature, top_k)

    def _generate(
        self,
        product: Product,
        history: list[Click] | None,
        box: Box | None,
        seed: int,
        size: tuple[int, int],
        history_length: int | None,
        sampling: Sampling,
        guidance: float | None,
        temperature: float | None,
        top_k: int | None,
    ) -> Ad:
        config, timings = self.model.config, _Timings()
        with timings("inputs"):
            request = check_request(AdRequest(product, [] if history is None else history, box))
            placement = place(request.cutout, size, request.box)
            canvas = self._foreground_canvas(request.cutout, size, placement)
        with timings("history"):
            rng = np.random.default_rng(seed)
            similarity = product_similarity([c.text for c in request.history], request.description, self.embedder)
            wanted = config.preference.clicks if history_length is None else history_length
            chosen = sample_clicks(similarity, wanted, sampling, rng)
            clicks = self._encode_clicks(request.history, chosen) if chosen else None
        generator = torch.Generator(self.model.device).manual_seed(seed)
        with timings("prompt"):
            prompt = self._prompt(request, clicks)
            points = make_points(request.selling_points, self.tokenizer.encode, config.text.ad_tokens)
            longest = max(len(self.tokenizer.encode(" " + p.text)) for p in points)
            cache = Cache.allocate(
                config.decoder,
                batch=2,
                capacity=len(prompt.ids) + config.text.ad_tokens + 2 * longest + 16 + config.image.tokens,
                device=self.model.device,
                dtype=self.model.dtype,
            )
            row = _rows(cache, 0, 1)
            logits = self._prefill(row, prompt, clicks)
        with timings("text"):
            grammar = TextGrammar(points, self.tokenizer.encode, self.tokenizer.end, config.text.ad_tokens)

            def step(token: int) -> Tensor:
                embedded = self.model.embed_text(torch.tensor([[token]], device=self.model.device))
                scores: Tensor = self.model.text_head(self.model.decoder(embedded, cache=row)[0, -1])
                return scores

            decode_text(grammar, logits, step, config.text_temperature, generator)
        with timings("image"):
            weight = config.guidance.weight if guidance is None else guidance
            features = self.model.foreground(canvas[None].to(self.model.device, self.model.dtype)) * config.foreground.strength
            codes = decode_image(
                self.model,
                self._guided_cache(cache, row.length, guided=weight != 1),
                self.model.embed_text(
                    torch.full((2 if weight != 1 else 1, 1), self.tokenizer.begin_image, device=self.model.device)
                ),
                features,
                guidance=weight,
                temperature=config.guidance.temperature if temperature is None else temperature,
                top_k=config.guidance.top_k if top_k is None else top_k,
                generator=generator,
            )
            pixels = self.model.image_tokenizer.decode(codes, config.image.grid)[0]
        with timings("compose"):
            background = _cover(to_image(pixels), size)
            image = compose(background, request.cutout, placement)
        return Ad(
            image=image,
            text=grammar.text(),
            background=background,
            placement=placement,
            sampled_clicks=[SampledClick(i, float(similarity[i])) for i in chosen],
            timings=timings.seconds,
            seed=seed,
            model=config.name,
            notes=[*request.notes, *prompt.notes],
        )

    def _foreground_canvas(self, cutout: Image.Image, size: tuple[int, int], placement: Placement) -> Tensor:
        """What the model sees of the product: [3, S, S]. A canvas that is no square is the middle of the model's square."""
        side, (left, top) = _square(size)
        moved = Placement(placement.left + left, placement.top + top, placement.width, placement.height)
        return to_pixels(render_foreground(cutout, (side, side), moved), self.model.foreground.size)

    def _encode_clicks(self, history: list[Click], chosen: list[int]) -> Clicks:
        pixels = torch.stack(
            [
                to_pixels(load_picture(history[i].image, f"history[{i}].image"), self.model.config.preference.resolution)
                for i in chosen
            ]
        )
        codes = self.model.image_tokenizer.encode(pixels.to(self.model.device, self.model.dtype)).cpu()
        texts = [ad_text_ids(self.tokenizer, history[i].text) for i in chosen]
        return stack_clicks([list(zip(codes, texts, strict=True))], self.model.config, self.tokenizer.pad).to(self.model.device)

    def _prompt(self, request: CheckedRequest, clicks: Clicks | None) -> Prompt:
        return build_prompt(
            self.tokenizer,
            self.model.config,
            self._general if clicks is None else self._unified,
            request.description,
            request.selling_points,
            0 if clicks is None else clicks.visible.shape[1],
            0 if clicks is None else clicks.text_tokens,
        )

    def _prefill(self, cache: Cache, prompt: Prompt, clicks: Clicks | None) -> Tensor:
        """Reads the instruction into the cache; scores of the first word [V]."""
        ids, kinds = (torch.tensor([values], device=self.model.device) for values in (prompt.ids, prompt.kinds))
        hidden = self.model.decoder(self.model.embed(ids, kinds, clicks), cache=cache)
        scores: Tensor = self.model.text_head(hidden[0, -1])
        return scores

    def _guided_cache(self, cache: Cache, length: int, guided: bool) -> Cache:
        """The cache as image decoding continues it: row 0 has read instruction and text, row 1 only the empty prompt."""
        if guided:
            empty = unconditional_prompt(self.tokenizer, self.model.config, length)
            other = _rows(cache, 1, 2)
            other.length = length - len(empty.ids)
            other.visible[:, : other.length] = False
            self._prefill(other, empty, None)
        continued = _rows(cache, 0, 2 if guided else 1)
        continued.length = length
        return continued


@contextmanager
def _fitting_threads(model: UnifiedModel) -> Iterator[None]:
    """One thread while a small model decodes on a CPU.

    A step of a small model is too short to share: two threads are no faster than one, and when other processes want the cores
    the threads wait for each other at every operation (seen: minutes instead of seconds).
    """
    threads = torch.get_num_threads()
    small = model.device.type == "cpu" and model.config.decoder.width <= 512
    torch.set_num_threads(1 if small else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Timings:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start


def _rows(cache: Cache, first: int, last: int) -> Cache:
    """A view of some rows that fills up on its own."""
    return Cache(cache.keys[:, first:last], cache.values[:, first:last], cache.visible[first:last], 0)


def _square(size: tuple[int, int]) -> tuple[int, tuple[int, int]]:
    """The side of the square around a canvas, and where the canvas' corner lies in it."""
    side = max(size)
    return side, ((side - size[0]) // 2, (side - size[1]) // 2)


def _cover(background: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The generated square enlarged around the canvas and cut to it."""
    side, (left, top) = _square(size)
    large = background.resize((side, side), Image.Resampling.BICUBIC)
    return large.crop((left, top, left + size[0], top + size[1]))


def _check_options(
    size: tuple[int, int],
    seed: int,
    history_length: int | None,
    sampling: str,
    guidance: float | None,
    temperature: float | None,
    top_k: int | None,
) -> None:
    def whole(value: object, least: int, most: int) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    def number(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100

    if not (isinstance(size, tuple | list) and len(size) == 2 and all(whole(side, 64, 8192) for side in size)):
        raise InputError(f"size: {size!r} is no size; give (width, height), 64 to 8192 pixels each")
    if not whole(seed, 0, 2**63 - 1):
        raise InputError(f"seed: {seed!r} is no whole number from 0 to 2**63 - 1")
    if history_length is not None and not whole(history_length, 0, 1000):
        raise InputError(f"history_length: {history_length!r} is no whole number from 0 to 1000")
    if sampling not in SAMPLINGS:
        raise InputError(f"sampling: {sampling!r} is unknown; use one of {', '.join(SAMPLINGS)}")
    if guidance is not None and not number(guidance):
        raise InputError(f"guidance: {guidance!r} is no number from 0 to 100")
    if temperature is not None and not number(temperature):
        raise InputError(f"temperature: {temperature!r} is no number from 0 (greedy) to 100")
    if top_k is not None and not whole(top_k, 1, 10**6):
        raise InputError(f"top_k: {top_k!r} is no whole number from 1 to 1000000")
