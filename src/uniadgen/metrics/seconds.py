"""Seconds that a system took to make one ad, as it noted them itself."""

from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores


def of_ads(ads: Ads) -> Scores:
    values = [{} if output.seconds is None else {"seconds": output.seconds} for output in ads.outputs]
    return Scores(values, {"seconds": "seconds|sum of the stages of one ad|in its batch|mean over ads"})


METRIC = Metric(
    name="seconds",
    what="how long an ad took",
    figures=(
        Figure(
            "seconds",
            "seconds an ad",
            "are what making one ad took.",
            "Pictures",
            digits=1,
            unit="s",
            higher_is_better=False,
        ),
    ),
    needs=("seconds",),
    order=60,
    of_ads=of_ads,
)
