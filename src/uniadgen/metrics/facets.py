"""What an ad shows, as the judge reads it: scene family, palette and light by linear classifiers, text style by its form.

The classifiers read the background encoder's features. They are fitted on rendered ads of the split train, and on their plates
behind other products, so that products don't count. Facets are labels of PAd-Synth: other data have none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import VIEWED_PIXELS, load_stored
from uniadgen.metrics.background_features import features
from uniadgen.metrics.judged import Judge
from uniadgen.words import quoted

if TYPE_CHECKING:
    from torch import Tensor, nn

    from uniadgen.model.background_encoder import BackgroundEncoder

SCENE_FACETS = ("family", "palette", "light")
WEIGHT_DECAY = 1e-3  # of a classifier
EXCHANGES = 3


@dataclass(frozen=True)
class FacetClassifier:
    """Tells one facet of an ad: a linear layer on the background encoder's features.

    accuracy: on `n` creatives of the split that is evaluated, none of which it was fitted on.
    """

    classes: list[str]
    mean: NDArray[np.float32]  # of the features it was fitted on, and their deviation
    deviation: NDArray[np.float32]
    layer: "nn.Linear"
    accuracy: float
    n: int

    def __call__(self, values: NDArray[np.float32]) -> list[str]:
        """The likeliest classes of pictures by their features [N, features]."""
        import torch

        logits = self.layer(torch.from_numpy((values - self.mean) / self.deviation))
        return [self.classes[i] for i in logits.argmax(1).tolist()]


def scene_classifiers(judge: Judge) -> dict[str, FacetClassifier] | None:
    """The classifiers of SCENE_FACETS, fitted once for all systems; None for data without labels."""
    classifiers: dict[str, FacetClassifier] | None = judge.once(
        "facet classifiers", lambda: _fit_all(judge.data, judge.encoder, judge.split)
    )
    return classifiers


def _fit_all(data: Path, encoder: "BackgroundEncoder", split: str) -> dict[str, FacetClassifier] | None:
    from uniadgen.data.labels import open_labels
    from uniadgen.data.layout import iter_rows

    labels = open_labels(data).creatives
    vectors: dict[str, list[NDArray[np.float32]]] = {"fit": [], "judge": []}
    names: dict[str, list[str]] = {"fit": [], "judge": []}
    part: list[tuple[str, str, Image.Image]] = []

    def flush() -> None:
        if part:
            for (use, name, _), vector in zip(part, features(encoder, (picture for _, _, picture in part)), strict=True):
                vectors[use].append(vector)
                names[use].append(name)
            part.clear()

    for row in iter_rows(data, "creatives", ("id", "split", "ad"), 64):
        use = {"train": "fit", split: "judge"}.get(row["split"])
        if row["id"] in labels and use is not None:
            picture = flatten(load_stored(row["ad"], f"creative {quoted(row['id'])}", VIEWED_PIXELS))
            part.append((use, row["id"], picture))
        if len(part) == 64:
            flush()
    flush()
    if not vectors["fit"] or not vectors["judge"]:
        return None
    behind_others, scenes = _exchanged(data, encoder, set(labels))
    fitted, judged = np.concatenate([np.stack(vectors["fit"]), behind_others]), np.stack(vectors["judge"])
    mean, deviation = fitted.mean(0), fitted.std(0) + 1e-6
    classifiers = {}
    for facet in SCENE_FACETS:
        classes_of = [labels[name][facet] for name in (*names["fit"], *scenes)]
        classes = sorted(set(classes_of))
        layer = _fitted((fitted - mean) / deviation, [classes.index(name) for name in classes_of], len(classes))
        guessed = FacetClassifier(classes, mean, deviation, layer, 0.0, 0)(judged)
        right = float(np.mean([guess == labels[name][facet] for guess, name in zip(guessed, names["judge"], strict=True)]))
        classifiers[facet] = FacetClassifier(classes, mean, deviation, layer, right, len(judged))
    return classifiers


def _fitted(vectors: NDArray[np.float32], classes: Sequence[int], count: int) -> "nn.Linear":
    """A linear layer that tells the classes of vectors [N, features]."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    x, y = torch.from_numpy(vectors), torch.tensor(classes)
    layer = nn.Linear(x.shape[1], count)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> "Tensor":
        optimiser.zero_grad()
        value = F.cross_entropy(layer(x), y) + WEIGHT_DECAY * layer.weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return layer.requires_grad_(False)


