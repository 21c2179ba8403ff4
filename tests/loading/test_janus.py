"""Janus inside, against transformers' own Janus on the same weights: small random models, saved with save_pretrained."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from janus_models import IMAGE_START, MARKERS, PROMPTS
from uniadgen.ads import Click, Product
from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import decode_image
from uniadgen.errors import InputError
from uniadgen.loading import checkpoint, janus, memory
from uniadgen.model.config import janus_pro
from uniadgen.model.pixels import to_image
from uniadgen.model.sequence import build_prompt, unconditional_prompt
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, CLICK_TEXT, TEXT, Clicks, UnifiedModel
from uniadgen.pipeline.generator import AdGenerator

pytestmark = pytest.mark.slow

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """For models as small as these a second thread costs more than it gives."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(janus_folder: Path) -> Path:
    return janus_folder


@pytest.fixture(scope="module")
def dino(dino_folder: Path) -> Path:
    return dino_folder


@pytest.fixture(scope="module")
def ours(folder: Path, dino: Path) -> tuple[UnifiedModel, TextTokenizer]:
    return janus.load(folder, dino)


def _chat(prompt: str) -> str:
    return f"<|User|>: {prompt}\n\n<|Assistant|>:"


def _their_inputs(folder: Path, prompts: list[str], suffix: str = "") -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, padding_side="left")
    return tokenizer([_chat(p) + suffix for p in prompts], return_tensors="pt", padding=True, return_token_type_ids=False)


def _prompt_ids(ours: tuple[UnifiedModel, TextTokenizer], prompt: str) -> list[int]:
    return build_prompt(ours[1], ours[0].config, prompt, "", []).ids


def _prefilled(engine: Engine, rows: list[list[int]]) -> tuple[Cache, Tensor]:
    """A cache that has read rows of any length, padded on the left (with id 0), and the hidden states [B, T, D]."""
    length = max(map(len, rows))
    cache = engine.allocate(len(rows), length)
    ids = torch.tensor([[0] * (length - len(ids)) + ids for ids in rows])
    return cache, engine.forward(engine.model.embed_text(ids), [cache], lengths=[len(ids) for ids in rows])


@torch.inference_mode()
def _our_text(ours: tuple[UnifiedModel, TextTokenizer], prompts: list[str], count: int) -> list[list[int]]:
    model, engine = ours[0], Engine.pack(ours[0])
    cache, hidden = _prefilled(engine, [_prompt_ids(ours, p) for p in prompts])
    written = []
    for _ in range(count):
        token = model.text_head(hidden[:, -1]).argmax(-1)
        written.append(token)
        hidden = engine.forward(model.embed_text(token)[:, None], [cache])
    rows = torch.stack(written, 1).tolist()
    return [row[: row.index(ours[1].end) + 1] if ours[1].end in row else row for row in rows]


@torch.inference_mode()
def _our_codes(
    ours: tuple[UnifiedModel, TextTokenizer], prompts: list[str], guidance: float = 5.0, window: int = 1
) -> list[list[int]]:
    model, tokenizer = ours
    engine = Engine.pack(model)
    rows = [_prompt_ids(ours, p) for p in prompts]
    empty = [unconditional_prompt(tokenizer, model.config, len(row)).ids for row in rows]
    codes = decode_image(
        engine,
        [_prefilled(engine, rows)[0], _prefilled(engine, empty)[0]],
        model.embed_text(torch.tensor(tokenizer.begin_image)).expand(2 * len(prompts), -1),
        model.foreground(torch.randn(len(prompts), 3, model.foreground.size, model.foreground.size)),
        guidance=guidance,
        temperature=0,
        top_k=None,
        generators=[],
        window=window,
    ).codes
    rows_of_codes: list[list[int]] = codes.tolist()
    return rows_of_codes


