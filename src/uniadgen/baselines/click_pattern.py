"""The sentence pattern of the most similar click: its marks, bracket, emphasis and length, filled with points in order."""

from collections.abc import Sequence

from uniadgen.baselines import Baseline, Made, Task, most_similar_click
from uniadgen.words import count_words


def make(task: Task) -> Made:
    points = task.request.product.selling_points
    most_similar = most_similar_click(task.request)
    if most_similar is None:
        return Made(text=" ".join(points))
    number, click = most_similar
    return Made(text=filled(click.text, points), clicks=(number,))


def filled(pattern: str, points: Sequence[str]) -> str:
    """Points, in their order, put together as the pattern is, until its number of words is reached."""
    from uniadgen.decoding.habits import habits_of
    from uniadgen.decoding.text_grammar import CLOSE, EMPHASIS, OPEN

    habits = habits_of([pattern])
    if habits is None:
        return " ".join(points)
    join = max(habits.joins, key=lambda name: habits.joins[name])
    bracketed = 0 if habits.opening else 1 if habits.inside else None  # which point stands in brackets
    text = ""
    for number, point in enumerate(points):
        if text and count_words(text) >= habits.words:
            break
        behind_bracket = text.endswith(CLOSE)
        written = f"{OPEN}{point}{CLOSE}" if number == bracketed else point
        text += f"{'' if behind_bracket else join} {written}" if text else written
    return text + (EMPHASIS if habits.emphasised and not text.endswith(EMPHASIS) else "")


BASELINE = Baseline("click-pattern", "the most similar click's marks and length, filled with points in order", "text", make)
