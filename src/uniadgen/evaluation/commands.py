"""`uniadgen evaluate`: generate for a split, measure, and write results.json, results.csv and report.html."""

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.cleaning import quoted
from uniadgen.errors import InputError
from uniadgen.output import check_out

GALLERY = 24  # shoppers shown in the report


def add_evaluate(verbs: Any) -> None:
    verb = verbs.add_parser("evaluate", help="measure a model on a data set: tables, curves, gallery", allow_abbrev=False)
    verb.set_defaults(run=evaluate)
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout")
    verb.add_argument("--model", metavar="FOLDER", help="a model folder (default: the embedded model)")
    verb.add_argument("--history-length", default="0,3,5,8,10,12", metavar="N,N,...", help="(default %(default)s)")
    verb.add_argument("--sampling", default="random,most-similar,product-similarity", metavar="NAMES", help="(default: all)")
    verb.add_argument("--out", required=True, metavar="DIR", help="for ads and results; goes on where it was")
    verb.add_argument("--split", default="test", metavar="NAME", help="(default %(default)s)")
    verb.add_argument("--limit", type=int, metavar="N", help="shoppers (default: all of the split)")
    verb.add_argument("--guidance", type=float, metavar="G", help="of the picture (default: the model's)")
    verb.add_argument("--encoder", metavar="FILE", help="background encoder for PBS (default: embedded)")
    verb.add_argument(
        "--outputs",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="another system's ads: a folder with ID.png and ID.txt, or JSON lines of id, image, text; may be repeated",
    )


def evaluate(arguments: argparse.Namespace) -> None:
    from uniadgen.data.commands import progress_bar
    from uniadgen.evaluation.figures import (
        fit_scene_classifier,
        judge,
        oracle_values,
        personalisation,
        share_above,
        summarise,
    )
    from uniadgen.evaluation.protocol import check_samplings, conditions, generate_all, load_cases
    from uniadgen.evaluation.report import write_report, write_results
    from uniadgen.generator import AdGenerator
    from uniadgen.model.background import load_encoder

    began = time.perf_counter()
    out, data = Path(arguments.out), Path(arguments.data)
    check_out(out)
    lengths = _lengths(arguments.history_length)
    samplings = check_samplings([name for name in arguments.sampling.split(",") if name])
    if arguments.limit is not None and arguments.limit < 1:
        raise InputError(f"argument --limit: {arguments.limit} is no positive number of shoppers")
    systems = dict(_system(text) for text in arguments.outputs)
    encoder = load_encoder(Path(arguments.encoder) if arguments.encoder else None)
    cases = load_cases(data, arguments.split, arguments.limit)
    others = {name: read_outputs(path, {case.id for case in cases}) for name, path in systems.items()}
    generator = AdGenerator.from_pretrained(arguments.model)
    full = generator.model.config.preference.clicks
    wanted = conditions(lengths, samplings, full)
    with progress_bar() as progress:
        generate_all(generator, data, cases, wanted, out, arguments.guidance, progress)
    classifier = fit_scene_classifier(data, encoder, arguments.split)
    rows = {
        c.name: judge(cases, _own_outputs(out / "ads" / c.name, [k.id for k in cases]), encoder, classifier) for c in wanted
    }
    oracle = oracle_values(cases, data, encoder)
    summaries = {name: summarise(values).as_dict() for name, values in rows.items()}
    results: dict[str, Any] = {
        "history_length": {str(c.length): summaries[c.name] for c in wanted if c.name.startswith("length-")},
        "sampling": {
            name: summaries[f"length-{full}" if name == "product-similarity" else f"sampling-{name}"] for name in samplings
        },
        "oracle": summarise(oracle).as_dict(),
        "swapped": summaries["swapped"],
        "systems": {name: summarise(judge(cases, made, encoder, classifier)).as_dict() for name, made in others.items()},
        "personalisation": personalisation(rows["length-0"], rows[f"length-{full}"], oracle) if 0 in lengths else None,
        "own_above_swapped": share_above(rows[f"length-{full}"], rows["swapped"]),
        "scene_classifier": {"accuracy": classifier.accuracy, "n": classifier.n} if classifier is not None else None,
        "model": generator.model.config.name,
        "data": data.resolve().name,
        "split": arguments.split,
        "seconds": round(time.perf_counter() - began, 1),
    }
    write_results(out, results)
    write_report(out, results, _gallery(out, cases[:GALLERY], full))
    print(f"{len(cases)} shoppers, {len(wanted)} conditions: {out / 'results.json'}, {out / 'report.html'}")


