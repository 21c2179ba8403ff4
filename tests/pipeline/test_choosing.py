"""Best of N: which candidate is chosen, what is told about the others, and that it is the ad of its own seed."""

from dataclasses import replace

import pytest
from PIL import Image

from uniadgen.ads import STANDING, Ad, Placement, Product
from uniadgen.errors import InputError
from uniadgen.inspection.picture import PictureInspection, PictureViolation
from uniadgen.options import GenerateOptions
from uniadgen.pipeline import choosing
from uniadgen.pipeline.choosing import best, candidate_seeds
from uniadgen.pipeline.generator import AdGenerator

FLAT = Image.new("RGB", (64, 64), "white")
FINE = {"qualified": True, "violations": [], "flags": []}
BAD = {"qualified": False, "violations": [{"criterion": "factuality", "reason": "r", "span": [0, 1]}], "flags": []}


def ad(seed: int, text_fine: bool = True) -> Ad:
    return Ad(FLAT, "t", FLAT, Placement(1, 1, 9, 9), [], {}, seed, "m", inspection={"text": FINE if text_fine else BAD})


def judged(monkeypatch: pytest.MonkeyPatch, *verdicts: tuple[int, float]) -> None:
    """Pictures get so many violations and so much doubt, one after the other."""
    left = iter(verdicts)

    def inspect(*_: object) -> PictureInspection:
        count, worst = next(left)
        violations = [PictureViolation("space", "r", (0, 0, 1, 1), worst)] * count
        return PictureInspection(tuple(violations), {"space": worst})

    monkeypatch.setattr(choosing, "inspect_picture", inspect)


def test_seeds_are_different_and_the_first_is_the_ads_own() -> None:
    assert candidate_seeds(7, 1) == [7]
    assert len(set(candidate_seeds(7, 8) + candidate_seeds(8, 8))) == 16
    assert candidate_seeds(7, 3) == candidate_seeds(7, 8)[:3]


def test_one_that_passes_with_the_least_doubt_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, (1, 0.9), (0, 0.4), (0, 0.1), (0, 0.05))
    chosen = best([ad(1), ad(2), ad(3), ad(4, text_fine=False)], FLAT)
    assert chosen.seed == 1
    assert [c["seed"] for c in chosen.candidates if c["chosen"]] == [3]
    assert [c["qualified"] for c in chosen.candidates] == [False, True, True, False]
    assert chosen.qualified
    assert not chosen.notes
    record = chosen.as_dict()
    assert record["qualified"] is True
    assert set(record["inspection"]) == {"text", "picture"}


def test_where_none_passes_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, (2, 0.9), (1, 0.95))
    chosen = best([ad(1), ad(2)], FLAT)
    assert [c["chosen"] for c in chosen.candidates] == [False, True]
    assert chosen.as_dict()["qualified"] is False
    assert "none of 2 candidates passed" in chosen.notes[-1]


def test_the_chosen_ad_is_the_one_of_its_own_seed(generator: AdGenerator, cutout: Image.Image) -> None:
    product = Product(cutout, "A kettle", ["Rapid Boil", "1.7 L"])
    chosen = generator.generate(product, seed=3, size=(96, 96), best_of=3)
    seed_of_chosen = next(candidate["seed"] for candidate in chosen.candidates if candidate["chosen"])
    single = generator.generate(product, seed=seed_of_chosen, size=(96, 96))
    assert chosen.seed == 3
    assert (chosen.image, chosen.background, chosen.text) == (single.image, single.background, single.text)
    again = generator.generate(product, seed=3, size=(96, 96), best_of=3)
    assert replace(again, timings={}) == replace(chosen, timings={})
    assert single.stance == STANDING or single.stance.posture == "stands"
    assert not single.candidates


@pytest.mark.parametrize("value", [0, 17, -1, 2.5, True])
def test_other_numbers_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="best_of"):
        GenerateOptions(best_of=value)  # type: ignore[arg-type]
