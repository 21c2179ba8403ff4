"""Trains the network that cuts products out of photos (`imaging/product_network.py`), on composites whose alpha is known.

Of any data set with cut-outs and backgrounds: products where they stand in their own ads, lit as their surroundings; products,
kits of several things and drawn shapes with holes, of any texture, elsewhere in other scenes. Nothing of a photo's making tells
what was put in: the whole is blurred, compressed, of other colours, and grainy.
"""

import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from torch import Tensor

from uniadgen.ad_files import png
from uniadgen.ads import Placement, Posture
from uniadgen.console import print_line
from uniadgen.data.plates import Plates
from uniadgen.files import write_bytes
from uniadgen.imaging.composing import compose, render_alpha
from uniadgen.imaging.loading import load_rgb
from uniadgen.imaging.placing import visible_part
from uniadgen.imaging.product_network import SIDES, ProductNetwork
from uniadgen.imaging.shadow import with_shadow
from uniadgen.model.pixels import to_image
from uniadgen.rng import stream
from uniadgen.training.ahead import in_order
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device
from uniadgen.training.product_variants import recoloured, rotated, sheared

LEARNT = SIDES[:2]  # sides in pixels, in turn, since the network is to see at several
SCENE = 384  # pixels of a plate, before a view is taken of it
IN_PLACE = 0.4  # share of products that are seen where they stand in their own ads
KIT, SHAPE = 0.2, 0.3  # of the others: several things that are one product, and drawn shapes
NEAR = 0.6  # share of views of the part with the product, as the second look is
BORDER = 0.54, 0.85  # of the product's longer side: half of such a view's
ROUGH, OVERLAP = 0.3, 0.5  # weights of the rough mask and of intersection over union, beside cross-entropy and absolute error
LOOKS, SHOWN_LOOKS = 64, 8  # composites of unseen products that are measured; and drawn
_BRIGHTNESS = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)


