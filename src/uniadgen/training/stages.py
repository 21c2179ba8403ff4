"""What `uniadgen train` runs: reads the data, trains, writes a model folder."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from uniadgen.console import print_line
from uniadgen.data.encoding import encoded_settings, fingerprint, table_digest
from uniadgen.data.layout import TableName, iter_rows, open_table, table_path
from uniadgen.data.plates import load_plates
from uniadgen.data.scene_codes import scene_codes
from uniadgen.data.store import Store, of_split, open_store, open_texts
from uniadgen.errors import InputError
from uniadgen.files import locked_folder, whole_file, write_text
from uniadgen.imaging.product_network import ProductNetwork, save_network
from uniadgen.imaging.segmenting import SECOND
from uniadgen.loading import checkpoint, lora
from uniadgen.loading.background_encoder import WEIGHTS, save_encoder
from uniadgen.loading.scene_encoder import SCENES, load_scene_encoder, save_scene_encoder
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.model.composition import Composition
from uniadgen.model.config import ModelConfig, SceneConfig, embedded
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.prompts import KINDS, load_pool
from uniadgen.rng import stream
from uniadgen.training.batches import Mix, Reader
from uniadgen.training.clicks import embeddings_of, fit_embedder, fit_taste, fit_votes
from uniadgen.training.co_clicks import read_co_clicks
from uniadgen.training.completion import PhotographFeatures, train_completion
from uniadgen.training.compositions import composition_codes, fill_codebooks, read_thumbnails
from uniadgen.training.config import TrainingConfig
from uniadgen.training.cutout import SCENE, train_cutout
from uniadgen.training.loop import Schedule, fixed_weights
from uniadgen.training.made_up import made_up_word
from uniadgen.training.pbs import train_pbs
from uniadgen.training.photographs import begin_with as begin_with_photographs
from uniadgen.training.photographs import photograph_weights
from uniadgen.training.precision import compute_dtype, device, processes
from uniadgen.training.scene_encoder import load_views, train_scenes
from uniadgen.training.text_forms import fill_forms, fit_form_votes, read_forms
from uniadgen.training.tokenizer import Pictures, refine_large, train_tokenizer
from uniadgen.training.tokenizer import begin_with as begin_tokenizer_with
from uniadgen.training.unified import train_unified
from uniadgen.words import quoted

# What a training leaves in --out.
RUN = ("state*.pt", "best.pt", "begun.txt", "log.jsonl", "samples-*.png", "*.safetensors", "model")
MOST_WORKERS = 256
TEXT_TABLES: tuple[TableName, ...] = ("creatives", "users")  # that are read of a data set for texts
# in a run of the unified model
EMBEDDER, FORMS, TASTE = "text_embedder.safetensors", "text_forms.safetensors", "taste.safetensors"
DRAWN = "drawn.safetensors"  # in a run of the completion
MOST_TEXTS = 100_000  # creatives that a vocabulary is learnt from


def workers_of(workers: int | None) -> int:
    """Processes that make batches ahead; None: two for a GPU, which would wait for them, none otherwise. Raises InputError."""
    if workers is not None and not 0 <= workers <= MOST_WORKERS:
        raise InputError(f"argument --workers: {workers} is no whole number from 0 to {MOST_WORKERS}")
    return workers if workers is not None else 2 if device().type == "cuda" else 0


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


def run_tokenizer(
    data: Path, training: TrainingConfig, out: Path, resume: bool, start: Path | None = None, workers: int | None = None
) -> None:
    """start: a tokenizer, or a model, whose tokenizer's weights training begins with where they fit. workers: see
    `workers_of`."""
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
    train_tokenizer(tokenizer, pictures, unseen, *sizes, out, resume, workers_of(workers))
    if processes().is_main_process:
        checkpoint.save_tokenizer(out, tokenizer, config)
        print_line(f"wrote {out}")


def run_refine(data: Path, training: TrainingConfig, folder: Path, out: Path, resume: bool, workers: int | None = None) -> None:
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
    if tokenizer.completion is not None:
        raise InputError(f"argument --refine: {quoted(folder)} paints with its completion; use `train completion`")
    resolution, schedule = config.image.resolution, of_process(schedule)
    pictures, unseen = tokenizer_pictures(data, plates_only=tokenizer.detail is not None)
    if tokenizer.detail is None:
        tokenizer.encoder.requires_grad_(False)
        train_tokenizer(tokenizer, pictures, unseen, resolution, schedule, None, out, resume, workers_of(workers))
    else:
        require_large(data, pictures, config)
        refine_large(tokenizer, pictures, unseen, resolution, schedule, out, resume, workers_of(workers))
    save_painter(out, tokenizer, config, None if alone else (model, words))


def run_completion(
    data: Path,
    training: TrainingConfig,
    folder: Path,
    out: Path,
    resume: bool,
    draw: Callable[[UnifiedModel, TextTokenizer], torch.Tensor],
    workers: int | None = None,
) -> None:
    """Trains the completion of an image tokenizer, or of a model, which learns from what the model draws as well.

    One without a completion gets a new one, and a model's pictures are then written without their finest tokens. draw: gives
    image tokens [N, tokens] that a model draws. Raises InputError.
    """
    schedule, photographs = training.schedule("completion"), PhotographFeatures()  # before minutes are spent on drawing
    alone, drawn = (folder / checkpoint.IMAGE_TOKENIZER).is_file(), None
    if alone:
        before, config = checkpoint.load_tokenizer(folder)
    else:
        earlier, words = checkpoint.load(folder)
        before, config = earlier.image_tokenizer, earlier.config
    if not isinstance(before, FSQTokenizer) or not config.image.coarse:
        raise InputError(f"argument --start: {quoted(folder)} has no coarse scale that pictures could be completed from")
    config = with_completion(config)
    pictures, unseen = tokenizer_pictures(data, plates_only=True)
    require_large(data, pictures, config)
    torch.manual_seed(schedule.seed)
    tokenizer = FSQTokenizer(config.image)
    tokenizer.load_state_dict(tokenizer.state_dict() | before.state_dict())
    if before.completion is None and tokenizer.completion is not None:
        tokenizer.completion.begin_with(tokenizer.decoder)
    if not alone:
        model = UnifiedModel(config)
        begin_with(model, earlier)
        model.image_tokenizer = tokenizer
        model.requires_grad_(False)
        drawn = drawn_once(out / DRAWN, fixed_weights(model), lambda: draw(model.eval().to(device()), words))
        drawn = drawn[:, -(config.image.scales[-1] ** 2) :]
    torch.manual_seed(schedule.seed)  # whatever has been drawn, in whichever process
    resolution, schedule = config.image.resolution, of_process(schedule)
    train_completion(tokenizer, pictures, unseen, resolution, schedule, out, resume, photographs, drawn, workers_of(workers))
    save_painter(out, tokenizer, config, None if alone else (model, words))


def save_painter(
    out: Path, tokenizer: FSQTokenizer, config: ModelConfig, whole: tuple[UnifiedModel, TextTokenizer] | None
) -> None:
    """Writes what has learnt to paint: the image tokenizer alone, or the whole model that it is a part of."""
    if processes().is_main_process:
        if whole is None:
            checkpoint.save_tokenizer(out, tokenizer, config)
        else:
            checkpoint.save(out / "model", *whole, torch.float16)
        print_line(f"wrote {out if whole is None else out / 'model'}")


def with_completion(config: ModelConfig, width: int | None = None) -> ModelConfig:
    """The configuration of a model whose pictures are completed from its last coarse scale. width: of the network, if a new one
    is not to be as wide as the tokenizer."""
    image = config.image
    width = width or image.completion or image.channels[2]
    blocks = image.blocks[: len(image.coarse)]
    return dataclasses.replace(config, image=dataclasses.replace(image, completion=width, blocks=blocks))


def require_large(data: Path, pictures: Pictures, config: ModelConfig) -> None:
    """Raises InputError where there is nothing to learn the largest resolution from."""
    if max(pictures.sides) < config.image.painted > config.image.resolution:
        raise InputError(f"data folder {quoted(data)}: no plate of the split train has {config.image.painted} px; render some")


def drawn_once(place: Path, model: str, draw: Callable[[], torch.Tensor]) -> torch.Tensor:
    """Tokens that a model has drawn, or those that this run has drawn before. model: a hash of it.

    Raises InputError for tokens of another model.
    """
    if not place.is_file():
        drawn = draw()
        if processes().is_main_process:
            with whole_file(place) as path:
                save_file({"codes": drawn.to(torch.int32).contiguous()}, path, {"model": model})
        return drawn
    try:
        with safe_open(place, "pt") as stored:
            metadata, drawn = stored.metadata() or {}, stored.get_tensor("codes").long()
    except (OSError, SafetensorError):
        raise InputError(f"argument --resume: {quoted(place)} is damaged; delete it, and it is drawn anew") from None
    if metadata.get("model") != model:
        raise InputError(f"argument --resume: {quoted(place)} was drawn by another model; name the same --start")
    return drawn


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
    """What the text tokenizer learns its vocabulary from: the data's texts, made-up words, and the instructions."""
    texts: list[str] = []
    for row in islice(iter_rows(data, "creatives", ("text", "description", "selling_points")), MOST_TEXTS):
        texts += [" " + row["text"], row["description"], *(" " + point for point in row["selling_points"])]
    draw = stream(seed, "vocabulary")
    for _ in range(20_000):  # the pieces of words that nobody has read yet
        word = made_up_word(draw)
        texts += [f" {word}", f" {word.capitalize()}"]
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


