"""What the clicked texts add to the logits while a text is decoded along its grammar: the outline and the habits."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from uniadgen.decoding.habits import habits_of, nats
from uniadgen.decoding.text_grammar import TextGrammar
from uniadgen.model.outline import Outline, stack_outlines
from uniadgen.model.unified import UnifiedModel

LEAST = -40.0  # log-probability of what the outline rules out: the grammar may still have nothing else


class OutlinedText:
    """The outline of one text. What it has read of points and clicks is read once, and every order of points judged once."""

    def __init__(
        self,
        outline: Outline,
        points: Sequence[str],
        clicked: Sequence[str],
        encode: Callable[[str], list[int]],
        strength: float,
    ) -> None:
        """points: as the grammar has them. clicked: the clicked texts, perhaps none. strength: power of the probabilities."""
        self.outline, self.strength = outline, strength
        texts = [encode(" " + text) for text in clicked if text.strip()]
        batch = stack_outlines([[encode(" " + p) or [0] for p in points]], [texts], [[]], outline.config.text_tokens)
        self.device = outline.embedding.weight.device
        self._evidence = outline.read(batch.to(self.device))
        self._following: dict[tuple[int, ...], Tensor] = {}
        self._whole: dict[tuple[int, ...], float] = {(): 0.0}

    def following(self, used: tuple[int, ...]) -> Tensor:
        """Log-probabilities [P + 1] of what follows these points, the end last."""
        if used not in self._following:
            order = torch.tensor([used], dtype=torch.long, device=self.device).view(1, len(used))
            logits = self.outline.logits(self._evidence, order)[0, -1] * self.strength
            self._following[used] = torch.log_softmax(logits, 0).clamp(min=LEAST).cpu()
        return self._following[used]

    def whole(self, used: tuple[int, ...]) -> float:
        """Log-probability that a text begins with these points."""
        if used not in self._whole:
            self._whole[used] = self.whole(used[:-1]) + float(self.following(used[:-1])[used[-1]])
        return self._whole[used]

    def nats(self, grammar: TextGrammar, allowed: Sequence[int]) -> list[float]:
        """For every id the log of how likely the texts are that go on with it, among those that fit what is written.

        While points that begin alike are under way, an id counts for all of them; they part where their ids do.
        """
        likely: dict[int, list[float]] = {}
        for reading in grammar.continuations():
            value = self.whole(reading.used)
            if reading.kind in ("end", "emphasis"):
                value += float(self.following(reading.used)[-1])
            elif reading.kind in ("joiner", "open"):
                value += max(LEAST, float(torch.logsumexp(self.following(reading.used)[:-1], 0)))
            likely.setdefault(reading.token, []).append(value)
        sums = torch.tensor([float(torch.logsumexp(torch.tensor(likely[token]), 0)) for token in allowed])
        return [float(value) for value in sums - torch.logsumexp(sums, 0)]


def outline_logits(
    model: UnifiedModel,
    grammar: TextGrammar,
    clicked: Sequence[str],
    encode: Callable[[str], list[int]],
    with_outline: bool = True,
) -> Callable[[Sequence[int]], list[float]]:
    """A function from the ids that the grammar allows next to the nats that the clicked texts add to their logits.

    with_outline: False leaves the outline out, if the model has one.
    """
    outlined = None
    if with_outline and model.outline is not None and model.config.guidance.outline > 0:
        outlined = OutlinedText(model.outline, [p.text for p in grammar.points], clicked, encode, model.config.guidance.outline)
    habits = habits_of(clicked)

    def added(allowed: Sequence[int]) -> list[float]:
        values = [0.0] * len(allowed) if habits is None else nats(habits, grammar, allowed, length=outlined is None)
        return values if outlined is None else [a + b for a, b in zip(values, outlined.nats(grammar, allowed), strict=True)]

    return added
