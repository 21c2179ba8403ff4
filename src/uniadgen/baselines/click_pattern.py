"""The sentence pattern of the most similar click: its marks, bracket, emphasis and length, filled with points in order."""

from collections.abc import Sequence

from uniadgen.baselines import Baseline, Made, Task, most_similar_click
from uniadgen.words import count_words

JOINS = (",", " |", " -")
OPEN, CLOSE, EMPHASIS = "[", "]", "!"


def make(task: Task) -> Made:
    points = task.request.product.selling_points
    nearest = most_similar_click(task.request)
    if nearest is None:
        return Made(text=" ".join(points))
    number, click = nearest
    return Made(text=filled(click.text, points), clicks=(number,))


def filled(pattern: str, points: Sequence[str]) -> str:
    """Points, in their order, put together as the pattern is, until its number of words is reached."""
    pattern = pattern.strip()
    words = count_words(pattern)
    if not words:
        return " ".join(points)
    join = max(JOINS, key=lambda mark: pattern.count(mark + " "))
    if join + " " not in pattern:
        join = ""
    # which point stands in brackets
    bracketed = 0 if pattern.startswith(OPEN) else 1 if OPEN in pattern else None
    text = ""
    for number, point in enumerate(points):
        if text and count_words(text) >= words:
            break
        behind_bracket = text.endswith(CLOSE)
        item = f"{OPEN}{point}{CLOSE}" if number == bracketed else point
        text += f"{'' if behind_bracket else join} {item}" if text else item
    return text + (EMPHASIS if pattern.endswith(EMPHASIS) and not text.endswith(EMPHASIS) else "")


BASELINE = Baseline("click-pattern", "the most similar click's marks and length, filled with points in order", "text", make)