@dataclass(frozen=True)
class Composites:
    """Photos [B, 3, S, S] in -1..1 and how much of each pixel is the product [B, 1, S, S], the same for a step; S is one of
    LEARNT."""

    plates: Plates
    batch: int
    seed: int

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        side = LEARNT[step % len(LEARNT)]
        pairs = [self.one(stream(self.seed, "composite", step, number), side) for number in range(self.batch)]
        photos = np.stack([photo for photo, _ in pairs]).transpose(0, 3, 1, 2) / np.float32(127.5) - 1
        return torch.from_numpy(photos), torch.from_numpy(np.stack([alpha for _, alpha in pairs]))[:, None]

    def one(self, draw: random.Random, side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A photo [side, side, 3] of 0 to 255, and alpha [side, side]."""
        row = draw.randrange(len(self.plates.plates))
        scene = self.plates.plates[row]
        if draw.random() < IN_PLACE:
            cutout, place = self.plates.cutouts[self.plates.products[row]], self.plates.places[row]
        else:
            cutout = varied(self.thing(draw), draw)
            scene = scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw.random() < 0.5 else scene
            place = anywhere(cutout, scene.size, draw)
            if draw.random() < 0.75:
                postures: Sequence[Posture] = ("stands", "stands", "lies", "hangs")
                scene = with_shadow(scene, cutout, place, draw.choice(postures))
        photo, alpha = compose(scene, cutout, place), render_alpha(cutout, scene.size, place)
        box = near(place, scene.size, draw) if draw.random() < NEAR else (0, 0, *scene.size)
        seen = as_photographed(photo.crop(box), draw, side)
        share = np.asarray(alpha.crop(box).resize((side, side), Image.Resampling.HAMMING), np.float32) / np.float32(255)
        return (seen, share) if draw.random() < 0.5 else (seen[:, ::-1], share[:, ::-1])

    def thing(self, draw: random.Random) -> Image.Image:
        kind = draw.random()
        if kind < KIT:
            return self.kit(draw)
        return self.shape(draw) if kind < KIT + SHAPE else self.product(draw)

    def product(self, draw: random.Random) -> Image.Image:
        return self.plates.cutouts[draw.choice(self.plates.products)]

    def kit(self, draw: random.Random) -> Image.Image:
        """Two to four things beside and over each other."""
        canvas = Image.new("RGBA", (SCENE, SCENE))
        for _ in range(draw.randint(2, 4)):
            part = self.product(draw) if draw.random() < 0.7 else self.shape(draw)
            scale = draw.uniform(0.22, 0.5) * SCENE / max(part.size)
            part = part.resize((max(2, round(part.width * scale)), max(2, round(part.height * scale))), Image.Resampling.BOX)
            canvas.alpha_composite(part, (draw.randint(0, SCENE - part.width), draw.randint(0, SCENE - part.height)))
        return visible_part(canvas)

    def shape(self, draw: random.Random) -> Image.Image:
        """Rings, blobs, bands and polygons with the texture of a scene, or nearly one colour, as parts of products."""
        side = 256
        mask = Image.new("L", (side, side))
        pen = ImageDraw.Draw(mask)
        for _ in range(draw.randint(1, 3)):
            x, y, a, b = draw.uniform(70, 186), draw.uniform(70, 186), draw.uniform(20, 66), draw.uniform(20, 66)
            kind, angle = draw.random(), draw.uniform(0, 2 * math.pi)
            if kind < 0.35:
                pen.ellipse((x - a, y - b, x + a, y + b), outline=255, width=draw.randint(4, 24))
            elif kind < 0.55:
                pen.ellipse((x - a, y - b, x + a, y + b), fill=255)
            elif kind < 0.75:
                points, turn = [(x, y)], draw.uniform(-0.5, 0.5)
                for number in range(14):
                    x, y = x + 11 * math.cos(angle + turn * number), y + 11 * math.sin(angle + turn * number)
                    points.append((x, y))
                pen.line(points, 255, draw.randint(4, 24), joint="curve")
            else:
                corners = sorted(draw.uniform(0, 2 * math.pi) for _ in range(draw.randint(4, 8)))
                reach = [draw.uniform(0.6, 1.2) for _ in corners]
                pen.polygon(
                    [(x + a * r * math.cos(c), y + b * r * math.sin(c)) for c, r in zip(corners, reach, strict=True)], fill=255
                )
        texture = self.plates.plates[draw.randrange(len(self.plates.plates))]
        size = draw.randint(24, texture.width)
        left, top = draw.randint(0, texture.width - size), draw.randint(0, texture.height - size)
        texture = texture.resize((side, side), Image.Resampling.BICUBIC, (left, top, left + size, top + size))
        if draw.random() < 0.5:
            colour = Image.new("RGB", (side, side), tuple(draw.randrange(256) for _ in range(3)))
            texture = Image.blend(texture, colour, draw.uniform(0.3, 0.95))
        texture.putalpha(mask.filter(ImageFilter.GaussianBlur(0.8)))
        return visible_part(texture)


def varied(cutout: Image.Image, draw: random.Random) -> Image.Image:
    """Of other colours, turned or seen from a corner."""
    if draw.random() < 0.3:
        cutout = recoloured(cutout, draw)
    if draw.random() < 0.3:
        cutout = rotated(cutout, draw.uniform(-25, 25))
    elif draw.random() < 0.3:
        cutout = sheared(cutout, draw)
    alpha, colours = cutout.getchannel("A"), cutout.convert("RGB")
    for kind in _BRIGHTNESS:
        colours = kind(colours).enhance(draw.uniform(0.6, 1.35))
    colours.putalpha(alpha)
    return colours.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw.random() < 0.5 else colours


def anywhere(cutout: Image.Image, size: tuple[int, int], draw: random.Random) -> Placement:
    scale = draw.uniform(0.25, 0.8) * min(size) / max(cutout.size)
    width, height = max(4, round(cutout.width * scale)), max(4, round(cutout.height * scale))
    return Placement(draw.randint(0, size[0] - width), draw.randint(0, size[1] - height), width, height)


def near(place: Placement, size: tuple[int, int], draw: random.Random) -> tuple[int, int, int, int]:
    """A part of a picture with all of the product: left, top, right, bottom."""
    half = max(place.width, place.height) * draw.uniform(*BORDER)
    box = []
    for start, length, whole in ((place.left, place.width, size[0]), (place.top, place.height, size[1])):
        middle, reach = start + length * (0.5 + draw.uniform(-0.1, 0.1)), max(half * draw.uniform(0.6, 1), 0.6 * length)
        box.append((max(0, math.floor(middle - reach)), min(whole, math.ceil(middle + reach))))
    (left, right), (top, bottom) = box
    return left, top, right, bottom


def as_photographed(picture: Image.Image, draw: random.Random, side: int) -> NDArray[np.float32]:
    """Perhaps out of focus, compressed and grainy: [side, side, 3] of 0 to 255."""
    if draw.random() < 0.35:
        picture = picture.filter(ImageFilter.GaussianBlur(draw.uniform(0.3, 1.6)))
    picture = picture.resize((side, side), Image.Resampling.BICUBIC)
    for kind in _BRIGHTNESS:
        picture = kind(picture).enhance(draw.uniform(0.7, 1.3))
    if draw.random() < 0.4:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=draw.randint(40, 92))
        picture = load_rgb(buffer.getvalue(), "picture of the data set")
    pixels = np.asarray(picture, np.float32)
    if draw.random() < 0.4:
        grain = np.random.default_rng(draw.getrandbits(32)).standard_normal(pixels.shape, np.float32)
        pixels = (pixels + grain * np.float32(draw.uniform(1, 9))).clip(0, 255)
    return pixels


def train_cutout(
    network: ProductNetwork, train: Plates, held_out: Plates, schedule: Schedule, out: Path, resume: bool, workers: int = 0
) -> None:
    """Trains in place. workers: processes that make composites ahead."""
    network.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    make = Composites(train, schedule.batch, schedule.seed).at
    batch_at: Callable[[int], tuple[Tensor, Tensor]] = in_order(make, schedule.steps * schedule.accumulate, workers)
    unseen = Composites(held_out, LOOKS, schedule.seed).at(0)

    def losses_at(number: int) -> dict[str, Tensor]:
        photos, alpha = (each.to(device()) for each in batch_at(number))
        with autocast():
            logits, rough = network(photos.contiguous(memory_format=torch.channels_last))
        logits, rough, share = logits.float(), rough.float(), F.interpolate(alpha, scale_factor=1 / 8, mode="area")
        guess = torch.sigmoid(logits)
        both = (guess * alpha).sum((1, 2, 3)) + 1
        return {
            "entropy": F.binary_cross_entropy_with_logits(logits, alpha),
            "error": (guess - alpha).abs().mean(),
            "overlap": OVERLAP * (1 - both / ((guess + alpha).sum((1, 2, 3)) + 2 - both)).mean(),
            "rough": ROUGH * F.binary_cross_entropy_with_logits(rough, share),
        }

    fit(network, losses_at, schedule, out, resume, partial(look, network, *unseen, out))


def look(network: ProductNetwork, photos: Tensor, alpha: Tensor, out: Path, step: int) -> float:
    """1 - intersection over union of unseen products, some of which are drawn: the photo, what is cut out, what is true."""
    with torch.inference_mode():
        guess = torch.cat([torch.sigmoid(network(some.to(device()))[0]).cpu() for some in photos.split(8)])
    there, true = guess > 0.5, alpha > 0.5
    overlap = float(((there & true).sum((1, 2, 3)) / (there | true).sum((1, 2, 3))).mean())
    print_line(f"\nstep {step}: IoU {overlap:.3f} of {len(photos)} unseen products", flush=True)
    rows = [photos, *(share.expand(-1, 3, -1, -1) * 2 - 1 for share in (guess, alpha))]
    sheet = torch.cat([torch.cat(list(row[:SHOWN_LOOKS]), 2) for row in rows], 1)
    write_bytes(out / f"samples-{step:06d}.png", png(to_image(sheet)))
    return 1 - overlap
