"""Weights in 8 bits (and in 4, on a GPU): close to the model they come from, and made of a quarter of its bytes."""

import copy
from pathlib import Path

import pytest
import torch

from uniadgen import InputError, Product
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.quantization import check_quantization, quantize_weights
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator


@torch.inference_mode()
def test_int8_is_close(raster_model: UnifiedModel) -> None:
    pytest.importorskip("torchao")
    model, small = raster_model, copy.deepcopy(raster_model)
    quantize_weights(small, "int8")
    x = torch.randn(2, 40, 32, generator=torch.Generator().manual_seed(1))
    logits, quantized = (
        engine.image_logits(engine.forward(x, [engine.allocate(2, 40)]), 1) for engine in map(Engine.pack, (model, small))
    )
    assert not torch.equal(logits, quantized)
    assert ((logits - quantized).norm() / logits.norm()) < 0.2
    assert (logits.argmax(-1) == quantized.argmax(-1)).float().mean() > 0.6


@pytest.mark.parametrize("kind", ["in passes", "row by row"])
def test_ads_from_a_quantized_model(
    model: UnifiedModel, raster_model: UnifiedModel, tokenizer: TextTokenizer, cutout: object, tmp_path: object, kind: str
) -> None:
    pytest.importorskip("torchao")
    chosen = model if kind == "in passes" else raster_model
    generator = AdGenerator(copy.deepcopy(chosen), tokenizer, quantize="int8")
    product = Product(cutout, "A kettle", ["Aster", "1.7 L"])  # type: ignore[arg-type]
    first, again = (generator.generate(product, seed=1, size=(64, 64), decoding=d) for d in ("sequential", "parallel"))  # type: ignore[arg-type]
    assert first.image.tobytes() == again.image.tobytes()
    with pytest.raises(InputError, match="quantized model can't be saved"):
        generator.save_pretrained(tmp_path)  # type: ignore[arg-type]


def test_what_can_not_be_quantized_is_said(model: UnifiedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="int8, int4"):
        quantize_weights(model, "int1")  # type: ignore[arg-type]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"uniadgen\[quantize\]"):
        quantize_weights(model, "int8")


def test_four_bits_need_a_gpu_and_bfloat16(
    model: UnifiedModel, tokenizer: TextTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before anything is loaded. What a GPU then computes is not tested here."""
    pytest.importorskip("torchao")
    for asked, named in (
        (lambda: quantize_weights(copy.deepcopy(model).bfloat16(), "int4"), "not on cpu"),
        (lambda: AdGenerator(copy.deepcopy(model), tokenizer, quantize="int4"), "bfloat16, not float32"),
        (lambda: AdGenerator.from_pretrained(tmp_path, quantize="int4", dtype=torch.float16), "bfloat16, not float16"),
        (lambda: AdGenerator.from_pretrained(tmp_path, quantize="int4", dtype=torch.bfloat16), "not on cpu"),
    ):
        with pytest.raises(InputError, match=named) as caught:
            asked()
        assert "\n" not in str(caught.value)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    with pytest.raises(InputError, match=r"cuda:0 has 7\.5"):
        check_quantization("int4", ["cuda:0"], torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    check_quantization("int4", ["cuda:0", "cuda:1"], torch.bfloat16)