def _exchanged(data: Path, encoder: "BackgroundEncoder", some_ids: set[str]) -> tuple[NDArray[np.float32], list[str]]:
    """Features of the scenes of the split train behind EXCHANGES other products each, and the creatives they belong to."""
    from uniadgen.data.plates import load_plates

    plates = load_plates(data, ("train",))
    rows, products = [row for row, name in enumerate(plates.ids) if name in some_ids], sorted(plates.cutouts)
    rng = np.random.default_rng(0)
    chosen = [(row, products[int(rng.integers(len(products)))]) for _ in range(EXCHANGES) for row in rows]
    return features(encoder, (plates.ad(row, product) for row, product in chosen)), [plates.ids[row] for row, _ in chosen]


# Text styles -------------------------------------------------------------------------------------------------------------

_OPENINGS, _CLOSINGS = "[(【（", "])】）"
# Full-width marks are the Chinese form of the same style.
_PLAIN = {"，": ",", "｜": "|", "！": "!", "【": "[", "】": "]", "（": "(", "）": ")", "(": "(", ")": ")"}


def text_form(text: str, points: Sequence[tuple[str, str]]) -> list[str]:
    """A title as its types of selling points and its marks, in order. points: (text, type)."""
    form, place = [], 0
    longest_first = sorted(points, key=lambda point: -len(point[0]))
    folded = text.casefold()
    while place < len(text):
        point = next((p for p in longest_first if p[0] and folded.startswith(p[0].casefold(), place)), None)
        if point is not None:
            form.append(point[1])
            place += len(point[0])
            continue
        mark = _PLAIN.get(text[place], text[place])
        if mark in ",|-![]()":
            form.append(mark)
        place += 1
    return form


def text_style(text: str, points: Sequence[tuple[str, str]]) -> str:
    """The style of PAd-Synth that a title comes nearest to, by the fewest changes of its form."""
    from uniadgen.padsynth.titles import STYLES

    kinds_of, there = text_form(text, points), {kind for _, kind in points}
    features_told = kinds_of.count("feature")

    def form(name: str) -> list[str]:
        parts: list[str] = []
        for part in STYLES[name].parts:
            items = [(before, slot) for before, slot in part.items if slot in there]
            if not items:
                continue
            inner = [piece for n, (before, slot) in enumerate(items) for piece in ([*_marks(before)] if n else []) + [slot]]
            lead = _marks(part.lead) if parts else []
            parts += [*lead, *(_marks(part.opening)), *inner, *(_marks(_closing(part.opening)))]
        return [*parts, "!"] if STYLES[name].emphasis else parts

    # A title that tells fewer features than the style has places for is not another style for that.
    def distance(name: str) -> tuple[float, str]:
        theirs = form(name)
        while theirs.count("feature") > max(1, features_told):
            theirs.reverse()
            theirs.remove("feature")
            theirs.reverse()
        return _edits(kinds_of, theirs) / max(len(kinds_of), len(theirs), 1), name

    possible = [name for name, style in STYLES.items() if style.marked <= there]
    return min(map(distance, possible or STYLES))[1]


def _marks(text: str) -> list[str]:
    return [mark for mark in (_PLAIN.get(c, c) for c in text) if mark in ",|-![]()"]


def _closing(opening: str) -> str:
    return _CLOSINGS[_OPENINGS.index(opening)] if opening else ""


def _edits(first: Sequence[str], second: Sequence[str]) -> int:
    """Insertions, deletions and exchanges that make one sequence of the other."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
