"""What `uniadgen train` runs: reads the configuration and the data, trains, writes a model folder."""

import dataclasses
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import load_file, save_file

from uniadgen.errors import InputError
from uniadgen.model import checkpoint
from uniadgen.model.config import ModelConfig, embedded, tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.text_tokenizer import train_text_tokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.prompts import load_pool
from uniadgen.training.corpus import Corpus, encode_corpus, load_corpus, picture_array
from uniadgen.training.loop import Schedule
from uniadgen.training.tokenizer import train_tokenizer
from uniadgen.training.unified import Examples, Mix, train_unified
from uniadgen.world.specs import stream
from uniadgen.world.titles import pseudo_title_task

MODELS = {"embedded": embedded, "tiny": tiny}
TOKENIZER_WEIGHTS = "tokenizer.safetensors"


def read_config(path: Path) -> tuple[ModelConfig, dict[str, dict[str, Any]]]:
    """The model's configuration and the sections of the training file. Raises InputError."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"{path}: not readable as YAML ({' '.join(str(error).split())[:160]}); supply a training file"
        ) from None
    sections = ("model", "tokenizer", "unified", "mix")
    if not isinstance(values, dict) or not set(values) <= set(sections) or values.get("model") not in MODELS:
        raise InputError(f"{path}: expected the sections {', '.join(sections)}, with model one of {', '.join(MODELS)}")
    return MODELS[values.pop("model")](), values


def _section(cls: Any, values: dict[str, dict[str, Any]], name: str, path: Path) -> Any:
    known = {f.name: f for f in dataclasses.fields(cls)}
    section = values.get(name) or {}
    for key, value in section.items():
        if key not in known or isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{path}: {name}.{key} is no known number; known are {', '.join(known)}")
    try:
        return cls(**section)
    except TypeError as error:
        raise InputError(f"{path}: {name}: {error}") from None


def run_tokenizer(data: Path, config_path: Path, out: Path, resume: bool) -> None:
    config, values = read_config(config_path)
    schedule: Schedule = _section(Schedule, values, "tokenizer", config_path)
    corpus = load_corpus(data)
    kept, held_out = corpus.rows("train"), corpus.rows("val") + corpus.rows("test")
    size = config.image.resolution
    # plates are what the model paints, ads are what histories are made of
    pictures = picture_array([corpus.plates[i] for i in kept] + [corpus.ads[i] for i in kept], size)
    unseen = picture_array([corpus.plates[i] for i in held_out], size)
    torch.manual_seed(schedule.seed)
    tokenizer = FSQTokenizer(config.image)
    train_tokenizer(tokenizer, pictures, unseen, schedule, config.preference.resolution, out, resume)
    save_file({name: t.contiguous() for name, t in tokenizer.state_dict().items()}, out / TOKENIZER_WEIGHTS)
    print(f"wrote {out / TOKENIZER_WEIGHTS}")


def text_corpus(corpus: Corpus, seed: int) -> list[str]:
    """What the text tokenizer learns its vocabulary from: this world's texts, invented ones, and the instructions."""
    texts = (
        [" " + t for t in corpus.texts] + corpus.descriptions + [" " + p for points in corpus.selling_points for p in points]
    )
    for index in range(4000):
        description, points, text, _, _ = pseudo_title_task(stream(seed, "vocabulary", index))
        texts += [description, " " + text, *(" " + p for p in points)]
    for kind in ("general_text", "personalised_text", "unified", "background_prompt"):
        texts += list(load_pool(kind).templates) * 20
    return texts


def run_unified(data: Path, config_path: Path, tokenizer_folder: Path, out: Path, resume: bool) -> None:
    config, values = read_config(config_path)
    schedule: Schedule = _section(Schedule, values, "unified", config_path)
    mix: Mix = _section(Mix, values, "mix", config_path)
    corpus = load_corpus(data)
    words = train_text_tokenizer(text_corpus(corpus, schedule.seed), config.decoder.text_vocabulary - 8)
    torch.manual_seed(schedule.seed)
    model = UnifiedModel(config)
    path = tokenizer_folder / TOKENIZER_WEIGHTS
    try:
        model.image_tokenizer.load_state_dict(load_file(path))
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"{path}: not the tokenizer of this configuration ({reason}); run `uniadgen train tokenizer`"
        ) from None
    assert isinstance(model.image_tokenizer, FSQTokenizer)
    codes, click_codes = encode_corpus(
        corpus, model.image_tokenizer, config.image.resolution, config.preference.resolution, out
    )
    train, held_out = (Examples(corpus, codes, click_codes, config, words, split, mix) for split in ("train", "val"))
    train_unified(model, train, held_out, schedule, out, resume)
    checkpoint.save(out / "model", model, words, torch.float16)
    print(f"wrote {out / 'model'}")
