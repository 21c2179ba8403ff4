"""Ads as files under the hands of several processes at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from uniadgen.ad_files import files_of, publish, read_ad, staged
from uniadgen.errors import InputError

WRITERS, ROUNDS, ADS = 16, 12, 3

# Writers that are released together into one folder; the parent looks at the ads between rounds. Each file of an ad holds the
# name of its writer.
RACE = """
import multiprocessing, sys
from pathlib import Path
from uniadgen.errors import InputError
from uniadgen.ad_files import files_of, publish, staged
out, existing, writers, rounds, ads = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
fork = multiprocessing.get_context("fork")
barrier = fork.Barrier(writers + 1, timeout=120)
published = fork.Value("i", 0)

def write(tag):
    for round in range(rounds):
        barrier.wait()
        with staged(out / str(round), (), existing) as stage:
            for ad in range(ads):
                for name in files_of(f"ad-{ad}"):
                    (stage / name).write_text(tag)
                try:
                    publish(stage, f"ad-{ad}", existing)
                except InputError as error:
                    assert "already" in str(error), error
                    for name in files_of(f"ad-{ad}"):
                        (stage / name).unlink()
                else:
                    with published.get_lock():
                        published.value += 1
        barrier.wait()

processes = [fork.Process(target=write, args=(f"writer {number}",)) for number in range(writers)]
for process in processes:
    process.start()
mixed = 0
for round in range(rounds):
    barrier.wait()
    barrier.wait()
    for ad in range(ads):
        mixed += len({(out / str(round) / name).read_text() for name in files_of(f"ad-{ad}")}) > 1
for process in processes:
    process.join()
    assert process.exitcode == 0
print(mixed, published.value)
"""


@pytest.mark.parametrize("existing", ["refuse", "replace"])
def test_writers_released_together_never_mix_their_files(tmp_path: Path, existing: str) -> None:
    numbers = map(str, (WRITERS, ROUNDS, ADS))
    done = subprocess.run(
        [sys.executable, "-c", RACE, tmp_path, existing, *numbers], stdout=subprocess.PIPE, text=True, check=True, timeout=300
    )
    mixed, published = map(int, done.stdout.split())
    assert mixed == 0
    # Each name has one owner, or nothing is refused.
    assert published == ROUNDS * ADS * (1 if existing == "refuse" else WRITERS)
    names = [name for ad in range(ADS) for name in files_of(f"ad-{ad}")]
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == sorted(names)


def test_names_are_reserved_before_the_work(tmp_path: Path) -> None:
    with staged(tmp_path, ["ad-000", "ad-001"], "refuse"):
        for existing in ("refuse", "replace"):
            with (
                pytest.raises(InputError, match='another process is making "ad-001"'),
                staged(tmp_path, ["ad-001", "ad-002"], existing),  # type: ignore[arg-type]
            ):
                pass
        with staged(tmp_path, ["ad-002"], "refuse"):
            pass
    with staged(tmp_path, ["ad-001"], "refuse"):  # nothing came of the reservation
        pass
    assert list(tmp_path.iterdir()) == []


def _write(stage: Path, name: str, what: str) -> None:
    for file in files_of(name):
        (stage / file).write_text(what)


def test_what_is_there_is_refused_finished_or_replaced(tmp_path: Path) -> None:
    picture, background, record = (tmp_path / name for name in files_of("ad-000"))
    for path in (picture, background):  # as after a kill: no JSON, so no ad
        path.write_text("half")
    with pytest.raises(InputError, match='holds "ad-000" already'), staged(tmp_path, ["ad-000"], "refuse"):
        pass
    with staged(tmp_path, ["ad-000"], "finish") as stage:
        _write(stage, "ad-000", "whole")
        publish(stage, "ad-000", "finish")
    assert {path.read_text() for path in (picture, background, record)} == {"whole"}
    with pytest.raises(InputError, match='holds "ad-000" already'), staged(tmp_path, ["ad-000"], "finish"):
        pass
    with staged(tmp_path, ["ad-000"], "replace") as stage:
        _write(stage, "ad-000", "new")
    assert {path.read_text() for path in (picture, background, record)} == {"new"}
    background.unlink()
    background.symlink_to("ad-000.png")
    with pytest.raises(InputError, match="is no plain file"), staged(tmp_path, ["ad-000"], "replace"):
        pass
    assert background.is_symlink()


def test_hashes_tell_whether_the_pictures_are_those_of_the_json(tmp_path: Path) -> None:
    from PIL import Image

    from uniadgen.ad_files import write_ad
    from uniadgen.ads import Ad, Placement

    black, place = Image.new("RGB", (8, 8)), Placement(0, 0, 1, 1)
    ads = [Ad(Image.new("RGB", (8, 8), colour), "x", black, place, [], {}, 0, "m") for colour in ("red", "blue")]
    for number, ad in enumerate(ads):
        written = write_ad(ad, tmp_path, f"ad-{number}")
        assert read_ad(tmp_path, f"ad-{number}") == written == json.loads((tmp_path / f"ad-{number}.json").read_text())
    (tmp_path / "ad-1.png").replace(tmp_path / "ad-0.png")
    assert read_ad(tmp_path, "ad-0") is None  # the picture of another ad
    assert read_ad(tmp_path, "ad-1") is None  # no picture
    assert read_ad(tmp_path, "ad-2") is None  # no ad
