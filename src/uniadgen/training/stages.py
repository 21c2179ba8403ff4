"""What `uniadgen train` runs: reads the data, trains, writes a model folder."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from uniadgen.console import print_line
from uniadgen.data.encoding import encoded_settings, fingerprint
from uniadgen.data.layout import SPLITS, iter_rows, read_creatives
from uniadgen.data.plates import load_plates
from uniadgen.data.store import Store, of_split, open_store
from uniadgen.errors import InputError
from uniadgen.files import locked_folder
from uniadgen.loading import checkpoint, lora
from uniadgen.loading.background_encoder import WEIGHTS, save_encoder
from uniadgen.loading.scene_encoder import SCENES, FoundScenes, load_scenes_encoder, save_scenes
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.model.config import OutlineConfig, PlanConfig
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.outline import Outline
from uniadgen.model.plan import SceneEncoder
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.padsynth.titles import pseudo_title_task
from uniadgen.prompts import KINDS, load_pool
from uniadgen.rng import stream
from uniadgen.training.answer_key import temporary_index, temporary_labels
from uniadgen.training.batches import DrawnHistories, Reader
from uniadgen.training.config import TrainingConfig
from uniadgen.training.loop import Schedule
from uniadgen.training.outline import creative_examples, invented_examples, train_outline
from uniadgen.training.pbs import train_pbs
from uniadgen.training.plan import Shoppers, creative_features, facet_features, remember_exemplars, train_plan
from uniadgen.training.precision import compute_dtype, device, processes
from uniadgen.training.scene_encoder import Labels, train_scenes
from uniadgen.training.tokenizer import Pictures, refine_large, train_tokenizer
from uniadgen.training.tokenizer import begin_with as begin_tokenizer_with
from uniadgen.training.unified import train_unified
from uniadgen.words import quoted

# What a training leaves in --out.
RUN = ("state*.pt", "best.pt", "log.jsonl", "samples-*.png", "*.safetensors", "model", "plan")
FACETS = ("family", "palette", "light")  # columns of creatives that label a scene, beside that of the department
MOST_WORKERS = 256
MOST_TEXTS = 100_000  # creatives that a vocabulary is learnt from


def of_process(schedule: Schedule) -> Schedule:
    """The schedule with a seed of this process's own, so that each draws other batches."""
    return dataclasses.replace(schedule, seed=schedule.seed + processes().process_index)


@contextmanager
def training_folder(out: Path, resume: bool) -> Iterator[None]:
    """Keeps `out` for one training: of several processes of that one, the first sees to it.

    Raises InputError when the folder holds an earlier run, which a new one would delete, unless `resume`; and when another
    training is at work there.
    """
    if not processes().is_main_process:
        yield
        return
    with locked_folder(out, "is being trained in"):
        if not resume:
            for pattern in RUN:
                if file := next(out.glob(pattern), None):
                    raise InputError(
                        f"argument --out: {quoted(out)} holds an earlier run ({file.name}); add --resume to go on with it, or "
                        "name another folder"
                    )
        yield


def run_tokenizer(data: Path, training: TrainingConfig, out: Path, resume: bool, start: Path | None = None) -> None:
    """start: a tokenizer, or a model, whose tokenizer's weights training begins with where they fit."""
    config, schedule = training.sizes, training.schedule("tokenizer")
    if config is None:
        raise InputError("argument --config: a backbone brings its own image tokenizer; train `unified` with --backbone")
    pictures, unseen = tokenizer_pictures(data)
    torch.manual_seed(schedule.seed)
    tokenizer = FSQTokenizer(config.image)
    if start is not None:
        before, _ = checkpoint.load_tokenizer(start)
        if not isinstance(before, FSQTokenizer):
            raise InputError(f"argument --start: {quoted(start)} has a tokenizer of another kind; only ours can be trained on")
        begin_tokenizer_with(tokenizer, before)
    sizes = config.image.resolution, of_process(schedule), config.preference.resolution
    train_tokenizer(tokenizer, pictures, unseen, *sizes, out, resume)
    if processes().is_main_process:
        checkpoint.save_tokenizer(out, tokenizer, config)
        print_line(f"wrote {out}")


