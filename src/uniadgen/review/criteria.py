"""What an ad is judged by: the acceptance of an ad by people, in which every rule is a reason to reject it.

The guideline's page, the keys, the forms and the report are all made from CRITERIA.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["picture", "text", "ad"]
KINDS: tuple[Kind, ...] = ("picture", "text", "ad")
GUIDELINE = "1"  # its version, kept with every verdict; a change of its words is another one


@dataclass(frozen=True)
class Example:
    """A drawing of the guideline. drawing: an SVG below static/guideline. good: acceptable."""

    drawing: str
    caption: str
    good: bool = False


@dataclass(frozen=True)
class Criterion:
    """A reason to reject. part: what of the ad it looks at. key: on the keyboard. rule: when to reject; exempt: when not to."""

    name: str
    part: Literal["picture", "text"]
    key: str
    question: str
    rule: str
    exempt: tuple[str, ...]
    examples: tuple[Example, ...]


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "size",
        "picture",
        "1",
        "Is the product as large as it would be there?",
        "Reject when product and surroundings are out of proportion: measure it against ceilings, tables, doors, baseboards.",
        ("Outdoors perspective counts: what is near may look larger than what is far.",),
        (
            Example("size-bad", "A kettle as tall as the cupboard"),
            Example("size-good", "It fits the table it stands on", True),
            Example("size-exempt", "Outdoors and near the camera: fine", True),
        ),
    ),
    Criterion(
        "shape",
        "picture",
        "2",
        "Is everything at its edges the product, and nothing else?",
        "Reject when something that is not the product hangs on its edge so that a buyer could take it for a part of it.",
        (
            "A stand that is clearly separate is fine.",
            "Small artefacts in hollow parts are tolerated, but what is seen through them must match the background.",
        ),
        (
            Example("shape-bad", "A cable grows out of a wireless speaker"),
            Example("shape-good", "The silhouette is the product's own", True),
            Example("shape-exempt", "A stand that is clearly separate: fine", True),
        ),
    ),
    Criterion(
        "space",
        "picture",
        "3",
        "Does it stand in the scene?",
        "Reject when the product floats, or is seen from another angle than the scene.",
        ("Blurred or atmospheric backdrops, which show no ground, are exempt.",),
        (
            Example("space-bad", "It floats beside the table"),
            Example("space-good", "It stands on the table, its shadow under it", True),
            Example("space-exempt", "A backdrop without ground: fine", True),
        ),
    ),
    Criterion(
        "visual",
        "picture",
        "4",
        "Does the product stand out, and does nothing disturb?",
        "Reject when the product is lost in a backdrop of its own colour or in a busy one, and for distorted faces or hands.",
        ("Hands or bodies that use the product naturally are fine.",),
        (
            Example("visual-bad", "Lost in a backdrop of its own colour"),
            Example("visual-busy", "Lost in a busy backdrop"),
            Example("visual-good", "It is what one sees first", True),
        ),
    ),
    Criterion(
        "factuality",
        "text",
        "5",
        "Is every word true?",
        "Reject when the text says anything that the selling points don't say, exaggerates, or is sensitive.",
        ("Leaving selling points out is fine.",),
        (
            Example("factuality-bad", "“3 L” and “best” are in no selling point"),
            Example("factuality-good", "All of it is given", True),
        ),
    ),
    Criterion(
        "readability",
        "text",
        "6",
        "Does it read like a title?",
        "Reject when it does not hang together, copies the list of selling points, or repeats itself heavily.",
        ("A short text is fine.",),
        (
            Example("readability-bad", "The list copied, and words repeated"),
            Example("readability-good", "Coherent, and chosen", True),
        ),
    ),
)
BY_NAME = {criterion.name: criterion for criterion in CRITERIA}


def criteria_of(kind: Kind) -> tuple[Criterion, ...]:
    """The criteria that a study of this kind asks for; of whole ads all of them."""
    return tuple(criterion for criterion in CRITERIA if kind in ("ad", criterion.part))
