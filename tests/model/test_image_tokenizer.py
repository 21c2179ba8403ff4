import torch

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
