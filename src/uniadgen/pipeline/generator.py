"""AdGenerator: from a product and a shopper's clicks to the ad.

The way of a request, as in the method: sample clicks by product similarity (coarse preference), encode and fuse them (fine
preference), write the text word by word from the selling points in the order that the clicked texts suggest (outline), choose a
remembered scene that the shopper would like (plan), paint the background token by token while looking at it and at the product
(foreground perception), and lay the product over it, pixel for pixel.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from uniadgen.ads import Ad, AdRequest, Box, Click, Placement, Product, SampledClick
from uniadgen.clicks.sampling import SAMPLINGS, Embedder, Sampling, hashed_embedder, product_similarity, sample_clicks
from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import CPU_WINDOW, DECODINGS, GPU_WINDOW, Decoding, Painted, decode_image, in_parallel
from uniadgen.decoding.outline import added_scores
from uniadgen.decoding.quantization import Quantization, check_quantization, quantize_weights
from uniadgen.decoding.text_grammar import Point, TextGrammar, decode_texts, left_out, make_points
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose, render_foreground
from uniadgen.imaging.placing import place
from uniadgen.inspection.text import acceptable
from uniadgen.loading import checkpoint
from uniadgen.loading.devices import DeviceMap, named_devices
from uniadgen.model.pixels import to_image, to_pixels
from uniadgen.model.plan import open_tokens, overlap, shown_cells
from uniadgen.model.preference import Preference
from uniadgen.model.sequence import Prompt, ad_text_ids, build_prompt, product_ids, stack_clicks, unconditional_prompt
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import TEXT, Clicks, UnifiedModel
from uniadgen.pipeline.click_cache import ClickedPictures
from uniadgen.prompts import load_pool
from uniadgen.request import CheckedRequest, check_request
from uniadgen.rng import stream

T = TypeVar("T")


class AdGenerator:
    """Makes ads with one model. Not thread-safe; the same request, seed and device give the same ad.

    The model's weights are packed for decoding when this is made: after training them further, make another.
    """

    def __init__(
        self,
        model: UnifiedModel,
        tokenizer: TextTokenizer,
        embedder: Embedder = hashed_embedder,
        quantize: Quantization | None = None,
    ) -> None:
        """embedder: texts -> unit vectors, for product similarity. quantize: see `decoding.quantize`."""
        self.model, self.tokenizer, self.embedder, self.quantize = model.eval(), tokenizer, embedder, quantize
        if quantize is not None:
            quantize_weights(model, quantize)
        self.engine = Engine.pack(model)
        self.shown: frozenset[str] = frozenset(("pictures", "texts"))  # what the model sees of clicks; see `evaluation.parts`
        self.window = CPU_WINDOW if model.device.type == "cpu" else GPU_WINDOW  # tokens in a pass of parallel decoding
        self._creatives = ClickedPictures(model)
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
        quantize: Quantization | None = None,
    ) -> "AdGenerator":
        """The embedded model, or one by its folder or hub id: ours, or Janus as transformers saves it. device: see `placement`.

        embedder: texts -> unit vectors, for product similarity. foreground: folder of the DINOv2 for a Janus model. quantize:
        "int8" or, on a GPU, "int4" stores the large matrices in as many bits (needs torchao). Raises InputError when the folder
        is no model, or what is asked for can't be done here.
        """
        if quantize is not None:
            check_quantization(quantize, named_devices(device), dtype)
        path = Path(folder) if folder else checkpoint.embedded_folder()
        if not folder and not path.is_dir():
            raise InputError(
                f"embedded model: its folder {path} is not there; install uniadgen again, or name the folder of a model"
            )
        return cls(*checkpoint.load(path, device, dtype, Path(foreground) if foreground else None), embedder, quantize)

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
        seed: int = 0,
        size: tuple[int, int] = (768, 768),
        history_length: int | None = None,
        sampling: Sampling = "product-similarity",
        guidance: float | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        decoding: Decoding = "auto",
        text_temperature: float | None = None,
    ) -> Ad:
        """One ad.

        history: the shopper's clicks, oldest first; none gives a general ad. box: where the product stands. size: width and
        height of the ad in pixels. history_length: clicks to sample. guidance, temperature, top_k: of the picture; None stands
        for the model's own. decoding: of the picture, one token or several in a pass; both give the same ad, and auto is the
        faster one. text_temperature: 0 writes the likeliest text whatever the seed, more lets seeds differ, None is the model's
        own. Raises InputError for a request that can't be carried out.
        """
        options = Options(size, history_length, sampling, guidance, temperature, top_k, decoding, text_temperature)
        return self._run(self._decode, [AdRequest(product, [] if history is None else history, box)], [seed], options)[0]

    def generate_many(
        self,
        requests: Sequence[AdRequest],
        *,
        seeds: Sequence[int] | None = None,
        size: tuple[int, int] = (768, 768),
        history_length: int | None = None,
        sampling: Sampling = "product-similarity",
        guidance: float | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        decoding: Decoding = "auto",
        text_temperature: float | None = None,
    ) -> list[Ad]:
        """Ads in one batch: each equals the one that `generate` makes of its request and seed, within floating-point ties.

        seeds: one per request; without them 0, 1, ... What requests share - a product, its instruction, its placement, a
        clicked picture - is computed once. For several samples of one request, name it several times. Raises InputError.
        """
        options = Options(size, history_length, sampling, guidance, temperature, top_k, decoding, text_temperature)
        seeds = _checked_seeds(seeds, requests)
        return self._run(self._decode, requests, seeds, options) if requests else []

    def write(
        self,
        requests: Sequence[AdRequest],
        *,
        seeds: Sequence[int] | None = None,
        history_length: int | None = None,
        sampling: Sampling = "product-similarity",
        text_temperature: float | None = None,
    ) -> list[str]:
        """Only the texts of the ads that `generate_many` makes of the same requests and seeds. Raises InputError."""
        options = Options((768, 768), history_length, sampling, None, None, None, "sequential", text_temperature)
        seeds = _checked_seeds(seeds, requests)
        return self._run(self._texts_alone, requests, seeds, options) if requests else []

    @torch.inference_mode()
    def _run(
        self,
        decode: Callable[[Sequence["_Job"], "Options", "Timings"], list[T]],
        requests: Sequence[AdRequest],
        seeds: Sequence[int],
        options: "Options",
    ) -> list[T]:
        """Prepares the requests and decodes them, in as many parts as fit beside each other."""
        _check_options(options, seeds)
        with _fitting_threads(self.model) as workers:
            timings = Timings(len(requests))
            jobs = self._prepare(requests, seeds, options, timings)
            size = -(-len(jobs) // workers)
            groups = [jobs[start : start + size] for start in range(0, len(jobs), size)]
            if len(groups) == 1:
                return decode(jobs, options, timings)
            # Steps of a small model are too short for two threads to share one, so each thread takes a part of the batch.
            with ThreadPoolExecutor(len(groups), initializer=lambda: torch.set_num_threads(1)) as pool:
                shares = [replace(timings, ads=len(jobs), seconds=dict(timings.seconds)) for _ in groups]
                return [made for part in pool.map(decode, groups, repeat(options), shares) for made in part]

    @torch.inference_mode()
    def _texts_alone(self, jobs: Sequence["_Job"], options: "Options", timings: "Timings") -> list[str]:
        return self._texts(jobs, options, timings).texts

    def _texts(self, jobs: Sequence["_Job"], options: "Options", timings: "Timings") -> "_Written":
        """Reads the instructions and writes the texts, in one batch."""
        with timings("prompt"):
            cache, hidden, preferences = self._prefill(jobs)
        with timings("text"):
            generators = [torch.Generator(self.model.device).manual_seed(job.seed) for job in jobs]
            texts = self._write(jobs, cache, hidden, generators, options.text_temperature)
            return _Written(texts, cache, preferences, generators)

    @torch.inference_mode()
    def _decode(self, jobs: Sequence["_Job"], options: "Options", timings: "Timings") -> list[Ad]:
        """Writes the texts, paints the backgrounds and lays the products over them, in one batch."""
        written = self._texts(jobs, options, timings)
        with timings("image"):
            painted = self._paint(jobs, written.cache, written.preferences, written.generators, options)
            own, decode = self.model.config.image, self.model.image_tokenizer.decode
            pictures = [to_image(decode(codes[None], own.grid, own.upsampling)[0]) for codes in painted.codes]
        with timings("compose"):
            backgrounds = [cover(picture, options.size) for picture in pictures]
            images = [compose(b, job.request.cutout, job.placement) for b, job in zip(backgrounds, jobs, strict=True)]
        return [
            Ad(
                image=image,
                text=text,
                background=background,
                placement=job.placement,
                sampled_clicks=[SampledClick(i, float(job.similarity[i])) for i in job.chosen],
                timings=dict(timings.seconds),
                seed=job.seed,
                model=self.model.config.name,
                notes=[*job.request.notes, *job.prompt.notes, *self._text_notes(job)],
                image_passes=painted.passes,
            )
            for job, text, background, image in zip(jobs, written.texts, backgrounds, images, strict=True)
        ]

    def _prepare(
        self, requests: Sequence[AdRequest], seeds: Sequence[int], options: "Options", timings: "Timings"
    ) -> list["_Job"]:
        """Checks the requests, samples their clicks, and encodes both; what requests share is done once."""
        config = self.model.config
        with timings("inputs"):
            checked = _check_requests(requests)
            placements = [place(r.cutout, options.size, r.box) for r in checked]
            views = [(id(r.cutout), p) for r, p in zip(checked, placements, strict=True)]
            features = {}
            for view, request in zip(views, checked, strict=True):
                if view not in features:
                    canvas = self.foreground_canvas(request.cutout, options.size, view[1])
                    features[view] = self.model.foreground(canvas[None].to(self.model.device, self.model.dtype))
        with timings("history"):
            histories = []
            for request, seed in zip(checked, seeds, strict=True):
                similarity = product_similarity([c.text for c in request.history], request.description, self.embedder)
                wanted = config.preference.clicks if options.history_length is None else options.history_length
                chosen = sample_clicks(similarity, wanted, options.sampling, np.random.default_rng(seed))
                histories.append((similarity, chosen, *self._encode_clicks(request.history, chosen)))
        return [
            _Job(
                request,
                placement,
                features[view],
                seed,
                *history,
                self._prompt(request, history[2]),
                _box(placement, options.size),
            )
            for request, placement, view, seed, history in zip(checked, placements, views, seeds, histories, strict=True)
        ]

    def foreground_canvas(self, cutout: Image.Image, size: tuple[int, int], placement: Placement) -> Tensor:
        """What the model sees of the product: [3, S, S]. A canvas that is no square is the middle of the model's square."""
        side, moved = _in_square(placement, size)
        return to_pixels(render_foreground(cutout, (side, side), moved), self.model.foreground.size)

    def _encode_clicks(self, history: list[Click], chosen: list[int]) -> tuple[Clicks | None, Tensor | None]:
        """The chosen clicks, and the facets of their scenes [1, N, classes] in a model with a plan."""
        if not chosen:
            return None, None
        seen = self._creatives.seen([history[i].image for i in chosen], [f"history[{i}].image" for i in chosen])
        texts = [ad_text_ids(self.tokenizer, history[i].text) if "texts" in self.shown else [] for i in chosen]
        told = [(picture.codes, text) for picture, text in zip(seen, texts, strict=True)]
        clicks = stack_clicks([told], self.model.config, self.tokenizer.pad).to(self.model.device)
        if "pictures" not in self.shown:
            clicks.codes = clicks.codes[..., :0]
            return clicks, None
        facets = [picture.facets for picture in seen if picture.facets is not None]
        return clicks, torch.stack(facets)[None].to(self.model.device) if facets else None

    def _clicked_texts(self, job: "_Job") -> list[str]:
        """The texts of the sampled clicks, as far as the model is shown any."""
        return [job.request.history[i].text for i in job.chosen] if "texts" in self.shown else []

    def _prompt(self, request: CheckedRequest, clicks: Clicks | None) -> Prompt:
        return build_prompt(
            self.tokenizer,
            self.model.config,
            self._general if clicks is None else self._unified,
            request.description,
            request.selling_points,
            0 if clicks is None else clicks.pictures,
            0 if clicks is None else clicks.text_tokens,
        )

    def _prefill(self, jobs: Sequence["_Job"]) -> tuple[Cache, Tensor, list[Preference | None]]:
        """Reads the instructions: a cache of one row per job, the state that the first word is drawn from [B, D], and what
        the clicks have become.

        Equal instructions are read once, and so is what different ones begin with alike: rows share it as a prefix.
        """
        keys = [job.key() for job in jobs]
        distinct = list(dict.fromkeys(keys))
        firsts = [jobs[keys.index(key)] for key in distinct]
        embedded, preferences = [], []
        for job in firsts:
            ids, kinds = (torch.tensor([values], device=self.model.device) for values in (job.prompt.ids, job.prompt.kinds))
            preference = None if job.clicks is None else self.model.preference_tokens(job.clicks)
            embedded.append(self.model.embed(ids, kinds, job.clicks, preference)[0])
            preferences.append(preference)
        config = self.model.config
        shared = len(embedded[0]) if len(distinct) == 1 < len(jobs) else _shared_prefix([job.prompt for job in firsts])
        capacity = max(map(len, embedded)) - shared + 2 * config.text.ad_tokens + 16 + config.image.tokens
        cache = self.engine.allocate(len(firsts), capacity)
        if shared:
            prefix = self.engine.allocate(1, shared)
            hidden = self.engine.forward(embedded[0][None, :shared], [prefix])[:, -1]
            cache.follow(prefix)
        if shared < len(embedded[0]):
            hidden = self._read([x[shared:] for x in embedded], cache)
        rows = [distinct.index(key) for key in keys]
        if len(distinct) < len(jobs):
            cache, hidden = cache.spread(rows, capacity), hidden[rows]
        return cache, hidden, [preferences[row] for row in rows]

    def _read(self, sequences: Sequence[Tensor], cache: Cache) -> Tensor:
        """Each row of the cache reads its sequence [T, D] (one of them may be empty); the states after them [B, D]."""
        lengths = [len(x) for x in sequences]
        width = max(lengths)
        if min(lengths) == width:
            return self.engine.forward(torch.stack(list(sequences)), [cache])[:, -1]
        padded = torch.stack([F.pad(x, (0, 0, width - len(x), 0)) for x in sequences])
        return self.engine.forward(padded, [cache], lengths=lengths)[:, -1]

    def _write(
        self,
        jobs: Sequence["_Job"],
        cache: Cache,
        hidden: Tensor,
        generators: Sequence[torch.Generator],
        temperature: float | None = None,
    ) -> list[str]:
        """Writes the ads' texts; the cache has read them afterwards. temperature: None stands for the model's own."""
        config, encode = self.model.config, self.tokenizer.encode

        def read(rows: list[list[int]]) -> Tensor:
            ids = (torch.tensor(row, dtype=torch.long, device=self.model.device) for row in rows)
            return self._read([self.model.embed_text(row) for row in ids], cache)

        grammars = [
            TextGrammar(self._points(job), encode, self.tokenizer.end, config.text.ad_tokens, job.accepts) for job in jobs
        ]
        added = [
            added_scores(self.model, grammar, self._clicked_texts(job), encode)
            for grammar, job in zip(grammars, jobs, strict=True)
        ]
        decode_texts(
            grammars,
            hidden,
            read,
            self.engine.text_scores,
            config.text_temperature if temperature is None else temperature,
            generators,
            lambda row, ids: added[row](ids),
        )
        return [grammar.text() for grammar in grammars]

    def _points(self, job: "_Job") -> list[Point]:
        return make_points(job.request.selling_points, self.tokenizer.encode, self.model.config.text.ad_tokens, job.accepts)

    def _text_notes(self, job: "_Job") -> list[str]:
        """Which selling points the text could not use, and why."""
        return left_out(job.request.selling_points, self._points(job), job.accepts)

    def _paint(
        self,
        jobs: Sequence["_Job"],
        cache: Cache,
        preferences: Sequence[Preference | None],
        generators: Sequence[torch.Generator],
        options: "Options",
    ) -> Painted:
        """The backgrounds in image tokens, painted after the instructions and texts that the cache has read."""
        config = self.model.config
        own = config.guidance
        guidance = own.weight if options.guidance is None else options.guidance
        told, plain, foreground, planned, bias = self._conditions(jobs, preferences)
        rows = len(jobs) * (1 if guidance == 1 else 2)
        return decode_image(
            self.engine,
            [cache] if guidance == 1 else [cache, self._unconditional(cache.read.tolist())],
            told if guidance == 1 else torch.cat([told, plain]),
            foreground,
            guidance=guidance,
            temperature=own.temperature if options.temperature is None else options.temperature,
            top_k=own.top_k if options.top_k is None else options.top_k,
            generators=generators,
            window=self.window if in_parallel(options.decoding, rows, self.model.device) else 1,
            planned=planned,
            bias=bias,
        )

    def _conditions(
        self, jobs: Sequence["_Job"], preferences: Sequence[Preference | None]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]:
        """What the pictures start from with and without clicks [B, D], what they see of the products and of their plans
        [groups, B, tokens, D], and what the plans add to the scores [B, tokens, codes]; the last two None without plans."""
        config = self.model.config
        plain = self.model.embed_text(torch.tensor([self.tokenizer.begin_image] * len(jobs), device=self.model.device))
        told = [
            start if preference is None else start + preference.summary[0]
            for start, preference in zip(plain, preferences, strict=True)
        ]
        foreground = torch.cat([job.features for job in jobs], 1) * config.foreground.strength
        if self.model.plan is None or not config.guidance.plan:
            return torch.stack(told), plain, foreground, None, None
        followed = [self.model.follow_plan(*self._plan(job)) for job in jobs]
        planned, biases = zip(*followed, strict=True)
        return torch.stack(told), plain, foreground, torch.cat(planned, 1), torch.cat(biases)

    def _suitability(self, job: "_Job") -> Tensor:
        """How well the plan's exemplars suit a product, its place and its shopper, [exemplars], on the CPU."""
        plan, device = self.model.plan, self.model.device
        assert plan is not None
        ids = product_ids(self.tokenizer, job.request.description, job.request.selling_points)
        words = torch.tensor([ids], dtype=torch.long, device=device)
        product = plan.product(words, torch.ones_like(words, dtype=torch.bool))
        if job.clicks is None or job.facets is None:
            clicked, facets = product.new_zeros(1, 0, product.shape[1]), product.new_zeros(1, 0, plan.seen.shape[1])
            visible = torch.zeros(1, 0, dtype=torch.bool, device=device)
        else:
            clicked, facets = plan.product(job.clicks.text, job.clicks.text_visible), job.facets.to(product.dtype)
            visible = job.clicks.visible
        liked = plan.liked(product, clicked, facets, visible)
        own = self.model.config.guidance
        place = overlap(plan.boxes.float().cpu(), torch.tensor(job.box))
        return plan.suitability(liked, product, own.plan_kinship)[0].cpu() + own.plan_place * place

    def _plan(self, job: "_Job") -> tuple[Tensor, Tensor]:
        """The exemplar that the picture follows, drawn with the job's seed: its codes [1, tokens], and where they are seen."""
        plan, own = self.model.plan, self.model.config.guidance
        assert plan is not None
        # not the stream that the first word is drawn from
        generator = torch.Generator().manual_seed(stream(job.seed, "plan").getrandbits(63))
        number = plan.choose(self._suitability(job), own.plan_temperature, generator)
        boxes = torch.stack([plan.boxes[number].float().cpu(), torch.tensor(job.box)])
        shown = open_tokens(boxes, plan.grid).all(0) & shown_cells(generator, plan.grid, own.plan)
        return plan.codes[number][None].long(), shown[None].to(self.model.device)

    def _unconditional(self, lengths: list[int]) -> Cache:
        """What guidance contrasts with: rows that have read the empty prompt. lengths: what their counterparts have read."""
        prompts = [unconditional_prompt(self.tokenizer, self.model.config, length).ids for length in lengths]
        distinct = sorted({len(ids) for ids in prompts})
        cache = self.engine.allocate(len(distinct), distinct[-1] + self.model.config.image.tokens)
        longest = max(prompts, key=len)
        ids = [torch.tensor(longest[:length], device=self.model.device) for length in distinct]
        self._read([self.model.embed_text(row) for row in ids], cache)
        return cache if len(prompts) == 1 else cache.spread([distinct.index(len(ids)) for ids in prompts], cache.capacity)


