"""AdGenerator: from a product and a shopper's clicks to the ad, in the steps of the method.

Each step is a module beside this one: `drafting` (coarse preference), `preparing` (the product in its place, the instruction),
`reading` (fine preference), `writing` (the text along its grammar), `painting` (the background, looking at the product), and
`imaging.composing` (the product over it, pixel for pixel).
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from uniadgen.ads import Ad, AdRequest, Box, Click, Light, Posture, Product
from uniadgen.clicks.similarity import Embedder
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.quantization import Quantization, check_quantization, quantize_weights
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.framing import cover
from uniadgen.imaging.shadow import shaded
from uniadgen.inspection import text_verdict
from uniadgen.loading import checkpoint
from uniadgen.loading.devices import DeviceMap, named_devices
from uniadgen.model.image_tokenizer import paint
from uniadgen.model.pixels import to_image
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.choosing import Candidate, chosen_ads, refuse_unqualified
from uniadgen.pipeline.drafting import draft_ads
from uniadgen.pipeline.explaining import Explanation, explain
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.painting import paint_backgrounds
from uniadgen.pipeline.preparing import PreparedAd, fitted_cutouts, prepare
from uniadgen.pipeline.reading import read_instructions
from uniadgen.pipeline.setting import with_words
from uniadgen.pipeline.timings import Timings, fitting_threads, lanes_of
from uniadgen.pipeline.writing import text_notes, write_texts
from uniadgen.request import CheckedRequest, check_requests
from uniadgen.rng import MAX_SEED

_log = logging.getLogger(__name__)

T = TypeVar("T")
Requests = Sequence[AdRequest | CheckedRequest]


class AdGenerator:
    """Makes ads with one model; as many threads as `lanes` may call it at once. The same request, options, seed and device give
    the same ad.

    The model's weights are packed for decoding when this is made: after training them further, make another.
    """

    def __init__(
        self,
        model: UnifiedModel,
        tokenizer: TextTokenizer,
        embedder: Embedder | None = None,
        quantize: Quantization | None = None,
    ) -> None:
        """embedder: texts -> unit vectors, for product similarity; None: the model's own. quantize: `decoding.quantization`."""
        if quantize is not None:
            quantize_weights(model, quantize)
        self.quantize = quantize
        self.loaded = LoadedModel(model, tokenizer, embedder)

    @property
    def model(self) -> UnifiedModel:
        return self.loaded.model

    @property
    def tokenizer(self) -> TextTokenizer:
        return self.loaded.tokenizer

    @property
    def engine(self) -> Engine:
        return self.loaded.engine

    @property
    def lanes(self) -> int:
        """How many threads may call this at once: for a model on a CPU that is too small for several cores to share its steps
        one for each core, each after `torch.set_num_threads(1)`; else one."""
        return lanes_of(self.model)

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path | None = None,
        *,
        device: DeviceMap = "cpu",
        dtype: torch.dtype = torch.float32,
        embedder: Embedder | None = None,
        foreground: str | Path | None = None,
        quantize: Quantization | None = None,
    ) -> "AdGenerator":
        """The embedded model, or one by its folder or hub id: ours, or Janus as transformers saves it.

        device: see `loading.devices`. embedder: texts -> unit vectors, for product similarity. foreground: folder of the DINOv2
        for a Janus model. quantize: "int8" or, on a GPU, "int4" stores the large matrices in as many bits (needs torchao).
        Raises InputError when the folder is no model, or what is asked for can't be done here.
        """
        if quantize is not None:
            check_quantization(quantize, named_devices(device), dtype)
        path = Path(folder) if folder else checkpoint.embedded_folder()
        if not folder and not path.is_dir():
            raise InputError(
                f"embedded model: its folder {path} is not there; install uniadgen again, or name the folder of a model"
            )
        started = time.perf_counter()
        generator = cls(*checkpoint.load(path, device, dtype, Path(foreground) if foreground else None), embedder, quantize)
        model = generator.model
        parameters = sum(weights.numel() for weights in model.parameters())
        seconds = time.perf_counter() - started
        _log.info("model %s: %s parameters on %s, loaded in %.2f s", model.config.name, f"{parameters:,}", device, seconds)
        return generator

    def save_pretrained(self, folder: str | Path, dtype: torch.dtype | None = None) -> None:
        """Writes the model as a folder for `from_pretrained`; weights in `dtype` if one is given. Raises InputError.

        Of a model that was trained on a backbone only what was trained is written, beside the backbone's name; after
        `generator.model.adapter = None` it is the whole model.
        """
        if self.quantize is not None:
            raise InputError("quantize: a quantized model can't be saved; save the model it was made from")
        checkpoint.save(Path(folder), self.model, self.tokenizer, dtype)

    def generate(
        self,
        product: Product,
        history: list[Click] | None = None,
        *,
        box: Box | None = None,
        posture: Posture | None = None,
        seed: int = 0,
        options: GenerateOptions | None = None,
        **changes: Any,
    ) -> Ad:
        """One ad.

        history: the shopper's clicks, oldest first; none gives a general ad. box: where the product stands. posture: "stands",
        "lies" or "hangs"; None: as its kind is usually shown. options: see `GenerateOptions`; its fields may also be given by
        name, as in `generate(product, size=(1080, 1350))`. Raises InputError for a request that can't be carried out.
        """
        request = AdRequest(product, [] if history is None else history, box, posture)
        return self.generate_many([request], seeds=[seed], options=options, **changes)[0]

    def generate_many(
        self, requests: Requests, *, seeds: Sequence[int] | None = None, options: GenerateOptions | None = None, **changes: Any
    ) -> list[Ad]:
        """Ads in one batch: each equals the one that `generate` makes of its request and seed, within floating-point ties.

        requests: as they come, or checked by `request.check_request`. seeds: one per request; without them 0, 1, ... options:
        as for `generate`. What requests share - a product, its instruction, its placement, a clicked picture - is computed
        once. For several samples of one request, name it several times. Raises InputError.
        """
        options = _options(options, changes)
        candidates = self._run(self._make, requests, seeds, options)
        return chosen_ads(candidates, options)

    def write(
        self, requests: Requests, *, seeds: Sequence[int] | None = None, options: GenerateOptions | None = None, **changes: Any
    ) -> list[str]:
        """Only the texts of the ads that `generate_many` makes of the same requests, seeds and options. Raises InputError."""
        return self._run(self._write, requests, seeds, replace(_options(options, changes), best_of=1))

    def draw(
        self, requests: Requests, *, seeds: Sequence[int] | None = None, options: GenerateOptions | None = None, **changes: Any
    ) -> list[Tensor]:
        """Only the image tokens [tokens] of the ads that `generate_many` makes of the same requests, seeds and options. Raises
        InputError."""
        return self._run(self._draw, requests, seeds, replace(_options(options, changes), best_of=1))

    def explain(
        self,
        request: AdRequest | CheckedRequest,
        *,
        seed: int = 0,
        options: GenerateOptions | None = None,
        **changes: Any,
    ) -> Explanation:
        """Why the ad that `generate` makes of this request and seed is as it is: what leaving out each click changes.

        It makes about as many ads as clicks are sampled. Raises InputError.
        """

        def make(requests: Sequence[CheckedRequest], seeds: Sequence[int], options: GenerateOptions) -> list[Ad]:
            return self.generate_many(requests, seeds=seeds, options=options)

        (checked,) = check_requests([request])
        return explain(make, checked, seed, _options(options, changes))

    @torch.inference_mode()
    def prepare(
        self, requests: Requests, seeds: Sequence[int], options: GenerateOptions, timings: Timings | None = None
    ) -> list[PreparedAd]:
        """What the decoder needs of these requests: the first steps of `generate_many`, for those who look at the others one by
        one. Raises InputError."""
        timings = timings or Timings(len(requests) * options.best_of)
        # 1. Check the requests, and sample the clicks that the model gets to see.
        drafts = draft_ads(self.loaded, requests, seeds, options, timings)
        # 2. Encode those clicks, look at the product in its place, and lay out the instruction.
        return prepare(self.loaded, drafts, options, timings)

    @torch.inference_mode()
    def _make(self, ads: Sequence[PreparedAd], options: GenerateOptions, timings: Timings) -> list[Candidate]:
        loaded, alone = self.loaded, options.best_of == 1
        # 3. Read each instruction, with what fine preference makes of the sampled clicks in its placeholders.
        with timings("prompt"):
            instructions = read_instructions(loaded, ads, options.without)
        # 4. Write the text, word by word, along the grammar of the selling points.
        with timings("text"):
            generators = [loaded.generator(ad.seed) for ad in ads]
            texts = write_texts(loaded, ads, instructions, generators, options)
            verdicts = [text_verdict(text, ad.request.selling_points) for text, ad in zip(texts, ads, strict=True)]
            if options.strict and alone:  # of several candidates the one that is chosen counts
                refuse_unqualified(verdicts)
        # 5. Paint the background, token by token, while looking at the product in its place.
        with timings("image"):
            painted = paint_backgrounds(loaded, ads, instructions, generators, options)
            image, tokenizer = loaded.model.config.image, loaded.model.image_tokenizer
            squares = [to_image(paint(tokenizer, image, codes[None], image.upsampling)[0]) for codes in painted.codes]
        # 6. Lay the product over it, and its shadow under it.
        with timings("compose"):
            fitted = fitted_cutouts(ads)
            backgrounds = [cover(square, options.size) for square in squares]
            unshaded, lights = backgrounds if options.typeset else [None] * len(ads), list[Light | None]([None] * len(ads))
            if options.shadow:
                drawn = [
                    shaded(background, ad.request.cutout, ad.placement, ad.request.stance.posture, product)
                    for background, ad, product in zip(backgrounds, ads, fitted, strict=True)
                ]
                backgrounds, lights = [background for background, _ in drawn], [light for _, light in drawn]
            images = [
                compose(background, ad.request.cutout, ad.placement, product)
                for background, ad, product in zip(backgrounds, ads, fitted, strict=True)
            ]
        made = [
            Ad(
                image=image,
                text=text,
                background=background,
                placement=ad.placement,
                sampled_clicks=ad.sampled,
                timings=dict(timings.seconds),
                seed=ad.seed,
                model=loaded.model.config.name,
                notes=[*ad.request.notes, *ad.prompt.notes, *text_notes(ad, text)],
                image_passes=painted.passes,
                inspection={"text": verdict},
                stance=ad.request.stance,
                description=ad.request.description,
                selling_points=ad.request.selling_points,
                light=light or "none",
                unshaded=None if light is None else plain,
            )
            for ad, text, verdict, background, image, plain, light in zip(
                ads, texts, verdicts, backgrounds, images, unshaded, lights, strict=True
            )
        ]
        # 7. Set the text into the picture, if that is wanted.
        if alone:
            made = [with_words(one, ad.request.history, options) for one, ad in zip(made, ads, strict=True)]
        return [Candidate(one, ad.request) for one, ad in zip(made, ads, strict=True)]

    @torch.inference_mode()
    def _write(self, ads: Sequence[PreparedAd], options: GenerateOptions, timings: Timings) -> list[str]:
        instructions = read_instructions(self.loaded, ads, options.without)
        return write_texts(self.loaded, ads, instructions, [self.loaded.generator(ad.seed) for ad in ads], options)

    @torch.inference_mode()
    def _draw(self, ads: Sequence[PreparedAd], options: GenerateOptions, timings: Timings) -> list[Tensor]:
        instructions = read_instructions(self.loaded, ads, options.without)
        generators = [self.loaded.generator(ad.seed) for ad in ads]
        write_texts(self.loaded, ads, instructions, generators, options)
        return list(paint_backgrounds(self.loaded, ads, instructions, generators, options).codes.cpu())

    @torch.inference_mode()
    def _run(
        self,
        make: Callable[[Sequence[PreparedAd], GenerateOptions, Timings], list[T]],
        requests: Requests,
        seeds: Sequence[int] | None,
        options: GenerateOptions,
    ) -> list[T]:
        """Prepares the requests and makes what is wanted of them, in as many parts as fit beside each other."""
        checked_seeds = _checked_seeds(seeds, len(requests))
        if not requests:
            return []
        with fitting_threads(self.model) as workers:
            timings = Timings(len(requests) * options.best_of)
            ads = self.prepare(requests, checked_seeds, options, timings)
            size = -(-len(ads) // workers)
            groups = [ads[start : start + size] for start in range(0, len(ads), size)]
            if len(groups) == 1:
                return make(ads, options, timings)
            # Steps of a small model are too short for two threads to share one, so each thread takes a part of the batch.
            with ThreadPoolExecutor(len(groups), initializer=lambda: torch.set_num_threads(1)) as pool:
                shares = [replace(timings, ads=len(ads), seconds=dict(timings.seconds)) for _ in groups]
                return [made for part in pool.map(make, groups, repeat(options), shares) for made in part]


def _options(options: GenerateOptions | None, changes: dict[str, Any]) -> GenerateOptions:
    """Options by name, over those given as a whole. Raises TypeError for a name that is none."""
    return replace(options or GenerateOptions(), **changes) if changes else options or GenerateOptions()


def _checked_seeds(seeds: Sequence[int] | None, count: int) -> Sequence[int]:
    """One seed per request; without any 0, 1, ..."""
    if seeds is None:
        return range(count)
    if len(seeds) != count:
        raise InputError(f"seeds: {len(seeds)} for {count} requests; give one per request")
    for seed in seeds:
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
            raise InputError(f"seed: {seed!r} is no whole number from 0 to 2**63 - 1")
    return seeds
