"""How an item of a feed becomes a description and selling points.

- The description is the title, then the feed's description without its markup, up to MOST_DESCRIPTION characters, whole
  sentences where there are some.
- Selling points, in this order and each once: the parts of the title between " - ", " | " and commas; the brand; the last part
  of the product type; the feed's own highlights; attributes; entries of lists in the description.
- An attribute stands for itself ("Leather"). One that is a number or a single letter gets its name in front ("Capacity 1.7 L"),
  one that is "yes" is its name, and one that is "no" or "n/a" is left out.
- A point of more than MOST_POINT characters is left out: it is no statement but a text. There are at most MOST_POINTS.
"""

import html
import re
from html.parser import HTMLParser

from uniadgen.data.feeds.reading import Item
from uniadgen.words import clean_text, is_blank

MOST_DESCRIPTION, MOST_POINT, MOST_POINTS = 1000, 100, 40

_SILENT = {"script", "style", "head", "title", "template"}
_BREAKS = {"p", "br", "div", "li", "ul", "ol", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "table", "section"}
_YES = {"yes", "true", "ja", "oui", "sí", "si", "✓"}
_NO = {"no", "false", "none", "n/a", "na", "-", "nein", "non", "unbranded", ""}


class _Text(HTMLParser):
    """Collects what a reader of a page sees, and the entries of its lists."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.entries: list[str] = []
        self._silent = 0
        self._entry: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag == "li":
            self._close()
            self._entry = []

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag in ("li", "ul", "ol"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.parts.append(data)
        if self._entry is not None:
            self._entry.append(data)

    def _close(self) -> None:
        if self._entry is not None:
            self.entries.append(_line("".join(self._entry)))
        self._entry = None


def plain_text(text: str) -> tuple[str, list[str]]:
    """A text without markup, and the entries of its lists. Markup that was escaped, as many feeds have it, is read too."""
    if re.search(r"&lt;(p|br|li|ul|div|b|strong)\b", text, re.IGNORECASE):
        text = html.unescape(text)
    reader = _Text()
    reader.feed(text)
    reader.close()
    reader.handle_endtag("li")
    lines = [line for part in "".join(reader.parts).split("\n") if (line := _line(part))]
    joined = " ".join(line if re.search(r"[.!?:;,。！？]$", line) else f"{line}." for line in lines)
    bullets = [_line(line[1:]) for line in lines if line[0] in "•●▪✓✔*" and len(line) > 1]
    return joined, [entry for entry in (*reader.entries, *bullets) if entry]


def _line(text: str) -> str:
    return clean_text(re.sub(r"&[a-zA-Z]{2,8};|&#\d{1,7};", lambda m: html.unescape(m[0]), text))


def title_of(item: Item) -> str:
    return plain_text(item.title)[0].removesuffix(".")


def description_of(item: Item) -> str:
    """Raises nothing; an item without a description has its title."""
    body, title = plain_text(item.description)[0], title_of(item)
    whole = body if body.lower().startswith(title.lower()) else f"{title}. {body}".strip()
    if len(whole) <= MOST_DESCRIPTION:
        return whole
    cut = whole[:MOST_DESCRIPTION]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "。"))
    return cut[: end + 1] if end > MOST_DESCRIPTION // 2 else cut.rsplit(" ", 1)[0]


def selling_points_of(item: Item) -> list[str]:
    """By the rules above; never more than MOST_POINTS."""
    points = [*_title_parts(title_of(item)), item.brand, re.split(r"[>/|]", item.kind)[-1]]
    points += item.points
    points += [point for name, value in item.attributes if (point := _attribute(name, value))]
    points += plain_text(item.description)[1]
    chosen: dict[str, str] = {}
    for point in points:
        text = plain_text(point)[0].removesuffix(".").strip(" ,;·•-")
        if text.lower() not in _NO and not is_blank(text) and len(text) <= MOST_POINT:
            chosen.setdefault(text.lower(), text)
    return list(chosen.values())[:MOST_POINTS]


def _title_parts(title: str) -> list[str]:
    """The parts of a title; a comma inside a number or in front of a unit is none between parts."""
    return [
        part.strip() for part in re.split(r"\s[-–—|·]\s|\s?\|\s?|,\s+(?!\d+\s?(?:%|[a-z]{1,3}\b))|，", title) if part.strip()
    ]


def _attribute(name: str, value: str) -> str:
    name, value = _line(name), _line(value)
    if value.lower() in _NO:
        return ""
    if value.lower() in _YES:
        return name[:1].upper() + name[1:]
    if len(value) <= 2 or re.match(r"[\d.,/]+", value):
        return f"{name[:1].upper() + name[1:]} {value}"
    return value
