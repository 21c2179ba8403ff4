"""Writing in one way for all: what appears, what is refused, what is left behind."""

import ast
import errno
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import uniadgen
from uniadgen import files
from uniadgen.errors import InputError
from uniadgen.files import alone, scratch_folder, whole_file, write_text

SOURCE = Path(uniadgen.__file__).parent


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_or_not_at_all_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(TypeError), whole_file(path) as temporary:
        temporary.write_text("half") / "nothing"  # type: ignore[operator]
    assert path.read_text() == "old"
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert left(tmp_path) == ["x.csv"]


def test_a_new_file_has_the_permissions_that_the_user_wants_for_new_files(tmp_path: Path) -> None:
    write_text(tmp_path / "ours", "")
    (tmp_path / "usual").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_links_are_followed_to_their_targets(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "a" / "target.csv").write_text("old")
    (folder / "link").symlink_to("../target.csv")
    (folder / "second").symlink_to("link")
    (folder / "dangling").symlink_to("../new.csv")
    write_text(folder / "second", "new")
    write_text(folder / "dangling", "first")
    assert (tmp_path / "a" / "target.csv").read_text() == "new"
    assert (tmp_path / "a" / "new.csv").read_text() == "first"
    assert all((folder / name).is_symlink() for name in left(folder))
    (folder / "round").symlink_to("round")
    with pytest.raises(InputError, match="can't be written"):
        write_text(folder / "round", "")


