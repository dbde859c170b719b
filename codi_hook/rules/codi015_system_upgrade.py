"""apt-get upgrade in a build.

Why it matters: what an upgrade installs depends on the day of the build, so the same file gives
another image tomorrow, and every upgraded file is in the image twice: in the base image's layer and
in this one. dist-upgrade may also take packages away. The severity is `info` and the rule is not on
by default: many security teams upgrade on purpose, because a base image can be weeks behind.

Which alternative: a newer base image (docker build --pull, a bot that renews its digest) brings the
same fixes once for all images. Where the upgrade stays, upgrade removes nothing, where dist-upgrade
and full-upgrade may. A single package that has to be newer can be installed by name.

Why the fixes are unsafe: packages keep the versions of the base image from then on.

When to ignore: where the base image is renewed less often than your own.

Evidence: in 867 of 16,073 public Dockerfiles (54 of 1,000; 16 of 1,000 of the curated ones).
Looked at: upgrade between update and install on a base image of a fixed release (right; the
release no longer says what is in it); a step of its own at the end that upgrades and then cleans
up (right; it stores packages twice); dist-upgrade on ubuntu:latest, whose day of build is unknown
already (right); aptitude upgrade behind an install of aptitude for nothing else (right); upgrade
with --force-confold in a derived base image (what its maintainers want: to be ignored).
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
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.scripts import remove_command
from codi_hook.shell.managers import Call, call

_APT = ("apt-get", "apt", "aptitude")
_ACTIONS = frozenset({"upgrade", "dist-upgrade"})


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands(*_APT):
        found = call(command)
        if found is not None and found.action in _ACTIONS and not found.packages:
            yield Finding(command.span, found)


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Call = finding.subject
    document = finding.document
    what = f"{found.command.name} {found.verb}"
    stage = document.stage_of(found.command.instruction)
    base = stage.image.text if stage else "the base image"
    gone = _without(document, found)
    if gone:
        yield Candidate(
            "drop-upgrade",
            f"Take {what} out",
            (gone,),
            Applicability.UNSAFE,
            (
                Reason("repeatable", f"the packages are then those of {base} on every day"),
                Reason("smaller", "no file of the base image is stored a second time"),
                Reason("needs-renewal", f"fixes then come with a newer {base} alone"),
            ),
        )
    if found.action == "dist-upgrade":
        yield Candidate(
            "plain-upgrade",
            f"If it has to stay, use upgrade in place of {found.verb}",
            (),
            Applicability.DISPLAY,
            (
                Reason("removes-nothing", f"upgrade takes no package away, {found.verb} may"),
                Reason("still-fixed", "fixes within the release are still installed"),
            ),
        )
    yield Candidate(
        "renew-base",
        f"Build with --pull, or let a bot renew {base}",
        (),
        Applicability.DISPLAY,
        (
            Reason("once", f"a newer {base} brings the same fixes to all images on it"),
            Reason("reviewed", "a bot's pull request says what has changed, an upgrade does not"),
        ),
    )


def _without(document: Document, found: Call) -> Edit | None:
    command = found.command
    script = document.script(command.instruction)
    if script is None or command.wrapper is not None:
        return None
    others = {
        called.action for one in script.commands if one is not command and (called := call(one))
    }
    if others == {"update-index"}:
        return None  # it would be left with nothing to update for
    item = command.instruction
    if len(script.commands) == 1 and not item.heredocs and not document.is_trigger(item):
        return delete(item)
    return remove_command(script, command)


RULE = Rule(
    "CODI015",
    "system-upgrade",
    Severity.INFO,
    "apt-get upgrade makes the image depend on the day of the build",
    check,
    candidates,
    triggers=_APT,
    local=True,
    default=False,
    templates=(
        "drop-upgrade: unsafe",
        "renew-base: display",
        "plain-upgrade: display",
    ),
)