def _their_codes(theirs: Any, folder: Path, prompts: list[str]) -> list[list[int]]:
    inputs = _their_inputs(folder, prompts, IMAGE_START)
    codes = theirs.generate(**inputs, generation_mode="image", do_sample=False, guidance_scale=5.0)
    rows: list[list[int]] = codes.tolist()
    return rows


def test_prompt_is_the_chat_template_in_their_ids(ours: tuple[UnifiedModel, TextTokenizer], folder: Path) -> None:
    for prompt in PROMPTS:
        assert _prompt_ids(ours, prompt) == _their_inputs(folder, [prompt]).input_ids[0].tolist()


def test_special_spellings_of_a_shop_stay_text(ours: tuple[UnifiedModel, TextTokenizer]) -> None:
    model, tokenizer = ours
    ids = build_prompt(tokenizer, model.config, "{description}", " ".join(MARKERS), []).ids
    plain = build_prompt(tokenizer, model.config, "{description}", "x", []).ids
    specials = {tokenizer.special_id(s) for s in MARKERS}
    assert [i for i in ids if i in specials] == [i for i in plain if i in specials]


@torch.inference_mode()
def test_logits_of_text_and_image(ours: tuple[UnifiedModel, TextTokenizer], theirs: Any, folder: Path) -> None:
    model = ours[0]
    ids = _their_inputs(folder, [PROMPTS[0]]).input_ids
    hidden = model.decoder(model.embed_text(ids))
    torch.testing.assert_close(model.text_head(hidden), theirs(input_ids=ids).logits, atol=1e-4, rtol=0)

    codes = torch.arange(16)[None]
    their_embedding = theirs.prepare_embeddings_for_image_generation(codes)
    torch.testing.assert_close(model.embed_image(codes), their_embedding, atol=1e-5, rtol=0)
    mixed = torch.cat([theirs.get_input_embeddings()(ids), their_embedding], 1)
    expected = theirs.model.generation_head(theirs.model.language_model(inputs_embeds=mixed).last_hidden_state)
    product = model.foreground(torch.randn(1, 3, model.foreground.size, model.foreground.size))
    # the first token is predicted where begin_image, or what stands for it, is read
    placed = F.pad(model.features_of_slots(product), (0, 0, ids.shape[1] - 1, 1))
    result = model.decoder(torch.cat([model.embed_text(ids), model.embed_image(codes)], 1), foreground=placed)
    assert expected.std() > 0.1
    torch.testing.assert_close(model.image_head(result), expected, atol=1e-4, rtol=0)


def test_greedy_text_ids(ours: tuple[UnifiedModel, TextTokenizer], theirs: Any, folder: Path) -> None:
    for prompt in PROMPTS:
        inputs = _their_inputs(folder, [prompt])
        expected = theirs.generate(**inputs, generation_mode="text", do_sample=False, max_new_tokens=16)
        result = _our_text(ours, [prompt], 16)[0]
        assert result == expected[0, inputs.input_ids.shape[1] :].tolist()
        assert len(set(result)) > 3


def test_greedy_image_ids_with_guidance(ours: tuple[UnifiedModel, TextTokenizer], theirs: Any, folder: Path) -> None:
    expected = [_their_codes(theirs, folder, [p])[0] for p in PROMPTS]
    assert len({tuple(codes) for codes in expected}) == len(PROMPTS)
    assert [_our_codes(ours, [p])[0] for p in PROMPTS] == expected
    assert [_our_codes(ours, [p], window=5)[0] for p in PROMPTS] == expected
    assert _our_codes(ours, [PROMPTS[0]], guidance=1.5)[0] != expected[0]


def test_padding_and_order_of_a_batch_change_nothing(
    ours: tuple[UnifiedModel, TextTokenizer], theirs: Any, folder: Path
) -> None:
    prompts = list(PROMPTS)
    assert len({len(_prompt_ids(ours, p)) for p in prompts}) == 3
    codes, texts = _our_codes(ours, prompts), _our_text(ours, prompts, 12)
    assert codes == _their_codes(theirs, folder, prompts)
    assert codes == [_our_codes(ours, [p])[0] for p in prompts] == _our_codes(ours, prompts[::-1])[::-1]
    assert texts == [_our_text(ours, [p], 12)[0] for p in prompts] == _our_text(ours, prompts[::-1], 12)[::-1]