def test_pipes_and_devices_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "through a pipe")
    reader.join()
    assert read == ["through a pipe"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    ours, theirs = pty.openpty()  # a device that nobody misses if it were replaced
    write_text(Path(os.ttyname(theirs)), "to a terminal")
    assert os.read(ours, 100) == b"to a terminal"
    assert left(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux's names of open files")
def test_standard_output_is_written_to_where_it_stands(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from uniadgen.files import write_text; "
        "print('before'); write_text(Path('/dev/stdout'), 'between\\n'); print('after')"
    )
    log = tmp_path / "log"
    for target in (log, None):  # a file, which must not be replaced, and a pipe
        with log.open("w") as file:
            out = file if target else subprocess.PIPE
            done = subprocess.run([sys.executable, "-c", code], stdout=out, text=True, check=True)
        assert (log.read_text() if target else done.stdout) == "before\nbetween\nafter\n"


def test_what_is_no_plain_file_and_unusable_places_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with socket.socket(socket.AF_UNIX) as bound:
        before = os.getcwd()
        os.chdir(tmp_path)  # a socket's name must be short
        bound.bind("socket")
        os.chdir(before)
        names = ["folder", "socket", "gone/x", "file/x", "x" * 300, "nul\0"]
        before_left = left(tmp_path)
        for name in names:
            with pytest.raises(InputError, match=r"argument --out: .* can't be written \(.*\); name another file") as caught:
                write_text(tmp_path / name, "", "argument --out")
            assert "\n" not in str(caught.value)
        assert left(tmp_path) == before_left


@pytest.mark.parametrize("how", ["path.write_bytes(bytes(9999))", "numpy.save(path.open('wb'), numpy.zeros(9999))"])
def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path, how: str) -> None:
    """A limit on the size of files stands in for the disk."""
    code = f"""
import numpy, resource, sys
from pathlib import Path
from uniadgen.files import whole_file
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with whole_file(Path(sys.argv[1])) as path:
        {how}
except OSError as error:
    print(error.errno, error.filename)
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x"], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.split()[0] in (str(errno.EFBIG), str(errno.ENOSPC))
    assert done.stdout.split()[1] == str(tmp_path / "x")
    assert left(tmp_path) == []


def test_a_full_disk_in_the_words_of_other_languages(tmp_path: Path) -> None:
    said = ["I/O error: No space left on device (os error 28)", "PytorchStreamWriter failed writing file data/0"]
    for words in (*said, "[enforce fail at inline_container.cc:672] . unexpected pos 768 vs 662"):
        with pytest.raises(OSError, match="No space left") as caught, whole_file(tmp_path / "x"):
            raise RuntimeError(words)
        assert caught.value.filename == str(tmp_path / "x")
    with pytest.raises(FileNotFoundError) as missing, whole_file(tmp_path / "x"):
        (tmp_path / "input").read_bytes()
    assert missing.value.filename == str(tmp_path / "input")  # what else goes wrong is told as it is


HOLDING = """
import sys, time
from pathlib import Path
from uniadgen.files import alone, scratch_folder, whole_file
folder = Path(sys.argv[1])
with alone(folder, "is held"), whole_file(folder / "x") as file, scratch_folder(folder) as scratch:
    file.write_text("half")
    (scratch / "deep").mkdir()
    print("ready", flush=True)
    time.sleep(600)
"""


def test_leftovers_of_killed_processes_go_those_of_living_ones_stay_and_locks_end_with_their_process(tmp_path: Path) -> None:
    def forget() -> None:
        files.remove_leftovers_once.cache_clear()  # as a new process would begin

    (tmp_path / ".uniadgen-by-hand-and-long").touch()
    with subprocess.Popen([sys.executable, "-c", HOLDING, tmp_path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        forget()
        with scratch_folder(tmp_path):
            assert len(left(tmp_path)) == 4
        with pytest.raises(InputError, match="is held by another process; wait for its end"), alone(tmp_path, "is held"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert len(left(tmp_path)) == 3
    with alone(tmp_path, "is held"):
        forget()
        write_text(tmp_path / "y", "")
    assert left(tmp_path) == [".uniadgen-by-hand-and-long", "y"]


def test_a_forked_process_that_outlives_us_keeps_no_lock(tmp_path: Path) -> None:
    code = """
import os, sys, time
from pathlib import Path
from uniadgen.files import alone
with alone(Path(sys.argv[1]), "is held"):
    if os.fork() == 0:
        os.close(1)
        time.sleep(30)
        os._exit(0)
    print("ready", flush=True)
    os.kill(os.getpid(), 9)
"""
    holder = subprocess.run([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True, check=False)
    assert holder.stdout == "ready\n"
    with alone(tmp_path, "is held"):
        pass


# Nobody writes otherwise ---------------------------------------------------------------------------------------------------

# Module -> what it may call itself, and why.
WRITERS = {
    "files.py": {"*"},
    "training/loop.py": {"open", "replace"},  # log.jsonl grows by lines; a finished checkpoint becomes an older one
    "data/pad1m/convert.py": {"open", "replace"},  # into the path that whole_file gave; finished tables leave the work folder
    "data/joins.py": {"TemporaryDirectory"},  # of the system, for tables that lie in a folder that is only read
    "data/similarity.py": {"open"},  # inside a scratch folder
    "cli/data.py": {"open"},  # into the path that whole_file gave
    "data/store.py": {"open", "rename", "save", "write_text"},  # inside a scratch folder, which then gets its name
    "data/scene_codes.py": {"save"},  # the same
    # a product's folder, which appears as a whole
    "padsynth/blender/render.py": {"TemporaryDirectory", "rename", "save", "write_text"},
    # inside a scratch folder, which then gets its name
    "baselines/exchange.py": {"rename"},
    "baselines/pigeon.py": {"save"},
    "baselines/postermaker.py": {"save"},
    "studio/words.py": {"TemporaryDirectory", "write_bytes"},  # of the system, for brand kits that end with the studio
    "bench.py": {"TemporaryDirectory"},  # of the system
    "cli/cutout.py": {"TemporaryDirectory"},  # of the system, for what pip downloads
    "service/service.py": {"TemporaryDirectory"},  # of the system, for uploads that end with the service
}
PRINTERS = {"console.py": {"print"}, "cli/main.py": {"print"}}  # cli/main.py: errors, to standard error
MOVING = {"replace", "rename", "renames", "link", "symlink", "move", "copyfile", "copy", "copy2"}
MAKING = {"write_text", "write_bytes", "touch", "mkstemp", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile"}


def _moves_a_path(node: ast.Call) -> bool:
    """Path.replace and Path.rename have one argument, where str.replace has two."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return method in ("rename", "replace") and len(node.args) == 1 and not node.keywords


def _called(node: ast.Call) -> str | None:
    """The name of a call that writes or moves a file."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = getattr(function.value, "id", "") if isinstance(function, ast.Attribute) else ""
    if name in MOVING:
        return name if owner in ("os", "shutil") or (owner != "dataclasses" and _moves_a_path(node)) else None
    if name in MAKING:
        return name if isinstance(function, ast.Attribute) else None
    if name == "save" and isinstance(function, ast.Attribute):
        if ast.unparse(function.value) in ("checkpoint", "lora", "kept", "tokenizer", "self.tokenizer", "store", "network"):
            return None
        return None if {ast.unparse(value) for value in node.args} & {"temporary", "buffer"} else name
    if name == "open" and owner != "os":
        modes = [*node.args[:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
        written = any(
            isinstance(mode, ast.Constant) and re.fullmatch("[rb+t]*[wax+][rb+t]*", str(mode.value)) for mode in modes
        )
        return name if written else None
    return None


def test_no_other_place_writes_files_or_prints() -> None:
    writers: dict[str, set[str]] = {}
    printing: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        module = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if name := _called(node):
                writers.setdefault(module, set()).add(name)
            if isinstance(node.func, ast.Name) and node.func.id == "print":
                printing.setdefault(module, set()).add("print")
    others = {m: names - WRITERS.get(m, set()) for m, names in writers.items() if "*" not in WRITERS.get(m, set())}
    assert {m: names for m, names in others.items() if names} == {}, "write with uniadgen.files"
    assert {m: names - writers.get(m, set()) for m, names in WRITERS.items() if names - writers.get(m, set()) - {"*"}} == {}
    assert printing == PRINTERS, "print with uniadgen.console"
