"""The form of a text: its marks and lengths, whatever it is about.

    form_features("[Nova] Steel Kettle | 1.7 L | For Home")      # [FEATURES], from the text alone
    forms.code_of("[Nova] Steel Kettle | 1.7 L | For Home")      # the nearest of the model's forms

Titles of one shop look alike in what stands in brackets, what divides them and how long they are. A model with forms tells the
form of a text before it writes it, as it tells the scene of a picture before it paints it.
"""

import re
import unicodedata

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from uniadgen.model.heads import CLOSENESS

MARKS = ",|-/:;·!?&+([【"  # that divide or decorate; of brackets the opening ones
MOST = 4  # of one mark that are counted
LONGEST = 24  # words that are counted
_CLOSING = {")": "(", "]": "[", "】": "【"}
# A run of letters, digits and what stands inside a word or figure; each ideograph counts as half a word.
_PIECE = re.compile(r"\w+(?:[.,'’&%+/\-]\w+|[%+])*|\S")
FEATURES = len(MARKS) + 10


def form_features(text: str) -> NDArray[np.float32]:
    """[FEATURES]: how often each mark stands in a text, what it begins and ends with, how long it and its parts are."""
    pieces = _PIECE.findall(text)
    plain = [unicodedata.normalize("NFKC", piece) for piece in pieces]
    counts, segments = dict.fromkeys(MARKS, 0), [0.0]
    first_figure, words = LONGEST, 0.0
    for piece, normal in zip(pieces, plain, strict=True):
        if piece[0].isalnum():
            han = sum("一" <= letter <= "鿿" for letter in piece)
            if any(letter.isdigit() for letter in normal) and first_figure == LONGEST:
                first_figure = min(int(words), LONGEST)
            words += max(1.0, han / 2)
            segments[-1] += max(1.0, han / 2)
            continue
        if normal in counts:
            counts[normal] += 1
        if (normal in counts or normal in _CLOSING) and segments[-1]:
            segments.append(0.0)
    if not segments[-1] and len(segments) > 1:
        segments.pop()
    begins, ends = (plain[0], plain[-1]) if plain else ("", "")
    return np.array(
        [
            *(min(count, MOST) for count in counts.values()),
            2.0 * (begins in "([【" and bool(begins)),
            2.0 * (ends in _CLOSING),
            2.0 * (ends == "!"),
            _log(words),
            _log(segments[0]),
            _log(segments[-1]),
            _log(max(segments)),
            _log(float(len(segments))),
            _log(float(first_figure)) / 2,
            2.0 * any(letter.isdigit() for letter in text),
        ],
        np.float32,
    )


def _log(count: float) -> float:
    return float(np.log2(1 + min(count, LONGEST)))


class TextForms(nn.Module):
    """The forms that a model tells apart, and what clicked ones say of the text that is to be written.

    Forms are centres among the features of training texts. The logits of a form are what is usual and a vote of each click:
    what its form says for and against every form, the more its product is like the one that is advertised. Votes add up, so
    ten clicks that agree say more than one. All but the embedding is fitted before the decoder is trained
    (`training/text_forms.py`), from who clicked what.
    """

    centres: Tensor

    def __init__(self, forms: int, width: int) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(forms, FEATURES))
        self.usual = nn.Parameter(torch.zeros(forms))
        said = torch.zeros(forms, forms)
        said.diagonal().fill_(1.0)
        self.said = nn.Parameter(said)  # [the form of a click, forms]
        self.closeness, self.offset = nn.Parameter(torch.tensor(CLOSENESS)), nn.Parameter(torch.tensor(0.0))
        self.embedding = nn.Embedding(forms, width)
        nn.init.normal_(self.embedding.weight, std=0.02)

    def code_of(self, text: str) -> int:
        """The form of a text; -1 for none without a word."""
        if not text.strip():
            return -1
        return int(self.codes(torch.from_numpy(form_features(text))[None].to(self.centres.device))[0])

    def codes(self, features: Tensor) -> Tensor:
        """features [N, FEATURES] -> the nearest forms [N]."""
        return torch.cdist(features.float(), self.centres.float()).argmin(1)

    def logits(self, forms: Tensor, similarity: Tensor) -> Tensor:
        """forms of clicks [B, C], -1 for none, similarity [B, C] -> [B, forms], in single precision. C may be 0."""
        weights = torch.sigmoid(self.closeness.float() * similarity.float() + self.offset.float()) * (forms >= 0)
        return self.usual.float() + (weights[..., None] * self.said.float()[forms.clamp(min=0)]).sum(1)
