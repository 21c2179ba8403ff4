"""Pipelines of diffusers with random weights, small enough for every test, saved with save_pretrained."""

from pathlib import Path
from typing import Any

import pytest
import torch

START, END = "<|startoftext|>", "<|endoftext|>"


def _clip(projection: bool) -> tuple[Any, Any]:
    import transformers

    vocabulary = {"!": 0, "a": 1, "a</w>": 2, START: 3, END: 4}
    tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
    config = transformers.CLIPTextConfig(
        hidden_size=32,
        intermediate_size=32,
        num_attention_heads=4,
        num_hidden_layers=2,
        projection_dim=32,
        vocab_size=8,
        bos_token_id=3,
        eos_token_id=4,
        pad_token_id=4,
    )
    kind = transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel
    return kind(config), tokenizer


def _t5() -> tuple[Any, Any]:
    import transformers

    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁a", -1.0), ("b", -2.0)]
    tokenizer = transformers.T5TokenizerFast(vocab=vocabulary, extra_ids=0, model_max_length=64)
    config = transformers.T5Config(d_model=32, d_ff=32, d_kv=8, num_layers=1, num_heads=4, vocab_size=8)
    return transformers.T5EncoderModel(config), tokenizer


def _vae(channels: int, blocks: int) -> Any:
    diffusers: Any = pytest.importorskip("diffusers")
    return diffusers.AutoencoderKL(
        block_out_channels=(4,) * blocks,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        layers_per_block=1,
        latent_channels=channels,
        norm_num_groups=1,
        use_quant_conv=channels == 4,
        use_post_quant_conv=channels == 4,
        shift_factor=None if channels == 4 else 0.06,
        scaling_factor=1.5,
    )


def save_flux(folder: Path, kind: str, channels: int) -> Path:
    """kind: FluxFillPipeline or FluxKontextPipeline. channels: into the transformer."""
    diffusers: Any = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=channels,
        out_channels=8,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
        guidance_embeds=True,
    )
    (clip, clip_tokenizer), (t5, t5_tokenizer) = _clip(False), _t5()
    getattr(diffusers, kind)(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=_vae(2, 1),
        text_encoder=clip,
        tokenizer=clip_tokenizer,
        text_encoder_2=t5,
        tokenizer_2=t5_tokenizer,
        transformer=transformer,
    ).save_pretrained(folder)
    return folder


def save_stable_diffusion_3(folder: Path) -> tuple[Path, Path]:
    """The pipeline's folder and its ControlNet's."""
    diffusers: Any = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "sample_size": 32,
        "patch_size": 1,
        "in_channels": 8,
        "out_channels": 8,
        "num_layers": 1,
        "attention_head_dim": 8,
        "num_attention_heads": 4,
        "joint_attention_dim": 32,
        "caption_projection_dim": 32,
        "pooled_projection_dim": 64,
    }
    clips, (t5, t5_tokenizer) = [_clip(True) for _ in range(2)], _t5()
    diffusers.StableDiffusion3Pipeline(
        transformer=diffusers.SD3Transformer2DModel(**sizes),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=_vae(8, 1),
        text_encoder=clips[0][0],
        tokenizer=clips[0][1],
        text_encoder_2=clips[1][0],
        tokenizer_2=clips[1][1],
        text_encoder_3=t5,
        tokenizer_3=t5_tokenizer,
    ).save_pretrained(folder / "sd3")
    diffusers.SD3ControlNetModel(**sizes, extra_conditioning_channels=1).save_pretrained(folder / "control")
    return folder / "sd3", folder / "control"


def save_stable_diffusion(folder: Path) -> tuple[Path, Path]:
    """Stable Diffusion 1.5's classes: the pipeline's folder and its ControlNet's."""
    diffusers: Any = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "block_out_channels": (4, 8),
        "layers_per_block": 1,
        "in_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "cross_attention_dim": 32,
        "norm_num_groups": 2,
        "attention_head_dim": 4,
    }
    clip, tokenizer = _clip(False)
    diffusers.StableDiffusionPipeline(
        vae=_vae(4, 2),
        text_encoder=clip,
        tokenizer=tokenizer,
        unet=diffusers.UNet2DConditionModel(
            sample_size=32, out_channels=4, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **sizes
        ),
        scheduler=diffusers.DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder / "sd")
    diffusers.ControlNetModel(conditioning_embedding_out_channels=(2, 4), **sizes).save_pretrained(folder / "control")
    return folder / "sd", folder / "control"
