"""What scene codes tell, in the judge's labels of PAd-Synth, which no encoder has seen.

    python benchmarks/scene_codes.py DATA --encoder runs/scenes/scenes.safetensors --sheet sheet.png

Held-out ads, as they are clicked, look for the plates of the split train: the share of the 5 nearest with the same family,
palette and light, beside what the background encoder behind PBS finds, and what chance would. Of each level: how much its codes
have in common with each label (normalised mutual information, and what is left of it when labels are shuffled), how many of its
codes are in use (perplexity), and how many ads have the code of their own plate. Of shoppers: the share of their clicks of the
target's department that have the code of the plate that they went on to click, beside that of somebody else's clicks: what a
decoder that points at clicks can gain. And how well the clicks tell which plate of an unseen product is clicked next, in nats
above chance: by embeddings and, as the most that can be told, by the labels. --sheet: held-out ads, each with
its nearest plates.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from uniadgen.data.labels import open_labels
from uniadgen.data.layout import iter_rows, targets_of
from uniadgen.data.scene_codes import ad_picture, background, scene_rows
from uniadgen.errors import InputError
from uniadgen.loading.background_encoder import load_encoder
from uniadgen.loading.scene_encoder import load_scene_encoder
from uniadgen.metrics.pbs import embeddings
from uniadgen.model.pixels import to_image, to_pixels
from uniadgen.model.scene import FACETS, SceneEncoder
from uniadgen.training import scene_encoder as scenes

LABELS = ("family", "palette", "light")
NEIGHBOURS = 5
SIDE = 128  # px of the pictures that are compared, and of those on a sheet
Labels = Mapping[str, NDArray[np.str_]]
Embed = Callable[[Iterator[Image.Image]], NDArray[np.float32]]


@dataclass(frozen=True)
class Labelled:
    """Creatives with their pictures and labels, row by row."""

    ads: list[Image.Image]
    plates: list[Image.Image]
    products: list[str]
    train: NDArray[np.bool_]
    labels: Labels
    shoppers: list[tuple[list[int], int]]  # clicks of the department of the creative that was clicked next, and that one


def read(data: Path) -> Labelled:
    """Raises InputError for data without labels, as those of shops are."""
    labels = open_labels(data).creatives
    if not labels:
        raise InputError(f"data folder {data}: its creatives have no labels, as only PAd-Synth has")
    ads, plates, products, train, summary, departments = [], [], [], [], [], []
    places: dict[str, int] = {}
    for row, cutout in scene_rows(data, ("split", "department")):
        ads.append(to_image(to_pixels(ad_picture(row), SIDE)))
        plates.append(to_image(background(row, SIDE, cutout)))
        products.append(row["product_id"])
        train.append(row["split"] == "train")
        summary.append(labels[row["id"]])
        places[row["id"]] = len(places)
        departments.append(row["department"])
    shoppers = [
        ([places[name] for name in clicks if departments[places[name]] == departments[places[target]]], places[target])
        for user in iter_rows(data, "users", ("clicks", "target"))
        for clicks, target in [list(targets_of(user))[-1]]
    ]
    shoppers = [(clicks, target) for clicks, target in shoppers if clicks]
    by_label = {name: np.array([row[name] for row in summary]) for name in LABELS}
    return Labelled(ads, plates, products, np.array(train), by_label, shoppers)


def neighbours(queries: NDArray[np.float32], labelled: NDArray[np.float32]) -> NDArray[np.int64]:
    """Unit vectors [Q, E] and [K, E] -> the nearest known ones of each query [Q, NEIGHBOURS], nearest first."""
    return np.argsort(-queries @ labelled.T, axis=1, kind="stable")[:, :NEIGHBOURS]


def agreement(rows_: NDArray[np.int64], queries: NDArray[np.str_], labelled: NDArray[np.str_]) -> float:
    """The share of neighbours with the label of their query."""
    return float((labelled[rows_] == queries[:, None]).mean())


def chance(queries: NDArray[np.str_], labelled: NDArray[np.str_]) -> float:
    """What agreement would be with neighbours at random."""
    return float(np.mean([(labelled == label).mean() for label in queries]))


def information(codes: NDArray[np.int64], labels: NDArray[np.str_]) -> float:
    """Normalised mutual information of two groupings: 0 for independent ones, 1 for the same."""
    joint = np.zeros((len(np.unique(codes)), len(np.unique(labels))))
    np.add.at(joint, (np.unique(codes, return_inverse=True)[1], np.unique(labels, return_inverse=True)[1]), 1 / len(codes))
    first, second, both = (entropy(p) for p in (joint.sum(1), joint.sum(0), joint.ravel()))
    return (first + second - both) / max((first + second) / 2, 1e-9)


def entropy(shares: NDArray[np.float64]) -> float:
    used = shares[shares > 0]
    return float(-(used * np.log(used)).sum())


def table(title: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(title), ["---"] * len(title), *cells])


def report(labelled: Labelled, encoder: SceneEncoder, embed: Mapping[str, Embed]) -> str:
    """The tables, as Markdown."""
    train, unseen, labels = labelled.train, ~labelled.train, labelled.labels
    rows: list[list[object]] = []
    for name, embedded in embed.items():
        queries = embedded(ad for ad, kept in zip(labelled.ads, unseen, strict=True) if kept)
        rows_ = neighbours(queries, embedded_train(labelled, embedded))
        rows.append([name, *(agreement(rows_, labels[label][unseen], labels[label][train]) for label in LABELS)])
    rows.append(["chance", *(chance(labels[label][unseen], labels[label][train]) for label in LABELS)])
    summary = table([f"{unseen.sum()} held-out ads: the {NEIGHBOURS} nearest of {train.sum()} plates share", *LABELS], rows)

    ads, plates = (codes_of(encoder, pictures) for pictures in (labelled.ads, labelled.plates))
    shuffled = {label: np.random.default_rng(0).permutation(labels[label]) for label in LABELS}
    levels: list[list[object]] = []
    for level, (of_ads, of_plates) in enumerate(zip(ads.T, plates.T, strict=True), 1):
        told_of = [(information(of_plates, labels[label]), information(of_plates, shuffled[label])) for label in LABELS]
        same = of_ads == of_plates
        used = float(np.exp(entropy(np.bincount(of_plates) / len(of_plates))))
        informed = [f"{true:.3f} ({false:.3f})" for true, false in told_of]
        levels.append([f"level {level}", *informed, used, float(same[train].mean()), float(same[unseen].mean())])
    title = ["codes of plates: information about (shuffled)", *LABELS, "perplexity", "ad as its plate", "the same, held out"]
    alike = {name: embedded(iter(labelled.ads)) @ embedded(iter(labelled.plates)).T for name, embedded in embed.items()}
    alike["the labels"] = sum((labels[label][:, None] == labels[label]).astype(np.float32) for label in LABELS) / len(LABELS)
    gained = [[name, nats_above_chance(labelled, similarity)] for name, similarity in alike.items()]
    choices = table(["which plate of an unseen product is clicked", "nats above chance"], gained)
    return "\n\n".join((summary, table(title, levels), shoppers_table(labelled.shoppers, ads, plates), choices))


def nats_above_chance(labelled: Labelled, similarity: NDArray[np.float32]) -> float:
    """How well clicks tell which plate of an unseen product is clicked: by the mean similarity of the clicked ads to each of
    its plates, at the best of a few temperatures. similarity [creatives, creatives]: of ads to plates."""
    siblings: dict[str, list[int]] = {}
    for row, product in enumerate(labelled.products):
        siblings.setdefault(product, []).append(row)
    cases = [
        (similarity[np.ix_(clicks, plates)].mean(0), plates.index(target))
        for clicks, target in labelled.shoppers
        if not labelled.train[target]
        for plates in [siblings[labelled.products[target]]]
    ]
    return max(float(np.mean([gain(scale * scores, target) for scores, target in cases])) for scale in (1, 2, 4, 8, 16, 32, 64))


def gain(logits: NDArray[np.float32], target: int) -> float:
    """Nats by which a softmax beats chance."""
    return float(logits[target] - np.log(np.exp(logits - logits.max()).sum()) - logits.max() + np.log(len(logits)))


def shoppers_table(shoppers: Sequence[tuple[list[int], int]], ads: NDArray[np.int64], plates: NDArray[np.int64]) -> str:
    """By level: the mean share of clicks that have the target's code, own clicks and those of the next shopper."""
    rows: list[list[object]] = []
    targets = np.array([target for _, target in shoppers])
    for level in range(ads.shape[1]):
        row: list[object] = [f"level {level + 1}"]
        for histories in (shoppers, [*shoppers[1:], *shoppers[:1]]):
            summary = zip(histories, plates[targets, level], strict=True)
            row.append(float(np.mean([(ads[clicks, level] == code).mean() for (clicks, _), code in summary])))
        rows.append(row)
    return table([f"{len(shoppers)} shoppers: clicks with the target's code", "own", "somebody else's"], rows)


