"""What figures of whole sets of pictures are computed from: features of painted ones, and of real ones of a data set.

KID, memorised and diversity are functions of `PictureFeatures` alone, each in its own file. Embedded are pictures
by the background encoder's backbone, before its projection: the judge's encoder, with which no model is trained.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.errors import InputError
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import load_rgb, load_stored
from uniadgen.metrics.background_features import encoder_digest, features
from uniadgen.metrics.judged import SUFFIXES, Judge, TooFew
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.model.background_encoder import BackgroundEncoder

Kind = Literal["plate", "ad"]
Seen = tuple[Image.Image, tuple[float, float, float, float] | None]  # a picture; left, top, width, height of its product, 0..1
SMALL = 32  # px of the thumbnails
BACKGROUND = ".background"  # ends the stem of what an ad was composed on


class NoRealPictures(InputError):
    """A data set has no pictures of a kind in a split."""


@dataclass(frozen=True)
class PictureFeatures:
    """N pictures. embedded [N, D]; small [N, SMALL * SMALL, 3], 0..255; background [N, SMALL * SMALL], false where the product
    stands."""

    embedded: NDArray[np.float32]
    small: NDArray[np.uint8]
    background: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.embedded)


def picture_features(encoder: "BackgroundEncoder", pictures: Iterable[Seen], batch: int = 64) -> PictureFeatures:
    """Describes pictures one batch at a time. Raises TooFew without any."""
    parts: list[PictureFeatures] = []
    waiting = iter(pictures)
    while some := list(islice(waiting, batch)):
        images = [picture.convert("RGB") for picture, _ in some]
        parts.append(
            PictureFeatures(
                features(encoder, images),
                np.stack([np.asarray(i.resize((SMALL, SMALL), Image.Resampling.BOX)).reshape(-1, 3) for i in images]),
                np.stack([background_mask(box) for _, box in some]),
            )
        )
    if not parts:
        raise TooFew("no pictures")
    return join(parts)


def join(parts: Iterable[PictureFeatures]) -> PictureFeatures:
    fields = zip(*((p.embedded, p.small, p.background) for p in parts), strict=True)
    return PictureFeatures(*(np.concatenate(values) for values in fields))


def background_mask(box: tuple[float, float, float, float] | None) -> NDArray[np.bool_]:
    mask = np.ones((SMALL, SMALL), bool)
    if box is not None:
        left, top, width, height = (value * SMALL for value in box)
        mask[max(0, int(top)) : max(0, int(np.ceil(top + height))), max(0, int(left)) : max(0, int(np.ceil(left + width)))] = (
            False
        )
    return mask.reshape(-1)


def standardiser(real: PictureFeatures) -> Callable[[PictureFeatures], NDArray[np.float32]]:
    """Puts embeddings into units of the real pictures' deviation, each feature about their mean."""
    mean, deviation = real.embedded.mean(0), real.embedded.std(0) + 1e-6
    return lambda pictures: (pictures.embedded - mean) / deviation


def encoder_signature(encoder: "BackgroundEncoder") -> str:
    """Which features these are: of the encoder behind PBS, before its projection."""
    return f"features:PBS background encoder {encoder_digest(encoder)}, before projection, {encoder.described}"


# What a metric of a set is given ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PictureSet:
    """All pictures of a system or of a folder, and the real ones of a data set that they are held against.

    pictures: yields them anew with each call. groups: by name, groups of pictures that are to differ. beside: the split of
    other real pictures. Features of real pictures are computed once for a judge.
    """

    judge: Judge
    kind: Kind
    pictures: Callable[[], Iterable[Seen]]
    groups: Mapping[str, Sequence[Callable[[], Iterable[Seen]]]] = field(default_factory=dict)
    beside: str = "val"

    @cached_property
    def features(self) -> PictureFeatures:
        """Raises TooFew without pictures."""
        return picture_features(self.judge.encoder, self.pictures())

    def group_features(self, name: str) -> list[PictureFeatures]:
        return [picture_features(self.judge.encoder, group()) for group in self.groups[name]]

    def real_pictures(self) -> Iterator[Image.Image]:
        """Raises NoRealPictures where the data set has none."""
        return (picture for picture, _ in real_pictures(self.judge.data, self.judge.split, self.kind))

    @property
    def real(self) -> PictureFeatures:
        """Of the split that is judged. Raises NoRealPictures where it has none."""
        return real_features(self.judge, self.judge.split, self.kind)

    @property
    def real_beside(self) -> PictureFeatures:
        return real_features(self.judge, self.beside, self.kind)

    @property
    def train(self) -> PictureFeatures:
        return real_features(self.judge, "train", self.kind)

    @property
    def signature(self) -> str:
        """Of the features."""
        signature: str = self.judge.once("encoder signature", lambda: encoder_signature(self.judge.encoder))
        return signature


def real_features(judge: Judge, split: str, kind: Kind) -> PictureFeatures:
    """Of a split's plates or ads. Raises NoRealPictures where it has none."""
    features: PictureFeatures = judge.once(
        ("real features", split, kind), lambda: picture_features(judge.encoder, real_pictures(judge.data, split, kind))
    )
    return features


# The pictures ------------------------------------------------------------------------------------------------------------


def real_pictures(data: Path, split: str, kind: Kind = "plate") -> Iterator[Seen]:
    """Plates, or finished ads, of a split, with the boxes of their products. Raises NoRealPictures where there are none."""
    from uniadgen.data.layout import check_split, empty_split, iter_rows

    check_split(split)
    any_read = False
    for row in iter_rows(data, "creatives", ("id", "split", "placement", kind), 64):
        if row["split"] == split and row[kind] is not None:
            any_read = True
            picture = flatten(load_stored(row[kind], f"creative {quoted(row['id'])}, {kind}"))
            yield picture, tuple(row["placement"]) if row["placement"] else None
    if not any_read:
        raise NoRealPictures(empty_split(data, split, f"{kind}s"))


def folder_pictures(folder: Path, kind: Kind = "plate") -> Iterator[Seen]:
    """The pictures of a folder by name. Of ads that `generate` or `evaluate` wrote their backgrounds for plates, and the ads
    themselves for ads; where the product stands is read from their records. Raises InputError."""
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    except OSError:
        raise InputError(f"argument --pictures: {quoted(folder)} is no readable folder; name a folder of pictures") from None
    backgrounds = [p for p in files if p.stem.endswith(BACKGROUND)]
    chosen = backgrounds if kind == "plate" and backgrounds else [p for p in files if p not in backgrounds]
    if not chosen:
        raise InputError(f"argument --pictures: {quoted(folder)} has no pictures ({', '.join(sorted(SUFFIXES))})")
    for path in chosen:
        picture = load_rgb(path, quoted(path))
        yield picture, _recorded_box(path.with_name(path.stem.removesuffix(BACKGROUND) + ".json"), picture.size)


def _recorded_box(record: Path, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Where the product stands by an ad's record; None where there is none."""
    try:
        place = json.loads(record.read_text("utf-8"))["placement"]
        left, top, width, height = (float(place[name]) for name in ("left", "top", "width", "height"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return left / size[0], top / size[1], width / size[0], height / size[1]
