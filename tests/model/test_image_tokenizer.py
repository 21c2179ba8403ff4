from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from uniadgen.errors import InputError
from uniadgen.loading.checkpoint import load_tokenizer, save_tokenizer
from uniadgen.model.config import ImageTokenizerConfig, tiny
from uniadgen.model.image_tokenizer import FSQTokenizer


def test_codes_and_values_are_inverse_for_every_code() -> None:
    for levels in ((4, 4, 4), (8, 5, 3), (8, 8, 6, 5)):
        count = int(torch.tensor(levels).prod())
        tokenizer = FSQTokenizer(ImageTokenizerConfig(levels=levels, codes=count, channels=(8, 8, 16)))
        codes = torch.arange(count)[None]
        values = tokenizer.values(codes)
        assert values.abs().max() <= 1
        assert torch.equal(tokenizer.codes(values[..., None]), codes)


def test_quantised_values_lie_on_the_grid_and_every_level_is_reached() -> None:
    tokenizer = FSQTokenizer(ImageTokenizerConfig(levels=(8, 5), codes=40, channels=(8, 8, 16)))
    latent = torch.linspace(-6, 6, 4001).view(1, 1, -1, 1).repeat(1, 2, 1, 1)
    quantised = tokenizer.quantise(latent)
    assert len(quantised[0, 0].unique()) == 8
    assert len(quantised[0, 1].unique()) == 5
    torch.testing.assert_close(tokenizer.values(tokenizer.codes(quantised))[..., None], quantised)


def test_quantisation_passes_gradients() -> None:
    tokenizer = FSQTokenizer(tiny().image)
    latent = torch.randn(1, 3, 2, 2, requires_grad=True)
    tokenizer.quantise(latent).sum().backward()
    assert latent.grad is not None
    assert (latent.grad > 0).all()


def test_shapes() -> None:
    tokenizer = FSQTokenizer(tiny().image).eval()
    codes = tokenizer.encode(torch.zeros(2, 3, 64, 64))
    assert codes.shape == (2, 16)
    assert tokenizer.decode(codes, 4).shape == (2, 3, 64, 64)


def test_the_same_tokens_at_two_resolutions() -> None:
    torch.manual_seed(0)
    config = replace(tiny().image, upsampling=2)
    tokenizer = FSQTokenizer(config).eval()
    codes = torch.randint(config.codes, (2, 16))
    small, large = tokenizer.decode(codes, 4), tokenizer.decode(codes, 4, 2)
    assert (small.shape, large.shape) == ((2, 3, 64, 64), (2, 3, config.painted, config.painted))
    # before training it adds nothing to what is enlarged
    _, picture = tokenizer.paint(tokenizer.values(codes).unflatten(2, (4, 4)))
    torch.testing.assert_close(F.interpolate(picture, scale_factor=2, mode="bicubic").clamp(-1, 1), large)
    assert tokenizer.detail is not None
    torch.nn.init.normal_(tokenizer.detail.out.weight, std=0.1)
    assert torch.equal(tokenizer.decode(codes, 4, 2), tokenizer.decode(codes, 4, 2))
    assert torch.equal(tokenizer.decode(codes, 4), small)
    picture, detailed = tokenizer.reconstruct_both(torch.zeros(1, 3, 32, 48), (3, 5))
    assert (picture.shape, detailed.shape) == ((1, 3, 32, 48), (1, 3, 64, 96))
    with pytest.raises(ValueError, match="one resolution"):
        FSQTokenizer(tiny().image).decode(codes, 4, 2)


def test_a_tokenizer_of_the_first_kind_is_the_small_half_of_one_of_the_second() -> None:
    first, second = FSQTokenizer(tiny().image), FSQTokenizer(replace(tiny().image, upsampling=2))
    missing, unexpected = second.load_state_dict(first.state_dict(), strict=False)
    assert not unexpected
    assert missing
    assert all(name.startswith("detail.") for name in missing)
    codes = torch.arange(16)[None]
    assert torch.equal(first.eval().decode(codes, 4), second.eval().decode(codes, 4))


def test_the_first_kind_decodes_as_before() -> None:
    tokenizer = FSQTokenizer(tiny().image).eval()
    codes = torch.arange(16)[None]
    expected = tokenizer.decoder(tokenizer.values(codes).unflatten(2, (4, 4))).clamp(-1, 1)
    assert torch.equal(tokenizer.decode(codes, 4), expected)


@pytest.mark.parametrize("changes", [{"upsampling": 3}, {"upsampling": 0}, {"upsampling": 2, "kind": "janus-vq"}])
def test_other_upsampling_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="upsampling"):
        replace(tiny(), image=replace(tiny().image, **changes))


def test_a_folder_of_the_other_kind_is_refused_in_one_line(tmp_path: Path) -> None:
    config = replace(tiny(), image=replace(tiny().image, upsampling=2))
    save_tokenizer(tmp_path, FSQTokenizer(config.image), tiny())
    with pytest.raises(InputError, match="does not fit config") as refused:
        load_tokenizer(tmp_path)
    assert "\n" not in str(refused.value)
    save_tokenizer(tmp_path, FSQTokenizer(tiny().image), config)
    with pytest.raises(InputError, match="does not fit config"):
        load_tokenizer(tmp_path)
