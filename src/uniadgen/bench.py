"""`uniadgen bench`: how fast ads are made, each figure beside a peer's, from the same run, weights and machine.

    uniadgen bench --json > rows.json

Ours and the peer take turns, after one run of each to warm up, and medians are reported. Where the same tokens must come out
(greedy decoding), the benchmark compares them and fails if they differ. Memory is measured by torch's allocator. What is
measured is described in docs/speed.md.
"""

import copy
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from uniadgen.ads import Ad, AdRequest, Click
from uniadgen.clicks.sampling import sample_clicks
from uniadgen.clicks.similarity import product_similarity
from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import GPU_WINDOW, Decoding, decode_image
from uniadgen.decoding.scene_sampling import decode_scene
from uniadgen.decoding.text_grammar import Choice, TextGrammar, draw_choice, make_points
from uniadgen.demo import example_requests
from uniadgen.imaging.composing import compose, fitted_cutout
from uniadgen.imaging.framing import cover
from uniadgen.imaging.loading import VIEWED_PIXELS, load_rgb
from uniadgen.imaging.placing import place
from uniadgen.imaging.shadow import with_shadow
from uniadgen.inspection.text import acceptable
from uniadgen.loading import checkpoint, janus
from uniadgen.model.config import ModelConfig, embedded, janus_pro, tiny
from uniadgen.model.decoder import Block, rotary_table, rotate
from uniadgen.model.heads import ImageHead, LevelHead, join_levels, split_levels
from uniadgen.model.image_tokenizer import paint
from uniadgen.model.pixels import to_image, to_pixels
from uniadgen.model.preference import Preference
from uniadgen.model.sequence import ClickedAd, Prompt, ad_text_ids, build_prompt, stack_clicks, unconditional_prompt
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer
from uniadgen.model.unified import Clicks, UnifiedModel
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.painting import begin_pictures, paint_backgrounds, unconditional_cache
from uniadgen.pipeline.preparing import controls_of, foreground_canvas
from uniadgen.pipeline.reading import read_instructions
from uniadgen.pipeline.writing import draw_forms
from uniadgen.prompts import load_pool
from uniadgen.request import check_request

SHOPPERS = 16
WINDOWS = (3, 4, 6, 8, 12, 16)  # tokens in a pass of parallel decoding
SIZE = (768, 768)
# Options with which two programs can be told to make the same ad
GREEDY: dict[str, Any] = {"temperature": 0, "text_temperature": 0, "sampling": "most-similar"}
WAYS: tuple[Decoding, ...] = ("sequential", "parallel")


@dataclass(frozen=True)
class Row:
    """One line of the benchmark; peer and ratio are None where there is nothing to compare with."""

    name: str
    ours: float
    peer: float | None
    ratio: float | None
    unit: str
    versions: dict[str, str]

    def line(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:8.2f}"
        peer = "" if self.peer is None else f"{self.peer:10.4g}"
        return f"{self.name:76s} {self.ours:10.4g} {peer:>10s} {self.unit:12s} {ratio}"