@contextmanager
def _fitting_threads(model: UnifiedModel) -> Iterator[int]:
    """One thread per operation while a small model decodes on a CPU; yields how many parts of a batch may run side by side.

    A step of a small model is too short to share: two threads are no faster than one, and when other processes want the cores
    the threads wait for each other at every operation (seen: minutes instead of seconds).
    """
    threads = torch.get_num_threads()
    small = model.device.type == "cpu" and model.config.decoder.width <= 512
    torch.set_num_threads(1 if small else threads)
    try:
        yield threads if small else 1
    finally:
        torch.set_num_threads(threads)


@dataclass
class Timings:
    """Seconds by stage and ad: what a batch takes is shared equally among its ads."""

    ads: int
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = (time.perf_counter() - start) / self.ads


@dataclass(frozen=True)
class Options:
    """What `generate` and `generate_many` can be told, apart from requests and seeds."""

    size: tuple[int, int]
    history_length: int | None
    sampling: Sampling
    guidance: float | None
    temperature: float | None
    top_k: int | None
    decoding: Decoding
    text_temperature: float | None = None


@dataclass(frozen=True)
class _Job:
    """One ad under way, ready to be decoded."""

    request: CheckedRequest
    placement: Placement
    features: Tensor  # [groups, 1, image tokens, D], of the product
    seed: int
    similarity: NDArray[np.float64]  # of each click of the history
    chosen: list[int]
    clicks: Clicks | None
    facets: Tensor | None  # [1, clicks, classes], of the clicked scenes
    prompt: Prompt
    box: tuple[float, float, float, float]  # left, top, width, height of the product as shares of the painted square

    @property
    def accepts(self) -> Callable[[str], bool]:
        """Whether the inspection accepts a text of this product."""
        return acceptable(tuple(self.request.selling_points))

    def key(self) -> object:
        """Equal for jobs whose instructions are the same to the model."""
        clicks = self.clicks
        seen = clicks and tuple(t.cpu().numpy().tobytes() for t in (clicks.codes, clicks.text, clicks.text_visible))
        return tuple(self.prompt.ids), tuple(self.prompt.kinds), seen


