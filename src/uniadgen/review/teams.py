"""Who labels, verifies and rechecks: three independent teams, read from a YAML file.

label:
  members: [Ana, Ben, Chen]
  people: 2        # how many of them label the same ad, independently (default 1)
  share: 0.2       # of how many of the ads; the others get one label (default 1)
verify: [Dora, Emil]
recheck: [Fay]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from uniadgen.errors import InputError
from uniadgen.strictyaml import RepeatedKey, UniqueKeys
from uniadgen.words import clean_text, is_blank, quoted

Stage = Literal["label", "verify", "recheck"]
STAGES: tuple[Stage, ...] = ("label", "verify", "recheck")
MAX_MEMBERS, MAX_NAME = 1000, 60
_FORM = "label, verify and recheck, each a list of names"


@dataclass(frozen=True)
class Teams:
    """members: names by stage; nobody is in two teams. overlap: how many people label the same ad; share: of how many ads."""

    members: dict[Stage, list[str]]
    overlap: int = 1
    share: float = 1.0


def read_teams(path: Path) -> Teams:
    """Raises InputError."""
    what = f"argument --teams: {quoted(path)}"
    try:
        data = yaml.load(path.read_text("utf-8-sig"), UniqueKeys)
    except OSError as error:
        raise InputError(f"{what} can't be read ({error.strerror or error}); name a YAML file") from None
    except RepeatedKey as error:
        raise InputError(f"{what}: {quoted(error.key)} stands twice; keep one of them") from None
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
        raise InputError(f"{what} is not YAML; write {_FORM}") from None
    return parse_teams(data, what)


def parse_teams(data: Any, what: str = "teams") -> Teams:
    """Teams of a parsed YAML file. Raises InputError that starts with `what`."""
    if not isinstance(data, dict) or set(data) != set(STAGES):
        raise InputError(f"{what}: three teams are needed; write {_FORM}")
    members: dict[Stage, list[str]] = {}
    overlap, share = 1, 1.0
    team_of: dict[str, Stage] = {}
    for stage in STAGES:
        team = data[stage]
        if isinstance(team, dict):
            allowed = {"members", "people", "share"} if stage == "label" else {"members"}
            if unknown := [key for key in team if key not in allowed]:
                raise InputError(f"{what}: {stage} has an unknown field {quoted(unknown[0])}; use {', '.join(sorted(allowed))}")
            overlap, share = team.get("people", overlap), team.get("share", share)
            team = team.get("members")
        if not isinstance(team, list) or not 1 <= len(team) <= MAX_MEMBERS:
            raise InputError(f"{what}: {stage} needs a list of 1 to {MAX_MEMBERS} names")
        members[stage] = []
        for name in team:
            if not isinstance(name, str) or is_blank(name) or len(name) > MAX_NAME:
                raise InputError(f"{what}: {stage} holds {quoted(name)}, which is no name of 1 to {MAX_NAME} characters")
            clean = clean_text(name)
            if clean.casefold() in team_of:
                raise InputError(
                    f"{what}: {quoted(clean)} is in {team_of[clean.casefold()]} and in {stage}; the teams are independent, so "
                    "everybody is in one of them, once"
                )
            team_of[clean.casefold()] = stage
            members[stage].append(clean)
    if type(overlap) is not int or not 1 <= overlap <= len(members["label"]):
        raise InputError(
            f"{what}: label.people is {quoted(overlap)}; use a whole number from 1 to {len(members['label'])}, the team's size"
        )
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError(f"{what}: label.share is {quoted(share)}; use a number from 0 to 1")
    return Teams(members, overlap, float(share))
