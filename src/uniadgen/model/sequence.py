"""From an instruction and clicks to ids and kinds: how one ad's sequence is laid out, in training and in generation alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from uniadgen.model.config import ModelConfig
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, CLICK_TEXT, POINT, RANKS, TEXT, Clicks, Decisions
from uniadgen.prompts import BETWEEN_POINTS, render
from uniadgen.words import is_unspaced, shorten

# A description is cut to this many characters before it is tokenised; its token limit is far below.
DESCRIPTION_CHARACTERS = 4000


@dataclass(frozen=True)
class Prompt:
    """The instruction of one ad: begin ... begin_ad (Janus: begin and its chat turns). `notes` say what did not fit."""

    ids: list[int]
    kinds: list[int]
    notes: list[str]
    point_ends: tuple[int, ...] = ()  # the position of the last token of each selling point that is in it
    click_ends: tuple[int, ...] = ()  # the same of each click's picture


class ClickedAd(NamedTuple):
    """What the model sees of a click."""

    codes: NDArray[np.int64]  # [click_codes], of its picture; empty, as of all clicks of a batch, where no pictures are read
    scene: NDArray[np.int64]  # [levels], of its picture
    text: Sequence[int]  # ids
    similarity: float  # product similarity to the product that is advertised
    form: int = -1  # of its text; -1 for none, and in a model without forms


class Decision(NamedTuple):
    """One choice of a text, by the ways to go on."""

    position: int  # of the hidden state that decides, in the sequence
    tokens: Sequence[int]  # the first of each way
    points: Sequence[int]  # where a selling point ends in the instruction; -1 for a mark, or for a point that it does not have
    taken: int


def ad_text_ids(tokenizer: TextTokenizer, text: str) -> list[int]:
    """Ids of an ad's text. Every word follows a space, also the first, so that a word has the same ids wherever it stands."""
    return tokenizer.encode(" " + text)


def build_prompt(
    tokenizer: TextTokenizer,
    config: ModelConfig,
    template: str,
    description: str,
    selling_points: Sequence[str],
    click_images: int = 0,
    click_text_tokens: int = 0,
) -> Prompt:
    """The instruction in ids, with `click_images` clicks at <image_ph> and `click_text_tokens` tokens at <text_ph>."""
    notes = []
    limits = config.text
    short = _shortened(tokenizer, description, limits.description_tokens)
    if len(short) < len(" ".join(description.split())):
        notes.append(f"the model reads the first {len(short)} characters of the description")
    kept: list[str] = []
    budget = limits.selling_point_tokens
    for point in selling_points:
        budget -= _length(tokenizer, " " + point) + 1
        if budget < 0:
            break
        kept.append(point)
    if len(kept) < len(selling_points):
        notes.append(
            f"the instruction holds the first {len(kept)} of {len(selling_points)} selling points; the text may use all"
        )
    ids, kinds = [tokenizer.begin], [TEXT]
    point_ends: list[int] = []
    click_ends: list[int] = []
    around = tokenizer.segments(limits.prompt_prefix), tokenizer.segments(limits.prompt_suffix)
    # neighbouring texts are encoded as one, so that the template's words merge with the instruction's as Janus is used to
    segments = [*around[0], *render(template, short, kept), *around[1]]
    for kind, group in groupby(segments, key=lambda segment: "text" if segment[0] == "points" else segment[0]):
        pieces = list(group)
        if kind == "text":
            new = tokenizer.encode("".join(value for _, value in pieces))
            new_ends = [len(ids) + at - 1 for at in _ends_of_points(tokenizer, pieces, kept)]
            ids += new
            kinds += [TEXT] * len(new)
            for place, rank in zip(new_ends, mention_ranks(short, kept) if limits.mentions else (), strict=False):
                kinds[place] = POINT + rank
            point_ends += new_ends
        elif kind == "special":
            ids += [tokenizer.special_id(value) for _, value in pieces]
            kinds += [TEXT] * len(pieces)
        else:
            for _, value in pieces:
                count = click_images * config.click_image_tokens if value == "image" else click_text_tokens
                if value == "image":
                    click_ends += [len(ids) + (n + 1) * config.click_image_tokens - 1 for n in range(click_images)]
                ids += [0] * count
                kinds += [CLICK_IMAGE if value == "image" else CLICK_TEXT] * count
    end = tokenizer.instruction_end
    return Prompt([*ids, *end], [*kinds, *[TEXT] * len(end)], notes, tuple(point_ends), tuple(click_ends))


def mention_ranks(description: str, points: Sequence[str]) -> list[int]:
    """Of each selling point, at how many places the description mentions others before it, RANKS - 2 at most; RANKS - 1: it is
    not there.

    Shops begin with the brand, and a small decoder is slow to see where words that it has never read stand.
    """
    places = [place_in(description.casefold(), " ".join(point.casefold().split())) for point in points]
    order = sorted({place for place in places if place >= 0})
    return [RANKS - 1 if place < 0 else min(order.index(place), RANKS - 2) for place in places]


