import pytest
import torch

from uniadgen.model.config import tiny
from uniadgen.model.preference import PreferenceUnderstanding, keep_mask


def test_mask_keeps_the_top_share_of_visible_tokens() -> None:
    scores = torch.tensor([[0.9, 0.1, 0.8, 0.7, 0.2, 0.99], [0.5, 0.4, 0.3, 0.2, 0.1, 0.0]])
    visible = torch.tensor([[True] * 5 + [False], [True] * 6])
    mask = keep_mask(scores, visible, keep=0.4, temperature=0.1, noise=False)
    assert mask.tolist() == [[1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]]


def test_training_mask_is_hard_and_passes_gradients() -> None:
    torch.manual_seed(0)
    scores = torch.randn(2, 10, requires_grad=True)
    mask = keep_mask(scores, torch.ones(2, 10, dtype=torch.bool), keep=0.4, temperature=0.1, noise=True)
    assert torch.allclose(mask.sum(1), torch.tensor([4.0, 4.0]))
    assert all(min(abs(v), abs(v - 1)) < 1e-5 for v in mask.flatten().tolist())
    (mask * torch.randn(2, 10)).sum().backward()
    assert scores.grad is not None
    assert scores.grad.abs().sum() > 0


@pytest.fixture
def preference() -> PreferenceUnderstanding:
    torch.manual_seed(0)
    return PreferenceUnderstanding(tiny()).eval()


def test_padded_clicks_have_no_influence(preference: PreferenceUnderstanding) -> None:
    torch.manual_seed(1)
    image, text = torch.randn(1, 2, 4, 32), torch.randn(1, 2, 6, 32)
    text_visible, visible = torch.ones(1, 2, 6, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)
    alone = preference(image, text, text_visible, visible)

    def padded(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, torch.randn(1, 1, *x.shape[2:]) if x.is_floating_point() else torch.zeros_like(x[:, :1])], 1)

    more = preference(padded(image), padded(text), padded(text_visible), padded(visible))
    torch.testing.assert_close(more[0][:, :8], alone[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(more[1][:, :12], alone[1], atol=1e-5, rtol=1e-4)


def test_empty_texts_and_empty_histories_give_numbers(preference: PreferenceUnderstanding) -> None:
    image, text = torch.randn(2, 2, 4, 32), torch.randn(2, 2, 6, 32)
    visible = torch.tensor([[True, True], [False, False]])
    unseen = preference(image, text, torch.zeros(2, 2, 6, dtype=torch.bool), visible)
    for part in unseen:
        assert part.isfinite().all()