def run(folder: Path | None, quick: bool, repeats: int, progress: Callable[[str], None]) -> list[Row]:
    """All rows. folder: the model to measure whole ads with; None: the embedded one, or its sizes with random weights.

    quick: tiny models, for a test of the benchmark itself. Raises InputError for a folder that is no model.
    """
    generator, weights = measured_generator(folder, quick)
    versions = _versions(weights)
    rows: list[Row] = []

    def add(name: str, ours: float, peer: float | None, ratio: float | None, unit: str) -> None:
        rows.append(Row(name, ours, peer, ratio, unit, versions))
        progress(rows[-1].line())

    if util.find_spec("transformers"):
        for name, shape in (TINY_SHAPES if quick else SHAPES).items():
            ours, peer = _against_transformers(shape, repeats)
            add(f"image tokens/s, batch 1, guidance: ours / transformers' Janus, {name}", ours, peer, ours / peer, "tokens/s")
    else:
        progress("transformers is not installed: no comparison with its Janus (pip install 'uniadgen[janus]')")
    size = (96, 96) if quick else SIZE
    request = example_requests()[0]
    for mode, ours, manner, peer in _against_plain_loops(generator, request, size, repeats):
        add(f"one ad, {weights}: ours ({mode}) / {manner}", ours, peer, peer / ours, "s")
    shoppers = 4 if quick else SHOPPERS
    ours, peer, stages = _batch(generator, size, shoppers, repeats)
    add(f"{shoppers} shoppers for one product, {weights}: a batch / one by one", ours, peer, peer / ours, "s")
    for stage, (ours, peer) in stages.items():
        add(f"{shoppers} shoppers, {stage}, {weights}: a batch / one by one", ours, peer, peer / ours, "s")
    passes, tokens = _ad(generator, request, size=size, decoding="sequential").image_passes, generator.model.config.image.tokens
    if not writes_row_by_row(generator.model):
        add(f"passes per picture / its tokens, {weights}", passes, tokens, passes / tokens, "passes")
    else:
        parallel, sequential = _passes(generator, size, 2 if quick else 6)
        name = f"passes per picture, {weights}: {GPU_WINDOW} in parallel / one by one"
        add(name, parallel, sequential, parallel / sequential, "passes")
    for decoding in ways_of(generator.model):
        (seconds,) = _medians([partial(_ad, generator, request, size=size, decoding=decoding)], repeats)
        add(f"one ad, warm, {size[0]}x{size[1]}, {decoding}, {weights}", seconds, None, None, "s")
    for window in WINDOWS if writes_row_by_row(generator.model) else ():
        parallel, seconds = _window(generator, request, size, window, repeats)
        add(f"one ad, warm, parallel, {window} tokens a pass, {weights}", seconds, None, None, "s")
        add(f"passes per picture, {window} tokens a pass, {weights}", parallel, None, None, "passes")
    if util.find_spec("torchao"):
        agreement, error = _quantized(generator)
        add(f"int8 weights, {weights}: greedy image tokens that stay the same", agreement, None, None, "share")
        add(f"int8 weights, {weights}: error of image logits", error, None, None, "of their std")
    for batch, clicks in ((1, 0), (1, 10), (4, 10)) if quick else ((1, 0), (1, 5), (1, 10), (4, 10), (16, 10)):
        held = _memory(generator, size, batch, clicks)
        add(f"most memory beyond the model, {batch} ads with {clicks} clicks, {weights}", held, None, None, "MB")
    if torch.cuda.is_available() and util.find_spec("transformers"):
        gpu, name = torch.device("cuda"), "tiny (quick)" if quick else "Janus-Pro-1B's shape"
        large = janus_shaped(tiny() if quick else janus_pro("1B"), gpu, torch.bfloat16)
        ours, limit = against_bandwidth(large, size, copy_bandwidth(gpu), repeats)
        add(
            f"GPU, {name}, random weights, bfloat16: image tokens/s, batch 1, guidance: ours / the limit of memory",
            ours,
            limit,
            ours / limit,
            "tokens/s",
        )
        (seconds,) = _medians([lambda: _finished(gpu, _ad(large, request, size=size))], repeats)
        add(f"GPU, {name}, random weights, bfloat16: one ad, warm, {size[0]}x{size[1]}", seconds, None, None, "s")
    else:
        progress("no CUDA device (or no transformers): the rows of Janus-Pro-1B's shape on a GPU are left out")
    return rows


def writes_row_by_row(model: UnifiedModel) -> bool:
    """Whether a model's pictures may be decoded in windows: those of others have passes of their own."""
    return model.order.one_by_one and isinstance(model.image_head, ImageHead)


def ways_of(model: UnifiedModel) -> tuple[Decoding, ...]:
    """The ways of decoding that differ for a model."""
    return WAYS if writes_row_by_row(model) else ("auto",)


# What is measured --------------------------------------------------------------------------------------------------------


def _against_plain_loops(
    generator: AdGenerator, request: AdRequest, size: tuple[int, int], repeats: int
) -> list[tuple[str, float, str, float]]:
    """By peer: the faster way of decoding, its seconds, the peer's name and seconds; all greedy, all making the same ad."""

    def ours(decoding: Decoding) -> Ad:
        return _ad(generator, request, size=size, decoding=decoding, **GREEDY)

    peers = {name: partial(plain_ad, generator, request, size, careful) for name, careful in PEERS.items()}
    ways = ways_of(generator.model)
    for peer in peers.values():
        made = peer()
        for ad in map(ours, ways):
            require_same(ad, *made)
    runs: list[Callable[[], object]] = [partial(ours, decoding) for decoding in ways]
    counts = (1, torch.get_num_threads())
    runs += [partial(_with_threads, count, peer) for peer in peers.values() for count in counts]
    seconds = _medians(runs, repeats)
    best = min(range(len(ways)), key=seconds.__getitem__)
    of_peers = [min(seconds[first : first + 2]) for first in range(len(ways), len(seconds), 2)]
    return [(ways[best], seconds[best], name, taken) for name, taken in zip(peers, of_peers, strict=True)]


def require_same(ad: Ad, text: str, picture: Image.Image) -> None:
    """Raises RuntimeError unless an ad has this text and this picture, which may differ by rounding."""
    if ad.text != text:
        raise RuntimeError("the plain loop wrote another text: the benchmark compares nothing")
    ours, theirs = (np.asarray(image.convert("RGB"), np.int16) for image in (ad.image, picture))
    if ours.shape != theirs.shape or np.abs(ours - theirs).max() > 1:
        raise RuntimeError("the plain loop painted another picture: the benchmark compares nothing")


def _batch(
    generator: AdGenerator, size: tuple[int, int], count: int, repeats: int
) -> tuple[float, float, dict[str, tuple[float, float]]]:
    """Seconds for one product and `count` shoppers, as a batch and one by one; and what the stages of an ad have of them."""
    requests = _shoppers(count, generator.model.config.preference.clicks + 2)
    last: list[list[Ad]] = [[], []]

    def together() -> None:
        last[0] = generator.generate_many(requests, size=size)

    def one_by_one() -> None:
        last[1] = [_ad(generator, request, seed=seed, size=size) for seed, request in enumerate(requests)]

    batch, alone = _medians([together, one_by_one], repeats)
    ours, peer = ({stage: sum(ad.timings[stage] for ad in ads) for stage in ads[0].timings} for ads in last)
    return batch, alone, {stage: (ours[stage], peer[stage]) for stage in ours}


