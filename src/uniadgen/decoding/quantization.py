"""Weight-only quantization through torchao: a smaller model, at a price in quality that `uniadgen bench` reports."""

import importlib.util
from collections.abc import Iterable
from typing import Literal, get_args

import torch

from uniadgen.errors import InputError
from uniadgen.model.unified import UnifiedModel

Quantization = Literal["int8", "int4"]
QUANTIZATIONS: tuple[str, ...] = get_args(Quantization)
GROUP = 64  # neighbouring weights that share a scale in 4 bits


def check_quantization(kind: str, devices: Iterable[torch.device | str], dtype: torch.dtype) -> None:
    """Raises InputError for what can't be done, before a model is loaded. devices: names are taken as they are given."""
    if kind not in QUANTIZATIONS:
        raise InputError(f"quantize: {kind!r} is unknown; use one of {', '.join(QUANTIZATIONS)}")
    if importlib.util.find_spec("torchao") is None:
        raise InputError("quantize: torchao is not installed; pip install 'uniadgen[quantize]'")
    if kind == "int8":
        return
    if dtype != torch.bfloat16:
        name = str(dtype).removeprefix("torch.")
        raise InputError(f"quantize: int4 needs weights in bfloat16, not {name}; load the model with dtype=torch.bfloat16")
    for device in devices:
        if torch.device(device).type != "cuda":
            raise InputError(f"quantize: int4 runs on CUDA devices only, not on {device}; use int8, or another device")
        major, minor = torch.cuda.get_device_capability(device)
        if major < 8:
            raise InputError(f"quantize: int4 needs compute capability 8.0, but {device} has {major}.{minor}; use int8")


def quantize_weights(model: UnifiedModel, kind: Quantization) -> None:
    """Stores the decoder's and the image head's matrices in 8 or 4 bits, in place. Raises InputError.

    int8: one scale per row, on any device. int4: one scale per 64 weights, on a GPU of compute capability 8.0 or higher and in
    bfloat16, since its kernels know nothing else; a matrix whose rows are no multiple of 64 stays as it is. The text head keeps
    its precision, since a grammar reads only a few of its rows, and so do embeddings, encoders and the image tokenizer.
    """
    check_quantization(kind, {p.device for p in model.decoder.parameters()}, model.dtype)
    from torchao.quantization import Int4WeightOnlyConfig, Int8WeightOnlyConfig, quantize_

    if kind == "int8":
        config = Int8WeightOnlyConfig(set_inductor_config=False)
    else:
        config = Int4WeightOnlyConfig(group_size=GROUP, set_inductor_config=False, int4_packing_format="tile_packed_to_4d")
    for part in (model.decoder, model.image_head):
        quantize_(part, config)
