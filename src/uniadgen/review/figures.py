"""What a study says, as numbers: available rates, changes in verification, accuracy from the recheck, agreement.

The verdict that counts for an ad is that of its verification, in the study's last round. Accuracy is the share of rechecked ads
on which the third team, which sees neither, names the same violated criteria.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from uniadgen.review.agreement import alpha_interval, cohen_kappa, faultless_needed, krippendorff_alpha, wilson
from uniadgen.review.assignment import current_round, final_verdicts, left_over
from uniadgen.review.criteria import criteria_of
from uniadgen.review.store import FORMAT, Study, items, people, systems, tasks, verdicts
from uniadgen.review.teams import STAGES
from uniadgen.rng import stream

GALLERY = 24  # ads on which people disagree, in the report


@dataclass(frozen=True)
class Judged:
    """An ad and what people said of it; verdicts are sets of violated criteria."""

    item: Any  # a row of items
    system: str
    labels: Sequence[Any]
    verification: Any
    recheck: Any

    @property
    def final(self) -> frozenset[str] | None:
        return None if self.verification is None else said(self.verification)

    @property
    def disagreed(self) -> bool:
        """Whether not all who judged it said the same."""
        whole = [*self.labels, self.verification, self.recheck]
        return len({said(verdict) for verdict in whole if verdict is not None}) > 1


def said(verdict: Any) -> frozenset[str]:
    return frozenset(verdict.criteria)


def judged_ads(connection: Connection) -> list[Judged]:
    """All ads of a study, with the last round's verdicts."""
    names: dict[int, str] = {row.id: row.name for row in connection.execute(select(systems))}
    verdicts: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for verdict in final_verdicts(connection, round=current_round(connection)):
        verdicts[verdict.item_id, verdict.stage].append(verdict)

    def one(item: int, stage: str) -> Any:
        return next(iter(verdicts[item, stage]), None)

    return [
        Judged(row, names[row.system_id], verdicts[row.id, "label"], one(row.id, "verify"), one(row.id, "recheck"))
        for row in connection.execute(select(items).order_by(items.c.position))
    ]


def study_figures(study: Study) -> dict[str, Any]:
    """All figures of a study, ready for JSON. Figures of which nothing is known yet are None."""
    with study.reading() as connection:
        ads = judged_ads(connection)
        workers: dict[int, str] = {row.id: row.name for row in connection.execute(select(people))}
        round = current_round(connection)
        stages, unjudged = _stages(connection, round), left_over(connection, round)
        left = Counter(unjudged.values())
        skipped = _skipped(connection, round, unjudged)
        busy = _people(connection, workers)
    names = [criterion.name for criterion in criteria_of(study.kind)]
    return {
        "study": {
            "title": study.title,
            "kind": study.kind,
            "created": study.created,
            "format": FORMAT,
            "round": round,
            "ads": len(ads),
            **{name: value for name, value in study.settings.items() if name != "owner"},
        },
        "criteria": names,
        "stages": stages,
        "finished": all(stages[name]["done"] + left[name] == stages[name]["of"] for name in STAGES),
        "not_judged": {"ads": left["verify"], "rechecks": left["recheck"]},
        "systems": _systems(ads, study),
        "verification": _verification(ads, names, workers),
        "recheck": _recheck(ads, names, workers, study.settings),
        "agreement": _agreement(ads, names, study.settings["seed"]),
        "automatic": _automatic(ads, names),
        "skipped": skipped,
        "people": busy,
    }


def share(hits: int, n: int) -> dict[str, Any]:
    """A share with its count and Wilson interval; the share is None for n of 0."""
    return {"share": hits / n if n else None, "count": hits, "n": n, "ci": list(wilson(hits, n)) if n else None}


def _stages(connection: Connection, round: int) -> dict[str, dict[str, int]]:
    query = select(tasks.c.stage, tasks.c.state, func.count()).where(tasks.c.round == round)
    counts = {(stage, state): n for stage, state, n in connection.execute(query.group_by(tasks.c.stage, tasks.c.state))}
    whole = {stage: sum(n for (name, _), n in counts.items() if name == stage) for stage in STAGES}
    return {stage: {"of": whole[stage], "done": counts.get((stage, "done"), 0)} for stage in STAGES}