def _passes(generator: AdGenerator, size: tuple[int, int], count: int) -> tuple[float, float]:
    """Mean passes per picture, in parallel and one by one, over several shoppers; with the window that saves passes."""
    requests = _shoppers(count, generator.model.config.preference.clicks + 2)
    with _windowed(generator, GPU_WINDOW):
        passes = [
            [_ad(generator, r, seed=seed, size=size, decoding=decoding).image_passes for seed, r in enumerate(requests)]
            for decoding in ("parallel", "sequential")
        ]
    parallel, sequential = map(statistics.fmean, passes)
    return parallel, sequential


def _window(
    generator: AdGenerator, request: AdRequest, size: tuple[int, int], window: int, repeats: int
) -> tuple[float, float]:
    """Passes per picture, and seconds of one ad, with `window` tokens in a pass."""
    with _windowed(generator, window):
        passes = _ad(generator, request, size=size, decoding="parallel").image_passes
        (seconds,) = _medians([partial(_ad, generator, request, size=size, decoding="parallel")], repeats)
    return passes, seconds


@contextmanager
def _windowed(generator: AdGenerator, window: int) -> Iterator[None]:
    """Parallel decoding with `window` tokens in a pass."""
    usual, generator.loaded.window = generator.loaded.window, window
    try:
        yield
    finally:
        generator.loaded.window = usual


def _memory(generator: AdGenerator, size: tuple[int, int], batch: int, clicks: int) -> float:
    """MB that torch holds at most while it makes ads, beyond the model; no clicked picture has been seen before."""
    fresh = AdGenerator(
        generator.model, generator.tokenizer, generator.loaded.embedder
    )  # its cache of clicked pictures is empty
    requests = _shoppers(batch, clicks)
    return peak_memory(generator.model.device, lambda: fresh.generate_many(requests, size=size)) / 1e6


