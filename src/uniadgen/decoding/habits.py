"""How a shopper's clicked texts are put together: marks, brackets, emphasis, length.

Counting says this more surely than a small model can read it off: what share of the clicked texts has a mark, and how many
words they have. While the text is decoded, marks that the shopper's texts have are made likelier, others less likely, and the
end is drawn towards the usual length. Which selling points are told, and in what order, stays the model's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from uniadgen.decoding.text import TextGrammar, count_words

# share of texts with a mark at which it is neither favoured nor avoided; a small model opens brackets too readily
COMMON = {",": 0.2, " |": 0.2, " -": 0.2, " [": 0.4, "!": 0.3}
MARK_WEIGHT, LENGTH_WEIGHT = 20.0, 0.7  # nats per share, nats per word
_SPELLED = {",": ", ", " |": " | ", " -": " - ", " [": "[", "!": "!"}  # the grammar's marks as texts spell them


@dataclass(frozen=True)
class Habits:
    marks: dict[str, float]  # by the grammar's mark: share of the clicked texts that have it
    words: float  # median number of words


def habits_of(texts: Sequence[str]) -> Habits | None:
    """The habits behind some clicked texts; None without any words."""
    lengths = sorted(count_words(text) for text in texts if text.strip())
    if not lengths:
        return None
    marks = {mark: sum(spelled in text for text in texts) / len(texts) for mark, spelled in _SPELLED.items()}
    return Habits(marks, lengths[len(lengths) // 2])


def nats(habits: Habits, grammar: TextGrammar, allowed: Sequence[int]) -> list[float]:
    """What the habits add to the scores of the ids that the grammar allows next."""
    written = grammar.words()
    by_id = {
        ids[0]: MARK_WEIGHT * (habits.marks[mark] - COMMON[mark]) for mark, ids in grammar.marks.items() if mark in habits.marks
    }
    by_id[grammar.end] = LENGTH_WEIGHT * (written - habits.words)
    return [by_id.get(token, 0.0) for token in allowed]
