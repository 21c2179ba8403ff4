import math
import random

import numpy as np
import pytest

from uniadgen.review.agreement import alpha_interval, cohen_kappa, faultless_needed, krippendorff_alpha, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # by hand: p = 0.5, z^2/n = 0.38415, middle = 0.5, half = 1.96 * sqrt(0.025 + 0.0096) / 1.38415
        (5, 10, 0.2366, 0.7634),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (49, 50, 0.8950, 0.9965),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_wilson_covers_the_true_share_about_as_often_as_it_says() -> None:
    rng, n = random.Random(1), 60
    for share in (0.5, 0.9, 0.98):
        covered = sum(
            low <= share <= high for low, high in (wilson(sum(rng.random() < share for _ in range(n)), n) for _ in range(1500))
        )
        assert 0.92 <= covered / 1500 <= 0.985, share


def test_faultless_rechecks_that_make_a_share_certain() -> None:
    needed = faultless_needed(0.98)
    assert needed == 189
    assert wilson(needed, needed)[0] >= 0.98 > wilson(needed - 1, needed - 1)[0]


def test_alpha_by_hand() -> None:
    # two raters, ten units: coincidences 0-0: 10, 1-1: 4, 0-1: 3 each way, so alpha = 1 - 19 * 6 / (2 * 13 * 7)
    zeros, ones, mixed = [[0, 0]] * 5, [[1, 1]] * 2, [[0, 1]] * 3
    assert krippendorff_alpha([*zeros, *ones, *mixed]) == pytest.approx(1 - 19 * 6 / (2 * 13 * 7))


def test_alpha_at_its_ends() -> None:
    assert krippendorff_alpha([[0, 0], [1, 1]]) == 1
    assert krippendorff_alpha([[0, 1], [1, 0]]) == pytest.approx(-0.5)
    assert krippendorff_alpha([[1, 1], [1, 1]]) is None  # nothing to disagree about
    assert krippendorff_alpha([[1], [0], []]) is None  # nothing to compare
    assert krippendorff_alpha([[0, 0], [1, 1], [0]]) == 1  # a single value says nothing


@pytest.mark.parametrize("seed", range(12))
def test_alpha_equals_the_reference(seed: int) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(seed)
    raters, units, values = int(rng.integers(2, 7)), int(rng.integers(4, 60)), int(rng.integers(2, 5))
    table = rng.integers(0, values, (raters, units)).astype(float)
    table[:, : units // 2] = table[0, : units // 2]  # some agreement
    table[rng.random(table.shape) < 0.3] = math.nan
    ours = krippendorff_alpha([[v for v in column if not math.isnan(v)] for column in table.T])
    theirs = krippendorff.alpha(table, level_of_measurement="nominal")
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_interval_of_alpha_holds_it() -> None:
    rng = random.Random(3)
    units = [[bool(v), bool(v) if rng.random() < 0.85 else not v] for v in (rng.random() < 0.4 for _ in range(80))]
    alpha, interval = krippendorff_alpha(units), alpha_interval(units, random.Random(0))
    assert alpha is not None
    assert interval is not None
    assert interval[0] < alpha < interval[1]
    assert 0.1 < interval[1] - interval[0] < 0.6
    assert alpha_interval([[1, 1]], random.Random(0)) is None


def test_kappa_by_hand() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: agreement 0.7, chance 0.5
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)
    assert cohen_kappa([(True, True)]) is None
    assert cohen_kappa([]) is None