def _clicks() -> Clicks:
    """One click of one shopper, with a text of two tokens."""
    return Clicks(
        codes=torch.arange(64)[None, None],
        scenes=torch.zeros(1, 1, 0, dtype=torch.long),
        text=torch.tensor([[[5, 6]]]),
        text_visible=torch.ones(1, 1, 2).bool(),
        visible=torch.ones(1, 1).bool(),
        similarity=torch.zeros(1, 1),
        forms=torch.zeros(1, 1, dtype=torch.long),
    )


@torch.inference_mode()
def test_untrained_modules_are_neutral(ours: tuple[UnifiedModel, TextTokenizer], folder: Path, theirs: Any) -> None:
    model, tokenizer = ours
    assert not model.foreground(torch.randn(1, 3, model.foreground.size, model.foreground.size)).any()
    clicks = _clicks()
    kinds = torch.tensor([[TEXT] * 3 + [CLICK_TEXT] * 2 + [CLICK_IMAGE] * 64 + [TEXT]])
    ids = torch.full_like(kinds, tokenizer.pad)
    ids[0, :3], ids[0, -1] = torch.tensor([tokenizer.begin, 7, 8]), 9
    result = model.text_head(model.decoder(model.embed(ids, kinds, clicks)))
    torch.testing.assert_close(result, theirs(input_ids=ids).logits, atol=1e-4, rtol=0)
    assert not janus.load(folder)[0].foreground(torch.randn(1, 3, 32, 32)).any()


def test_untrained_modules_can_learn(folder: Path, dino: Path) -> None:
    model = janus.load(folder, dino)[0].train()
    clicks = _clicks()
    image, text, *_ = model.preference_tokens(clicks)
    features = model.foreground(torch.randn(1, 3, model.foreground.size, model.foreground.size))
    ((image - 1).square().sum() + (text - 1).square().sum() + (features - 1).square().sum()).backward()
    for weight in (model.preference.norm.weight, *(group[-1].weight for group in model.foreground.groups)):  # type: ignore[index]
        assert isinstance(weight, torch.nn.Parameter)
        assert weight.grad is not None
        assert weight.grad.any()