def peak_memory(device: torch.device, run: Callable[[], object]) -> int:
    """Bytes that torch's allocator holds at most during a run, beyond what it held before; on a CPU with one thread."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        return torch.cuda.max_memory_allocated(device) - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        _with_threads(1, run)  # the profiler sees its own thread only
    held = peak = 0
    changes = (event for event in profiled.profiler.kineto_results.events() if event.name() == "[memory]")
    for event in sorted(changes, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak


@torch.inference_mode()
def _quantized(generator: AdGenerator) -> tuple[float, float]:
    """What 8-bit weights change in a greedy picture, with the same tokens before each: the share of tokens whose choice stays,
    and the root mean square error of the guided logits over their standard deviation."""
    model, loaded = generator.model, generator.loaded
    small = AdGenerator(copy.deepcopy(model), generator.tokenizer, loaded.embedder, "int8")
    options = GenerateOptions(size=SIZE, sampling="most-similar", temperature=0.0, decoding="sequential")
    ads = generator.prepare(_shoppers(1, model.config.preference.clicks), [0], options)
    codes = paint_backgrounds(loaded, ads, read_instructions(loaded, ads), [loaded.generator(0)], options).codes
    weight, features = model.config.guidance.weight, ads[0].features * model.config.foreground.strength
    both, scenes = [], None
    for one in (generator, small):
        instructions = read_instructions(one.loaded, ads)
        caches, begin = [instructions.cache], begin_pictures(one.loaded, instructions.preferences)
        if weight != 1:
            caches.append(unconditional_cache(one.loaded, instructions.cache.read.tolist()))
            begin = torch.cat([begin, begin_pictures(one.loaded, [None])])
        places = None
        if model.scene_head is not None:
            clicked = instructions.clicks, [ads[0].clicked_scenes]
            drawn = decode_scene(
                one.engine, caches, begin, features.mean(2), *clicked, guidance=weight, temperature=0, generators=[]
            )
            scenes = drawn if scenes is None else scenes
            keep = torch.arange(len(begin), device=scenes.device) < 1
            begin, places = one.model.begin_picture(scenes.repeat(len(begin), 1), keep)
        both.append(_taught_logits(one.engine, caches, begin, codes, one.model.features_of_slots(features), places))
    full, quantized = both
    chosen, of_quantized = (torch.stack([logits.argmax(-1) for logits in levels], -1) for levels in both)
    if (_joined(model, chosen) == codes[:, model.order.token.to(codes.device)]).float().mean() < 0.98:  # all but ties
        raise RuntimeError(
            "read with its tokens before, other tokens come out than were painted: the benchmark compares nothing"
        )
    same = (chosen == of_quantized).all(-1).float().mean()
    error = torch.cat([(a - b).flatten() for a, b in zip(full, quantized, strict=True)])
    spread = torch.cat([(a - a.mean()).flatten() for a in full])
    return float(same), float(error.square().mean().sqrt() / spread.square().mean().sqrt())


def _taught_logits(
    engine: Engine, caches: Sequence[Cache], begin: Tensor, codes: Tensor, foreground: Tensor, places: Tensor | None
) -> list[Tensor]:
    """The guided logits of one picture's tokens in the order of their slots, with the true ones before each: by level
    [1, slots, values]. begin [rows, D], codes [1, tokens], foreground [groups, 1, slots, D]."""
    model, rows = engine.model, len(begin)
    order, head, guidance = model.order, model.image_head, model.config.guidance.weight
    hidden = []
    tokens = engine.embed_image(codes).repeat(rows, 1, 1)
    for first, last in order.passes:
        x = model.slot_inputs(begin, tokens, slice(first, last), places)
        seen = foreground[:, :, first:last].repeat(1, rows, 1, 1)
        hidden.append(engine.forward(x, caches, foreground=seen, causal=False))
    states = torch.cat(hidden, 1)
    if isinstance(head, ImageHead):
        return [engine.image_logits(states, guidance)]
    levels = split_levels(codes[:, order.token.to(codes.device)], head.levels)
    state, logits = head.begin(states), []
    for level in range(len(head.levels)):
        logits.append(engine.level_logits(state, level, guidance))
        state = head.advance(state, level, levels[..., level].repeat(rows, 1))
    return logits


def _joined(model: UnifiedModel, values: Tensor) -> Tensor:
    """Values of levels [..., levels] as codes."""
    return join_levels(values, model.image_head.levels) if isinstance(model.image_head, LevelHead) else values[..., 0]


def copy_bandwidth(device: torch.device, size: int = 2**30) -> float:
    """Bytes a second that a copy of `size` bytes reads and writes."""
    source = torch.empty(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    (seconds,) = _medians([lambda: _finished(device, target.copy_(source))], 10)
    return 2 * size / seconds


def against_bandwidth(generator: AdGenerator, size: tuple[int, int], copied: float, repeats: int) -> tuple[float, float]:
    """Image tokens a second of one picture, and how many there could be if only memory took time.

    Each pass needs the weights of decoder and image head once, and of both branches of guidance the keys and values of all
    tokens before it. copied: bytes a second that the device's memory moves.
    """
    config, device = generator.model.config, generator.model.device
    options = GenerateOptions(size=size, sampling="most-similar", decoding="sequential")
    painting = []
    with torch.inference_mode():
        loaded = generator.loaded
        ads = generator.prepare(_shoppers(1, config.preference.clicks), [0], options)
        for _ in range(repeats + 1):  # the first one is to warm up
            instructions = read_instructions(loaded, ads)
            lengths = instructions.cache.read.tolist()
            before = sum(lengths + unconditional_cache(loaded, lengths).read.tolist())
            _finished(device)
            start = time.perf_counter()
            paint_backgrounds(loaded, ads, instructions, [loaded.generator(0)], options)
            _finished(device)
            painting.append(time.perf_counter() - start)
    tokens = config.image.tokens
    weights = sum(p.nbytes for part in (generator.model.decoder, generator.model.image_head) for p in part.parameters())
    slot = 2 * config.decoder.layers * config.decoder.width * generator.model.dtype.itemsize
    passes = generator.model.order.passes
    needed = len(passes) * weights + slot * sum(before + 2 * done for done, _ in passes)
    return tokens / statistics.median(painting[1:]), tokens * copied / needed


def janus_shaped(config: ModelConfig, device: torch.device, dtype: torch.dtype) -> AdGenerator:
    """A generator with random weights; a tokenizer of the examples' words stands in for Janus'."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    torch.manual_seed(0)
    try:
        with device:
            model = UnifiedModel(config)
    finally:
        torch.set_default_dtype(usual)
    return AdGenerator(model, _tokenizer_of_examples())


def _against_transformers(shape: "JanusShape", repeats: int) -> tuple[float, float]:
    """Image tokens a second of ours and of transformers, on the same random weights and with the same greedy tokens.

    The weights are such as half precision holds, as a published checkpoint's are; both compute in single precision.
    """
    with tempfile.TemporaryDirectory() as name:
        theirs, inputs, ids = _their_janus(shape, Path(name))
        model, tokenizer = janus.load(Path(name))
    engine = Engine.pack(model)

    @torch.inference_mode()
    def ours() -> Tensor:
        caches = []
        for row in (ids, unconditional_prompt(tokenizer, model.config, len(ids)).ids):
            caches.append(engine.allocate(1, len(row) + shape.grid**2))
            engine.forward(model.embed_text(torch.tensor([row])), caches[-1:])
        begin = model.embed_text(torch.tensor(tokenizer.begin_image)).expand(2, -1)
        nothing = torch.zeros(model.config.foreground_groups, 1, shape.grid**2, shape.width)
        painted = decode_image(engine, caches, begin, nothing, guidance=5.0, temperature=0, top_k=None, generators=[], window=1)
        return painted.codes

    def peer() -> Tensor:
        codes: Tensor = theirs.generate(**inputs, generation_mode="image", do_sample=False, guidance_scale=5.0)
        return codes

    if not torch.equal(ours(), peer()):
        raise RuntimeError("transformers chose other tokens: the benchmark compares nothing")
    threads = torch.get_num_threads()
    runs = [partial(_with_threads, count, run) for run in (ours, peer) for count in (1, threads)]
    alone, together, their_alone, their_together = _medians(runs, repeats)
    return shape.grid**2 / min(alone, together), shape.grid**2 / min(their_alone, their_together)


