"""Registries without lists: what the modules of a package define under one name."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def defined(package: ModuleType, name: str) -> list[Any]:
    """`name` of every module directly in the package that defines it at the start of a line, in the order of their names.

    Other modules are not imported: they may need libraries that take long to load, or are not installed.
    """
    members = []
    for finder, module, _ in pkgutil.iter_modules(package.__path__):
        spec = finder.find_spec(module, None)
        source = getattr(spec.loader, "get_source", lambda _: None)(spec.name) if spec is not None else None
        if f"\n{name} = " in (source or ""):
            members.append(getattr(importlib.import_module(f"{package.__name__}.{module}"), name))
    return members
