"""Text from outside made safe to tokenise, to print and to put into a one-line message."""

import re
import unicodedata

# Line and paragraph separators are no control characters by category, yet they break a line like one.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def clean_text(text: str) -> str:
    """The same text on one line: control characters become spaces, runs of spaces one, and lone surrogates U+FFFD.

    Everything else stays as it is: emoji and their joiners, right-to-left marks, and the spellings of special tokens.
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return " ".join(_BREAKS.sub(" ", whole).split())


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: only spaces, control characters and invisible formatting."""
    return all(unicodedata.category(c)[0] in "ZC" for c in text)


def quoted(value: object, limit: int = 120) -> str:
    """A name or path as it appears in a message: in quotes, on one line, cut in the middle when it is long."""
    text = clean_text(str(value))
    if len(text) > limit:
        text = f"{text[: limit // 2 - 2]}...{text[-(limit // 2 - 2) :]}"
    return f'"{text}"'
