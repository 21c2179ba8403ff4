"""Qwen3 writes the text; it thinks first unless --thinking no."""

from uniadgen.baselines.language import Language, language_baseline

BASELINE = language_baseline(
    Language("qwen3", "Qwen/Qwen3-8B", frozenset({"qwen3", "qwen3_moe"}), max_tokens=2048, temperature=0.6),
    "Qwen3, told by our instructions and the clicked texts; its thinking is parted from the answer",
    "an endpoint, or weights such as Qwen/Qwen3-8B (Apache-2.0, 18 GB of GPU memory in bf16)",
)
