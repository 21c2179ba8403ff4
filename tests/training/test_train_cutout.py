"""Training of the cut-out network: composites tell the truth about alpha, and a run can be interrupted."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.cli.main import main
from uniadgen.data.plates import Plates
from uniadgen.imaging.product_network import ProductNetwork, load_network
from uniadgen.training.cutout import BORDER, LEARNT, SCENE, Composites, anywhere, as_photographed, near, train_cutout
from uniadgen.training.loop import Schedule

TINY = Path(__file__).parents[2] / "data" / "tiny"


@pytest.fixture(scope="module")
def plates() -> Plates:
    """Green scenes and red products with a hole."""
    cutout = np.zeros((90, 60, 4), np.uint8)
    cutout[...] = (200, 20, 20, 255)
    cutout[30:60, 20:40, 3] = 0
    scenes = [Image.new("RGB", (SCENE, SCENE), (20, 120 + 40 * number, 30)) for number in range(3)]
    places = [Placement(120 + number, 90, 120, 180) for number in range(3)]
    names = ["a", "b", "a"]
    return Plates(["0", "1", "2"], scenes, names, ["0", "1", "2"], places, dict.fromkeys("ab", Image.fromarray(cutout)))


def test_a_step_is_the_same_whoever_asks_and_no_two_are_alike(plates: Plates) -> None:
    (photos, alpha), again = (Composites(plates, 3, 7).at(5) for _ in range(2))
    assert photos.shape == (3, 3, LEARNT[1], LEARNT[1])
    assert alpha.shape == (3, 1, LEARNT[1], LEARNT[1])
    assert Composites(plates, 3, 7).at(4)[0].shape == (3, 3, LEARNT[0], LEARNT[0])
    assert torch.equal(photos, again[0])
    assert torch.equal(alpha, again[1])
    assert not torch.equal(photos[0], photos[1])
    assert not torch.equal(photos, Composites(plates, 3, 7).at(7)[0])
    assert -1 <= photos.min() < photos.max() <= 1
    assert 0 <= alpha.min() < alpha.max() <= 1


def test_alpha_is_where_the_product_is(plates: Plates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniadgen.training.cutout.IN_PLACE", 1.0)
    composites = Composites(plates, 1, 0)
    for number in range(20):
        photo, alpha = composites.one(random.Random(number), 320)
        red = photo[..., 0] > photo[..., 1] + 20
        assert red[alpha > 0.97].mean() > 0.98
        assert red[alpha < 0.03].mean() < 0.02


def test_kits_and_shapes_are_seen_whole(plates: Plates) -> None:
    composites = Composites(plates, 1, 0)
    for number in range(30):
        draw = random.Random(number)
        for thing in (composites.kit(draw), composites.shape(draw)):
            assert thing.getchannel("A").getbbox() == (0, 0, *thing.size)
            assert np.asarray(thing.getchannel("A")).max() > 200


def test_views_hold_the_whole_product() -> None:
    draw, cutout = random.Random(0), Image.new("RGBA", (30, 80))
    for _ in range(200):
        place = anywhere(cutout, (SCENE, SCENE), draw)
        left, top, right, bottom = near(place, (SCENE, SCENE), draw)
        assert 0 <= left <= place.left < place.left + place.width <= right <= SCENE
        assert 0 <= top <= place.top < place.top + place.height <= bottom <= SCENE
        assert max(right - left, bottom - top) <= 2 * BORDER[1] * max(place.width, place.height) + 2


def test_photos_keep_their_size_and_range() -> None:
    for number in range(40):
        pixels = as_photographed(Image.effect_noise((100, 70), 80).convert("RGB"), random.Random(number), 64)
        assert pixels.shape == (64, 64, 3)
        assert 0 <= pixels.min() < pixels.max() <= 255


@pytest.fixture
def few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniadgen.training.cutout.LOOKS", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("few_looks")
def test_it_learns_and_goes_on_after_an_interruption(plates: Plates, tmp_path: Path) -> None:
    schedule = Schedule(steps=3, learning_rate=1e-3, batch=1, warmup=1, save_seconds=-1)

    def trained(out: Path, *, steps: int = 3, resume: bool = False) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        network = ProductNetwork()
        train_cutout(network, plates, plates, replace(schedule, steps=steps), out, resume)
        return network.state_dict()

    whole = trained(tmp_path / "whole")
    (tmp_path / "parted").mkdir()
    (tmp_path / "parted" / "state.pt").write_bytes((tmp_path / "whole" / "state-00000002.pt").read_bytes())
    parted = trained(tmp_path / "parted", resume=True)
    for name, weight in whole.items():
        assert torch.equal(parted[name], weight), name
    assert list((tmp_path / "whole").glob("samples-*.png"))


@pytest.mark.slow
@pytest.mark.usefixtures("few_looks")
def test_the_command(tmp_path: Path) -> None:
    values = [word for value in ("steps=1", "batch=1") for word in ("--set", f"cutout.{value}")]
    assert main(["train", "cutout", "--data", str(TINY), "--config", "embedded", *values, "--out", str(tmp_path)]) == 0
    load_network(tmp_path / "cutout.safetensors")
