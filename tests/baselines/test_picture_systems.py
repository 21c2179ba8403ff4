"""Systems of diffusers with their real classes and random weights, and the files of those that run elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_endpoint import answers, server
from tiny_pipelines import save_flux, save_stable_diffusion, save_stable_diffusion_3

from uniadgen.ads import AdRequest, Box, Click, Product
from uniadgen.baselines import Task, all_baselines
from uniadgen.baselines.diffusion import edges_of, on_white
from uniadgen.baselines.flux_kontext import sheet
from uniadgen.cli.main import main
from uniadgen.evaluation.protocol import load_cases
from uniadgen.evaluation.systems import read_system
from uniadgen.metrics.fidelity import product_is_intact

TINY = Path(__file__).parents[2] / "data" / "tiny"


def baselines(step: str, *arguments: str) -> int:
    return main(["baselines", step, *arguments, "--data", str(TINY), "--limit", "2"])


def run(name: str, out: Path, *options: str) -> int:
    return baselines("run", name, "--side", "64", "--out", str(out), "--device", "cpu", "--steps", "1", *options)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """Options with the weights of a system, saved when they are asked for first."""
    folder = tmp_path_factory.mktemp("pipelines")
    made: dict[str, list[str]] = {}

    def options(name: str) -> list[str]:
        if name not in made:
            where = folder / name
            if name == "flux-fill":
                made[name] = ["--weights", str(save_flux(where, "FluxFillPipeline", 20))]
            elif name == "flux-kontext":
                made[name] = ["--weights", str(save_flux(where, "FluxKontextPipeline", 8))]
            else:
                weights, control = (save_stable_diffusion_3 if name == "postermaker" else save_stable_diffusion)(where)
                made[name] = ["--weights", str(weights), "--controlnet", str(control)]
        return made[name]

    return options


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flux-fill", "flux-kontext", "postermaker", "reliable-ad"])
def test_systems_of_diffusers(name: str, saved: Callable[[str], list[str]], tmp_path: Path) -> None:
    options = saved(name) + (["--candidates", "2"] if name == "reliable-ad" else [])
    assert run(name, tmp_path / "a", *options) == 0
    assert run(name, tmp_path / "b", *options) == 0
    cases = load_cases(TINY, "test", 2)
    system, again = (read_system(tmp_path / folder, [case.id for case in cases]) for folder in "ab")
    assert (system.unused, system.missing) == ([], [])
    pictures = []
    for case in cases:
        output = system.ads[case.id]
        picture = Image.open(output.ad)
        pictures.append(picture.tobytes())
        assert picture.size == (64, 64)
        assert picture.tobytes() == Image.open(again.ads[case.id].ad).tobytes()
        assert isinstance(case.product.image, Image.Image)
        assert output.text is None
        if name == "reliable-ad":
            assert output.background is not None
            assert output.placement is not None
            assert product_is_intact(picture, case.product.image, output.placement, Image.open(output.background))
        else:
            assert output.background is None
            assert (output.placement is None) == (name == "flux-kontext")
        assert len(output.sampled) == (3 if name == "flux-kontext" else 0)
    assert pictures[0] != pictures[1]
    assert system.general == (name != "flux-kontext")


def test_what_is_missing_is_said_before_anything_is_loaded(
    saved: Callable[[str], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    diffusers = pytest.importorskip("diffusers")
    fill, kontext = saved("flux-fill")[1], saved("flux-kontext")[1]
    sd, control = saved("reliable-ad")[1::2]

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("nothing may be loaded")

    monkeypatch.setattr(diffusers.DiffusionPipeline, "from_pretrained", never)
    capsys.readouterr()  # what saving says
    partial = tmp_path / "partial"
    partial.mkdir()
    (partial / "model_index.json").write_text('{"_class_name": "FluxFillPipeline"}')
    (partial / "transformer").mkdir()
    for name, options, reason in (
        ("flux-fill", ["--weights", kontext], 'is a "FluxKontextPipeline"; this system takes FluxFillPipeline'),
        ("flux-fill", ["--weights", str(partial)], "missing"),
        ("flux-fill", ["--weights", str(tmp_path / "nowhere")], "no folder"),
        ("flux-fill", ["--weights", fill, "--controlnet", control], "no such option"),
        ("reliable-ad", ["--weights", sd, "--controlnet", f"{sd}/unet"], 'is a "UNet2DConditionModel"'),
        ("postermaker", ["--weights", sd, "--controlnet", control], 'is a "StableDiffusionPipeline"'),
        ("flux-fill", ["--weights", fill, "--dtype", "int3"], "--dtype"),
        ("flux-fill", ["--weights", fill, "--prompts", str(tmp_path / "no.jsonl")], "--prompts"),
        ("pigeon", [], "--outputs"),
    ):
        if name == "pigeon":
            assert baselines("run", name, "--out", str(tmp_path / "out")) == 2
        else:
            assert run(name, tmp_path / "out", *options) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert reason in error
    monkeypatch.setattr("uniadgen.loading.memory.free_memory", lambda device: 1000)
    assert run("flux-fill", tmp_path / "out", "--weights", fill) == 2
    assert "GB free" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def task(cutout: Image.Image) -> Task:
    clicks = [Click(Image.new("RGB", (8, 8), colour), f"Red Kettle {colour}") for colour in ("red", "lime", "blue")]
    return Task(AdRequest(Product(cutout, "a kettle", ["Velmora"]), clicks, Box(0.25, 0.25, 0.75, 0.75)), None, (64, 64), "u1")


def test_what_the_systems_see() -> None:
    cutout = Image.new("RGBA", (20, 20), (10, 20, 200, 255))
    canvas, mask = on_white(task(cutout))
    assert canvas.getpixel((32, 32)) == (10, 20, 200)
    assert canvas.getpixel((2, 2)) == (255, 255, 255)
    assert (mask.getpixel((32, 32)), mask.getpixel((2, 2))) == (0, 255)
    edges = np.asarray(edges_of(canvas))
    assert edges[32, 14:18].any()
    assert not edges[:8].any()
    seen = sheet(task(cutout), [2, 0])
    assert seen.size == (64 + 21, 64)
    assert (seen.getpixel((70, 5)), seen.getpixel((70, 30))) == ((0, 0, 255), (255, 0, 0))
    assert sheet(task(cutout), []).size == (64, 64)


def test_pigeons_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs, results = tmp_path / "inputs", tmp_path / "results"
    assert baselines("export", "pigeon", "--out", str(inputs)) == 0
    load = lambda name: np.load(inputs / "processed_seq" / f"{name}.npy", allow_pickle=True)  # noqa: E731
    sequences, paths, semantics = load("test").item(), load("all_image_paths"), load("movie_semantics").tolist()
    movies = load("mapped_movies").item()
    cases = load_cases(TINY, "test", 2)
    for user, case in enumerate(cases):
        [[*history, target]] = sequences[user][0]
        assert len(history) == 5
        assert [movies[number]["title"] for number in history] == [click.text for click in case.history[-5:]]
        assert semantics[target] == case.product.description
        for number in (*history, target):
            assert Image.open(inputs / "images" / paths[number]).size == (512, 512)
        # the reference is the product, never the ad that was clicked
        assert Image.open(inputs / "images" / paths[target]).getpixel((0, 0)) == (255, 255, 255)
    assert baselines("export", "pigeon", "--out", str(inputs)) == 2
    assert "there already" in capsys.readouterr().err
    # as its inference.py saves them: only the second shopper's is there
    target = sequences[1][0][0][-1]
    made = results / "1" / str(target) / "0" / "0" / "0.jpg"
    made.parent.mkdir(parents=True)
    Image.new("RGB", (120, 160), "teal").save(made)
    run_it = ["run", "pigeon", "--out", str(tmp_path / "ads"), "--outputs", str(results)]
    assert baselines(*run_it) == 2
    assert "copy it there" in capsys.readouterr().err
    (results / "shoppers.json").write_bytes((inputs / "shoppers.json").read_bytes())
    assert baselines(*run_it) == 0
    assert "1 ads made, 0 were there, nothing for 1" in capsys.readouterr().out
    system = read_system(tmp_path / "ads", [case.id for case in cases])
    assert system.missing == [cases[0].id]
    output = system.ads[cases[1].id]
    assert (output.placement, Image.open(output.ad).size, len(output.sampled)) == (None, (120, 160), 5)


def test_postermakers_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs, results = tmp_path / "inputs", tmp_path / "results"
    assert baselines("export", "postermaker", "--side", "128", "--out", str(inputs)) == 0
    entries = json.loads((inputs / "inputs.json").read_text())
    cases = load_cases(TINY, "test", 2)
    assert [entry["filename"] for entry in entries] == [case.id for case in cases]
    for entry in entries:
        picture = Image.open(inputs / "images" / "rgba_images" / f"{entry['filename']}.png")
        mask = Image.open(inputs / "images" / "subject_masks" / f"{entry['filename']}.png")
        assert (picture.mode, mask.mode, picture.size, mask.size) == ("RGBA", "L", (128, 128), (128, 128))
        assert np.array_equal(np.asarray(picture)[..., 3], np.asarray(mask))
        assert 0 < np.asarray(mask).mean() < 255
        assert len(entry["texts"]) <= 7
        for text in entry["texts"]:
            assert len(text["content"]) <= 16
            left, top, right, bottom = text["pos"]
            assert 0 <= left < right <= 128
            assert 0 <= top < bottom <= 128
    results.mkdir()
    Image.new("RGB", (128, 128), "teal").save(results / f"{cases[0].id}.jpg")
    Image.new("RGB", (128, 128), "red").save(results / f"{cases[1].id}_0.jpg")
    assert baselines("run", "postermaker", "--out", str(tmp_path / "ads"), "--outputs", str(results)) == 0
    ads = read_system(tmp_path / "ads", [case.id for case in cases]).ads
    assert all(ad.background is None and ad.placement is not None for ad in ads.values())
    assert baselines("export", "studio", "--out", str(tmp_path / "no")) == 2
    assert "nothing to export" in capsys.readouterr().err


def test_prompts_by_a_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "prompts.jsonl"
    assert baselines("prompts", "--out", str(out)) == 0
    records = [json.loads(line) for line in out.read_text().splitlines()]
    cases = load_cases(TINY, "test", 2)
    assert [(record["id"], record["clicks"]) for record in records] == [(case.id, []) for case in cases]
    assert all(" ".join(case.product.description.split()[:4]) in r["prompt"] for case, r in zip(cases, records, strict=True))
    first = out.read_bytes()
    assert baselines("prompts", "--out", str(out)) == 0
    assert "0 prompts written, 2 were there" in capsys.readouterr().out
    assert out.read_bytes() == first
    for wrong in ("{", '{"id": "u"}', '{"id": "u", "prompt": " "}', '{"id": "u", "prompt": "a", "clicks": [-1]}'):
        out.write_text(wrong)
        assert baselines("prompts", "--out", str(out)) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_prompts_by_a_model_that_sees_the_product(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "prompts.jsonl"
    with server(answers('"A sunny terrace."'), answers("<think>only this")) as (address, asked):
        assert baselines("prompts", "--out", str(out), "--endpoint", address, "--model-name", "vlm") == 0
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert records[0]["prompt"] == "A sunny terrace."
    assert records[1]["prompt"].startswith("Product photograph of")  # the template's, when the model says nothing
    assert [len(record["clicks"]) for record in records] == [10, 0]
    assert "1 of them by the template" in capsys.readouterr().err
    with server(answers("A quay at dusk.")) as (address, requests):
        served = ("--endpoint", address, "--model-name", "vlm", "--parallel", "2")
        assert baselines("prompts", "--out", str(tmp_path / "more.jsonl"), *served) == 0
        assert len(requests) == 2
    assert (tmp_path / "more.jsonl").read_text().count("A quay at dusk.") == 2
    case = load_cases(TINY, "test", 1)[0]
    picture, words = asked[0]["messages"][0]["content"]
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert case.product.description in words["text"]
    assert case.history[records[0]["clicks"][0]].text in words["text"]


@pytest.mark.slow
def test_prompts_by_a_vision_model_of_transformers(tmp_path: Path) -> None:
    """A LLaVA with random weights: what it says is nonsense, but it has seen the product."""
    transformers = pytest.importorskip("transformers")
    import torch
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    torch.manual_seed(0)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate([*alphabet, "<end>", "<image>"])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([AddedToken("<end>", special=True), AddedToken("<image>", special=True)])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    text = transformers.LlamaConfig(
        vocab_size=len(alphabet) + 2,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=len(alphabet),
    )
    vision = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=16
    )
    config = transformers.LlavaConfig(vision_config=vision, text_config=text, image_token_index=len(alphabet) + 1)
    transformers.LlavaForConditionalGeneration(config).save_pretrained(tmp_path / "llava")
    size = {"height": 32, "width": 32}
    transformers.LlavaProcessor(
        transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=size),
        fast,
        patch_size=16,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template="{% for m in messages %}{% for c in m.content %}"
        "{% if c.type == 'image' %}<image>{% else %}{{ c.text }}{% endif %}{% endfor %}{% endfor %}",
    ).save_pretrained(tmp_path / "llava")
    options = ("--weights", str(tmp_path / "llava"), "--device", "cpu", "--max-tokens", "4", "--general")
    assert baselines("prompts", "--out", str(tmp_path / "p.jsonl"), *options) == 0
    records = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert [record["clicks"] for record in records] == [[], []]
    assert all(record["prompt"] for record in records)


@pytest.mark.slow
def test_plain_janus(janus_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "janus"
    options = ("--side", "64", "--weights", str(janus_folder), "--device", "cpu")
    assert baselines("run", "janus", "--out", str(out), *options) == 0
    cases = load_cases(TINY, "test", 2)
    system = read_system(out, [case.id for case in cases])
    assert system.general
    for case in cases:
        output = system.ads[case.id]
        assert output.text
        assert output.background is not None
        assert output.placement is not None
        assert isinstance(case.product.image, Image.Image)
        picture, background = Image.open(output.ad), Image.open(output.background)
        assert product_is_intact(picture, case.product.image, output.placement, background)
    (tmp_path / "not").mkdir()
    (tmp_path / "not" / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "not" / "model.safetensors").write_bytes(next(janus_folder.glob("*.safetensors")).read_bytes())
    assert baselines("run", "janus", "--out", str(tmp_path / "no"), "--weights", str(tmp_path / "not")) == 2
    assert 'of the kind "llama"; this system takes janus' in capsys.readouterr().err


def test_every_system_says_how_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", "list", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert {name for name, entry in listed.items() if entry["runs"] == "elsewhere"} == {"pigeon"}
    assert {"--weights", "--controlnet", "--outputs"} <= set(listed["postermaker"]["options"])
    assert {name for name, b in all_baselines().items() if b.export is not None} == {"pigeon", "postermaker"}
