"""Where a command switches a check of certificates or signatures off, and the edits against it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.insecure import (
    APT_CERTIFICATES,
    APT_SETTINGS,
    CERTIFICATES,
    CONFIGURED,
    OPTIONS,
    TRUSTED_HOST,
    Switch,
    setting,
    variable,
    written,
)
from codi_hook.recipes.installs import APT, is_json, one_line
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.scripts import drop_word, insert_after_word, remove_command
from codi_hook.recipes.tools import install_of, installed_before
from codi_hook.recipes.values import unquoted
from codi_hook.shell.ast import Command, Flag, Script, Word
from codi_hook.shell.flags import flags, operands
from codi_hook.shell.kept import kept
from codi_hook.shell.managers import call
from codi_hook.source import Source, Span

_assignment = pattern(r"(\w+)=(.*)\Z").match
_local = pattern(r"[\"']?https?://(?:localhost|127\.|\[::1\])").match
_PAIRED = frozenset({"-o", "--option", "-c"})


@dataclass(frozen=True, eq=False)
class Off:
    """`edits` switch the check on again; `shown` is what is said to be taken away."""

    switch: Switch
    shown: str
    edits: tuple[Edit, ...]
    command: Command | None = None


@kept
def may_switch(command: Command) -> bool:
    """False where `in_command` finds nothing."""
    if command.name in ("echo", "printf"):
        return any(written(word.text) for word in command.args) or bool(command.assignments)
    switch = _exported(command) if command.name == "export" else _set(command)
    return bool(switch or command.assignments or _options(command)[1])


def in_command(script: Script, command: Command) -> Iterator[tuple[Span, Off]]:
    """Each place of the command that switches something off, and what is to be done there."""
    for one in command.assignments:
        value = one.value.value if one.value else None
        switch = variable(one.name, value) if value else None
        if switch:
            edits = (Edit(Span(one.span.start, _next(command, one.span.end)), ""),)
            yield (one.span, Off(switch, one.name, edits))
    if command.name in ("echo", "printf"):
        for word in command.args:
            switch = written(word.text)
            if switch:
                yield (word.span, Off(switch, "What is written here", ()))
        return
    yield from _by_option(command)
    switch = _exported(command) if command.name == "export" else _set(command)
    if switch:
        shown = one_line(" ".join(word.text for word in command.words))
        yield (command.span, Off(switch, shown, _gone(script, command)))


def _by_option(command: Command) -> Iterator[tuple[Span, Off]]:
    source = command.instruction.source
    switch, given = _options(command)
    if switch and given and not any(_local(word.text) for word in command.args):
        edits = () if is_json(command) else tuple(_without(source, flag) for flag in given)
        first = given[0]
        shown = f"{command.name} {first.value if first.name in _PAIRED else first.name}"
        yield (first.word.span, Off(switch, shown, edits, command))


def _next(command: Command, end: int) -> int:
    """Where the word or assignment behind `end` begins."""
    starts = [one.span.start for one in command.assignments] + [command.word.span.start]
    return min(start for start in starts if start >= end)


def _options(command: Command) -> tuple[Switch | None, list[Flag]]:
    names, switch = OPTIONS.get(command.name, ((), None))
    parsed = flags(command)
    given = [f for f in parsed if f.name in names or (f.value and f"{f.name}={f.value}" in names)]
    if command.name == "git":
        values = [f for f in parsed if f.name == "-c" and f.value]
        given = [f for f in values if setting("git", *_key_value(f.value or ""))]
        return (setting("git", "http.sslverify", "false") if given else None), given
    if switch is None:
        found = call(command)
        if found is not None and found.manager.family == "pip" and found.name != "uv":
            return TRUSTED_HOST, [f for f in found.flags if f.name == "--trusted-host"]
    elif command.name in (*APT, "aptitude"):
        values = [f for f in parsed if f.name in _PAIRED and f.value]
        given += [f for f in values if (f.value or "").lower().strip("\"'") in APT_SETTINGS]
        if given and all("https" in (f.value or "") for f in given):
            switch = APT_CERTIFICATES
    return switch, given


def _key_value(text: str) -> tuple[str, str]:
    key, _, value = text.strip("\"'").partition("=")
    return key, value


def _set(command: Command) -> Switch | None:
    """``git config http.sslVerify false`` and its like."""
    if command.name not in CONFIGURED:
        return None
    words = [(word.value or "") for word in operands(command)]
    if command.name == "conda":
        words = [(word.value or "") for word in command.args if not word.text.startswith("-")]
    if "config" not in words[:1] and words[:1] != ["set"]:
        return None
    rest = [word for word in words[1:] if word not in ("set", "--set", "-g")]
    if len(rest) == 1 and "=" in rest[0]:
        rest = list(_key_value(rest[0]))
    pairs = pairwise(rest)
    return next((s for key, value in pairs if (s := setting(command.name, key, value))), None)


def _exported(command: Command) -> Switch | None:
    for word in command.args if command.name == "export" else ():
        match = _assignment(word.text)
        switch = variable(match[1], unquoted(match[2])) if match else None
        if switch:
            return switch
    return None


def _gone(script: Script, command: Command) -> tuple[Edit, ...]:
    item: Instruction = command.instruction
    if len(script.commands) == 1 and not item.heredocs and not command.redirects:
        return (delete(item),)
    edit = remove_command(script, command)
    several = command.name == "export" and len(command.args) > 1
    return (edit,) if edit and not several else ()


def _without(source: Source, given: Flag) -> Edit:
    word = given.word
    if given.value_word is not None:
        both = Span(word.span.start, given.value_word.span.end)
        return drop_word(source, Word(source.text(both), both, None))
    letters = word.text
    is_cluster = letters[:1] == "-" and letters[:2] != "--" and len(letters) > 2
    if is_cluster and len(given.name) == 2 and given.value is None:
        return Edit(word.span, letters.replace(given.name[1], "", 1))
    return drop_word(source, word)


def certificates_missing(document: Document, command: Command) -> Edit | None:
    """ca-certificates beside the tool, where apt installs it without what it recommends."""
    found = install_of(document, command, command.name)
    if found is None or _own_certificates(command) or found[0].manager.family != "apt":
        return None
    if not found[0].has_flag("--no-install-recommends"):
        return None
    if installed_before(document, command, "ca-certificates"):
        return None
    return insert_after_word(found[1], "ca-certificates")


def _own_certificates(command: Command) -> bool:
    """True for a tool that does not read the system's certificates."""
    return OPTIONS.get(command.name, ((), None))[1] is None or (
        OPTIONS[command.name][1].what != CERTIFICATES
    )
