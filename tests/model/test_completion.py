"""What completes a picture begins as the tokenizer's decoder, is the same for the same tokens, and fits its tokenizer."""

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from uniadgen.errors import InputError
from uniadgen.model.completion import Completion, Noisy, field_of_noise, without_seams
from uniadgen.model.config import ModelConfig, embedded, tiny
from uniadgen.model.image_tokenizer import FSQTokenizer, paint

IMAGE = replace(tiny().image, blocks=(2,), completion=16, upsampling=2)


@pytest.fixture
def tokenizer() -> FSQTokenizer:
    torch.manual_seed(0)
    return FSQTokenizer(IMAGE).eval()


def spread(completion: Completion) -> Completion:
    """With weights where training begins with none."""
    torch.manual_seed(1)
    for module in completion.modules():
        if isinstance(module, Noisy):
            torch.nn.init.normal_(module.strength)
    for layer in (completion.more, completion.full_pixels, completion.twice_pixels):
        torch.nn.init.normal_(layer.weight, std=0.1)
    return completion


def test_scales_that_are_written() -> None:
    assert (IMAGE.scales, IMAGE.tokens, IMAGE.grid, IMAGE.painted) == ((2,), 4, 4, 128)
    assert embedded().image.scales == (4, 8, 16)


def test_sizes(tokenizer: FSQTokenizer) -> None:
    codes = torch.randint(IMAGE.codes, (2, 4))
    assert tokenizer.complete(codes, 2).shape == (2, 3, 64, 64)
    assert tokenizer.complete(codes, 2, 2).shape == (2, 3, 128, 128)
    with pytest.raises(ValueError, match="no completion"):
        FSQTokenizer(tiny().image).complete(codes, 2)


def test_it_begins_as_the_decoder_of_what_it_guesses(tokenizer: FSQTokenizer) -> None:
    completion = tokenizer.completion
    assert completion is not None
    completion.begin_with(tokenizer.decoder)
    for module in completion.modules():
        if isinstance(module, Noisy):
            torch.nn.init.zeros_(module.strength)
    values = tokenizer.values(torch.randint(IMAGE.codes, (1, 4))).unflatten(2, (2, 2))
    _, guess = completion.guessed(values)
    features, picture = completion(values)
    torch.testing.assert_close(picture, without_seams(tokenizer.paint(guess)[1]))
    twice = F.interpolate(picture, scale_factor=2, mode="bicubic")
    torch.testing.assert_close(completion.enlarge(features, picture), twice)


def test_what_repeats_every_four_pixels_is_gone_and_areas_stay() -> None:
    torch.manual_seed(0)
    bricks = torch.randn(1, 3, 4, 4).tile(1, 1, 8, 8)
    smooth = without_seams(bricks)
    torch.testing.assert_close(smooth[..., 2:-2, 2:-2], bricks.mean((2, 3), keepdim=True).expand(-1, -1, 28, 28))
    ramp = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32)
    torch.testing.assert_close(without_seams(ramp)[..., 2:-2], ramp[..., 2:-2])


def test_the_same_tokens_are_the_same_picture_and_training_sees_other_grain(tokenizer: FSQTokenizer) -> None:
    completion = tokenizer.completion
    assert completion is not None
    spread(completion)
    codes = torch.randint(IMAGE.codes, (3, 4))
    whole = tokenizer.complete(codes, 2, 2)
    torch.testing.assert_close(tokenizer.complete(codes[1:2], 2, 2), whole[1:2])
    values = tokenizer.values(codes).unflatten(2, (2, 2))
    first = completion(values)[1]
    assert torch.equal(completion(values)[1], first)
    completion.train()
    second, third = completion(values)[1], completion(values)[1]
    assert not torch.allclose(second, third)
    assert not torch.allclose(second, first)


def test_every_place_has_noise_of_its_own(tokenizer: FSQTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    fields: list[torch.Tensor] = []

    def kept(*arguments: int) -> torch.Tensor:
        fields.append(field_of_noise(*arguments))
        return fields[-1]

    monkeypatch.setattr("uniadgen.model.completion.field_of_noise", kept)
    tokenizer.complete(torch.randint(IMAGE.codes, (1, 4)), 2, 2)
    starts = [tuple(field.flatten()[:8].tolist()) for field in fields]
    assert len(fields) == len(set(starts)) == 6


def test_a_window_is_enlarged_as_in_the_whole(tokenizer: FSQTokenizer) -> None:
    """Away from its edges, and without the noise, which lies elsewhere."""
    completion = tokenizer.completion
    assert completion is not None
    spread(completion)
    with torch.no_grad():
        completion.finer.first.weight[:, -4:] = 0
        completion.finer.second.weight[-4:] = 0
        completion.twice_pixels.weight[:, -4:] = 0
    features, picture = completion(tokenizer.values(torch.randint(IMAGE.codes, (1, 4))).unflatten(2, (2, 2)))
    whole = completion.enlarge(features, picture)
    part = completion.enlarge(features[..., 16:48, 16:48], picture[..., 16:48, 16:48])
    torch.testing.assert_close(part[..., 16:-16, 16:-16], whole[..., 48:80, 48:80])


def test_what_was_written_becomes_a_picture_at_both_sizes(tokenizer: FSQTokenizer) -> None:
    codes = torch.randint(IMAGE.codes, (1, 4))
    assert torch.equal(paint(tokenizer, IMAGE, codes, 2), tokenizer.complete(codes, 2, 2))
    plain = FSQTokenizer(tiny().image).eval()
    written = torch.randint(IMAGE.codes, (1, 4 + 16))
    assert torch.equal(paint(plain, tiny().image, written), plain.decode(written[:, 4:], 4))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"coarse": (), "blocks": ()}, "image.completion needs"),
        ({"coarse": (1,), "blocks": (1,)}, "must be half of 4"),
        ({"completion": 24}, "24 must divide four times 16"),
        ({"completion": 65}, "multiple of 2"),
        ({"channels": (12, 12, 24), "completion": 24}, "multiple of 8"),
        ({"blocks": (2, 2)}, "2 for 1 scales"),
    ],
)
def test_sizes_that_do_not_fit_are_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ModelConfig(image=replace(IMAGE, **changes), preference=tiny().preference)
