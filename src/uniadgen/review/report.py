"""A study's figures as one HTML page that loads nothing: tables, and a gallery of ads on which people disagreed."""

import base64
import io
from pathlib import Path
from typing import Any

from PIL import Image

from uniadgen.files import write_text
from uniadgen.imaging.loading import load_picture
from uniadgen.review.figures import Judged, disagreements, said, study_figures
from uniadgen.review.store import Study
from uniadgen.templates import environment

SIDE = 360  # pixels of the gallery's pictures, at most


def write_report(study: Study, path: Path) -> None:
    write_text(path, report_page(study), "argument --html")


def report_page(study: Study) -> str:
    figures = study_figures(study)
    templates = environment("uniadgen.review")
    templates.filters.update(percent=percent, interval=interval, number=number)
    gallery = [_gallery_entry(ad, data) for ad, data in disagreements(study)]
    return (
        templates.get_template("report.html").render(
            f=figures, gallery=gallery, verdict=recheck_in_words(figures), left=not_judged_in_words(figures)
        )
        + "\n"
    )


def recheck_in_words(figures: dict[str, Any]) -> str:
    """What the recheck says about the labels, and what to do."""
    recheck = figures["recheck"]
    accuracy, wanted = recheck["accuracy"], f"{100 * recheck['threshold']:g} %"
    if not accuracy["n"]:
        return "Nothing has been rechecked yet, so the accuracy of the verdicts is not known."
    text = (
        f"On {accuracy['count']} of {accuracy['n']} rechecked ads the third team says the same: {percent(accuracy)}, "
        f"95 % interval {interval(accuracy)}."
    )
    if recheck["verdict"] == "holds":
        text += f" The accuracy of {wanted} holds"
        if recheck["certain"]:
            return text + ", also at the lower end of its interval."
        return text + f"; so few rechecks can't make it certain: that takes {recheck['faultless_needed']} without a fault."
    below = recheck["below"]
    named = [f"{what}: {', '.join(below[what])}" for what in ("criteria", "labellers", "verifiers") if below[what]]
    text += f" The accuracy of {wanted} does not hold, so the batch goes back"
    return text + (f". Below it by themselves - {'; '.join(named)}." if named else ".")


def not_judged_in_words(figures: dict[str, Any]) -> str:
    """How much nobody is left for; "" where that is nothing."""
    counts = figures["not_judged"]
    parts = [f"{count} {name if count > 1 else name[:-1]}" for name, count in counts.items() if count]
    return f"not judged, since nobody of the team is left for them: {' and '.join(parts)}" if parts else ""


def percent(share: dict[str, Any] | None) -> str:
    return "–" if not share or share["share"] is None else f"{100 * share['share']:.1f} %"


def interval(share: dict[str, Any] | None, scale: float = 100, digits: int = 1) -> str:
    if not share or share["ci"] is None:
        return ""
    low, high = share["ci"]
    return f"{scale * low:.{digits}f} to {scale * high:.{digits}f}"


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _gallery_entry(ad: Judged, data: dict[str, bytes]) -> dict[str, Any]:
    verdicts = [("label", label) for label in ad.labels]
    verdicts += [
        (name, verdict) for name, verdict in (("verified", ad.verification), ("recheck", ad.recheck)) if verdict is not None
    ]
    return {
        "system": ad.system,
        "key": ad.item.key,
        "text": ad.item.text,
        "points": ad.item.selling_points,
        "verdicts": [(stage, sorted(said(verdict)), verdict.note) for stage, verdict in verdicts],
        "boxes": [entry for _, verdict in verdicts for entry in verdict.boxes],
        **{role: _inline(data[role]) if role in data else None for role in ("picture", "cutout")},
    }


def _inline(data: bytes) -> str:
    picture = load_picture(data, "a stored picture")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=82)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
