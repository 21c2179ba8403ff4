"""Hooks of the documentation (mkdocs.yml): pages that lie outside docs/, the help of every command, the list of decisions.

So each of them is written once: CONTRIBUTING.md, CHANGELOG.md and the model card are also read on GitHub and in the wheel, and
the reference of the command line is what `--help` prints.
"""

import contextlib
import io
import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from uniadgen.cli.main import main

os.environ["COLUMNS"] = "100"  # of the help, wherever it is built
ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {  # page -> where it is written
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "model-card.md": "src/uniadgen/weights/MODEL_CARD.md",
}
VERB = re.compile(r"^    ([a-z][a-z0-9-]*)(?:  | *$)", re.MULTILINE)


def on_files(files: Files, *, config: Any) -> Files:
    for page, path in OUTSIDE.items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: Any, files: Files) -> str:
    address = page.file.src_uri
    if address == "reference/cli.md":
        return markdown + "\n".join(f"\n## `uniadgen {name}`\n\n```text\n{text}```\n" for name, text in helps([]))
    if address == "decisions/index.md":
        return markdown + "\n".join(f"- [{title(file)}]({Path(file.src_uri).name})" for file in decisions(files)) + "\n"
    if address in OUTSIDE:  # its links are written for where it stands
        markdown = re.sub(r"\]\(docs/", "](", markdown)
    for there, path in OUTSIDE.items():
        link = os.path.relpath(there, os.path.dirname(address) or ".")
        markdown = re.sub(rf"\]\((?:\.\./)+{re.escape(path)}", f"]({link}", markdown)
    return markdown


def helps(verb: list[str]) -> list[tuple[str, str]]:
    """(name, help) of a command and of all below it; the command line itself is []."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        main([*verb, "--help"])
    below = [entry for name in VERB.findall(text.getvalue()) for entry in helps([*verb, name])]
    return below or [(" ".join(verb), text.getvalue())]


def decisions(files: Files) -> list[File]:
    pages = (file for file in files.documentation_pages() if re.fullmatch(r"decisions/[0-9]{3}-.*\.md", file.src_uri))
    return sorted(pages, key=lambda file: file.src_uri)


def title(file: File) -> str:
    """The number of a decision and its heading."""
    heading = file.content_string.lstrip().partition("\n")[0].lstrip("# ")
    return f"{Path(file.src_uri).name[:3]}: {heading}"
