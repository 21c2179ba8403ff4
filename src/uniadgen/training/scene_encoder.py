"""Trains the scene encoder without any label, from pictures and from clicks.

Clicks tell which scenes are alike in taste: an ad's facets have to tell which creatives of other products its clickers chose
(`co_clicks.py`). And an ad must be known again by its plate, whatever product stands in it. Of each creative there are the ad
as somebody might have clicked it - cropped, exposed otherwise, blurred, compressed, and often with another product in its
place -, and its plate in three ways, one for each facet of an embedding:

    place       recoloured at random, so that only what kind of place it is can tell
    colours     in tiles that are shuffled and blurred, so that only colours and light can tell
    whole       as it is, changed no more than a photo's processing would

A plate's facets are read from these views for both objectives. In each facet the ad must be nearer to its own plate than to
those of the other creatives in the batch, of the same product among them, and the plate nearer to its ad (InfoNCE, van den
Oord et al., 2018). A product tells nothing about which plate it is, so it is not worth reading. Where a creative has no plate,
its ad with the product's place filled in stands for it.
Afterwards k-means over the facets of all ads and plates, and over what each level leaves, gives the codes.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps
from torch import Tensor, nn

from uniadgen.ads import Placement
from uniadgen.console import print_line
from uniadgen.data.augment import hue_matrix
from uniadgen.data.layout import iter_rows
from uniadgen.data.plates import fitted_to
from uniadgen.data.scene_codes import ad_picture, background, placed, scene_rows
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.loading import load_rgb
from uniadgen.model.pixels import to_image, to_pixels
from uniadgen.model.scene import FACETS, SceneEncoder
from uniadgen.training.co_clicks import CoClicks, CreativeFactors
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device
from uniadgen.words import quoted

TEMPERATURE = 0.1
CLICKS, CONTRAST = 10.0, 0.1  # weights of both objectives, where there are clicks
SIDE = 128  # px at which pictures are kept for views
MOST_CREATIVES = 50_000  # that are held in memory, about 12 kB each
SCENES_PER_PRODUCT = 4  # creatives of a product that are drawn together
OTHER_PRODUCT = 0.5  # share of ads whose product is exchanged
LEAST_CROP = 0.5  # of a picture's side
TILES = 4  # on a side of a shuffled plate
LOOKS = 256  # held-out creatives
ROUNDS, STARTS = 30, 4  # of k-means


@dataclass(frozen=True)
class Views:
    """Creatives as their scenes are learnt from; entry i of every list is creative i. Pictures are squares of SIDE px, in JPEG
    files, which take a fifth of their pixels' memory."""

    ads: list[bytes] = field(default_factory=list)
    plates: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    places: list[Placement | None] = field(default_factory=list)  # of the product; None where nothing can be exchanged
    cutouts: dict[str, Image.Image] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ads)

    def ad(self, row: int, product: str | None = None) -> Image.Image:
        """The ad, or its plate with another product, as large as its cut-out allows within the same box."""
        where = self.places[row]
        if product is None or where is None:
            return load_rgb(self.ads[row], "ad")
        cutout = self.cutouts[product]
        scale = min(where.width / cutout.width, where.height / cutout.height)
        width, height = max(1, round(cutout.width * scale)), max(1, round(cutout.height * scale))
        left, top = where.left + (where.width - width) // 2, where.top + where.height - height
        return compose(self.plate(row), cutout, Placement(left, top, width, height))

    def plate(self, row: int) -> Image.Image:
        return load_rgb(self.plates[row], "plate")


def load_views(data: Path, splits: Sequence[str]) -> Views:
    """The creatives of some splits, MOST_CREATIVES at most, and with one all of its product. Of what a data set knows, only
    pictures, cut-outs, places and ids of products are read.

    Raises InputError for pictures that are missing or broken, and where there are none.
    """
    gathered = Views()
    products = chosen_products(data, splits)
    for row, cutout in scene_rows(data, ("split",), lambda row: row["split"] in splits and row["product_id"] in products):
        ad = ad_picture(row)
        gathered.ads.append(packed(to_image(to_pixels(ad, SIDE))))
        gathered.plates.append(packed(to_image(background(row, SIDE, cutout))))
        gathered.ids.append(row["id"])
        gathered.products.append(row["product_id"])
        where = None
        if cutout is not None:
            whole, canvas = placed(row, ad.size, SIDE, cutout)
            where = whole if canvas == (SIDE, SIDE) else None
            gathered.cutouts.setdefault(row["product_id"], fitted_to(cutout, SIDE))
        gathered.places.append(where)
    if not gathered.ads:
        raise InputError(f"data folder {quoted(data)}: no creatives in the splits {', '.join(splits)}")
    return gathered


