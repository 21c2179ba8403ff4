"""Texts by a language model: prompts from our pools with the clicked texts, asked of transformers or of an endpoint.

A system is its name and what it may load (`language_baseline`); all that asks, parts thinking from the answer, and keeps the
text is here.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uniadgen.baselines import Baseline, Made, Make, Prepared, Settings, Task, sampled
from uniadgen.baselines.answers import part, text_of
from uniadgen.errors import InputError
from uniadgen.prompts import InstructionPool, load_pool, render
from uniadgen.rng import stream
from uniadgen.words import clean_text

FORM = "Answer with the ad's text alone, on one line."
SERVED = ("endpoint", "model_name", "key_variable", "timeout", "retries", "per_minute", "parallel")
OPTIONS = (
    "weights", *SERVED, "max_tokens", "temperature", "thinking", "general", "clicks", "pool", "device", "dtype", "seed",
)  # fmt: skip
Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Written:
    """What a model wrote. opened: the prompt ended inside its thinking. cut: at the limit of tokens. refused: not answered."""

    text: str
    thinking: str = ""
    opened: bool = False
    cut: bool = False
    refused: bool = False


Write = Callable[[Messages, int], Written]
"""From messages and a seed."""


@dataclass(frozen=True)
class Language:
    """weights: that are taken when none are named; kinds: `model_type` of those that may be. thinks: before it answers."""

    name: str
    weights: str | None
    kinds: frozenset[str]
    max_tokens: int = 96
    temperature: float = 0.0
    thinks: bool = False


def language_baseline(language: Language, what: str, needs: str) -> Baseline:
    def prepare(settings: Settings) -> Prepared:
        pool = _pool_of(settings)
        writer = prepared_writer(language, settings)

        @contextlib.contextmanager
        def open_it() -> Iterator[Make]:
            with writer.open() as write:
                yield lambda task: _made(task, settings, pool, write, language)

        return Prepared(f"{writer.source} {hashlib.sha256(repr(pool).encode()).hexdigest()[:16]}", open_it)

    return Baseline(language.name, what, "text", needs=needs, options=OPTIONS, prepare=prepare)


def _pool_of(settings: Settings) -> InstructionPool:
    kind = "general_text" if settings.general else "personalised_text"
    pool = load_pool(settings.pool or kind)
    if pool.kind != kind:
        raise InputError(f"argument --pool: its kind is {pool.kind}; these ads need one of {kind}")
    return pool


def instruction(task: Task, pool: InstructionPool, clicks: Sequence[int]) -> str:
    """One of the pool's instructions, drawn for this shopper, with the texts of these clicks."""
    template = stream(task.seed, "instruction", task.id).choice(pool.templates)
    product = task.request.product
    texts = "".join(f"\n- {clean_text(task.request.history[number].text)}" for number in clicks) or "none"
    pieces = render(template, product.description, product.selling_points)
    return "".join(f"{texts}\n" if kind == "placeholder" else value for kind, value in pieces) + f"\n{FORM}"


def _made(task: Task, settings: Settings, pool: InstructionPool, write: Write, language: Language) -> Made:
    clicks = [] if settings.general else sampled(task, settings.clicks)
    if pool.kind == "personalised_text" and not clicks:
        pool = load_pool("general_text")  # a shopper who has clicked nothing
    written = write([{"role": "user", "content": instruction(task, pool, clicks)}], task.seed)
    parted = part(written.text, written.opened or (language.thinks and written.cut))
    thinking = written.thinking or parted.thinking
    notes = [f"thinking: {len(thinking.split())} words"] if thinking else []
    text = text_of(parted.answer)
    if written.refused:
        notes.append("refused by the endpoint")
    elif parted.cut or (written.cut and not text):
        notes.append("cut while thinking; raise --max-tokens")
    elif not text:
        notes.append("the answer was empty")
    elif written.cut:
        notes.append("cut at the limit of tokens")
    return Made(text=text, clicks=tuple(clicks), notes=tuple(notes))


# Models ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writer:
    source: str
    open: Callable[[], contextlib.AbstractContextManager[Write]]


def prepared_writer(language: Language, settings: Settings) -> Writer:
    """A model in this process, or behind an endpoint. Raises InputError for what is missing."""
    temperature = language.temperature if settings.temperature is None else settings.temperature
    max_tokens = settings.max_tokens or language.max_tokens
    if settings.endpoint is not None:
        return _served(settings, temperature, max_tokens)
    if settings.model_name is not None:
        raise InputError(
            "argument --model-name: it names a model of an endpoint; name that, too (--endpoint), or use --weights"
        )
    if settings.parallel > 1:
        raise InputError(
            "argument --parallel: only an endpoint answers several requests at a time; leave it out, or use --endpoint"
        )
    return _loaded(language, settings, temperature, max_tokens)


