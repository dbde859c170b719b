"""Short ways to write down what a script is expected to hold."""

from __future__ import annotations

from codi_hook.shell import Document, parse
from codi_hook.shell.ast import Command, Script
from codi_hook.source import Source


def document(text: str | bytes, base: int = 0) -> Document:
    return parse(Source(text if isinstance(text, bytes) else text.encode(), base=base))


def script(body: str, before: str = "") -> Script:
    """The script of ``RUN body``."""
    (found,) = document(f"FROM x\n{before}RUN {body}\n").scripts()
    return found


def shown(command: Command) -> str:
    """The values of the words, between bars; ``?`` before one that cannot be known."""
    return "|".join(
        word.value if word.value is not None else "?" + word.text for word in command.words
    )


def placed(command: Command) -> str:
    """The command with all that is around it."""
    text = shown(command)
    if command.wrapper is not None:
        text = f"{command.wrapper.name} > {text}"
    if command.context:
        text = f"{text}  @{'/'.join(command.context)}"
    joined = f"{command.before} {text} {command.after}".strip(" ")
    return joined.replace("\n", "NEWLINE")
