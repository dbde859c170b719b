"""Files that an install reads, and the order of COPY and RUN that keeps its layer."""

from __future__ import annotations

import posixpath

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.instructions import add_flag, cased, delete, insert_after
from codi_hook.recipes.scripts import editable
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call
from codi_hook.source import Span

CONTEXT = frozenset((".", "./", "/", "/."))
_BETWEEN = frozenset(("ENV", "ARG", "LABEL", "EXPOSE", "WORKDIR", "USER", "SHELL", "STOPSIGNAL"))
_ELSEWHERE = ("--prefix", "--cwd", "-C", "--dir", "--project", "--directory", "--modules-folder")
_CLEANS = frozenset(("rm", "clean", "cache", "prune", "purge", "del", "autoremove"))
_name = pattern(r"[\w@./-]+\Z").match


@dataclass(frozen=True)
class Manifests:
    """What to copy for an install (wild cards match lock files that may be missing), and which
    files it is certain to read, for mounts; both seen from the folder it works in."""

    copy: tuple[str, ...]
    certain: tuple[str, ...] = ()


# By manager: what to copy, what is certain, and the flags or verbs that make it certain.
_KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "npm": (("package*.json",), ("package.json", "package-lock.json"), ("ci", "clean-install")),
    "yarn": (
        ("package.json", "yarn.lock*"),
        ("package.json", "yarn.lock"),
        ("--frozen-lockfile", "--immutable"),
    ),
    "pnpm": (
        ("package.json", "pnpm-lock.yaml*"),
        ("package.json", "pnpm-lock.yaml"),
        ("--frozen-lockfile",),
    ),
    "bun": (("package.json", "bun.lock*"), (), ()),
    "go": (("go.mod", "go.sum*"), (), ()),
    "bundle": (("Gemfile*",), (), ()),
    "composer": (("composer.json", "composer.lock*"), (), ()),
    "mvn": (("pom.xml",), ("pom.xml",), ("dependency:go-offline", "dependency:resolve")),
    "poetry": (("pyproject.toml", "poetry.lock*"), (), ()),
    "uv": (
        ("pyproject.toml", "uv.lock*"),
        ("pyproject.toml", "uv.lock"),
        ("--frozen", "--locked"),
    ),
}
# Without these the install runs, or installs, the project itself.
_MUST_HAVE = {
    "composer": ("--no-scripts",),
    "poetry": ("--no-root", "--only=main --no-root"),
    "uv": ("--no-install-project", "--no-install-workspace"),
}


def installs_manifest(command: Command) -> Call | None:
    """The command as a call that installs what files of the project name, or None."""
    found = call(command)
    if found is None or found.manager.system or not found.takes_manifest:
        return None
    if found.manager.family == "pip" and found.name not in ("poetry", "uv"):
        return found if found.requirements and not found.has_flag("-e", "--editable") else None
    if found.name == "uv" and found.verb == "pip install":
        return found if found.requirements else None
    if found.has_flag("-g", "--global"):
        return None
    if found.name in ("go", "mvn", "mvnw"):
        return found if found.verb in ("mod download",) or "dependency:" in found.verb else None
    return found


def needed(found: Call) -> Manifests | None:
    """The files that the install reads; None where more than its manifest may be needed."""
    if found.has_flag(*_ELSEWHERE):
        return None
    if found.requirements:
        return _requirements(found)
    name = found.name.removesuffix("w")
    must = _MUST_HAVE.get(name)
    if name not in _KNOWN or (must and not found.has_flag(*must)):
        return None
    copy, certain, by = _KNOWN[name]
    known = found.verb in by or found.has_flag(*by)
    return Manifests(copy, certain if known else ())


def _requirements(found: Call) -> Manifests | None:
    files = [word.value or "" for word in found.requirements]
    constraint = found.flag("-c", "--constraint")
    if constraint is not None:
        files.append(constraint.value or "")
    if any(not _name(file) or file.startswith("/") or ".." in file for file in files):
        return None
    return Manifests(tuple(files), tuple(files))


