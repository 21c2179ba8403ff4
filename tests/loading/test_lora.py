"""Training on a backbone: what is trained, what is saved, and what comes back; peft itself is the judge of the updates."""

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from uniadgen.ads import Click, Product
from uniadgen.errors import InputError
from uniadgen.loading import checkpoint, hub, janus, lora
from uniadgen.loading.lora import LoraSettings
from uniadgen.model.config import tiny
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.unified import Clicks, UnifiedModel
from uniadgen.pipeline.generator import AdGenerator

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("peft") is None, reason="peft is not installed")]


def _train(model: UnifiedModel) -> None:
    """Stands for training: every weight that requires a gradient becomes another one."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in model.parameters():
            if p.requires_grad:
                p.add_(0.2 * torch.randn(p.shape, generator=generator))


@pytest.fixture(scope="module")
def backbone(janus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(janus_folder, tmp_path_factory.mktemp("backbone") / "janus"))


@pytest.fixture(scope="module")
def trained(backbone: Path, dino_folder: Path) -> UnifiedModel:
    torch.manual_seed(0)
    scene = SceneEncoder(tiny().scene)
    torch.nn.init.normal_(scene.codebooks)
    model, _ = lora.start(backbone, dino_folder, LoraSettings(rank=3, alpha=5), dtype=torch.float32, scene=scene)
    _train(model)
    return model.eval()


@pytest.fixture
def folder(trained: UnifiedModel, tmp_path: Path) -> Path:
    lora.save(tmp_path / "adapter", trained)
    return tmp_path / "adapter"


def _logits(model: UnifiedModel) -> tuple[torch.Tensor, ...]:
    """Text logits, foreground features, preference tokens, codes and logits of a scene."""
    model.eval()
    ids = torch.arange(5, 25)[None]
    clicks = Clicks(
        codes=torch.arange(64)[None, None],
        scenes=torch.zeros(1, 1, model.config.scene.levels, dtype=torch.long),
        text=torch.tensor([[[5, 6]]]),
        text_visible=torch.ones(1, 1, 2).bool(),
        visible=torch.ones(1, 1).bool(),
        similarity=torch.zeros(1, 1),
        forms=torch.zeros(1, 1, dtype=torch.long),
    )
    canvas = torch.linspace(-1, 1, 3 * model.foreground.size**2).view(1, 3, model.foreground.size, -1)
    with torch.no_grad():
        text = model.text_head(model.decoder(model.embed_text(ids)))
        outputs = [text, model.foreground(canvas), model.preference_tokens(clicks)[0]]
        outputs.append(model.point_pointer(model.embed_text(ids[0, :1]), model.embed_text(ids)))
        if model.scene_head is not None and model.scene_encoder is not None:
            seen = model.scene_encoder(canvas[:, :, :32, :32])
            scenes = model.scene_encoder.codes(seen)
            outputs += [seen, scenes, *(logits for _, logits in model.scene_head.taught(model.embed_scene(scenes), scenes))]
        return tuple(outputs)


def test_updates_and_new_modules_are_trained_and_nothing_else(backbone: Path, dino_folder: Path) -> None:
    model, _ = lora.start(backbone, dino_folder, scene=SceneEncoder(tiny().scene))
    names = {name for name, p in model.named_parameters() if p.requires_grad}
    layers, width = model.config.decoder.layers, model.config.decoder.width
    factors = {name for name in names if "lora_" in name}
    assert len(factors) == layers * 4 * 2
    assert {name.split(".")[3] for name in factors} == {"q_proj", "k_proj", "v_proj", "o_proj"}
    assert {p.shape for n, p in model.named_parameters() if "lora_A" in n} == {(16, width)}
    new = ("foreground.", "preference.", "point_pointer.", "scene_head.", "text_forms.embedding.", "mentions.")
    assert names - factors == {n for n, _ in model.named_parameters() if n.startswith(new)}
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    reading = {n for n, _ in model.named_parameters() if n.startswith(lora.FITTED_BEFORE)}  # as it was trained, on its own
    assert {p.dtype for n, p in model.named_parameters() if n not in names | reading} == {torch.bfloat16}


def test_before_training_it_is_the_backbone(backbone: Path, dino_folder: Path) -> None:
    started = lora.start(backbone, dino_folder, dtype=torch.float32)[0].eval()
    plain = janus.load(backbone, dino_folder)[0]
    for logits, expected in zip(_logits(started), _logits(plain), strict=True):
        assert torch.equal(logits, expected)


def test_round_trip(folder: Path, trained: UnifiedModel, tmp_path: Path, backbone: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == [lora.SETTINGS, lora.UPDATES, lora.CONFIG, lora.NEW_MODULES]
    assert not any("decoder" in name for name in load_file(folder / lora.NEW_MODULES))
    loaded, _ = checkpoint.load(folder)
    plain = janus.load(backbone)[0]
    assert loaded.config == trained.config
    assert {n for n in loaded.state_dict() if "lora" in n} == set()
    for logits, expected, before in zip(_logits(loaded)[:1], _logits(trained)[:1], _logits(plain)[:1], strict=True):
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)
        assert (logits - before).abs().max() > 0.1
    for logits, expected in zip(_logits(loaded)[1:], _logits(trained)[1:], strict=True):
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)  # sums differ with where weights lie in memory
    checkpoint.save(tmp_path / "again", loaded, AdGenerator.from_pretrained(folder).tokenizer)
    for name in (lora.UPDATES, lora.NEW_MODULES):
        first, second = load_file(folder / name), load_file(tmp_path / "again" / name)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first)
    assert json.loads((folder / lora.SETTINGS).read_text()) == json.loads((tmp_path / "again" / lora.SETTINGS).read_text())


def test_peft_puts_the_updates_on_their_janus(folder: Path, backbone: Path) -> None:
    import peft
    import transformers

    model = transformers.JanusForConditionalGeneration.from_pretrained(backbone).eval()
    adapted = peft.PeftModel.from_pretrained(model, str(folder)).eval()
    ids = torch.arange(5, 25)[None]
    with torch.no_grad():
        expected = adapted(input_ids=ids).logits
    torch.testing.assert_close(_logits(checkpoint.load(folder)[0])[0], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_ads(folder: Path, cutout: Image.Image, tmp_path: Path, dtype: torch.dtype) -> None:
    def ad(generator: AdGenerator) -> Any:
        product = Product(cutout, "Kettle", ["1.7 L", "quiet"])
        return generator.generate(product, [Click(Image.new("RGB", (20, 20), "teal"), "quiet mug")], size=(64, 64))

    generator = AdGenerator.from_pretrained(folder, dtype=dtype)
    assert {t.dtype for t in generator.model.state_dict().values()} == {dtype}
    first = ad(generator)
    generator.save_pretrained(tmp_path / "again")
    assert not (tmp_path / "again" / "model.safetensors").exists()
    again = AdGenerator.from_pretrained(tmp_path / "again", dtype=dtype)
    assert ad(again).image.tobytes() == first.image.tobytes()
    generator.model.adapter = None
    generator.save_pretrained(tmp_path / "whole")
    whole = AdGenerator.from_pretrained(tmp_path / "whole", dtype=dtype)
    assert ad(whole).image.tobytes() == first.image.tobytes()


def test_the_backbone_may_move_with_its_adapter(folder: Path, backbone: Path) -> None:
    shutil.copytree(backbone, folder / "janus")
    _settings(folder, base_model_name_or_path="janus")
    assert checkpoint.load(folder)[0].adapter.backbone == str((folder / "janus").resolve())


def test_the_backbone_may_be_a_hub_id(folder: Path, backbone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _settings(folder, base_model_name_or_path="some/janus")
    real = hub.local_folder
    monkeypatch.setattr(hub, "local_folder", lambda name: backbone if str(name) == "some/janus" else real(name))
    model = checkpoint.load(folder)[0]
    assert model.adapter.backbone == lora.start(Path("some/janus"))[0].adapter.backbone == "some/janus"


# --- bad input ---


def _settings(folder: Path, **changes: object) -> None:
    path = folder / lora.SETTINGS
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _edit(folder: Path, name: str, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    state = load_file(folder / name)
    change(state)
    save_file(state, folder / name, {"backbone": "same"})


def _another_backbone(folder: Path) -> None:
    other = Path(shutil.copytree(json.loads((folder / lora.SETTINGS).read_text())["base_model_name_or_path"], folder / "other"))
    path = next(p for p in other.glob("*.safetensors") if "model.language_model.norm.weight" in load_file(p))
    save_file({k: v + 1 if k.endswith("norm.weight") else v for k, v in load_file(path).items()}, path)
    _settings(folder, base_model_name_or_path="other")


def _smaller_backbone(folder: Path) -> None:
    _another_backbone(folder)
    path = folder / "other" / "config.json"
    values = json.loads(path.read_text())
    values["text_config"]["num_hidden_layers"] = 2
    path.write_text(json.dumps(values))


FIRST = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing backbone": (
        lambda f: _settings(f, base_model_name_or_path="/nowhere/janus"),
        "its backbone /nowhere/janus is not",
    ),
    "another backbone": (_another_backbone, "trained on another backbone than other"),
    "backbone of another shape": (_smaller_backbone, "another shape"),
    "no backbone named": (lambda f: _settings(f, base_model_name_or_path=None), "base_model_name_or_path"),
    "rank in words": (lambda f: _settings(f, r="high"), r"adapter_config\.json.*rank"),
    "another rank": (lambda f: _settings(f, r=4), "shape"),
    "other method": (lambda f: _settings(f, peft_type="IA3"), "peft_type"),
    "dora": (lambda f: _settings(f, use_dora=True), "use_dora"),
    "no settings": (lambda f: (f / lora.SETTINGS).write_text("{"), "not readable as JSON"),
    "no configuration": (lambda f: (f / lora.CONFIG).unlink(), r"config\.json is missing"),
    "no updates": (lambda f: (f / lora.UPDATES).unlink(), "adapter_model.safetensors is missing"),
    "no new modules": (lambda f: (f / lora.NEW_MODULES).unlink(), "new_modules.safetensors is missing"),
    "cut updates": (lambda f: (f / lora.UPDATES).write_bytes((f / lora.UPDATES).read_bytes()[:-9]), "not a readable"),
    "pickle": (lambda f: torch.save({}, f / lora.NEW_MODULES), "not a readable safetensors file"),
    "missing factor": (lambda f: _edit(f, lora.UPDATES, lambda s: s.pop(FIRST)), "missing"),
    "unknown factor": (lambda f: _edit(f, lora.UPDATES, lambda s: s.update(more=torch.zeros(1))), "unknown weight more"),
    "missing module": (lambda f: _edit(f, lora.NEW_MODULES, lambda s: s.pop("preference.modality")), "missing"),
    "wrong shape": (lambda f: _edit(f, lora.NEW_MODULES, lambda s: s.update({"preference.modality": torch.ones(1)})), "shape"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_folders_are_refused_in_one_line(folder: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(*_: object) -> None:
        raise AssertionError("weights were read")

    monkeypatch.setattr(janus, "stream", stream)
    change, named = BAD[case]
    change(folder)
    with pytest.raises(InputError, match=named) as caught:
        AdGenerator.from_pretrained(folder)
    assert "\n" not in str(caught.value)


def test_settings_are_checked() -> None:
    for wrong in ({"rank": 0}, {"rank": 1.5}, {"alpha": True}, {"dropout": 1.0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            LoraSettings(**wrong)  # type: ignore[arg-type]


def test_only_janus_can_be_a_backbone(tmp_path: Path, dino_folder: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        lora.start(tmp_path / "nowhere")
    with pytest.raises(InputError, match="model_type is 'dinov2'"):
        lora.start(dino_folder)
