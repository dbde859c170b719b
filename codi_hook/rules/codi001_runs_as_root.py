"""The image runs as root because nothing says otherwise.

Why it matters: a process that is root in the container is root for every file that is mounted
into it, and one kernel or runtime flaw away from being root on the host. Clusters with a strict
policy refuse to start such an image. The severity is `info`: many base images are meant to be
started with another user by whoever runs them, which the file cannot show.

Which alternative: a user that the file itself creates, or that the base image brings along, has
the names and folders it needs. A new system user fits where neither exists. A number works
everywhere, also where there is no shell, and is what Kubernetes can check.

Why the fixes are unsafe: files that root has copied or written are closed to the new user, ports
below 1024 may be, and so may be the paths that the program writes to. Where the file ends in a
continuation, it may have been cut off: what would go behind its last line is only shown.

No finding for Windows, for `scratch`, for images that are known to run as somebody else or whose
own entrypoint steps down, where the base is only known at build time, and where the file brings
gosu, su-exec, setpriv or s6-overlay, which change the user at the start.

When to ignore: for images of tools that work on the user's own files, and for build images.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.facts import final_stage
from codi_hook.recipes.user_fixes import user_candidates
from codi_hook.recipes.users import (
    base_image,
    base_is_nonroot,
    base_steps_down,
    is_windows,
)

_STEPPING = (b"gosu", b"su-exec", b"setpriv", b"s6-overlay", b"runuser")


def check(document: Document) -> Iterator[Finding]:
    stage = final_stage(document)
    if stage is None or any(item for part in stage.lineage() for item in part.of("USER")):
        return
    root = list(stage.lineage())[-1]
    if root.image.resolved is None or root.image.name == "scratch" or is_windows(document, stage):
        return
    if base_is_nonroot(stage) or base_steps_down(stage):
        return
    if not any(word in document.source.data for word in _STEPPING):
        message = f"No USER is set, so the image runs as {base_image(stage)} does: root, as a rule"
        yield Finding(stage.instruction.span, stage, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    yield from user_candidates(finding.document, stage)


RULE = Rule(
    "CODI001",
    "runs-as-root",
    Severity.INFO,
    "No USER is set, so the image runs as root",
    check,
    candidates,
    triggers=("FROM",),
    reads=("USER",),
    templates=(
        "image-user-number: unsafe, display",
        "image-user: unsafe, display",
        "new-system-user: unsafe, display",
        "numeric-user: unsafe, display",
        "created-user-number: unsafe, display",
        "created-user-fixed: unsafe, display",
        "created-user: unsafe, display",
    ),
)