# The peers ---------------------------------------------------------------------------------------------------------------


PEERS = {"a plain loop, as the public reference": False, "a careful plain loop": True}


@torch.inference_mode()
def plain_ad(
    generator: AdGenerator, request: AdRequest, size: tuple[int, int], careful: bool = False
) -> tuple[str, Image.Image]:
    """One greedy ad by a loop over plain modules: its text and picture. It decodes as many rows as ours, two if guided, in as
    many passes.

    In the manner of the public reference, text and picture are made one after the other: each encodes the history and reads
    the instruction anew, the cache grows by concatenation, and the foreground is computed at every pass. careful: as a good
    programmer would write it without an engine; the history, the instruction and the foreground once, and a cache that is
    allocated once.
    """
    model, tokenizer = generator.model, generator.tokenizer
    config, encode = model.config, tokenizer.encode
    checked = check_request(request)
    similarity = product_similarity([click.text for click in checked.history], checked.description, generator.loaded.embedder)
    chosen = sample_clicks(similarity, config.preference.clicks, "most-similar", np.random.default_rng(0))

    def instruction() -> PlainInstruction:
        clicks = [checked.history[i] for i in chosen]
        stacked = None if not clicks else _plain_clicks(model, tokenizer, clicks, similarity[chosen])
        prompt = build_prompt(
            tokenizer,
            config,
            load_pool("unified" if stacked else "general_text").templates[0],
            checked.description,
            checked.selling_points,
            len(clicks),
            stacked.text_tokens if stacked else 0,
        )
        ids, kinds = (torch.tensor([values], device=model.device) for values in (prompt.ids, prompt.kinds))
        preference = None if stacked is None else model.preference_tokens(stacked)
        return PlainInstruction(prompt, stacked, preference, model.embed(ids, kinds, stacked, preference))

    def embedded(ids: Sequence[int]) -> Tensor:
        return model.embed_text(torch.tensor([ids], device=model.device))

    def written(ids: Sequence[int]) -> Tensor:
        return model.embed_written(torch.tensor([ids], device=model.device), form)

    # the text
    reading = instruction()
    room = reading.x.shape[1] + 2 * config.text.ad_tokens + config.image.tokens + 1 if careful else 0
    past, words = Past(room), list[int]()
    accepts = acceptable(tuple(checked.selling_points))
    controls = controls_of(checked, GenerateOptions())
    points = make_points(checked.selling_points, encode, config.text.ad_tokens, accepts, controls)
    grammar = TextGrammar(points, encode, tokenizer.end, config.text.ad_tokens, accepts, controls)
    states = _plain_pass(model, reading.x, past)[0]
    form = draw_forms(model, [reading.clicks], 0.0, [])
    ends, clicked, hidden = states[list(reading.prompt.point_ends)], states[list(reading.prompt.click_ends)], states[-1]
    if form is not None:
        hidden = _plain_pass(model, model.embed_form(form)[:, None], past)[0, -1]
    while not grammar.done:
        choices = grammar.choices()
        if len(choices) > 1:
            places = [points[choice.point].index if choice.point >= 0 else -1 for choice in choices]
            logits = _plain_choice_logits(model, hidden, choices, ends, places)
            choices = [draw_choice(grammar, choices, logits, 0.0, None)]
        grammar.take(choices[0])
        if not grammar.done:
            words += choices[0].tokens
            hidden = _plain_pass(model, written(choices[0].tokens), past)[0, -1]

    # the picture
    guidance, visible = config.guidance.weight, None
    guided = guidance != 1
    if guided or not careful:  # else it goes on after the text
        reading = reading if careful else instruction()
        read = reading.x if form is None else torch.cat([reading.x, model.embed_form(form)[:, None]], 1)
        read = torch.cat([read, written(words)], 1) if words else read
        if guided:
            empty = embedded(unconditional_prompt(tokenizer, config, read.shape[1]).ids)
            hidden_slots = read.shape[1] - empty.shape[1]
            visible = torch.ones(2, read.shape[1], dtype=torch.bool, device=model.device)
            visible[1, :hidden_slots] = False
            read = torch.cat([read, F.pad(empty, (0, 0, hidden_slots, 0))])
        past = Past(room)
        clicked = _plain_pass(model, read, past, visible)[0, list(reading.prompt.click_ends)]
    placement = place(checked.cutout, size, checked.box, checked.stance)
    canvas = foreground_canvas(generator.loaded, checked.cutout, size, placement)[None].to(model.device, model.dtype)
    seen: list[Tensor] = []

    def product() -> Tensor:
        """What is seen of the product."""
        if not (careful and seen):
            seen[:] = [model.foreground(canvas) * config.foreground.strength]
        return seen[0]

    def pass_on(x: Tensor, foreground: Tensor) -> Tensor:
        """The states of all rows after one pass of the picture."""
        nonlocal visible
        if visible is not None:
            visible = F.pad(visible, (0, x.shape[1]), value=True)
        return _plain_pass(model, x, past, visible, foreground.repeat(1, len(x), 1, 1), causal=False)

    plain = embedded([tokenizer.begin_image])[0]
    begin = plain if reading.preference is None else plain + reading.preference.summary
    begin = torch.cat([begin, plain]) if guided else begin
    at_places: Tensor | None = None
    if model.scene_head is not None:
        state = pass_on(begin[:, None], product().mean(2, keepdim=True))[:, 0]
        scene = _plain_scene(model, state, clicked, reading.clicks, guidance)
        keep = torch.tensor([True, False][: len(begin)], device=model.device)
        begin, at_places = model.begin_picture(scene.repeat(len(begin), 1), keep)
    codes = torch.zeros(1, config.image.tokens, dtype=torch.long, device=model.device)
    tokens = begin.new_zeros(len(begin), config.image.tokens, begin.shape[1])
    for first, last in model.order.passes:
        slots = model.slot_inputs(begin, tokens, slice(first, last), at_places)
        states = pass_on(slots, model.features_of_slots(product())[:, :, first:last])
        here = model.order.token[first:last].to(model.device)
        codes[:, here] = _plain_codes(model, states, guidance)
        tokens[:, here] = model.embed_image(codes[:, here]).repeat(len(begin), 1, 1)
    pixels = paint(model.image_tokenizer, config.image, codes, config.image.upsampling)[0]
    fitted = fitted_cutout(checked.cutout, placement)
    background = with_shadow(cover(to_image(pixels), size), checked.cutout, placement, checked.stance.posture, fitted)
    return grammar.text, compose(background, checked.cutout, placement, fitted)


