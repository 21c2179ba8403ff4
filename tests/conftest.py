"""A complete model with random weights, small enough for every test, and a few pictures."""

import gc
import os
import signal
from dataclasses import replace

import pytest
import torch
from PIL import Image, ImageDraw

from janus_models import dino_folder, janus_folder, janus_tokenizer, theirs  # noqa: F401 (fixtures)
from uniadgen.cores import usable_cores
from uniadgen.model.config import SceneConfig, tiny
from uniadgen.model.heads import ImageHead
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator

# One thread for each of pytest's workers and the processes that tests start: threads beyond the cores wait for each other at
# every operation, and wait by computing.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")

# `nohup make test &`: ignored signals are handed down to everything that is started, and tests of signals would wait in vain.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What is made while tests are collected stays to the end: modules, parsed files, tests. Looking through all that for garbage,
# again and again, takes a tenth of the time.
gc.disable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: a sixth of the time a test waits for a browser, a server or another process."""
    return len(usable_cores()) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: what comes last is short, so that no worker waits long for another."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def tokenizer() -> TextTokenizer:
    return train_text_tokenizer(["Rapid Boil Kettle, Auto Shut-Off | 1.7 L - For Men [Free Gift]! Write the ad."] * 4, 400)


@pytest.fixture(scope="session")
def model() -> UnifiedModel:
    """Random weights everywhere, also where training starts at zero, so that every path carries a signal."""
    torch.manual_seed(0)
    return _spread(UnifiedModel(tiny()))


@pytest.fixture(scope="session")
def raster_model() -> UnifiedModel:
    """One that writes a picture row by row, with logits of all codes, and has no scene token: as Janus does."""
    torch.manual_seed(0)
    config = tiny()
    model = UnifiedModel(replace(config, image=replace(config.image, coarse=(), blocks=()), scene=SceneConfig()))
    model.image_head = ImageHead(config.decoder.width, config.head_width, config.image.codes)
    return _spread(model)


def _spread(model: UnifiedModel) -> UnifiedModel:
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.abs().sum() == 0:
                parameter.normal_(std=0.1)
        # Far from the small initial weights: what the model is shown must change what it draws.
        for module in (model.decoder, model.image_head, model.scene_head, model.point_pointer):
            for weight in () if module is None else module.parameters():
                if weight.ndim == 2:
                    weight.mul_(8)
        if model.scene_encoder is not None:
            model.scene_encoder.codebooks.normal_(std=0.3)
        if model.composition is not None:
            model.composition.codebooks.normal_(std=0.3)
            model.composition.colours.weight.mul_(8)
        # The engine stores weights in 16 bits; rounded here, they are the same to whoever computes with them otherwise.
        for parameter in model.parameters():
            parameter.copy_(parameter.half())
    return model.eval()


@pytest.fixture(scope="session")
def generator(model: UnifiedModel, tokenizer: TextTokenizer) -> AdGenerator:
    return AdGenerator(model, tokenizer)


@pytest.fixture(scope="session")
def raster_generator(raster_model: UnifiedModel, tokenizer: TextTokenizer) -> AdGenerator:
    return AdGenerator(raster_model, tokenizer)


@pytest.fixture
def cutout() -> Image.Image:
    image = Image.new("RGBA", (120, 160))
    ImageDraw.Draw(image).ellipse((20, 10, 100, 150), fill=(200, 30, 40, 255))
    return image
