"""From drafts to what the decoder needs: products placed and looked at, clicks encoded, instructions laid out.

What requests share - a product, its placement, a clicked picture - is computed once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import Click, Placement, SampledClick
from uniadgen.decoding.text_grammar import Point, make_points
from uniadgen.imaging.composing import render_foreground
from uniadgen.imaging.framing import in_square, shares
from uniadgen.imaging.placing import place
from uniadgen.inspection.text import acceptable
from uniadgen.model.pixels import to_pixels
from uniadgen.model.sequence import Prompt, ad_text_ids, build_prompt, stack_clicks
from uniadgen.model.unified import Clicks
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.drafting import Draft
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.timings import Timings
from uniadgen.request import CheckedRequest


@dataclass(frozen=True)
class PreparedAd:
    """One ad under way, ready to be decoded."""

    request: CheckedRequest
    placement: Placement
    features: Tensor  # [groups, 1, image tokens, D], of the product
    seed: int
    sampled: list[SampledClick]
    clicks: Clicks | None
    clicked_texts: list[str]  # of the sampled clicks, as far as the model sees any
    facets: Tensor | None  # [1, clicks, classes], of the clicked scenes
    prompt: Prompt
    points: list[Point]  # the selling points as the text may use them
    box: tuple[float, float, float, float]  # left, top, width, height of the product as shares of the painted square

    @property
    def accepts(self) -> Callable[[str], bool]:
        """Whether the inspection accepts a text of this product."""
        return acceptable(tuple(self.request.selling_points))

    def key(self) -> object:
        """Equal for ads whose instructions are the same to the model."""
        clicks = self.clicks
        seen = clicks and tuple(t.cpu().numpy().tobytes() for t in (clicks.codes, clicks.text, clicks.text_visible))
        return tuple(self.prompt.ids), tuple(self.prompt.kinds), seen


def prepare(loaded: LoadedModel, drafts: Sequence[Draft], options: GenerateOptions, timings: Timings) -> list[PreparedAd]:
    """Raises InputError for a product that doesn't fit into its box, and for a clicked picture that can't be decoded."""
    with timings("inputs"):
        placements = [place(draft.request.cutout, options.size, draft.request.box, draft.request.stance) for draft in drafts]
        views = [(id(draft.request.cutout), placement) for draft, placement in zip(drafts, placements, strict=True)]
        features: dict[object, Tensor] = {}
        for view, draft in zip(views, drafts, strict=True):
            if view not in features:
                canvas = foreground_canvas(loaded, draft.request.cutout, options.size, view[1])
                seen = loaded.model.foreground(canvas[None].to(loaded.device, loaded.model.dtype))
                features[view] = seen * ("foreground" not in options.without)
    with timings("history"):
        prepared = []
        for draft, placement, view in zip(drafts, placements, views, strict=True):
            request, sampled = draft.request, draft.sampled
            clicks, facets = encode_clicks(loaded, request.history, [click.index for click in sampled], options.without)
            texts = [] if "texts" in options.without else [request.history[click.index].text for click in sampled]
            prompt, box = instruction(loaded, request, clicks), shares(placement, options.size)
            accepts, limit = acceptable(tuple(request.selling_points)), loaded.model.config.text.ad_tokens
            points = make_points(request.selling_points, loaded.tokenizer.encode, limit, accepts)
            seen_of = sampled, clicks, texts, facets
            prepared.append(PreparedAd(request, placement, features[view], draft.seed, *seen_of, prompt, points, box))
    return prepared


def foreground_canvas(loaded: LoadedModel, cutout: Image.Image, size: tuple[int, int], placement: Placement) -> Tensor:
    """What the model sees of the product: [3, S, S]. A canvas that is no square is the middle of the model's square."""
    side, moved = in_square(placement, size)
    return to_pixels(render_foreground(cutout, (side, side), moved), loaded.model.foreground.size)


def encode_clicks(
    loaded: LoadedModel, history: Sequence[Click], chosen: Sequence[int], without: Sequence[str] = ()
) -> tuple[Clicks | None, Tensor | None]:
    """The chosen clicks, and the facets of their scenes [1, N, classes] in a model with a plan."""
    if not chosen:
        return None, None
    seen = loaded.clicked.seen([history[i].image for i in chosen], [f"history[{i}].image" for i in chosen])
    texts = [[] if "texts" in without else ad_text_ids(loaded.tokenizer, history[i].text) for i in chosen]
    pairs = [(picture.codes, text) for picture, text in zip(seen, texts, strict=True)]
    clicks = stack_clicks([pairs], loaded.model.config, loaded.tokenizer.pad).to(loaded.device)
    if "pictures" in without:
        clicks.codes = clicks.codes[..., :0]
        return clicks, None
    facets = [picture.facets for picture in seen if picture.facets is not None]
    return clicks, torch.stack(facets)[None].to(loaded.device) if facets else None


def instruction(loaded: LoadedModel, request: CheckedRequest, clicks: Clicks | None) -> Prompt:
    """The instruction with room for what fine preference makes of the clicks."""
    return build_prompt(
        loaded.tokenizer,
        loaded.model.config,
        loaded.templates["general_text" if clicks is None else "unified"],
        request.description,
        request.selling_points,
        0 if clicks is None else clicks.pictures,
        0 if clicks is None else clicks.text_tokens,
    )