@dataclass(frozen=True)
class PlainInstruction:
    prompt: Prompt
    clicks: Clicks | None
    preference: Preference | None
    x: Tensor  # [1, T, D], its embeddings


def _plain_clicks(
    model: UnifiedModel, tokenizer: TextTokenizer, clicks: Sequence[Click], similarity: NDArray[np.float64]
) -> Clicks:
    """Clicks as the model sees them, picture by picture. similarity: of each to the product."""
    ads = []
    for click, alike in zip(clicks, similarity, strict=True):
        picture = load_rgb(click.image, "history", VIEWED_PIXELS)
        pixels = to_pixels(picture, model.config.preference.resolution)[None].to(model.device, model.dtype)
        codes, scene = model.image_tokenizer.encode(pixels)[0].cpu().numpy(), np.zeros(0, np.int64)
        if model.scene_encoder is not None:
            view = model.scene_encoder.prepare(picture)[None].to(model.device, model.dtype)
            scene = model.scene_encoder.codes(model.scene_encoder(view))[0].cpu().numpy()
        form = -1 if model.text_forms is None else model.text_forms.code_of(click.text)
        ads.append(ClickedAd(codes, scene, ad_text_ids(tokenizer, click.text), alike, form))
    return stack_clicks([ads], model.config, tokenizer.pad).to(model.device)


def _plain_choice_logits(
    model: UnifiedModel, hidden: Tensor, choices: Sequence[Choice], ends: Tensor, places: Sequence[int]
) -> Tensor:
    """hidden [D], the states [P, D] at which selling points end, and which of them each choice is: logits [choices]."""
    logits = model.text_head(hidden).float()[[choice.tokens[0] for choice in choices]]
    if len(ends):
        pointed = model.point_pointer(hidden[None], ends[None])[0]
        logits += torch.stack([pointed[at] if 0 <= at < len(ends) else pointed.new_zeros(()) for at in places])
    return logits


def _plain_scene(model: UnifiedModel, state: Tensor, clicked: Tensor, seen: Clicks | None, guidance: float) -> Tensor:
    """state [rows, D], the states [C, D] at the ends of clicks, what is seen of these -> the scene token [1, levels]."""
    head = model.scene_head
    assert head is not None
    if seen is None:
        clicked, scenes = state.new_zeros(0, state.shape[1]), torch.zeros(1, 0, head.levels, dtype=torch.long)
        similarity, visible = state.new_zeros(1, 0), torch.zeros(1, 0, dtype=torch.bool, device=state.device)
    else:
        scenes, similarity, visible = seen.scenes, seen.similarity, seen.visible
    scenes = scenes.to(state.device)
    votes = head.votes(state[:1], clicked[None], similarity, visible)
    drawing, values = head.begin(state), []
    for level in range(head.levels):
        logits = head.logits(drawing, level)
        log_shares = head.log_probabilities(logits[:1], level, votes, scenes)
        if guidance != 1:
            other = F.log_softmax(logits[1:], -1)
            log_shares = other + guidance * (log_shares - other)
        values.append(log_shares.argmax(-1))
        drawing = head.advance(drawing, level, values[-1].repeat(len(state)))
    facets, composition = torch.stack(values, -1), model.composition
    if composition is None:
        return facets
    inner, values = composition.begin(state, head.embed(facets).repeat(len(state), 1)), []
    for level in range(composition.levels):
        log_shares = F.log_softmax(composition.head.logits(inner, level), -1)
        if guidance != 1:
            log_shares = log_shares[1:] + guidance * (log_shares[:1] - log_shares[1:])
        values.append(log_shares.argmax(-1))
        inner = composition.head.advance(inner, level, values[-1].repeat(len(state)))
    return torch.cat([facets, torch.stack(values, -1)], -1)