def run_cutout(data: Path, training: TrainingConfig, out: Path, resume: bool, workers: int | None = None) -> None:
    """Trains the network that cuts products out of photos, into OUT/cutout.safetensors. Raises InputError."""
    schedule, photographs = training.schedule("cutout"), photograph_weights()
    train, held_out = (load_plates(data, splits, SCENE) for splits in (("train",), ("val", "test")))
    torch.manual_seed(schedule.seed)
    network = ProductNetwork()
    begin_with_photographs(network, photographs)
    train_cutout(network, train, held_out, of_process(schedule), out, resume, workers_of(workers))
    if processes().is_main_process:
        save_network(out / SECOND, network)
        print_line(f"wrote {out / SECOND}")


def run_scenes(data: Path, training: TrainingConfig, out: Path, resume: bool, start: Path | None = None) -> None:
    """Trains the scene encoder of the configuration's model from pictures and clicks, into OUT/scenes.safetensors.

    start: what it wrote before, whose weights, not its codes, training begins with where they fit.
    """
    config, schedule = (training.sizes or embedded()).scene, training.schedule("scenes")
    train, held_out = (load_views(data, splits) for splits in (("train",), ("val",)))
    torch.manual_seed(schedule.seed)
    encoder = SceneEncoder(config)
    if start is not None:
        before, state = load_scene_encoder(start / SCENES).state_dict(), encoder.state_dict()
        fits = {name for name in state if name != "codebooks" and before[name].shape == state[name].shape}
        encoder.load_state_dict({name: before[name] if name in fits else weight for name, weight in state.items()})
    train_scenes(encoder, train, held_out, read_co_clicks(data, train.ids), of_process(schedule), out, resume)
    if processes().is_main_process:
        save_scene_encoder(out / SCENES, encoder)
        print_line(f"wrote {out / SCENES}")


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
    texts: Path | None = None,
) -> None:
    """tokenizer_folder: what `train tokenizer` wrote. backbone: instead of it, a Janus by its folder or hub id, whose DINOv2
    `foreground` may be; that is how a configuration with `model: janus` starts. scenes: what `train scenes` wrote; without it
    the model has no scene token. start: a model folder, whose weights training begins with where they fit. workers: see
    `workers_of`. texts: another data set, of which only texts and clicks are read; its share is `mix.texts`.
    """
    workers = workers_of(workers)
    config, schedule, mix = training.sizes, training.schedule("unified"), training.mix
    if (texts is not None) != (mix.texts > 0):
        raise InputError(
            "argument --config: mix.texts has a share, but there is no data set for it; name one with --texts"
            if texts is None
            else "argument --texts: mix.texts is 0 in the training file; give it a share, as in --set mix.texts=0.4"
        )
    if texts is not None:
        for name in TEXT_TABLES:  # before minutes are spent on anything else
            with open_table(texts, name, ("split",)):
                pass
    source, other = (backbone, tokenizer_folder) if config is None else (tokenizer_folder, backbone or foreground)
    if config is None and start is not None:
        raise InputError("argument --config: --start is for models without a backbone; leave it out")
    if source is None or other is not None:
        needed = "--backbone (and perhaps --foreground)" if config is None else "--tokenizer"
        raise InputError(f"argument --config: its model starts from {needed}; name that and nothing else")
    image_tokenizer, meant_for = checkpoint.load_tokenizer(source)
    if encoded_settings(data)["tokenizer"] != fingerprint(image_tokenizer):
        raise InputError(
            f"data folder {quoted(data)}: encoded with another tokenizer; run `uniadgen data encode` with {source}"
        )
    torch.manual_seed(schedule.seed)
    fresh = other_codes = new_forms = True  # nothing has been fitted to clicks yet
    scene = None if scenes is None else load_scene_encoder(scenes / SCENES)
    if config is None:
        model, words = lora.start(source, foreground, training.lora, device(), compute_dtype(), scene)
    else:
        theirs, ours = (
            dataclasses.replace(image, coarse=(), blocks=(), completion=0) for image in (meant_for.image, config.image)
        )
        if theirs != ours:
            raise InputError(f"tokenizer folder {quoted(source)}: made for another model than {training.model}")
        config = dataclasses.replace(config, scene=told_of(config.scene, scene))
        if meant_for.image.completion:
            config = with_completion(config, meant_for.image.completion)
        if start is None:
            words = train_text_tokenizer(text_corpus(data, schedule.seed), config.decoder.text_vocabulary - 8)
            model = UnifiedModel(config)
        else:
            before, words = checkpoint.load(start)
            alike = before.config.decoder == config.decoder and before.config.text.specials == config.text.specials
            if not alike or before.adapter is not None:
                raise InputError(f"argument --start: {quoted(start)} is a model of another kind than {training.model}")
            model = UnifiedModel(config)
            begin_with(model, before)
            fresh, other_codes = before.text_embedder is None, not same_codes(before.scene_encoder, scene)
            new_forms = before.config.text.forms != config.text.forms
        model.image_tokenizer.load_state_dict(model.image_tokenizer.state_dict() | image_tokenizer.state_dict())
        if scene is not None and model.scene_encoder is not None:
            model.scene_encoder.load_state_dict(scene.state_dict())
    if scene is not None and model.scene_head is not None and other_codes:
        model.scene_head.begin_with(scene.codebooks.to(model.device))
    store = open_store(data, words)
    scales = list(model.config.image.scales)
    if store.settings["scales"][: len(scales)] != scales:
        raise InputError(f"data folder {quoted(data)}: encoded at other scales; run `uniadgen data encode` with {source}")
    model.image_tokenizer.to(device())  # a GPU reads compositions in seconds
    read = None if scene is None else scene_codes(data, scene)
    if model.text_forms is not None and new_forms:
        fill_forms(model.text_forms, store, schedule.seed)
    forms = None if model.text_forms is None else read_forms(store, model.text_forms)
    compositions = None if model.composition is None else read_compositions(model.composition, store, image_tokenizer)
    keep_beginning(model, words, texts, out, resume)
    if model.text_embedder is not None:
        steps = training.fits.embedder if fresh else 0
        fitted_once(
            model.text_embedder, out / EMBEDDER, partial(fit_embedder, model.text_embedder, store, words, steps, schedule.seed)
        )
        store.embeddings = embeddings_of(store, model.text_embedder, words)
    share = processes()
    text_store, text_forms = (None, None) if texts is None else _text_store(model, words, texts)

    def reader_of(stages: Mix, split: str, rank: int, ranks: int) -> Reader:
        common = model.config, words, stages, split, schedule.batch, schedule.seed, rank, ranks
        try:
            written = None if text_store is None else Reader(text_store, None, *common, None, text_forms)
        except ValueError:
            raise InputError(
                f"argument --texts: {quoted(texts or '')} has no texts, or no users, in its split {split}"
            ) from None
        return Reader(store, read, *common, compositions, forms, written)

    try:
        train, held_out = (
            reader_of(stages, split, rank, ranks)
            for split, stages, rank, ranks in (
                ("train", mix, share.process_index, share.num_processes),
                ("val", dataclasses.replace(mix, general_steps=0), 0, 1),
            )
        )
    except ValueError as error:
        raise InputError(f"data folder {quoted(data)}: {error}") from None
    if other_codes and model.scene_head is not None and not any(out.glob("state*.pt")):
        fit_votes(model.scene_head, train, training.fits.votes)
    if model.taste is not None and model.scene_encoder is not None:
        steps = training.fits.taste if other_codes or fresh else 0
        fitted_once(model.taste, out / TASTE, partial(fit_taste, model.taste, model.scene_encoder, train, steps))
    if model.text_forms is not None:
        steps = training.fits.forms if new_forms else 0
        fitted_once(model.text_forms, out / FORMS, partial(fit_form_votes, model.text_forms, train, steps))
    train_unified(model, train, held_out, of_process(schedule), out, resume, workers)
    if share.is_main_process:
        checkpoint.save(out / "model", model, words, torch.float16 if config is not None else torch.bfloat16)
        print_line(f"wrote {out / 'model'}")


