"""`uniadgen metrics ...`: figures about finished ads, and about an image tokenizer."""

import argparse
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from uniadgen.ad_files import png
from uniadgen.cli.arguments import add_batch, add_json, add_limit
from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.files import check_out, make_folder, write_bytes
from uniadgen.metrics.metric import Metric, in_lines
from uniadgen.metrics.registry import all_metrics
from uniadgen.words import quoted


def add_metrics(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    what = {metric.name: metric.what for metric in all_metrics()}
    verb = kinds.add_parser("text", help=what.pop("text"))
    verb.set_defaults(run=metrics_text)
    verb.add_argument(
        "--predictions",
        required=True,
        metavar="FILE.jsonl",
        help='lines of {"prediction": ..., "references": [...], "selling_points": [...]}',
    )
    add_json(verb)
    verb = kinds.add_parser("pbs", help=what.pop("pbs"))
    verb.set_defaults(run=metrics_pbs)
    verb.add_argument("--a", required=True, metavar="DIR", help="pictures")
    verb.add_argument("--b", required=True, metavar="DIR", help="pictures to compare them with")
    verb.add_argument("--out", required=True, metavar="FILE.csv", help="columns filename and pbs")
    verb.add_argument("--encoder", metavar="FILE", help="a published checkpoint or a .safetensors file (default: embedded)")
    add_batch(verb, 64)
    add_json(verb)
    verb = kinds.add_parser("pictures", help="palette distance, FID and CLIP scores of two folders")
    verb.set_defaults(run=metrics_pictures)
    verb.add_argument("--a", required=True, metavar="DIR", help="generated pictures, with NAME.txt beside them for --clip")
    verb.add_argument("--b", required=True, metavar="DIR", help="true pictures with the same names")
    verb.add_argument("--fid", action="store_true", help="FID, with Inception's weights in torch's cache or from --inception")
    verb.add_argument("--inception", metavar="FILE", help="torch-fidelity's weights of Inception")
    verb.add_argument("--clip", metavar="FOLDER", help="CLIP scores, with a model that transformers saved or has in its cache")
    add_json(verb)
    verb = kinds.add_parser("reconstruction", help="how well an image tokenizer reproduces pictures")
    verb.set_defaults(run=metrics_reconstruction)
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout, with pictures")
    verb.add_argument(
        "--model", metavar="FOLDER", help="a model, or what `train tokenizer` wrote (default: the embedded model)"
    )
    verb.add_argument("--split", default="test", metavar="NAME", help="(default %(default)s)")
    add_limit(verb, "creatives, from all over the split")
    verb.add_argument("--out", metavar="DIR", help="for the plates as reproduced at the largest resolution, as ID.png")
    add_json(verb)
    for metric in all_metrics():
        if metric.name in what:
            verb = kinds.add_parser(metric.name, help=metric.what)
            verb.set_defaults(run=metrics_of_pictures if metric.of_pictures else metrics_of_ads, metric=metric)
            _add_options(verb, metric)
    verb = kinds.add_parser("list", help="all figures of all metrics: titles, units, what they say")
    verb.set_defaults(run=metrics_list)
    add_json(verb)


def _add_options(verb: argparse.ArgumentParser, metric: Metric) -> None:
    """What a metric needs to be told; metrics with options of their own have a verb above."""
    if metric.of_pictures is not None:
        folder = "a folder of folders, each with pictures to compare" if "groups" in metric.needs else "a folder of pictures"
        verb.add_argument("--pictures", required=True, metavar="DIR", help=f"{folder}; of ads that we made, their backgrounds")
        verb.add_argument("--data", required=True, metavar="DIR", help="the real pictures: a data set in our layout")
        verb.add_argument("--split", default="test", metavar="NAME", help="of the real pictures (default %(default)s)")
        if "beside" in metric.needs:
            verb.add_argument("--beside", default="val", metavar="NAME", help="split of other real ones (default %(default)s)")
        verb.add_argument("--kind", default="plate", choices=("plate", "ad"), help="what is compared (default %(default)s)")
    else:
        verb.add_argument("--outputs", required=True, metavar="PATH", help="ads, as `evaluate --outputs` reads or writes them")
        verb.add_argument("--data", required=True, metavar="DIR", help="the data set that the shoppers are of")
        verb.add_argument("--split", default="test", metavar="NAME", help="of the shoppers (default %(default)s)")
        add_limit(verb)
    verb.add_argument("--encoder", metavar="FILE", help="background encoder (default: embedded)")
    add_json(verb)


def metrics_list(arguments: argparse.Namespace) -> None:
    """Print all figures."""
    if arguments.json:
        print_json([asdict(figure) | {"metric": metric.name} for metric in all_metrics() for figure in metric.figures])
        return
    for metric in all_metrics():
        print_line(f"{metric.name}: {metric.what} (needs: {', '.join(metric.needs)})")
        for figure in metric.figures:
            better = {True: "higher is better", False: "lower is better", None: ""}[figure.higher_is_better]
            about = ", ".join(part for part in (figure.title, figure.unit, better) if part)
            print_line(f"  {figure.name:21} {about}")


def metrics_of_ads(arguments: argparse.Namespace) -> None:
    """Print the means of a metric over the ads of a system, with intervals over shoppers."""
    from uniadgen.evaluation.figures import means_over_ads
    from uniadgen.evaluation.protocol import load_cases
    from uniadgen.evaluation.systems import read_system
    from uniadgen.loading.background_encoder import load_encoder
    from uniadgen.metrics.judged import Ads, Judge

    metric, data = arguments.metric, Path(arguments.data)
    encoder = load_encoder(Path(arguments.encoder) if arguments.encoder else None)
    cases = load_cases(data, arguments.split, arguments.limit)
    system = read_system(Path(arguments.outputs), [case.id for case in cases])
    for line in system.notes():
        print_line(f"--outputs: {line}", sys.stderr)
    judged = [case for case in cases if case.id in system.ads]
    scores = metric.of_ads(Ads(judged, [system.ads[case.id] for case in judged], Judge(encoder, data, arguments.split)))
    means = means_over_ads(metric, scores)
    if arguments.json:
        print_json({**means, "signatures": dict(scores.signatures)})
        return
    print_line(in_lines(means))
    print_line("\n".join(scores.signatures.values()))


def metrics_of_pictures(arguments: argparse.Namespace) -> None:
    """Print a metric of a folder of pictures."""
    from uniadgen.loading.background_encoder import load_encoder
    from uniadgen.metrics.judged import Judge, TooFew
    from uniadgen.metrics.picture_features import PictureSet, folder_pictures

    metric, folder, kind = arguments.metric, Path(arguments.pictures), arguments.kind
    judge = Judge(load_encoder(Path(arguments.encoder) if arguments.encoder else None), Path(arguments.data), arguments.split)
    members = [partial(folder_pictures, group, kind) for group in _subfolders(folder)] if "groups" in metric.needs else []
    beside = getattr(arguments, "beside", "val")
    pictures = PictureSet(judge, kind, partial(folder_pictures, folder, kind), {"": members} if members else {}, beside)
    try:
        [result] = metric.of_pictures(pictures).values()
    except TooFew as error:
        raise InputError(f"argument --pictures: {quoted(folder)}: {error}") from None
    _show(result.as_dict(), arguments)


def _subfolders(folder: Path) -> list[Path]:
    try:
        folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        raise InputError(f"argument --pictures: {quoted(folder)} is no readable folder; name a folder of folders") from None
    if not folders:
        raise InputError(f"argument --pictures: {quoted(folder)} has no folders in it; put each group of pictures in one")
    return folders


def metrics_reconstruction(arguments: argparse.Namespace) -> None:
    """Print how well the tokenizer reproduces plates and ads."""
    import torch

    from uniadgen.loading.checkpoint import embedded_folder, load_tokenizer
    from uniadgen.metrics.reconstruction import reconstruction

    folder = Path(arguments.model) if arguments.model else embedded_folder()
    tokenizer, config = load_tokenizer(folder, "cuda" if torch.cuda.is_available() else "cpu")
    data, out = Path(arguments.data), None if arguments.out is None else Path(arguments.out)
    if out is None:
        result = reconstruction(data, tokenizer, config, arguments.split, arguments.limit)
    else:
        check_out(out)
        make_folder(out, "argument --out")
        save = partial(_save_plate, out)
        result = reconstruction(data, tokenizer, config, arguments.split, arguments.limit, save=save)
    _show(result, arguments)


def _save_plate(folder: Path, name: str, picture: Any) -> None:
    path = folder / f"{quote(name, safe=' ')}.png"  # an id may hold what a file name can't
    write_bytes(path, png(picture), "argument --out")


def metrics_pictures(arguments: argparse.Namespace) -> None:
    """Print the figures of two folders."""
    from uniadgen.metrics.pictures import default_inception, picture_metrics

    inception = Path(arguments.inception) if arguments.inception else default_inception() if arguments.fid else None
    _show(picture_metrics(Path(arguments.a), Path(arguments.b), inception, arguments.clip), arguments)


def metrics_pbs(arguments: argparse.Namespace) -> None:
    """Write the scores of two folders and print what they are like."""
    from uniadgen.loading.background_encoder import load_encoder
    from uniadgen.metrics.pbs import folder_scores, write_csv

    encoder = load_encoder(Path(arguments.encoder) if arguments.encoder else None)
    scores = folder_scores(encoder, Path(arguments.a), Path(arguments.b), arguments.batch)
    write_csv(Path(arguments.out), scores)
    summary = scores.summary()
    if arguments.json:
        print_json({**summary, "only_a": scores.only_a, "only_b": scores.only_b})
        return
    print_line(f"{summary['n']} pairs in {quoted(arguments.out)}")
    print_line(in_lines({name: value for name, value in summary.items() if name != "n"}))
    for option, names in (("--a", scores.only_a), ("--b", scores.only_b)):
        if names:
            print_line(f"only in {option}: {', '.join(map(quoted, names))}")


def metrics_text(arguments: argparse.Namespace) -> None:
    """Print the scores of a file of ad texts."""
    from uniadgen.metrics.text import load_predictions, text_metrics

    _show(text_metrics(load_predictions(Path(arguments.predictions))), arguments)


def _show(result: Any, arguments: argparse.Namespace) -> None:
    """Print figures by name, or a result that can be told as JSON and as a table."""
    by_name = isinstance(result, dict)
    if arguments.json:
        print_json(result if by_name else result.as_dict())
    else:
        print_line(in_lines(result) if by_name else result)