def run_refine(data: Path, training: TrainingConfig, folder: Path, out: Path, resume: bool) -> None:
    """Trains the decoding half of an image tokenizer further and writes it anew: of a model, or what `run_tokenizer` wrote.

    All codes keep their meaning, so nothing else has to be trained again. A tokenizer that paints two resolutions learns to
    paint the larger one crisp.
    """
    schedule = training.schedule("refine")
    alone = (folder / checkpoint.IMAGE_TOKENIZER).is_file()
    if alone:
        tokenizer, config = checkpoint.load_tokenizer(folder)
    else:
        model, words = checkpoint.load(folder)
        tokenizer, config = model.image_tokenizer, model.config
    if not isinstance(tokenizer, FSQTokenizer):
        raise InputError(f"argument --refine: {quoted(folder)} has a tokenizer of another kind; only ours can be refined")
    resolution, schedule = config.image.resolution, of_process(schedule)
    pictures, unseen = tokenizer_pictures(data, plates_only=tokenizer.detail is not None)
    if tokenizer.detail is None:
        tokenizer.encoder.requires_grad_(False)
        train_tokenizer(tokenizer, pictures, unseen, resolution, schedule, None, out, resume)
    elif max(pictures.sides) < config.image.painted:
        raise InputError(f"data folder {quoted(data)}: no plate of the split train has {config.image.painted} px; render some")
    else:
        refine_large(tokenizer, pictures, unseen, resolution, schedule, out, resume)
    if processes().is_main_process:
        if alone:
            checkpoint.save_tokenizer(out, tokenizer, config)
        else:
            checkpoint.save(out / "model", model, words, torch.float16)
        print_line(f"wrote {out if alone else out / 'model'}")


def tokenizer_pictures(data: Path, plates_only: bool = False) -> tuple[Pictures, Pictures]:
    """What the tokenizer learns from - plates, which the model paints, and ads, which histories are made of - and unseen plates
    (ads where there are none)."""
    kept: list[bytes] = []
    unseen: list[bytes] = []
    for row in iter_rows(data, "creatives", ("split", "plate", "ad"), 64):
        plate, ad = row["plate"], row["ad"]
        if row["split"] == "train":
            kept += [picture for picture in ((plate or ad,) if plates_only else (plate, ad)) if picture is not None]
        elif plate or ad:
            unseen.append(plate or ad)
    if not kept or not unseen:
        raise InputError(f"data folder {quoted(data)}: pictures of the split train and of another one are needed")
    return Pictures.of(kept), Pictures.of(unseen)


def text_corpus(data: Path, seed: int) -> list[str]:
    """What the text tokenizer learns its vocabulary from: the data's texts, invented ones, and the instructions."""
    texts: list[str] = []
    for row in islice(iter_rows(data, "creatives", ("text", "description", "selling_points")), MOST_TEXTS):
        texts += [" " + row["text"], row["description"], *(" " + point for point in row["selling_points"])]
    for index in range(4000):
        task = pseudo_title_task(stream(seed, "vocabulary", index))
        texts += [task.description, " " + task.text, *(" " + p for p in task.selling_points)]
    for kind in KINDS:
        texts += list(load_pool(kind).templates) * 20
    return texts


def run_pbs(data: Path, training: TrainingConfig, out: Path, resume: bool) -> None:
    schedule = training.schedule("pbs")
    train, held_out = (load_plates(data, splits) for splits in (("train",), ("val", "test")))
    torch.manual_seed(schedule.seed)
    encoder = BackgroundEncoder(BackgroundConfig())
    train_pbs(encoder, train, held_out, of_process(schedule), out, resume)
    if processes().is_main_process:
        save_encoder(out / WEIGHTS, encoder)
        print_line(f"wrote {out / WEIGHTS}")


def run_outline(data: Path, training: TrainingConfig, model_folder: Path, out: Path, resume: bool) -> None:
    """Trains the outline of a finished model, of the size that the configuration's model has, and writes the model anew."""
    config, schedule = training.sizes, training.schedule("outline")
    if config is None:
        raise InputError("argument --config: a backbone has no outline; name a training file with another model")
    model, words = checkpoint.load(model_folder)
    if model.adapter is not None:
        raise InputError(
            f"argument --model: {quoted(model_folder)} is an adapter of a backbone; only a whole model has an outline"
        )
    histories = drawn_histories(data)
    torch.manual_seed(schedule.seed)
    model.config = dataclasses.replace(model.config, outline=config.outline)
    model.outline = Outline(config.outline, model.config.decoder.text_vocabulary)
    clicks = model.config.preference.clicks
    sources, held_out = (
        {
            "invented": invented_examples(words),
            "creatives": creative_examples(data, histories, words, split),
        }
        for split in ("train", "val")
    )
    train_outline(model.outline, sources, held_out, clicks, of_process(schedule), out, resume)
    if processes().is_main_process:
        checkpoint.save(out / "model", model, words, torch.float16)
        print_line(f"wrote {out / 'model'}")