@dataclass(frozen=True)
class _Written:
    """Texts of a batch, and what its pictures go on from."""

    texts: list[str]
    cache: Cache  # has read the instructions and the texts
    preferences: list[Preference | None]
    generators: list[torch.Generator]


def _checked_seeds(seeds: Sequence[int] | None, requests: Sequence[AdRequest]) -> Sequence[int]:
    """One seed per request; without any 0, 1, ..."""
    if seeds is None:
        return range(len(requests))
    if len(seeds) != len(requests):
        raise InputError(f"seeds: {len(seeds)} for {len(requests)} requests; give one per request")
    return seeds


def _check_requests(requests: Sequence[AdRequest]) -> list[CheckedRequest]:
    """Checked requests; a product that several of them name is decoded and cut out once."""
    checked: list[CheckedRequest] = []
    products: dict[int, CheckedRequest] = {}
    same: dict[int, CheckedRequest] = {}
    for number, request in enumerate(requests):
        if id(request) not in same:
            known = products.get(id(request.product)) if isinstance(request, AdRequest) else None
            product = known and Product(known.cutout, known.description, known.selling_points)
            try:
                new = check_request(replace(request, product=product) if product else request)
            except InputError as error:
                raise InputError(f"requests[{number}]: {error}" if len(requests) > 1 else str(error)) from None
            same[id(request)] = replace(new, cutout=known.cutout, notes=known.notes) if known else new
            products.setdefault(id(request.product), same[id(request)])
        checked.append(same[id(request)])
    return checked


