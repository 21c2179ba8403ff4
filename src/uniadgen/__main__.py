"""`python -m uniadgen` is the same as `uniadgen`."""

import sys

from uniadgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
