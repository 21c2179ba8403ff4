"""What the outline says of selling points reaches the ids of the grammar."""

import math
from collections.abc import Sequence

import pytest
import torch

from uniadgen.decoding.outlined_text import OutlinedText, outline_logits
from uniadgen.decoding.text_grammar import TextGrammar, decode_texts, make_points
from uniadgen.model.config import OutlineConfig
from uniadgen.model.outline import Outline
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel

POINTS = ["Soft", "Soft Cotton", "Softer", "For Men", "28 cm"]


def grammar_of(tokenizer: TextTokenizer, points: Sequence[str] = POINTS) -> TextGrammar:
    return TextGrammar(make_points(points, tokenizer.encode, 48), tokenizer.encode, tokenizer.end, 48)


class Fixed(OutlinedText):
    """An outline that wants the points of one order, and then the end; nine in ten times."""

    def __init__(self, order: tuple[int, ...], count: int) -> None:
        self.order, self.count, self._whole = order, count, {(): 0.0}

    def following(self, used: tuple[int, ...]) -> torch.Tensor:
        left = [i for i in range(self.count + bool(used)) if i not in used]
        wanted = self.order[len(used)] if used == self.order[: len(used)] and len(used) < len(self.order) else left[-1]
        values = torch.full((self.count + 1,), -40.0)
        for i in left:
            values[i] = math.log(0.9 if i == wanted else 0.1 / (len(left) - 1))
        return values


@pytest.mark.parametrize("order", [(1, 4), (0, 3), (2, 0, 1), (0, 1, 2), (3, 1, 0, 2)])
def test_a_certain_outline_is_followed(tokenizer: TextTokenizer, order: tuple[int, ...]) -> None:
    """Also where several points begin with the same ids, and where one is the beginning of another."""
    grammar = grammar_of(tokenizer)
    text = Fixed(order, len(POINTS))

    def form(ids: list[int]) -> list[float]:
        """No marks, which are not the outline's."""
        marks = {r.token for r in grammar.continuations() if r.kind not in ("point", "end")}
        return [-20.0 * (i in marks) for i in ids]

    decode_texts(
        [grammar],
        torch.zeros(1, 1),
        lambda rows: torch.zeros(len(rows), 1),
        lambda state, ids: torch.zeros(len(ids)),
        0.0,
        [None],
        lambda row, ids: [a + b for a, b in zip(text.nats(grammar, ids), form(ids), strict=True)],
    )
    assert grammar.text() == " ".join(POINTS[i] for i in order)


def test_ids_that_points_share_count_for_all_of_them(tokenizer: TextTokenizer) -> None:
    grammar = grammar_of(tokenizer)
    text = Fixed((3,), len(POINTS))
    likely: dict[int, float] = {}
    for i, p in enumerate(POINTS):
        first = tokenizer.encode(" " + p)[0]
        likely[first] = likely.get(first, 0.0) + math.exp(float(text.following(())[i]))
    points = sorted(likely)
    logits = text.nats(grammar, points)
    assert [math.exp(v - logits[0]) for v in logits] == pytest.approx([likely[t] / likely[points[0]] for t in points], rel=1e-4)


def test_plans_are_deterministic_and_do_without_a_history(tokenizer: TextTokenizer) -> None:
    torch.manual_seed(0)
    outline = Outline(OutlineConfig(width=16), tokenizer.size).eval()
    with torch.no_grad():
        for clicked in ([], ["", "  "], ["Soft Towel, For Men", "Cotton Cap | 3 cm"]):
            outlined = [OutlinedText(outline, POINTS, clicked, tokenizer.encode, 2.5) for _ in range(2)]
            for used in ((), (1,), (4, 0)):
                first, second = (text.following(used) for text in outlined)
                assert torch.equal(first, second)
                assert float(first.exp().sum()) == pytest.approx(1, abs=1e-5)
                assert all(float(first[i]) == -40 for i in used)
            assert float(outlined[0].following(())[-1]) == -40  # no empty text


def test_without_an_outline_only_habits_speak(model: UnifiedModel, tokenizer: TextTokenizer) -> None:
    grammar = grammar_of(tokenizer)
    allowed = grammar.allowed()
    with torch.inference_mode():
        text = outline_logits(model, grammar, [], tokenizer.encode)(allowed)
        outline, model.outline = model.outline, None
        try:
            untold = outline_logits(model, grammar, [], tokenizer.encode)(allowed)
        finally:
            model.outline = outline
    assert untold == [0.0] * len(allowed)
    assert any(text)
