"""Development dependencies in an image that is made to run.

Why it matters: compilers, test frameworks and linters are often most of node_modules or vendor.
In production they are size, start-up time and code that nobody patches because nobody runs it.

Which alternative: an option on the install command is the plainest. A variable says it for every
later command of the stage and for the program itself (NODE_ENV is read by many). Where the image
builds with these tools after installing them, they can only be taken out behind the build; a
build stage of its own, from which the result is copied, does that best.

Why the fixes are unsafe: a package that runs in production may be listed as a development
dependency by mistake, which shows when the program starts.

Severity: warning. The image works, but it ships what it was not meant to, and the finding is
only made where the final stage starts a program that is no development tool and neither the
file's name nor the stage's says that it is for development.

When to ignore: in images for development or for tests.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.cache_clean import may_remove
from codi_hook.recipes.dev_fixes import (
    advise_focus,
    advise_stage,
    declining_options,
    is_yarn_2,
    prune_command,
    variable_for,
)
from codi_hook.recipes.dev_packages import (
    MANAGERS,
    is_production,
    unwanted,
)
from codi_hook.recipes.facts import workdir_at
from codi_hook.recipes.installs import insert_option
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.scripts import append_command, joiner
from codi_hook.shell.ast import Script
from codi_hook.shell.managers import Call
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    if is_production(document):
        for found, builds in unwanted(document):
            yield Finding(found.command.word.span, (found, builds))


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Call
    builds: list[Script]
    found, builds = finding.subject
    name = found.manager.name
    if builds:
        yield from _after_build(finding, found, builds[-1])
        yield advise_stage(name)
        return
    if is_yarn_2(found):
        yield advise_focus()
        return
    anchor = found.verb_word or found.command.word
    for index, option in enumerate(declining_options(finding.document, found)):
        yield Candidate(
            "add-production-option" if index == 0 else "add-other-option",
            f"Give {name} {option}",
            (insert_option(found.command, anchor, option),),
            Applicability.UNSAFE,
            (
                Reason("smaller", f"{option} leaves out what only development needs"),
                Reason("local", "the option stands where it is needed and changes nothing else"),
                Reason("check-start", "a package listed in the wrong group shows at the start"),
            ),
        )
    yield from _settings(finding, found)


def _settings(finding: Finding, found: Call) -> Iterator[Candidate]:
    item, name = found.command.instruction, found.manager.name
    variable = variable_for(name)
    if variable:
        yield Candidate(
            "set-variable",
            f"Set {variable} for the stage",
            (insert_before(item, f"{cased(item, 'ENV')} {variable}"),),
            Applicability.UNSAFE,
            (
                Reason("once", f"{variable} covers every later {name} of the stage"),
                Reason("stays", "the variable stays set in the image, for the program as well"),
            ),
        )
    script, command = finding.document.script(item), found.command
    if name != "bundle" or script is None or command.context or command.wrapper:
        return
    if item.form != "json" and command.before in ("", "&&", ";", "\n"):
        start = Span(command.span.start, command.span.start)
        setting = "bundle config set --local without 'development test'"
        yield Candidate(
            "bundle-config",
            "Tell bundle which groups to leave out",
            (Edit(start, setting + joiner(script)),),
            Applicability.UNSAFE,
            (
                Reason("kept-in-app", "the setting is kept in .bundle/config of the app"),
                Reason("both-groups", "the groups development and test stay out"),
            ),
        )


def _after_build(finding: Finding, found: Call, last: Script) -> Iterator[Candidate]:
    document, item, name = finding.document, found.command.instruction, found.manager.name
    prune = prune_command(document, found)
    moves = any(c.name in ("cd", "pushd") for c in last.commands) or any(
        c.name in ("cd", "pushd") for c in (document.script(item) or last).commands
    )
    same_folder = workdir_at(document, item) == workdir_at(document, last.instruction)
    gone = any(may_remove(command, name) for command in last.commands)  # npm itself, for example
    fits = prune and same_folder and not moves and not gone
    edit = append_command(last, prune) if prune and fits else None
    if edit is None or found.command.wrapper or found.has_flag("--prefix", "--cwd", "-C"):
        return
    same_run = last.instruction is item
    yield Candidate(
        "prune-after-build",
        f"Take them out behind the build with {prune}",
        (edit,),
        Applicability.UNSAFE,
        (
            Reason("build-needs-them", "the build that follows needs them, so they go behind it"),
            Reason("same-layer", "install, build and prune in one RUN leave nothing in the layer")
            if same_run
            else Reason("not-smaller", "the program cannot load them, though a layer keeps them"),
        ),
    )


RULE = Rule(
    "CODI004",
    "dev-dependencies-in-production",
    Severity.WARNING,
    "Leave development dependencies out of a production image",
    check,
    candidates,
    triggers=tuple(sorted(MANAGERS)),
    templates=(
        "add-production-option: unsafe",
        "set-variable: unsafe",
        "prune-after-build: unsafe",
        "build-in-own-stage: display",
        "yarn-workspaces-focus: display",
        "bundle-config: unsafe",
        "add-other-option: unsafe",
    ),
)