def _served(settings: Settings, temperature: float, max_tokens: int) -> Writer:
    try:
        from uniadgen.baselines import endpoint as client
    except ImportError:
        raise InputError("argument --endpoint: needs httpx; install uniadgen[baselines]") from None
    if settings.weights is not None:
        raise InputError("argument --weights: the endpoint has its own; use either --weights or --endpoint")
    if not settings.model_name:
        raise InputError("argument --endpoint: the server needs to know which model; add --model-name")
    server = client.Endpoint(
        address=str(settings.endpoint),
        model=settings.model_name,
        key=client.key_of(settings.key_variable),
        timeout=settings.timeout,
        retries=settings.retries,
        per_minute=settings.per_minute,
    )
    client.check_endpoint(server)

    @contextlib.contextmanager
    def open_it() -> Iterator[Write]:
        with client.opened(server) as asked:

            def write(messages: Messages, seed: int) -> Written:
                answer = asked.ask(messages, max_tokens, temperature, seed, settings.thinking)
                return Written(answer.text, answer.thinking, cut=answer.cut, refused=answer.refused)

            yield write

    return Writer(f"endpoint:{settings.model_name}", open_it)


def _loaded(language: Language, settings: Settings, temperature: float, max_tokens: int) -> Writer:
    try:
        import transformers  # noqa: F401
    except ImportError:
        raise InputError(f"baseline {language.name}: needs transformers; install uniadgen[baselines]") from None
    from uniadgen.baselines.weights import check_fits, dtype_of, find_weights, main_device

    name = settings.weights or language.weights
    if name is None:
        raise InputError("argument --weights: which model? Name a folder or hub id, or an --endpoint with a --model-name")
    device = main_device(settings.device)
    dtype = dtype_of(settings.dtype, device)
    weights = find_weights(name, language.kinds, "argument --weights")
    check_fits(weights.elements, settings.device, dtype, f"argument --weights: {name}")

    @contextlib.contextmanager
    def open_it() -> Iterator[Write]:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        folder = weights.folder()
        where: dict[str, Any] = {"local_files_only": True}
        if weights.gguf is not None:
            where["gguf_file"] = weights.gguf
        spread = settings.device == "auto" and torch.cuda.device_count() > 1
        tokenizer = AutoTokenizer.from_pretrained(folder, **where)
        try:
            model = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=dtype,
                use_safetensors=None if weights.gguf else True,
                **({"device_map": "auto"} if spread else {}),
                **where,
            )
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"argument --weights: {name} can't be loaded ({reason}); supply a whole model") from None
        model = model.eval() if spread else model.eval().to(device)

        def write(messages: Messages, seed: int) -> Written:
            prompt = str(messages[0]["content"])
            if tokenizer.chat_template:
                how = {} if settings.thinking is None else {"enable_thinking": settings.thinking}
                prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **how)
            encoded = tokenizer(prompt, return_tensors="pt", add_special_tokens=not tokenizer.chat_template).to(model.device)
            length = encoded["input_ids"].shape[1]
            sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
            if temperature > 0:
                sampling = {"do_sample": True, "temperature": temperature, "top_p": 0.95, "top_k": None}
            ends = model.generation_config.eos_token_id
            padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
            with torch.random.fork_rng(), torch.inference_mode():
                torch.manual_seed(seed)
                ids = model.generate(
                    input_ids=encoded["input_ids"],
                    attention_mask=encoded["attention_mask"],
                    max_new_tokens=max_tokens,
                    pad_token_id=padding,
                    **sampling,
                )[0, length:]
            last = ends if isinstance(ends, list) else [ends]
            cut = len(ids) >= max_tokens and int(ids[-1]) not in last
            # special tokens go, but for the tags of thinking, which some tokenizers count among them
            text = tokenizer.decode(ids, skip_special_tokens=True)
            if "</think>" not in text and "</think>" in (whole := tokenizer.decode(ids, skip_special_tokens=False)):
                text = whole
                for special in tokenizer.all_special_tokens:
                    text = text if special in ("<think>", "</think>") else text.replace(special, "")
            return Written(text, opened=prompt.rstrip().endswith("<think>"), cut=cut)

        yield write

    return Writer(weights.source, open_it)
