"""Scene hit: the share of ads whose scene family the shopper prefers for the product's department.

The family is told by a linear classifier on the background encoder's features, fitted on rendered ads of the split train.
Families and tastes are labels of PAd-Synth: other data have no scene hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import VIEWED_PIXELS, load_stored
from uniadgen.metrics.metric import Ads, Figure, Metric, Scores
from uniadgen.metrics.pbs import features
from uniadgen.words import quoted

if TYPE_CHECKING:
    from torch import Tensor, nn

    from uniadgen.model.background_encoder import BackgroundEncoder

WEIGHT_DECAY = 1e-3  # of the classifier
EXCHANGES = 3


@dataclass(frozen=True)
class SceneClassifier:
    """Tells the scene family of an ad: a linear layer on the background encoder's features.

    accuracy: on `n` creatives of the split that is evaluated, none of which it was fitted on.
    """

    families: list[str]
    mean: NDArray[np.float32]  # of the features it was fitted on, and their deviation
    deviation: NDArray[np.float32]
    layer: "nn.Linear"
    accuracy: float
    n: int

    def __call__(self, values: NDArray[np.float32]) -> list[str]:
        """The families of pictures by their features [N, features]."""
        import torch

        logits = self.layer(torch.from_numpy((values - self.mean) / self.deviation))
        return [self.families[i] for i in logits.argmax(1).tolist()]


def fit_scene_classifier(data: Path, encoder: "BackgroundEncoder", split: str) -> SceneClassifier | None:
    """Fitted on the ads of the split train, and on their plates behind EXCHANGES other products each, so that products don't
    count; judged on the ads of `split`. None for data without scene families."""
    from uniadgen.data.labels import open_labels
    from uniadgen.data.layout import iter_rows

    vectors: dict[str, list[NDArray[np.float32]]] = {"fit": [], "judge": []}
    names: dict[str, list[str]] = {"fit": [], "judge": []}
    rows, labels = iter_rows(data, "creatives", ("id", "split", "ad"), 64), open_labels(data).creatives
    part: list[tuple[str, str, Image.Image]] = []

    def flush() -> None:
        if part:
            rows = features(encoder, (picture for _, _, picture in part))
            for (use, family, _), vector in zip(part, rows, strict=True):
                vectors[use].append(vector)
                names[use].append(family)
            part.clear()

    for row in rows:
        use = {"train": "fit", split: "judge"}.get(row["split"])
        if row["id"] in labels and use is not None:
            picture = flatten(load_stored(row["ad"], f"creative {quoted(row['id'])}", VIEWED_PIXELS))
            part.append((use, labels[row["id"]]["family"], picture))
        if len(part) == 64:
            flush()
    flush()
    if not vectors["fit"] or not vectors["judge"]:
        return None
    with_others, families_behind = _exchanged(data, encoder)
    vectors["fit"] += list(with_others)
    names["fit"] += families_behind
    families = sorted(set(names["fit"]))
    fitted = np.stack(vectors["fit"])
    mean, deviation = fitted.mean(0), fitted.std(0) + 1e-6
    layer = _fitted((fitted - mean) / deviation, [families.index(name) for name in names["fit"]], len(families))
    classifier = SceneClassifier(families, mean, deviation, layer, 0.0, len(vectors["judge"]))
    guessed = classifier(np.stack(vectors["judge"]))
    right = float(np.mean([a == b for a, b in zip(guessed, names["judge"], strict=True)]))
    return replace(classifier, accuracy=right)


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


def _exchanged(data: Path, encoder: "BackgroundEncoder") -> tuple[NDArray[np.float32], list[str]]:
    """Features of the scenes of the split train behind other products, and their families."""
    from uniadgen.data.labels import open_labels
    from uniadgen.data.plates import load_plates

    plates = load_plates(data, ("train",))
    family = {name: row["family"] for name, row in open_labels(data).creatives.items()}
    labelled, products = [row for row, name in enumerate(plates.ids) if name in family], sorted(plates.cutouts)
    rng = np.random.default_rng(0)
    chosen = [(row, products[int(rng.integers(len(products)))]) for _ in range(EXCHANGES) for row in labelled]
    vectors = features(encoder, (plates.ad(row, product) for row, product in chosen))
    return vectors, [family[plates.ids[row]] for row, _ in chosen]


def of_ads(ads: Ads) -> Scores:
    """Of the shoppers whose taste for the department is known."""
    judge = ads.judge
    classifier: SceneClassifier | None = judge.once(
        "scene classifier", lambda: fit_scene_classifier(judge.data, judge.encoder, judge.split)
    )
    values: list[dict[str, float]] = [{} for _ in ads.cases]
    if classifier is None:
        return Scores(values, {}, {"scene_classifier": None})
    for number, (case, family) in enumerate(zip(ads.cases, classifier(ads.features), strict=True)):
        if case.taste is not None and case.department in case.taste["families"]:
            values[number]["scene_hit"] = float(family in case.taste["families"][case.department])
    method = f"linear classifier of {len(classifier.families)} families, right for {classifier.accuracy:.3f}"
    signature = f"scene hit|{method}|share of ads"
    about = {"scene_classifier": {"accuracy": classifier.accuracy, "n": classifier.n}}
    return Scores(values, {"scene_hit": signature}, about)


METRIC = Metric(
    name="scene-hit",
    what="share of ads in a kind of scene that the shopper prefers (PAd-Synth only)",
    figures=(
        Figure(
            "scene_hit",
            "scene hit",
            "is the share of ads in a kind of scene that the shopper prefers for this department; known, because PAd-Synth's "
            "shoppers have a known taste.",
            "Pictures",
            follows_taste=True,
        ),
    ),
    needs=("ad", "labels"),
    order=30,
    of_ads=of_ads,
)
