"""DeepSeek-R1 writes the text; what it thinks first is parted from the answer."""

from uniadgen.baselines.language import Language, language_baseline

BASELINE = language_baseline(
    Language(
        "deepseek-r1",
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
        frozenset({"deepseek_v3", "qwen2", "qwen3", "llama"}),
        max_tokens=4096,
        temperature=0.6,
        thinks=True,
    ),
    "DeepSeek-R1 or one of its distillations; its thinking is parted from the answer",
    "an endpoint, or weights such as deepseek-ai/DeepSeek-R1-Distill-Qwen-7B (MIT, 16 GB of GPU memory in bf16)",
)
