"""A complete model with random weights, small enough for every test, and a few pictures."""

import os

import pytest
import torch
from PIL import Image, ImageDraw

from janus_models import dino_folder, janus_folder, janus_tokenizer, theirs  # noqa: F401 (fixtures)
from uniadgen.model.config import tiny
from uniadgen.model.plan import Remembered
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator

# One thread for each of pytest's workers and the processes that tests start: threads beyond the cores wait for each other at
# every operation, and wait by computing.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def tokenizer() -> TextTokenizer:
    return train_text_tokenizer(["Rapid Boil Kettle, Auto Shut-Off | 1.7 L - For Men [Free Gift]! Write the ad."] * 4, 400)


def random_exemplars(model: UnifiedModel) -> Remembered:
    settings = model.config.plan
    facets = [(9 * torch.rand(settings.exemplars, count)).softmax(1) for count in settings.facets]
    return Remembered(
        torch.randint(model.config.image.codes, (settings.exemplars, model.config.image.tokens)),
        torch.tensor([0.4, 0.5, 0.2, 0.3]).repeat(settings.exemplars, 1),
        torch.cat(facets, 1),
        torch.nn.functional.normalize(torch.randn(settings.exemplars, settings.words), dim=1),
    )


@pytest.fixture(scope="session")
def model() -> UnifiedModel:
    """Random weights everywhere, also where training starts at zero, so that every path carries a signal."""
    torch.manual_seed(0)
    model = UnifiedModel(tiny())
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.abs().sum() == 0:
                parameter.normal_(std=0.1)
        # Far from the small initial weights: what the model is shown must change what it draws.
        for weight in (*model.decoder.parameters(), model.image_head.score.weight):
            if weight.ndim == 2:
                weight.mul_(8)
        assert model.plan is not None
        model.plan.remember(random_exemplars(model))
    return model.eval()


@pytest.fixture(scope="session")
def generator(model: UnifiedModel, tokenizer: TextTokenizer) -> AdGenerator:
    return AdGenerator(model, tokenizer)


@pytest.fixture
def cutout() -> Image.Image:
    image = Image.new("RGBA", (120, 160))
    ImageDraw.Draw(image).ellipse((20, 10, 100, 150), fill=(200, 30, 40, 255))
    return image