def _systems(ads: Sequence[Judged], study: Study) -> dict[str, Any]:
    """Of each system's verified ads: available ones, rejects by criterion, and for whole ads both parts by themselves."""
    criteria = criteria_of(study.kind)
    result: dict[str, Any] = {}
    for system in dict.fromkeys(sorted(ad.system for ad in ads)):
        finals = [ad.final for ad in ads if ad.system == system and ad.final is not None]
        n = len(finals)
        row: dict[str, Any] = {
            "ads": sum(ad.system == system for ad in ads),
            "available": share(sum(not final for final in finals), n),
            "rejects": {c.name: share(sum(c.name in final for final in finals), n) for c in criteria},
        }
        if study.kind == "ad":
            for part in ("picture", "text"):
                part_names = {criterion.name for criterion in criteria if criterion.part == part}
                row[f"available_{part}"] = share(sum(not part_names & final for final in finals), n)
        result[system] = row
    return result


def _verification(ads: Sequence[Judged], names: Sequence[str], workers: Mapping[int, str]) -> dict[str, Any]:
    """How many labels the verification changed: in all, by criterion (set or taken away), and by labeller."""
    pairs = [(label, ad.final) for ad in ads if ad.final is not None for label in ad.labels]
    labels: dict[str, list[bool]] = defaultdict(list)
    for label, final in pairs:
        labels[workers[label.person_id]].append(said(label) != final)
    return {
        "changed": share(sum(said(label) != final for label, final in pairs), len(pairs)),
        "criteria": {
            name: {
                "added": sum(name in final and name not in label.criteria for label, final in pairs),
                "removed": sum(name not in final and name in label.criteria for label, final in pairs),
            }
            for name in names
        },
        "labellers": {name: share(sum(changed), len(changed)) for name, changed in sorted(labels.items())},
    }


