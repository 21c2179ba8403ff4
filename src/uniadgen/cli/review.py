"""`uniadgen review create|serve|links|report|reopen|export|import`: human evaluation in three stages, blind.

uniadgen review create --items ours=eval/ads/length-10 plain=plain-ads --data DATA --teams teams.yaml --out study.db
uniadgen review serve study.db
"""

import argparse
import json
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from uniadgen.cli.arguments import add_json, add_seed, number, whole_number
from uniadgen.console import print_json, print_line, progress_bar
from uniadgen.errors import InputError
from uniadgen.files import write_text
from uniadgen.strictjson import parse_json
from uniadgen.words import clean_text, quoted

if TYPE_CHECKING:
    from uniadgen.review.store import Study

LEAST_LEASE, MOST_LEASE = 10, 7 * 24 * 3600  # seconds
NAMED = 20  # files that were not used, by name
MAX_BYTES = 2**28  # of a file to import


def add_review(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    verb = steps.add_parser("create", help="make a study of finished ads: shuffled, blind, with every task")
    verb.set_defaults(run=create)
    verb.add_argument(
        "--items",
        required=True,
        action="extend",
        nargs="+",
        metavar="NAME=PATH",
        help="ads of systems: folders that generate, evaluate or baselines wrote, or JSON lines; may be repeated",
    )
    verb.add_argument("--kind", choices=("picture", "text", "ad"), default="ad", help="what is judged (default %(default)s)")
    verb.add_argument("--data", metavar="DIR", help="the data set whose shoppers the ads are named by, for their products")
    verb.add_argument("--teams", required=True, metavar="FILE.yaml", help="who labels, verifies and rechecks")
    verb.add_argument(
        "--recheck", type=number(0, 1), default=0.1, metavar="SHARE", help="of the ads, by a third team (default %(default)s)"
    )
    verb.add_argument(
        "--lease",
        type=whole_number(LEAST_LEASE, MOST_LEASE),
        default=900,
        metavar="SECONDS",
        help="after which an ad that was taken returns (default %(default)s)",
    )
    verb.add_argument("--title", default="Ad review", metavar="TEXT", help='on the pages (default "%(default)s")')
    add_seed(verb, "of the order and of which ads are rechecked")
    verb.add_argument("--out", required=True, metavar="FILE.db", help="the study, a new file, or the URL of an empty database")

    verb = _step(steps, "serve", "serve the pages that people work on, and print their personal links", serve)
    verb.add_argument("--host", default="127.0.0.1", metavar="NAME", help="address to listen on (default %(default)s)")
    verb.add_argument("--port", type=whole_number(0, 65535), default=8765, metavar="N", help="(default %(default)s)")
    verb.add_argument("--base-url", metavar="URL", help="of the links, where people reach the pages by another address")

    verb = _step(steps, "links", "print everybody's personal link", links)
    verb.add_argument("--base-url", default="http://127.0.0.1:8765", metavar="URL", help="(default %(default)s)")

    verb = _step(steps, "report", "available rates, accuracy, agreement, and where people disagree", report)
    add_json(verb, ": all figures as JSON")
    verb.add_argument("--html", metavar="FILE.html", help="write the report as one page")

    _step(steps, "reopen", "send the batch back: a further round of all three stages", reopen)

    verb = _step(steps, "export", "all verdicts as JSON lines, or a stage for Label Studio", export)
    verb.add_argument("--format", choices=("jsonl", "label-studio"), default="jsonl", help="(default %(default)s)")
    verb.add_argument(
        "--stage", choices=("label", "verify", "recheck"), default="label", help="for Label Studio (default label)"
    )
    verb.add_argument("--out", metavar="PATH", help="file, or folder for Label Studio (default: standard output)")

    verb = _step(steps, "import", "append verdicts from JSON lines or from Label Studio's JSON", import_)
    verb.add_argument("file", metavar="FILE", help="as export or Label Studio writes it")
    verb.add_argument("--format", choices=("jsonl", "label-studio"), default="jsonl", help="(default %(default)s)")
    verb.add_argument(
        "--person",
        action="append",
        default=[],
        metavar="WHO=NAME",
        help="who of the study somebody of Label Studio is, by e-mail address or number; may be repeated",
    )


def _step(
    steps: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help: str, run: object
) -> argparse.ArgumentParser:
    verb = steps.add_parser(name, help=help)
    verb.set_defaults(run=run)
    verb.add_argument("study", metavar="STUDY", help="file or URL")
    return verb


def create(arguments: argparse.Namespace) -> None:
    from uniadgen.review.creating import create_study
    from uniadgen.review.items import read_systems
    from uniadgen.review.teams import read_teams

    teams = read_teams(Path(arguments.teams))
    if not clean_text(arguments.title):
        raise InputError("argument --title: it is empty; write a few words")
    ads, unused = read_systems(arguments.items, arguments.kind, Path(arguments.data) if arguments.data else None)
    with progress_bar() as progress:
        counts = create_study(
            arguments.out,
            ads,
            arguments.kind,
            teams,
            title=clean_text(arguments.title),
            recheck=arguments.recheck,
            seed=arguments.seed,
            lease=arguments.lease,
            progress=progress,
        )
    if unused:
        more = f" and {len(unused) - NAMED:,} more" if len(unused) > NAMED else ""
        print_line(f"uniadgen: not used: {', '.join(map(quoted, unused[:NAMED]))}{more}", sys.stderr)
    systems = len({ad.system for ad in ads})
    print_line(f"{counts['items']} ads of {systems} systems, in an order of seed {arguments.seed}")
    for stage, members in teams.members.items():
        print_line(f"  {stage:8} {counts[stage]:6} tasks, {len(members)} people: {', '.join(members)}")
    if teams.overlap > 1:
        print_line(f"  {teams.share:.0%} of the ads are labelled by {teams.overlap} people each")
    folder_name = arguments.out if "://" not in arguments.out else "URL"
    print_line(f"next: uniadgen review serve {folder_name}")


def serve(arguments: argparse.Namespace) -> None:
    import uvicorn

    from uniadgen.review.app import create_app

    study = _open(arguments)
    try:
        listener = socket.create_server((arguments.host, arguments.port), family=_family(arguments.host))
        # Its connections do so too: no answer waits until the browser confirms its head, which takes 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise InputError(
            f"argument --port: {arguments.host}:{arguments.port} can't be listened on ({error.strerror or error}); name another"
        ) from None
    name = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    base = (arguments.base_url or f"http://{name}:{listener.getsockname()[1]}").rstrip("/")
    _print_links(study, base)
    print_line(f"serving {quoted(study.title)} at {base}; Ctrl-C ends it, nothing is lost", flush=True)
    # addresses hold personal links, so no access log; who comes before it is ready waits in the listener's queue
    uvicorn.Server(uvicorn.Config(create_app(study), log_level="warning", access_log=False)).run([listener])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def links(arguments: argparse.Namespace) -> None:
    _print_links(_open(arguments), arguments.base_url.rstrip("/"))


