"""zypper dist-upgrade in a build.

Why it matters: `zypper dup` takes every package to what the repositories have, removes and replaces
some of them without asking, and may leave the release that the base image stands for. What comes
out depends on the day of the build, and each package that it replaces is in the image twice: in the
base's layer and in the new one.

Which alternative: a newer base image brings the same packages, tested together and in one layer.
`zypper update` keeps to the release and to the vendor of each package. On Tumbleweed, which has no
other way to update, the newer base image is the only good one.

Why the fixes are unsafe: the image then has other versions of its packages.

When to ignore: in a step that is meant to change the release.

Evidence: 1 finding in 16,167 public Dockerfiles, of which some 21 install by zypper.
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
from codi_hook.recipes.installs import installs, is_json
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.pins import advice
from codi_hook.recipes.scripts import remove_command
from codi_hook.shell.managers import Call

_VERBS = ("dup", "dist-upgrade")
_OF_DUP_ONLY = ("--from", "--allow-vendor-change", "--no-allow-vendor-change")


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, "zypper", verbs=_VERBS):
        if call.verb_word:
            yield Finding(call.verb_word.span, call)


def candidates(finding: Finding) -> Iterator[Candidate]:
    call: Call = finding.subject
    document, item = finding.document, call.command.instruction
    stage = document.stage_of(item)
    image = list(stage.lineage())[-1].image if stage else None
    named = image.text if image else "the base image"
    removal = _removal(document, call)
    if removal:
        yield Candidate(
            "drop-upgrade",
            "Take the upgrade out and rely on the base image",
            (removal,),
            Applicability.UNSAFE,
            (
                Reason("tested-together", f"{named} then gives the versions, tested together"),
                Reason("smaller", "no package of the base is stored a second time"),
                Reason("older", f"fixes that are newer than {named} are then missing"),
            ),
        )
    rolling = image is not None and "tumbleweed" in image.text
    if call.verb_word and not rolling and not call.has_flag(*_OF_DUP_ONLY):
        text = '"update"' if is_json(call.command) else "update"
        yield Candidate(
            "update-instead",
            "Update within the release with zypper update",
            (Edit(call.verb_word.span, text),),
            Applicability.UNSAFE,
            (
                Reason("same-release", "packages keep to the release and to their vendor"),
                Reason("fixes", "what the repositories have in fixes still comes in"),
            ),
        )
    yield advice(
        "newer-base",
        f"Build on a newer {named}",
        ("one-layer", "its packages are new and not stored a second time"),
        ("in-the-file", "which versions are in the image is then decided by the FROM line"),
    )


def _removal(document: Document, call: Call) -> Edit | None:
    item = call.command.instruction
    script = document.script(item)
    if script is None or call.command.wrapper:
        return None
    if len(script.commands) == 1 and item in document.instructions:
        return delete(item)
    return remove_command(script, call.command)


RULE = Rule(
    "DL3035",
    "no-zypper-dist-upgrade",
    Severity.WARNING,
    "Do not run zypper dist-upgrade in a build",
    check,
    candidates,
    triggers=("zypper",),
    local=True,
    templates=(
        "drop-upgrade: unsafe",
        "update-instead: unsafe",
        "newer-base: display",
    ),
)
