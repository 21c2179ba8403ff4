"""Training of the picture inspection's classifier on cases composed from renders of PAd-Synth: clean ads, and ads with one
violation each, whose label is known because it was put there.

    cases = Cases(Path("world"), painter(model.image_tokenizer))        # of a folder of `uniadgen data render`
    examples = make_examples(cases, 9000, seed=0, held_out=False)
    classifier = train(examples, seed=0, weights=photograph_weights())
    classifier = train_heads(classifier, more_examples, seed=0)

Held-out cases show only products and scene families that no training case shows.
"""

import copy
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from torch import Tensor

from uniadgen.ads import Placement, Posture, Stance
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose, fitted_alpha
from uniadgen.imaging.loading import load_picture
from uniadgen.imaging.shadow import with_shadow
from uniadgen.inspection.picture.inspect import by_rules
from uniadgen.inspection.picture.network import CRITERIA, Classifier, PictureNetwork, as_stored
from uniadgen.inspection.picture.reading import MEASURES, find_holes, make_views, measure, see
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer
from uniadgen.model.pixels import resized, to_image, to_pixels
from uniadgen.padsynth.specs import CATEGORIES
from uniadgen.padsynth.worldgen import make_world
from uniadgen.rng import stream
from uniadgen.training.photographs import begin_with
from uniadgen.training.precision import autocast
from uniadgen.training.product_variants import recoloured, rotated, sheared
from uniadgen.words import quoted

SIDE = 256  # pixels of a case
HELD_OUT_FAMILIES = frozenset(
    {"podium", "kitchen", "beach", "courtyard", "night_city", "flat_wood", "flat_paper", "brick_wall", "peg_board"}
)
HELD_OUT_PRODUCTS = 4  # every fourth product
PAINTED = 0.6  # share of cases on scenes as the model paints them
TURNED = 0.5  # share of lying products, upright or level in the picture as catalogues have them
SHEARED = 0.4  # share of standing products, as if seen from a corner
CLEAN = 0.36  # share of cases without a violation
KINDS = ("small", "large", "misplaced", "part", "hole", "floating", "tilted", "view", "own colour", "busy")
CRITERION = {
    **dict.fromkeys(("small", "large", "misplaced"), "size"),
    **dict.fromkeys(("part", "hole"), "shape"),
    **dict.fromkeys(("floating", "tilted", "view"), "space"),
    **dict.fromkeys(("own colour", "busy"), "visual"),
}
# How often each kind is drawn; what doesn't suit a product or a scene is drawn again.
WEIGHTS = {"small": 1.2, "large": 1.2, "misplaced": 0.8, "part": 2.0, "hole": 0.8, "floating": 1.6, "tilted": 0.8, "view": 1.0,
           "own colour": 1.4, "busy": 1.2}  # fmt: skip
EPOCHS, HEAD_RATE, TRUNK_RATE = 8, 3e-3, 1e-3
RETRAINED_EPOCHS, RETRAINED_RATE, RETRAINED_BATCH = 8, 1e-3, 64  # of heads whose trunk stays
COUNTED = {"misplaced": 2.0}  # as so many cases, while heads learn: few are drawn, and they look like clean ones
_HARD, _SOFT = 0.96, 0.02  # labels are 0.02 and 0.98, since few things are certain
NEVER = 1.0  # a threshold that no probability reaches
_PRECISION, _LEAST_HITS = 0.9, 3  # of the cases that decide about a threshold
_PLAIN = frozenset(
    {"studio", "podium"}
)  # without a line between ground and wall: where something floats shows by its shadow only


@dataclass(frozen=True)
class Plate:
    """A rendered scene, and where its own product stood: left, top, width, height as fractions."""

    file: Path
    product: int
    family: str
    place: tuple[float, float, float, float]
    posture: Posture
    on_floor: bool


@dataclass(frozen=True)
class CutProduct:
    """A product of the world, with its cut-out."""

    number: int
    file: Path
    posture: Posture
    on_floor: bool
    size_cm: float


