"""The one exception type that callers of uniadgen need to know."""


class InputError(ValueError):
    """Something the caller supplied can't be used. The message is one line: what, where, and how to mend it.

    The command line prints it to standard error and ends with exit code 2. Messages never contain a shopper's texts.
    """
