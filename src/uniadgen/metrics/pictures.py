"""Picture metrics besides PBS: palette distance of pairs, FID and CLIP scores of folders.

FID and CLIP scores are those of torchmetrics (`pip install uniadgen[pictures]`). Their weights are read from this machine and
never downloaded: FID's Inception from a file, CLIP from a folder or the cache of transformers.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.palette import palette_distance
from uniadgen.metrics.pbs import paired
from uniadgen.words import clean_text, quoted

INCEPTION = "pt_inception-2015-12-05-6726825d.pth"  # torch-fidelity's name of FID's own Inception


def picture_metrics(a: Path, b: Path, inception: Path | nn.Module | None = None, clip: str | None = None) -> dict[str, Any]:
    """Figures of two folders of pictures, paired by name.

    inception: for "fid", over all pictures of both folders; a file of weights, or any module [B, 3, H, W] uint8 -> [B, D] with
    the attribute num_features. clip: for "clip_pictures", the similarity of pairs, and "clip_text", that of the pictures in `a`
    to NAME.txt beside them (where there are any); both mean 100 x cosine, at least 0. Raises InputError.
    """
    first, second, names = paired(a, b)
    distances = [palette_distance(_picture(first[name]), _picture(second[name])) for name in names]
    values: dict[str, Any] = {"n": len(names), "palette_distance": float(np.mean(distances))}
    if inception is not None:
        values["fid"] = _fid(list(first.values()), list(second.values()), inception)
        values["fid_n"] = [len(first), len(second)]
    if clip is not None:
        values |= _clip_scores([(first[name], second[name]) for name in names], clip)
    return values


def default_inception() -> Path:
    """Where torch-fidelity keeps its Inception once it has been downloaded."""
    return Path(torch.hub.get_dir()) / "checkpoints" / INCEPTION


def _fid(first: Sequence[Path], second: Sequence[Path], inception: Path | nn.Module) -> float:
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance
    except ImportError:
        raise _missing("torchmetrics") from None
    if min(len(first), len(second)) < 2:
        raise InputError("FID: each folder needs at least two pictures; add some")
    if isinstance(inception, nn.Module):
        metric = FrechetInceptionDistance(inception)
    else:
        if not inception.is_file():
            raise InputError(
                f"argument --inception: there is no file {quoted(inception)}; name torch-fidelity's {INCEPTION} "
                "(nothing is downloaded)"
            )
        try:
            metric = FrechetInceptionDistance(2048, feature_extractor_weights_path=str(inception))
        except ModuleNotFoundError:
            raise _missing("torch-fidelity") from None
        except Exception:  # a damaged file raises anything
            raise InputError(f"argument --inception: {quoted(inception)} holds no such weights; name {INCEPTION}") from None
    for paths, real in ((first, False), (second, True)):
        for pixels in _pixels(paths):
            metric.update(pixels[None], real=real)
    return float(metric.compute())


def _clip_scores(pairs: Sequence[tuple[Path, Path]], name: str) -> dict[str, Any]:
    try:
        from torchmetrics.multimodal.clip_score import CLIPScore
        from transformers import CLIPModel, CLIPProcessor
    except ImportError:
        raise _missing("torchmetrics or transformers") from None
    try:
        parts = (
            CLIPModel.from_pretrained(name, local_files_only=True),
            CLIPProcessor.from_pretrained(name, local_files_only=True),
        )
    except Exception:  # no folder, no cache, a damaged file, another kind of model
        raise InputError(
            f"argument --clip: {quoted(name)} is no CLIP model on this machine; name a folder that transformers saved one in"
        ) from None
    pictures, texts = CLIPScore(lambda: parts), CLIPScore(lambda: parts)
    described = 0
    for one, other in pairs:
        left, right = _pixels([one, other])
        pictures.update(left, right)
        words = one.with_suffix(".txt")
        if words.is_file():
            try:
                texts.update(left, clean_text(words.read_text("utf-8")))
            except UnicodeDecodeError:
                raise InputError(f"argument --a: {quoted(words)} is no UTF-8 text; save it as UTF-8") from None
            described += 1
    values: dict[str, Any] = {"clip_pictures": float(pictures.compute())}
    return values | ({"clip_text": float(texts.compute()), "clip_text_n": described} if described else {})


def _picture(path: Path) -> Any:
    return load_rgb(path, quoted(path))


def _pixels(paths: Sequence[Path]) -> Iterator[Tensor]:
    """Pictures one by one, uint8 [3, H, W]."""
    for path in paths:
        yield torch.from_numpy(np.array(_picture(path))).permute(2, 0, 1)


def _missing(library: str) -> InputError:
    return InputError(f'picture metrics need {library}; pip install "uniadgen[pictures]"')
