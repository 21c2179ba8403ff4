"""`uniadgen serve`: ads over HTTP, until SIGTERM or Ctrl-C; `uniadgen studio`: its pages, for one person at this machine.

    uniadgen serve --port 8000 --media-root pictures --api-keys keys.txt

See docs/serving.md.
"""

import argparse
import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from uniadgen.cli.arguments import whole_number
from uniadgen.cli.models import DTYPES, add_model, check_models, loaded_generator
from uniadgen.cli.options import add_marks, chosen_output
from uniadgen.console import notices, print_line
from uniadgen.files import checked_path, is_dir

if TYPE_CHECKING:
    from uniadgen.service.service import Settings

_MIB = 2**20


def add_serve(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=serve)
    verb.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen at (default %(default)s)")
    verb.add_argument(
        "--port", type=whole_number(0, 65535), default=8000, metavar="N", help="0 for any that is free (default %(default)s)"
    )
    verb.add_argument("--data", metavar="DIR", help="a data set whose products and shoppers requests may name by id")
    verb.add_argument("--media-root", metavar="DIR", help="folder of pictures that requests may name (default: none)")
    verb.add_argument(
        "--media-store", metavar="DIR", help="where sent and made pictures are kept (default: a folder that goes at the end)"
    )
    verb.add_argument("--queue", type=whole_number(1, 10_000), default=64, metavar="N", help="ads that may wait (default 64)")
    verb.add_argument(
        "--max-batch", type=whole_number(1, 256), default=16, metavar="N", help="ads that are made together (default 16)"
    )
    verb.add_argument(
        "--max-body", type=whole_number(1, 1024), default=16, metavar="MIB", help="of a request, in MiB (default 16)"
    )
    verb.add_argument("--api-keys", metavar="FILE", help="a line NAME KEY for each client (default: everybody may ask)")
    _add_brands(verb, "that requests and the studio may name")
    verb.add_argument("--no-studio", action="store_true", help="without the pages at /studio")
    _add_session(verb)
    add_marks(verb)
    add_model(verb)


def _add_session(verb: argparse.ArgumentParser, default: str | None = None) -> None:
    verb.add_argument(
        "--session",
        default=default,
        metavar="FILE.db",
        help=f"where the studio keeps its work (default: {default or 'in memory'})",
    )


def _add_brands(verb: argparse.ArgumentParser, use: str) -> None:
    verb.add_argument("--brands", metavar="DIR", help=f"folder of brand kits, NAME.yaml each, {use} (default: none)")


def add_studio(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=studio)
    verb.add_argument("--port", type=whole_number(0, 65535), default=8770, metavar="N", help="(default %(default)s)")
    verb.add_argument("--no-open", action="store_true", help="don't open the page in a browser")
    verb.add_argument("--data", metavar="DIR", help="a data set whose shoppers can be picked")
    _add_brands(verb, "that can be picked")
    _add_session(verb, "studio.db")
    add_marks(verb)
    add_model(verb)


def studio(arguments: argparse.Namespace) -> None:
    """The service with nothing but the studio, for one person at this machine."""
    import webbrowser

    from uniadgen.service.service import Settings

    settings = Settings(
        studio=True,
        session=checked_path(arguments.session, "argument --session"),
        data=_data(arguments),
        brands=None if arguments.brands is None else checked_path(arguments.brands, "argument --brands"),
        output=chosen_output(arguments),
        setup=_setup(arguments),
    )
    settings.checked_brands()

    def ready(address: str) -> None:
        print_line(f"the studio is at {address}/studio/; Ctrl-C ends it, your work stays in {arguments.session}", flush=True)
        if not arguments.no_open:
            webbrowser.open(f"{address}/studio/")

    _run(arguments, "127.0.0.1", settings, ready)


def _setup(arguments: argparse.Namespace) -> dict[str, str | None]:
    """What decides beside a request about an ad, where it is not the default: options of `add_model`. Folders only by their
    names, since who takes an ad away need not know where they lie."""
    given = {name: getattr(arguments, name) for name in ("model", "foreground", "device", "dtype", "quantize")}
    defaults = {"device": "cpu", "dtype": DTYPES[0]}
    chosen = {name: value for name, value in given.items() if value is not None and value != defaults.get(name)}
    folders = [name for name in ("model", "foreground") if name in chosen and is_dir(Path(chosen[name]))]
    return chosen | {name: Path(chosen[name]).name for name in folders}


def _data(arguments: argparse.Namespace) -> Path | None:
    return None if arguments.data is None else checked_path(arguments.data, "argument --data")


def serve(arguments: argparse.Namespace) -> None:
    """Serve until a signal. What can be wrong is looked for before anybody is listened to."""
    from uniadgen.service.bodies import Bodies
    from uniadgen.service.keys import Keys
    from uniadgen.service.service import Settings

    def folder(name: str) -> Path | None:
        given = getattr(arguments, name)
        return None if given is None else checked_path(given, f"argument --{name.replace('_', '-')}")

    settings = Settings(
        media_root=folder("media_root"),
        data=folder("data"),
        media_store=folder("media_store"),
        queue=arguments.queue,
        max_batch=arguments.max_batch,
        keys=Keys.read(Path(arguments.api_keys)) if arguments.api_keys else Keys(),
        output=chosen_output(arguments),
        bodies=Bodies(most=arguments.max_body * _MIB),
        brands=folder("brands"),
        studio=not arguments.no_studio,
        session=None if arguments.session is None else checked_path(arguments.session, "argument --session"),
        setup=_setup(arguments),
    )
    settings.checked_root()
    settings.checked_brands()
    _run(arguments, arguments.host, settings, lambda address: print_line(f"listening at {address}", flush=True))


def _run(arguments: argparse.Namespace, host: str, settings: "Settings", ready: Callable[[str], None]) -> None:
    from uniadgen.service.app import create_app
    from uniadgen.service.logs import json_logs
    from uniadgen.service.server import bound_socket, make_server

    check_models(arguments)
    with bound_socket(host, arguments.port) as listening:
        with contextlib.redirect_stdout(notices()):
            generator = loaded_generator(arguments)
        host, port = listening.getsockname()[:2]
        name = f"[{host}]" if ":" in host else host
        app = create_app(generator, replace(settings, lanes=generator.lanes))
        with json_logs():
            make_server(app, lambda: ready(f"http://{name}:{port}")).run([listening])
