"""Which version of this package is installed."""


def version() -> str:
    from importlib import metadata  # slow to load, and needed by few commands

    try:
        return metadata.version("uniadgen")
    except metadata.PackageNotFoundError:
        return "(not installed)"