def scene_labels(data: Path, splits: Sequence[str], names: dict[str, tuple[str, ...]] | None = None) -> Labels:
    """The labels of all creatives in some splits. names: the classes, where they are known; else those of the data. Raises
    InputError for data without labels, or with others."""
    table, labels_of = read_creatives(data, ("id", "split", "department")), temporary_labels(data)
    if table["department"].null_count or not labels_of:
        raise InputError(
            f"data folder {quoted(data)}: its creatives have no {', '.join(FACETS)}, as only PAd-Synth has; "
            "leave out `train scenes`, and --scenes of `train unified`"
        )
    columns = {facet: [labels_of[name][facet] for name in table["id"].to_pylist()] for facet in FACETS}
    names = names or {name: tuple(sorted(set(columns[name]))) for name in FACETS}
    for name in FACETS:
        if unknown := set(columns[name]).difference(names.get(name, ())):
            raise InputError(
                f"data folder {quoted(data)}: the scene encoder does not know the {name} {quoted(min(unknown))}; run `uniadgen "
                "train scenes` on this data"
            )
    chosen = [row for row, split in enumerate(table["split"].to_pylist()) if split in splits]
    numbers = [[names[name].index(columns[name][row]) for name in FACETS] for row in chosen]
    return Labels(names, np.array(numbers, np.int64).reshape(len(chosen), len(FACETS)))


def run_scenes(data: Path, training: TrainingConfig, out: Path, resume: bool) -> None:
    """Trains the scene encoder of the plan and writes it to OUT/scenes.safetensors."""
    config, schedule = training.sizes, training.schedule("scenes")
    if config is None:
        raise InputError("argument --config: a model on a backbone has no plan, so it needs no scene encoder")
    labels = scene_labels(data, ("train",))
    held_out_labels = scene_labels(data, ("val",), labels.names)
    train, held_out = (load_plates(data, splits) for splits in (("train",), ("val",)))
    if (len(train.plates), len(held_out.plates)) != (len(labels.numbers), len(held_out_labels.numbers)):
        raise InputError(f"data folder {quoted(data)}: some creatives have no cut-out; run `uniadgen data validate`")
    plan = dataclasses.replace(config.plan, facets=labels.facets)
    torch.manual_seed(schedule.seed)
    encoder = SceneEncoder(plan)
    train_scenes(encoder, train, labels, held_out, held_out_labels, of_process(schedule), out, resume)
    if processes().is_main_process:
        save_scenes(out / SCENES, encoder, plan, labels.names)
        print_line(f"wrote {out / SCENES}")


def drawn_histories(data: Path) -> DrawnHistories:
    """Shoppers invented from the tastes that PAd-Synth's creatives fit. Raises InputError for data of another kind."""
    table = read_creatives(data, ("department", "text_embedding", "description_embedding"))
    if table["department"].null_count:
        raise InputError(
            f"data folder {quoted(data)}: it is not PAd-Synth, so no histories can be drawn; `train unified` goes without, "
            "with histories: users"
        )
    texts, descriptions = (
        np.stack(table[name].to_numpy()).astype(np.float32) for name in ("text_embedding", "description_embedding")
    )
    return DrawnHistories(temporary_index(data), texts, descriptions)


