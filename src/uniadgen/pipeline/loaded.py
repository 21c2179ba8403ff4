"""A model ready to make ads: its weights packed for decoding, and what belongs to it."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from uniadgen.clicks.similarity import Embedder, hashed_embedder
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import CPU_WINDOW, GPU_WINDOW
from uniadgen.model.text_embedder import embedder_of
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.click_cache import ClickedPictures
from uniadgen.prompts import load_pool


@dataclass
class LoadedModel:
    """given: an embedder, texts -> unit vectors, for product similarity; without one it is the model's own, or hashed words.
    window: tokens in a pass of parallel decoding."""

    model: UnifiedModel
    tokenizer: TextTokenizer
    given: Embedder | None = None
    embedder: Embedder = field(init=False)
    engine: Engine = field(init=False)
    clicked: ClickedPictures = field(init=False)
    window: int = field(init=False)
    templates: dict[str, str] = field(init=False)  # one instruction by the kind of its pool

    def __post_init__(self) -> None:
        learnt = self.model.text_embedder
        self.embedder = self.given or (hashed_embedder if learnt is None else embedder_of(learnt, self.tokenizer))
        self.engine = Engine.pack(self.model.eval())
        self.clicked = ClickedPictures(self.model)
        self.window = CPU_WINDOW if self.device.type == "cpu" else GPU_WINDOW
        self.templates = {kind: load_pool(kind).templates[0] for kind in ("general_text", "unified")}

    @property
    def device(self) -> torch.device:
        return self.model.device

    def generator(self, seed: int) -> torch.Generator:
        """The random numbers of one ad."""
        return torch.Generator(self.device).manual_seed(seed)

    def ids(self, values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=self.device)
