"""PBS, Product Background Similarity: the cosine between background embeddings of two pictures, -1..1, higher is closer."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.errors import InputError
from uniadgen.files import write_text
from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.background_features import embeddings, encoder_digest, project
from uniadgen.metrics.judged import SUFFIXES, Ads
from uniadgen.metrics.metric import Figure, Metric, Scores
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.model.background_encoder import BackgroundEncoder


@dataclass(frozen=True)
class FolderScores:
    """PBS of the pictures that two folders have in common, by file name, and the names that only one of them has."""

    names: list[str]
    scores: NDArray[np.float64]
    only_a: list[str]
    only_b: list[str]

    def summary(self) -> dict[str, float]:
        return {
            "n": len(self.scores),
            "mean": float(self.scores.mean()),
            "deviation": float(self.scores.std()),
            "lowest": float(self.scores.min()),
            "highest": float(self.scores.max()),
        }


def pbs(
    encoder: "BackgroundEncoder", first: Sequence[Image.Image], second: Sequence[Image.Image], batch: int = 64
) -> NDArray[np.float64]:
    """PBS of pairs of pictures: [N]."""
    if len(first) != len(second):
        raise ValueError(f"pairs are needed, not {len(first)} and {len(second)} pictures")
    product = embeddings(encoder, first, batch).astype(np.float64) * embeddings(encoder, second, batch)
    return np.clip(product.sum(1), -1, 1)


def folder_scores(encoder: "BackgroundEncoder", a: Path, b: Path, batch: int = 64) -> FolderScores:
    """Pairs pictures whose names agree up to their suffix. Raises InputError for folders without a pair."""
    first, second, names = paired(a, b)
    embedded = [
        embeddings(encoder, (load_rgb(files[name], quoted(files[name])) for name in names), batch) for files in (first, second)
    ]
    scores = np.clip((embedded[0].astype(np.float64) * embedded[1]).sum(1), -1, 1)
    lonely = [sorted(files[name].name for name in set(files) - set(names)) for files in (first, second)]
    return FolderScores([first[name].name for name in names], scores, *lonely)


def write_csv(path: Path, scores: FolderScores) -> None:
    """Columns filename and pbs; a name that isn't UTF-8 is written as the bytes that it is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["filename", "pbs"])
    writer.writerows([name, f"{score:.6f}"] for name, score in zip(scores.names, scores.scores, strict=True))
    write_text(path, text.getvalue(), "argument --out")


def paired(a: Path, b: Path) -> tuple[dict[str, Path], dict[str, Path], list[str]]:
    """The pictures of two folders by name without suffix, and the names that both have. Raises InputError without a pair."""
    first, second = _pictures(a, "--a"), _pictures(b, "--b")
    names = sorted(set(first) & set(second))
    if not names:
        raise InputError(f"folders {quoted(a)} and {quoted(b)}: no file name is in both; name the pictures of a pair alike")
    return first, second, names


def _pictures(folder: Path, option: str) -> dict[str, Path]:
    try:
        files = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    except OSError:
        raise InputError(f"argument {option}: {quoted(folder)} is no readable folder; name a folder of pictures") from None
    if not files:
        raise InputError(f"argument {option}: {quoted(folder)} has no pictures ({', '.join(sorted(SUFFIXES))})")
    paths: dict[str, Path] = {}
    for path in sorted(files):
        if path.stem in paths:
            raise InputError(f"argument {option}: {quoted(folder)} has {path.name} and {paths[path.stem].name}; keep one")
        paths[path.stem] = path
    return paths


def of_ads(ads: Ads) -> Scores:
    encoder, cases = ads.judge.encoder, ads.cases
    key = "true embeddings", tuple(case.id for case in cases)
    true = ads.judge.once(key, lambda: embeddings(encoder, (case.true_ad for case in cases)))
    likeness = (project(encoder, ads.features) * true).sum(1)
    signature = f"PBS|background encoder {encoder_digest(encoder)}|cosine to the true ad|mean over ads"
    return Scores([{"pbs": float(np.clip(value, -1, 1))} for value in likeness], {"pbs": signature})


METRIC = Metric(
    name="pbs",
    what="background similarity of pictures with the same name",
    figures=(
        Figure(
            "pbs",
            "PBS",
            "compares the background of an ad with that of the ad the shopper truly clicked; the product does not count. "
            "1 is the same background.",
            "Pictures",
            follows_taste=True,
        ),
    ),
    needs=("ad",),
    order=10,
    of_ads=of_ads,
)
