"""benchmarks/texts.py: what is known of a style orders the ceilings, and the model is given what its row says."""

from types import ModuleType

import pytest

from benchmark_modules import load_benchmark
from uniadgen.errors import InputError
from uniadgen.pipeline.generator import AdGenerator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def texts() -> ModuleType:
    return load_benchmark("texts")


def test_the_more_is_known_the_nearer(texts: ModuleType) -> None:
    cases = texts.cases_of(200, 0, 30, "test")
    generator = AdGenerator.from_pretrained()
    rows = dict(texts.redrawn(cases, generator))
    names = list(rows)
    assert rows[names[0]].style == 1
    assert rows[names[0]].bleu > rows[names[2]].bleu > rows[names[-1]].bleu
    assert all(row.named == 1 for row in rows.values())


def test_the_model_is_told_the_form(texts: ModuleType) -> None:
    cases, generator = texts.cases_of(200, 0, 6, "test"), AdGenerator.from_pretrained()
    forms = generator.model.text_forms
    assert forms is not None
    marked = forms.code_of("[Sale] Aster Kettle Steel Lid")
    written = texts.write(cases, generator, lambda case: case.clicks, [marked] * 6)
    assert sum(text.startswith(("[", "【")) for text in written) >= 4
    assert written != texts.write(cases, generator, lambda case: case.clicks)
    assert {case.other.shopper.id for case in cases} == {case.shopper.id for case in cases}
    assert all(case.other.shopper.id != case.shopper.id for case in cases)


def test_a_world_without_such_shoppers_is_refused(texts: ModuleType) -> None:
    with pytest.raises(InputError, match="two are needed"):
        texts.cases_of(200, 0, 4, "nowhere")