@dataclass(frozen=True)
class Case:
    """A composed ad and what is wrong with it: kind is one of KINDS, or "clean"."""

    image: Image.Image
    background: Image.Image
    cutout: Image.Image
    placement: Placement
    stance: Stance
    kind: str
    product: int
    family: str

    @property
    def criterion(self) -> str | None:
        return CRITERION.get(self.kind)


class Cases:
    """Draws cases from the renders in a folder."""

    def __init__(self, renders: Path, paint: Callable[[Image.Image], Image.Image] | None = None) -> None:
        """paint: makes of a scene what a model would paint of it, for most cases. Raises InputError for a folder without
        renders of products in both parts."""
        self._paint = paint
        self._painted: dict[Path, Image.Image] = {}
        self.plates: list[Plate] = []
        self.products: list[CutProduct] = []
        self._opened: dict[Path, Image.Image] = {}
        metas = sorted(renders.glob("raw/*/meta.json"))
        if not metas:
            raise InputError(f"{quoted(renders)}: no renders in it; name a folder that `uniadgen data render` wrote")
        try:
            seed = json.loads((renders / "manifest.json").read_text("utf-8"))["settings"]["seed"]
            numbers = {int(path.parent.name[1:]): json.loads(path.read_text("utf-8")) for path in metas}
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{quoted(renders)}: its manifest can't be read; render the world again") from None
        world = make_world(seed, max(numbers) + 1, shoppers=1)
        creatives = {creative.id: creative for creative in world.creatives}
        for number, meta in numbers.items():
            spec, folder = world.products[number], renders / "raw" / f"p{number:05d}"
            posture: Posture = "stands" if spec.posture == "leans" else spec.posture
            floor = CATEGORIES[spec.category].on_floor
            self.products.append(CutProduct(number, folder / "cutout.webp", posture, floor, spec.size_cm))
            for name, place in meta["placements"].items():
                family = creatives[name].scene.family
                self.plates.append(Plate(folder / f"plate-{name}.webp", number, family, tuple(place), posture, floor))

    def draw(self, seed: int, number: int, held_out: bool) -> Case:
        """Case `number` of a part; the same seed gives the same."""
        random_ = stream(seed, "held out" if held_out else "train", number)
        plates = [p for p in self.plates if (p.family in HELD_OUT_FAMILIES) == held_out]
        products = [p for p in self.products if (p.number % HELD_OUT_PRODUCTS == 0) == held_out]
        for _ in range(200):
            kind = "clean" if random_.random() < CLEAN else random_.choices(KINDS, [WEIGHTS[k] for k in KINDS])[0]
            if (case := self._case(kind, random_, plates, products)) is not None:
                return case
        raise InputError("too few renders to compose cases of; render more products")

    def _case(self, kind: str, draw: random.Random, plates: list[Plate], products: list[CutProduct]) -> Case | None:
        plate = draw.choice(plates)
        same_product = [p for p in products if p.number == plate.product]
        fitting = [p for p in products if p.posture == plate.posture and p.on_floor == plate.on_floor]
        if kind == "view":  # seen from above in a scene seen from the front, or the other way round
            fitting = [p for p in products if p.posture != plate.posture and "lies" in (p.posture, plate.posture)]
        elif kind == "misplaced":  # furniture on a table, a lipstick on the floor
            if plate.posture != "stands":
                return None
            fitting = [p for p in products if p.posture == "stands" and p.on_floor != plate.on_floor]
            fitting = [p for p in fitting if p.on_floor or p.size_cm < 30]
        elif same_product and (plate.posture != "stands" or draw.random() < 0.5):
            fitting = same_product  # the shadow of what lies or hangs shows its form, so no other product goes with it
        elif plate.posture != "stands":
            return None
        if kind == "hole":  # few have one
            fitting = [p for p in fitting if has_holes(np.asarray(self._open(p.file).getchannel("A")))]
        if not fitting or (kind in ("floating", "tilted") and plate.posture != "stands"):
            return None
        product = draw.choice(fitting)
        cutout, scene = self._open(product.file), self._open(plate.file)
        if self._paint is not None and draw.random() < PAINTED:
            scene = self._as_painted(plate.file)
        if draw.random() < 0.3:
            cutout = recoloured(cutout, draw)
        if product.posture == "stands" and draw.random() < SHEARED:
            cutout = sheared(cutout, draw)
        if kind == "tilted":
            angle = draw.choice((-1, 1)) * draw.uniform(13, 35)
            cutout = rotated(cutout, angle)
        grown = 1.0
        if product.posture == "lies" and draw.random() < TURNED:
            angle = upright(cutout) + draw.choice((0, 0, 90)) + draw.uniform(-4, 4)
            before, cutout = max(cutout.size), rotated(cutout, angle)
            if plate.posture == "lies":  # seen from above nothing is up; the shadow turns with its product
                scene, grown = turned(scene, plate, angle), max(cutout.size) / before
        placement = self._placement(kind, draw, plate, cutout, grown)
        if placement is None:
            return None
        scene = softened(scene, draw)
        if draw.random() < 0.5:
            scene, placement = (
                scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
                Placement(SIDE - placement.left - placement.width, placement.top, placement.width, placement.height),
            )
        if kind == "own colour":
            scene = in_own_colour(scene, cutout, draw)
        elif kind == "busy":
            scene = busy(scene, draw, [self._open(p.file) for p in draw.sample(products, 4)])
        shaded = draw.random() < (0.35 if kind == "floating" else 0.8) and not (kind == "floating" and plate.family in _PLAIN)
        background = with_shadow(scene, cutout, placement, product.posture) if shaded else scene
        if kind in ("part", "hole"):
            changed = (with_part if kind == "part" else with_filled_holes)(background, cutout, placement, draw)
            if changed is None:
                return None
            background = changed
        image = compose(background, cutout, placement)
        stance = Stance(product.posture, product.size_cm if draw.random() < 0.7 else None)
        return Case(image, background, cutout, placement, stance, kind, product.number, plate.family)

    def _placement(self, kind: str, draw: random.Random, plate: Plate, cutout: Image.Image, grown: float) -> Placement | None:
        """Where the plate's own product stood, for a cut-out of another form, and moved or scaled where the kind says so.

        grown: by which factor its longer side grew when it was turned.
        """
        left, top, width, height = plate.place
        extent = max(width, height) * grown * draw.uniform(0.92, 1.08)
        if kind == "small":
            extent *= draw.uniform(0.25, 0.5)
        elif kind == "large":
            extent *= draw.uniform(1.5, 1.9)
        scale = extent * SIDE / max(cutout.size)
        size = max(4, round(cutout.width * scale)), max(4, round(cutout.height * scale))
        middle = (left + width / 2 + draw.uniform(-0.03, 0.03)) * SIDE
        base = (top + height + draw.uniform(-0.006, 0.012)) * SIDE
        if plate.posture != "stands":
            base = (top + height / 2) * SIDE + size[1] / 2
        if kind == "floating":
            base -= draw.uniform(0.1, 0.26) * SIDE
        x, y = round(middle - size[0] / 2), round(base - size[1])
        x = min(max(x, 0), SIDE - size[0])
        if kind == "large" and y < 0 <= y + 0.12 * SIDE:
            y = 0
        if min(x, y) < 0 or x + size[0] > SIDE or y + size[1] > SIDE:
            return None
        return Placement(x, y, *size)

    def _open(self, file: Path) -> Image.Image:
        if file not in self._opened:
            picture = load_picture(file, quoted(file))
            if file.name.startswith("cutout"):
                picture = picture.convert("RGBA")
                picture = picture.crop(picture.getchannel("A").getbbox())
                picture.thumbnail((320, 320), Image.Resampling.BOX)
            else:
                picture = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
            self._opened[file] = picture
        return self._opened[file]

    def _as_painted(self, file: Path) -> Image.Image:
        """A scene as the model paints it, each in one way only, since that takes time."""
        if file not in self._painted:
            assert self._paint is not None
            draw = stream(0, "painted", file.parent.name, file.name)
            blurred = self._open(file).filter(ImageFilter.GaussianBlur(draw.choice((0, 2, 4, 6))))
            self._painted[file] = self._paint(blurred)
        return self._painted[file]


