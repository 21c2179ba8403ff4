"""Which selling points name the product: a text has them, whatever else it tells.

    name_places("The sporty Joust Duffle Bag can't be beat.", ["Gym", "Joust Duffle Bag"])     # (1,)

Shops begin descriptions with brand or name, or say in their first sentence what the product is called. A decoder that has never
read a name finds it in most texts, not in all, and an ad without it advertises nothing.
"""

from collections.abc import Sequence

import regex

from uniadgen.model.sequence import place_in
from uniadgen.words import is_unspaced, opening

_BY = regex.compile(r"(?: \([^()]*\))? by ")
_SENTENCE = regex.compile(r"[.!?]\s|[。！？]")
# Behind a name a description goes on with one of these, with another name or with a mark; behind "Waterproof" with a thing.
_GOES_ON = frozenset({"by", "with", "for", "in", "from", "of", "is", "are", "has", "have", "and", "or", "to", "that", "which"})


def name_places(description: str, points: Sequence[str]) -> tuple[int, ...]:
    """Places in the list of the selling points that name the product; none where the description tells of none."""
    introduction, rest = opening(description, points)
    text = _SENTENCE.split(rest, maxsplit=1)[0]
    folded = text.casefold()
    if len(folded) != len(text):  # places of folded letters are none of these
        return ()
    spelled = [" ".join(point.split()) for point in points]
    places = [place_in(folded, point.casefold()) for point in spelled]
    begins = [
        i
        for i, place in enumerate(places)
        if place == 0 and (_is_name(text, len(spelled[i])) or (introduction and _is_proper(text[: len(spelled[i])])))
    ]
    if begins:
        kind = max(begins, key=lambda i: len(spelled[i]))
        brand = _BY.match(folded, len(spelled[kind]))
        makers = [i for i, place in enumerate(places) if brand and place == brand.end()]
        return (kind, *makers[:1])
    proper = [i for i, place in enumerate(places) if place > 0 and _is_proper(text[place : place + len(spelled[i])])]
    return (max(proper, key=lambda i: len(spelled[i])),) if proper else ()


def _is_name(text: str, end: int) -> bool:
    """Whether what a description begins with is a name, by what follows it."""
    if end == 0 or is_unspaced(text[end - 1]):
        return end > 0
    following = regex.match(r"\s*([\w'-]*)", text[end:])
    word = following[1] if following else ""
    return not word or not word[0].islower() or word in _GOES_ON


def _is_proper(phrase: str) -> bool:
    """Whether a phrase within a sentence is a name: several words, none of which begins small."""
    words = phrase.split()
    return len(words) > 1 and all(word[0].isupper() or not word[0].isalpha() for word in words) and words[0][0].isupper()