def _print_links(study: "Study", base: str) -> None:
    from uniadgen.review.app import owner_link, personal_links

    for entry in personal_links(study, base):
        print_line(f"{entry.team:8} {entry.name:20} {entry.link}")
    print_line(f"{'owner':8} {'progress, report':20} {owner_link(study, base)}")


def report(arguments: argparse.Namespace) -> None:
    from uniadgen.review.figures import study_figures
    from uniadgen.review.report import interval, not_judged_in_words, number, percent, recheck_in_words, write_report

    study = _open(arguments)
    figures = study_figures(study)
    if arguments.html:
        write_report(study, Path(arguments.html))
    if arguments.json:
        print_json(figures)
        return
    stages = ", ".join(f"{name} {stage['done']} of {stage['of']}" for name, stage in figures["stages"].items())
    print_line(f"{figures['study']['title']}, round {figures['study']['round']}: {stages}")
    if left := not_judged_in_words(figures):
        print_line(f"  {left}")
    for name, row in figures["systems"].items():
        rejects = ", ".join(f"{criterion} {share['count']}" for criterion, share in row["rejects"].items())
        share = row["available"]
        print_line(f"  {name:24} available {percent(share)} ({interval(share)}) of {share['n']}; rejects: {rejects}")
    changed = figures["verification"]["changed"]
    print_line(f"changed in verification: {percent(changed)} of {changed['n']} labels")
    print_line(recheck_in_words(figures))
    alphas = ", ".join(f"{name} {number(share['alpha'])}" for name, share in figures["agreement"].items())
    print_line(f"Krippendorff's alpha: {alphas}")
    if arguments.html:
        print_line(f"report: {arguments.html}")


def reopen(arguments: argparse.Namespace) -> None:
    from uniadgen.review.exchange import reopen

    print_line(f"the batch goes back: round {reopen(_open(arguments))}; earlier verdicts stay in the store")


def export(arguments: argparse.Namespace) -> None:
    from uniadgen.review.exchange import export_label_studio, export_lines

    study = _open(arguments)
    if arguments.format == "label-studio":
        if not arguments.out:
            raise InputError("argument --out: Label Studio's format is several files; name a folder")
        count = export_label_studio(study, arguments.stage, Path(arguments.out))
        print_line(f"{count} tasks: {Path(arguments.out) / 'tasks.json'}, labeling.xml and images/ beside it")
        return
    lines = [json.dumps(record, ensure_ascii=False) for record in export_lines(study)]
    if arguments.out:
        write_text(Path(arguments.out), "".join(f"{line}\n" for line in lines), "argument --out")
        print_line(f"{len(lines)} verdicts: {arguments.out}")
    else:
        for line in lines:
            print_line(line)


def import_(arguments: argparse.Namespace) -> None:
    from uniadgen.review.exchange import import_label_studio, import_lines

    study, file = _open(arguments), Path(arguments.file)
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"argument FILE: {quoted(file)} is larger than 256 MiB; split it")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"argument FILE: {quoted(file)} can't be read ({error.strerror or error}); name a file") from None
    except UnicodeDecodeError:
        raise InputError(f"argument FILE: {quoted(file)} is not UTF-8; save it as UTF-8") from None
    if arguments.format == "jsonl":
        new, repeated = import_lines(study, text.split("\n"), quoted(file))
    else:
        names = {}
        for given in arguments.person:
            who, equals, name = given.rpartition("=")
            if not equals or not who or not name:
                raise InputError(f"argument --person: {quoted(given)} is not WHO=NAME")
            names[who] = name
        records = parse_json(text, f"argument FILE: {quoted(file)}")
        if records is None:
            raise InputError(f"argument FILE: {quoted(file)} is no JSON; use Label Studio's JSON export")
        new, repeated = import_label_studio(study, records, names, quoted(file))
    print_line(f"{new} verdicts appended, {repeated} were there")


def _open(arguments: argparse.Namespace) -> "Study":
    from uniadgen.review.store import open_study

    return open_study(arguments.study)