def facet_of(encoder: SceneEncoder, facet: int, pictures: Iterator[Image.Image]) -> NDArray[np.float32]:
    vectors = np.split(scenes.embeddings(encoder, pictures), len(FACETS), 1)[facet]
    return vectors * len(FACETS) ** 0.5  # of length 1


def codes_of(encoder: SceneEncoder, pictures: Sequence[Image.Image]) -> NDArray[np.int64]:
    """[pictures, levels]"""
    codes: NDArray[np.int64] = encoder.codes(torch.from_numpy(scenes.embeddings(encoder, iter(pictures)))).numpy()
    return codes


def embedded_train(labelled: Labelled, embedded: Embed) -> NDArray[np.float32]:
    return embedded(plate for plate, kept in zip(labelled.plates, labelled.train, strict=True) if kept)


def sheet(labelled: Labelled, embedded: Embed, count: int) -> Image.Image:
    """Held-out ads, one a row, each with its nearest plates of the split train."""
    ads = [ad for ad, kept in zip(labelled.ads, labelled.train, strict=True) if not kept]
    plates = [plate for plate, kept in zip(labelled.plates, labelled.train, strict=True) if kept]
    chosen = [ads[i] for i in np.unique(np.linspace(0, len(ads) - 1, count).astype(int))]
    rows_ = neighbours(embedded(iter(chosen)), embedded(iter(plates)))
    canvas = Image.new("RGB", ((NEIGHBOURS + 1) * (SIDE + 4), len(chosen) * (SIDE + 4)), "white")
    for row, (ad, near) in enumerate(zip(chosen, rows_, strict=True)):
        for column, picture in enumerate([ad, *(plates[i] for i in near)]):
            canvas.paste(picture, (column * (SIDE + 4), row * (SIDE + 4)))
    return canvas


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoder", type=Path, required=True, metavar="FILE", help="what `train scenes` wrote")
    parser.add_argument("--sheet", type=Path, metavar="PNG")
    given = parser.parse_args(arguments)
    encoder, background_encoder, labelled = load_scene_encoder(given.encoder), load_encoder(), read(given.data)
    embed: dict[str, Embed] = {
        "scene encoder": lambda pictures: scenes.embeddings(encoder, pictures),
        **{f"its {name}": partial(facet_of, encoder, facet) for facet, name in enumerate(FACETS)},
        "background encoder (PBS)": lambda pictures: embeddings(background_encoder, pictures),
    }
    print(report(labelled, encoder, embed))
    if given.sheet is not None:
        sheet(labelled, embed["scene encoder"], 16).save(given.sheet)


if __name__ == "__main__":
    main()
