"""A shell stays between the container and its program, or an ENTRYPOINT never sees its CMD.

Why it matters: Docker gives CMD to ENTRYPOINT as further arguments, and those of a shell are not
those of its script: behind an ENTRYPOINT in shell form, a CMD says what is never used, and so does
what a user puts behind `docker run IMAGE`. And /bin/sh of Debian and Ubuntu is dash, which waits
for the program that it starts: SIGTERM ends the shell, or not even that as process 1, and the
program is killed after ten seconds. bash and BusyBox let the last command take their place by
themselves, dash needs `exec`. This is not about how the line is written, as DL3025 is: an array
`["sh", "-c", "…"]` is no better, and a shell form with `exec` is not reported.

Which alternative: the array of the words is best where nothing of the shell is used; CMD is then
what it was meant to be. Where variables or a list need the shell, `exec` hands over to the program,
and `"$@"` takes the arguments in.

Why the fixes are unsafe: the program gets signals, and arguments, that it has not seen before.

When to ignore: where the shell is meant to stay, as one that sets a trap. Such scripts, those that
end with a pipeline or `||`, and commands that end at once are not reported.

Evidence: in 9.2 of 1,000 public Dockerfiles (149 of 16,167). Five looked at: a helper of celery
named in shell form on python:3-slim, a broker started by a script on debian, privoxy on ubuntu, a
Python program in an array of sh and -c without need, all kept from signals by dash; and an
ENTRYPOINT that was to be emptied, whose comment behind the array makes it a script, so that the CMD
below is never used.
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
from codi_hook.recipes.execlayout import words_json
from codi_hook.recipes.handover import (
    is_shell_call,
    program,
    program_words,
    stays,
    takes_arguments,
    with_arguments,
)
from codi_hook.recipes.instructions import exec_form
from codi_hook.recipes.stages import may_start
from codi_hook.recipes.starts import own
from codi_hook.shell.ast import Command
from codi_hook.shell.parser import READABLE
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        for item in (own(stage, "ENTRYPOINT"), own(stage, "CMD")):
            script = document.script(item) if item is not None else None
            if item is None or script is None or not script.commands:
                continue
            if not may_start(document, stage):
                continue
            shell_form = item.form == "shell" and script.dialect in READABLE
            if not (is_shell_call(script) or (shell_form and item.keyword == "ENTRYPOINT")):
                continue
            command = program(script)
            cmd = own(stage, "CMD") if item.keyword == "ENTRYPOINT" else None
            ignored = cmd if cmd is not None and not takes_arguments(script) else None
            waits = command is not None and stays(document, item, script)
            if ignored is not None and ignored.arguments:
                message = f"ENTRYPOINT runs a shell, so the CMD of line {ignored.start_line}"
                yield Finding(_body(item), (item, command, ignored), f"{message} is never used")
            elif waits and command is not None:
                message = f"The shell waits for {command.name} and keeps signals from it"
                yield Finding(_body(item), (item, command, None), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    command: Command | None
    item, command, ignored = finding.subject
    document = finding.document
    script = document.script(item)
    if item.heredocs or command is None or script is None:
        if ignored is not None:
            yield _drop(ignored)
        return
    signals = Reason("gets-signals", f"{command.name} is then process 1 and gets SIGTERM")
    words = program_words(script, command)
    if words and not item.comments:
        text = exec_form(words) if is_shell_call(script) else words_json(words, command)
        reasons = [Reason("no-shell-needed", f"{words[0]} uses nothing of the shell here"), signals]
        if ignored is not None:
            reasons.append(_taken(ignored, words[0]))
        yield Candidate(
            "exec-form",
            "Write the words as a JSON array",
            (Edit(_body(item), text),),
            Applicability.UNSAFE,
            tuple(reasons),
        )
    at = Span(command.span.start, command.span.start)
    keeps = Reason("keeps-shell", "the shell still does what stands before it")
    if ignored is None:
        yield Candidate(
            "exec-last",
            f"Hand over to {command.name} with exec",
            (Edit(at, "exec "),),
            Applicability.UNSAFE,
            (signals, keeps),
        )
        yield _advise_script(command)
        return
    passing = with_arguments(document, item, command)
    if passing is not None:
        yield Candidate(
            "pass-arguments",
            'Let the script pass "$@" on, with exec',
            (Edit(_body(item), passing),),
            Applicability.UNSAFE,
            (_taken(ignored, command.name), signals, keeps),
        )
    yield _drop(ignored)


def _taken(ignored: Instruction, name: str) -> Reason:
    return Reason("cmd-counts", f"{name} gets the CMD of line {ignored.start_line} as arguments")


def _drop(ignored: Instruction) -> Candidate:
    return Candidate(
        "drop-cmd",
        "Decide what CMD is for, and take it out if it is for nothing",
        (),
        Applicability.DISPLAY,
        (
            Reason("never-used", f"the CMD of line {ignored.start_line} has no effect today"),
            Reason("misleads", "who reads it believes that it sets the default arguments"),
        ),
    )


def _advise_script(command: Command) -> Candidate:
    return Candidate(
        "entrypoint-script",
        f"Move it into a script that ends with exec {command.name}, and start that by its name",
        (),
        Applicability.DISPLAY,
        (
            Reason("room", "a script can be read, tested and set to stop at the first failure"),
            Reason("arguments", 'with "$@" at its end it takes what docker run gives as well'),
        ),
    )


def _body(item: Instruction) -> Span:
    return Span(item.body_span.start, item.span.end)


RULE = Rule(
    "CODI023",
    "entrypoint-shell-stays",
    Severity.WARNING,
    "Let the shell of ENTRYPOINT or CMD hand over to the program",
    check,
    candidates,
    triggers=("ENTRYPOINT", "CMD"),
    reads=("RUN",),
    templates=(
        "pass-arguments: unsafe",
        "drop-cmd: display",
        "exec-last: unsafe",
        "entrypoint-script: display",
        "exec-form: unsafe",
    ),
)
