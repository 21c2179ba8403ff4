"""`uniadgen` and `python -m uniadgen`: signals end it with one line from the first moment on."""

import sys

from uniadgen.signals import leaving_at_once


def main() -> int:
    leaving_at_once()
    from uniadgen.cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
