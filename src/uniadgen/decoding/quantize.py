"""Weight-only quantization through torchao: a smaller model, at a price in quality that `uniadgen bench` reports."""

from typing import Literal, get_args

from uniadgen.errors import InputError
from uniadgen.model.unified import UnifiedModel

Quantization = Literal["int8"]
QUANTIZATIONS: tuple[str, ...] = get_args(Quantization)


def quantize_weights(model: UnifiedModel, kind: Quantization) -> None:
    """Stores the decoder's and the image head's matrices in 8 bits, one scale per row, in place. Raises InputError.

    The text head keeps its precision, since a grammar reads only a few of its rows, and so do embeddings, encoders and the
    image tokenizer.
    """
    if kind not in QUANTIZATIONS:
        raise InputError(f"quantize: {kind!r} is unknown; use one of {', '.join(QUANTIZATIONS)}")
    try:
        from torchao.quantization import Int8WeightOnlyConfig, quantize_
    except ImportError:
        raise InputError("quantize: torchao is not installed; pip install 'uniadgen[quantize]'") from None
    for part in (model.decoder, model.image_head):
        quantize_(part, Int8WeightOnlyConfig(set_inductor_config=False))