def _text_store(model: UnifiedModel, words: TextTokenizer, folder: Path) -> tuple[Store, NDArray[np.int64] | None]:
    """A data set of which only texts and clicks are read, and the forms of its texts."""
    store = open_texts(folder, words)
    if model.text_embedder is not None:
        store.embeddings = embeddings_of(store, model.text_embedder, words)
    return store, None if model.text_forms is None else read_forms(store, model.text_forms)


def told_of(scene: SceneConfig, encoder: SceneEncoder | None) -> SceneConfig:
    """A model's scene token: facets as the encoder has them, and its own composition; nothing without an encoder."""
    if encoder is None:
        return SceneConfig()
    return dataclasses.replace(encoder.config, composition=scene.composition, codes_of_composition=scene.codes_of_composition)


def read_compositions(composition: Composition, store: Store, tokenizer: FSQTokenizer | JanusTokenizer) -> NDArray[np.uint16]:
    """The compositions of a data set in the model's codebooks; empty ones are filled from training pictures first."""
    thumbnails = read_thumbnails(store, tokenizer)
    if not composition.codebooks.any():
        fill_codebooks(composition, thumbnails[of_split(store.splits, ["train"])], 0)
    return composition_codes(composition, thumbnails)


def keep_beginning(model: UnifiedModel, words: TextTokenizer, texts: Path | None, out: Path, resume: bool) -> None:
    """Writes what a run began with and checkpoints don't hold: the text tokenizer's words, the codebooks of compositions and
    forms, and the second data set's tables.

    Resumed, it is compared, since weights mean nothing without them. Raises InputError if it is another.
    """
    digest = hashlib.sha256(words.tokenizer.to_str().encode())
    if model.composition is not None:
        digest.update(model.composition.codebooks.float().cpu().numpy().tobytes())
    if model.text_forms is not None:
        digest.update(model.text_forms.centres.float().cpu().numpy().tobytes())
    if texts is not None:
        for name in TEXT_TABLES:
            digest.update(table_digest(table_path(texts, name)).encode())
    begun = out / "begun.txt"
    if resume and begun.is_file() and begun.read_text().strip() != digest.hexdigest():
        raise InputError(
            f"argument --resume: {quoted(out)} was begun with other words or codes; name the same --start, --texts and data"
        )
    if processes().is_main_process:
        write_text(begun, digest.hexdigest() + "\n")


