"""Calls of package managers as several rules look at them, and edits on them."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.recipes.scripts import insert_after_word
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.managers import Call, call
from codi_hook.source import Span

# apt-get and apt read the same words; what is said of the one holds for the other.
APT = ("apt-get", "apt")
DNF = ("dnf", "microdnf")
RPM_INSTALLS = (
    "install", "group install", "groups install", "module install", "groupinstall", "localinstall",
)  # fmt: skip
SYSTEM = ("apt-get", "apt", "apk", "dnf", "microdnf", "yum", "zypper")
_REPOSITORIES = ("release", "repo", "epel", "copr", "keyring", "scl", "$")
# The names that a script may call pip by, of the releases that had it.
_VERSIONS = ("", "2", "3", "2.7", *(f"3.{minor}" for minor in range(2, 16)))
PIP = tuple(f"pip{version}" for version in _VERSIONS)
PYTHON = tuple(f"python{version}" for version in _VERSIONS)
PIP_NAMES = frozenset({"pip", "pip2", "pip3"})


def installs(
    document: Document, *names: str, verb: str = "install", verbs: tuple[str, ...] = ()
) -> Iterator[Call]:
    """The calls of commands with one of the names, whose verb is `verb`, or one of `verbs`."""
    wanted = verbs or (verb,)
    for command in document.commands(*names):
        found = call(command)
        if found is not None and found.verb in wanted:
            yield found


def pip_installs(document: Document) -> Iterator[Call]:
    """``pip install`` by any name, ``python -m pip install`` included."""
    for found in installs(document, *PIP, *PYTHON):
        if found.manager.name in PIP_NAMES:
            yield found


def plain_install(script: Script, index: int) -> Call | None:
    """The statement as an installation of a system's packages by name, and nothing else."""
    statement = script.statements[index]
    if not statement.simple or len(statement.commands) != 1:
        return None
    command = statement.commands[0]
    found = call(command)
    if found is None or found.manager.name not in SYSTEM or found.action != "install":
        return None
    whole = command.redirects or command.assignments or command.wrapper or found.sources
    return None if whole or not found.packages or found.command.word.value is None else found


def can_join(first: Call, second: Call) -> bool:
    """True where one call could install the packages of both: the options are the same, and the
    first does not tell the manager of packages that it did not know."""
    alike = first.manager is second.manager and _options(first) == _options(second)
    return alike and not any(part in word.text for word in first.packages for part in _REPOSITORIES)


def _options(found: Call) -> tuple[str, frozenset[tuple[str, str | None]]]:
    return found.verb, frozenset((one.name, one.value) for one in found.flags)


def ends_in_packages(found: Call) -> bool:
    """True where more packages can be written behind the call."""
    end = found.packages[-1].span.end
    return all(word.span.end <= end for word in found.command.words)


def in_one_call(left: Script, right: Script) -> Iterator[Candidate]:
    """The installations of two RUNs in a row as one call, where `&&` between them would have the
    same options twice."""
    first, second = left.instruction, right.instruction
    one, other = plain_install(left, 0), plain_install(right, 0)
    if one is None or other is None or not can_join(one, other) or not ends_in_packages(one):
        return
    if second.leading or first.comments or second.comments:
        return
    end = one.packages[-1].span.end
    more = "".join(f" {word.text}" for word in other.packages)
    yield Candidate(
        "merge-installs",
        f"Install {shown(other.packages)} in the call of line {first.start_line}",
        (Edit(Span(end, end), more), Edit(Span(first.body_span.end, second.body_span.end), "")),
        Applicability.UNSAFE,
        (
            Reason("one-call", f"{one.name} then resolves and configures once"),
            Reason("one-layer", "both installations then write one layer instead of two"),
            Reason("one-solution", "conflicts show before anything is installed"),
        ),
    )


def shown(words: list[Word] | tuple[Word, ...], limit: int = 3) -> str:
    """The first words as written, and how many more there are."""
    texts = [word.text.strip("\"'") for word in words[:limit]]
    more = len(words) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def is_json(command: Command) -> bool:
    """True where the command's words are elements of a JSON array."""
    return command.instruction.form == "json" and "sh -c" not in command.context


def insert_option(command: Command, word: Word, text: str) -> Edit:
    """Add the option behind `word`, as a word or as an element of the JSON array."""
    if is_json(command):
        return Edit(Span(word.span.end, word.span.end), f', "{text}"')
    return insert_after_word(word, text)


def one_line(text: str) -> str:
    """Text of the document on one line, for a title or a reason."""
    return " ".join(text.replace("\\\n", " ").replace("\\\r\n", " ").split())
