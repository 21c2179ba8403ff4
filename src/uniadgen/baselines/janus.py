"""Janus-Pro as it is published, not trained for ads, by our own engine: a general ad of words of the selling points.

What our method adds starts neutral, so this is plain Janus under the same prompts, text grammar and composing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from uniadgen.baselines import Baseline, Made, Make, Prepared, Settings, Task
from uniadgen.errors import InputError

WEIGHTS = "deepseek-community/Janus-Pro-1B"


def prepared(settings: Settings) -> Prepared:
    try:
        import transformers  # noqa: F401
    except ImportError:
        raise InputError("baseline janus: needs transformers; install uniadgen[baselines]") from None
    from uniadgen.ads import AdRequest
    from uniadgen.baselines.weights import check_fits, dtype_of, find_weights, main_device

    name = settings.weights or WEIGHTS
    device = main_device(settings.device)
    dtype = dtype_of(settings.dtype, device)
    weights = find_weights(name, {"janus"}, "argument --weights")
    check_fits(weights.elements, str(device), dtype, f"argument --weights: {name}")

    @contextmanager
    def open_it() -> Iterator[Make]:
        from uniadgen.pipeline.generator import AdGenerator

        generator = AdGenerator.from_pretrained(name, device=device, dtype=dtype)

        def make(task: Task) -> Made:
            request = AdRequest(task.request.product, [], task.request.box)
            [ad] = generator.generate_many([request], seeds=[task.seed], size=task.size)
            return Made(text=ad.text, background=ad.background, box=ad.placement)

        yield make

    return Prepared(weights.source, open_it)


BASELINE = Baseline(
    "janus",
    "Janus-Pro, not trained for ads: a general ad by our engine",
    "both",
    needs="Janus-Pro (DeepSeek model licence; 1B: 5 GB, 7B: 16 GB of GPU memory in bf16)",
    options=("weights", "device", "dtype", "seed"),
    prepare=prepared,
)
