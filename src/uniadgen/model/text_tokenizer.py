"""Words to ids: any byte-pair tokenizer of the `tokenizers` library, with specials that no text can spell.

The embedded model's tokenizer knows no special tokens at all; its specials are ids after its vocabulary, so "<image_ph>" or
"</s>" in a product's description is just text. A Janus tokenizer has specials of its own; there, texts are encoded with
`encode_special_tokens`, which treats their spellings as plain text too.
"""

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from uniadgen.errors import InputError

SPECIALS = ("pad", "begin", "begin_ad", "begin_image")


@dataclass(frozen=True)
class TextTokenizer:
    """`begin` starts a sequence, `begin_ad` ends the instruction, `begin_image` ends the ad's text and starts the picture."""

    tokenizer: Tokenizer
    pad: int
    begin: int
    begin_ad: int
    begin_image: int

    @property
    def size(self) -> int:
        """Rows of the embedding table: all ids are below it."""
        return max(self.tokenizer.get_vocab_size(), self.pad + 1, self.begin + 1, self.begin_ad + 1, self.begin_image + 1)

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    @classmethod
    def from_tokenizer(cls, tokenizer: Tokenizer) -> "TextTokenizer":
        tokenizer.encode_special_tokens = True
        first = tokenizer.get_vocab_size()
        return cls(tokenizer, *range(first, first + len(SPECIALS)))

    @classmethod
    def load(cls, path: Path) -> "TextTokenizer":
        try:
            return cls.from_tokenizer(Tokenizer.from_file(str(path)))
        except Exception as error:  # the library raises bare Exception
            raise InputError(f"{path}: not a readable tokenizer file ({error}); supply the tokenizer.json of the model") from None

    def save(self, path: Path) -> None:
        self.tokenizer.save(str(path))


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
