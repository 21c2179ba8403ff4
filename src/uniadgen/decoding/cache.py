"""Keys and values of what the decoder has read: allocated once, filled from the left, one row per sequence."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from uniadgen.model.config import DecoderConfig


@dataclass
class Cache:
    """`length` slots are filled. Rows may be of different length: a row that reads less than the others gets hidden slots.

    Rotary positions count a row's own tokens, so hidden slots change nothing for it. All rows may begin with what the one row
    of another cache, their `prefix`, has read; it is held and attended to once for all of them.
    """

    states: Tensor  # [layers, 2, batch, heads, capacity, head_dim]: keys and values
    visible: Tensor  # [batch, capacity] bool: slots that a row may attend to
    read: Tensor  # [batch] long: tokens that each row has read
    length: int = 0
    ragged: bool = False  # some filled slot is hidden from its row
    prefix: "Cache | None" = None

    @classmethod
    def allocate(cls, config: DecoderConfig, batch: int, capacity: int, device: torch.device, dtype: torch.dtype) -> "Cache":
        # Rows and heads are neighbours: torch's products of many small matrices need them as one dimension. From a layout in
        # which they can't be one, torch copies everything that was ever read, at every token.
        shape = (config.layers, 2, batch, config.heads, capacity, config.width // config.heads)
        return cls(
            torch.zeros(shape, device=device, dtype=dtype),
            torch.ones(batch, capacity, device=device, dtype=torch.bool),
            torch.zeros(batch, device=device, dtype=torch.long),
        )

    @property
    def batch(self) -> int:
        return self.states.shape[2]

    @property
    def capacity(self) -> int:
        return self.states.shape[4]

    def follow(self, prefix: "Cache") -> None:
        """Makes an empty cache continue what the one row of `prefix` has read."""
        if self.length or prefix.batch != 1 or prefix.ragged or prefix.prefix is not None or not prefix.length:
            raise ValueError("only an empty cache can follow, and only one whole row that has read something")
        self.prefix = prefix
        self.read += prefix.read

    def reserve(self, width: int) -> None:
        """Makes room for `width` more slots, by allocating anew if there is none."""
        if self.length + width > self.capacity:
            larger = self.spread(range(self.batch), (self.length + width) * 5 // 4)
            self.states, self.visible = larger.states, larger.visible

    def hide_padding(self, width: int, lengths: Sequence[int] | None) -> None:
        """Hides the first `width - lengths[b]` of the next `width` slots from row b; nothing without lengths."""
        for row, length in enumerate(lengths or ()):
            if length < width:
                self.visible[row, self.length : self.length + width - length] = False
                self.ragged = True

    def advance(self, width: int, lengths: Sequence[int] | None = None) -> None:
        """Counts the next `width` slots as filled; row b has read `lengths[b]` tokens more (all rows `width` without)."""
        self.length += width
        self.read += width if lengths is None else torch.tensor(lengths, device=self.read.device)

    def rewind(self, width: int) -> None:
        """Forgets the last `width` slots, which held a token of every row."""
        if width:
            self.length -= width
            self.read -= width

    def spread(self, rows: Sequence[int], capacity: int) -> "Cache":
        """A new cache of this one's rows, by index and as often as named, with room for `capacity` slots."""
        layers, both, _, heads, _, head_dim = self.states.shape
        index = torch.tensor(rows, device=self.read.device)
        states = self.states.new_zeros(layers, both, len(rows), heads, capacity, head_dim)
        visible = self.visible.new_ones(len(rows), capacity)
        states[..., : self.length, :] = self.states[:, :, index, :, : self.length]
        visible[:, : self.length] = self.visible[index, : self.length]
        return Cache(states, visible, self.read[index].clone(), self.length, self.ragged, self.prefix)
