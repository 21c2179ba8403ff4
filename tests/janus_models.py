"""A Janus and a DINOv2 of transformers with random weights, small enough for every test, saved with save_pretrained."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

PAD, BEGIN, END, IMAGE_START = "<｜▁pad▁｜>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<begin_of_image>"
MARKERS = [BEGIN, END, PAD, IMAGE_START, "<end_of_image>", "<image_placeholder>", "<|User|>", "<|Assistant|>"]
PROMPTS = ("Write an ad for a kettle: auto shut-off; 1.7 L", "A lamp on a desk", "Mug")
WIDTH, VOCABULARY = 32, 420  # rows of the embedding table, more than the tokenizer has ids


def _spread(model: torch.nn.Module, seed: int) -> None:
    """Weights large enough that scores differ, norms and biases away from one and zero, so that each must be mapped right."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif p.ndim == 1:
                p.copy_(0.1 * noise)
            else:
                p.copy_(noise * (1.0 if "embed" in name else p[0].numel() ** -0.5))


@pytest.fixture(scope="session")
def janus_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([*PROMPTS, ": Write", "Write the ad text and paint the background."] * 3, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in MARKERS])
    begin = tokenizer.token_to_id(BEGIN)
    tokenizer.post_processor = processors.TemplateProcessing(f"{BEGIN} $A", special_tokens=[(BEGIN, begin)])
    return tokenizer


@pytest.fixture(scope="session")
def theirs(janus_tokenizer: Tokenizer) -> Any:
    ids = {name: janus_tokenizer.token_to_id(s) for name, s in (("bos", BEGIN), ("eos", END), ("pad", PAD))}
    transformers = pytest.importorskip("transformers")
    model = transformers.JanusForConditionalGeneration(
        transformers.JanusConfig(
            text_config=transformers.LlamaConfig(
                vocab_size=VOCABULARY,
                hidden_size=WIDTH,
                intermediate_size=48,
                num_hidden_layers=3,
                num_attention_heads=4,
                rms_norm_eps=1e-6,
                rope_parameters={"rope_type": "default", "rope_theta": 5000.0},
                **{f"{name}_token_id": value for name, value in ids.items()},
            ),
            vision_config=transformers.JanusVisionConfig(
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                image_size=16,
                patch_size=4,
                num_image_tokens=16,
                projection_dim=WIDTH,
            ),
            vq_config=transformers.JanusVQVAEConfig(
                embed_dim=8,
                num_embeddings=64,
                latent_channels=16,
                base_channels=32,
                channel_multiplier=[1, 1],
                num_res_blocks=1,
                projection_dim=WIDTH,
                image_token_embed_dim=WIDTH,
            ),
            image_token_id=janus_tokenizer.token_to_id("<image_placeholder>"),
            tie_word_embeddings=False,
        )
    ).eval()
    _spread(model, 1)
    generation = model.generation_config
    for name, value in ids.items():
        setattr(generation, f"{name}_token_id", value)
    generation.generation_kwargs = {"boi_token_id": janus_tokenizer.token_to_id(IMAGE_START)}
    return model


@pytest.fixture(scope="session")
def janus_folder(tmp_path_factory: pytest.TempPathFactory, theirs: Any, janus_tokenizer: Tokenizer) -> Path:
    transformers = pytest.importorskip("transformers")
    path = tmp_path_factory.mktemp("janus")
    theirs.save_pretrained(path, max_shard_size="200KB")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=janus_tokenizer,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens={"boi_token": IMAGE_START},
    ).save_pretrained(path)
    assert len(list(path.glob("*.safetensors"))) > 2
    return path


@pytest.fixture(scope="session")
def dino_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    transformers = pytest.importorskip("transformers")
    path = tmp_path_factory.mktemp("dino")
    config = transformers.Dinov2Config(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=70, patch_size=14)
    model = transformers.Dinov2Model(config)
    _spread(model, 2)
    model.save_pretrained(path)
    return path