def _recheck(
    ads: Sequence[Judged], names: Sequence[str], workers: Mapping[int, str], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Accuracy of the verified verdicts by those of the recheck, and of the labels before they were verified."""
    pairs = [(ad, ad.final, said(ad.recheck)) for ad in ads if ad.final is not None and ad.recheck is not None]
    accuracy = share(sum(final == again for _, final, again in pairs), len(pairs))
    threshold = settings["threshold"]
    labellers: dict[str, list[bool]] = defaultdict(list)
    verifiers: dict[str, list[bool]] = defaultdict(list)
    for ad, final, again in pairs:
        verifiers[workers[ad.verification.person_id]].append(final == again)
        for label in ad.labels:
            labellers[workers[label.person_id]].append(said(label) == again)
    verdict = "unknown"
    if accuracy["n"]:
        low, high = accuracy["ci"]
        # decided by the share, as the protocol says; whether the interval allows it to be called certain stands beside it
        verdict = "holds" if accuracy["share"] >= threshold else "fails"
        certain = low >= threshold or high < threshold
    else:
        certain = False
    by_criterion = {
        name: share(sum((name in final) == (name in again) for _, final, again in pairs), len(pairs)) for name in names
    }
    return {
        "accuracy": accuracy,
        "threshold": threshold,
        "verdict": verdict,
        "certain": certain,
        "faultless_needed": faultless_needed(threshold),
        "criteria": by_criterion,
        "labels": share(sum(sum(right) for right in labellers.values()), sum(len(right) for right in labellers.values())),
        "labellers": {name: share(sum(right), len(right)) for name, right in sorted(labellers.items())},
        "verifiers": {name: share(sum(right), len(right)) for name, right in sorted(verifiers.items())},
        "below": {
            "criteria": [name for name, result in by_criterion.items() if _below(result, threshold)],
            "labellers": [n for n, right in sorted(labellers.items()) if _below(share(sum(right), len(right)), threshold)],
            "verifiers": [n for n, right in sorted(verifiers.items()) if _below(share(sum(right), len(right)), threshold)],
        },
    }


def _below(share: Mapping[str, Any], threshold: float) -> bool:
    return share["share"] is not None and share["share"] < threshold


def _agreement(ads: Sequence[Judged], names: Sequence[str], seed: int) -> dict[str, Any]:
    """Krippendorff's alpha between those who judge without seeing each other: labels and rechecks."""
    blind = [[said(verdict) for verdict in (*ad.labels, ad.recheck) if verdict is not None] for ad in ads]

    def alpha(name: str, value: Callable[[frozenset[str]], bool]) -> dict[str, Any]:
        units = [[value(verdict) for verdict in verdicts] for verdicts in blind]
        interval = alpha_interval(units, stream(seed, "review", "alpha", name))
        compared = sum(len(unit) > 1 for unit in units)
        return {"alpha": krippendorff_alpha(units), "ci": None if interval is None else list(interval), "ads": compared}

    return {"rejected": alpha("rejected", bool)} | {name: alpha(name, lambda v, n=name: n in v) for name in names}  # type: ignore[misc]


def _automatic(ads: Sequence[Judged], names: Sequence[str]) -> dict[str, Any]:
    """The automatic inspections beside people, for the criteria they looked at: agreement, kappa, precision, recall."""
    result = {}
    for name in names:
        pairs = [
            (bool(ad.item.automatic[name]), name in ad.final)
            for ad in ads
            if ad.final is not None and name in ad.item.automatic
        ]
        if pairs:
            both, machine, human = (sum(map(f, pairs)) for f in (all, lambda p: p[0], lambda p: p[1]))
            result[name] = {
                "agreement": share(sum(a == b for a, b in pairs), len(pairs)),
                "kappa": cohen_kappa(pairs),
                "precision": share(both, machine),
                "recall": share(both, human),
            }
    return result


def _skipped(connection: Connection, round: int, unjudged: Collection[int]) -> list[dict[str, Any]]:
    """Skips of ads that nobody has judged since, by reason; `left` tells whether anybody of the team could still take one."""
    query = (
        select(tasks.c.id, tasks.c.stage, items.c.key, systems.c.name, verdicts.c.note)
        .join(tasks, tasks.c.id == verdicts.c.task_id)
        .join(items, items.c.id == tasks.c.item_id)
        .join(systems, systems.c.id == items.c.system_id)
        .where(verdicts.c.action == "skipped", tasks.c.state != "done", tasks.c.round == round)
        .order_by(tasks.c.id, verdicts.c.id)
    )
    result: dict[int, dict[str, Any]] = {}
    for row in connection.execute(query):
        entry = result.setdefault(row.id, {"system": row.name, "ad": row.key, "stage": row.stage, "reasons": []})
        entry["reasons"].append(row.note)
    return [{**entry, "left": number not in unjudged} for number, entry in result.items()]


def _people(connection: Connection, workers: Mapping[int, str]) -> dict[str, dict[str, Any]]:
    """What each did: verdicts, corrections of own ones, skips, median seconds."""
    rows = connection.execute(select(verdicts.c.person_id, verdicts.c.task_id, verdicts.c.action, verdicts.c.seconds)).all()
    teams = {row.id: row.team for row in connection.execute(select(people.c.id, people.c.team))}
    result = {}
    for number, name in workers.items():
        part_names = [row for row in rows if row.person_id == number]
        judged = [row for row in part_names if row.action == "judged"]
        times = [row.seconds for row in judged if row.seconds is not None]
        done = len({row.task_id for row in judged})
        result[name] = {
            "team": teams[number],
            "judged": done,
            "corrected": len(judged) - done,
            "skipped": len(part_names) - len(judged),
            "median_seconds": round(statistics.median(times), 1) if times else None,
        }
    return result


def disagreements(study: Study, most: int = GALLERY) -> list[tuple[Judged, dict[str, bytes]]]:
    """Ads on which people disagreed, those of the recheck first, with their pictures by role."""
    from uniadgen.review.store import pictures

    with study.reading() as connection:
        ads = [ad for ad in judged_ads(connection) if ad.disagreed]
        ads.sort(key=lambda ad: (ad.recheck is None or ad.final is None or said(ad.recheck) == ad.final, ad.item.position))
        pictured = []
        for ad in ads[:most]:
            wanted = {role: getattr(ad.item, role) for role in ("picture", "cutout")}
            data = {
                role: connection.execute(select(pictures.c.data).where(pictures.c.sha256 == digest)).scalar_one()
                for role, digest in wanted.items()
                if digest is not None
            }
            pictured.append((ad, data))
    return pictured