def painter(tokenizer: FSQTokenizer | JanusTokenizer) -> Callable[[Image.Image], Image.Image]:
    """Pictures of SIDE pixels, through an image tokenizer and back."""

    @torch.inference_mode()
    def paint(scene: Image.Image) -> Image.Image:
        pixels = to_pixels(scene, SIDE)[None]
        if isinstance(tokenizer, FSQTokenizer) and tokenizer.completion is not None:
            codes = tokenizer.encode(resized(pixels, SIDE // 2))
            return to_image(tokenizer.complete(codes, math.isqrt(codes.shape[1]))[0])
        codes = tokenizer.encode(pixels)
        return to_image(tokenizer.decode(codes, math.isqrt(codes.shape[1]))[0])

    return paint


# What is done to scenes and products --------------------------------------------------------------------------------------


def softened(scene: Image.Image, draw: random.Random) -> Image.Image:
    """As painters differ: blurred, of other brightness, contrast and saturation, compressed."""
    if draw.random() < 0.5:
        scene = scene.filter(ImageFilter.GaussianBlur(draw.uniform(0.3, 4.5)))
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        scene = kind(scene).enhance(draw.uniform(0.8, 1.2))
    return scene


def upright(cutout: Image.Image) -> float:
    """By how many degrees against the clock a product is to be rotated so that its longest extent is upright."""
    y, x = (places - places.mean() for places in np.nonzero(np.asarray(cutout.getchannel("A")) > 127))
    # of the principal axis: from the horizontal, y downwards
    axis = 0.5 * math.degrees(math.atan2(2 * float((x * y).mean()), float((x * x).mean() - (y * y).mean())))
    return axis - 90


def turned(scene: Image.Image, plate: Plate, angle: float) -> Image.Image:
    """A scene seen from above, rotated around its product's place; beyond its edges it is mirrored."""
    left, top, width, height = plate.place
    middle = (left + width / 2) * SIDE, (top + height / 2) * SIDE
    wide = Image.fromarray(np.pad(np.asarray(scene), ((SIDE, SIDE), (SIDE, SIDE), (0, 0)), mode="symmetric"))
    centre = middle[0] + SIDE, middle[1] + SIDE
    return wide.rotate(angle, Image.Resampling.BICUBIC, center=centre).crop((SIDE, SIDE, 2 * SIDE, 2 * SIDE))


def _mean_colour(cutout: Image.Image) -> NDArray[np.float64]:
    pixels = np.asarray(cutout)
    return pixels[pixels[..., 3] > 200][:, :3].mean(0) if (pixels[..., 3] > 200).any() else np.array([128.0] * 3)


def in_own_colour(scene: Image.Image, cutout: Image.Image, draw: random.Random) -> Image.Image:
    """The scene with the product's own colour and little structure."""
    pixels = np.asarray(scene, np.float64)
    soft = np.asarray(scene.filter(ImageFilter.GaussianBlur(2)), np.float64)
    flat = (soft - pixels.mean((0, 1))) * draw.uniform(0.08, 0.25) + _mean_colour(cutout) + draw.uniform(-5, 5)
    return Image.fromarray(np.clip(flat, 0, 255).astype(np.uint8))


def busy(scene: Image.Image, draw: random.Random, things: Sequence[Image.Image]) -> Image.Image:
    """The scene full of small things and patterns."""
    scene, pen = scene.copy(), draw.random()
    drawing = ImageDraw.Draw(scene)
    for _ in range(draw.randint(90, 220)):
        x, y, r = draw.uniform(0, SIDE), draw.uniform(0, SIDE), draw.uniform(3, 14)
        colour = tuple(draw.randrange(256) for _ in range(3))
        if pen < 0.35:
            drawing.ellipse((x - r, y - r, x + r, y + r), colour)
        elif pen < 0.7:
            drawing.line((x - 3 * r, y, x + 2 * r, y + draw.uniform(-20, 20)), colour, draw.randint(1, 4))
        else:
            thing = draw.choice(things)
            small = thing.resize((max(2, round(thing.width * r / 100)) * 2, max(2, round(thing.height * r / 100)) * 2))
            scene.paste(small, (round(x), round(y)), small)
    return scene


def with_part(background: Image.Image, cutout: Image.Image, placement: Placement, draw: random.Random) -> Image.Image | None:
    """Something foreign that starts at the product's outline: a cable, a bar, a blob, a shoot."""
    alpha = np.asarray(fitted_alpha(cutout, placement)) > 127
    rows, columns = np.nonzero(alpha)
    if not len(rows):
        return None
    longer = max(placement.width, placement.height)
    centre = np.array([columns.mean(), rows.mean()])
    for _ in range(20):
        angle = draw.uniform(0, 2 * math.pi)
        direction = np.array([math.cos(angle), math.sin(angle)])
        if direction[1] > 0.6:  # below is the ground
            continue
        along = (np.stack([columns, rows], 1) - centre) @ direction
        off = np.abs((np.stack([columns, rows], 1) - centre) @ np.array([-direction[1], direction[0]]))
        near = off < 3
        if near.any():
            edge = np.stack([columns, rows], 1)[near][np.argmax(along[near])]
            start = edge - 3 * direction + np.array([placement.left, placement.top])
            result = background.copy()
            drawing = ImageDraw.Draw(result)
            base = _mean_colour(cutout) * draw.uniform(0.3, 1.1)
            colour = tuple(int(np.clip(v + draw.uniform(-25, 25), 0, 255)) for v in base)
            length, width = draw.uniform(0.16, 0.5) * longer, max(2, round(draw.uniform(0.02, 0.1) * longer))
            kind = draw.randrange(3)
            if kind == 0:  # a cable
                points, turn = [(float(start[0]), float(start[1]))], draw.uniform(-0.25, 0.25)
                for step in range(10):
                    bent = angle + turn * step
                    points.append((points[-1][0] + math.cos(bent) * length / 8, points[-1][1] + math.sin(bent) * length / 8))
                drawing.line(points, colour, max(2, width // 2), joint="curve")
            elif kind == 1:  # a bar
                end = start + direction * length
                drawing.line((*start, *end), colour, width)
            else:
                spot, r = start + direction * length / 3, length / 2.4
                drawing.ellipse((spot[0] - r, spot[1] - r * 0.7, spot[0] + r, spot[1] + r * 0.7), colour)
            return result
    return None


def has_holes(alpha: NDArray[np.uint8]) -> bool:
    """Whether something can be seen through a product, uint8 [H, W] of its opacity."""
    return bool(find_holes(alpha > 127).sum() >= 0.02 * alpha.size)


def with_filled_holes(
    background: Image.Image, cutout: Image.Image, placement: Placement, draw: random.Random
) -> Image.Image | None:
    """What is seen through the product, of another colour than what is around it; None for one without holes."""
    alpha = np.asarray(fitted_alpha(cutout, placement))
    if not has_holes(alpha):
        return None
    pixels = np.array(background)
    there = pixels[placement.top : placement.top + placement.height, placement.left : placement.left + placement.width]
    colour = np.array([draw.randrange(256) for _ in range(3)])
    if (np.abs(pixels.astype(int) - colour).max(-1) < 50).mean() > 0.02:  # it could as well be the scene
        return None
    enclosed = find_holes(alpha > 127)
    grown = np.asarray(Image.fromarray(enclosed.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(3))) > 0
    there[grown & (alpha < 255)] = colour
    return Image.fromarray(pixels)


# Training ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Examples:
    """views uint8 [N, VIEWS, 4, S, S], measures [N, M], labels [N, 4], kinds by name."""

    views: Tensor
    measures: Tensor
    labels: Tensor
    kinds: list[str]


def make_examples(cases: Cases, count: int, seed: int, held_out: bool, tick: Callable[[int], None] | None = None) -> Examples:
    views, measures, labels, kinds = [], [], [], []
    for number in range(count):
        case = cases.draw(seed, number, held_out)
        seen = see(case.image, case.background, case.placement, case.cutout, case.stance)
        assert seen is not None
        views.append(make_views(seen))
        measures.append(list(measure(seen).values()))
        labels.append([float(case.criterion == criterion) for criterion in CRITERIA])
        kinds.append(case.kind)
        if tick is not None:
            tick(number + 1)
    return Examples(torch.from_numpy(np.stack(views)), torch.tensor(measures), torch.tensor(labels), kinds)


def train(
    examples: Examples,
    seed: int,
    epochs: int = EPOCHS,
    batch: int = 32,
    weights: Mapping[str, Tensor] | None = None,
    tick: Callable[[str], None] | None = None,
) -> Classifier:
    """A classifier of these examples; a tenth of them decides the thresholds. weights: to begin with (`begin_with`)."""
    torch.manual_seed(seed)
    network = PictureNetwork()
    if weights is not None:
        begin_with(network, weights)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    order = torch.randperm(len(examples.labels))
    kept, aside = order[len(order) // 10 :], order[: len(order) // 10]
    network.mean.copy_(examples.measures[kept].mean(0))
    network.deviation.copy_(examples.measures[kept].std(0).clamp_min(1e-3))
    trunk = [*network.stem.parameters(), *network.blocks.parameters()]
    groups = [{"params": [*network.hidden.parameters(), *network.head.parameters()]}, {"params": trunk}]
    optimizer = torch.optim.AdamW(groups, lr=HEAD_RATE, weight_decay=0.02)
    steps = epochs * (len(kept) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [HEAD_RATE, TRUNK_RATE], total_steps=steps)
    for epoch in range(epochs):
        network.train()
        total = 0.0
        shuffled = kept[torch.randperm(len(kept))]
        for start in range(0, len(shuffled) - batch + 1, batch):
            some = shuffled[start : start + batch]
            views = examples.views[some].float() / 255
            if torch.rand(()) < 0.5:
                views = views.flip(-1)
            views[:, :, :3] = (views[:, :, :3] * (1 + 0.3 * (torch.rand(batch, 1, 3, 1, 1) - 0.5))).clamp(0, 1)
            with autocast():
                logits = network(views, examples.measures[some])
            loss = F.binary_cross_entropy_with_logits(logits.float(), examples.labels[some] * _HARD + _SOFT)
            total += _descend(loss, optimizer, schedule)
        if tick is not None:
            tick(f"epoch {epoch + 1} of {epochs}: loss {total / max(1, len(kept) // batch):.3f}")
    classifier = Classifier(as_stored(network.eval()), (0.5,) * len(CRITERIA))
    scored = classified(classifier, _some(examples, aside))
    thresholds = [_threshold(scored[:, n], examples.labels[aside][:, n]) for n in range(len(CRITERIA))]
    return Classifier(network, tuple(thresholds))


def train_heads(classifier: Classifier, examples: Examples, seed: int, tick: Callable[[str], None] | None = None) -> Classifier:
    """A classifier with the trunk and the thresholds of another one, whose heads go on learning from these examples.

    In a minute, since each example is looked at twice only, as it is and mirrored.
    """
    torch.manual_seed(seed)
    network = copy.deepcopy(classifier.network)
    heads = [*network.hidden.parameters(), *network.head.parameters()]
    optimizer = torch.optim.AdamW(heads, lr=RETRAINED_RATE, weight_decay=0.05)
    pooled = torch.stack([_pooled(network, examples.views), _pooled(network, examples.views.flip(-1))])
    weights = torch.tensor([COUNTED.get(kind, 1.0) for kind in examples.kinds])
    steps = RETRAINED_EPOCHS * math.ceil(len(examples.labels) / RETRAINED_BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    network.head.train()
    for epoch in range(RETRAINED_EPOCHS):
        total, batches = 0.0, torch.randperm(len(examples.labels)).split(RETRAINED_BATCH)
        for some in batches:
            logits = network.judge(pooled[torch.randint(0, 2, (len(some),)), some], examples.measures[some])
            losses = F.binary_cross_entropy_with_logits(logits, examples.labels[some] * _HARD + _SOFT, reduction="none")
            total += _descend((losses * weights[some][:, None]).mean(), optimizer, schedule)
        if tick is not None:
            tick(f"epoch {epoch + 1} of {RETRAINED_EPOCHS}: loss {total / len(batches):.3f}")
    return Classifier(as_stored(network.eval()), classifier.thresholds)


def _descend(loss: Tensor, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler) -> float:
    """One step down; the loss before it."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    schedule.step()
    return float(loss.detach())


def _pooled(network: PictureNetwork, views: Tensor) -> Tensor:
    with torch.no_grad(), autocast():
        return torch.cat([network.pool(some.float() / 255) for some in views.split(64)])


def _some(examples: Examples, which: Tensor) -> Examples:
    kinds = [examples.kinds[int(n)] for n in which]
    return Examples(examples.views[which], examples.measures[which], examples.labels[which], kinds)


def classified(classifier: Classifier, examples: Examples) -> Tensor:
    """Probabilities of violations, [N, 4]."""
    pairs = zip(examples.views.split(64), examples.measures.split(64), strict=True)
    return torch.cat([classifier.probabilities(views, measures) for views, measures in pairs])


def _threshold(probabilities: Tensor, labels: Tensor) -> float:
    """The least from which on a violation is likelier than none and few are rejected wrongly; NEVER where there is none, since
    a wrong rejection costs a good ad."""
    for step in range(50, 96, 2):
        flagged = probabilities >= step / 100
        hits = int((flagged & (labels > 0.5)).sum())
        if hits >= _LEAST_HITS and hits >= _PRECISION * int(flagged.sum()):
            return step / 100
    return NEVER


def figures(classifier: Classifier, examples: Examples) -> dict[str, Any]:
    """Precision and recall by criterion, and the share of each kind that is rejected, by classifier or rule."""
    scored = classified(classifier, examples) >= torch.tensor(classifier.thresholds)
    for number, values in enumerate(examples.measures.tolist()):
        for criterion, _, _ in by_rules(dict(zip(MEASURES, values, strict=True))):
            scored[number, CRITERIA.index(criterion)] = True
    true = examples.labels > 0.5
    result: dict[str, Any] = {"examples": len(true), "kinds": {}}
    for n, criterion in enumerate(CRITERIA):
        hits = int((scored[:, n] & true[:, n]).sum())
        result[criterion] = {
            "precision": round(hits / max(1, int(scored[:, n].sum())), 3),
            "recall": round(hits / max(1, int(true[:, n].sum())), 3),
            "cases": int(true[:, n].sum()),
        }
    rejected, bad = scored.any(1), true.any(1)
    hits = int((rejected & bad).sum())
    result["any"] = {
        "precision": round(hits / max(1, int(rejected.sum())), 3),
        "recall": round(hits / max(1, int(bad.sum())), 3),
        "cases": int(bad.sum()),
    }
    for kind in ("clean", *KINDS):
        which = torch.tensor([name == kind for name in examples.kinds])
        if which.any():
            result["kinds"][kind] = {"rejected": round(float(rejected[which].float().mean()), 3), "cases": int(which.sum())}
    return result