def same_codes(before: SceneEncoder | None, scene: SceneEncoder | None) -> bool:
    """Whether codes of both stand for the same scenes; one may have been stored in 16 bits."""
    if before is None or scene is None or before.codebooks.shape != scene.codebooks.shape:
        return False
    return torch.allclose(before.codebooks.float(), scene.codebooks.float(), atol=1e-3)


def fitted_once(module: nn.Module, place: Path, fit: Callable[[], None]) -> None:
    """Fits a module that training then leaves as it is, or takes what this run has fitted before.

    Sums of floats may differ when a run is resumed elsewhere.
    """
    if place.is_file():
        try:
            module.load_state_dict(load_file(place))
        except RuntimeError:
            raise InputError(
                f"argument --resume: {quoted(place)} is of another version of uniadgen; train into a new folder"
            ) from None
        return
    fit()
    if processes().is_main_process:
        with whole_file(place) as path:
            save_file({name: t.contiguous().cpu() for name, t in module.state_dict().items()}, path)


def begin_with(model: UnifiedModel, before: UnifiedModel) -> None:
    """Puts the weights of another model into this one, where names and shapes agree; the rest stays as it is.

    A composition, and forms, come as a whole or not at all: their weights mean nothing without codebooks and centres. Of the
    places of tokens a model that writes no finest ones takes over those that it has.
    """
    stored, state, places = before.state_dict(), model.state_dict(), "slots.position.weight"
    scales, others = model.config.image.scales, before.config.image.scales
    if places in stored and places in state and others[: len(scales)] == scales:
        stored[places] = stored[places][: len(state[places])]
    fits = {name for name, tensor in stored.items() if name in state and state[name].shape == tensor.shape}
    for codes in ("composition.codebooks", "text_forms.centres"):
        if codes not in fits:
            fits -= {name for name in fits if name.startswith(codes.split(".")[0])}
    model.load_state_dict({name: stored[name] if name in fits else t for name, t in state.items()})
