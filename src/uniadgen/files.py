"""Files, written in one way by all: whole or not at all, with nothing left behind.

    with whole_file(path, "argument --out") as temporary:   # moved to `path` at the end, where links lead
        table.write(temporary)
    with scratch_folder(out) as folder: ...                  # hidden, gone at the end
    with alone(folder, "is being encoded"): ...              # nobody else meanwhile

Temporary files and folders are called `.uniadgen-...` and locked by their process as long as it lives. What processes that
were killed have left is therefore known, and is removed when the next one writes there.
"""

import contextlib
import errno
import functools
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from uniadgen.errors import InputError
from uniadgen.signals import unbroken
from uniadgen.words import has_control_characters, quoted

try:
    import fcntl
except ImportError:  # Windows has no such locks; there nothing is found to be left over
    locking = False
else:
    locking = True

PREFIX = ".uniadgen-"
_TEMPORARY = re.compile(r"\.uniadgen-[0-9a-z_]{8,16}(\.part)?")
# What is wrong with the place that was named, not with the disk or the machine.
_PLACE = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.EEXIST, errno.EINVAL, errno.ENXIO, errno.EBUSY),
)
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
# A full disk in the words of Rust, torch and NumPy.
_FULL = re.compile(
    r"No space left on device|os error 28\b|file write failed|failed writing file|unexpected pos \d+ vs"
    r"|\d+ requested and \d+ written"
)
_held: set[int] = set()  # descriptors of locks


# Whole files -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def whole_file(path: Path, what: str = "") -> Iterator[Path]:
    """A path to write to; the file is put at `path` when the block ends, and not at all when it raises.

    A link is followed, and the file keeps the permissions of the one it replaces. Devices and pipes, /dev/stdout among them,
    are written to. what: where the path comes from, for messages, such as "argument --out". Raises InputError for a place that
    can't be written to - a folder, a socket, a disk's device -, and OSError that names `path` for a full or broken disk.
    """
    with _explained(path, what):
        target, sink = _destination(path)
    if sink is not None:
        with open(sink, "wb") as out, tempfile.TemporaryDirectory() as folder, writing(path):
            temporary = Path(folder) / "file"
            yield temporary
            with temporary.open("rb") as file:
                shutil.copyfileobj(file, out)
            out.flush()
        return
    with _explained(path, what):
        parent, mode = Path(os.path.dirname(target)), _mode_of_plain(target)
        remove_leftovers(parent)
        temporary, lock = _claimed(parent, ".part", _new_file)
    try:
        with writing(path), in_utf8(temporary) as named:
            yield named
        with _explained(path, what), unbroken():
            if mode is not None:
                os.chmod(temporary, mode)
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
        _release(lock)


def write_bytes(path: Path, data: bytes, what: str = "") -> None:
    """A whole file of these bytes; see `whole_file`."""
    with whole_file(path, what) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str, what: str = "") -> None:
    """A whole file of this text, in UTF-8; what stands for bytes of names that aren't UTF-8 is written as those bytes."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"), what)


def make_folder(path: Path, what: str = "") -> None:
    """Make a folder and those above it, if need be. Raises InputError, and OSError for a full disk."""
    with _explained(path, what, "folder"):
        path.mkdir(parents=True, exist_ok=True)


def move_new(source: Path, target: Path) -> None:
    """Move a file to a name that nothing has yet, in one step. Raises FileExistsError."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        os.replace(source, target)
    else:
        os.unlink(source)


def _destination(path: Path) -> tuple[str, int | None]:
    """The file that a path leads to, and a descriptor of what is written to in place: a device, a pipe, our own output."""
    place = os.fspath(path)
    for _ in range(40):
        folder = os.path.realpath(os.path.dirname(place) or ".")
        place = os.path.join(folder, os.path.basename(place))
        if folder == f"/proc/{os.getpid()}/fd":
            if sys.stdout is not None:
                sys.stdout.flush()
            return place, os.dup(int(os.path.basename(place)))
        if not os.path.islink(place):
            break
        place = os.path.join(folder, os.readlink(place))
    else:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    try:
        mode = os.stat(place).st_mode
    except FileNotFoundError:
        return place, None
    if stat.S_ISCHR(mode) or stat.S_ISFIFO(mode):
        return place, os.open(place, os.O_WRONLY | getattr(os, "O_NOCTTY", 0))
    return place, None


