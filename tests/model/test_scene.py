"""The scene encoder's codes: facets apart, near to what they stand for, and nothing where a model has no scene token."""

import dataclasses

import pytest
import torch
from PIL import Image

from uniadgen.errors import InputError
from uniadgen.model.config import ModelConfig, SceneConfig, embedded, tiny
from uniadgen.model.scene import FACETS, SceneEncoder


def encoder(levels: int = 3) -> SceneEncoder:
    torch.manual_seed(0)
    made = SceneEncoder(dataclasses.replace(tiny().scene, levels=levels))
    for level in range(levels):
        made.codebooks[level] = torch.randn_like(made.codebooks[level]) * 0.3**level
    return made.eval()


@torch.no_grad()
def test_a_picture_becomes_a_unit_embedding_and_codes() -> None:
    scene = encoder()
    pixels = torch.stack([scene.prepare(Image.new("RGB", size, "teal")) for size in ((50, 40), (40, 90), (32, 32))])
    assert pixels.shape == (3, 3, 32, 32)
    embeddings = scene(pixels)
    assert embeddings.shape == (3, scene.config.embedding)
    assert torch.allclose(embeddings.norm(dim=1), torch.ones(3))
    facets = embeddings.unflatten(1, (len(FACETS), -1)).norm(dim=2)
    assert torch.allclose(facets, facets[:1, :1].expand_as(facets))
    assert torch.equal(scene.codes(embeddings)[0], scene.codes(embeddings)[1])  # one colour in all three
    assert scene.codes(embeddings).dtype == torch.long


@torch.no_grad()
def test_every_level_comes_nearer() -> None:
    scene = encoder()
    chosen = torch.tensor([[1, 2, 3], [7, 0, 5]])
    assert torch.equal(scene.codes(scene.values(chosen)), chosen)
    vectors = torch.nn.functional.normalize(torch.randn(64, scene.config.embedding), dim=1)
    codes = scene.codes(vectors)
    first = torch.cdist(vectors, scene.codebooks[0])
    assert torch.equal(codes[:, 0], first.argmin(1))
    distances = [float((scene.values(codes[:, :level]) - vectors).norm(dim=1).mean()) for level in (1, 2, 3)]
    assert distances == sorted(distances, reverse=True)


@torch.no_grad()
def test_without_levels_there_are_no_codes() -> None:
    scene = encoder(0)
    assert scene.codes(torch.randn(4, 24)).shape == (4, 0)
    assert scene.values(torch.zeros(4, 0, dtype=torch.long)).eq(0).all()


def test_sizes_that_do_not_fit_are_refused() -> None:
    for change, said in (
        ({"size": 40}, "multiple of 16"),
        ({"channels": (8, 64, 64)}, "divide"),
        ({"levels": 10}, "levels"),
        ({"embedding": 64}, "multiple of 3"),
    ):
        with pytest.raises(InputError, match=said):
            ModelConfig(scene=SceneConfig(**change))  # type: ignore[arg-type]


def test_the_embedded_one_is_small() -> None:
    count = sum(parameter.numel() for parameter in SceneEncoder(embedded().scene).parameters())
    assert 0.4e6 < count < 1.2e6
