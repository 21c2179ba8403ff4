"""From what a language model writes to an ad's text: thinking parted from the answer, and the answer without its wrapping."""

import re
from dataclasses import dataclass

from uniadgen.words import clean_text

OPEN, CLOSE = "<think>", "</think>"
_FENCE = re.compile(r"^\s*```\w*\s*$")
_LABEL = re.compile(
    r"^(?:\*\*)?(?:(?:the |ad |final )*(?:title|headline|answer|text|ad)|标题|广告标题)\s*[:：](?:\*\*)?\s*", re.IGNORECASE
)
_WRAPPED = (("**", "**"), ("__", "__"), ("*", "*"), ("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("「", "」"))


@dataclass(frozen=True)
class Parted:
    """cut: the limit of tokens was reached while the model was still thinking, so there is no answer."""

    thinking: str
    answer: str
    cut: bool = False


def part(written: str, opened: bool = False) -> Parted:
    """Thinking is what stands before the last closing tag. opened: the prompt has opened the thinking already."""
    if CLOSE in written:
        thinking, _, answer = written.rpartition(CLOSE)
        return Parted(thinking.replace(OPEN, "").replace(CLOSE, "").strip(), answer.strip())
    if opened or written.lstrip().startswith(OPEN):
        return Parted(written.replace(OPEN, "").strip(), "", cut=True)
    return Parted("", written.strip())


def text_of(answer: str) -> str:
    """The ad's text of an answer: its first line but for announcements ("Here is a title:"), without label, quotes or marks."""
    lines = [line for line in (clean_text(line) for line in answer.splitlines() if not _FENCE.match(line)) if line]
    while len(lines) > 1 and lines[0].rstrip("*_ ").endswith((":", "：")):
        lines = lines[1:]
    return _bare(lines[0]) if lines else ""


def _bare(text: str) -> str:
    """Marks around the whole text are taken away as long as there are any."""
    before = None
    text = re.sub(r"^(?:#+\s+|[-•]\s+)", "", text)
    while before != text:
        before = text
        for start, end in _WRAPPED:
            inner = text[len(start) : -len(end)]
            if text.startswith(start) and text.endswith(end) and inner and start not in inner and end not in inner:
                text = inner.strip()
        text = _LABEL.sub("", text).strip()
    return text
