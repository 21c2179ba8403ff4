"""Variants, made one by one, each shown as soon as it is ready, and each the same as `uniadgen generate` makes it by itself."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol

from uniadgen.ads import Ad, AdRequest, light_record
from uniadgen.errors import InputError
from uniadgen.inspection import text_verdict
from uniadgen.options import GenerateOptions
from uniadgen.output import Output, plain_file
from uniadgen.studio.project import SIDE, Spec, joined_text
from uniadgen.studio.store import StudioStore, Variant
from uniadgen.studio.words import Kits, over_product, typesetting_of, words_part

_log = logging.getLogger(__name__)


class Closing(Exception):
    """Nothing more is made in this process; the next one goes on."""


class Maker(Protocol):
    """Whoever owns the model; called from several threads."""

    def make(self, request: AdRequest, seed: int, options: GenerateOptions) -> Ad: ...

    def explain(self, request: AdRequest, seed: int, options: GenerateOptions) -> dict[str, Any]: ...


def options_of(spec: Spec) -> GenerateOptions:
    return GenerateOptions(size=(SIDE, SIDE), temperature=spec.temperature, best_of=spec.best_of)


class Making:
    """The queue of variants, and of explanations. `start` goes on with what an earlier studio had not finished."""

    def __init__(
        self, store: StudioStore, maker: Maker, output: Output | None = None, setup: Mapping[str, str | None] | None = None
    ) -> None:
        """output: what pictures say of themselves, whatever its format. setup: options that the model was started with."""
        self.store, self.maker, self.kits = store, maker, Kits(store)
        self.output, self.setup = replace(output or Output(), format="png"), dict(setup or {})
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="variants")
        self._explainers = ThreadPoolExecutor(1, thread_name_prefix="why")
        self._explaining: set[int] = set()
        self._queued: set[int] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        self.queue_all([variant.id for variant in self.store.waiting()])

    def close(self) -> None:
        self._workers.shutdown(cancel_futures=True)
        self._explainers.shutdown(cancel_futures=True)
        self.kits.close()

    def queue_all(self, numbers: Sequence[int]) -> None:
        """Make those of these variants that wait and are on the table, once each, when it is their turn: what an undo has taken
        off by then isn't made, and stays waiting for a redo."""
        for number in numbers:
            with self._lock:
                if number in self._queued or self.store.variant(number).status != "waiting":
                    continue
                self._queued.add(number)
            self._workers.submit(self._guarded, self._make, number)

    def explain(self, number: int) -> None:
        """Measure why an ad is as it is, once."""
        with self._lock:
            if number in self._explaining:
                return
            self._explaining.add(number)
        self._explainers.submit(self._explain, number)

    def is_explaining(self, number: int) -> bool:
        with self._lock:
            return number in self._explaining

    def _guarded(self, work: Callable[[Variant], None], number: int) -> None:
        with self._lock:  # from here on it may be queued once more
            self._queued.discard(number)
        try:
            variant = self.store.variant(number)
            if variant.status == "waiting" and number in self.store.project(variant.project).variants:
                work(variant)
        except Closing:
            pass  # it goes on waiting
        except InputError as error:
            self.store.finish(number, None, str(error))
        except Exception as error:  # shown on the page; the thread must live on
            _log.exception("a variant could not be made")
            self.store.finish(number, None, f"It could not be made ({type(error).__name__}).")

    def _make(self, variant: Variant) -> None:
        picture = self._finished_part(variant, "picture")
        ad = None
        if picture is None:
            ad = self._ad(variant.picture)
            picture = self._picture_part(ad)
        if variant.edited is not None:
            text = edited_text(variant.edited, variant.text.points)
        elif ad is not None and variant.text == variant.picture:
            text = self._text_part(ad)
        else:
            text = self._finished_part(variant, "text") or self._text_part(self._ad(variant.text))
        self.store.finish(variant.id, self.with_words(replace(variant, result=joined(picture | text))), None)

    def with_words(self, variant: Variant) -> dict[str, Any]:
        """The result of a finished variant, with its words in its picture if it shall have some; where none can be set, a note
        says why."""
        plain = {name: value for name, value in (variant.result or {}).items() if name not in WORDS}
        if variant.words is None:
            return joined(plain)
        try:
            return self.set_words(variant)
        except InputError as error:
            return joined(plain | {"words_notes": [f"no words in the picture: {error}"]})

    def set_words(self, variant: Variant) -> dict[str, Any]:
        """The same. Raises InputError where no word can be set."""
        plain = {name: value for name, value in (variant.result or {}).items() if name not in WORDS}
        typesetting = typesetting_of(self.store, self.kits, variant)
        words = words_part(self.store, typesetting, self.output.encoded(typesetting.image, plain["model"]))
        return joined(plain | words | {"words_notes": [f"words in the picture: {note}" for note in typesetting.notes]})

    def _finished_part(self, variant: Variant, part: str) -> dict[str, Any] | None:
        """What a finished variant has that is made of the same."""
        names = PICTURE if part == "picture" else TEXT
        for other in self.store.finished(variant.project):
            if getattr(other, part) == getattr(variant, part) and other.result and (part == "picture" or other.edited is None):
                return {name: other.result[name] for name in names if name in other.result}
        return None

    def _ad(self, spec: Spec) -> Ad:
        return self.maker.make(spec.request(self.store.read), spec.seed, options_of(spec))

    def _picture_part(self, ad: Ad) -> dict[str, Any]:
        """What is kept of an ad's picture."""
        return {
            "image": self.store.put(self.output.encoded(ad.image, ad.model)),
            "background": self.store.put(plain_file(ad.background, "png")),
            "placement": ad.placement.as_dict(),
            "posture": ad.stance.posture,
            "light": light_record(ad.light),
            "size": list(ad.image.size),
            "model": ad.model,
            "picture_inspection": ad.inspection.get("picture"),
            "sampled_clicks": [click.index for click in ad.sampled_clicks],
            "picture_notes": ad.notes,
            "chosen_seed": next((c["seed"] for c in ad.candidates if c["chosen"]), ad.seed),
            "seconds": round(sum(ad.timings.values()), 2),
            "picture_setup": self.setup,
        }

    def _text_part(self, ad: Ad) -> dict[str, Any]:
        """What is kept of an ad's text."""
        text = {"text": ad.text, "text_inspection": ad.inspection.get("text"), "text_notes": ad.notes}
        return text | {"text_setup": self.setup}

    def _explain(self, number: int) -> None:
        """Whatever goes wrong is said of the explanation alone: the ad is finished, and stays so."""
        try:
            self.store.set_why(number, self._measured(self.store.variant(number)))
        except Closing:
            pass  # asked once more, it is measured then
        except InputError as error:
            self.store.set_why(number, {"error": str(error)})
        except Exception as error:
            _log.exception("an explanation could not be measured")
            self.store.set_why(number, {"error": f"It could not be measured ({type(error).__name__})."})
        finally:
            with self._lock:
                self._explaining.discard(number)

    def _measured(self, variant: Variant) -> dict[str, Any]:
        spec = variant.picture
        why = self.maker.explain(spec.request(self.store.read), spec.seed, options_of(spec))
        if variant.text != variant.picture or variant.edited:
            for entry in (*why["clicks"], *why["parts"].values(), why["history"]):
                entry["text"] = None  # the text has another origin than the picture
        return why