def chosen_products(data: Path, splits: Sequence[str]) -> set[str]:
    """Products at random, as long as they have no more than MOST_CREATIVES between them."""
    counts: Counter[str] = Counter()
    for row in iter_rows(data, "creatives", ("product_id", "split"), 4096):
        if row["split"] in splits:
            counts[row["product_id"]] += 1
    order = np.random.default_rng(0).permutation(sorted(counts)).tolist()
    ends = np.cumsum([counts[product] for product in order])
    return set(order[: max(1, int((ends <= MOST_CREATIVES).sum()))])


def packed(picture: Image.Image) -> bytes:
    """A picture as `Views` keeps it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


class Trained(nn.Module):
    """The encoder with what only training needs. factors: None where clicks tell nothing."""

    def __init__(self, encoder: SceneEncoder, co_clicks: CoClicks | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.factors = None if co_clicks is None else CreativeFactors(co_clicks.creatives, encoder.config.embedding)


def train_scenes(
    encoder: SceneEncoder,
    train: Views,
    held_out: Views,
    co_clicks: CoClicks | None,
    schedule: Schedule,
    out: Path,
    resume: bool,
) -> None:
    """Trains in place, codebooks included.

    schedule.batch is the number of creatives a step, the held-out figure how well plates are known again. co_clicks: of the
    creatives of `train`.
    """
    trained = Trained(encoder.to(memory_format=torch.channels_last), co_clicks).to(device())  # type: ignore[call-overload]
    size = encoder.config.size

    def losses_at(step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((schedule.seed, step))
        rows = rows_of_batch(train, schedule.batch, rng)
        embedded = embed(encoder, views_of(train, size, rows, rng))
        losses = contrasts(embedded)
        if trained.factors is None or co_clicks is None:
            return losses
        facets = facets_of(embedded).flatten(0, 1)
        clicks = trained.factors(facets, co_clicks, co_clicks.counts(rows).repeat(2, 1))
        return {"clicks": CLICKS * clicks, **{name: CONTRAST * loss for name, loss in losses.items()}}

    def look(step: int) -> float:
        rows = range(min(LOOKS, len(held_out)))
        losses = contrasts(embed(encoder, views_of(held_out, size, rows, np.random.default_rng(schedule.seed))))
        summary = ", ".join(f"{name} {float(loss):.3f}" for name, loss in losses.items())
        print_line(f"\nstep {step}: held-out contrast: {summary}", flush=True)
        return float(sum(losses.values()))

    fit(trained, losses_at, schedule, out, resume, look)
    fill_codebooks(encoder, train, schedule.seed)
    for level, figure in enumerate(perplexities(encoder, train), 1):
        print_line(f"level {level}: perplexity {figure:.1f} of {encoder.config.codes} codes")


def facets_of(embeddings: Tensor) -> Tensor:
    """embeddings [1 + facets, B, E]: of ads, and of plates as each facet is learnt from -> facets of length 1 [2, B, facets,
    E / facets], of ads and of plates."""
    facets = F.normalize(embeddings.unflatten(2, (len(FACETS), -1)), dim=3)
    return torch.stack([facets[0], torch.stack([facets[1 + k, :, k] for k in range(len(FACETS))], 1)])


def contrasts(embeddings: Tensor) -> dict[str, Tensor]:
    """By facet: cross-entropy of finding the plate of an ad among all plates, and the ad of a plate. embeddings
    [1 + facets, B, E]: of ads, and of plates as each facet is learnt from."""
    ads, *plates = F.normalize(embeddings.unflatten(2, (len(FACETS), -1)), dim=3)
    slots = torch.arange(embeddings.shape[1], device=embeddings.device)
    gathered = {}
    for facet, name in enumerate(FACETS):
        logits = ads[:, facet] @ plates[facet][:, facet].t() / TEMPERATURE
        gathered[name] = (F.cross_entropy(logits, slots) + F.cross_entropy(logits.t(), slots)) / 2
    return gathered


def embed(encoder: SceneEncoder, pixels: Tensor) -> Tensor:
    """pixels [V, B, 3, size, size] -> [V, B, E]."""
    with autocast():
        embeddings: Tensor = encoder(pixels.flatten(0, 1).to(device()).contiguous(memory_format=torch.channels_last))
    return embeddings.float().unflatten(0, pixels.shape[:2])


# Views -------------------------------------------------------------------------------------------------------------------


def rows_of_batch(views: Views, batch: int, rng: np.random.Generator) -> list[int]:
    """The creatives of one step: products at random, several creatives of each."""
    rows_of: dict[str, list[int]] = {}
    for row, product in enumerate(views.products):
        rows_of.setdefault(product, []).append(row)
    chosen: list[int] = []
    for product in rng.permutation(sorted(rows_of)):
        chosen += rng.permutation(rows_of[str(product)])[:SCENES_PER_PRODUCT].tolist()
        if len(chosen) >= batch:
            break
    return chosen[:batch]


def views_of(views: Views, size: int, rows: Sequence[int], rng: np.random.Generator) -> Tensor:
    """Creatives as they are learnt from: ads, recoloured, shuffled and plain plates [4, B, 3, size, size]."""
    products = sorted(views.cutouts)
    made: list[list[Tensor]] = []
    for row in rows:
        other = products[int(rng.integers(len(products)))] if products and rng.random() < OTHER_PRODUCT else None
        degrees, plate = float(rng.uniform(-15, 15)), views.plate(row)
        made.append(
            [
                clicked(crop(views.ad(row, other), size, rng), rng, degrees),
                recoloured(crop(plate, size, rng), rng),
                shuffled(crop(plate, size, rng), rng, degrees),
                processed(crop(plate, size, rng), rng, degrees, 0.4),
            ]
        )
    return torch.stack([torch.stack(of_view) for of_view in zip(*made, strict=True)])


def crop(picture: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
    """A part of a picture, sometimes mirrored or blurred, at size x size."""
    side = int(min(picture.size) * rng.uniform(LEAST_CROP, 1.0))
    left, top = int(rng.integers(picture.width - side + 1)), int(rng.integers(picture.height - side + 1))
    cut = picture.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    if rng.random() < 0.5:
        cut = ImageOps.mirror(cut)
    return cut.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5)))) if rng.random() < 0.25 else cut


def clicked(picture: Image.Image, rng: np.random.Generator, degrees: float) -> Tensor:
    """As another shop's processing or another renderer might have shown it: [3, size, size] in -1..1."""
    if rng.random() < 0.2:  # flat shading
        picture = ImageOps.posterize(picture.filter(ImageFilter.MedianFilter(3)), int(rng.integers(3, 6)))
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=int(rng.integers(15, 80)))
        picture = load_rgb(buffer.getvalue(), "view")
    return processed(picture, rng, degrees, 1.0)


