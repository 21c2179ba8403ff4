import torch

from uniadgen.model.config import DecoderConfig
from uniadgen.model.decoder import Decoder

CONFIG = DecoderConfig(layers=3, width=32, heads=2, feed_forward=48)


def _decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(CONFIG, group=2).eval()


def test_padding_has_no_influence() -> None:
    decoder, x = _decoder(), torch.randn(1, 6, 32)
    alone = decoder(x)
    padded = torch.cat([x, torch.randn(1, 3, 32)], 1)
    passes = torch.tensor([[*range(6), 100, 100, 100]])  # later than all
    torch.testing.assert_close(decoder(padded, passes=passes)[:, :6], alone, atol=2e-5, rtol=1e-4)


def test_positions_of_a_pass_see_each_other() -> None:
    decoder, x = _decoder(), torch.randn(1, 6, 32)
    passes = torch.tensor([[0, 1, 2, 2, 2, 3]])
    before = decoder(x, passes=passes)
    for changed_at, unchanged in ((4, 2), (5, 5), (2, 2)):
        changed = x.clone()
        changed[:, changed_at] += 1
        after = decoder(changed, passes=passes)
        torch.testing.assert_close(after[:, :unchanged], before[:, :unchanged])
        assert all(not torch.allclose(after[:, i], before[:, i]) for i in range(unchanged, 6))
    in_order = torch.arange(6)[None]
    torch.testing.assert_close(decoder(x, passes=in_order), decoder(x), atol=2e-5, rtol=1e-4)


def test_attention_is_causal() -> None:
    decoder, x = _decoder(), torch.randn(1, 6, 32)
    changed = x.clone()
    changed[:, 4:] += 1
    torch.testing.assert_close(decoder(changed)[:, :4], decoder(x)[:, :4])
    assert not torch.allclose(decoder(changed)[:, 4:], decoder(x)[:, 4:])


def test_foreground_enters_at_the_first_layer_of_each_group() -> None:
    decoder, x = _decoder(), torch.randn(1, 4, 32)
    seen: list[torch.Tensor] = []
    for block in decoder.blocks:
        block.register_forward_pre_hook(lambda module, args: seen.append(args[0].clone()))
    decoder(x)
    plain, foreground = list(seen), torch.zeros(2, 1, 4, 32)
    foreground[1] += 5
    seen.clear()
    decoder(x, foreground=foreground)
    torch.testing.assert_close(seen[1], plain[1])
    torch.testing.assert_close(seen[2], plain[2] + 5)
