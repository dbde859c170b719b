"""The sources are copied before the dependencies are installed.

Why it matters: a change in any file makes the COPY a new layer, and everything behind it runs
again: each edit of a line of code downloads all dependencies. The severity is `info`: the image
is right, it is only slow to build.

Which alternative: copying the manifests first works with every builder, and a wild card takes a
lock file along where there is one. Where the file needs BuildKit anyway, and the install is one
that cannot do without its lock file, the manifests can be mounted for that one RUN and are not
copied twice. Only files whose names are certain are named.

Why the fixes are unsafe: an install that runs scripts of the project, a workspace, or a local
dependency needs more than the manifest. What is installed is then also overwritten where the
sources bring a folder of the same name; keep it in .dockerignore.

No edits are offered where the install would read more than its manifest (composer with scripts,
poetry without --no-root), where other commands of the RUN need the sources in between, or where
the folder is not known; the advice remains.

When to ignore: for images that are built once per release without a cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.facts import uses_buildkit
from codi_hook.recipes.manifests import (
    CONTEXT,
    copied_first,
    installs_manifest,
    mounted,
    move,
    needed,
)
from codi_hook.recipes.values import unquoted
from codi_hook.shell.managers import Call


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        yield from _check_stage(document, stage)


def _check_stage(document: Document, stage: Stage) -> Iterator[Finding]:
    installed = {
        found.name
        for member in list(stage.lineage())[1:]
        for item in member.of("RUN")
        for found in _installs(document, item)
    }
    copy: Instruction | None = None
    for item in stage.instructions:
        if item.keyword in ("COPY", "ADD") and _is_context(item):
            copy = copy or item
        elif item.keyword == "RUN":
            for found in _installs(document, item):
                if copy is not None and found.name not in installed:
                    what = f"{found.name} {found.verb}".strip()
                    message = f"All sources are copied before {what} installs the dependencies"
                    yield Finding(copy.keyword_span, (copy, found), message)
                installed.add(found.name)


def _installs(document: Document, item: Instruction) -> Iterator[Call]:
    script = document.script(item)
    for command in script.commands if script else ():
        found = installs_manifest(command)
        if found is not None:
            yield found


def _is_context(item: Instruction) -> bool:
    return item.flag("from") is None and any(
        unquoted(argument.value) in CONTEXT for argument in item.arguments[:-1]
    )


def candidates(finding: Finding) -> Iterator[Candidate]:
    copy, found = finding.subject
    document = finding.document
    files = needed(found)
    plan = move(document, copy, found.command) if files else None
    what = f"{found.name} {found.verb}".strip()
    kept = Reason("layer-kept", f"a change of the sources then no longer runs {what} again")
    if files and plan:
        names = " and ".join(files.copy)
        yield Candidate(
            "manifests-first",
            f"Copy {names} first, the rest behind {what}",
            copied_first(plan, files),
            Applicability.UNSAFE,
            (
                kept,
                Reason("certain-names", f"{names} is what {what} reads"),
                Reason("may-need-more", "scripts of the project or a workspace may need more"),
            ),
        )
        if files.certain and uses_buildkit(document):
            yield Candidate(
                "mount-manifests",
                f"Mount {' and '.join(files.certain)} while {what} runs",
                mounted(plan, files),
                Applicability.UNSAFE,
                (
                    kept,
                    Reason("no-extra-layer", "the manifests are mounted and not copied twice"),
                    Reason("read-only", f"{what} does not write them, so a mount suffices"),
                ),
            )
        return
    yield Candidate(
        "split-the-copy",
        f"Copy only what {what} needs first, and the rest behind it",
        (),
        Applicability.DISPLAY,
        (
            kept,
            Reason("not-certain", f"which files {what} and what surrounds it need is yours to say"),
        ),
    )


RULE = Rule(
    "CODI002",
    "sources-before-dependencies",
    Severity.INFO,
    "All sources are copied before the dependencies are installed",
    check,
    candidates,
    triggers=("COPY", "ADD"),
    templates=(
        "manifests-first: unsafe",
        "mount-manifests: unsafe",
        "split-the-copy: display",
    ),
)
