"""The arguments of `check`, parsed by the schema's table alone.

click would need more time to be imported than a small file to be checked. What this parser does
not understand, help and mistakes included, it leaves to click, which has the same table; a test
holds both to the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from codi_hook.config.schema import KEYS, Key, from_text


class Arguments(NamedTuple):
    """What `check` was called with; `options` by the schema's keys, `config` as for resolve."""

    paths: list[str]
    options: dict[str, Any]
    config: str


def parse(arguments: Sequence[str]) -> Arguments | None:
    """The arguments after `check`, or None where click has to look at them."""
    flags = {key.flag: key for key in KEYS if key.flag}
    offs = {key.off: key for key in KEYS if key.off}
    result = Arguments([], {}, "")
    left = list(reversed(arguments))
    isolated = False
    while left:
        argument = left.pop()
        if argument == "--":
            result.paths.extend(reversed(left))
            break
        if not argument.startswith("-") or argument == "-":
            result.paths.append(argument)
            continue
        flag, equals, value = argument.partition("=")
        if flag == "--isolated" and not equals:
            isolated = True
            continue
        key = flags.get(flag) or offs.get(flag)
        if key is None and flag != "--config":
            return None
        if key is not None and key.kind == "bool":
            if equals:
                return None
            result.options[key.name] = flag == key.flag
            continue
        if not equals:
            if not left:
                return None
            value = left.pop()
            if value.startswith("-"):  # a forgotten value, most likely
                return None
        if key is None:
            result = result._replace(config=value)
        elif not _take(result.options, key, value):
            return None
    if isolated:
        return None if result.config else result._replace(config="none")
    return result


def _take(options: dict[str, Any], key: Key, text: str) -> bool:
    try:
        value = from_text(key, text)
    except ValueError:
        return False
    options[key.name] = options.get(key.name, ()) + value if key.repeats else value
    return True
