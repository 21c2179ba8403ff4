"""Qwen2.5 writes the text: the instruction pools' prompts, in this process or behind an endpoint."""

from uniadgen.baselines.language import Language, language_baseline

BASELINE = language_baseline(
    Language("qwen2.5", "Qwen/Qwen2.5-7B-Instruct", frozenset({"qwen2"})),
    "Qwen2.5 Instruct, told by our instructions and the clicked texts",
    "an endpoint, or weights such as Qwen/Qwen2.5-7B-Instruct (Apache-2.0, 16 GB of GPU memory in bf16)",
)