def _mode_of_plain(target: str) -> int | None:
    """The permissions of a file that is to be replaced, None where there is none. Raises OSError for anything else."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no plain file")
    if not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(mode)


@contextlib.contextmanager
def _explained(path: Path, what: str, kind: str = "file") -> Iterator[None]:
    """What the system says about a place, in our words."""
    try:
        yield
    except ValueError:  # a NUL in the name
        raise _refusal(path, what, "its name is not valid", kind) from None
    except OSError as error:
        if error.errno in _PLACE:
            raise _refusal(path, what, error.strerror or str(error), kind) from None
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Gives errors of a full or broken disk the name of the file; what else a caller's block raises is its own business."""
    try:
        yield
    except Exception as error:
        number = getattr(error, "errno", None)
        if number is None and _FULL.search(str(error)):
            number = errno.ENOSPC
        if number not in _DISK:
            raise
        raise OSError(number, os.strerror(number), str(path)) from None


def _refusal(path: Path, what: str, reason: str, kind: str) -> InputError:
    return InputError(f"{what + ': ' if what else ''}{quoted(path)} can't be written ({reason}); name another {kind}")


@contextlib.contextmanager
def made_folder(path: Path, what: str = "") -> Iterator[None]:
    """Makes a folder as `make_folder`; those made are removed again at the end when nothing is in them."""
    made = [folder for folder in (path, *path.parents) if not os.path.lexists(folder)]
    try:
        make_folder(path, what)
        yield
    finally:
        with contextlib.suppress(OSError):  # not empty: then it has a reason to be there
            for folder in made:
                folder.rmdir()


@contextlib.contextmanager
def locked_folder(path: Path, doing: str, what: str = "argument --out") -> Iterator[None]:
    """A folder as `made_folder` makes it, which nobody else works in meanwhile: see `alone`."""
    with made_folder(path, what), alone(path, doing, f"{what}:"):
        yield


@contextlib.contextmanager
def in_utf8(path: Path) -> Iterator[Path]:
    """A path to the same file for libraries that know names in UTF-8 only: Arrow, DuckDB. Good as long as the block lasts.

    A folder whose name is of other bytes, as old archives have them, is named by its descriptor, where the system has such
    names; the file's own name must be in UTF-8.
    """
    descriptors, parent = Path(f"/proc/{os.getpid()}/fd"), None
    try:
        str(path).encode()
    except UnicodeEncodeError:
        if descriptors.is_dir():
            with contextlib.suppress(OSError):  # there is no such folder: whoever opens the file will say so
                parent = os.open(path.parent, os.O_RDONLY)
    try:
        yield path if parent is None else descriptors / str(parent) / path.name
    finally:
        if parent is not None:
            os.close(parent)


# Places that the user names -----------------------------------------------------------------------------------------------


def checked_path(text: str, what: str) -> Path:
    """A path from the command line. Raises InputError for an empty one and for control characters; all else may be a name."""
    if not text or has_control_characters(text):
        raise InputError(f"{what}: {quoted(text)} is no valid path; correct it")
    return Path(text)


def check_out(folder: Path) -> None:
    """Refuse a folder that can't be written to, before the work; nothing is created yet. Raises InputError."""
    mend = "name a folder that you may write to"
    if has_control_characters(str(folder)):
        raise InputError(f"argument --out: {quoted(folder)} has control characters in its name; {mend}")
    existing = folder
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    if not is_dir(existing):
        raise InputError(f"argument --out: {quoted(existing)} is no folder; {mend}")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"argument --out: {quoted(existing)} is not writable; {mend}")


