"""The composition of a picture: coarse colours as residual codes, told to every slot at its place."""

import numpy as np
import pytest
import torch

from uniadgen.model.composition import SIDE, Composition, thumbnails_of
from uniadgen.model.config import tiny
from uniadgen.model.unified import UnifiedModel
from uniadgen.training.compositions import composition_codes, fill_codebooks


@pytest.fixture(scope="module")
def thumbnails() -> np.ndarray:
    """Five creatives in two views: a sky over ground, the horizon and both colours anywhere."""
    rng = np.random.default_rng(0)
    made = np.empty((5, 2, 3, SIDE, SIDE), np.uint8)
    for picture in made.reshape(-1, 3, SIDE, SIDE):
        horizon = rng.integers(2, 6)
        picture[:, :horizon], picture[:, horizon:] = rng.integers(256, size=(2, 3, 1, 1))
    return made


def _filled(thumbnails: np.ndarray) -> Composition:
    composition = Composition(tiny())
    fill_codebooks(composition, thumbnails, 0)
    return composition


def test_each_level_comes_nearer(thumbnails: np.ndarray) -> None:
    composition = _filled(thumbnails)
    values = torch.from_numpy(thumbnails.reshape(-1, 3, SIDE, SIDE)).float() / 127.5 - 1
    codes = composition.codes(values)
    assert codes.shape == (10, composition.levels)
    assert codes.reshape(5, 2, -1).tolist() == composition_codes(composition, thumbnails).tolist()
    errors = [(values - values.mean(0)).square().mean()]
    errors += [(values - composition.thumbnails(codes[:, :level])).square().mean() for level in (1, 2)]
    assert errors[0] > 1.5 * errors[1] > 1.5 * 1.2 * errors[2]
    again = _filled(thumbnails)
    assert torch.equal(composition.codebooks, again.codebooks)


def test_a_slot_is_told_the_colours_at_its_place() -> None:
    """A picture with one bright corner: only tokens of that corner are told anything, at every scale."""
    composition = Composition(tiny())
    with torch.no_grad():
        composition.codebooks.zero_()
        composition.codebooks[0, 1].view(3, SIDE, SIDE)[:, :1, :1] = 1
        bright, dark = composition.of_places(torch.tensor([[1, 0], [0, 0]]))
    assert not dark.any()
    before = 0
    for side in composition.scales:
        values = bright[before : before + side * side].abs().sum(1).view(side, side)
        assert values[0, 0] > 0
        if side > 2:
            assert not values[2:].any()
            assert not values[:, 2:].any()
        before += side * side


def test_thumbnails_are_means() -> None:
    picture = torch.zeros(1, 3, 64, 32)
    picture[:, :, 32:] = 1
    small = thumbnails_of(picture)
    assert small.shape == (1, 3, SIDE, SIDE)
    assert small[0, 0].mean(1).tolist() == [0] * 4 + [1] * 4


@torch.no_grad()
def test_the_composition_changes_the_picture(model: UnifiedModel) -> None:
    scenes = torch.tensor([[1, 2, 0, 3], [1, 2, 1, 3]])
    assert not torch.equal(*model.embed_scene(scenes))
    assert torch.equal(*model.embed_scene(scenes[:, :2]))  # of a click: without
    places = model.tell_places(scenes)
    assert places is not None
    assert places.shape == (2, model.order.tokens, model.config.decoder.width)
    assert not torch.equal(*places)
