"""YAML with positions: nodes are walked rather than constructed, so every value keeps its mark."""

from __future__ import annotations

from typing import Any

import yaml

from codi_hook.config.entry import Entry
from codi_hook.errors import CodiError

MOST_NODES = 20_000  # anchors can make a small file endless


def load(path: str, text: str) -> dict[str, tuple[Entry, Entry]]:
    """The top level's keys: each with its own entry and its value's."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return {} if node is None else _Reader(path, loader).top(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = getattr(error, "problem", None) or str(error).split("\n")[0]
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise CodiError(message, "this is not YAML", path, line, column) from None
    except ValueError as error:  # a date that is none, for example
        raise CodiError(f"cannot be read: {error}", "quote the value", path, 1, 1) from None
    except RecursionError:
        raise CodiError("nested too deeply", "simplify the file", path, 1, 1) from None
    finally:
        loader.dispose()


class _Reader:
    def __init__(self, path: str, loader: yaml.SafeLoader) -> None:
        self.path = path
        self.loader = loader
        self.left = MOST_NODES

    def fail(self, message: str, hint: str, node: yaml.Node) -> CodiError:
        mark = node.start_mark
        return CodiError(message, hint, self.path, mark.line + 1, mark.column + 1)

    def top(self, node: yaml.Node) -> dict[str, tuple[Entry, Entry]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail("expected keys and values", "write key: value", node)
        return self.pairs(node)

    def pairs(self, node: yaml.MappingNode) -> dict[str, tuple[Entry, Entry]]:
        self.loader.flatten_mapping(node)
        pairs: dict[str, tuple[Entry, Entry]] = {}
        for key_node, value_node in node.value:
            key = self.entry(key_node)
            name = str(key.value)
            if name in pairs:
                first = pairs[name][0].line
                raise self.fail(f"{name!r} is given twice", f"first on line {first}", key_node)
            pairs[name] = (key, self.entry(value_node))
        return pairs

    def entry(self, node: yaml.Node) -> Entry:
        self.left -= 1
        if self.left < 0:
            raise self.fail("holds too many values", "simplify the file", node)
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = self.loader.construct_object(node)
        elif isinstance(node, yaml.MappingNode):
            value = {name: entry for name, (_, entry) in self.pairs(node).items()}
        else:
            value = [self.entry(item) for item in node.value]
        return Entry(value, node.start_mark.line + 1, node.start_mark.column + 1)
