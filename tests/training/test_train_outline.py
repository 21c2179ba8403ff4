"""A small outline learns to order selling points as the clicked texts do, of words that it has never read."""

import dataclasses
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from uniadgen.cli.main import main
from uniadgen.data.encoding import encode_creatives
from uniadgen.data.layout import read_creatives
from uniadgen.loading import checkpoint
from uniadgen.model.config import OutlineConfig, tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.outline import Outline
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.padsynth.titles import STYLES, pseudo_title_task
from uniadgen.rng import stream
from uniadgen.training.loop import Schedule
from uniadgen.training.outline import Example, draw_batch, figures, invented_examples, order_of, train_outline

pytestmark = pytest.mark.slow

TINY = Path(__file__).parents[2] / "data" / "tiny"
CONFIG = "model: tiny\nhistories: drawn\noutline: {steps: 2, batch: 4, learning_rate: 0.001, warmup: 1}\n"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Steps of so small a model are too short to share between threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_orders_are_read_off_texts() -> None:
    points = ["Soft", "Soft Cotton", "For Men", "- 28 cm", "Anti-Slip Grip", "D-30"]
    assert order_of(points, "[For Men] Soft Cotton Soft!") == [2, 1, 0]
    assert order_of(points, "Anti-Slip Grip - D-30 - Soft") == [4, 5, 0]
    assert order_of(points, "Soft | - 28 cm") == [0, 3]
    assert order_of(points, "Soft Soft") is None
    assert order_of(points, "Soft Cottons") is None
    assert order_of(points, "!") is None
    for index in range(200):
        task = pseudo_title_task(stream(1, index), 1)
        order = order_of(task.selling_points, task.text)
        assert order
        assert sum(len(task.selling_points[i]) for i in order) <= len(task.text)
        assert len(order) <= max(len(style.slots) for style in STYLES.values())


def test_orders_are_found_in_a_data_set() -> None:
    table = read_creatives(TINY, ("text", "selling_points")).to_pylist()
    assert all(order_of(row["selling_points"], row["text"]) for row in table)


def test_the_order_of_the_clicked_texts_is_learnt(tokenizer: TextTokenizer, tmp_path: Path) -> None:
    """Points are a number, a name or a phrase with "For", of new words; texts tell them in any order and number."""

    def word(draw: random.Random) -> str:
        return "".join(draw.choice("bdfgklmn") + draw.choice("aeiou") for _ in range(2)).capitalize()

    def shuffled(draw: random.Random) -> list[str]:
        return [str(draw.randint(10, 99)), word(draw), f"For {word(draw)}"]

    def example(draw: random.Random, clicks: int) -> Example:
        order = draw.sample(range(3), draw.randint(1, 3))
        texts = [" ".join(points[i] for i in order) for points in (shuffled(draw) for _ in range(clicks))]
        points, clicked = ([tokenizer.encode(" " + t) for t in some] for some in (shuffled(draw), texts))
        return Example(points, clicked, order)

    torch.manual_seed(0)
    outline = Outline(OutlineConfig(width=32, layers=1), tokenizer.size)
    schedule = Schedule(steps=120, learning_rate=5e-3, batch=32, warmup=5, ema=0.9)
    train_outline(outline, {"toy": example}, {"toy": example}, 2, schedule, tmp_path, False)
    unseen = [draw_batch([example], stream(9, k), 32, 2, 40, 0.0) for k in range(4)]
    blind = [draw_batch([example], stream(9, k), 32, 2, 40, 1.0) for k in range(4)]
    assert figures(outline, unseen).accuracy > 0.9
    assert figures(outline, unseen).nats < 0.4
    assert figures(outline, blind).nats > 0.8


def test_batches_are_drawn_from_the_draw_alone(tokenizer: TextTokenizer) -> None:
    source = invented_examples(tokenizer)
    first, second = (draw_batch([source], stream(0, "x"), 4, 3, 40) for _ in range(2))
    assert all(torch.equal(getattr(first, f.name), getattr(second, f.name)) for f in dataclasses.fields(first))


@pytest.fixture
def folder(tmp_path: Path, tokenizer: TextTokenizer) -> Path:
    """A model without an outline."""
    checkpoint.save(tmp_path / "model", UnifiedModel(dataclasses.replace(tiny(), outline=OutlineConfig())), tokenizer)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def test_the_command_gives_a_model_its_outline(folder: Path) -> None:
    shutil.copytree(TINY, folder / "data")
    encode_creatives(folder / "data", FSQTokenizer(tiny().image).eval(), tiny())
    command = ["train", "outline", "--data", str(folder / "data"), "--config", str(folder / "config.yaml")]
    assert main([*command, "--model", str(folder / "model"), "--out", str(folder / "out")]) == 0
    before, after = (checkpoint.load(path)[0] for path in (folder / "model", folder / "out" / "model"))
    assert before.outline is None
    assert after.outline is not None
    assert after.config.outline == tiny().outline
    assert torch.allclose(before.text_head.weight, after.text_head.weight, atol=1e-3)
    again = [*command, "--model", str(folder / "out" / "model"), "--out", str(folder / "anew"), "--resume"]
    assert main(again) == 0


@pytest.mark.parametrize(
    ("config", "model", "named"),
    [
        (CONFIG.replace("tiny", "janus"), "model", "no outline"),
        (CONFIG.replace("steps", "stairs"), "model", "outline.stairs"),
        (CONFIG, "nowhere", "no such folder"),
    ],
)
def test_bad_input_gets_one_line(folder: Path, capsys: pytest.CaptureFixture[str], config: str, model: str, named: str) -> None:
    (folder / "config.yaml").write_text(config)
    command = ["train", "outline", "--data", str(TINY), "--config", str(folder / "config.yaml")]
    assert main([*command, "--model", str(folder / model), "--out", str(folder / "out")]) == 2
    printed = capsys.readouterr().err
    assert named in printed
    assert len(printed.strip().splitlines()) == 1
