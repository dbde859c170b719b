"""pip keeps its cache in the layer.

Why it matters: pip stores what it downloads and builds under ~/.cache/pip, so that the next
install is faster. In an image there is no next install, and the layer carries every wheel twice.

Which alternative: `--no-cache-dir` on the command is the plainest. `ENV PIP_NO_CACHE_DIR=1` says
it once for the stage, and for whoever runs pip in the container. A cache mount keeps the cache,
outside the image, so that the next build downloads and compiles less; it needs BuildKit.

Why the first fix is safe: pip's cache is read by pip alone, and only to save time. What is
installed is the same with and without it. pip knows the option since 6.0 (2014); on releases of
Debian and Ubuntu that brought an older one it is `unsafe`. A variable stays set in the image, and
a mount may serve a wheel that an earlier build compiled, so these two are `unsafe`.

When to ignore: in a stage that is thrown away and has no use for speed.

Evidence: 2,766 findings in 1,937 of 16,167 public Dockerfiles, 119.8 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.cleaning import insists, removed
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.installs import PIP, PYTHON, insert_option, pip_installs
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.layers import environment, later_runs
from codi_hook.recipes.mounts import builder_reason, cache_mounts, covers, kept_out, mountable
from codi_hook.recipes.outcome import has_old_pip
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import Call, call

_CACHE = "/root/.cache/pip"
_VARIABLE = "PIP_NO_CACHE_DIR"
_YES = frozenset({"1", "true", "yes", "on", "y", "t"})


def check(document: Document) -> Iterator[Finding]:
    by_run: dict[int, list[Call]] = {}
    for found in pip_installs(document):
        if found.verb_word and not found.has_flag("--no-cache-dir", "--no-cache"):
            by_run.setdefault(id(found.command.instruction), []).append(found)
    for calls in by_run.values():
        item = calls[0].command.instruction
        script = document.script(item)
        values = environment(document, item)
        if _is_on(values.get(_VARIABLE)) or script is None:
            continue
        left = [found for found in calls if not _set_here(script, found.command)]
        if left and not _gone(script, item, left[-1].command, values) and left[0].verb_word:
            yield Finding(left[0].verb_word.span, left)


def _is_on(value: str | None) -> bool:
    return (value or "").lower() in _YES


def _set_here(script: Script, command: Command) -> bool:
    """The variable is set for this command, or exported before it."""
    for pair in command.assignments:
        if pair.name == _VARIABLE and pair.value and _is_on(pair.value.value):
            return True
    for other in script.commands[: command.position]:
        if other.name in ("export", "env"):
            for word in other.args:
                name, _, value = word.text.replace('"', "").partition("=")
                if name == _VARIABLE and _is_on(value):
                    return True
    return False


def _gone(script: Script, item: Instruction, last: Command, values: dict[str, str]) -> bool:
    """The cache is in a mount, or removed behind the last install."""
    folder = values.get("PIP_CACHE_DIR", "").rstrip("/")
    folders = kept_out(item)
    if any(f.endswith((".cache/pip", ".cache")) or f == folder for f in folders):
        return True
    if covers(folders, _CACHE) or removed(script, folder or _CACHE, last.position):
        return True
    return any(
        found.action == "clean" and found.manager.name.startswith("pip")
        for command in script.commands[last.position + 1 :]
        if (found := call(command)) is not None
    )


def candidates(finding: Finding) -> Iterator[Candidate]:
    calls: list[Call] = finding.subject
    document, item = finding.document, calls[0].command.instruction
    scripts = [document.script(run) for run in (item, *later_runs(document, item))]
    if any(found and insists(found, _CACHE) for found in scripts):
        return  # it fails where there is no cache left to remove
    old = has_old_pip(document, item)
    reasons = [
        Reason("nothing-kept", "what pip downloads and builds is not kept in the layer"),
        Reason("local", "the option stands where it is needed and changes nothing else"),
    ]
    if old:
        reasons.append(Reason("pip-6", "pip 6 or later is needed, this base brings an older one"))
    yield Candidate(
        "add-no-cache-dir",
        "Give pip install --no-cache-dir",
        tuple(
            insert_option(c.command, c.verb_word, "--no-cache-dir") for c in calls if c.verb_word
        ),
        Applicability.UNSAFE if old else Applicability.SAFE,
        tuple(reasons),
    )
    if item in document.instructions:
        yield Candidate(
            "env-no-cache-dir",
            f"Set {_VARIABLE} for the stage",
            (insert_before(item, f"{cased(item, 'ENV')} {_VARIABLE}=1"),),
            Applicability.UNSAFE,
            (
                Reason("once", "one line covers every pip install of the stage from here on"),
                Reason("stays", "the variable stays set in the image, for pip in a container too"),
            ),
        )
    user = user_at(document, item)
    folder = environment(document, item).get("PIP_CACHE_DIR", _CACHE)
    known = folder.startswith("/") and "$" not in folder
    if mountable(document) and known and (user is None or is_root(user)):
        yield Candidate(
            "cache-mount",
            "Keep pip's cache in a cache mount",
            (cache_mounts(item, folder),),
            Applicability.UNSAFE,
            (
                Reason("faster-rebuild", "wheels stay with the builder and not in the image"),
                builder_reason(document),
            ),
        )


RULE = Rule(
    "DL3042",
    "pip-no-cache-dir",
    Severity.WARNING,
    "Keep pip's cache out of the image",
    check,
    candidates,
    triggers=(*PIP, *PYTHON),
    local=True,
    templates=(
        "add-no-cache-dir: safe, unsafe",
        "env-no-cache-dir: unsafe",
        "cache-mount: unsafe",
    ),
)
