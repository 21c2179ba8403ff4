"""Pigeon (WWW 2025) makes pictures from pictures; it needs its own code and weights (LaVIT, SDXL), so it runs where these are.

`baselines export pigeon` writes its data set in the scenario "movie": five clicked pictures, then the product on white as the
reference. `baselines run pigeon --outputs FOLDER` takes what its inference.py has saved.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from uniadgen.baselines import Baseline, Made, Prepared, Settings, Task
from uniadgen.baselines.exchange import imported
from uniadgen.errors import InputError
from uniadgen.files import make_folder, write_text
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import load_rgb
from uniadgen.words import clean_text, quoted

HISTORY, GENRE, SIDE = 5, 0, 512
SHOPPERS = "shoppers.json"


def export(tasks: Sequence[Task], out: Path, settings: Settings) -> None:
    """out/images/N.jpg and out/processed_seq/*.npy as its README describes them; shoppers.json says whose number is whose.

    Raises InputError when a shopper has clicked nothing: the system has no general ads.
    """
    images, sequences = out / "images", out / "processed_seq"
    make_folder(images)
    make_folder(sequences)
    titles: list[str] = []

    def add(picture: Image.Image, title: str) -> int:
        name = len(titles)
        titles.append(clean_text(title))
        ImageOps.pad(picture.convert("RGB"), (SIDE, SIDE), color="white").save(images / f"{name}.jpg", quality=95)
        return name

    tests: dict[int, dict[int, list[list[int]]]] = {}
    numbers: dict[int, str] = {}
    for user, task in enumerate(tasks):
        history, product = task.request.history, task.request.product
        if not history or not isinstance(product.image, Image.Image):
            raise InputError(f"shopper {quoted(task.id)}: has clicked nothing, and pigeon makes no general ads; leave them out")
        latest = history[-HISTORY:]
        # its batches have one length; who has clicked less has clicked the oldest more often
        latest = [latest[0]] * (HISTORY - len(latest)) + latest
        clicked = [add(load_rgb(click.image, f"shopper {task.id}"), click.text) for click in latest]
        target = add(flatten(product.image), product.description)
        tests[user] = {GENRE: [[*clicked, target]]}
        numbers[user] = task.id
    movies = {number: {"title": title, "genres": "ad", "intro": title} for number, title in enumerate(titles)}
    arrays = {
        "all_image_paths": np.array([f"{number}.jpg" for number in range(len(titles))]),
        "movie_semantics": np.array(titles),
        "mapped_movies": np.array(movies, dtype=object),
        "test": np.array(tests, dtype=object),
        "user_seq_dict": np.array({user: {GENRE: genres[GENRE][0]} for user, genres in tests.items()}, dtype=object),
    }
    for name, array in arrays.items():
        np.save(sequences / f"{name}.npy", array)
    write_text(out / SHOPPERS, json.dumps(numbers, indent=2) + "\n")


def prepared(settings: Settings) -> Prepared:
    if settings.outputs is None:
        raise InputError(
            "argument --outputs: pigeon runs where its own code is; `uniadgen baselines export pigeon` writes its inputs, and "
            "--outputs names the folder that its inference.py has filled"
        )
    folder = settings.outputs
    users = _users(folder)
    return imported(folder, lambda root, task: picture_of(root, users.get(task.id)), _taken)


def _users(folder: Path) -> dict[str, str]:
    """Its number of each shopper, by the file that was exported; that has to be copied beside its pictures."""
    path = folder / SHOPPERS
    try:
        numbers = json.loads(path.read_text("utf-8"))
        if not isinstance(numbers, dict) or not all(isinstance(name, str) for name in numbers.values()):
            raise ValueError("no mapping")
    except (OSError, ValueError, RecursionError):
        raise InputError(
            f"argument --outputs: {quoted(path)} is missing or no such file; copy it there from the exported folder"
        ) from None
    return {name: user for user, name in numbers.items()}


def picture_of(folder: Path, user: str | None) -> Path | None:
    """The first picture of the first sequence, in FOLDER/USER/TARGET/GENRE/SEQUENCE/0.jpg."""
    if user is None or not user.isdecimal():
        return None
    return next(iter(sorted((folder / user).glob(f"*/{GENRE}/0/0.jpg"))), None)


def _taken(task: Task, picture: Image.Image) -> Made:
    latest = range(max(0, len(task.request.history) - HISTORY), len(task.request.history))
    return Made(picture=picture, clicks=tuple(latest))


BASELINE = Baseline(
    "pigeon",
    "Pigeon paints from the latest five clicked pictures and the product's, where its own code is installed",
    "picture",
    needs="its public code and checkpoint, LaVIT-7B and SDXL (their licences), and a GPU that it runs on; --outputs",
    options=("outputs",),
    prepare=prepared,
    export=export,
    runs="elsewhere",
)
