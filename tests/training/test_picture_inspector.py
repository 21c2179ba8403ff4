"""Cases for the picture inspection: what is put into them is what their labels say, and held-out ones share nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.inspection.picture.network import CRITERIA
from uniadgen.metrics.fidelity import product_is_intact
from uniadgen.padsynth.worldgen import make_world
from uniadgen.training.picture_inspector import (
    CRITERION,
    HELD_OUT_FAMILIES,
    HELD_OUT_PRODUCTS,
    KINDS,
    NEVER,
    Case,
    Cases,
    Examples,
    figures,
    make_examples,
    train,
)

PRODUCTS = 40


@pytest.fixture(scope="module")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `data render` writes it, with drawn pictures in place of rendered ones."""
    folder = tmp_path_factory.mktemp("world")
    world = make_world(0, PRODUCTS, shoppers=1)
    (folder / "manifest.json").write_text(json.dumps({"settings": {"seed": 0}, "products": {}}))
    for product in world.products:
        place = folder / "raw" / product.id
        place.mkdir(parents=True)
        cutout = Image.new("RGBA", (48, 64))
        colour = tuple(round(255 * value) for value in product.colour)
        ImageDraw.Draw(cutout).rounded_rectangle((0, 0, 47, 63), 12, fill=colour)
        ImageDraw.Draw(cutout).ellipse((14, 8, 34, 24), fill=(0, 0, 0, 0))
        cutout.save(place / "cutout.webp", lossless=True)
        placements = {}
        for number, creative in enumerate(c for c in world.creatives if c.product_id == product.id):
            plate = Image.new("RGB", (64, 64), (200 - 20 * number, 190, 160 + 10 * number))
            ImageDraw.Draw(plate).rectangle((0, 44, 64, 64), fill=(120, 100, 60 + 20 * number))
            plate.save(place / f"plate-{creative.id}.webp")
            placements[creative.id] = [0.35, 0.4, 0.3, 0.4]
        (place / "meta.json").write_text(json.dumps({"placements": placements}))
    return folder


@pytest.fixture(scope="module")
def drawn(renders: Path) -> list[Case]:
    cases = Cases(renders)
    return [cases.draw(0, number, False) for number in range(60)]


def test_the_same_seed_draws_the_same(renders: Path, drawn: list[Case]) -> None:
    again = Cases(renders).draw(0, 7, False)
    assert again.image == drawn[7].image
    assert (again.kind, again.product, again.stance) == (drawn[7].kind, drawn[7].product, drawn[7].stance)


def test_held_out_cases_share_neither_product_nor_family(renders: Path, drawn: list[Case]) -> None:
    cases = Cases(renders)
    held_out = [cases.draw(0, number, True) for number in range(20)]
    assert {case.family for case in held_out} <= HELD_OUT_FAMILIES
    assert not {case.family for case in drawn} & HELD_OUT_FAMILIES
    assert {case.product % HELD_OUT_PRODUCTS for case in held_out} == {0}
    assert 0 not in {case.product % HELD_OUT_PRODUCTS for case in drawn}


def test_cases_are_what_they_are_labelled(drawn: list[Case]) -> None:
    kinds = {case.kind for case in drawn}
    assert {"clean", "part", "own colour", "floating", "small"} <= kinds <= {"clean", *KINDS}
    assert set(CRITERION.values()) == set(CRITERIA)
    for case in drawn:
        assert product_is_intact(case.image, case.cutout, case.placement, case.background)
        extent = max(case.placement.width, case.placement.height) / case.image.width
        base = (case.placement.top + case.placement.height) / case.image.height
        if case.kind == "small":
            assert extent < 0.25
        elif case.kind == "large":
            assert extent > 0.5
        elif case.kind == "floating":
            assert base < 0.72
        elif case.kind == "clean":
            assert 0.3 < extent < 0.5
            assert base == pytest.approx(0.8, abs=0.05) or case.stance.posture != "stands"
            assert case.criterion is None


def test_examples_train_a_classifier_that_is_measured(renders: Path) -> None:
    examples = make_examples(Cases(renders), 24, 0, False)
    assert examples.views.shape[:3] == (24, 3, 4)
    assert np.array_equal(examples.labels.sum(1).numpy(), [kind != "clean" for kind in examples.kinds])
    classifier = train(examples, 0, epochs=1, batch=8)
    assert all(0 < threshold <= NEVER for threshold in classifier.thresholds)
    again = train(examples, 0, epochs=1, batch=8)
    for name, tensor in classifier.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name]), name


def test_figures_count_what_is_found() -> None:
    class Sees:
        """Takes everything for a violation of space."""

        thresholds = (0.5,) * 4

        def probabilities(self, views: torch.Tensor, measures: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[0.0, 0.0, 0.9, 0.0]]).expand(len(views), 4)

    labels = torch.tensor([[0.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    examples = Examples(torch.zeros(4, 1), torch.zeros(4, 1), labels, ["floating", "clean", "part", "tilted"])
    result = figures(Sees(), examples)  # type: ignore[arg-type]
    assert result["space"] == {"precision": 0.5, "recall": 1.0, "cases": 2}
    assert result["shape"] == {"precision": 0.0, "recall": 0.0, "cases": 1}
    assert result["any"] == {"precision": 0.75, "recall": 1.0, "cases": 3}
    assert result["kinds"]["clean"] == {"rejected": 1.0, "cases": 1}


def test_other_folders_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="no renders in it"):
        Cases(tmp_path)
    (tmp_path / "raw" / "p00000").mkdir(parents=True)
    (tmp_path / "raw" / "p00000" / "meta.json").write_text("{}")
    assert main(["train", "inspector", "--renders", str(tmp_path), "--out", str(tmp_path / "w.safetensors")]) == 2
    error = capsys.readouterr().err
    assert "manifest can't be read" in error
    assert error.count("\n") == 1
