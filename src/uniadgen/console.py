"""Standard output: one way of printing for all, which no encoding, closed stream or full disk turns into a traceback.

Results are printed; whatever else there is to say goes to standard error, through the loggers below `uniadgen`. Nothing of a
shopper's is logged: no texts, no names of pictures.
"""

import contextlib
import io
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

LEVELS = {"quiet": logging.ERROR, "normal": logging.WARNING, "verbose": logging.INFO}
_logger = logging.getLogger("uniadgen")


def print_line(text: object = "", file: TextIO | None = None, flush: bool = False) -> None:
    """Print a line; characters that the stream can't show become escapes such as \\u9632.

    file: standard output when None. flush: show it at once, also in a pipe. Nothing happens where there is no such stream.
    Raises OSError that names standard output.
    """
    stream = sys.stdout if file is None else file
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    with _named():
        print(str(text).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=flush)


def print_json(value: object) -> None:
    """Print JSON, indented; in ASCII where standard output isn't UTF-8, so that it stays valid."""
    print_line(json_text(value, ascii_only=((sys.stdout and sys.stdout.encoding) or "").lower().replace("-", "") != "utf8"))


def json_text(value: object, ascii_only: bool = False) -> str:
    """Indented JSON that can be written in UTF-8: in ASCII if a text has what UTF-8 has not, as names of other bytes do."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=2, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json_text(value, ascii_only=True)
    return text


def flush() -> None:
    """Raises OSError that names standard output, as when its disk is full."""
    with _named():
        if sys.stdout is not None:
            sys.stdout.flush()


def open_standard_streams() -> None:
    """Gives closed streams (`>&-`) the null device: otherwise the next file opened would get their numbers, and what
    libraries print would go into it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open as long as the process


def drop_standard_output() -> None:
    """Nobody takes our output any more; the interpreter would complain once more when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, STDOUT) from None


STDOUT = "standard output"


@contextlib.contextmanager
def logging_to_standard_error(verbosity: str) -> Iterator[None]:
    """Shows what the package logs, from the level of this verbosity on. verbosity: a key of LEVELS."""
    handler, level = logging.StreamHandler(sys.stderr), _logger.level
    handler.setFormatter(logging.Formatter("uniadgen: %(message)s"))
    _logger.addHandler(handler)
    _logger.setLevel(LEVELS[verbosity])
    try:
        with warnings.catch_warnings():
            if is_quiet():
                warnings.simplefilter("ignore")
            yield
    finally:
        _logger.removeHandler(handler)
        _logger.setLevel(level)


def is_quiet() -> bool:
    """Whether only errors and results are wanted; progress bars ask. False outside of the command line."""
    return _logger.level >= logging.ERROR


def notices() -> TextIO:
    """Where to print what is no result, as libraries do: standard error, or nowhere when all is to be quiet."""
    return cast(TextIO, _Nowhere()) if is_quiet() else sys.stderr


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def progress_bar(always: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar with the time left for each step, on terminals only and not when all is to be quiet.

    always: also where standard error is no terminal, as in a log. Call it with (step, done, in all).
    """
    from tqdm import tqdm

    bar: tqdm[Any] | None = None
    current = ""

    def show(step: str, done: int, total: int) -> None:
        nonlocal bar, current
        if bar is None or step != current:
            if bar is not None:
                bar.close()
            current = step
            bar = tqdm(
                total=total,
                desc=step,
                file=sys.stderr,
                disable=is_quiet() or (False if always else None),
                unit_scale=True,
                leave=False,
            )
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()
