"""Each part of the method can be taken out of a run: this part, nothing else, and the next run has it.

Sampling hides small changes in a drawn ad, so what the model sees and thinks before it draws is compared, bit for bit.
"""

import copy
import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from uniadgen.ablations import ABLATIONS, check_ablations
from uniadgen.ads import AdRequest, Box, Click, Product
from uniadgen.cli.main import main
from uniadgen.decoding.scene_sampling import ClickedScenes, decode_scene
from uniadgen.errors import InputError
from uniadgen.evaluation.figures import differences
from uniadgen.evaluation.protocol import conditions, load_cases
from uniadgen.loading.background_encoder import save_encoder
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.painting import paint_backgrounds
from uniadgen.pipeline.reading import read_instructions
from uniadgen.pipeline.writing import write_texts

pytestmark = pytest.mark.slow

TINY = Path(__file__).parents[2] / "data" / "tiny"
OPTIONS = GenerateOptions(size=(64, 64), decoding="sequential")


@dataclass(frozen=True)
class Inside:
    """What becomes of a request on its way to the ad."""

    prompt: list[int]  # kinds of the instruction's tokens
    image: Tensor | None  # preference tokens of the clicks
    text: Tensor | None
    hidden: Tensor  # the state that the first choice of the text is drawn from
    points: Tensor  # the states that it may point at
    begin: Tensor  # what the picture begins with
    foreground: Tensor  # what it sees of the product
    clicks: Tensor  # the states that the scene token may point at
    scenes: Tensor  # the scenes of those clicks
    words: str
    codes: Tensor  # the picture


