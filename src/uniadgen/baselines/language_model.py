"""Any other language model by its name: a folder, a GGUF file, a hub id, or a model of an endpoint."""

from uniadgen.baselines.language import Language, language_baseline

BASELINE = language_baseline(
    Language("language-model", None, frozenset()),
    "any language model by --weights or by --endpoint and --model-name",
    "what the model needs",
)