@torch.inference_mode()
def test_foreground_encoder_is_dinov2(ours: tuple[UnifiedModel, TextTokenizer], dino: Path) -> None:
    theirs = transformers.Dinov2Model.from_pretrained(dino).eval()
    processor = transformers.BitImageProcessor(
        do_resize=False, do_center_crop=False, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]
    )
    size = ours[0].foreground.size
    assert size == 14 * ours[0].config.image.grid
    picture = Image.effect_noise((size, size), 60).convert("RGB")
    expected = theirs(processor(picture, return_tensors="pt").pixel_values).last_hidden_state[:, 1:]
    canvas = torch.tensor(list(picture.tobytes())).view(1, size, size, 3).permute(0, 3, 1, 2) / 127.5 - 1
    torch.testing.assert_close(ours[0].foreground.encoder(canvas), expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_pictures_decode_as_theirs(ours: tuple[UnifiedModel, TextTokenizer], theirs: Any) -> None:
    codes = torch.randint(64, (2, 16), generator=torch.Generator().manual_seed(0))
    expected = theirs.decode_image_tokens(codes)  # [B, H, W, 3], not clipped
    assert expected.shape == (2, 8, 8, 3)
    result = ours[0].image_tokenizer.decode(codes, 4)
    torch.testing.assert_close(result, expected.permute(0, 3, 1, 2).clamp(-1, 1), atol=1e-5, rtol=0)
    processor = transformers.JanusImageProcessor(image_mean=[0.5] * 3, image_std=[0.5] * 3, do_normalize=True)
    expected_pixels = processor.postprocess(list(expected.permute(0, 3, 1, 2)), return_tensors="pt")["pixel_values"]
    for picture, theirs_shown in zip(result, expected_pixels, strict=True):
        values = torch.tensor(list(to_image(picture).tobytes())).view(8, 8, 3)
        assert (values - theirs_shown.view(3, 8, 8).permute(1, 2, 0).int()).abs().max() <= 1  # they cut, we round


@torch.inference_mode()
def test_pictures_are_encoded_by_direction_as_the_original_janus_does(
    ours: tuple[UnifiedModel, TextTokenizer], theirs: Any
) -> None:
    vq = theirs.model.vqmodel
    pixels = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    latent = vq.quant_conv(vq.encoder(pixels)).permute(0, 2, 3, 1).flatten(1, 2)
    latent, table = (x / x.norm(dim=-1, keepdim=True) for x in (latent, vq.quantize.embedding.weight))
    nearest = torch.cdist(latent, table[None]).argmin(-1)
    codes = ours[0].image_tokenizer.encode(pixels)
    assert torch.equal(codes, nearest)
    assert len(codes.unique()) > 5
    # the trap: their own encoder compares lengths, too
    assert not torch.equal(codes.flatten(), vq.encode(pixels).image_tokens.flatten())


@torch.inference_mode()
def test_pixels_are_normalised_as_the_folder_says(folder: Path, dino: Path, tmp_path: Path, theirs: Any) -> None:
    _copy(folder, tmp_path / "janus")
    mean, deviation = [0.4, 0.5, 0.6], [0.5, 0.25, 0.3]
    processor = transformers.JanusImageProcessor(image_mean=mean, image_std=deviation, do_normalize=True)
    processor.save_pretrained(tmp_path / "janus")
    tokenizer, config = janus.load_image_tokenizer(tmp_path / "janus")
    assert (list(config.image.mean), list(config.image.deviation)) == (mean, deviation)

    pixels = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    normalised = (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(deviation).view(3, 1, 1)
    assert torch.equal(tokenizer.encode(pixels * 2 - 1), janus.load_image_tokenizer(folder)[0].encode(normalised))
    decoded = theirs.decode_image_tokens(tokenizer.encode(pixels * 2 - 1)).permute(0, 3, 1, 2)
    expected_pixels = processor.postprocess(list(decoded), do_rescale=False, return_tensors="pt")["pixel_values"]
    result = tokenizer.decode(tokenizer.encode(pixels * 2 - 1), 4)
    for picture, expected in zip(result, expected_pixels, strict=True):
        torch.testing.assert_close((picture + 1) / 2, torch.as_tensor(expected).clamp(0, 1), atol=1e-4, rtol=0)

    _copy(dino, tmp_path / "dino")
    (tmp_path / "dino" / "preprocessor_config.json").write_text(json.dumps({"image_mean": mean, "image_std": deviation}))
    encoder = janus.load(folder, tmp_path / "dino")[0].foreground.encoder
    assert encoder.mean.flatten().tolist() == pytest.approx(mean)
    for broken in ({"image_mean": [0.5]}, {"image_std": [0.5, 0, 0.5]}, {"image_mean": "grey"}, {"do_normalize": False}):
        (tmp_path / "janus" / "preprocessor_config.json").write_text(json.dumps(broken))
        with pytest.raises(InputError, match=r"preprocessor_config\.json"):
            janus.load(tmp_path / "janus")


def test_image_tokenizer_alone(folder: Path, tmp_path: Path, ours: tuple[UnifiedModel, TextTokenizer]) -> None:
    _copy(folder, tmp_path / "part")
    _edit(tmp_path / "part", "lm_head.weight", lambda s: s.update({"lm_head.weight": torch.zeros(1)}))  # not even looked at
    tokenizer, config = checkpoint.load_tokenizer(tmp_path / "part")
    assert config.image == ours[0].config.image
    for name, tensor in ours[0].image_tokenizer.state_dict().items():
        assert torch.equal(tokenizer.state_dict()[name], tensor), name
    _edit(tmp_path / "part", "model.vqmodel.quant_conv.bias", lambda s: s.pop("model.vqmodel.quant_conv.bias"))
    with pytest.raises(InputError, match=r"quant_conv\.bias is missing"):
        checkpoint.load_tokenizer(tmp_path / "part")


LOADER = """
import sys
from pathlib import Path
import torch
from transformers import Dinov2Model, JanusVQVAE
from uniadgen.loading import janus

torch.set_num_threads(1)
def memory(name):  # not getrusage: its peak includes that of the process which started this one
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(name)) * 1024
before = memory("VmRSS")
model, _ = janus.load(Path(sys.argv[1]), dtype=torch.float32)
print(memory("VmHWM") - before, sum(p.numel() * 4 for p in model.parameters()))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_loading_takes_the_memory_of_the_model_once(theirs: Any, folder: Path, tmp_path: Path) -> None:
    config = transformers.JanusConfig.from_dict(theirs.config.to_dict())
    text, vq = config.text_config, config.vq_config
    text.hidden_size = vq.projection_dim = vq.image_token_embed_dim = config.vision_config.projection_dim = 512
    text.intermediate_size, text.num_hidden_layers, text.head_dim = 1408, 12, 128
    large = transformers.JanusForConditionalGeneration(config).to(torch.bfloat16)
    large.generation_config = theirs.generation_config
    large.save_pretrained(tmp_path, max_shard_size="10MB")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, tmp_path)
    done = subprocess.run([sys.executable, "-c", LOADER, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    grown, parameters = map(int, done.stdout.split())
    assert parameters > 200e6
    assert grown < 1.3 * parameters


@pytest.mark.parametrize(("size", "shapes"), [("1B", (2048, 24, 16, 5632)), ("7B", (4096, 30, 32, 11008))])
def test_published_sizes_map_weight_for_weight(tmp_path: Path, size: Any, shapes: tuple[int, ...]) -> None:
    """The configuration as published, in the spelling of transformers 4; no weight takes memory here."""
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    width = shapes[0]
    text = dict(zip(names, shapes, strict=True)) | {"model_type": "llama", "vocab_size": 102_400, "rms_norm_eps": 1e-6}
    text |= {"head_dim": 128, "num_key_value_heads": shapes[2], "rope_scaling": None, "rope_theta": 10000.0}
    text |= {"bos_token_id": 100_000, "eos_token_id": 100_001, "pad_token_id": 100_002, "torch_dtype": "bfloat16"}
    values = {
        "model_type": "janus",
        "text_config": text,
        "vision_config": {"model_type": "janus_vision_model", "image_size": 384, "patch_size": 16, "projection_dim": width},
        "vq_config": {"model_type": "janus_vqgan", "projection_dim": width, "image_token_embed_dim": width, "num_patches": 32},
    }
    (tmp_path / "config.json").write_text(json.dumps(values))
    (tmp_path / "tokenizer.json").write_text(json.dumps({"added_tokens": [{"id": 100_016, "content": IMAGE_START}]}))
    config = janus.read_config(tmp_path)
    published = janus_pro(size)
    assert (config.decoder, config.image.tokens, config.head_width) == (published.decoder, 576, published.head_width)
    assert config.text.specials == {"pad": 100_002, "begin": 100_000, "end": 100_001, "begin_image": 100_016}
    with torch.device("meta"):
        theirs = transformers.JanusForConditionalGeneration(transformers.JanusConfig.from_dict(values))
        ours = UnifiedModel(config)
    mapped = {}
    for name, tensor in theirs.state_dict().items():
        ours_name = next(match.expand(new) for rule, new in janus.RULES if (match := rule.fullmatch(name)))
        mapped[ours_name] = tensor.shape
    wanted = {n: t.shape for n, t in ours.state_dict().items() if not n.startswith(janus.NEW)}
    assert {name: shape for name, shape in mapped.items() if name} == wanted


def _ad(generator: AdGenerator, cutout: Image.Image, history: list[Click]) -> Any:
    product = Product(image=cutout, description="Kettle", selling_points=["1.7 L", "quiet"])
    return generator.generate(product, history, size=(64, 64), history_length=1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_ads_and_round_trip(folder: Path, dino: Path, tmp_path: Path, cutout: Image.Image, dtype: torch.dtype) -> None:
    generator = AdGenerator.from_pretrained(folder, foreground=dino, dtype=dtype)
    assert generator.model.dtype == dtype
    assert {t.dtype for t in generator.model.state_dict().values()} == {dtype}
    history = [Click(Image.new("RGB", (20, 20), "teal"), "quiet mug")]
    ad = _ad(generator, cutout, history)
    assert ad.image.size == (64, 64)
    assert {word.strip(",!|-[]") for word in ad.text.split()} <= {"1.7", "L", "quiet", ""}
    generator.save_pretrained(tmp_path / "own")
    again = AdGenerator.from_pretrained(tmp_path / "own", dtype=dtype)
    assert again.model.config == generator.model.config
    for name, tensor in generator.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], tensor), name
    repeated = _ad(again, cutout, history)
    assert (repeated.text, repeated.image.tobytes()) == (ad.text, ad.image.tobytes())
    with pytest.raises(InputError, match="foreground"):
        AdGenerator.from_pretrained(tmp_path / "own", foreground=dino)


def test_tied_embeddings(folder: Path, tmp_path: Path) -> None:
    _copy(folder, tmp_path / "tied")
    for path in (tmp_path / "tied").glob("*.safetensors"):
        save_file({k: v for k, v in load_file(path).items() if k != "lm_head.weight"}, path)
    with pytest.raises(InputError, match=r"text_head\.weight is missing"):
        janus.load(tmp_path / "tied")
    _configure(tmp_path / "tied", tie_word_embeddings=True)
    model, tokenizer = janus.load(tmp_path / "tied")
    assert model.text_head.weight is model.text_embedding.weight
    AdGenerator(model, tokenizer).save_pretrained(tmp_path / "own")
    again = AdGenerator.from_pretrained(tmp_path / "own").model
    assert torch.equal(again.text_head.weight, model.text_embedding.weight)


# --- bad input ---


def _copy(folder: Path, to: Path) -> None:
    shutil.copytree(folder, to)


def _configure(folder: Path, part: str | None = None, **changes: object) -> None:
    path = folder / "config.json"
    values = json.loads(path.read_text())
    (values if part is None else values[part]).update(changes)
    path.write_text(json.dumps(values))


def _shard_with(folder: Path, name: str) -> Path:
    return next(path for path in sorted(folder.glob("*.safetensors")) if name in load_file(path))


def _edit(folder: Path, name: str, change: Any) -> None:
    path = _shard_with(folder, name)
    state = load_file(path)
    change(state)
    save_file(state, path)


def _pickled(folder: Path) -> None:
    for path in folder.glob("*.safetensors*"):
        path.unlink()
    torch.save({"lm_head.weight": torch.zeros(1)}, folder / "pytorch_model.bin")


def _disguised(folder: Path) -> None:
    _pickled(folder)
    (folder / "pytorch_model.bin").rename(folder / "model.safetensors")


def _index_of(name: str) -> Any:
    return lambda f: (f / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"lm_head.weight": name}}))


def _cut(folder: Path) -> None:
    path = _shard_with(folder, "lm_head.weight")
    path.write_bytes(path.read_bytes()[:-100])


BAD = {
    "missing shard": (lambda f: _shard_with(f, "lm_head.weight").unlink(), r"model-\d+-of-\d+\.safetensors is missing"),
    "cut shard": (_cut, "not a readable safetensors file"),
    "pickle": (_pickled, "pytorch_model.bin is a pickle"),
    "pickle under another name": (_disguised, "not a readable safetensors file"),
    "pickle in the index": (_index_of("pytorch_model.bin"), "pickled weights are never opened"),
    "index that leads elsewhere": (_index_of("../other.safetensors"), "no safetensors file beside it"),
    "no index": (lambda f: (f / "model.safetensors.index.json").unlink(), "model.safetensors is missing"),
    "empty index": (lambda f: (f / "model.safetensors.index.json").write_text("{}"), "no weight_map"),
    "unknown weight": (lambda f: _edit(f, "lm_head.weight", lambda s: s.update(more=torch.zeros(1))), "unknown weight more"),
    "weight of a further layer": (
        lambda f: _configure(f, "text_config", num_hidden_layers=2),
        r"unknown weight model\.language_model\.layers\.2",
    ),
    "missing weight": (lambda f: _edit(f, "lm_head.weight", lambda s: s.pop("lm_head.weight")), "missing"),
    "wrong shape": (lambda f: _configure(f, "text_config", intermediate_size=64), r"shape .*config.json asks for"),
    "whole numbers": (
        lambda f: _edit(f, "lm_head.weight", lambda s: s.update({"lm_head.weight": s["lm_head.weight"].char()})),
        "stored as I8",
    ),
    "other model": (lambda f: _configure(f, model_type="llama"), "model_type is 'llama'"),
    "grouped queries": (lambda f: _configure(f, "text_config", num_key_value_heads=2), "num_key_value_heads is 2"),
    "long rope": (lambda f: _configure(f, "text_config", rope_parameters={"rope_type": "yarn", "factor": 2.0}), "config.json"),
    "nonsense size": (lambda f: _configure(f, "text_config", hidden_size=0), "config.json"),
    "size in words": (lambda f: _configure(f, "text_config", hidden_size="wide"), "config.json"),
    "section in words": (lambda f: _configure(f, vq_config="none"), "config.json"),
    "no json": (lambda f: (f / "config.json").write_text("{"), "config.json"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    "tokenizer of another model": (lambda f: _configure(f, "text_config", vocab_size=100), "config"),
    "nothing": (lambda f: [p.unlink() for p in f.iterdir()], "config.json is missing"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_folders_are_refused_in_one_line(folder: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(*_: object) -> None:
        raise AssertionError("weights were read")

    monkeypatch.setattr(janus, "stream", stream)
    change, named = BAD[case]
    _copy(folder, tmp_path / "bad")
    change(tmp_path / "bad")
    with pytest.raises(InputError, match=named) as caught:
        AdGenerator.from_pretrained(tmp_path / "bad")
    assert "\n" not in str(caught.value)


def test_bad_foreground_folders_are_refused(folder: Path, dino: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        janus.load(folder, tmp_path / "nowhere")
    with pytest.raises(InputError, match="model_type is 'janus'"):
        janus.load(folder, folder)
    _copy(dino, tmp_path / "bad")
    _configure(tmp_path / "bad", num_hidden_layers=3)
    with pytest.raises(InputError, match="missing"):
        janus.load(folder, tmp_path / "bad")


def test_too_little_memory_is_said_before_loading(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = memory.free_memory("cpu")
    assert free is None or free > 10**6
    AdGenerator.from_pretrained(folder).save_pretrained(tmp_path / "own")
    monkeypatch.setattr(memory, "free_memory", lambda device: 1000)
    for path in (folder, tmp_path / "own"):
        with pytest.raises(InputError, match="GB free") as caught:
            AdGenerator.from_pretrained(path)
        assert "\n" not in str(caught.value)