@pytest.fixture(scope="module")
def generator(model: UnifiedModel, tokenizer: TextTokenizer) -> AdGenerator:
    """Of a model that tells products and clicked pictures apart well enough to draw another picture for others."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        for layer in model.foreground.encoder.stem.children():
            if isinstance(layer, torch.nn.Conv2d):
                layer.weight.mul_(20)
    return AdGenerator(model, tokenizer)


@torch.inference_mode()
def inside(generator: AdGenerator, request: AdRequest, *without: str, seed: int = 5) -> Inside:
    loaded, options = generator.loaded, replace(OPTIONS, without=without)
    ads = generator.prepare([request], [seed], options)
    instructions, draws = read_instructions(loaded, ads, without), [torch.Generator().manual_seed(seed)]
    hidden, preference = instructions.hidden, instructions.preferences[0]
    words = write_texts(loaded, ads, instructions, draws, options)[0]
    image, text = (None, None) if preference is None else preference[:2]
    arguments: list[Tensor] = []

    def spy(
        engine: object,
        caches: object,
        begin: Tensor,
        foreground: Tensor,
        clicks: list[Tensor],
        scenes: list[ClickedScenes],
        **more: Any,
    ) -> Tensor:
        arguments[:] = begin, foreground, clicks[0], scenes[0].tokens
        return decode_scene(engine, caches, begin, foreground, clicks, scenes, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uniadgen.pipeline.painting.decode_scene", spy)
        codes = paint_backgrounds(loaded, ads, instructions, draws, options).codes
    begin, _, clicks, scenes = arguments
    pictured = begin, ads[0].features, clicks, scenes
    return Inside(ads[0].prompt.kinds, image, text, hidden, instructions.points[0], *pictured, words, codes)


def changed(first: Inside, second: Inside) -> set[str]:
    """Names of what is not the same, bit for bit."""

    def same(a: object, b: object) -> bool:
        return torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else a is b or bool(a == b)

    return {f.name for f in fields(Inside) if not same(getattr(first, f.name), getattr(second, f.name))}


def changed_by_some_seed(generator: AdGenerator, requests: Sequence[AdRequest]) -> set[str]:
    """What changes with every seed; of what is drawn, with some: random weights draw the same picture now and then."""
    changes = [changed(*(inside(generator, r, seed=seed) for r in requests)) for seed in range(4)]
    return set.intersection(*changes) | (set.union(*changes) - before_drawing(set.union(*changes)))


def _noise(seed: int, size: tuple[int, int] = (80, 80)) -> Image.Image:
    """Nine patches of random colours: pixels of noise would look alike to a tokenizer."""
    return Image.frombytes("RGB", (3, 3), random.Random(seed).randbytes(27)).resize(size, Image.Resampling.NEAREST)


def _history(pictures: int = 0, marks: str = "|") -> list[Click]:
    """Three clicks, as many as the tiny model takes: all are sampled, whatever their texts are."""
    return [Click(_noise(pictures + i), f"Kettle {marks} Rapid Boil {marks} 1.{i} L") for i in range(3)]


@pytest.fixture
def request_(cutout: Image.Image) -> AdRequest:
    # small enough to leave something of a plan to be seen
    product = Product(cutout, "A kettle", ["Aster", "Rapid Boil", "Steel Kettle", "1.7 L"])
    return AdRequest(product, _history(), Box(0.3, 0.5, 0.5, 0.7))


# What may change before anything is drawn, and must; the words and the picture are drawn from it.
CHANGES = {
    "foreground": {"foreground"},
    "mask": {"image", "text", "hidden", "begin", "clicks"},
    "fusion": {"image", "text", "hidden", "clicks"},
    "pictures": {"prompt", "image", "text", "hidden", "begin", "clicks", "scenes"},
    "texts": {"prompt", "image", "text", "hidden", "clicks"},
}
# The same without a history
GENERAL = {"foreground": {"foreground"}}


def before_drawing(changes: set[str]) -> set[str]:
    """What changed before anything was drawn."""
    return changes - {"words", "codes"}


@pytest.mark.parametrize("part", ABLATIONS)
def test_a_part_changes_what_it_should_and_is_put_back(generator: AdGenerator, request_: AdRequest, part: str) -> None:
    whole, weights = inside(generator, request_), _weights(generator)
    ad = generator.generate(request_.product, request_.history, box=request_.box, seed=4)
    without = inside(generator, request_, part)
    assert before_drawing(changed(whole, without)) == CHANGES[part]
    with pytest.raises(InputError):
        generator.generate(request_.product, request_.history, seed=-1, without=(part,))
    assert changed(whole, inside(generator, request_)) == set()
    again = generator.generate(request_.product, request_.history, box=request_.box, seed=4)
    assert (again.image.tobytes(), again.text) == (ad.image.tobytes(), ad.text)
    assert _weights(generator) == weights


def _weights(generator: AdGenerator) -> list[tuple[int, int]]:
    """Where the weights lie and how often they were written to."""
    return [(weight.data_ptr(), weight._version) for weight in generator.model.parameters()]


@pytest.mark.parametrize("part", ABLATIONS)
def test_without_clicks_less_matters(generator: AdGenerator, request_: AdRequest, part: str) -> None:
    general = replace(request_, history=[])
    whole = inside(generator, general)
    assert before_drawing(changed(whole, inside(generator, general, part))) == GENERAL.get(part, set())


def test_without_foreground_no_product_is_seen(generator: AdGenerator, request_: AdRequest, cutout: Image.Image) -> None:
    other = cutout.copy()
    ImageDraw.Draw(other).ellipse((20, 10, 100, 150), fill=(10, 10, 10, 255))
    product = replace(request_.product, image=other)
    requests = request_, replace(request_, product=product)
    assert changed_by_some_seed(generator, requests) >= {"foreground", "codes"}
    blind = [inside(generator, request, "foreground") for request in requests]
    ads = generator.generate_many(requests, seeds=[4, 4], size=(64, 64), without=("foreground",))
    assert changed(*blind) == set()
    assert not blind[0].foreground.any()
    assert ads[0].background.tobytes() == ads[1].background.tobytes()
    assert ads[0].placement == ads[1].placement
    assert ads[0].image.tobytes() != ads[1].image.tobytes()  # the product is still pasted


def test_without_pictures_no_picture_is_seen(generator: AdGenerator, request_: AdRequest) -> None:
    requests = request_, replace(request_, history=_history(pictures=20))
    assert changed_by_some_seed(generator, requests) >= {"image", "text", "hidden", "begin", "clicks", "codes"}
    blind = [inside(generator, request, "pictures") for request in requests]
    assert changed(*blind) == set()
    general = inside(generator, replace(request_, history=[]))
    # the picture is given as to nobody
    assert not changed(general, blind[0]) & {"begin", "foreground", "clicks"}
    assert not blind[0].scenes.numel()
    assert "hidden" in changed(general, blind[0])  # the texts are read


def test_without_texts_no_text_is_seen(generator: AdGenerator, request_: AdRequest) -> None:
    requests = request_, replace(request_, history=_history(marks="sofa !"))
    assert changed_by_some_seed(generator, requests) >= {"image", "text", "hidden", "clicks", "codes"}
    blind = [inside(generator, request, "texts") for request in requests]
    assert changed(*blind) == set()
    assert "hidden" in changed(inside(generator, replace(request_, history=[])), blind[0])  # the pictures are seen


@torch.inference_mode()
def test_mask_and_fusion_by_hand(generator: AdGenerator, request_: AdRequest) -> None:
    model, module = generator.model, generator.model.preference
    clicks = generator.prepare([request_], [4], OPTIONS)[0].clicks
    assert clicks is not None
    pictures = torch.cat([model.embed_image(clicks.codes), model.embed_scene(clicks.scenes)[:, :, None]], 2)
    image, text = pictures.flatten(1, 2), model.embed_text(clicks.text).flatten(1, 2)
    seen, read = clicks.visible.repeat_interleave(model.config.click_image_tokens, 1), clicks.text_visible.flatten(1)
    visible = torch.cat([seen, read], 1)

    def placed(image: Tensor, text: Tensor) -> Tensor:
        positions = (
            module.image_position + module.modality[0],
            module.text_position[: clicks.text.shape[2]] + module.modality[1],
        )
        return torch.cat([image + positions[0].repeat(3, 1), text + positions[1].repeat(3, 1)], 1)

    every = [
        mask.norm(x * present[..., None] + mask.linear(x * present[..., None]))
        for mask, x, present in ((module.mask_image, image, seen), (module.mask_text, text, read))
    ]
    result = model.preference_tokens(clicks, ["mask"])
    expected = module.norm(module.fusion(placed(*every), visible))
    torch.testing.assert_close(torch.cat(result[:2], 1), expected)
    torch.testing.assert_close(result.summary, module.summary(image.mean(1)))
    result = model.preference_tokens(clicks, ["fusion"])
    kept = module.mask_image(image, seen)[0], module.mask_text(text, read)[0]
    torch.testing.assert_close(torch.cat(result[:2], 1), module.norm(placed(*kept)))


def test_differences_are_paired() -> None:
    whole = {"a": {"pbs": 0.2, "bleu": 0.5}, "b": {"pbs": 0.8, "bleu": 0.1}, "c": {"pbs": 0.3}}
    less = {"a": {"pbs": 0.1, "bleu": 0.5}, "b": {"pbs": 0.7}, "c": {"pbs": 0.2, "bleu": 0.3}, "d": {"pbs": 0.9}}
    result = differences(less, whole)
    # every shopper loses 0.1, however different they are: the interval has no width
    assert result["pbs_difference"] == pytest.approx(-0.1)
    assert result["pbs_difference_ci"] == pytest.approx([-0.1, -0.1])
    assert (result["bleu_difference"], result["bleu_difference_ci"]) == (0, [0, 0])
    assert "palette_distance_difference" not in result


def test_conditions_and_names() -> None:
    wanted = conditions([0], [], 10, ["mask", "texts", "mask"])
    assert [c.name for c in wanted] == ["length-0", "length-10", "swapped", "without-mask", "without-texts"]
    assert wanted[3] == replace(wanted[1], name="without-mask", without="mask")
    assert check_ablations(["texts", "mask", "texts"], "without") == ("texts", "mask")


def test_the_command(
    generator: AdGenerator,
    small_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    save_encoder(tmp_path / "pbs.safetensors", BackgroundEncoder(BackgroundConfig(32, 8, 32, 1, 2)))
    generator.save_pretrained(tmp_path / "model")
    out = tmp_path / "out"
    arguments = ["evaluate", "--data", str(small_data), "--model", str(tmp_path / "model"), "--out", str(out), "--limit", "2"]
    arguments += ["--history-length", "0", "--sampling", "", "--encoder", str(tmp_path / "pbs.safetensors")]
    assert main([*arguments, "--without", "mask,sofa"]) == 2
    names = capsys.readouterr().err
    assert '"sofa"' in names
    assert names.count("\n") == 1
    assert not out.exists()

    assert main(arguments) == 0
    assert "What each part is worth" not in (out / "report.html").read_text() + (out / "results.md").read_text()
    before = {path: path.read_bytes() for path in (out / "ads").rglob("*.*")}
    assert main([*arguments, "--without", "foreground,texts"]) == 0
    made = {path: path.read_bytes() for path in (out / "ads").rglob("*.*")}
    assert before.items() <= made.items()  # goes on where it was
    assert {path.parent.name for path in made.keys() - before.keys()} == {"without-foreground", "without-texts"}
    for case in load_cases(small_data, "test", 2):
        whole, blind = (out / "ads" / c / f"{case.id}.background.png" for c in ("length-3", "without-foreground"))
        assert whole.read_bytes() != blind.read_bytes()

    results = json.loads((out / "results.json").read_text())
    assert "--without foreground,texts" in results["command"]
    parts = results["parts"]
    assert list(parts) == ["whole", "foreground", "texts"]
    assert parts["whole"] == results["history_length"]["3"]
    for part in ("foreground", "texts"):
        for name in ("pbs", "bleu", "palette_distance"):
            difference = parts[part][f"{name}_difference"]
            assert difference == pytest.approx(parts[part][name] - parts["whole"][name], abs=2e-5)
            low, high = parts[part][f"{name}_difference_ci"]
            assert low <= difference <= high
    with (out / "results.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == "parts"]
    assert [row["row"] for row in rows] == ["whole", "foreground", "texts"]
    assert float(rows[1]["pbs_difference"]) == parts["foreground"]["pbs_difference"]
    assert rows[0]["pbs_difference"] == ""
    for page in ((out / "report.html").read_text(), (out / "results.md").read_text()):
        assert "What each part is worth" in page
        assert "PBS - whole" in page
        assert "the whole" in page
    assert f"| without texts: {ABLATIONS['texts']} |" in (out / "results.md").read_text()

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("all ads were there")

    monkeypatch.setattr(AdGenerator, "generate_many", never)
    assert main([*arguments, "--without", "texts"]) == 0
    assert list(json.loads((out / "results.json").read_text())["parts"]) == ["whole", "texts"]
