"""The outline scores what may follow and nothing else, for a row alone as in a batch."""

import dataclasses

import pytest
import torch

from uniadgen.errors import InputError
from uniadgen.loading import checkpoint
from uniadgen.model.config import ModelConfig, OutlineConfig, embedded, tiny
from uniadgen.model.outline import Outline, stack_outlines
from uniadgen.model.unified import UnifiedModel

POINTS = [[[5, 6], [7], [8, 9, 10]], [[11], [12, 13], [5], [6, 7, 8, 9], [3]], [[4], [5, 4]]]
TEXTS = [[[5, 6, 7, 8], [9]], [], [[1, 2, 3], [4, 5], [6, 7, 8, 9, 10]]]
ORDERS = [[2, 0], [1], [1, 0]]


@pytest.fixture(scope="module")
def outline() -> Outline:
    torch.manual_seed(0)
    return Outline(OutlineConfig(width=16, text_tokens=8), 40).eval()


def test_what_may_not_follow_has_no_score(outline: Outline) -> None:
    scores, true = outline(stack_outlines(POINTS, TEXTS, ORDERS, 8))
    assert true.tolist() == [[2, 0, 5], [1, 5, -100], [1, 0, 5]]
    possible = scores.isfinite()
    assert possible[0].tolist() == [[True, True, True, False, False, False], [True, True, False, False, False, True],
                                    [False, True, False, False, False, True]]  # fmt: skip
    assert possible[1, 1].tolist() == [True, False, True, True, True, True]
    assert possible[2, 2].tolist() == [False, False, False, False, False, True]


def test_a_row_does_not_depend_on_the_others(outline: Outline) -> None:
    together, _ = outline(stack_outlines(POINTS, TEXTS, ORDERS, 8))
    for row in range(3):
        alone, _ = outline(stack_outlines(POINTS[row : row + 1], TEXTS[row : row + 1], ORDERS[row : row + 1], 8))
        steps, count = alone.shape[1], alone.shape[2] - 1
        expected = torch.cat([together[row, :steps, :count], together[row, :steps, -1:]], 1)
        torch.testing.assert_close(alone[0], expected, rtol=1e-4, atol=1e-5)


def test_clicked_texts_count_in_any_order_and_number(outline: Outline) -> None:
    def scores(texts: list[list[int]]) -> torch.Tensor:
        logits: torch.Tensor = outline(stack_outlines(POINTS[:1], [texts], ORDERS[:1], 8))[0]
        return logits

    torch.testing.assert_close(scores([[1, 2], [3, 4, 5]]), scores([[3, 4, 5], [1, 2]]))
    torch.testing.assert_close(scores([[1, 2]] * 3), scores([[1, 2]]))
    assert not torch.allclose(scores([[1, 2]]), scores([[9, 8, 7]]))
    assert bool(scores([])[0, 0, :3].isfinite().all())


def test_every_parameter_learns_and_nothing_turns_nan(outline: Outline) -> None:
    scores, true = outline(stack_outlines(POINTS, TEXTS, ORDERS, 8))
    torch.nn.functional.cross_entropy(scores.flatten(0, 1), true.flatten()).backward()
    for name, parameter in outline.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name
    outline.zero_grad()


def test_models_from_before_the_outline_have_none() -> None:
    values = tiny().to_dict()
    del values["outline"]
    assert UnifiedModel(ModelConfig.from_dict(values)).outline is None
    assert embedded().outline.width == 96
    packaged = checkpoint.load_config(checkpoint.embedded_folder())
    assert packaged.outline.width == 0 or packaged.outline == embedded().outline


def test_a_width_that_heads_cannot_share_is_refused() -> None:
    with pytest.raises(InputError, match=r"outline\.width"):
        dataclasses.replace(tiny(), outline=OutlineConfig(width=18))
