"""Checks the built documentation: `python scripts/check_site.py site`. A page may load nothing from elsewhere.

Links that a reader may follow (<a href>) go where they like; scripts, styles, fonts, pictures and frames must be files of the
site. Names each file with what it loads, and ends with exit code 1 if there is one.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADING = dict.fromkeys(("script", "img", "source", "iframe", "video", "audio", "embed"), "src") | {"object": "data"}
# A <link> that only names a page; every other kind (stylesheet, icon, preconnect, preload ...) makes the browser ask for it.
NAMING = {"alternate", "author", "canonical", "edit", "license", "next", "prev"}
ELSEWHERE = re.compile(r"\s*(?:[a-z]+:)?//", re.IGNORECASE)
STYLED = re.compile(r"(?:url\(\s*|@import\s+)[\"']?([^\"')\s]+)", re.IGNORECASE)


class Loads(HTMLParser):
    """Collects what a page loads from other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.style = tag == "style"
        wanted = [values.get(LOADING.get(tag, ""), "")]
        if tag == "link" and not NAMING & set(values.get("rel", "").split()):
            wanted.append(values.get("href", ""))
        wanted += [part.split()[0] for part in values.get("srcset", "").split(",") if part.strip()]
        self.addresses += [address for address in wanted if ELSEWHERE.match(address)]
        self.addresses += elsewhere(values.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self.style:
            self.addresses += elsewhere(data)


def elsewhere(style: str) -> list[str]:
    return [address for address in STYLED.findall(style) if ELSEWHERE.match(address)]


def loads(path: Path) -> list[str]:
    """The addresses outside the site that a page or a style sheet loads."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".css":
        return elsewhere(text)
    page = Loads()
    page.feed(text)
    return page.addresses


def main(site: Path) -> int:
    files = sorted(path for path in site.rglob("*") if path.suffix in (".html", ".css"))
    addresses = [(path, address) for path in files for address in loads(path)]
    for path, address in addresses:
        print(f"{path}: loads {address}", file=sys.stderr)
    print(f"{len(files)} pages and style sheets, {len(addresses)} loads from elsewhere")
    return 1 if addresses or not files else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
