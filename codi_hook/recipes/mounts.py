"""``RUN --mount``: what is mounted, and adding a cache."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import uses_buildkit
from codi_hook.source import Span

_TARGETS = ("target", "dst", "destination")
_KEEPS_OUT = frozenset({"cache", "tmpfs"})  # what is written there is not in the layer
_official = pattern(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(\d+)(?:\.(\d+))?").match


def options(value: str) -> dict[str, str]:
    """The fields of a ``--mount=`` value, keys in lower case; a bare key has an empty value."""
    found = {}
    for part in value.strip("\"'").split(","):
        key, _, text = part.partition("=")
        found[key.strip().lower()] = text.strip().strip("\"'")
    return found


def kept_out(instruction: Instruction) -> tuple[str, ...]:
    """Folders of the RUN that do not become part of its layer, without a slash at the end."""
    found = []
    for flag in instruction.flags:
        if flag.name != "mount" or not flag.value:
            continue
        fields = options(flag.value)
        if fields.get("type") in _KEEPS_OUT:
            target = next((fields[key] for key in _TARGETS if fields.get(key)), "")
            found.append(target.rstrip("/") or "/")
    return tuple(found)


def covers(folders: tuple[str, ...], path: str) -> bool:
    """True where one of the folders is `path` or holds it."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def mountable(document: Document) -> bool:
    """False where the syntax directive names a frontend that is too old for ``--mount``, or one
    that is not known to have it."""
    return frontend_is(document, 1, 2)


def frontend_is(document: Document, major: int, minor: int) -> bool:
    """False where the syntax directive names an older frontend, or one that is not known."""
    if not document.syntax:
        return True
    match = _official(document.syntax)
    return match is not None and (int(match[1]), int(match[2] or 99)) >= (major, minor)


def cache_mounts(instruction: Instruction, *targets: str, locked: bool = False) -> Edit:
    """Mount a cache at each target: flags behind the keyword, in the order given."""
    sharing = ",sharing=locked" if locked else ""
    at = instruction.keyword_span.end
    text = "".join(f" --mount=type=cache,target={target}{sharing}" for target in targets)
    return Edit(Span(at, at), text)


def builder_reason(document: Document) -> Reason:
    """What a mount asks of the builder: nothing new, where the file has asked for BuildKit."""
    if uses_buildkit(document):
        return Reason("has-buildkit", "the file already asks for BuildKit, which a mount needs")
    return Reason("needs-buildkit", "this needs BuildKit, Docker's default builder since 23.0")
