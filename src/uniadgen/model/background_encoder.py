"""The background encoder behind PBS: a vision transformer whose embedding ignores the product and tells the scene.

One class for the small encoder in the package and for the reference's ViT-B/16. The reference publishes a training checkpoint
of momentum contrast: a dict under `model`, keys `module.base_encoder.*` in timm's names, a linear layer to 64 dimensions.
"""

import json
import re
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.imaging.colour import flatten
from uniadgen.loading.weights import read_tensors
from uniadgen.model.config import Heads, Layers, Pixels, Width
from uniadgen.model.layers import Encoder
from uniadgen.schema import Range, read
from uniadgen.words import quoted

WEIGHTS = "background.safetensors"
DESCRIBED = 4  # blocks whose states are a picture's features
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
_PREFIX = "module.base_encoder."
_TIMM = {
    "attn.qkv": "qkv",
    "attn.proj": "out",
    "mlp.fc1": "up",
    "mlp.fc2": "down",
    "norm1": "attention_norm",
    "norm2": "feed_forward_norm",
}


@dataclass(frozen=True)
class BackgroundConfig:
    """Shape of a background encoder. The picture is scaled to size * 256 / 224 and its centre of size x size is seen."""

    size: Pixels = 128
    patch: Pixels = 16
    width: Width = 160
    layers: Layers = 4
    heads: Heads = 5
    embedding: Width = 64
    norm_eps: Annotated[float, Range(0, 0.1)] = 1e-5


class BackgroundEncoder(nn.Module):
    def __init__(self, config: BackgroundConfig) -> None:
        super().__init__()
        self.config = config
        self.patches = nn.Conv2d(3, config.width, config.patch, stride=config.patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.positions = nn.Parameter(torch.randn(1, (config.size // config.patch) ** 2 + 1, config.width) * 0.02)
        self.encoder = Encoder(config.width, config.heads, config.layers)
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.embedding)
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = config.norm_eps

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in 0..1 -> embeddings [B, 64] of length 1."""
        return self._embedded(self._states(pixels)[-1][:, 0])

    def features(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in 0..1 -> [B, features]: class token, and mean and deviation of the patches, after each of
        the last DESCRIBED blocks. Embeddings are a projection of the last class token; the rest tells more about a scene."""
        described = ((x[:, 0], x[:, 1:].mean(1), x[:, 1:].std(1)) for x in self._states(pixels)[-DESCRIBED:])
        return torch.cat([part for parts in described for part in parts], 1)

    @property
    def described(self) -> int:
        """How many features a picture has."""
        return 3 * self.config.width * min(DESCRIBED, self.config.layers)

    def project(self, features: Tensor) -> Tensor:
        """features [B, features] -> embeddings [B, 64] of length 1."""
        width = self.config.width
        return self._embedded(features[:, -3 * width : -2 * width])

    def _states(self, pixels: Tensor) -> list[Tensor]:
        """Class token and patches after each block [B, 1 + patches, width]."""
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1).to(pixels) for values in (_MEAN, _DEVIATION))
        x = self.patches((pixels - mean) / deviation).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), -1, -1).to(x.dtype), x], 1) + self.positions.to(x.dtype)
        states: list[Tensor] = []
        for block in self.encoder.blocks:
            x = block(x)
            states.append(x)
        return states

    def _embedded(self, class_token: Tensor) -> Tensor:
        return F.normalize(self.head(self.norm(class_token)).float(), dim=-1)

    def prepare(self, image: Image.Image) -> Tensor:
        """What the encoder sees of a picture: [3, size, size] in 0..1."""
        size = self.config.size
        image, side = flatten(image), round(size * 256 / 224)
        scale = side / min(image.size)
        width, height = (max(size, round(length * scale)) for length in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        left, top = (width - size) // 2, (height - size) // 2
        cut = image.crop((left, top, left + size, top + size))
        return torch.frombuffer(bytearray(cut.tobytes()), dtype=torch.uint8).view(size, size, 3).permute(2, 0, 1).float() / 255


def save_encoder(path: Path, encoder: BackgroundEncoder) -> None:
    """Writes one safetensors file (fp16) with the configuration in its metadata."""
    tensors = {name: t.half().contiguous().cpu() for name, t in encoder.state_dict().items()}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {"background": json.dumps(asdict(encoder.config))})


def load_encoder(path: Path | None = None, device: torch.device | str = "cpu") -> BackgroundEncoder:
    """The embedded encoder, one that `save_encoder` wrote, or the published checkpoint; in evaluation mode.

    Nothing is unpickled but tensors. Raises InputError.
    """
    if path is None:
        path = Path(str(resources.files("uniadgen") / "weights" / WEIGHTS))
        if not path.is_file():
            raise InputError("background encoder: this installation has none; supply --encoder, or run `uniadgen train pbs`")
    if not path.is_file():
        raise InputError(
            f"background encoder {quoted(path)}: no such file; supply a .safetensors file or a published checkpoint"
        )
    try:
        config, tensors = _read_safetensors(path) if path.suffix == ".safetensors" else _read_published(path)
        encoder = BackgroundEncoder(config)
        encoder.load_state_dict(tensors)
    except Exception as error:  # reading a damaged file raises anything, from struct.error to SafetensorError
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"background encoder {quoted(path)}: not a background encoder ({reason}); supply another file"
        ) from None
    return encoder.eval().to(device)


def _read_safetensors(path: Path) -> tuple[BackgroundConfig, dict[str, Tensor]]:
    with safe_open(path, "pt") as file:
        config: BackgroundConfig = read(BackgroundConfig, json.loads((file.metadata() or {})["background"]), "background")
    return config, {name: t.float() for name, t in read_tensors(path).items()}


def _read_published(path: Path) -> tuple[BackgroundConfig, dict[str, Tensor]]:
    stored = torch.load(path, map_location="cpu", weights_only=True)["model"]
    found = {name.removeprefix(_PREFIX): t.float() for name, t in stored.items() if name.startswith(_PREFIX)}
    if not found:
        raise KeyError(f"no key begins with {_PREFIX}")
    width, _, patch, _ = found["patch_embed.proj.weight"].shape
    grid = round((found["pos_embed"].shape[1] - 1) ** 0.5)
    layers = 1 + max(int(name.split(".")[1]) for name in found if name.startswith("blocks."))
    config = BackgroundConfig(grid * patch, patch, width, layers, width // 64, found["head.weight"].shape[0], norm_eps=1e-6)
    return config, {_renamed(name): t for name, t in found.items()}


def _renamed(name: str) -> str:
    """timm's name of a parameter -> ours."""
    fixed = {"cls_token": "class_token", "pos_embed": "positions"}
    if name in fixed:
        return fixed[name]
    name = name.replace("patch_embed.proj.", "patches.")
    block = re.fullmatch(r"blocks\.(\d+)\.(.+)\.(weight|bias)", name)
    return f"encoder.blocks.{block[1]}.{_TIMM[block[2]]}.{block[3]}" if block else name