def is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


# Scratch folders and what is left of them ----------------------------------------------------------------------------------


@contextlib.contextmanager
def scratch_folder(parent: Path, what: str = "") -> Iterator[Path]:
    """A hidden folder inside `parent`, removed with all that it holds when the block ends; the caller may also rename it.

    Raises InputError where it can't be made.
    """
    with _explained(parent, what, "folder"):
        remove_leftovers(parent)
        folder, lock = _claimed(parent, "", _new_folder)
    try:
        with in_utf8(folder) as named:
            yield named
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _release(lock)


def remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed have left in a folder; looks once for each folder and process."""
    remove_leftovers_once(os.path.realpath(folder))


@functools.cache
def remove_leftovers_once(folder: str) -> None:
    with contextlib.suppress(OSError):
        for name in [entry.name for entry in os.scandir(folder) if _TEMPORARY.fullmatch(entry.name)]:
            path = Path(folder, name)
            with contextlib.suppress(OSError), _trying(path) as free:
                if free and path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif free:
                    path.unlink()


def is_held(path: Path) -> bool:
    """Whether a living process has locked a temporary file or folder; True where that can't be found out."""
    try:
        with _trying(path) as free:
            return not free
    except OSError:
        return True


@contextlib.contextmanager
def _trying(path: Path) -> Iterator[bool]:
    """Locks for the length of the block, if nobody else does."""
    lock = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        yield _lock(lock) is True
    finally:
        os.close(lock)


def _claimed(folder: Path, suffix: str, make: Callable[[Path], int | None]) -> tuple[Path, int]:
    """A new file or folder, locked; a process that looks for leftovers may have come between making and locking."""
    while True:
        path = folder / f"{PREFIX}{secrets.token_hex(6)}{suffix}"
        lock = make(path)
        if lock is None:
            continue
        locked = _lock(lock)
        with contextlib.suppress(FileNotFoundError):
            if locked is not False and os.path.samestat(os.fstat(lock), os.stat(path)):
                _held.add(lock)
                return path, lock
        os.close(lock)


def _new_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)


def _new_folder(path: Path) -> int | None:
    os.mkdir(path)
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # somebody took it for a leftover already
        return None


# One at a time -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone(folder: Path, doing: str, what: str = "folder", wait: float = 0.0) -> Iterator[None]:
    """Keeps other processes from the same folder. The system ends the lock with the process, however that ends.

    doing: of the other one, such as "is being encoded"; wait: seconds until it is refused. Raises InputError when another one
    is at work. Where folders can't be locked - on Windows, and on some network file systems - nothing is checked, nor for
    a folder that can't be opened: what is wrong with it, its reader says.
    """
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    _held.add(lock)
    try:
        until = time.monotonic() + wait
        while _lock(lock) is False:
            if time.monotonic() >= until:
                raise InputError(f"{what} {quoted(folder)}: {doing} by another process; wait for its end")
            time.sleep(0.005)
        yield
    finally:
        _release(lock)


def _lock(descriptor: int) -> bool | None:
    """True: locked. False: somebody else has it. None: locks don't work here."""
    if not locking:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _release(lock: int) -> None:
    _held.discard(lock)
    os.close(lock)


def _forget_locks() -> None:
    """A forked process that outlives us must not keep our locks; closing its copies doesn't open ours."""
    for lock in _held:
        with contextlib.suppress(OSError):
            os.close(lock)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks)


@contextlib.contextmanager
def open_json(path: Path, where: str = "") -> Iterator[BinaryIO]:
    """A JSON file to read from. where: the beginning of messages. Raises InputError for what can't be opened or read."""
    name = f"{where}{quoted(path)}"
    try:
        with open(path, "rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{where}there is no file {quoted(path)}; correct the path") from None
    except IsADirectoryError:
        raise InputError(f"{name} is a folder; name a JSON file") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "its name is not valid"
        raise InputError(f"{name} can't be read ({reason}); correct the path or its permissions") from None
