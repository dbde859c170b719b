"""A download that is piped into an interpreter, and the file that it could be instead."""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.model import Edit
from codi_hook.recipes.fetching import Download, run_by, runs_input
from codi_hook.recipes.scripts import editable
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.flags import flag, has_flag
from codi_hook.shell.wrappers import SHELLS
from codi_hook.source import Span

_EVALUATE = frozenset({"eval", "source", "."})


@dataclass(frozen=True, eq=False)
class Piped:
    """`runner` is what runs the download; `member` its place in the pipeline, None without one."""

    fetcher: Command
    runner: Command
    member: Command | None

    @property
    def span(self) -> Span:
        """The pipeline, or the command that is given the download as its script."""
        pipe = self.fetcher.pipeline
        return self.runner.span if self.member is None or pipe is None else pipe.span


def piped(script: Script, fetcher: Command) -> Piped | None:
    members = fetcher.pipeline.commands if fetcher.pipeline else ()
    for member in members:
        if member.position > fetcher.position:
            runner = run_by(script, member)
            if runs_input(runner):
                return Piped(fetcher, runner, member)
    if "substitution" not in fetcher.context:
        return None
    for outer in reversed(script.commands[: fetcher.position]):
        runs = outer.name in SHELLS or outer.name in _EVALUATE
        if runs and any(_is_the_script(word, fetcher) for word in outer.args):
            return Piped(fetcher, outer, None)
    return None


def _is_the_script(word: Word, fetcher: Command) -> bool:
    """True where the word is the download and nothing else: ``"$(curl …)"``, ``<(curl …)``."""
    text = word.text.strip("\"'")
    begins = text.startswith(("$(", "`", "<("))
    return begins and word.span.contains(fetcher.span) and fetcher.span.start < word.span.start + 5


def to_a_file(script: Script, piped: Piped, fetched: Download, file: str) -> tuple[Edit, ...]:
    """The pipe as ``&&``, the download to `file`, and the interpreter given that file."""
    fetcher, member, runner = piped.fetcher, piped.member, piped.runner
    source = fetcher.instruction.source
    if member is None or not editable(script) or fetcher.context or fetcher.wrapper:
        return ()
    pipe = fetcher.pipeline
    if pipe is None or pipe.commands != (fetcher, member) or fetched.target:
        return ()
    at = next((i for i, s in enumerate(script.statements) if s.span == pipe.span), None)
    if at is None or (at and script.statements[at - 1].operator not in ("&&", ";", "\n")):
        return ()
    if fetcher.redirects or runner.redirects or member.redirects:
        return ()
    gap = Span(fetcher.span.end, member.span.start)
    words = _with_file(runner, file)
    written = Span(runner.word.span.start, runner.words[-1].span.end)
    if words is None or source.text(gap).count("|") != 1 or "\n" in source.text(written):
        return ()
    return (
        *_output(fetcher, file),
        Edit(gap, source.text(gap).replace("|", "&&")),
        Edit(written, f"{words} && rm {file}"),
    )


def _output(fetcher: Command, file: str) -> tuple[Edit, ...]:
    at, curl = fetcher.word.span.end, fetcher.name == "curl"
    names = ("-o", "--output") if curl else ("-O", "--output-document")
    fails = not curl or has_flag(fetcher, "-f", "--fail", "--fail-with-body")
    options = "" if fails else " -f"
    given = flag(fetcher, *names)
    edits: list[Edit] = []
    if given is None:
        options += f" {names[0]} {file}"
    elif given.value_word is not None:
        edits.append(Edit(given.value_word.span, file))
    else:
        end = given.word.span.end
        start = end - len(given.value or "")
        edits.append(Edit(Span(start, end), f" {file}" if given.name == names[0] else file))
    return (Edit(Span(at, at), options), *edits) if options else tuple(edits)


def _with_file(runner: Command, file: str) -> str | None:
    """The words of the interpreter with the file in place of the standard input."""
    kept, rest = [runner.word.text], list(runner.args)
    while rest and rest[0].text.startswith("-") and rest[0].text not in ("-", "--"):
        option = rest.pop(0).text
        if option == "-s":
            continue
        if runner.name not in SHELLS or "s" in option or option.startswith("--") or "o" in option:
            return None
        kept.append(option)
    if rest and rest[0].text in ("-", "--"):
        rest.pop(0)
    return " ".join([*kept, file, *(word.text for word in rest)])
