"""``cd`` at the top of a RUN: what follows it, and the WORKDIR that says the same."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.instructions import cased, insert_after
from codi_hook.recipes.merging import leaves_state
from codi_hook.recipes.scripts import editable
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command, Script, Statement, Word
from codi_hook.source import Span

# Set by the shell or the container's runtime, not by the image, so WORKDIR does not know them.
_NOT_IN_IMAGE = frozenset(
    ("HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "SHELL", "TMPDIR", "HOSTNAME")
)
_LOOKS_AT_NO_FOLDER = frozenset(
    ("ARG", "ENV", "EXPOSE", "LABEL", "MAINTAINER", "STOPSIGNAL", "USER")
)
_REMOVES = frozenset(("rm", "del", "purge", "autoremove", "remove", "erase", "clean"))
_variable = pattern(r"\$(?:(\w+)|\{(\w+)\})")
_pattern = pattern(r"[*?\[]").search
_plain = pattern(r"[\w@%+=:,./${}-]+\Z").match
# Commands that take the folder as an option before everything else.
DIRECTORY_OPTION = {"make": "-C", "gmake": "-C", "git": "-C", "ninja": "-C"}


def target(command: Command) -> str | None:
    """The folder a ``cd`` goes to, as WORKDIR may say it; None for options, -, ~ and patterns."""
    if len(command.args) != 1 or command.redirects or command.assignments:
        return None
    text = unquoted(command.args[0].text)
    if not _plain(text) or text.startswith("-") or command.args[0].text.startswith("'$"):
        return None
    rest = _variable.sub("", text)
    if "$" in rest or "{" in rest or "}" in rest:
        return None
    names = {plain or braced for plain, braced in _variable.findall(text)}
    return None if names & _NOT_IN_IMAGE else text


def reads_folder(word: Word) -> bool:
    """True for a word that the shell makes something else of in another folder."""
    return "PWD" in word.text or (word.text[:1] not in "'\"" and bool(_pattern(word.text)))


def index(script: Script | None, command: Command) -> int | None:
    """Which top-level statement of the script the ``cd`` is, with something behind it to run."""
    if script is None or not editable(script):
        return None
    for at, statement in enumerate(script.statements[:-1]):
        if statement.commands == (command,) and statement.operator in ("&&", ";", "\n"):
            return at
    return None


def hides_comment(script: Script, at: int) -> bool:
    """True where a comment stands in the part of the script that the ``cd`` leaves behind it."""
    start = script.statements[at - 1].span.end if at else script.statements[0].span.start
    gone = Span(start, script.statements[at + 1].span.start)
    inside = b"#" in script.instruction.source.bytes(gone) and script.instruction.heredocs
    return bool(inside) or any(gone.contains(one.span) for one in script.instruction.comments)


def resolved(document: Document, command: Command, folder: str) -> str | None:
    """`folder` as an absolute path, seen from where the command works; None where unknown."""
    if folder.startswith(("/", "$")):
        return folder
    current = effective(document, command.instruction)
    script = document.script(command.instruction)
    before = [one for one in script.commands if one.name == "cd"] if script else []
    for one in before[: before.index(command)]:
        there = None if one.context else target(one)
        current = join(current, there) if current and there else None
        current = there if there is not None and there.startswith(("/", "$")) else current
    return join(current, folder) if current else None


def returns(script: Script, command: Command) -> bool:
    """True where a later command goes back to where the shell was before this ``cd``."""
    later = (one for one in script.commands if one.position > command.position)
    return any(
        "OLDPWD" in word.text or word.text == "-" for one in later for word in one.args
    ) and (any(one.name == "cd" for one in script.commands if one.position > command.position))


def settings(script: Script, at: int) -> str:
    """The ``set -e`` and the like ahead of the cd, as a RUN that begins there has to say them
    again; empty where there are none."""
    source = script.instruction.source
    return "".join(f"{source.text(one.span)} && " for one in script.statements[:at] if _is_set(one))


def _is_set(statement: Statement) -> bool:
    """True for ``set`` with options and nothing that an expansion gives."""
    commands = statement.commands
    return (
        statement.simple
        and len(commands) == 1
        and commands[0].name == "set"
        and all(word.value is not None and word.value != "--" for word in commands[0].args)
    )


def can_cut(script: Script, command: Command, at: int) -> bool:
    """True where the chain up to the cd can be a RUN of its own."""
    rest = [one for one in script.statements[:at] if not (_is_set(one) or _is_cd(one))]
    if script.instruction.heredocs or leaves_state(script, rest):
        return False
    if any(one.operator != "&&" for one in script.statements[:at]):
        return False
    if any(one.operator == "||" for one in script.statements[at:]):
        return False  # what stands behind it also answers for a failure of the first half
    later = [one for one in script.commands if one.position > command.position]
    if any(one.name == "cd" and goes_back(one) for one in later):
        return False
    words = {word.value for one in later for word in one.words if one.name != "rm"}
    if not words.isdisjoint(_REMOVES):
        return False  # what is removed in another layer stays in the image
    source, start = script.instruction.source, script.statements[at].span.end
    head = source.text(Span(script.instruction.span.start, start))
    return not any(_is_of(head, one) for one in later if one.name == "rm")


def _is_of(head: str, removal: Command) -> bool:
    """True where rm may remove what the first half has written."""
    names = [word.text.strip("\"'") for word in removal.args if word.text[:1] != "-"]
    last = [name.rstrip("/").rpartition("/")[2] for name in names]
    return any(
        _pattern(name) or "$" in name or not end or end in head
        for name, end in zip(names, last, strict=True)
    )


def goes_back(command: Command) -> bool:
    """True for a cd to where one came from, or home."""
    return not command.args or command.args[0].text.rstrip("/") in ("", "-", "..", "../..", "~")


def _is_cd(statement: Statement) -> bool:
    commands = statement.commands
    return (
        statement.simple
        and len(commands) == 1
        and target(commands[0]) is not None
        and (commands[0].name == "cd")
    )


def _says_where(document: Document, item: Instruction) -> bool:
    """True where a WORKDIR with a path of its own follows, ahead of anything that looks at the
    folder which the instruction leaves."""
    stage = document.stage_of(item)
    items = stage.instructions if stage else ()
    at = next((n + 1 for n, one in enumerate(items) if one is item), len(items))
    for one in items[at:]:
        if one.keyword == "WORKDIR" and one.arguments:
            return unquoted(one.arguments[0].value).startswith("/")
        copies = one.keyword in ("COPY", "ADD") and one.arguments and one.form != "json"
        if copies and one.arguments[-1].value.startswith("/"):
            continue
        if one.keyword not in _LOOKS_AT_NO_FOLDER:
            return False
    return False


def _is_used(document: Document, item: Instruction) -> bool:
    """True where the stage's last WORKDIR holds in the image or in a stage that is built on it."""
    stage = document.stage_of(item)
    return stage is None or stage.is_final or any(one.parent is stage for one in document.stages)


def with_restore(
    document: Document,
    item: Instruction,
    template: str,
    title: str,
    edits: list[Edit],
    reasons: list[Reason],
) -> Candidate:
    """With the old WORKDIR behind the RUN, unless it is unknown or another one follows."""
    following = document.following(item)
    old = effective(document, item)
    ends = following is None or following.keyword == "FROM"
    level = Applicability.UNSAFE
    if _says_where(document, item) or (ends and not _is_used(document, item)):
        pass
    elif old:
        edits.append(insert_after(item, f"{cased(item, 'WORKDIR')} {old}"))
        what = "the container starts" if ends else "what follows works"
        reasons.append(Reason("restored", f"{what} in {old} as before"))
    elif ends:
        level = Applicability.DISPLAY
        reasons.append(Reason("stays", "the container starts there too, the old one is not known"))
    else:
        level = Applicability.DISPLAY
        reasons.append(Reason("stays", "what follows works there too, the old one is not known"))
    reasons.append(Reason("creates", "WORKDIR creates the folder where it is missing"))
    return Candidate(template, title, tuple(edits), level, tuple(reasons))
