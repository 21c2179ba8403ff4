"""YAML in which no key stands twice: the parser would silently keep the last of them.

yaml.load(text, UniqueKeys)
"""

from typing import Any

import yaml

from uniadgen.words import quoted


class RepeatedKey(yaml.constructor.ConstructorError):
    """A mapping has this key more than once."""

    def __init__(self, key: str, mark: yaml.Mark) -> None:
        super().__init__(None, None, f"the key {quoted(key)} is there twice", mark)
        self.key = key


class UniqueKeys(yaml.SafeLoader):
    """Raises RepeatedKey, beside what yaml raises."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise RepeatedKey(key.value, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
