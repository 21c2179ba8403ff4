"""How far people agree, and how far a share can be trusted.

wilson(49, 50)                              # (0.895, 0.996)
krippendorff_alpha([[1, 1], [0, 1], [0]])   # units and what each rater said of them
"""

import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence

Interval = tuple[float, float]
Z = 1.959963984540054  # two-sided, 95 %
RESAMPLES = 1000


def wilson(hits: int, n: int, z: float = Z) -> Interval:
    """Wilson's score interval of a share, 95 % unless z says otherwise. (0, 1) for n of 0."""
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n}")
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, z * z / n
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    # exact at the ends, where rounding would leave 1e-17
    return 0.0 if hits == 0 else max(0.0, middle - half), 1.0 if hits == n else min(1.0, middle + half)


def faultless_needed(share: float, z: float = Z) -> int:
    """How many hits out of as many put the whole Wilson interval at or above this share (below 1)."""
    return math.ceil(z * z * share / (1 - share))


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data, -1..1: 1 is full agreement, 0 what chance would give.

    units: for each unit the values that its raters gave; raters may differ from unit to unit, and units of fewer than two
    values say nothing. None when no unit can be compared, or all values are the same.
    """
    paired = [Counter(values) for values in units if len(values) > 1]
    totals: Counter[Hashable] = Counter()
    disagreements = 0.0
    for counts in paired:
        n = counts.total()
        totals.update(counts)
        # ordered pairs of unequal values, each weighted so that a unit counts as many values as it has
        disagreements += (n * n - sum(count * count for count in counts.values())) / (n - 1)
    n = totals.total()
    expected = n * n - sum(count * count for count in totals.values())
    if not expected:
        return None
    return 1 - (n - 1) * disagreements / expected


def alpha_interval(units: Sequence[Sequence[Hashable]], rng: random.Random) -> Interval | None:
    """A percentile bootstrap interval over units, 95 %, of the resamples that have an alpha; None where there is none."""
    paired = [values for values in units if len(values) > 1]
    if krippendorff_alpha(paired) is None:
        return None
    drawn = (krippendorff_alpha(rng.choices(paired, k=len(paired))) for _ in range(RESAMPLES))
    ordered = sorted(alpha for alpha in drawn if alpha is not None)
    return ordered[int(0.025 * len(ordered))], ordered[min(len(ordered) - 1, int(0.975 * len(ordered)))]


def cohen_kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa of two judges' yes and no; None when both always say the same one thing, or there is no pair."""
    n = len(pairs)
    if not n:
        return None
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    chance = first * second + (1 - first) * (1 - second)
    if chance == 1:
        return None
    return (sum(a == b for a, b in pairs) / n - chance) / (1 - chance)
