"""`uniadgen generate` without a model: a stand-in paints flat backgrounds, so that files and refusals can be checked."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from PIL import Image

import uniadgen.pipeline.generator as real_generator
from uniadgen.ad_files import summary
from uniadgen.ads import Ad, Placement, SampledClick
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.placing import place
from uniadgen.options import GenerateOptions
from uniadgen.request import CheckedRequest


class FakeGenerator:
    """Keeps what it was asked for; fails at a seed when told to."""

    calls: ClassVar[list[dict[str, Any]]] = []
    failure: ClassVar[tuple[int, BaseException] | None] = None
    loaded: ClassVar[dict[str, Any]] = {}
    batches: ClassVar[list[int]] = []

    @classmethod
    def from_pretrained(cls, folder: str | Path | None = None, **how: Any) -> "FakeGenerator":
        print("a library says hello")  # must not reach standard output
        cls.loaded = how
        return cls()

    def generate_many(self, requests: Sequence[CheckedRequest], *, seeds: Sequence[int], options: GenerateOptions) -> list[Ad]:
        self.batches.append(len(requests))
        return [self._ad(request, seed, options) for request, seed in zip(requests, seeds, strict=True)]

    def _ad(self, request: CheckedRequest, seed: int, options: GenerateOptions) -> Ad:
        if self.failure and self.failure[0] == seed:
            raise self.failure[1]
        self.calls.append({"request": request, "seed": seed, **asdict(options)})
        background = Image.new("RGB", options.size, (seed % 256, 100, 50))
        placement = place(request.cutout, options.size, request.box)
        picture = compose(background, request.cutout, placement)
        clicks = [SampledClick(0, 0.5)] if request.history else []
        notes = [*request.notes, "description cut"]
        return Ad(picture, "Waterproof 防水 👍", background, placement, clicks, {"total": 0.1}, seed, "fake", notes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = types.ModuleType("uniadgen.pipeline.generator")
    module.AdGenerator = FakeGenerator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uniadgen.pipeline.generator", module)
    monkeypatch.setattr(FakeGenerator, "calls", [])
    monkeypatch.setattr(FakeGenerator, "batches", [])
    monkeypatch.setattr(FakeGenerator, "failure", None)
    Image.new("RGBA", (20, 10), (200, 0, 0, 255)).save(tmp_path / "solid.png")
    cutout = Image.new("RGBA", (20, 10))
    cutout.paste((200, 0, 0, 255), (2, 2, 18, 9))
    cutout.save(tmp_path / "bag.png")
    Image.new("RGB", (8, 8), "blue").save(tmp_path / "h.png")
    write_request(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_request(folder: Path, **changes: Any) -> None:
    product = {"image": "bag.png", "description": "A bag", "selling_points": ["Waterproof"]}
    request = {"product": product, "history": [{"image": "h.png", "text": "seen"}], **changes}
    (folder / "request.json").write_text(json.dumps(request))


def run(*arguments: str) -> int:
    return main(["generate", "request.json", "--out", "out", *arguments])


def assert_refused(code: int, capsys: pytest.CaptureFixture[str], *said: str, folder: Path | None = None) -> None:
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    lines = [line for line in captured.err.splitlines() if line != "a library says hello"]
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("uniadgen: ")
    assert all(word in lines[0] for word in said), lines[0]
    if folder:
        assert not (folder / "out").exists()


def test_files_json_and_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--count", "2", "--seed", "7", "--size", "96x64", "--guidance", "2.5", "--temperature", "0.8", "--top-k", "50"]
    options += ["--decoding", "parallel", "--quantize", "int8", "--device", "cuda:1", "--dtype", "bfloat16"]
    assert run(*options, "--history-length", "5", "--sampling", "random", "--json") == 0
    names = [f"ad-{i:03d}{end}" for i in range(2) for end in (".background.png", ".json", ".png")]
    assert sorted(path.name for path in (folder / "out").iterdir()) == names
    printed = json.loads(capsys.readouterr().out)
    for number, record in enumerate(printed):
        assert json.loads((folder / f"out/ad-{number:03d}.json").read_text(encoding="utf-8")) == record
        assert record["seed"] == 7 + number
        assert record["image"] == f"ad-{number:03d}.png"
        assert record["background"] == f"ad-{number:03d}.background.png"
        assert record["text"] == "Waterproof 防水 👍"
        assert record["image_size"] == [96, 64]
        assert set(record["placement"]) == {"left", "top", "width", "height"}
        assert record["sampled_clicks"] == [{"index": 0, "similarity": 0.5}]
        assert record["model"] == "fake"
        assert record["timings"] == {"total": 0.1}
        assert record["notes"] == ["description cut"]
        with Image.open(folder / "out" / record["image"]) as image:
            assert image.size == (96, 64)
            assert image.mode == "RGB"
            assert set(image.info) <= {"xmp", "XML:com.adobe.xmp"}  # what made it, and nothing of the shopper
    call = FakeGenerator.calls[0]
    wanted = {"guidance": 2.5, "temperature": 0.8, "top_k": 50, "history_length": 5, "sampling": "random"}
    assert call.items() >= {**wanted, "decoding": "parallel"}.items()
    assert FakeGenerator.loaded == {"foreground": None, "device": "cuda:1", "dtype": torch.bfloat16, "quantize": "int8"}


def test_one_ad_is_a_json_object_and_defaults_are_the_contracts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out)["image_size"] == [768, 768]
    call = FakeGenerator.calls[0]
    assert call["seed"] == 0
    assert call["sampling"] == "product-similarity"
    assert call["guidance"] is None
    assert call["decoding"] == "auto"
    assert FakeGenerator.loaded == {"foreground": None, "device": "cpu", "dtype": torch.float32, "quantize": None}


def test_the_summary_is_readable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    out = capsys.readouterr().out
    assert "ad-000.png" in out
    assert "Waterproof" in out
    assert "description cut" in out
    assert "hello" not in out


def test_the_summary_tells_of_candidates(tmp_path: Path) -> None:
    record = Ad(
        *(Image.new("RGB", (8, 8)), "t", Image.new("RGB", (8, 8)), Placement(0, 0, 1, 1), [], {}, 0, "m"),
        candidates=[{"qualified": True}, {"qualified": False}],
    ).as_dict() | {"image": "ad-000.png"}
    assert "chosen   from 2, of which 1 passed the inspection" in summary(record, tmp_path)


def test_same_seed_same_bytes_and_files_are_replaced(folder: Path) -> None:
    files = [folder / "out" / name for name in ("ad-000.png", "ad-000.background.png")]
    assert run("--seed", "3") == 0
    first = [file.read_bytes() for file in files]
    assert run("--seed", "4", "--overwrite") == 0
    assert [file.read_bytes() for file in files] != first
    assert run("--seed", "3", "--overwrite") == 0
    assert [file.read_bytes() for file in files] == first


def test_ads_are_made_in_batches_and_their_seeds_count_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniadgen.cli.generate.BATCH", 3)
    assert run("--count", "7", "--seed", "5") == 0
    assert [call["seed"] for call in FakeGenerator.calls] == list(range(5, 12))
    assert FakeGenerator.batches == [3, 3, 1]
    assert len({id(call["request"]) for call in FakeGenerator.calls}) == 1
    assert len(list((folder / "out").glob("*.json"))) == 7
    monkeypatch.setattr("uniadgen.cli.generate.BATCH_PIXELS", 2 * 96 * 64)
    assert run("--count", "3", "--size", "96x64", "--overwrite") == 0
    assert FakeGenerator.batches[3:] == [2, 1]  # large pictures are not all held at once


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="for machines without a GPU")
@pytest.mark.parametrize(
    ("device", "named"), [("cuda", "no CUDA device"), ("mps", "compute on it"), ("gpu", "unknown"), ("cuda:x", "unknown")]
)
def test_devices_that_are_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, device: str, named: str
) -> None:
    monkeypatch.setitem(sys.modules, "uniadgen.pipeline.generator", real_generator)
    assert_refused(run("--device", device), capsys, device, named, folder=folder)


def _pickle(model: Path) -> None:
    torch.save({"weight": torch.zeros(1)}, model / "pytorch_model.bin")


def _no_model(model: Path) -> None:
    (model / "notes.txt").write_text("nothing")


def _other_model(model: Path) -> None:
    (model / "config.json").write_text(json.dumps({"model_type": "llama"}))


@pytest.mark.parametrize(
    ("fill", "named"),
    [(_no_model, "config.json is missing"), (_other_model, "model_type is 'llama'"), (_pickle, "config.json is missing")],
)
def test_folders_that_hold_no_model(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fill: Callable[[Path], None], named: str
) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setitem(sys.modules, "uniadgen.pipeline.generator", real_generator)
    (folder / "model").mkdir()
    fill(folder / "model")
    assert_refused(run("--model", "model"), capsys, "model", named, folder=folder)


def test_the_foreground_of_a_plain_janus_is_handed_on(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_refused(run("--foreground", "dino"), capsys, "--foreground", "dino", folder=folder)
    (folder / "dino").mkdir()
    assert run("--foreground", "dino") == 0
    capsys.readouterr()
    assert FakeGenerator.loaded["foreground"] == "dino"
    assert_refused(run("--resume"), capsys, "ad-000")  # made with it, so not to be gone on without
    monkeypatch.setitem(sys.modules, "uniadgen.pipeline.generator", real_generator)
    assert_refused(run("--foreground", "dino", "--overwrite"), capsys, "its own foreground")


def test_other_files_in_the_folder_are_left_alone(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("mine")
    assert run() == 0
    assert (folder / "out" / "mine.txt").read_text() == "mine"


BAD_OPTIONS = [
    ("--count", ["0", "-1", "1001", "many", "1.5", "", "９"]),
    ("--seed", ["-1", "x", str(2**63), "1e3", "9" * 5000]),
    ("--size", ["768", "0x0", "63x768", "768x8193", "768x768x3", "-64x64", "axb", "1e3x64"]),
    ("--guidance", ["nan", "inf", "-1", "101", "x"]),
    ("--temperature", ["-1", "nan", "inf", "x"]),
    ("--top-k", ["0", "-5", "x"]),
    ("--history-length", ["-1", "1001", "x"]),
    ("--sampling", ["best", ""]),
    ("--model", ["no/such/folder", "request.json", "nul\0"]),
    ("--unknown", ["1"]),
]


@pytest.mark.parametrize(("option", "value"), [(option, value) for option, values in BAD_OPTIONS for value in values])
def test_options_that_make_no_sense(folder: Path, capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    assert_refused(run(f"{option}={value}"), capsys, option, folder=folder)
    assert not FakeGenerator.calls


def test_the_last_seed_must_exist_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert_refused(run("--seed", str(2**63 - 1), "--count", "2"), capsys, "--seed", folder=folder)
    assert run("--seed", str(2**63 - 1)) == 0


@pytest.mark.parametrize("arguments", [[], ["paint"], ["generate"], ["generate", "request.json"], ["--nonsense"]])
def test_bad_commands(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert_refused(main(arguments), capsys)


def test_bad_requests(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert_refused(main(["generate", "gone.json", "--out", "out"]), capsys, "gone.json", folder=folder)
    write_request(folder, history=[{"image": "h.png", "text": "seen"}, {"image": "gone.png", "text": "secret"}])
    assert_refused(run(), capsys, "history[1].image", "gone.png", folder=folder)
    write_request(folder, placement={"box": [0, 0, 2, 1]})
    assert_refused(run(), capsys, "placement.box", folder=folder)
    write_request(folder, colour="red")
    assert_refused(run(), capsys, '"colour"', folder=folder)
    write_request(folder, product={"image": "solid.png", "description": "", "selling_points": ["a"]})
    assert_refused(run(), capsys, "product.image", "nothing stands out", folder=folder)
    assert not FakeGenerator.calls


def test_unwritable_folders(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for out in ("request.json", "request.json/sub", "a\nb", "", "nul\0"):
        code = main(["generate", "request.json", "--out", out])
        if out == "":  # the present folder
            assert code == 0
            capsys.readouterr()
            continue
        assert_refused(code, capsys, "--out")
    calls = len(FakeGenerator.calls)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so permission bits can't be used here
    assert_refused(run(), capsys, "--out", "not writable", folder=folder)
    assert len(FakeGenerator.calls) == calls


def test_bad_input_that_shows_late_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeGenerator, "failure", (2, InputError("history[0].image: cut short")))
    assert_refused(main(["generate", "request.json", "--out", "out/sub", "--count", "5"]), capsys, "history[0]", folder=folder)
    (folder / "out").mkdir()
    (folder / "out" / "ad-000.png").write_bytes(b"from before")
    assert_refused(run("--count", "5", "--overwrite"), capsys, "history[0]")
    assert [path.name for path in (folder / "out").iterdir()] == ["ad-000.png"]
    assert (folder / "out" / "ad-000.png").read_bytes() == b"from before"


def test_an_interruption_keeps_finished_ads_and_shows_no_traceback(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uniadgen.cli.generate.BATCH", 2)
    monkeypatch.setattr(FakeGenerator, "failure", (3, KeyboardInterrupt()))
    assert run("--count", "5") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "uniadgen: interrupted"
    names = [f"ad-{number:03d}{end}" for number in range(2) for end in (".background.png", ".json", ".png")]
    assert sorted(path.name for path in (folder / "out").iterdir()) == names


def test_a_full_disk_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeGenerator, "failure", (0, OSError(28, "No space left on device", "out/x")))
    assert run() == 1
    assert "No space left on device" in capsys.readouterr().err.splitlines()[-1]
    assert not (folder / "out").exists() or not list((folder / "out").iterdir())


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "generate" in capsys.readouterr().out
    assert main(["generate", "--help"]) == 0
    assert "--history-length" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("uniadgen ")


def test_help_and_refusals_load_no_torch_and_a_closed_pipe_is_quiet(folder: Path) -> None:
    code = (
        "import sys; from uniadgen.cli.main import main; "
        "code = main(['generate', 'gone.json', '--out', 'out']); assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        closing = subprocess.run(
            [sys.executable, "-m", "uniadgen", "--help"], stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert closing.stderr == ""


@pytest.mark.parametrize("command", [("data", "stats", "DIR"), ("evaluate", "--data", "DIR", "--out", "OUT")])
def test_a_missing_extra_is_named(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(arguments: object) -> None:
        raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow.parquet")

    verb = "uniadgen.data.stats.data_stats" if command[0] == "data" else "uniadgen.evaluation.run.load_cases"
    monkeypatch.setattr(verb, lambda *arguments: missing(arguments))
    places = {"DIR": str(tmp_path), "OUT": str(tmp_path / "out")}
    assert main([places.get(word, word) for word in command]) == 2
    assert capsys.readouterr().err == 'uniadgen: the package pyarrow is missing; pip install "uniadgen[data]"\n'


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_keep_finished_ads_and_leave_no_hidden_folder(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    class Killed(FakeGenerator):
        def _ad(self, request: CheckedRequest, seed: int, options: GenerateOptions) -> Ad:
            if seed == 5:
                os.kill(os.getpid(), number)
            return super()._ad(request, seed, options)

    monkeypatch.setattr("uniadgen.cli.generate.BATCH", 2)
    monkeypatch.setattr(sys.modules["uniadgen.pipeline.generator"], "AdGenerator", Killed)
    assert run("--count", "9", "--size", "64x64") == code
    assert len(capsys.readouterr().err.splitlines()) == 2  # the library's hello, and our line
    names = [f"ad-{number:03d}{end}" for number in range(4) for end in (".background.png", ".json", ".png")]
    assert sorted(path.name for path in (folder / "out").iterdir()) == names
    monkeypatch.setattr(sys.modules["uniadgen.pipeline.generator"], "AdGenerator", FakeGenerator)
    FakeGenerator.calls.clear()
    assert run("--count", "9", "--size", "64x64", "--resume") == 0
    assert [call["seed"] for call in FakeGenerator.calls] == [4, 5, 6, 7, 8]


def test_ads_that_are_there_are_refused_before_the_work(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--count", "2", "--size", "64x64") == 0
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    capsys.readouterr()
    FakeGenerator.calls.clear()
    assert_refused(run("--count", "5", "--size", "64x64"), capsys, '"ad-000" already', "--overwrite", "--resume")
    assert not FakeGenerator.calls
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before
    assert run("--count", "2", "--size", "64x64", "--name", "summer 夏") == 0
    assert len(list((folder / "out").iterdir())) == 12
    record = json.loads((folder / "out" / "summer 夏-001.json").read_text("utf-8"))
    assert record["image"] == "summer 夏-001.png"
    for role in ("image", "background"):
        assert hashlib.sha256((folder / "out" / record[role]).read_bytes()).hexdigest() == record["sha256"][role]


def test_resuming_keeps_what_is_the_same_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def seeds(*arguments: str) -> list[int]:
        FakeGenerator.calls.clear()
        assert run(*arguments, "--size", "64x64", "--resume", "--json") == 0
        printed = json.loads(capsys.readouterr().out)
        assert [record["seed"] for record in printed] == list(range(len(printed)))
        return [call["seed"] for call in FakeGenerator.calls]

    assert seeds("--count", "3") == [0, 1, 2]
    assert seeds("--count", "5") == [3, 4]
    assert seeds("--count", "5", "--device", "cuda:1", "--decoding", "parallel") == []  # which change no ad
    (folder / "out" / "ad-001.json").unlink()
    (folder / "out" / "ad-003.png").write_bytes(b"of another run")
    assert_refused(run("--count", "5", "--size", "64x64", "--resume"), capsys, '"ad-003" already')
    assert seeds("--count", "5", "--overwrite") == [1, 3]
    more = ["--count", "5", "--resume", "--size"]
    for changed in ([*more, "65x64"], [*more, "64x64", "--seed", "1"], [*more, "64x64", "--top-k", "3"]):
        assert_refused(run(*changed), capsys, "already")
    Image.new("RGB", (8, 8), "red").save(folder / "h.png")
    assert_refused(run(*more, "64x64"), capsys, "already")
    write_request(folder, history=[])
    assert_refused(run(*more, "64x64"), capsys, "already")


def test_checking_makes_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--check", "--count", "3") == 0
    assert "nothing is wrong" in capsys.readouterr().out
    assert run("--check", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"ads": ["ad-000"], "clicks": 1, "notes": []}
    whole = (folder / "h.png").read_bytes()
    (folder / "h.png").write_bytes(whole[:-30])  # which the header doesn't tell
    assert_refused(run("--check"), capsys, "history[0].image", folder=folder)
    assert not FakeGenerator.calls


def test_a_request_from_standard_input_and_a_folder_that_pictures_may_lie_in(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (folder / "request.json").read_bytes()
    command = ["generate", "-", "--check", "--out", "out"]
    for media, code in (([], 0), (["--media-root", "."], 0), (["--media-root", "media"], 2)):
        (folder / "media").mkdir(exist_ok=True)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main([*command, *media]) == code
    assert "product.image" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    assert_refused(main(command), capsys, "standard input is not JSON")


@pytest.mark.parametrize(
    "name", ["ads 9.22\u202fPM", "v\u00a013", "広告\u3000夏", "shop \U0001f469\u200d\U0001f527", "caf\udce9"]
)
def test_any_character_but_control_characters_may_be_in_a_name(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["generate", "request.json", "--out", name, "--size", "64x64"]) == 0
    assert len(list((folder / name).iterdir())) == 3
    assert main(["generate", "request.json", "--out", "out", "--name", name, "--size", "64x64", "--json"]) == 0
    assert json.loads((folder / "out" / f"{name}-000.json").read_text("utf-8"))["image"] == f"{name}-000.png"
    for bad in (f"{name}\x1b[31m", f"{name}\n", f"{name}\x85"):
        capsys.readouterr()
        assert_refused(main(["generate", "request.json", "--out", bad]), capsys, "--out")
        assert_refused(run("--name", bad), capsys, "--name")


CHECK = '"$0" -m uniadgen generate request.json --check --out out --name 夏'


@pytest.mark.parametrize(
    ("how", "code", "out", "err"),
    [
        (f"PYTHONIOENCODING=ascii {CHECK}", 0, '"\\u590f-000"', ""),
        (f"PYTHONIOENCODING=cp1252 {CHECK} --json", 0, '"\\u590f-000"', ""),
        (f"{CHECK} >&-", 0, "", ""),
        (f"{CHECK} >/dev/full", 1, "", 'uniadgen: No space left on device: "standard output"\n'),
        (f"{CHECK} | true", 0, "", ""),
    ],
)
def test_standard_output_of_any_kind(folder: Path, how: str, code: int, out: str, err: str) -> None:
    done = subprocess.run(["sh", "-c", how, sys.executable], capture_output=True, text=True, check=False, cwd=folder)
    spoken = [line for line in done.stderr.splitlines() if "Warning" not in line]
    assert (done.returncode, "".join(f"{line}\n" for line in spoken)) == (code, err)
    assert out in done.stdout
