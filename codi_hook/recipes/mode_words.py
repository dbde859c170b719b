"""Where commands and instructions give a mode that lets everybody write."""

from __future__ import annotations

from codi_hook.dockerfile import Flag as InstructionFlag
from codi_hook.frozen import dataclass
from codi_hook.recipes.modes import for_everybody, is_octal
from codi_hook.recipes.values import unquoted
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import flag, has_flag
from codi_hook.source import Span

SHARED = frozenset({"/tmp", "/var/tmp", "/tmp/", "/var/tmp/", "/dev/shm"})


@dataclass(frozen=True, eq=False)
class Mode:
    """`span` holds `mode` as text. `paths` are what a chmod changes, () for another command."""

    span: Span
    mode: str
    command: Command | None = None
    paths: tuple[Word, ...] = ()
    flag: InstructionFlag | None = None


def in_chmod(command: Command) -> Mode | None:
    words = [word for word in command.args if word.value is None or not _is_option(word)]
    if len(words) < 2 or has_flag(command, "--reference"):
        return None
    mode, paths = words[0], tuple(words[1:])
    if mode.value is None or not for_everybody(mode.value):
        return None
    if all(unquoted(path.text) in SHARED for path in paths) and not is_octal(mode.value):
        return None  # the sticky bit stays
    return Mode(mode.span, mode.value, command, paths)


def _is_option(word: Word) -> bool:
    """-R and its like; -w and -x take rights away."""
    text = word.value or ""
    return text.startswith("--") or (text[:1] == "-" and set(text[1:]) <= set("Rcfv"))


def in_option(command: Command) -> Mode | None:
    given = flag(command, "-m", "--mode")
    if given is None or not given.value or not for_everybody(given.value):
        return None
    span = given.value_word.span if given.value_word else given.word.span
    if given.value_word is None:
        span = Span(span.end - len(given.value), span.end)
    return Mode(span, given.value, command)
