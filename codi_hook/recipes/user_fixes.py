"""Ways to let a stage end as somebody else than root."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.frozen import replace
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import ALPINE, DEBIAN, RHEL, SUSE, family
from codi_hook.recipes.instructions import cased, insert_after, insert_before
from codi_hook.recipes.user_ids import Numbering, numbering
from codi_hook.recipes.users import (
    NEW_USER,
    NUMBER,
    USER_BY_IMAGE,
    base_image,
    created_users,
)
from codi_hook.shell.parser import READABLE
from codi_hook.source import Span

_NO_USERADD = pattern(r"amazonlinux|minimal|micro|distroless|busybox|scratch").search
_NEEDS_ROOT = frozenset({"RUN", "COPY", "ADD", "WORKDIR", "USER", "FROM", "SHELL"})


def user_edits(stage: Stage, name: str) -> tuple[Edit, ...]:
    """USER `name` where the stage ends."""
    return _Place(stage).user(name)


def user_candidates(
    document: Document, stage: Stage, except_for: str | None = None
) -> Iterator[Candidate]:
    """Ways to end the stage as somebody else than root, those that fit its distribution.

    `except_for` is a user that the caller offers already. They are only shown where the file may
    have been cut off.
    """
    place = _Place(stage)
    for candidate in _ways(document, stage, place, except_for):
        if place.open_end:
            candidate = replace(candidate, applicability=Applicability.DISPLAY)
        yield candidate


def _ways(
    document: Document, stage: Stage, place: _Place, except_for: str | None
) -> Iterator[Candidate]:
    created = [name for name in created_users(document, stage) if name != except_for]
    for name in created[-1:]:
        here = Reason("created-here", f"the file itself creates the user {name}")
        known = numbering(document, stage, name)
        yield from _known("created-user", f"Run as {name}", place, (name, known), here)
    image = base_image(stage)
    own = USER_BY_IMAGE.get(image)
    if own and own not in (except_for, *created[-1:]):
        brought = Reason("image-has-it", f"{image} brings the user {own} along")
        who = (own, numbering(document, stage, own))
        yield from _known("image-user", f"Run as {own}, the image's own user", place, who, brought)
    create = None if created or except_for else _creation(document, stage)
    if create:
        reasons: tuple[Reason, ...] = (
            Reason("least-rights", "a user of its own owns nothing that it was not given"),
            Reason("checkable", f"{NUMBER} is a number, which Kubernetes' runAsNonRoot can check"),
            Reason("dialect", f"{create.partition(' ')[0]} is how this distribution says it"),
            _files_reason(NEW_USER),
        )
        edits = place.user(f"{NUMBER}:{NUMBER}", create)
        title = f"Create a user {NEW_USER} with the number {NUMBER}"
        yield _user_candidate("new-system-user", title, edits, reasons)
    number = "65532" if "distroless" in image else NUMBER
    account = Reason("no-account", f"{number} needs no account, but has neither a name nor a home")
    if number != NUMBER:
        account = Reason("nonroot", f"{number} is the user nonroot of distroless images")
    reasons = (
        Reason("numeric", "Kubernetes' runAsNonRoot can check a number, and no name"),
        account,
    )
    edits = place.user(f"{number}:{number}")
    yield _user_candidate("numeric-user", f"Run as the number {number}", edits, reasons)


def _known(
    template: str, title: str, place: _Place, account: tuple[str, Numbering | None], why: Reason
) -> Iterator[Candidate]:
    """An account that is there, by its number where that is known, and by its name."""
    name, known = account
    files = _files_reason(name)
    if known:
        yield numbered(template, title, known, place.user(known.number), (why, files))
    yield _user_candidate(template, title, place.user(name), (why, files))


def numbered(
    template: str,
    title: str,
    known: Numbering,
    edits: tuple[Edit, ...],
    reasons: tuple[Reason, ...],
) -> Candidate:
    """The same with the account's number in place of its name, which a creation in the file may
    have to give it first."""
    number = known.number
    how = f"{title}, by the number {number}"
    if known.edits:
        template, how = f"{template}-fixed", f"{title}, created as {number} and by that number"
    else:
        template = f"{template}-number"
    checkable = Reason("checkable", "Kubernetes' runAsNonRoot can check a number, and no name")
    first = known.reason if known.edits else Reason("same-account", known.reason.text)
    return _user_candidate(template, how, (*known.edits, *edits), (checkable, first, *reasons))


def _user_candidate(
    template: str, title: str, edits: tuple[Edit, ...], reasons: tuple[Reason, ...]
) -> Candidate:
    return Candidate(template, title, edits, Applicability.UNSAFE, reasons)


def _files_reason(name: str) -> Reason:
    return Reason("files-of-root", f"files that root has made belong to root and not to {name}")


def _creation(document: Document, stage: Stage) -> str | None:
    """The command that creates a user and its group in the distribution's dialect."""
    image = list(stage.lineage())[-1].image
    known = family(document, stage)
    dialect = document.dialect(stage.instructions[-1])
    if NEW_USER in created_users(document, stage) or dialect not in READABLE:
        return None
    if known == ALPINE:
        return (
            f"addgroup -S -g {NUMBER} {NEW_USER} && adduser -S -u {NUMBER} -G {NEW_USER} {NEW_USER}"
        )
    if known in (DEBIAN, RHEL, SUSE) and not _NO_USERADD(f"{image.name}:{image.tag}"):
        # Without --system: the number is not one of those that login.defs keeps for the system.
        return (
            f"groupadd --gid {NUMBER} {NEW_USER} && "
            f"useradd --uid {NUMBER} --gid {NEW_USER} --no-create-home {NEW_USER}"
        )
    return None


class _Place:
    """Where USER goes: behind the last instruction that may need root, and before CMD and
    ENTRYPOINT where these close the stage."""

    def __init__(self, stage: Stage) -> None:
        items = stage.instructions
        last = max(i for i, item in enumerate(items) if item.keyword in _NEEDS_ROOT)
        closing = [item for item in items[last + 1 :] if item.keyword in ("CMD", "ENTRYPOINT")]
        self.before = closing[0] if closing else None
        self.after = items[last]

    @property
    def open_end(self) -> bool:
        """True where the file ends in a continuation: the rest of it may be missing."""
        item = self.after
        tail = item.source.bytes(Span(item.body_span.end, item.span.end))
        return self.before is None and tail.strip() in (b"\\", b"`")

    def user(self, name: str, create: str = "") -> tuple[Edit, ...]:
        near = self.before or self.after
        if self.after.keyword == "USER" and not create:  # nothing is left for root to do
            return (Edit(self.after.arguments[0].span, name),)
        lines = [f"{cased(near, 'USER')} {name}"]
        if create:
            lines.insert(0, f"{cased(near, 'RUN')} {create}")
        text = "\n".join(lines)
        if self.before is not None:
            return (insert_before(self.before, text),)
        return (insert_after(self.after, text),)
