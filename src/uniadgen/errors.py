"""The one exception type that callers of uniadgen need to know, what messages call a value, and how a lack of memory shows."""

import sys


class InputError(ValueError):
    """Something the caller supplied can't be used. The message is one line: what, where, and how to mend it.

    The command line prints it to standard error and ends with exit code 2. Messages never contain a shopper's texts.
    """


def kind_of(value: object) -> str:
    """The type of a value in JSON's words; never the value itself, which may be a shopper's text."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), type(value).__name__)


LEAST_ADDRESS_SPACE = 1_250_000_000  # bytes; with less, libraries end the process before Python can say why
_SPELLINGS = ("t allocate memory", "not allocate memory", "out of memory", "failed to map segment", "bad_alloc", "new thread")


def lacks_memory(error: BaseException) -> bool:
    """Whether an exception, of whatever type libraries choose for it, says that there is no memory left."""
    named = isinstance(error, RuntimeError | ImportError | OSError) and any(s in str(error).lower() for s in _SPELLINGS)
    return isinstance(error, MemoryError) or named


def check_address_space() -> None:
    """Raises InputError where `ulimit -v` leaves too little to load the libraries that everything needs."""
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_ADDRESS_SPACE:
        raise InputError(
            f"memory: this process may use {limit / 1e9:.2f} GB of addresses, but needs {LEAST_ADDRESS_SPACE / 1e9:.2f} GB; "
            "raise the limit (ulimit -v)"
        )
