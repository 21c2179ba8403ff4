"""Who may use the service: a file with a line `NAME KEY` for each client.

Keys are compared as digests, in constant time, and all of them are compared whichever fits.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from pathlib import Path

from uniadgen.errors import InputError
from uniadgen.words import quoted

NOBODY = "-"  # the client of a service without keys
_NAME = re.compile(r"[A-Za-z0-9_.]{1,40}")
LEAST_KEY = 16


@dataclass(frozen=True)
class Keys:
    """The clients by the digests of their keys; none at all lets everybody in."""

    digests: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Keys":
        """From a file in UTF-8; empty lines and those that begin with # are left out. Raises InputError."""
        what = f"argument --api-keys: {quoted(path)}"
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, ValueError):
            raise InputError(f"{what} can't be read; name a text file with a line NAME KEY for each client") from None
        digests = dict[str, bytes]()
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) != 2 or not _NAME.fullmatch(words[0]) or len(words[1]) < LEAST_KEY:
                raise InputError(
                    f"{what}, line {number}: write NAME KEY, a name of letters, digits, _ and ., and a key of at least "
                    f"{LEAST_KEY} characters"
                )
            if words[0] in digests:
                raise InputError(f"{what}, line {number}: the name stands there twice; give every client one key")
            digests[words[0]] = _digest(words[1])
        if not digests:
            raise InputError(f"{what} has no keys; write a line NAME KEY for each client")
        if len(set(digests.values())) < len(digests):
            raise InputError(f"{what}: two clients have the same key; give each its own")
        return cls(digests)

    def client(self, authorization: str | None) -> str | None:
        """The client's name by the header `Authorization: Bearer KEY`; None for one that is unknown."""
        if not self.digests:
            return NOBODY
        scheme, _, key = (authorization or "").partition(" ")
        client = self.client_of(key.strip())
        return client if scheme.lower() == "bearer" else None

    def client_of(self, key: str) -> str | None:
        """The name of the client who has this key; None where there is none."""
        given, client = _digest(key), None
        for name, digest in self.digests.items():
            if hmac.compare_digest(digest, given):
                client = name
        return client

    def token(self, client: str, ends: int) -> str:
        """What stands for a client's key until a time, in seconds since 1970; nobody can make it who has no key of theirs."""
        said = f"{client}~{ends}"
        return f"{said}~{hmac.new(self.digests[client], said.encode(), hashlib.sha256).hexdigest()}"

    def holder(self, token: str, now: float) -> str | None:
        """The client that a token stands for; None for one that has ended or was made otherwise."""
        client, _, rest = token.partition("~")
        ends = rest.partition("~")[0]
        if client not in self.digests or not re.fullmatch("[0-9]{1,12}", ends) or int(ends) <= now:
            return None
        made = self.token(client, int(ends)).encode()
        return client if hmac.compare_digest(made, token.encode("utf-8", "surrogateescape")) else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
