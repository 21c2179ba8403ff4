"""Products told otherwise than in the data, so that a small model learns to copy instead of to know.

`with_made_up_words`: words that nobody has read before in place of some of a product's own. `retold`: a description as
shops write it around a title, or the bare title. `with_two_as_one`: selling points as shops list them that give brand and kind,
or whatever stands side by side, as one.
"""

import random
import re
from collections.abc import Sequence

SHARE = 0.5  # of the words that are exchanged
_MARKS = re.compile(r"[\[\]()【】（）|｜,，!！]|\s-\s")  # of titles; what is left are their selling points
_WORD = re.compile(r"[A-Za-z][a-z]{2,}")
_ONSETS = re.findall(
    r"\w+", "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl kr l m n p ph pl pr qu r s sh sk sl sp st t th tr v w y z"
)
_NUCLEI = re.findall(r"\w+", "a e i o u ai au ea ee ia io oa oo ou")
_CODAS = ["", "", "", *re.findall(r"\w+", "b ck d f g l ld lk ll m mp n nd ng nk nt p r rd rk rn rt s sh sk ss st t th x")]


def made_up_word(draw: random.Random) -> str:
    """A word of one to three syllables in small letters."""
    return "".join(draw.choice(_ONSETS) + draw.choice(_NUCLEI) + draw.choice(_CODAS) for _ in range(draw.choice((1, 2, 2, 3))))


def with_made_up_words(draw: random.Random, description: str, points: Sequence[str], text: str) -> tuple[str, list[str], str]:
    """The same product with made-up words in place of about half of the Latin words of its selling points, in description,
    points and text alike. Capitals stay; figures, units and other scripts too."""
    words = sorted({word.lower() for point in points for word in _WORD.findall(point)})
    new_words = {word: made_up_word(draw) for word in words if draw.random() < SHARE}

    def exchanged(match: re.Match[str]) -> str:
        word = match[0]
        new = new_words.get(word.lower())
        return word if new is None else new.capitalize() if word[0].isupper() else new

    return _WORD.sub(exchanged, description), [_WORD.sub(exchanged, point) for point in points], _WORD.sub(exchanged, text)


def with_two_as_one(draw: random.Random, points: Sequence[str], text: str) -> list[str]:
    """The selling points, two of which that the text tells side by side, without a mark between them, are one now; all as they
    were where it tells none so."""
    joined = [
        (first, second, mark.join((first, second)))
        for first in points
        for second in points
        if first != second
        for mark in (" ", "")
        if mark or not (first[-1:].isascii() or second[:1].isascii())
    ]
    whole = [(first, second, both) for first, second, both in joined if both in text and both not in points]
    there = [parts for parts in whole if not re.search(rf"\w{re.escape(parts[2])}|{re.escape(parts[2])}\w", text)]
    if not there:
        return list(points)
    first, second, both = draw.choice(there)
    return [both if point == first else point for point in points if point != second]


def retold(draw: random.Random, title: str, points: Sequence[str]) -> str:
    """A description from the title of another ad of the same product: as it is without its marks, or within a made-up sentence
    that up to three selling points follow."""
    plain = " ".join(_MARKS.sub(" ", title).split())
    if draw.random() < 0.5:
        return plain
    before, after = ([made_up_word(draw) for _ in range(draw.randint(*length))] for length in ((0, 3), (2, 6)))
    details = draw.sample(list(points), min(len(points), draw.randint(0, 3)))
    return ". ".join([" ".join([*before, plain, *after]), *details])
