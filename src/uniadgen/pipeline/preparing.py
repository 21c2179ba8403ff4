"""From drafts to what the decoder needs: products placed and looked at, clicks encoded, instructions laid out.

What requests share - a product, its placement, a clicked picture - is computed once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import Click, Placement, SampledClick
from uniadgen.decoding.scene_sampling import ClickedScenes
from uniadgen.decoding.text_grammar import Controls, Point, make_points
from uniadgen.errors import InputError
from uniadgen.imaging.composing import fitted_cutout, render_foreground
from uniadgen.imaging.framing import in_square, shares, shrunk
from uniadgen.imaging.placing import place
from uniadgen.inspection.text import acceptable
from uniadgen.model.pixels import to_pixels
from uniadgen.model.sequence import ClickedAd, Prompt, ad_text_ids, build_prompt, stack_clicks
from uniadgen.model.unified import Clicks
from uniadgen.options import GenerateOptions, folded
from uniadgen.pipeline.drafting import Draft
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.product_name import name_places
from uniadgen.pipeline.timings import Timings
from uniadgen.request import CheckedRequest
from uniadgen.typography.layouts import room_for_words
from uniadgen.words import quoted

_VIEW = 2048  # pixels: on larger canvases the model sees the product no better, as it looks at far fewer


@dataclass(frozen=True)
class PreparedAd:
    """One ad under way, ready to be decoded."""

    request: CheckedRequest
    placement: Placement
    features: Tensor  # [groups, 1, image tokens, D], of the product
    calm: Tensor | None  # [tokens] bool: image tokens that are to have little detail
    seed: int
    sampled: list[SampledClick]
    clicks: Clicks | None
    prompt: Prompt
    points: list[Point]  # the selling points as the text may use them
    controls: Controls  # what is wanted of the text

    @property
    def accepts(self) -> Callable[[str], bool]:
        """Whether the inspection accepts a text of this product."""
        return acceptable(tuple(self.request.selling_points))

    @property
    def clicked_scenes(self) -> ClickedScenes:
        """Of the clicked pictures that the model sees."""
        if self.clicks is None or not self.clicks.pictures:
            return ClickedScenes.none()
        return ClickedScenes(self.clicks.scenes[0], self.clicks.similarity[0])

    def key(self) -> object:
        """Equal for ads whose instructions are the same to the model."""
        clicks = self.clicks
        seen = clicks and tuple(
            t.cpu().numpy().tobytes()
            for t in (clicks.codes, clicks.scenes, clicks.text, clicks.text_visible, clicks.similarity, clicks.forms)
        )
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
                with loaded.engine.encoders:
                    seen = loaded.model.foreground(canvas[None].to(loaded.device, loaded.model.dtype))
                features[view] = seen * ("foreground" not in options.without)
    with timings("history"):
        prepared = []
        for draft, placement, view in zip(drafts, placements, views, strict=True):
            request, sampled = draft.request, draft.sampled
            clicks = encode_clicks(loaded, request.history, sampled, options.without)
            prompt = instruction(loaded, request, clicks)
            accepts, limit = acceptable(tuple(request.selling_points)), loaded.model.config.text.ad_tokens
            controls = controls_of(request, options)
            points = make_points(request.selling_points, loaded.tokenizer.encode, limit, accepts, controls)
            if not points:
                raise InputError(
                    "options: no selling point is left for the text; allow more characters, or take some out of never"
                )
            calm = calm_tokens(options, placement, loaded.model.order.scales) if options.calm else None
            parts = sampled, clicks, prompt, points, controls
            prepared.append(PreparedAd(request, placement, features[view], calm, draft.seed, *parts))
    return prepared


def calm_tokens(options: GenerateOptions, placement: Placement, scales: tuple[int, ...]) -> Tensor:
    """The image tokens where words will stand, [tokens] bool: all but the first scale's. Raises InputError."""
    if len(scales) == 1:
        raise InputError("options.calm: this model paints at one scale, so it can't leave details out; drop the option")
    parts = [torch.zeros(scales[0] ** 2, dtype=torch.bool)]
    if (box := room_for_words(options.size, placement, options.layout)) is None:
        return torch.cat([*parts, torch.zeros(sum(side**2 for side in scales[1:]), dtype=torch.bool)])
    left, top, width, height = shares(Placement(box[0], box[1], box[2] - box[0], box[3] - box[1]), options.size)
    for side in scales[1:]:
        middles = (torch.arange(side) + 0.5) / side
        down, across = ((middles > start) & (middles < start + length) for start, length in ((top, height), (left, width)))
        parts.append((down[:, None] & across).flatten())
    return torch.cat(parts)


def foreground_canvas(loaded: LoadedModel, cutout: Image.Image, size: tuple[int, int], placement: Placement) -> Tensor:
    """What the model sees of the product: [3, S, S]. A canvas that is no square is the middle of the model's square."""
    side, moved = in_square(placement, size)
    if side > _VIEW:
        side, moved = _VIEW, shrunk(moved, side, _VIEW)
    return to_pixels(render_foreground(cutout, (side, side), moved), loaded.model.foreground.size)


def fitted_cutouts(ads: Sequence[PreparedAd]) -> list[Image.Image]:
    """Each product at the size of its placement; those of one cut-out and placement are fitted once."""
    views = [(id(ad.request.cutout), ad.placement) for ad in ads]
    fitted = {view: fitted_cutout(ad.request.cutout, ad.placement) for view, ad in dict(zip(views, ads, strict=True)).items()}
    return [fitted[view] for view in views]


def encode_clicks(
    loaded: LoadedModel, history: Sequence[Click], sampled: Sequence[SampledClick], without: Sequence[str] = ()
) -> Clicks | None:
    """The sampled clicks as the model sees them; None for none."""
    if not sampled:
        return None
    chosen = [click.index for click in sampled]
    seen = loaded.clicked.seen([history[i].image for i in chosen], [f"history[{i}].image" for i in chosen])
    texts = [[] if "texts" in without else ad_text_ids(loaded.tokenizer, history[i].text) for i in chosen]
    telling = None if "texts" in without else loaded.model.text_forms
    forms = [-1 if telling is None else telling.code_of(history[i].text) for i in chosen]
    ads = [
        ClickedAd(picture.codes, picture.scene, text, click.similarity, form)
        for picture, text, click, form in zip(seen, texts, sampled, forms, strict=True)
    ]
    clicks = stack_clicks([ads], loaded.model.config, loaded.tokenizer.pad).to(loaded.device)
    if "pictures" in without:
        clicks.codes = clicks.codes[..., :0]
    return clicks


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


def controls_of(request: CheckedRequest, options: GenerateOptions) -> Controls:
    """What is wanted of the text, by places in the list of selling points. Raises InputError for a point that is none."""
    places = {folded(point): place for place, point in enumerate(request.selling_points)}
    named = {}
    for name, points in (("must", options.must), ("never", options.never)):
        if unknown := [point for point in points if folded(point) not in places]:
            raise InputError(f"options.{name}: {quoted(unknown[0], 60)} is none of product.selling_points; use their words")
        named[name] = tuple(places[folded(point)] for point in points)
    names = tuple(place for place in name_places(request.description, request.selling_points) if place not in named["never"])
    return Controls(named["must"], named["never"], options.characters, options.text_style, names)
