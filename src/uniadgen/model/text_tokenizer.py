"""Words to ids: any byte-pair tokenizer of the `tokenizers` library, with specials that no text can spell.

The embedded model's tokenizer knows no special tokens at all; its specials are ids after its vocabulary, so "<image_ph>" or
"</s>" in a product's description is just text. A Janus tokenizer has specials of its own; there, texts are encoded with
`encode_special_tokens`, which treats their spellings as plain text too. Only `segments` sees specials, in the chat template.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from uniadgen.errors import InputError

MOST_WORDS = 2**16  # whose ids are kept
SPECIALS = ("pad", "begin", "begin_ad", "begin_image")


@dataclass(frozen=True)
class TextTokenizer:
    """`begin` starts a sequence, `begin_ad` ends the instruction, `end` ends the ad's text, `begin_image` starts the picture.

    The embedded model's `end` is `begin_image`. Janus ends its text with a token of its own, and has no `begin_ad`: there the
    chat template ends the instruction.
    """

    tokenizer: Tokenizer
    pad: int
    begin: int
    begin_ad: int | None
    begin_image: int
    end: int
    # ids of words met before, where the tokenizer takes texts apart at spaces; None where it may not
    words: dict[str, list[int]] | None = field(default=None, compare=False, repr=False)

    @property
    def size(self) -> int:
        """Rows of the embedding table: all ids are below it."""
        ids = self.tokenizer.get_vocab().values()  # which may have gaps
        return 1 + max(self.pad, self.begin, self.begin_image, self.end, *ids)

    @property
    def instruction_end(self) -> list[int]:
        return [] if self.begin_ad is None else [self.begin_ad]

    def encode(self, text: str) -> list[int]:
        words = text.split(" ")
        # A space begins a word unless white space is before it; training asks for the same words millions of times.
        if self.words is None or not all(word and not word[-1].isspace() for word in words[:-1]):
            return self._ids(text)
        if len(self.words) > MOST_WORDS:
            self.words.clear()
        ids: list[int] = []
        for number, word in enumerate(words):
            spaced = " " + word if number else word
            cached = self.words.get(spaced)
            if cached is None:
                cached = self.words[spaced] = self._ids(spaced)
            ids += cached
        return ids

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def segments(self, template: str) -> list[tuple[Literal["text", "special"], str]]:
        """A trusted template, taken apart at the spellings of special tokens; no piece is empty."""
        special = {t.content for t in self.tokenizer.get_added_tokens_decoder().values() if t.special}
        if not special:
            return [("text", template)] if template else []
        pieces = re.split("(" + "|".join(re.escape(s) for s in sorted(special, key=len, reverse=True)) + ")", template)
        return [("special" if piece in special else "text", piece) for piece in pieces if piece]

    def special_id(self, spelling: str) -> int:
        """The id of a piece that `segments` calls special."""
        return {t.content: i for i, t in self.tokenizer.get_added_tokens_decoder().items()}[spelling]

    @classmethod
    def from_tokenizer(cls, tokenizer: Tokenizer, specials: Mapping[str, int] | None = None) -> "TextTokenizer":
        """specials: ids of pad, begin, begin_image and end; without them they stand after the vocabulary."""
        tokenizer.encode_special_tokens = True
        if specials:
            # only tokens marked as special are unspeakable in plain text: mark all that steer the model
            spellings = [s for s in map(tokenizer.id_to_token, specials.values()) if s is not None]
            tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in spellings])
            return cls(tokenizer, specials["pad"], specials["begin"], None, specials["begin_image"], specials["end"])
        first = tokenizer.get_vocab_size()
        pad, begin, begin_ad, begin_image = range(first, first + len(SPECIALS))
        return cls(tokenizer, pad, begin, begin_ad, begin_image, begin_image, {} if _apart_at_spaces(tokenizer) else None)

    @classmethod
    def load(cls, path: Path, specials: Mapping[str, int] | None = None) -> "TextTokenizer":
        """Raises InputError."""
        try:
            with _without_standard_error():  # where a panic would print its trace
                return cls.from_tokenizer(Tokenizer.from_file(str(path)), specials)
        except BaseException as error:  # the library raises bare Exception, and BaseException where its Rust panics
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            reason = " ".join(str(error).split())[:160]
            raise InputError(
                f"{path}: not a readable tokenizer file ({reason}); supply the tokenizer.json of the model"
            ) from None

    def save(self, path: Path) -> None:
        self.tokenizer.save(str(path))


@contextmanager
def _without_standard_error() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # it may be closed
            kept, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
            for handle in (kept, sink):
                stack.callback(os.close, handle)
            os.dup2(sink, 2)
            stack.callback(os.dup2, kept, 2)
        yield


def _apart_at_spaces(tokenizer: Tokenizer) -> bool:
    """Whether it is one of `train_text_tokenizer`'s: GPT-2's pattern, in which a space belongs to the word after it."""
    before = tokenizer.pre_tokenizer
    plain = isinstance(before, pre_tokenizers.ByteLevel) and before.use_regex and not before.add_prefix_space
    return plain and tokenizer.normalizer is None and not tokenizer.get_added_tokens_decoder()


def train_text_tokenizer(texts: list[str], vocabulary: int) -> TextTokenizer:
    """A byte-level BPE of exactly the texts given; any other text still encodes, at worst byte by byte."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        special_tokens=[],
        max_token_length=16,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return TextTokenizer.from_tokenizer(tokenizer)