@dataclass(frozen=True)
class Move:
    """A COPY of the whole context, the RUN behind it that installs, and where the RUN works
    within the context: `prefix` is "" or ends in a slash. `target` is where it works."""

    copy: Instruction
    run: Instruction
    command: Command
    prefix: str
    target: str
    cut: Span | None  # what lies between the install and the rest of the RUN, if any rest


def move(document: Document, copy: Instruction, command: Command) -> Move | None:
    """How the COPY can go behind the install; None where that changes more than the order."""
    run = command.instruction
    script = document.script(run)
    if script is None or not editable(script) or run.heredocs or copy.heredocs:
        return None
    if len(copy.arguments) != 2 or not _may_go_before(document, copy, run):
        return None
    cut = _rest(script, command)
    place = _place(document, copy, run)
    if cut is False or place is None:
        return None
    return Move(copy, run, command, *place, cut if isinstance(cut, Span) else None)


def _may_go_before(document: Document, copy: Instruction, run: Instruction) -> bool:
    """True where nothing between the two reads the sources."""
    items = document.instructions
    if copy not in items or run not in items:
        return False
    for item in items[document.index(copy) + 1 : document.index(run)]:
        if item.keyword == "RUN":
            script = document.script(item)
            if script is None or not editable(script) or not _only_system(script):
                return False
        elif item.keyword not in _BETWEEN:
            return False
    return True


def _only_system(script: Script) -> bool:
    found = [call(one) for one in script.commands if one.name != "rm"]
    return all(one is not None and one.manager.system and not one.sources for one in found)


def _place(document: Document, copy: Instruction, run: Instruction) -> tuple[str, str] | None:
    """Where the RUN works, as a prefix within the context and as a destination."""
    to = unquoted(copy.arguments[1].value)
    before, works = effective(document, copy), effective(document, run)
    if to in (".", "./") and before == works and before:
        return "", "./"
    if not to.startswith("/") or not works or "$" in to + works:
        return None
    inside = posixpath.relpath(works, to)
    if inside.startswith(".."):
        return None
    return ("" if inside == "." else f"{inside}/"), works.rstrip("/") + "/"


def _rest(script: Script, command: Command) -> Span | bool:
    """What the RUN is to be cut out behind the install; True for nothing, False for not at all."""
    statements = script.statements
    at = next((i for i, one in enumerate(statements) if one.commands == (command,)), None)
    if at is None or not statements[at].simple:
        return False
    for one in statements[:at]:
        found = call(one.commands[0]) if len(one.commands) == 1 else None
        if found is None or (found.takes_manifest and not found.manager.system):
            return False
    rest = statements[at + 1 :]
    cleans = [
        not _CLEANS.isdisjoint(w.value or "" for w in c.words) for s in rest for c in s.commands
    ]
    if all(cleans):
        return True
    if any(cleans) or statements[at].operator != "&&":
        return False
    return Span(statements[at].span.end, rest[0].span.start)


def copied_first(plan: Move, files: Manifests) -> tuple[Edit, ...]:
    """The manifests in place of the sources, the sources behind the install."""
    copy = plan.copy
    flags = "".join(f" {copy.source.text(flag.span)}" for flag in copy.flags)
    folders = {posixpath.dirname(name) for name in files.copy}
    if len(folders) != 1:
        return ()
    folder = folders.pop()
    target = plan.target + (f"{folder}/" if folder else "")
    names = " ".join(plan.prefix + name for name in files.copy)
    text = f"{cased(copy, 'COPY')}{flags} {names} {target}"
    return (Edit(copy.span, text), _sources_behind(plan))


def mounted(plan: Move, files: Manifests) -> tuple[Edit, ...]:
    """The manifests mounted while the install runs, the sources copied behind it."""
    mounts = " ".join(
        f"--mount=type=bind,source={plan.prefix}{name},target={name}" for name in files.certain
    )
    return (delete(plan.copy), add_flag(plan.run, mounts), _sources_behind(plan))


def _sources_behind(plan: Move) -> Edit:
    written = plan.copy.source.text(plan.copy.span)
    if plan.cut is None:
        return insert_after(plan.run, written.replace("\r\n", "\n"))
    source, run = plan.run.source, plan.run
    head = source.text(Span(run.span.start, run.body_span.start))
    return Edit(plan.cut, f"{source.newline}{written}{source.newline}{head}")