def _plain_codes(model: UnifiedModel, states: Tensor, guidance: float) -> Tensor:
    """states [rows, T, D] -> the likeliest tokens [1, T]."""
    head = model.image_head

    def guided(logits: Tensor) -> Tensor:
        if guidance == 1:
            return logits
        conditional, unconditional = logits.chunk(2)
        return unconditional + guidance * (conditional - unconditional)

    if not isinstance(head, LevelHead):
        return guided(head(states).float()).argmax(-1)
    inner, values = head.begin(states), []
    for level in range(len(head.levels)):
        values.append(guided(head.logits(inner, level)).argmax(-1))
        inner = head.advance(inner, level, values[-1].repeat(len(states), 1))
    return _joined(model, torch.stack(values, -1))


@dataclass
class Past:
    """Keys and values of what was read. room: slots to allocate at once; 0: all are copied at every token."""

    room: int = 0
    length: int = 0
    states: list[list[Tensor]] = field(default_factory=list)  # by layer: keys and values [B, heads, T, head_dim]

    def add(self, layer: int, new: Sequence[Tensor]) -> list[Tensor]:
        """The layer's keys and values with new ones after those that were read."""
        end = self.length + new[0].shape[2]
        if layer == len(self.states):
            batch, heads, _, head_dim = new[0].shape
            self.states.append([t.new_empty(batch, heads, self.room, head_dim) for t in new])
        if not self.room:
            self.states[layer] = [torch.cat([old, t], 2) for old, t in zip(self.states[layer], new, strict=True)]
            return self.states[layer]
        for held, t in zip(self.states[layer], new, strict=True):
            held[:, :, self.length : end] = t
        return [held[:, :, :end] for held in self.states[layer]]


