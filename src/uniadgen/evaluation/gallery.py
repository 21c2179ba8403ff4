"""The report's gallery: what shoppers clicked, and the ads that were made for them, side by side."""

from collections.abc import Mapping, Sequence

from uniadgen.ads import Click
from uniadgen.evaluation.report import GalleryAd, GalleryClick, GalleryEntry
from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.judged import Case, Output
from uniadgen.metrics.registry import ad_figures
from uniadgen.words import quoted

SHOPPERS, CLICKS = 24, 20  # in the report, and clicks of each
Outputs = Mapping[str, Output]


def gallery(
    cases: Sequence[Case],
    made: Mapping[str, Outputs],
    rows: Mapping[str, Mapping[str, Mapping[str, float]]],
    others: Mapping[str, Outputs],
    full: str,
) -> list[GalleryEntry]:
    """Entries for the first shoppers. made: ads by condition and shopper; rows: their figures; others: ads of other systems;
    full: the condition with the whole method."""
    columns = (("no history", "length-0"), ("with their history", full), ("with the other's history", "swapped"))
    entries = []
    for case in cases[:SHOPPERS]:
        ads = [GalleryAd("the ad they truly clicked", case.true_ad, case.true_text)]
        for title, name in columns:
            if name in made:
                output = made[name][case.id]
                figures = _figures(rows[name][case.id])
                ads.append(GalleryAd(title, load_rgb(output.ad, quoted(output.ad)), output.text or "", figures))
        for title, outputs in others.items():
            if case.id in outputs:
                output = outputs[case.id]
                ads.append(GalleryAd(title, load_rgb(output.ad, quoted(output.ad)), output.text or ""))
        about = [("product", case.product.description), ("selling points", " · ".join(case.product.selling_points))]
        taste = case.taste or {}
        if case.department in taste.get("families", {}):
            about.append((f"prefers for {case.department}", ", ".join(taste["families"][case.department])))
        sampled, other = made[full][case.id].sampled, made["swapped"][case.id].sampled
        clicks = _clicks(case.history, sampled), _clicks(case.other_history, other)
        entries.append(GalleryEntry(f"Shopper {case.id} (the other one: {case.other})", about, *clicks, ads))
    return entries


def _clicks(history: Sequence[Click], sampled: Sequence[int]) -> list[GalleryClick]:
    """The sampled clicks and the latest others, oldest first, at most CLICKS."""
    rest = [i for i in range(len(history)) if i not in sampled]
    room = max(0, CLICKS - len(sampled))
    kept = sorted([*sampled, *(rest[-room:] if room else [])])
    return [GalleryClick(load_rgb(history[i].image, f"history[{i}].image"), history[i].text, i in sampled) for i in kept]


def _figures(row: Mapping[str, float]) -> str:
    figures = [figure for figure in ad_figures() if figure.follows_taste and figure.name in row]
    return ", ".join(f"{figure.title} {row[figure.name]:.{min(figure.digits, 2)}f}" for figure in figures)
