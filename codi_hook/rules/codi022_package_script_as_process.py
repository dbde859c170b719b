"""npm, yarn or pnpm is the container's main process.

Why it matters: `npm start` runs a script of package.json in a shell, as its child: two processes
stand between `docker stop` and the program. npm 11 over dash, the /bin/sh of Debian and Ubuntu,
was tried: the shell died of SIGTERM and node went on without having seen it. Other versions pass
the signal on or do not, so requests are cut off and the container may be killed after ten
seconds. The package manager also stays in memory for as long as the program runs.

Which alternative: to start node itself is best, and the command is written out where package.json
lies in the build context and says it in plain words. Where the script has to stay, an init process
that signals every process does the second half of the job: `dumb-init`, or `tini -g`. It is offered
where the file installs it, or installs other packages beside which it can stand.

Why the fixes are unsafe: npm puts node_modules/.bin in front of PATH and sets npm_package_*
variables, which the program may read; and a program that gets SIGTERM for the first time may
handle it otherwise than by ending.

When to ignore: in images for development. Scripts that say so by their name (dev, test, watch), and
stages that do, are not reported.

Evidence: in 22.8 of 1,000 public Dockerfiles (368 of 16,167). Five looked at: an ENTRYPOINT of npm
start on node:latest, the same as CMD beside EXPOSE 8081, a CMD of yarn start on node:8-alpine, npm
start in shell form under a comment that it runs the server, and npm run prod. Each is a service
that is to be stopped some day, and none of the files has an init process.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
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
from codi_hook.patterns import pattern
from codi_hook.recipes.inits import INITS, advise_init, init_candidates, init_edits, plain_init
from codi_hook.recipes.installs import insert_option
from codi_hook.recipes.nodestart import program, script_name
from codi_hook.recipes.stages import may_start
from codi_hook.recipes.starts import (
    in_effect,
    is_for_development,
    last_command,
    own,
    start_words,
)
from codi_hook.shell.ast import Command

_lasts = pattern(r"(?:^|[:_-])(?:run-?)?(?:start|serve|server|prod|production|ssr|worker)").search
_other = pattern(
    r"(?:^|[:_-])(?:dev|develop|development|watch|test|build|storybook)(?:$|[:_-])"
).search


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        if is_for_development(document, stage) or not may_start(document, stage):
            continue
        for keyword in ("ENTRYPOINT", "CMD"):
            item = own(stage, keyword)
            command = last_command(document, item)
            script = script_name(command) if command is not None else None
            if item is None or command is None or script is None:
                continue
            if not _lasts(script) or _other(script):
                continue
            if not plain_init(document, stage)[0]:
                message = f"{command.name} stands between the container's signals and its program"
                yield Finding(command.span, (stage, item, command, script), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage
    item: Instruction
    command: Command
    stage, item, command, script = finding.subject
    document, name = finding.document, command.name
    words = program(document, item, command, script)
    edit = start_words(document, item, words) if words else None
    if words and edit:
        yield _program(command, script, words, edit)
    tini = plain_init(document, stage)[1]
    if tini is not None:
        yield Candidate(
            "tini-group",
            "Let tini signal the whole process group",
            (insert_option(tini, tini.word, "-g"),),
            Applicability.UNSAFE,
            (
                Reason("child-only", f"without -g tini signals {name} alone"),
                Reason("all-of-them", "with -g the program gets the signal as well"),
            ),
        )
    elif command.wrapper is None and in_effect(stage, "ENTRYPOINT") in (None, item):
        for package in INITS:
            yield from init_candidates(document, stage, item, package)
        if all(init_edits(document, stage, item, package) is None for package in INITS):
            yield advise_init(name)
    yield Candidate(
        "start-program",
        f"Write what the script {script} of package.json runs in place of {name}",
        (),
        Applicability.DISPLAY,
        (
            Reason("gets-signals", "the program is then process 1 and gets SIGTERM itself"),
            Reason("less-memory", f"{name} and its shell no longer run beside it"),
            Reason("yours-to-say", f"what {script} runs is not in this file"),
        ),
    )


def _program(command: Command, script: str, words: list[str], edit: Edit) -> Candidate:
    shown = " ".join(words)
    return Candidate(
        "run-program",
        f"Start {shown}, as package.json has it",
        (edit,),
        Applicability.UNSAFE,
        (
            Reason("gets-signals", f"{words[0]} is then process 1 and gets SIGTERM itself"),
            Reason("same-command", f"{shown} is what {script} runs in package.json"),
            Reason("no-npm-variables", f"variables that {command.name} sets are then missing"),
        ),
    )


RULE = Rule(
    "CODI022",
    "package-script-as-process",
    Severity.WARNING,
    "Start the program itself, not a script of package.json",
    check,
    candidates,
    triggers=("CMD", "ENTRYPOINT"),
    templates=(
        "run-program: unsafe",
        "install-init: display",
        "start-program: display",
        "start-by-dumb-init: unsafe",
        "start-by-tini: unsafe",
        "tini-group: unsafe",
    ),
)