def place_in(description: str, point: str) -> int:
    """Where a point stands in a description as whole words; -1 for nowhere."""
    place = description.find(point)
    while place >= 0:
        before, after = description[:place][-1:], description[place + len(point) :][:1]
        if not (_runs_on(before, point[:1]) or _runs_on(point[-1:], after)):
            return place
        place = description.find(point, place + 1)
    return -1


def _runs_on(left: str, right: str) -> bool:
    """Whether two characters stand within a word: of scripts that are written without spaces none are known to."""
    return all(letter.isalnum() and not is_unspaced(letter) for letter in (left, right))


def _ends_of_points(tokenizer: TextTokenizer, pieces: Sequence[tuple[str, str]], points: Sequence[str]) -> list[int]:
    """How many tokens of a text lie before the end of each selling point in it."""
    before, ends = "", []
    for kind, value in pieces:
        if kind == "points":
            place = 0
            for point in points:
                place += len(point)
                ends.append(max(1, len(tokenizer.encode(before + value[:place]))))
                place += len(BETWEEN_POINTS)
        before += value
    return ends


# Training tells the same products in many prompts, and most of a prompt's time would go into counting their tokens again.
@lru_cache(maxsize=2**15)
def _length(tokenizer: TextTokenizer, text: str) -> int:
    return len(tokenizer.encode(text))


@lru_cache(maxsize=2**13)
def _shortened(tokenizer: TextTokenizer, description: str, most: int) -> str:
    """The beginning of a description that has at most so many tokens; nothing of one endless word."""

    def fits(text: str) -> bool:
        return len(tokenizer.encode(text)) <= most

    short = shorten(" ".join(description[:DESCRIPTION_CHARACTERS].split()), fits)
    return short if fits(short) else ""


def unconditional_prompt(tokenizer: TextTokenizer, config: ModelConfig | None = None, length: int = 0) -> Prompt:
    """What guidance contrasts with: no instruction, no ad text. length: how many tokens the other branch has read."""
    if config is not None and config.guidance.unconditional == "padded":
        ids = [tokenizer.begin, *[tokenizer.pad] * (length - 1)]
    else:
        ids = [tokenizer.begin, *tokenizer.instruction_end]
    return Prompt(ids, [TEXT] * len(ids), [])


def stack_clicks(histories: Sequence[Sequence[ClickedAd]], config: ModelConfig, pad: int) -> Clicks:
    """Histories as padded tensors; at least one history has a click. Texts are cut."""
    most = max(len(h) for h in histories)
    longest = max(len(click.text) for history in histories for click in history)
    length = max(1, min(longest, config.preference.text_tokens))
    first = next(click for history in histories for click in history)
    codes = np.zeros((len(histories), most, len(first.codes)), np.int64)  # NumPy: small writes cost a tenth of torch's
    scenes = np.zeros((len(histories), most, len(first.scene)), np.int64)
    text = np.full((len(histories), most, length), pad, np.int64)
    text_visible, visible = np.zeros(text.shape, bool), np.zeros(text.shape[:2], bool)
    similarity, forms = np.zeros(text.shape[:2], np.float32), np.full(text.shape[:2], -1, np.int64)
    for row, history in enumerate(histories):
        for column, click in enumerate(history):
            count = min(len(click.text), length)
            codes[row, column], scenes[row, column] = click.codes, click.scene
            text[row, column, :count] = click.text[:count]
            text_visible[row, column, :count] = True
            visible[row, column], similarity[row, column], forms[row, column] = True, click.similarity, click.form
    return Clicks(*map(torch.from_numpy, (codes, scenes, text, text_visible, visible, similarity, forms)))


def stack_decisions(texts: Sequence[Sequence[Decision]]) -> Decisions | None:
    """The choices of a batch's texts, row by row; None where there is none."""
    every = [(row, decision) for row, decisions in enumerate(texts) for decision in decisions]
    if not every:
        return None
    most = max(len(decision.tokens) for _, decision in every)
    tokens, points = np.zeros((len(every), most), np.int64), np.full((len(every), most), -1, np.int64)
    offered = np.zeros(tokens.shape, bool)
    for number, (_, decision) in enumerate(every):
        count = len(decision.tokens)
        tokens[number, :count], points[number, :count], offered[number, :count] = decision.tokens, decision.points, True
    rows, positions, taken = zip(*((row, d.position, d.taken) for row, d in every), strict=True)
    some = (np.array(values, np.int64) for values in (rows, positions))
    return Decisions(*map(torch.from_numpy, (*some, tokens, points, offered, np.array(taken, np.int64))))