def processed(picture: Image.Image, rng: np.random.Generator, degrees: float, strength: float) -> Tensor:
    """With another white balance, exposure and gamma, its hues turned by `degrees`, in which the views of a creative agree, and
    a little more."""
    balance = np.exp(rng.normal(0, 0.05 * strength, 3))
    exposure, gamma = np.exp(rng.normal(0, 0.2 * strength)), np.exp(rng.normal(0, 0.12 * strength))
    return _coloured(picture, degrees + float(rng.normal(0, 4 * strength)), 1.0, balance * exposure, gamma)


def recoloured(picture: Image.Image, rng: np.random.Generator) -> Tensor:
    """In any hue, stronger, weaker or grey."""
    balance, exposure = np.exp(rng.normal(0, 0.08, 3)), np.exp(rng.normal(0, 0.15))
    saturation, gamma = float(rng.choice([0.0, rng.uniform(0.3, 1.2)], p=[0.15, 0.85])), np.exp(rng.normal(0, 0.1))
    return _coloured(picture, float(rng.uniform(-180, 180)), saturation, balance * exposure, gamma)


def shuffled(picture: Image.Image, rng: np.random.Generator, degrees: float) -> Tensor:
    """In blurred tiles, each in another's place."""
    pixels = processed(picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 3)))), rng, degrees, 0.4)
    tiles = pixels.unflatten(2, (TILES, -1)).unflatten(1, (TILES, -1)).movedim((1, 3), (0, 1)).flatten(0, 1)
    tiles = tiles[torch.from_numpy(rng.permutation(TILES**2))].unflatten(0, (TILES, TILES))
    return tiles.movedim((0, 1), (1, 3)).flatten(3, 4).flatten(1, 2)


