"""Which pictures a request may name. Nothing else is ever opened, and no URL is fetched.

data:image/png;base64,...     the picture itself
media:SHA256                  what this client has sent to /v1/media, or what was made for it
bags/rosa.webp                a file below --media-root
"""

import base64
import binascii
import os
from dataclasses import dataclass, field
from pathlib import Path

from uniadgen.ads import Picture
from uniadgen.errors import InputError
from uniadgen.service.media import MediaStore
from uniadgen.service.refusals import Refusal
from uniadgen.words import has_control_characters, quoted

_FORMS = "a data: URL with base64, media:SHA256 from POST /v1/media, or a path below --media-root"


@dataclass
class References:
    """Finds the pictures of one request. names: what the files that were found are called in the request."""

    client: str
    media: MediaStore
    root: Path | None  # without links
    names: dict[str, str] = field(default_factory=dict)

    def __call__(self, value: object, what: str) -> Picture:
        """Raises InputError, and Refusal(404) for media that this client doesn't have."""
        if not isinstance(value, str):
            raise InputError(f"{what}: a reference to a picture is needed, which is a text: {_FORMS}")
        if value.startswith("data:"):
            return _decoded(value, what)
        if value.startswith("media:"):
            path = self.media.find(self.client, value.removeprefix("media:"))
            if path is None:
                raise Refusal(404, f"{what}: there is no such media; send it to /v1/media first", what)
        else:
            path = self._below_root(value, what)
        self.names[str(path)] = value
        return path

    def file(self, value: str, what: str) -> Path:
        """A font below --media-root; one that a client sends is never opened. Raises InputError."""
        if value.startswith(("data:", "media:")):
            raise InputError(f"{what}: a font is a path below --media-root, or belongs to a kit of --brands; put it there")
        path = self._below_root(value, what, "a font", "a path below --media-root")
        self.names[str(path)] = value
        return path

    def _below_root(self, value: str, what: str, kind: str = "a picture", forms: str = _FORMS) -> Path:
        if "://" in value:
            raise InputError(f"{what}: no URL is fetched; give {forms}")
        path = Path(value)
        if not value.strip() or has_control_characters(value) or path.is_absolute() or "\\" in value or ".." in path.parts:
            raise InputError(f"{what}: is no reference to {kind}; give {forms}")
        if self.root is None:
            mend = "give a data: URL, or media:SHA256" if forms == _FORMS else "start it with one, or name a kit of --brands"
            raise InputError(f"{what}: this service has no --media-root; {mend}")
        try:
            path = Path(os.path.realpath(self.root / path))
        except (OSError, ValueError):
            raise InputError(f"{what}: is no valid path; correct it") from None
        if not path.is_relative_to(self.root):
            raise InputError(f"{what}: lies outside of the folder for pictures; copy {kind.replace('a ', 'the ')} there")
        return path

    def hide(self, message: str) -> str:
        """A message about pictures without the places of their files."""
        for path, value in self.names.items():  # a long path is cut in the middle
            message = message.replace(quoted(path), quoted(value)).replace(path, value)
        return message


def _decoded(url: str, what: str) -> bytes:
    head, comma, data = url[5:].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise InputError(f"{what}: the data: URL has no base64; write data:image/png;base64,...")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"{what}: the data: URL has no valid base64; write data:image/png;base64,...") from None
