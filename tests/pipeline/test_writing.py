"""Forms are drawn as the clicks have them, then more surely than words; the likeliest at temperature 0."""

import copy
from collections import Counter

import pytest
import torch

from uniadgen.model.unified import Clicks, UnifiedModel
from uniadgen.pipeline.writing import FORM_TEMPERATURE, draw_forms


@pytest.mark.parametrize("clicked", [False, True])
def test_forms_are_drawn_more_surely_where_clicks_tell(model: UnifiedModel, clicked: bool) -> None:
    model, draws = copy.deepcopy(model), 2000
    assert model.text_forms is not None
    usual = torch.tensor([1.0, 0.7, -1.0, 0.0])
    with torch.no_grad():
        model.text_forms.usual.copy_(usual)
    none = torch.zeros(1, 1, 0, dtype=torch.long)
    visible = torch.ones(1, 1, dtype=torch.bool)
    click = Clicks(none, none, none, none.bool(), visible, torch.ones(1, 1), torch.tensor([[2]]))
    history = click if clicked else None
    logits = model.text_forms.logits(click.forms, click.similarity)[0] if clicked else usual
    generators = [torch.Generator().manual_seed(seed) for seed in range(draws)]
    drawn = draw_forms(model, [history] * draws, 0.8, generators)
    assert drawn is not None
    shares = torch.tensor([Counter(drawn.tolist())[form] / draws for form in range(4)])
    assert torch.allclose(shares, (logits / (0.8 * (FORM_TEMPERATURE if clicked else 1))).softmax(0), atol=0.04)
    likeliest = draw_forms(model, [history] * 3, 0.0, [])
    assert likeliest is not None
    assert likeliest.tolist() == [int(logits.argmax())] * 3