def run_unified(
    data: Path,
    training: TrainingConfig,
    tokenizer_folder: Path | None,
    out: Path,
    resume: bool,
    backbone: Path | None = None,
    foreground: Path | None = None,
    scenes: Path | None = None,
    start: Path | None = None,
    workers: int | None = None,
) -> None:
    """tokenizer_folder: what `train tokenizer` wrote. backbone: instead of it, a Janus by its folder or hub id, whose DINOv2
    `foreground` may be; that is how a configuration with `model: janus` starts. scenes: what `train scenes` wrote; without it
    the model has no plan. start: a model folder, whose weights training begins with where they fit. workers: processes
    that make batches ahead; None: two for a GPU, which would wait for them, none otherwise.
    """
    if workers is not None and not 0 <= workers <= MOST_WORKERS:
        raise InputError(f"argument --workers: {workers} is no whole number from 0 to {MOST_WORKERS}")
    config, schedule, mix = training.sizes, training.schedule("unified"), training.mix
    source, other = (backbone, tokenizer_folder) if config is None else (tokenizer_folder, backbone or foreground)
    if config is None and (scenes is not None or start is not None):
        raise InputError("argument --config: --scenes and --start are for models without a backbone; leave them out")
    if source is None or other is not None:
        needed = "--backbone (and perhaps --foreground)" if config is None else "--tokenizer"
        raise InputError(f"argument --config: its model starts from {needed}; name that and nothing else")
    image_tokenizer, meant_for = checkpoint.load_tokenizer(source)
    if encoded_settings(data)["tokenizer"] != fingerprint(image_tokenizer):
        raise InputError(
            f"data folder {quoted(data)}: encoded with another tokenizer; run `uniadgen data encode` with {source}"
        )
    torch.manual_seed(schedule.seed)
    if config is None:
        model, words = lora.start(source, foreground, training.lora, device(), compute_dtype())
    else:
        if meant_for.image != config.image:
            raise InputError(f"tokenizer folder {quoted(source)}: made for another model than {training.model}")
        classifier = None if scenes is None else load_scenes_encoder(scenes / SCENES)
        if classifier is not None:
            plan_schedule = training.schedule("plan")
            rows = zip(*read_creatives(data, ("split", "foreground_box")).to_pydict().values(), strict=True)
            count = min(config.plan.exemplars, sum(split == "train" and box is not None for split, box in rows))
            seen = {name: getattr(classifier.config, name) for name in ("facets", "size", "width", "layers", "heads")}
            config = dataclasses.replace(config, plan=dataclasses.replace(config.plan, **seen, exemplars=count))
        else:
            config = dataclasses.replace(config, plan=PlanConfig())
        # an outline is trained on its own: there is none yet but that of the model to start from
        if start is None:
            words = train_text_tokenizer(text_corpus(data, schedule.seed), config.decoder.text_vocabulary - 8)
            model = UnifiedModel(dataclasses.replace(config, outline=OutlineConfig()))
        else:
            before, words = checkpoint.load(start)
            alike = before.config.decoder == config.decoder and before.config.text.specials == config.text.specials
            if not alike or before.adapter is not None:
                raise InputError(f"argument --start: {quoted(start)} is a model of another kind than {training.model}")
            model = UnifiedModel(dataclasses.replace(config, outline=before.config.outline))
            begin_with(model, before)
        model.image_tokenizer.load_state_dict(image_tokenizer.state_dict())
        if classifier is not None and model.plan is not None:
            model.plan.encoder.load_state_dict(classifier.encoder.state_dict())
    histories = drawn_histories(data) if training.histories == "drawn" else None
    store = open_store(data, words, with_users=histories is None or model.plan is not None)
    share, planned = processes(), model.plan is not None
    if model.plan is not None and classifier is not None:
        prepare_plan(data, model, words, store, classifier, plan_schedule, out / "plan", resume)
    try:
        train, held_out = (
            Reader(store, model.config, words, stages, split, schedule.batch, schedule.seed, rank, ranks, histories, planned)
            for split, stages, rank, ranks in (
                ("train", mix, share.process_index, share.num_processes),
                ("val", dataclasses.replace(mix, general_steps=0), 0, 1),
            )
        )
    except ValueError as error:
        raise InputError(f"data folder {quoted(data)}: {error}") from None
    if workers is None:
        workers = 2 if device().type == "cuda" else 0
    train_unified(model, train, held_out, of_process(schedule), out, resume, workers)
    if share.is_main_process:
        checkpoint.save(out / "model", model, words, torch.float16 if config is not None else torch.bfloat16)
        print_line(f"wrote {out / 'model'}")


def begin_with(model: UnifiedModel, before: UnifiedModel) -> None:
    """Puts the weights of another model into this one, where names and shapes agree; the rest stays as it is."""
    stored, state = before.state_dict(), model.state_dict()
    model.load_state_dict(
        {name: stored[name] if name in stored and stored[name].shape == t.shape else t for name, t in state.items()}
    )


def prepare_plan(
    data: Path,
    model: UnifiedModel,
    words: TextTokenizer,
    store: Store,
    scenes: FoundScenes,
    schedule: Schedule,
    out: Path,
    resume: bool,
) -> None:
    """Trains how clicks vote and fills the plan's memory. Raises InputError for data that it can't be learnt from."""
    assert model.plan is not None
    labels = scene_labels(data, SPLITS, scenes.names)
    shoppers = []
    for split in ("train", "val"):
        users = of_split(store.user_splits, [split]).tolist()
        if not users:
            raise InputError(f"data folder {quoted(data)}: it has no users in its split {split}; a plan is learnt from theirs")
        shoppers.append(Shoppers(users, [store.target(user) for user in users], store.clicks))
    departments = read_creatives(data, ("department",))["department"].to_pylist()
    most = model.config.preference
    creatives = creative_features(store, words, facet_features(model.plan.encoder, data), departments, most.text_tokens)
    train_plan(model.plan, creatives, labels, shoppers[0], shoppers[1], most.clicks, of_process(schedule), out, resume)
    remember_exemplars(model.plan, store, creatives, schedule.seed)
