"""Whether a shell that starts the container's program stays in front of it.

Measured with dash 0.5.12, bash 5.2 and BusyBox 1.35: the last simple command of ``sh -c`` takes the
place of bash and of BusyBox's ash by itself, of dash only behind ``exec``. Behind ``||`` or in a
pipeline it is nowhere so.
"""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.compiling import COMPILERS
from codi_hook.recipes.execform import BUILTINS, plain_words
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.instructions import exec_form
from codi_hook.recipes.starts import literal
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.wrappers import SHELLS
from codi_hook.source import Span

_WAITS = frozenset({"trap", "wait", "alias"})
# What ends by itself, at once: there is nothing to signal.
_SHORT = frozenset((
    "cat", "date", "echo", "env", "false", "id", "ls", "printenv", "printf", "pwd", "test", "true",
    "uname", "whoami", "[", "[[",
))  # fmt: skip
_glob = pattern(r"[*?\[{~]").search
# npm is another rule's; tests end by themselves.
_NOT_HERE = frozenset({"npm", "pytest", "tox", "rspec", "ctest", "py.test"})
_positional = pattern(r"\$(?:[0-9@*#]|\{[0-9@*#])").search


def is_shell_call(script: Script | None) -> bool:
    """True for an array like ``["sh", "-c", "…"]``."""
    if script is None or script.dialect != "exec" or not script.commands:
        return False
    first = script.commands[0]
    return first.name in SHELLS and any("sh -c" in one.context for one in script.commands)


def program(script: Script | None) -> Command | None:
    """The last command of a script, with what runs it (``time``, ``gosu`` …), where ``exec`` may
    be put before it and is not there yet."""
    if script is None or not script.commands or script.error is not None:
        return None
    base = ("sh -c",) if is_shell_call(script) else ()
    chain = [script.commands[-1]]
    while chain[-1].wrapper is not None:
        chain.append(chain[-1].wrapper)
    outer = chain[-1]
    if any(one.name == "exec" for one in chain) or not outer.words or not outer.name:
        return None
    if outer.context != base or outer.assignments or outer.pipeline is not None or outer.after:
        return None
    if outer.name in BUILTINS or chain[0].name in _SHORT:
        return None
    if chain[0].name in COMPILERS or chain[0].name in _NOT_HERE:
        return None
    if chain[0].name in SHELLS and all("$" in word.text for word in chain[0].args):
        return None  # for somebody who types, and ends it
    return None if _needs_shell(script) else outer


def _needs_shell(script: Script) -> bool:
    """True where the shell has more to do when the last command ends, or answers for it."""
    return any(
        one.name in _WAITS or {one.before, one.after} & {"||", "&"} for one in script.commands
    )


def stays(document: Document, item: Instruction, script: Script) -> bool:
    """True where the shell that runs the script is dash: /bin/sh of Debian and Ubuntu."""
    if is_shell_call(script):
        shell = script.commands[0].name
        flags = script.commands[0].words[1].text
    else:
        words = document.shell_of(item)
        shell = words[0].rpartition("/")[2] if words else ""
        flags = " ".join(words)
    if "bash" in flags or shell not in ("sh", "dash"):
        return False
    return shell == "dash" or family(document, document.stage_of(item)) == DEBIAN


def takes_arguments(script: Script) -> bool:
    """True where the script reads what CMD, or docker run, puts behind it."""
    return any(_positional(word.text) for one in script.commands for word in one.words) or any(
        one.value is not None and _positional(one.value.text) for one in script.assignments
    )


def program_words(script: Script, command: Command) -> list[str] | None:
    """The words of the command where it is all that the shell runs, and needs no shell."""
    if not is_shell_call(script):
        return plain_words(script)
    inner = [one for one in script.commands if "sh -c" in one.context]
    if len(inner) != 1 or command.redirects or any(_glob(word.text) for word in command.words):
        return None
    return literal(command.words)


def with_arguments(document: Document, item: Instruction, command: Command) -> str | None:
    """The array for a shell form whose last command gets ``exec`` and ``"$@"``."""
    written, source = item.arguments[-1].value, item.source
    tail = source.text(Span(command.span.start, item.span.end)).strip()
    if item.form == "json" or item.comments or command.redirects or not written.endswith(tail):
        return None
    text = f'{written[: len(written) - len(tail)]}exec {tail} "$@"'
    return exec_form([*document.shell_of(item), text, command.name])
