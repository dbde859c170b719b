"""A heredoc whose commands may fail unnoticed.

Why it matters: the status of `RUN <<EOF` is that of its last command. A line in the middle that
fails is printed and forgotten, and the build goes on without what it should have done; the same
commands joined with `&&` would have stopped it. Who turns a long chain into a heredoc loses that.

Which alternative: `set -e` as the first line says it for this step, with `-o pipefail` where the
shell knows it and there is a pipe to watch. Where the heredoc is given to a shell by name, or
begins with `#!`, the shell can be started with `-e`. A SHELL instruction with `-e` covers all
steps of the stage; other steps may then stop as well.

Why the fixes are unsafe: a build that used to swallow a failure now stops there.

When to ignore: where a failure in the middle is of no interest; `|| true` behind the command says
that better.

Evidence: in none of 16,167 public Dockerfiles of the corpus, most of which are older than heredocs;
612 newer files of one author have 1,291 of them, all with set -e. In public repositories elsewhere
nine files were looked at, and six would be reported. Five of these: pacman followed by its cache's
cleaning, whose status alone counts; apt-get update and install, then gem and bundle steps; apk add
before the users that it needs; a keyring that is downloaded and installed; a program that is
cloned, built and installed in twelve lines. The other three have set -e, or -e in SHELL.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.facts import ALPINE, family
from codi_hook.recipes.heredocs import shebang, shell_of, unguarded
from codi_hook.recipes.instructions import cased, exec_form, insert_before
from codi_hook.recipes.scripts import editable
from codi_hook.shell.ast import Command
from codi_hook.shell.wrappers import SHELLS
from codi_hook.source import Span

_PIPEFAIL = frozenset({"bash", "zsh", "ksh"})


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("RUN"):
        if not item.heredocs or item.form == "json":
            continue
        script = document.script(item)
        command = unguarded(document, item, script) if script and editable(script) else None
        if command is not None:
            message = f"The build goes on when {command.name or 'a command'} of the heredoc fails"
            yield Finding(item.heredocs[0].word_span, (item, command), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    command: Command
    item, command = finding.subject
    document = finding.document
    script = document.script(item)
    source, content = item.source, item.heredocs[0].content_span
    text = source.text(content)
    runner = shell_of(script)
    match = shebang(text)
    if script is None or (match and match[2] not in SHELLS):
        return
    shell = match[2] if match else (runner.name if runner else script.dialect)
    stops = Reason("stops", f"the build then stops where {command.name or 'a command'} fails")
    known = shell in _PIPEFAIL or family(document, document.stage_of(item)) == ALPINE
    line = text.index("\n") + 1 if match and "\n" in text else 0
    at = content.start + len(text[:line].encode("utf-8", "surrogateescape"))
    indent = "\t" if item.heredocs[0].strip_tabs and text[line:].startswith("\t") else ""
    here = Reason("this-step", "nothing but this step changes")
    settings = ["set -e"]
    if script.pipelines and known:
        settings.insert(0, "set -eo pipefail")
    for setting in settings:
        pipes = Reason("pipes", "a failure at the head of a pipe counts as well")
        yield Candidate(
            "set-e-pipefail" if "pipefail" in setting else "set-e",
            f"Begin the heredoc with {setting}",
            (Edit(Span(at, at), indent + setting + source.newline),),
            Applicability.UNSAFE,
            (stops, pipes if "pipefail" in setting else here),
        )
    start = None
    if match and not match[1]:
        start = content.start + len(match[0].rstrip().encode())
    elif runner and not match:
        start = runner.word.span.end
    if start is not None:
        yield Candidate(
            "shell-e",
            f"Start {shell} with -e",
            (Edit(Span(start, start), " -e"),),
            Applicability.UNSAFE,
            (stops, Reason("own-option", f"the option stands where {shell} is named")),
        )
    elif not match and document.shell_of(item) == ("/bin/sh", "-c"):
        yield from _for_the_stage(document, item, stops)


def _for_the_stage(document: Document, item: Instruction, stops: Reason) -> Iterator[Candidate]:
    """SHELL with -e before the step."""
    if document.is_trigger(item):
        return
    words = list(document.shell_of(item))
    words.insert(-1, "-e")
    yield Candidate(
        "shell-instruction",
        f"Run the steps from here on with {words[0]} -e",
        (insert_before(item, f"{cased(item, 'SHELL')} {exec_form(words)}"),),
        Applicability.UNSAFE,
        (
            stops,
            Reason("whole-stage", "every later heredoc of the stage is covered too"),
            Reason("cmd-as-well", f"a CMD in shell form is then run by {words[0]} -e as well"),
        ),
    )


RULE = Rule(
    "CODI030",
    "heredoc-without-errexit",
    Severity.WARNING,
    "Let a heredoc stop at the first command that fails",
    check,
    candidates,
    triggers=("RUN",),
    templates=(
        "set-e: unsafe",
        "shell-instruction: unsafe",
        "set-e-pipefail: unsafe",
        "shell-e: unsafe",
    ),
)