def _coloured(picture: Image.Image, degrees: float, saturation: float, gains: NDArray[np.float64], gamma: float) -> Tensor:
    luma = torch.tensor([0.299, 0.587, 0.114]).expand(3, 3)
    turned = saturation * hue_matrix(round(degrees)) + (1 - saturation) * luma
    pixels = torch.from_numpy(np.array(picture)).float() / 255
    pixels = (pixels @ (turned.t() * torch.from_numpy(gains).float())).clamp(0, 1) ** float(gamma)
    return pixels.permute(2, 0, 1) * 2 - 1


# Codes -------------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def embeddings(encoder: SceneEncoder, pictures: Iterator[Image.Image]) -> NDArray[np.float32]:
    """Of whole pictures, one by one: [N, embedding]."""
    gathered = [encoder(encoder.prepare(picture)[None].to(device()))[0].float().cpu().numpy() for picture in pictures]
    return np.stack(gathered)


def pictures_of(views: Views) -> Iterator[Image.Image]:
    """All ads, then all plates."""
    yield from (views.ad(row) for row in range(len(views)))
    yield from (views.plate(row) for row in range(len(views)))


def fill_codebooks(encoder: SceneEncoder, views: Views, seed: int) -> None:
    """Of each facet residual k-means: a level's entries are the means of what the levels before have left of ads and plates."""
    left = embeddings(encoder, pictures_of(views)).astype(np.float64)
    facets = np.array_split(np.arange(left.shape[1]), len(FACETS))
    encoder.codebooks.zero_()
    for level in range(encoder.config.levels):
        facet = facets[level % len(FACETS)]
        entries = k_means(left[:, facet], encoder.config.codes, np.random.default_rng((seed, level)))
        left[:, facet] -= entries[nearest(left[:, facet], entries)]
        encoder.codebooks[level, :, facet] = torch.from_numpy(entries).to(encoder.codebooks)


def k_means(points: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The best of STARTS runs of Lloyd's algorithm from k-means++: [count, dimensions]."""
    runs = [_lloyd(points, _spread(points, count, rng)) for _ in range(STARTS)]
    return min(runs, key=lambda entries: float(((points - entries[nearest(points, entries)]) ** 2).sum()))


def nearest(points: NDArray[np.float64], entries: NDArray[np.float64]) -> NDArray[np.int64]:
    return ((entries**2).sum(1) - 2 * points @ entries.T).argmin(1)


def _spread(points: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points far from each other (k-means++: Arthur and Vassilvitskii, 2007)."""
    chosen = [points[int(rng.integers(len(points)))]]
    distances = ((points - chosen[0]) ** 2).sum(1)
    while len(chosen) < count:
        total = distances.sum()
        # fewer different points than entries: some are there twice
        shares = distances / total if total > 0 else np.full(len(points), 1 / len(points))
        chosen.append(points[int(rng.choice(len(points), p=shares))])
        distances = np.minimum(distances, ((points - chosen[-1]) ** 2).sum(1))
    return np.stack(chosen)


def _lloyd(points: NDArray[np.float64], entries: NDArray[np.float64]) -> NDArray[np.float64]:
    for _ in range(ROUNDS):
        owner = nearest(points, entries)
        counts = np.bincount(owner, minlength=len(entries))
        sums = np.zeros_like(entries)
        np.add.at(sums, owner, points)
        entries = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], entries)
    return entries


def perplexities(encoder: SceneEncoder, views: Views) -> list[float]:
    """Of each level's codes over all ads and plates: how many are in use, if they were used alike."""
    codes = encoder.codes(torch.from_numpy(embeddings(encoder, pictures_of(views))).to(device())).cpu().numpy()
    shares = [np.bincount(level, minlength=encoder.config.codes) / len(level) for level in codes.T]
    return [float(np.exp(-sum(p * np.log(p) for p in share if p > 0))) for share in shares]
