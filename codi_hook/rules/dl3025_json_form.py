"""CMD, ENTRYPOINT or HEALTHCHECK in shell form.

Why it matters: Docker puts `/bin/sh -c` before a shell form, so the program is not process 1.
SIGTERM then reaches the shell, which does not pass it on: `docker stop` waits ten seconds and
kills. A shell-form ENTRYPOINT also ignores CMD and everything given to `docker run`.

Which alternative: where the command uses nothing of the shell, the array of its words; or the
shell by its name with `exec`, which also runs a script without a `#!` line. Where it needs
variables, wild cards or a list, the shell stays and hands over with `exec`, so that the program
becomes process 1 all the same. Where not even that is possible, as with a pipeline, the shell can
at least be named. An array that is almost JSON runs as shell form and fails on the first bracket;
it is written as JSON.

Why the fixes are safe or unsafe: naming the shell gives the very configuration that Docker makes
of the shell form, unless a base image that is not an official one has set SHELL, and a health
check of plain words gives the same verdict without a shell: safe. A script without a `#!` line
runs only from a shell, so a file that is not the system's makes it unsafe.
The others change which process gets the signals, and an ENTRYPOINT in exec form takes arguments
that it has ignored before: unsafe.

When to ignore: where the shell must stay process 1, because it reaps or traps.

Evidence: in 118.6 of 1,000 public Dockerfiles. hadolint and this rule agree on all 1,974 places
that hadolint reports in 16,167 public Dockerfiles; this rule has 2 more, arrays that are no JSON
and that BuildKit hands to a shell.
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
from codi_hook.recipes.execform import (
    entrypoint_of,
    last_simple,
    only_command,
    plain_words,
    repaired,
    with_exec,
)
from codi_hook.recipes.execlayout import script_json, words_json
from codi_hook.recipes.instructions import exec_form
from codi_hook.recipes.layers import runs_a_file
from codi_hook.shell.ast import Command, Script
from codi_hook.source import Span

_KEYWORDS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword in _KEYWORDS and item.form == "shell" and item.arguments:
            yield Finding(_body(item), item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    document = finding.document
    if item.comments or item.heredocs:
        return  # they would be lost
    written = item.arguments[-1].value
    if written.lstrip().startswith("["):
        yield from _repair(item)
        return
    script = document.script(item)
    words = plain_words(script)
    if words:
        yield _exec(item, script, words, entrypoint_of(document, item))
    shell = document.shell_of(item)
    if script is None or script.dialect in ("cmd", "powershell", "opaque"):
        return
    command = last_simple(script)
    lasting = item.keyword != "HEALTHCHECK"
    if command is not None and lasting:
        yield _hand_over(item, shell, command, plain=bool(words))
    elif not words:
        yield Candidate(
            "name-shell",
            f"Name {shell[0]} openly",
            (Edit(_body(item), script_json(item, shell, written, _body(item).start)),),
            Applicability.SAFE if _shell_is_known(document, item) else Applicability.UNSAFE,
            (
                Reason("same-configuration", f"{shell[0]} runs it already, only unseen")
                if _shell_is_known(document, item)
                else Reason("base-shell", f"{shell[0]} runs it unless the base image sets SHELL"),
                Reason("needs-shell", "the command needs a shell for what it does"),
            ),
        )


def _body(item: Instruction) -> Span:
    """The command, without the word CMD of a HEALTHCHECK, and with a continuation that ends it."""
    start = item.arguments[-1].span.start if item.keyword == "HEALTHCHECK" else item.body_span.start
    return Span(start, item.span.end)


def _shell_is_known(document: Document, item: Instruction) -> bool:
    """True where the file sets SHELL, or the base image is an official one: these set none."""
    stage = document.stage_of(item)
    if stage is None or document.shell_of(item) != ("/bin/sh", "-c"):
        return stage is not None
    root = list(stage.lineage())[-1]
    return root.image.resolved is not None and "/" not in root.image.short_name


def _exec(
    item: Instruction, script: Script | None, words: list[str], entrypoint: Instruction | None
) -> Candidate:
    command = only_command(script)
    text = words_json(words, command) if command else exec_form(words)
    reasons = [Reason("no-shell-needed", f"{words[0]} uses nothing of the shell here")]
    if item.keyword == "HEALTHCHECK":
        reasons.append(Reason("one-process", "no shell is started for every check"))
    elif entrypoint is not None:
        given = f"{entrypoint.arguments[0].value} gets these words, no longer a shell and a string"
        reasons.append(Reason("entrypoint-gets-words", given))
    else:
        reasons.append(Reason("gets-signals", f"{words[0]} is then process 1 and gets SIGTERM"))
    if item.keyword == "ENTRYPOINT":
        reasons.append(Reason("takes-arguments", "what follows docker run IMAGE reaches it then"))
    script_file = words[0].endswith(".sh") or (
        command is not None and "/" in words[0] and runs_a_file(command)
    )
    if script_file:
        reasons.append(
            Reason("names-interpreter", f"{words[0]} must begin with #! if it is a script")
        )
    safe = item.keyword == "HEALTHCHECK" and not script_file
    return Candidate(
        "exec-form",
        "Write the words as a JSON array",
        (Edit(_body(item), text),),
        Applicability.SAFE if safe else Applicability.UNSAFE,
        tuple(reasons),
    )


def _hand_over(
    item: Instruction, shell: tuple[str, ...], command: Command, plain: bool
) -> Candidate:
    """The same script through a named shell that the last command replaces."""
    text, at = with_exec(item, command), command.span.start
    what = Reason("keeps-shell", f"{shell[0]} still expands variables and reads the list")
    if plain and item.keyword == "ENTRYPOINT":
        what = Reason("ignores-arguments", "CMD and what docker run gives stay without effect")
    elif plain:
        what = Reason("any-script", f"the shell runs {command.name} even as a script without #!")
    return Candidate(
        "shell-exec",
        f"Let {shell[0]} hand over to {command.name} with exec",
        (Edit(_body(item), script_json(item, shell, text, _body(item).start, at)),),
        Applicability.UNSAFE,
        (
            what,
            Reason("gets-signals", f"{command.name} is then process 1 and gets SIGTERM"),
        ),
    )


def _repair(item: Instruction) -> Iterator[Candidate]:
    words = repaired(item)
    if words and " " not in words[0]:  # a program with a blank in its name was meant otherwise
        yield Candidate(
            "repair-json",
            "Write it as the JSON array that it looks like",
            (Edit(_body(item), exec_form(words)),),
            Applicability.UNSAFE,
            (
                Reason("runs-as-shell", "it is no JSON, so a shell gets it as it stands"),
                Reason("double-quotes", "JSON wants double quotes and a comma between words"),
            ),
        )


RULE = Rule(
    "DL3025",
    "json-form",
    Severity.WARNING,
    "Write CMD and ENTRYPOINT as a JSON array",
    check,
    candidates,
    aliases=("JSONArgsRecommended",),
    triggers=_KEYWORDS,
    local=True,
    templates=(
        "exec-form: safe, unsafe",
        "shell-exec: unsafe",
        "name-shell: safe, unsafe",
        "repair-json: unsafe",
    ),
)
