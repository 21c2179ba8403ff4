"""What is generated for an evaluation: every shopper of a split under every condition, resumable at each batch.

A condition is how much of the history the model sees, how it is sampled, and which part of the method is taken out. All
conditions of one shopper share product, place and seed, so that differences come from the condition alone.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from uniadgen.ad_files import staged, write_ad
from uniadgen.ads import AdRequest, Box, Click, Product
from uniadgen.clicks.sampling import check_sampling
from uniadgen.data.encoding import table_digest
from uniadgen.data.labels import Labels, open_labels
from uniadgen.data.layout import check_split, empty_split, iter_rows, table_path
from uniadgen.errors import InputError
from uniadgen.files import make_folder, write_text
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import PRODUCT_PIXELS, VIEWED_PIXELS, load_stored
from uniadgen.imaging.placing import visible_part
from uniadgen.metrics.judged import Case
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.words import quoted

Progress = Callable[[str, int, int], None]
BATCH = 16  # ads that are generated together
VARIED, VARIANTS = 8, 4  # shoppers whose ads are made several times, and how often


@dataclass(frozen=True)
class Condition:
    """history: whose clicks the model sees, "own" or "swapped" (another shopper's). without: one of ABLATIONS."""

    name: str
    length: int
    sampling: str = "product-similarity"
    history: str = "own"
    without: str | None = None


def conditions(lengths: Sequence[int], samplings: Sequence[str], full: int, parts: Sequence[str] = ()) -> list[Condition]:
    """Lengths at product-similarity, samplings at `full` clicks, somebody else's `full` clicks, and `full` clicks without each
    of the parts; none comes twice."""
    wanted = [Condition(f"length-{n}", n) for n in dict.fromkeys(lengths)]
    if full not in lengths:
        wanted.append(Condition(f"length-{full}", full))
    wanted += [Condition(f"sampling-{s}", full, s) for s in dict.fromkeys(samplings) if s != "product-similarity"]
    wanted.append(Condition("swapped", full, history="swapped"))
    return [*wanted, *(Condition(f"without-{part}", full, without=part) for part in dict.fromkeys(parts))]


def load_cases(data: Path, split: str, limit: int | None) -> list[Case]:
    """The shoppers of a split in the order of users.parquet, at most `limit`. Raises InputError."""
    check_split(split)
    whole = [row for row in iter_rows(data, "users") if row["split"] == split]
    users = whole[:limit]
    if not users:
        raise InputError(empty_split(data, split, "users"))
    # Half a split further on, whatever the limit: a run that is continued with more shoppers swaps the same histories.
    others = [whole[(number + len(whole) // 2) % len(whole)] for number in range(len(users))]
    labels = open_labels(data)
    oracles = _oracles(data, labels, [user["target"] for user in users])
    wanted = {user["target"] for user in users} | {click["creative"] for user in (*users, *others) for click in user["clicks"]}
    targets = {user["target"] for user in users}
    clicks: dict[str, Click] = {}
    rows: dict[str, dict[str, Any]] = {}
    for row in iter_rows(data, "creatives", batch_size=64):
        if row["id"] in wanted:
            clicks[row["id"]] = Click(open_picture(row["ad"], row["id"]), row["text"])
        if row["id"] in targets:
            rows[row["id"]] = row
    unknown = wanted - set(clicks)
    if unknown:
        raise InputError(
            f"data folder {quoted(data)}: users name {len(unknown)} unknown creatives; run `uniadgen data validate`"
        )
    products = {row["product_id"] for row in rows.values()}
    cutouts = {
        # a transparent margin, so that a rectangular product is not taken for a photo that has yet to be cut out
        row["id"]: ImageOps.expand(visible_part(_cutout(row["cutout"], row["id"])), 1, (0, 0, 0, 0))
        for row in iter_rows(data, "products", ("id", "cutout"), 64)
        if row["id"] in products
    }
    cases = []
    for user, other in zip(users, others, strict=True):
        row = rows[user["target"]]
        if row["product_id"] not in cutouts:
            raise InputError(f"product {quoted(row['product_id'])}: has no cut-out; convert with --images")
        cases.append(
            Case(
                id=user["id"],
                product=Product(cutouts[row["product_id"]], row["description"], row["selling_points"]),
                history=[clicks[click["creative"]] for click in user["clicks"]],
                other=other["id"],
                other_history=[clicks[c["creative"]] for c in other["clicks"] if c["creative"] != user["target"]],
                box=_box(row["placement"]),
                target=user["target"],
                true_ad=open_picture(row["ad"], row["id"]),
                true_plate=open_picture(row["plate"] or row["ad"], row["id"]),
                true_text=row["text"],
                department=row["department"],
                taste=taste.as_dict() if (taste := labels.taste(user["id"])) else None,
                oracle=oracles.get(user["target"]),
            )
        )
    return cases


def _oracles(data: Path, labels: Labels, targets: Sequence[str]) -> dict[str, str]:
    """For each target another product's creative that shares family, palette and light, where there is one."""
    product = {row["id"]: row["product_id"] for row in iter_rows(data, "creatives", ("id", "product_id"), 4096)}
    alike: dict[tuple[str, ...], list[str]] = {}
    scene = {name: (row["family"], row["palette"], row["light"]) for name, row in labels.creatives.items() if name in product}
    for name, look in scene.items():
        alike.setdefault(look, []).append(name)
    oracles = {}
    for target in targets:
        others = [name for name in alike.get(scene.get(target, ()), ()) if product[name] != product[target]]
        if others:
            oracles[target] = min(others, key=lambda name: hashlib.sha256(f"{target}/{name}".encode()).digest())
    return oracles


def _box(placement: Sequence[float] | None) -> Box | None:
    if not placement:
        return None
    left, top, width, height = placement
    return Box(left, top, min(1.0, left + width), min(1.0, top + height))


def open_picture(data: bytes | None, name: str) -> Image.Image:
    """RGB. Raises InputError."""
    return flatten(load_stored(data, f"creative {quoted(name)}", VIEWED_PIXELS))


def _cutout(data: bytes | None, name: str) -> Image.Image:
    return load_stored(data, f"product {quoted(name)}", PRODUCT_PIXELS).convert("RGBA")


def generate_all(
    generator: AdGenerator,
    data: Path,
    cases: Sequence[Case],
    wanted: Sequence[Condition],
    out: Path,
    guidance: float | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> None:
    """Writes out/ads/CONDITION/SHOPPER.{png,background.png,json} where they are missing. Case i gets seed + i.

    Raises InputError when `out` holds the ads of another model, data set or setting.
    """
    size = generator.model.config.image.painted
    weight = [float(t.detach().double().sum()) for t in generator.model.state_dict().values()]
    settings = {
        "model": generator.model.config.name,
        "weights": hashlib.sha256(repr(weight).encode()).hexdigest()[:12],
        "config": hashlib.sha256(json.dumps(generator.model.config.to_dict(), sort_keys=True).encode()).hexdigest()[:12],
        "creatives": table_digest(table_path(data, "creatives")),
        "users": table_digest(table_path(data, "users")),
        "guidance": guidance,
        "size": size,
        "seed": seed,
    }
    _check_settings(out, settings)
    done, total = 0, len(cases) * len(wanted)
    for condition in wanted:
        folder = out / "ads" / condition.name
        # A batch in which an ad is missing is made anew as a whole, so that an interrupted run ends with the same ads.
        for start in range(0, len(cases), BATCH):
            batch = cases[start : start + BATCH]
            done += len(batch)
            if all((folder / f"{case.id}.json").exists() for case in batch):
                continue
            options = GenerateOptions(
                size=(size, size),
                history_length=condition.length or None,
                sampling=condition.sampling,
                guidance=guidance,
                without=() if condition.without is None else (condition.without,),
            )
            ads = generator.generate_many(
                [AdRequest(case.product, seen_history(case, condition), case.box) for case in batch],
                seeds=range(seed + start, seed + start + len(batch)),
                options=options,
            )
            with staged(folder) as stage:
                for case, ad in zip(batch, ads, strict=True):
                    write_ad(ad, stage, case.id)
            if progress is not None:
                progress("generating", done, total)


def generate_variants(
    generator: AdGenerator, cases: Sequence[Case], out: Path, guidance: float | None = None, seed: int = 0
) -> dict[str, list[Path]]:
    """Several ads of each of the first shoppers: "seeds", of one request, and "products", for other shoppers' products.

    Writes out/variants/KIND/SHOPPER/NUMBER.* where they are missing and returns these folders, by kind.
    """
    size = generator.model.config.image.painted
    folders: dict[str, list[Path]] = {"seeds": [], "products": []}
    for number, case in enumerate(cases[:VARIED]):
        others = [cases[(number + step) % len(cases)] for step in range(min(VARIANTS, len(cases)))]
        for kind, cases_of, seeds in (
            ("seeds", [case] * VARIANTS, [seed + number + step * len(cases) for step in range(VARIANTS)]),
            ("products", others, [seed + number] * len(others)),
        ):
            folder = out / "variants" / kind / case.id
            folders[kind].append(folder)
            if all((folder / f"{variant}.json").exists() for variant in range(len(cases_of))):
                continue
            requests = [AdRequest(other.product, case.history, other.box) for other in cases_of]
            ads = generator.generate_many(requests, seeds=seeds, size=(size, size), guidance=guidance)
            with staged(folder) as stage:
                for variant, ad in enumerate(ads):
                    write_ad(ad, stage, str(variant))
    return folders


def seen_history(case: Case, condition: Condition) -> list[Click]:
    """The clicks that the model may sample from under a condition."""
    if not condition.length:
        return []
    return case.history if condition.history == "own" else case.other_history


def _check_settings(out: Path, settings: dict[str, Any]) -> None:
    """What the ads in `out` depend on is written there at first, and must be the same later."""
    kept = out / "settings.json"
    if kept.exists():
        try:
            same = {"seed": 0, **json.loads(kept.read_text("utf-8"))} == settings  # there was one seed only, once
        except (ValueError, TypeError):
            same = False
        if not same:
            raise InputError(
                f"argument --out: {quoted(out)} holds the ads of another model, setting or data set; name another folder"
            )
        return
    make_folder(out, "argument --out")
    write_text(kept, json.dumps(settings, indent=2) + "\n", "argument --out")


def check_samplings(names: Sequence[str]) -> list[str]:
    """Raises InputError for a sampling that is unknown."""
    return [check_sampling(name, "argument --sampling") for name in names]