def _shared_prefix(prompts: Sequence[Prompt]) -> int:
    """How many tokens all instructions begin with alike, up to where the first click stands; 0 for a single one."""
    if len(prompts) < 2:
        return 0
    shared = 0
    for column in zip(*(zip(p.ids, p.kinds, strict=True) for p in prompts), strict=False):
        if column[0][1] != TEXT or any(entry != column[0] for entry in column[1:]):
            break
        shared += 1
    return min(shared, min(len(p.ids) for p in prompts) - 1)


def _square(size: tuple[int, int]) -> tuple[int, tuple[int, int]]:
    """The side of the square around a canvas, and where the canvas' corner lies in it."""
    side = max(size)
    return side, ((side - size[0]) // 2, (side - size[1]) // 2)


def _box(placement: Placement, size: tuple[int, int]) -> tuple[float, float, float, float]:
    side, moved = _in_square(placement, size)
    return moved.left / side, moved.top / side, moved.width / side, moved.height / side


def _in_square(placement: Placement, size: tuple[int, int]) -> tuple[int, Placement]:
    """The side of the square around a canvas, and where in it a placement on the canvas lies."""
    side, (left, top) = _square(size)
    return side, Placement(placement.left + left, placement.top + top, placement.width, placement.height)


def cover(background: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The generated square enlarged around the canvas and cut to it."""
    side, (left, top) = _square(size)
    large = background.resize((side, side), Image.Resampling.BICUBIC)
    return large if large.size == size else large.crop((left, top, left + size[0], top + size[1]))


def _check_options(options: Options, seeds: Sequence[int]) -> None:
    def whole(value: object, least: int, most: int) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    def number(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100

    if not (
        isinstance(options.size, tuple | list)
        and len(options.size) == 2
        and all(whole(side, 64, 8192) for side in options.size)
    ):
        raise InputError(f"size: {options.size!r} is no size; give (width, height), 64 to 8192 pixels each")
    for seed in seeds:
        if not whole(seed, 0, 2**63 - 1):
            raise InputError(f"seed: {seed!r} is no whole number from 0 to 2**63 - 1")
    if options.history_length is not None and not whole(options.history_length, 0, 1000):
        raise InputError(f"history_length: {options.history_length!r} is no whole number from 0 to 1000")
    if options.sampling not in SAMPLINGS:
        raise InputError(f"sampling: {options.sampling!r} is unknown; use one of {', '.join(SAMPLINGS)}")
    if options.guidance is not None and not number(options.guidance):
        raise InputError(f"guidance: {options.guidance!r} is no number from 0 to 100")
    if options.temperature is not None and not number(options.temperature):
        raise InputError(f"temperature: {options.temperature!r} is no number from 0 (greedy) to 100")
    if options.text_temperature is not None and not number(options.text_temperature):
        raise InputError(f"text_temperature: {options.text_temperature!r} is no number from 0 (greedy) to 100")
    if options.top_k is not None and not whole(options.top_k, 1, 10**6):
        raise InputError(f"top_k: {options.top_k!r} is no whole number from 1 to 1000000")
    if options.decoding not in DECODINGS:
        raise InputError(f"decoding: {options.decoding!r} is unknown; use one of {', '.join(DECODINGS)}")
