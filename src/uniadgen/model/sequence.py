"""From an instruction and clicks to ids and kinds: how one ad's sequence is laid out, in training and in generation alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from uniadgen.model.config import ModelConfig
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, CLICK_TEXT, TEXT, Clicks
from uniadgen.prompts import render
from uniadgen.words import shorten

# A description is cut to this many characters before it is tokenised; its token limit is far below.
DESCRIPTION_CHARACTERS = 4000
PRODUCT_POINTS, PRODUCT_TOKENS = 32, 128  # of a product, as the plan reads it


@dataclass(frozen=True)
class Prompt:
    """The instruction of one ad: begin ... begin_ad (Janus: begin and its chat turns). `notes` say what did not fit."""

    ids: list[int]
    kinds: list[int]
    notes: list[str]


def ad_text_ids(tokenizer: TextTokenizer, text: str) -> list[int]:
    """Ids of an ad's text. Every word follows a space, also the first, so that a word has the same ids wherever it stands."""
    return tokenizer.encode(" " + text)


def product_ids(tokenizer: TextTokenizer, description: str, selling_points: Sequence[str]) -> list[int]:
    """Ids of all words about a product, for the plan: at most PRODUCT_TOKENS."""
    words = " ".join([description[:DESCRIPTION_CHARACTERS], *selling_points[:PRODUCT_POINTS]])
    return tokenizer.encode(" " + " ".join(words.split()))[:PRODUCT_TOKENS]


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
    included: list[str] = []
    budget = limits.selling_point_tokens
    for point in selling_points:
        budget -= _length(tokenizer, " " + point) + 1
        if budget < 0:
            break
        included.append(point)
    if len(included) < len(selling_points):
        notes.append(
            f"the instruction holds the first {len(included)} of {len(selling_points)} selling points; the text may use all"
        )
    ids, kinds = [tokenizer.begin], [TEXT]
    around = tokenizer.segments(limits.prompt_prefix), tokenizer.segments(limits.prompt_suffix)
    # neighbouring texts are encoded as one, so that the template's words merge with the instruction's as Janus is used to
    for kind, group in groupby([*around[0], *render(template, short, included), *around[1]], key=lambda segment: segment[0]):
        values = [value for _, value in group]
        if kind != "placeholder":
            new = tokenizer.encode("".join(values)) if kind == "text" else [tokenizer.special_id(value) for value in values]
            ids += new
            kinds += [TEXT] * len(new)
            continue
        for value in values:
            count = click_images * config.click_image_tokens if value == "image" else click_text_tokens
            ids += [0] * count
            kinds += [CLICK_IMAGE if value == "image" else CLICK_TEXT] * count
    end = tokenizer.instruction_end
    return Prompt([*ids, *end], [*kinds, *[TEXT] * len(end)], notes)


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


def stack_clicks(histories: Sequence[Sequence[tuple[Tensor, Sequence[int]]]], config: ModelConfig, pad: int) -> Clicks:
    """Histories of (image codes [I], text ids) as padded tensors; at least one history has a click. Texts are cut."""
    most = max(len(h) for h in histories)
    longest = max(len(ids) for history in histories for _, ids in history)
    length = max(1, min(longest, config.preference.text_tokens))
    codes = np.zeros((len(histories), most, config.click_image_tokens), np.int64)  # NumPy: small writes cost a tenth of torch's
    text = np.full((len(histories), most, length), pad, np.int64)
    text_visible, visible = np.zeros(text.shape, bool), np.zeros(text.shape[:2], bool)
    for row, history in enumerate(histories):
        for column, (image, ids) in enumerate(history):
            count = min(len(ids), length)
            codes[row, column] = image.cpu().numpy()
            text[row, column, :count] = ids[:count]
            text_visible[row, column, :count] = True
            visible[row, column] = True
    return Clicks(*map(torch.from_numpy, (codes, text, text_visible, visible)))