PICTURE = (
    "image",
    "background",
    "placement",
    "posture",
    "light",
    "size",
    "model",
    "picture_inspection",
    "sampled_clicks",
    "picture_notes",
    "chosen_seed",
    "seconds",
    "picture_setup",
)
TEXT = ("text", "text_inspection", "text_notes", "text_setup")
WORDS = ("typeset", "typesetting", "block_pictures", "words_notes")


def edited_text(edited: dict[str, Any], points: Sequence[str]) -> dict[str, Any]:
    """The same of a text that somebody has put together. Raises InputError for one that is not true or readable."""
    text = joined_text(edited["points"], edited["separator"], points)
    return {"text": text, "text_inspection": text_verdict(text, points), "text_notes": []}


def joined(result: dict[str, Any]) -> dict[str, Any]:
    """All parts, with all that is to be said about them."""
    notes = list(dict.fromkeys((*result["picture_notes"], *result["text_notes"], *result.get("words_notes", ()))))
    picture = result["picture_inspection"]
    if "typesetting" in result and (covering := over_product(result["typesetting"])):
        violations = [*(picture or {}).get("violations", []), *covering]
        picture = {**(picture or {}), "qualified": False, "violations": violations}
    return {**result, "notes": notes, "inspection": {"picture": picture, "text": result["text_inspection"]}}
