"""Blocks on several devices. No second device is at hand, so torch's fake tensors stand in: they know devices, not values."""

import subprocess
import sys

import pytest
import torch

from uniadgen.errors import InputError
from uniadgen.loading import devices as devices_module
from uniadgen.loading.devices import Devices, bytes_by_device, fill, resolve_devices
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator

CPU, META = torch.device("cpu"), torch.device("meta")


def test_a_map_names_blocks_and_the_rest(model: UnifiedModel) -> None:
    spread = resolve_devices({"": "cpu", "decoder.blocks.1": "meta"}, model, torch.float32)
    assert spread == Devices(CPU, (CPU, META))
    assert spread.of("decoder.blocks.1.q_proj.weight") == META
    for name in ("decoder.blocks.0.q_proj.weight", "decoder.blocks.1.attention_norm.weight", "text_head.weight"):
        assert spread.of(name) == CPU
    needs = bytes_by_device(model, spread, torch.bfloat16)
    assert needs[META] == 2 * sum(p.numel() for p in model.decoder.blocks[1].parameters() if p.ndim == 2)
    assert sum(needs.values()) == 2 * sum(p.numel() for p in model.parameters())
    assert resolve_devices("cpu", model, torch.float32) == Devices(CPU, (CPU, CPU))


@pytest.mark.parametrize(
    ("device", "named"),
    [
        ({"decoder.blocks.0": "cpu"}, 'for ""'),
        ({"": "cpu", "decoder.blocks.2": "cpu"}, r"decoder\.blocks\.2"),
        ({"": "cpu", "text_head": "cpu"}, "text_head"),
        ({"": "cpu", "decoder.blocks.1.q_proj": "cpu"}, "q_proj"),
        ("quantum", "quantum"),
        ({"": 3.5}, r"3\.5"),
    ],
)
def test_wrong_maps_are_refused(model: UnifiedModel, device: object, named: str) -> None:
    with pytest.raises(InputError, match=named) as caught:
        resolve_devices(device, model, torch.float32)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without a GPU")
def test_without_a_gpu(model: UnifiedModel) -> None:
    assert resolve_devices("auto", model, torch.float32).main == CPU
    with pytest.raises(InputError, match="no CUDA device"):
        resolve_devices("cuda:1", model, torch.float32)


@pytest.mark.parametrize("device", ["mps", "xpu", "xla", "hpu", "mtia", "vulkan", "ipu", "privateuseone", "quantum", "cpu:x"])
def test_devices_that_cannot_be_used_here(device: str, model: UnifiedModel) -> None:
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(InputError, match=device) as caught:
        resolve_devices(device, model, torch.float32)
    assert "\n" not in str(caught.value)


def test_auto_fills_one_gpu_after_the_other() -> None:
    assert fill([100], [10] * 3, 20) == [0, 0, 0]
    assert fill([50, 100], [10] * 5, 20) == [0, 0, 0, 1, 1]
    assert fill([25, 15, 100], [10] * 4, 20) == [1, 2, 2, 2]
    assert fill([10, 10], [10] * 3, 20) == [1, 1, 1]  # too little everywhere: check_memory will say so


def test_auto_asks_for_what_is_free(model: UnifiedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    block = 4 * sum(p.numel() for p in model.decoder.blocks[0].parameters() if p.ndim == 2)
    rest = 4 * sum(p.numel() for p in model.parameters()) - 2 * block
    free = {0: (rest + block) / devices_module.FILL + 8, 1: 10 * block}
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(devices_module, "free_memory", lambda device: free[device.index])
    gpus = [torch.device("cuda", index) for index in range(2)]
    assert resolve_devices("auto", model, torch.float32) == Devices(gpus[0], tuple(gpus))


FAKE = """
import torch
from torch._subclasses.fake_tensor import FakeTensorDeviceMismatchError, FakeTensorMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

_setup_privateuseone_for_python_backend("fakegpu")

from uniadgen.decoding.engine import Engine
from uniadgen.model.config import tiny
from uniadgen.loading.devices import connect, resolve_devices
from uniadgen.model.unified import UnifiedModel

torch.set_num_threads(1)
torch.set_grad_enabled(False)
with torch.device("meta"):
    model = UnifiedModel(tiny()).eval()
with FakeTensorMode():
    where = resolve_devices({"": "fakegpu:0", "decoder.blocks.1": "fakegpu:1"}, model, torch.float32)
state = {name: (tuple(t.shape), t.dtype) for name, t in model.state_dict().items()}
first, second = torch.device("fakegpu:0"), torch.device("fakegpu:1")
with FakeTensorMode(allow_non_fake_inputs=True):
    filled = {name: torch.empty(shape, dtype=dtype, device=where.of(name)) for name, (shape, dtype) in state.items()}
    model.load_state_dict(filled, assign=True)
    assert (model.decoder.blocks[0].q_proj.weight.device, model.decoder.blocks[1].q_proj.weight.device) == (first, second)
    assert model.decoder.blocks[1].attention_norm.weight.device == first
    x = model.embed_text(torch.zeros(2, 3, dtype=torch.long, device=first))
    foreground = torch.zeros(model.config.foreground_groups, 2, 3, x.shape[-1], device=first)
    try:
        model.decoder(x)
        raise SystemExit("a block on another device went unnoticed")
    except FakeTensorDeviceMismatchError:
        pass
    connect(model.decoder.blocks, where)
    passes = torch.arange(3, device=first).expand(2, 3)
    hidden = model.decoder(x, passes=passes, foreground=foreground)
    codes = torch.zeros(2 * 3, dtype=torch.long, device=first)
    assert hidden.device == model.image_losses(hidden.flatten(0, 1), codes).device == first
    engine = Engine.pack(model)
    cache = engine.allocate(2, 8)
    for width in (3, 1):
        hidden = engine.forward(x[:, :width], [cache], foreground=foreground[:, :, :width])
        assert engine.level_logits(model.image_head.begin(hidden), 0, 3.0).device == first
    assert cache.length == 4
print("right")
"""


def test_no_step_mixes_devices() -> None:
    """In a process of its own, since a device type can't be unregistered."""
    done = subprocess.run([sys.executable, "-c", FAKE], capture_output=True, text=True)
    assert done.stdout.strip().endswith("right"), done.stderr[-2000:]


def test_a_split_model_makes_the_same_ad(generator: AdGenerator, tmp_path, cutout, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Both "devices" are the CPU, told apart by name only: values must pass through the moves unchanged."""
    from uniadgen.ads import Product

    generator.save_pretrained(tmp_path)
    real = devices_module.resolve_devices

    def named_apart(*arguments: object) -> Devices:
        spread = real(*arguments)  # type: ignore[arg-type]
        return Devices(spread.main, (spread.main, torch.device("cpu", 0)))

    monkeypatch.setattr("uniadgen.loading.checkpoint.resolve_devices", named_apart)
    split = AdGenerator.from_pretrained(tmp_path)
    assert isinstance(split.model.decoder.blocks[1].q_proj, devices_module.Elsewhere)
    product = Product(cutout, "Kettle", ["1.7 L", "quiet"])
    first, second = (g.generate(product, size=(64, 64)) for g in (generator, split))
    assert (first.text, first.image.tobytes()) == (second.text, second.image.tobytes())