def _plain_pass(
    model: UnifiedModel,
    x: Tensor,
    past: Past,
    visible: Tensor | None = None,
    foreground: Tensor | None = None,
    causal: bool = True,
) -> Tensor:
    """The decoder after what `past` holds: x [B, T, D] -> hidden states [B, T, D]; `past` has read x afterwards.

    causal: False where the positions of x see each other.
    """
    batch, length, width = x.shape
    start, config = past.length, model.config.decoder
    positions = torch.arange(start, start + length, device=x.device)
    cos, sin = (t.to(x.dtype) for t in rotary_table(positions, width // config.heads, config.rope_theta))
    mask = None
    if (causal and length > 1) or visible is not None:
        slots = torch.arange(start + length, device=x.device)
        mask = (slots <= (positions[:, None] if causal else start + length))[None].expand(1, length, -1)
        if visible is not None:
            mask = mask & visible[:, None] | (slots == positions[:, None])
        mask = mask[:, None]
    for index, block in enumerate(cast(Iterable[Block], model.decoder.blocks)):
        if foreground is not None and index % model.decoder.group == 0:
            x = x + foreground[index // model.decoder.group]
        h = block.attention_norm(x)
        q, k, v = (
            layer(h).view(batch, length, config.heads, -1).transpose(1, 2)
            for layer in (block.q_proj, block.k_proj, block.v_proj)
        )
        k, v = past.add(index, (rotate(k, cos, sin), v))
        attended = F.scaled_dot_product_attention(rotate(q, cos, sin), k, v, attn_mask=mask)
        x = x + block.o_proj(attended.transpose(1, 2).reshape(batch, length, width))
        h = block.feed_forward_norm(x)
        x = x + block.down_proj(F.silu(block.gate_proj(h)) * block.up_proj(h))
    past.length += length
    return model.decoder.norm(x)


@dataclass(frozen=True)
class JanusShape:
    """A small Janus: decoder layers and sizes, image tokens per side, image codes."""

    layers: int
    width: int
    heads: int
    feed_forward: int
    grid: int
    codes: int


_OURS = embedded()
SHAPES = {
    "24 thin layers": JanusShape(24, 256, 4, 704, 16, 4096),
    "embedded size": JanusShape(
        _OURS.decoder.layers,
        _OURS.decoder.width,
        _OURS.decoder.heads,
        _OURS.decoder.feed_forward,
        _OURS.image.grid,
        _OURS.image.codes,
    ),
}
TINY_SHAPES = {"2 layers x 32 (quick)": JanusShape(2, 32, 2, 64, 4, 64)}
_SPECIALS = {"bos": "<｜begin▁of▁sentence｜>", "eos": "<｜end▁of▁sentence｜>", "pad": "<｜▁pad▁｜>", "boi": "<begin_of_image>"}


def _their_janus(shape: JanusShape, folder: Path) -> tuple[Any, dict[str, Tensor], list[int]]:
    """A random Janus of transformers, saved in the folder; its inputs for one prompt, and the prompt's ids without the end."""
    import transformers
    from tokenizers import AddedToken

    text_tokenizer = train_text_tokenizer(["An ad for a kettle: auto shut-off; 1.7 L"] * 3, 320).tokenizer
    text_tokenizer.add_special_tokens(
        [AddedToken(s, special=True, normalized=False) for s in (*_SPECIALS.values(), "<image_placeholder>")]
    )
    ids = {name: text_tokenizer.token_to_id(spelling) for name, spelling in _SPECIALS.items()}
    text = {f"{name}_token_id": ids[name] for name in ("bos", "eos", "pad")}
    torch.manual_seed(0)
    model = transformers.JanusForConditionalGeneration(
        transformers.JanusConfig(
            text_config=transformers.LlamaConfig(
                vocab_size=512,
                hidden_size=shape.width,
                intermediate_size=shape.feed_forward,
                num_hidden_layers=shape.layers,
                num_attention_heads=shape.heads,
                rms_norm_eps=1e-6,
                **text,
            ),
            vision_config=transformers.JanusVisionConfig(
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                image_size=4 * shape.grid,
                patch_size=4,
                num_image_tokens=shape.grid**2,
                projection_dim=shape.width,
            ),
            vq_config=transformers.JanusVQVAEConfig(
                embed_dim=8,
                num_embeddings=shape.codes,
                latent_channels=16,
                base_channels=32,
                channel_multiplier=[1, 1],
                num_res_blocks=1,
                projection_dim=shape.width,
                image_token_embed_dim=shape.width,
            ),
            image_token_id=text_tokenizer.token_to_id("<image_placeholder>"),
            tie_word_embeddings=False,
        )
    ).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:  # logits far enough apart that rounding decides nothing
                parameter.normal_().mul_(1.0 if "embed" in name else parameter[0].numel() ** -0.5)
            parameter.copy_(parameter.half().float())
    for name, value in text.items():
        setattr(model.generation_config, name, value)
    model.generation_config.generation_kwargs = {"boi_token_id": ids["boi"]}
    model.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=text_tokenizer,
        **{f"{name}_token": _SPECIALS[name] for name in ("bos", "eos", "pad")},
        extra_special_tokens={"boi_token": _SPECIALS["boi"]},
    ).save_pretrained(folder)
    prompt = [ids["bos"], *text_tokenizer.encode("An ad for a kettle", add_special_tokens=False).ids]
    their_ids = torch.tensor([[*prompt, ids["boi"]]])
    return model, {"input_ids": their_ids, "attention_mask": torch.ones_like(their_ids)}, cast(list[int], prompt)


# Helpers -----------------------------------------------------------------------------------------------------------------


def measured_generator(folder: Path | None, quick: bool) -> tuple[AdGenerator, str]:
    """The generator to measure, and what its weights are."""
    if quick:
        config, weights = tiny(), "tiny, random weights"
    elif folder or checkpoint.embedded_folder().is_dir():
        return AdGenerator.from_pretrained(folder), "given model" if folder else "embedded model"
    else:
        config, weights = embedded(), "embedded size, random weights"
    torch.manual_seed(0)
    model = UnifiedModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())  # as a shipped model's weights are
    return AdGenerator(model, _tokenizer_of_examples()), weights


def _tokenizer_of_examples() -> TextTokenizer:
    texts = [text for request in example_requests() for text in (request.product.description, *request.product.selling_points)]
    return train_text_tokenizer(texts * 4, 2000)


def _shoppers(count: int, clicks: int) -> list[AdRequest]:
    """Shoppers of one product with different histories, drawn from the clicks of the examples."""
    examples, rng = example_requests(), random.Random(0)
    pool = [click for request in examples for click in request.history]
    pool *= -(-clicks // len(pool)) or 1
    return [AdRequest(examples[0].product, rng.sample(pool, clicks), examples[0].box) for _ in range(count)]


def _ad(generator: AdGenerator, request: AdRequest, **options: Any) -> Ad:
    return generator.generate(request.product, request.history, box=request.box, **options)


def _medians(runs: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Median seconds of each run; they take turns, so that a slow minute of the machine meets all."""
    for run in runs:
        run()
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, taken in zip(runs, seconds, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


def _finished(device: torch.device, result: object = None) -> object:
    """The result, once the device has done everything that it was told to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return result


def _with_threads(count: int, run: Callable[[], object]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        run()
    finally:
        torch.set_num_threads(before)


def _versions(weights: str) -> dict[str, str]:
    versions = {}
    for name in ("uniadgen", "torch", "transformers"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        **versions,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "threads": str(torch.get_num_threads()),
        "weights": weights,
        **({"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}),
    }
