"""The form of a text: what its features tell apart, and how clicks vote for it."""

import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from uniadgen.model.config import tiny
from uniadgen.model.heads import CLOSENESS
from uniadgen.model.text_form import FEATURES, MARKS, TextForms, form_features
from uniadgen.training.batches import Mix
from uniadgen.training.text_forms import fill_forms, fit_form_votes


def test_a_form_is_marks_and_lengths_whatever_the_words() -> None:
    kettle, sofa = "Aster Kettle | 1.7 L | For Home", "Birch Sofa | 2.0 m | For Kids"
    assert np.array_equal(form_features(kettle), form_features(sofa))
    forms = ("Aster Kettle", "[Sale] Aster Kettle", "Aster Kettle!", "Aster, Kettle", "Aster Kettle - 2 L (Pack Of 6)", "")
    features = [form_features(text) for text in forms]
    assert all(f.shape == (FEATURES,) for f in features)
    assert len({f.tobytes() for f in features}) == len(forms)


@pytest.mark.parametrize(
    ("latin", "wide"),
    [("Aster|Kettle(2 L)", "Aster｜Kettle（2 L）"), ("Aster, Kettle!", "Aster， Kettle！"), ("[Sale] Pot", "［Sale］ Pot")],
)
def test_full_width_marks_are_the_same_marks(latin: str, wide: str) -> None:
    assert np.array_equal(form_features(latin), form_features(wide))


@pytest.mark.parametrize("text", ["Anti-Slip 1,200 W Motor", "Rock'n'Roll 0.5 l", "50% Off"])
def test_what_stands_inside_words_and_figures_is_no_mark(text: str) -> None:
    assert not form_features(text)[: len(MARKS)].any()


def test_texts_without_a_word_have_no_form() -> None:
    forms = TextForms(4, 8)
    assert forms.code_of("  ") == -1
    assert forms.code_of("Kettle") in range(4)


def test_clicks_vote_by_their_products() -> None:
    forms = TextForms(4, 8)
    clicked = torch.tensor([[2, 1], [2, -1], [-1, -1]])
    logits = forms.logits(clicked, torch.tensor([[0.1, 0.9], [0.1, 0.9], [0.5, 0.5]]))
    assert logits.argmax(1)[:2].tolist() == [1, 2]
    assert torch.equal(logits[2], forms.usual)
    assert torch.equal(forms.logits(torch.zeros(1, 0, dtype=torch.long), torch.zeros(1, 0))[0], forms.usual)


def test_clicks_that_agree_say_more() -> None:
    forms = TextForms(4, 8)
    one, three = (forms.logits(torch.full((1, n), 2), torch.ones(1, n))[0] for n in (1, 3))
    assert torch.allclose(three[2], 3 * one[2])
    assert one[2] > one[1]


def test_centres_are_of_texts_to_learn_from() -> None:
    texts = ["Aster Kettle", "Birch Sofa", "[Sale] Aster Kettle", "[New] Birch Sofa", "a | b | c"]
    store: Any = SimpleNamespace(splits=np.array([0, 0, 0, 0, 1]), row=lambda row: SimpleNamespace(text=texts[row]))
    forms = TextForms(2, 8)
    fill_forms(forms, store, 0)
    plain, marked = forms.code_of(texts[0]), forms.code_of(texts[2])
    assert plain != marked
    assert (forms.code_of(texts[1]), forms.code_of(texts[3])) == (plain, marked)
    assert not forms.centres[:, MARKS.index("|")].any()


def test_votes_for_forms_are_learnt_from_what_is_clicked_next() -> None:
    """A like product's click foretells the next form; any other says nothing."""
    codes = 6

    class Clicks:
        users, seed, config, mix = np.arange(10), 0, tiny(), Mix(general=0.1)
        forms: Any = np.arange(codes)
        store: Any = SimpleNamespace(similarity=lambda clicks, target: ((clicks + 1) % codes == target).astype(np.float64))

        def clicked(self, draw: random.Random, user: int) -> tuple[int, list[int]]:
            row = draw.randrange(codes)
            clicks = [(row - 1) % codes, *(draw.randrange(codes) for _ in range(2))]
            draw.shuffle(clicks)
            return row, clicks[: draw.randint(1, 3)]

    forms, reader = TextForms(codes, 8), Clicks()
    fit_form_votes(forms, reader, 200)  # type: ignore[arg-type]
    assert forms.said.argmax(1).tolist() == [(code + 1) % codes for code in range(codes)]
    assert forms.closeness.item() > CLOSENESS + 0.5
    reader.forms = None
    with pytest.raises(ValueError, match="without forms"):
        fit_form_votes(forms, reader, 1)  # type: ignore[arg-type]
