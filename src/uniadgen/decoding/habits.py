"""How a shopper's clicked texts are put together: marks, brackets, emphasis, length.

Counting says this more surely than a small model can read it off. While the text is decoded, every choice that is one of form
is judged by what the clicked texts did where they had it: what joins two selling points, whether a point stands in brackets -
at the beginning or later -, and whether the end is emphasised. The likelihoods of one choice add up to one, so a mark that
comes often makes texts neither longer nor shorter. Which selling points are told, and in what order, is not decided here; how
long the text gets only where no outline says it (`model/outline.py`).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from uniadgen.decoding.text_grammar import CLOSE, EMPHASIS, OPEN, Continuation, TextGrammar
from uniadgen.words import count_words

SPACE = ""  # points that only a space joins
JOINS = (SPACE, ",", " |", " -")
# Shares of few texts are noisy, and so is the model that they are added to: their odds count to this power.
SHARPNESS, LEAST = 3.0, -16.0
DOUBT = 0.25  # texts that are added to either side of a share
LENGTH_WEIGHT = 0.7  # nats per word
_AFTER_BRACKET = re.compile(r"\]( \||,| -|)(?= \S)")


@dataclass(frozen=True)
class Habits:
    joins: dict[str, int]  # by joiner: how many of the clicked texts are held together by it
    after_bracket: dict[str, int]  # by joiner: how many have it behind a bracket
    texts: int
    opening: int  # texts that begin with a bracket
    inside: int  # texts that have one later
    emphasised: int
    words: float  # median number of words


def habits_of(texts: Sequence[str]) -> Habits | None:
    """The habits behind some clicked texts; None without any words."""
    texts = [text.strip() for text in texts if text.strip()]
    lengths = sorted(count_words(text) for text in texts)
    if not lengths:
        return None
    joins, after = dict.fromkeys(JOINS, 0), dict.fromkeys(JOINS, 0)
    for text in texts:
        counts = {join: text.count(join + " ") for join in JOINS[1:]}
        most = max(counts, key=lambda join: counts[join])
        if counts[most] or count_words(text) > 1:
            joins[most if counts[most] else SPACE] += 1
        for join in _AFTER_BRACKET.findall(text):
            after[join] += 1
    return Habits(
        joins,
        after if any(after.values()) else joins,
        len(texts),
        sum(text.startswith(OPEN) for text in texts),
        sum(OPEN in text[1:] for text in texts),
        sum(text.endswith(EMPHASIS) for text in texts),
        lengths[len(lengths) // 2],
    )


def nats(habits: Habits, grammar: TextGrammar, allowed: Sequence[int], length: bool = True) -> list[float]:
    """What the habits add to the logits of the ids that the grammar allows next. length: draw the end to the usual length."""
    best: dict[int, float] = {}
    for reading in grammar.continuations():
        value = _nats(habits, reading)
        if length and reading.kind == "end":
            value += LENGTH_WEIGHT * (count_words(reading.before) - habits.words)
        best[reading.token] = max(value, best.get(reading.token, -math.inf))
    return [best[token] for token in allowed]


def _nats(habits: Habits, reading: Continuation) -> float:
    if not reading.begins:
        return 0.0
    if reading.kind in ("end", "emphasis"):
        # a point may bring a mark of its own, behind which the grammar has none
        if reading.before.endswith(EMPHASIS):
            return 0.0
        return _shares({"end": habits.texts - habits.emphasised, "emphasis": habits.emphasised})[reading.kind]
    if reading.kind == "joiner":
        return _joined(habits, reading, reading.element)
    if reading.kind not in ("open", "point") or reading.before.endswith(OPEN):
        return 0.0
    value = 0.0
    if reading.before and not any(reading.before.endswith(join) for join in JOINS[1:]):
        value += _joined(habits, reading, SPACE)
    if OPEN not in reading.before:
        opened = habits.inside if reading.before else habits.opening
        value += _shares({"open": opened, "point": habits.texts - opened})[reading.kind]
    return value


def _joined(habits: Habits, reading: Continuation, join: str) -> float:
    """The likelihood of a joiner behind what has been written; a text that has begun to be joined somehow goes on so."""
    before = reading.before
    if before.endswith(CLOSE):
        return _shares(habits.after_bracket)[join]
    used_points = len(reading.used) - (reading.kind == "point")
    used = [other for other in JOINS[1:] if other + " " in before] or [SPACE] * (used_points - (CLOSE in before) > 1)
    return _shares({other: habits.texts * (other in used) for other in JOINS} if used else habits.joins)[join]


def _shares(counts: dict[str, int]) -> dict[str, float]:
    """Counts as sharpened log-likelihoods."""
    logs = {name: SHARPNESS * math.log(count + DOUBT) for name, count in counts.items()}
    most = max(logs.values())
    whole = most + math.log(sum(math.exp(value - most) for value in logs.values()))
    return {name: max(LEAST, value - whole) for name, value in logs.items()}