def read_outputs(path: Path, known: set[str]) -> dict[str, Any]:
    """Another system's ads by shopper: a folder with ID.png (or .jpg, .webp) and ID.txt, or a file of JSON lines
    {"id", "image", "text"} with paths relative to it; text may be missing. Raises InputError."""
    from uniadgen.evaluation.figures import Output
    from uniadgen.images import load_picture

    found: dict[str, Any] = {}
    if path.is_dir():
        for name in sorted(known):
            picture = next((p for p in (path / f"{name}{s}" for s in (".png", ".jpg", ".jpeg", ".webp")) if p.is_file()), None)
            if picture is not None:
                words = path / f"{name}.txt"
                text = words.read_text("utf-8").strip() if words.is_file() else None
                found[name] = Output(load_picture(picture, quoted(picture)).convert("RGB"), text or None)
    else:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise InputError(
                f"argument --outputs: {quoted(path)} can't be read; name a folder or a file of JSON lines"
            ) from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                name, picture, text = str(record["id"]), path.parent / str(record["image"]), record.get("text")
            except (ValueError, KeyError, TypeError, AttributeError):
                raise InputError(
                    f'{quoted(path)}, line {number}: expected {{"id": ..., "image": ..., "text": ...}}; correct it'
                ) from None
            if name in known:
                words_given = str(text).strip() if text else None
                found[name] = Output(
                    load_picture(picture, f"{quoted(path)}, line {number}").convert("RGB"), words_given or None
                )
    if not found:
        raise InputError(f"argument --outputs: {quoted(path)} has no ad of these shoppers; name its files by user id")
    return found


def _own_outputs(folder: Path, names: list[str]) -> dict[str, Any]:
    from uniadgen.evaluation.figures import Output

    found = {}
    for name in names:
        record = json.loads((folder / f"{name}.json").read_text("utf-8"))
        with Image.open(folder / record["image"]) as ad, Image.open(folder / record["background"]) as background:
            pictures = ad.convert("RGB"), background.convert("RGB")
        found[name] = Output(pictures[0], record["text"], pictures[1], sum(record["timings"].values()))
    return found


def _gallery(out: Path, cases: list[Any], full: int) -> list[Any]:
    from uniadgen.evaluation.report import GalleryEntry

    shown = (("no history", "length-0"), ("their history", f"length-{full}"), ("another's history", "swapped"))
    entries = []
    for case in cases:
        ads = [("true ad", case.true_ad, case.true_text)]
        for title, name in shown:
            if (out / "ads" / name / f"{case.id}.json").exists():
                made = _own_outputs(out / "ads" / name, [case.id])[case.id]
                ads.append((title, made.ad, made.text))
        entries.append(GalleryEntry(case.id, [click.image for click in case.history][-16:], ads))
    return entries


def _lengths(text: str) -> list[int]:
    found = text.split(",")
    if not all(re.fullmatch("[0-9]{1,3}", value) for value in found):
        raise InputError(f"argument --history-length: {quoted(text)} is no list of numbers such as 0,3,10")
    return [int(value) for value in found]


def _system(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or not name or not path:
        raise InputError(f"argument --outputs: {quoted(text)} is not NAME=PATH")
    return name, Path(path)
