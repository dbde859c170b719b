"""Two RUNs as one: what has to hold, and the text between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import runs_a_file
from codi_hook.recipes.scripts import editable, joiner
from codi_hook.shell.ast import Command, Script, Statement
from codi_hook.shell.managers import call

# What a command may leave behind in its shell for the commands after it.
STATEFUL = frozenset((
    ".", "alias", "cd", "declare", "eval", "exec", "exit", "export", "hash", "local", "popd",
    "pushd", "read", "readonly", "return", "set", "shift", "shopt", "source", "trap", "typeset",
    "ulimit", "umask", "unalias", "unset", "wait",
))  # fmt: skip
_OWN_SHELL = frozenset(("subshell", "substitution", "sh -c"))
# What may go on running in the background, and is stopped when its RUN ends.
_DAEMONS = frozenset((
    "apache2ctl", "apachectl", "cron", "crond", "dockerd", "gpg-agent", "httpd", "invoke-rc.d",
    "memcached", "mongod", "mysqld", "mysqld_safe", "nginx", "pg_ctl", "pg_ctlcluster", "postgres",
    "rabbitmq-server", "rabbitmqctl", "redis-server", "rsyslogd", "service", "slapd", "ssh-agent",
    "sshd", "start-stop-daemon", "supervisord", "systemctl",
))  # fmt: skip
_pragma = pattern(r"(?:hadolint|codi-hook|check)\b", re.IGNORECASE).match
_assignment = pattern(r"(?:^|[\s;({])\w+\+?=", re.MULTILINE).search
# Files of a project that build it and end.
_BUILDS = frozenset({"autogen.sh", "bootstrap", "bootstrap.sh", "config", "configure", "setup.py"})
_MOVES = frozenset({"ln", "mv", "cp", "rm", "dpkg-divert", "update-alternatives"})
_PER_RUN = pattern(rb"/etc/(?:hosts|resolv\.conf|hostname)\b|/dev/shm\b").search
_operator = pattern(r"[;|&\n]").search
_LONGEST = 20


def top_commands(script: Script) -> int:
    """How many commands a RUN is made of; one that another command runs is not counted anew."""
    if script.dialect in ("powershell", "cmd", "opaque"):
        text = script.instruction.source.text(script.instruction.body_span)
        return 2 if _operator(text) else 1
    return sum(
        1 + (one.name == "time")
        for one in script.commands
        if one.wrapper is None and "sh -c" not in one.context and one.name not in ("[", "[[")
    )


def same_flags(one: Instruction, other: Instruction) -> bool:
    return _flags(one) == _flags(other)


def _flags(item: Instruction) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((flag.name, tuple(sorted((flag.value or "").split(",")))) for flag in item.flags)


def mergeable(document: Document, first: Instruction, second: Instruction) -> bool:
    """True where the second script does in the first one's shell what it does in its own."""
    left, right = document.script(first), document.script(second)
    if first.form == "json" or second.form == "json" or left is None or right is None:
        return False
    if not (editable(left) and editable(right)) or first.heredocs or second.heredocs:
        return False
    if left.dialect != right.dialect or any(_pragma(one.text) for one in second.leading):
        return False
    return (
        _is_one_statement(left)
        and _is_one_statement(right)
        and (not leaves_state(left, left.statements))
    )


def is_short(document: Document, *items: Instruction) -> bool:
    """True for RUNs of one command each."""
    scripts = [document.script(item) for item in items]
    return all(script is not None and top_commands(script) < 2 for script in scripts)


def block_of(document: Document, item: Instruction) -> list[Instruction]:
    """The RUNs of one command around the instruction, each of which can join the one before it.
    Of very many a part that the instruction is in."""
    memo: dict[str, dict[int, list[Instruction]]] = document.__dict__
    if "_blocks" not in memo:
        memo["_blocks"] = {id(one): block for block in _blocks(document) for one in block}
    return memo["_blocks"].get(id(item), [item])


