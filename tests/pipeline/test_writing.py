"""Forms are drawn as the clicks have them, more surely than words; the likeliest at temperature 0."""

import copy
from collections import Counter

import torch

from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.writing import FORM_TEMPERATURE, draw_forms


def test_forms_are_drawn_more_surely_than_words(model: UnifiedModel) -> None:
    model, draws = copy.deepcopy(model), 2000
    assert model.text_forms is not None
    logits = torch.tensor([1.0, 0.7, -1.0, 0.0])
    with torch.no_grad():
        model.text_forms.usual.copy_(logits)
    generators = [torch.Generator().manual_seed(seed) for seed in range(draws)]
    drawn = draw_forms(model, [None] * draws, 0.8, generators)
    assert drawn is not None
    shares = torch.tensor([Counter(drawn.tolist())[form] / draws for form in range(4)])
    assert torch.allclose(shares, (logits / (0.8 * FORM_TEMPERATURE)).softmax(0), atol=0.04)
    likeliest = draw_forms(model, [None] * 3, 0.0, [])
    assert likeliest is not None
    assert likeliest.tolist() == [0, 0, 0]
