"""Pictures that clients sent and that were made for them, by the SHA-256 of their bytes.

Every client sees its own only: another one's picture is as unknown as one that never was. The oldest go when there are too
many; one that is read counts as new.
"""

import contextlib
import hashlib
import os
import re
import threading
import time
from pathlib import Path

from uniadgen.files import make_folder, write_bytes

MOST_BYTES = 4 * 2**30
SHA256 = re.compile(r"[0-9a-f]{64}")


class MediaStore:
    """Files below a folder, CLIENT/ab/abcdef..., which may outlive the process. Any thread may use it."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        make_folder(folder, "argument --media-store")
        self._lock = threading.Lock()
        self._bytes = sum(size for _, _, size in self._files())

    def put(self, client: str, data: bytes) -> str:
        """Keep these bytes; returns their SHA-256."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(client, digest)
        if self._touched(path):
            return digest
        make_folder(path.parent)
        write_bytes(path, data)
        with self._lock:
            self._bytes += len(data)
            if self._bytes > self.most_bytes:
                self._drop_oldest(path)
        return digest

    def find(self, client: str, digest: str) -> Path | None:
        """The file of these bytes, if this client has them here."""
        if not SHA256.fullmatch(digest):
            return None
        path = self._path(client, digest)
        return path if self._touched(path) else None

    def _path(self, client: str, digest: str) -> Path:
        return self.folder / client / digest[:2] / digest

    def _touched(self, path: Path) -> bool:
        """Whether the file is there. Its time of reading is set by hand: time of change is what pictures are known again by."""
        try:
            state = path.stat()
            os.utime(path, ns=(max(state.st_atime_ns + 1, time.time_ns()), state.st_mtime_ns))
        except OSError:
            return False
        return True

    def _files(self) -> list[tuple[int, Path, int]]:
        """Time of the last use, path and size of every file."""
        files = []
        for path in self.folder.glob("*/??/*"):
            with contextlib.suppress(OSError):
                state = path.stat()
                if SHA256.fullmatch(path.name):
                    files.append((max(state.st_atime_ns, state.st_mtime_ns), path, state.st_size))
        return files

    def _drop_oldest(self, keep: Path) -> None:
        """Down to nine tenths, so that it is seldom done."""
        files = self._files()
        self._bytes = sum(size for _, _, size in files)
        for _, path, size in sorted(files):
            if self._bytes <= 0.9 * self.most_bytes:
                break
            if path != keep:
                path.unlink(missing_ok=True)
                self._bytes -= size


def content_type(path: Path) -> str:
    """What a stored picture is, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "application/octet-stream")


_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"<?xml", "image/svg+xml"),
)