def _blocks(document: Document) -> list[list[Instruction]]:
    blocks: list[list[Instruction]] = []
    items = document.instructions
    for first, second in pairwise(items):
        if not _joins(document, first, second):
            continue
        if blocks and blocks[-1][-1] is first and len(blocks[-1]) < _LONGEST:
            blocks[-1].append(second)
        elif not blocks or blocks[-1][-1] is not first:
            blocks.append([first, second])
        else:
            blocks.append([second])
    return blocks


def _joins(document: Document, first: Instruction, second: Instruction | None) -> bool:
    return (
        second is not None
        and first.keyword == second.keyword == "RUN"
        and same_flags(first, second)
        and is_short(document, first, second)
        and mergeable(document, first, second)
    )


def _is_one_statement(script: Script) -> bool:
    """One statement from the first to the last byte of the body: no comment hides behind it."""
    if len(script.statements) != 1 or script.statements[0].operator:
        return False
    body, span = script.instruction.body_span, script.statements[0].span
    return script.instruction.source.data[span.end : body.end].strip() == b"" and (
        span.start == body.start
    )


def leaves_state(script: Script, statements: Sequence[Statement]) -> bool:
    """True where the statements set a variable, or change the shell that they run in."""
    source = script.instruction.source
    for one in statements:
        inside = [command for command in one.commands if _OWN_SHELL.isdisjoint(command.context)]
        if any(command.name in STATEFUL or "function" in command.context for command in inside):
            return True
        if one.simple and not inside:
            return True  # nothing but an assignment
        if not one.simple and (not one.commands or _assignment(source.text(one.span))):
            return True
    return False


def may_leave_daemon(script: Script) -> bool:
    """True where a command may have put a process into the background."""
    return any(
        one.name in _DAEMONS or (runs_a_file(one) and one.name not in _BUILDS and not call(one))
        for one in script.commands
        if one.words
    )


def shows_in_next(first: Script, second: Script) -> str:
    """What the second script finds in the first one's shell that a shell of its own would not:
    the reason in words, or nothing."""
    if any(map(changes_sh, first.commands)):
        return "the first command changes what /bin/sh is, which only a new shell notices"
    if _PER_RUN(first.instruction.source.bytes(first.instruction.body_span)):
        return "files like /etc/hosts are set anew for every RUN"
    if any(_is_fresh(flag.value or "") for flag in first.instruction.flags):
        return "what is mounted is set anew for every RUN"
    again = first.names & second.names
    if any(_upgrades(command) for command in first.commands if command.name in again):
        return "the shell keeps calling the program that the first command replaces"
    return ""


def changes_sh(command: Command) -> bool:
    """True for a command that makes another shell /bin/sh."""
    words = {(word.value or "").rstrip("/") for word in command.args}
    if command.name == "dpkg-reconfigure":
        return "dash" in words
    return command.name in _MOVES and not words.isdisjoint({"/bin/sh", "/usr/bin/sh"})


def _is_fresh(value: str) -> bool:
    return "type=tmpfs" in value or re.search(r"(?:^|,)(?:rw|readwrite)", value) is not None


def _upgrades(command: Command) -> bool:
    """``pip install -U pip``: the new one may lie in another folder than the shell remembers."""
    own = command.name.rstrip("0123456789.")
    words = [(word.value or "").lower() for word in command.args]
    if any(re.split(r"[@=<>~!]", word, maxsplit=1)[0] in (own, command.name) for word in words):
        return not command.name.startswith("python")
    return not {"self-update", "selfupdate", "--system"}.isdisjoint(words)


def gap(document: Document, first: Instruction, second: Instruction) -> str:
    """What joins the scripts: ``&&`` in the file's layout, comments between them kept."""
    newline = document.source.newline
    style = f" {document.escape}{newline}    && "
    for script in document.scripts():
        found = joiner(script) if editable(script) and not script.instruction.heredocs else ""
        if "\n" in found:
            style = found
            break
    if not second.leading:
        return style
    before, end, after = style.partition("\n")
    comments = "".join(
        document.source.text(comment.span).rstrip() + newline for comment in second.leading
    )
    return f"{before}{end}{comments}{after}"
