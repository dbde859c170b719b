"""What a RUN does. Immutable; spans are absolute byte offsets into the Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codi_hook.frozen import dataclass, field
from codi_hook.source import Span

if TYPE_CHECKING:
    from codi_hook.dockerfile.ast import Instruction


class Word(NamedTuple):
    """A shell word as written. `value` has quotes and escapes removed; None where the word
    holds an expansion (``$x``, ``$(…)``, a glob is no expansion) and cannot be known."""

    text: str
    span: Span
    value: str | None


@dataclass(frozen=True, slots=True)
class Flag:
    """An option in any spelling. `name` keeps its dashes: "-y", "--yes", "-o".

    A cluster such as ``-qy`` yields one Flag per letter, all with the word's span and
    `cluster=True`. `value` is set for ``--opt=value``, ``-ovalue`` and, where the command is
    known to take one, ``--opt value``. `word` is the word that holds the flag.
    """

    name: str
    word: Word
    value: str | None = None
    value_word: Word | None = None  # the separate word that holds the value, if any
    cluster: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    name: str
    value: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Redirect:
    """`operator` is ``>``, ``>>``, ``<``, ``2>``, ``&>``, ``<<``, ``<<<`` … without its target."""

    operator: str
    target: Word | None
    span: Span


@dataclass(frozen=True, eq=False)
class Command:
    """A simple command.

    `name` is the basename of a literal first word ("apt-get" for /usr/bin/apt-get), else "".
    `words[0]` is that word, also as `word`; `args` are the rest.
    `span` covers env prefixes, words and redirects; `before`/`after` are the operators that join
    it to its neighbours in the same list or pipeline ("&&", "||", ";", "|", "|&", "&", "\\n", "").
    `context` names the constructs around it, outermost first: "subshell", "group", "if", "for",
    "while", "case", "function", "substitution", "sh -c", "heredoc", "negated", "condition".
    `wrapper` is the command that runs this one (sudo, exec, time, env, nice, xargs …); it is
    itself among the script's commands, directly before this one.
    """

    name: str
    words: tuple[Word, ...]
    span: Span
    instruction: Instruction
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    before: str = ""
    after: str = ""
    context: tuple[str, ...] = ()
    wrapper: Command | None = None
    pipeline: Pipeline | None = None
    position: int = 0  # index in the script

    @property
    def word(self) -> Word:
        return self.words[0]

    @property
    def args(self) -> tuple[Word, ...]:
        return self.words[1:]


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Two or more commands joined by ``|`` (members may be compound; `commands` are the simple
    ones at its top level), and the span of the whole."""

    commands: tuple[Command, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Statement:
    """One element of the script's top-level list: its span and the operator after it.

    `commands` are the simple commands inside it, however deep. `simple` is True where the
    statement is one simple command or pipeline, nothing compound.
    """

    span: Span
    operator: str
    commands: tuple[Command, ...]
    simple: bool


@dataclass(frozen=True, eq=False)
class Script:
    """The shell program of one RUN (also of CMD, ENTRYPOINT, HEALTHCHECK CMD where asked for).

    `dialect`: "sh", "bash", "ash", "dash", "ksh", "zsh" are readable; "exec" is JSON form;
    "powershell", "cmd" and "opaque" hold no commands. `error` is the span of the first place
    that is not shell, or None.
    """

    instruction: Instruction
    dialect: str
    commands: tuple[Command, ...]
    statements: tuple[Statement, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    error: Span | None = None
    names: frozenset[str] = field(default_factory=frozenset)  # the names of `commands`
    assignments: tuple[Assignment, ...] = ()  # those that no command follows: ``x=1``
