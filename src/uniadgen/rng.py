"""Random streams: a named thing draws from its own, so that it never depends on how many others were drawn before it."""

import hashlib
import random

MAX_SEED = 2**63 - 1


def stream(seed: int, *names: object) -> random.Random:
    """An independent random stream for one named thing under this seed."""
    key = "/".join(map(str, (seed, *names))).encode()
    return random.Random(int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))
