"""npm cache clean without --force does nothing but fail.

Why it matters: since npm 5 the cache repairs itself, and `npm cache clean` refuses to touch it
without `--force`: it prints an error and exits with 1. In a chain of `&&` the build stops there; in
one of `;` or before `|| true` it goes on, and the cache stays in the layer, although the line says
that it does not.

Which alternative: `--force` makes the command do what it says. A cache mount keeps what npm has
downloaded with the builder: nothing is left to clean, and the next build is faster; it needs
BuildKit.

Why `--force` is safe: where the command ended the build, there was no image. Where the failure
was passed over, the cache is now emptied, and nothing but npm's next download reads it.

Looked at are images that are known to have npm 5 or later: the official `node` from 8 on, and
packages of NodeSource from 8 on. Where a cache is not cleaned at all, CODI005 says so.

When to ignore: with npm 4 or older.

Evidence: rare: 5 findings in 16,073 public Dockerfiles, where npm's version can be told. Looked
at: global packages and `npm cache clear` behind a semicolon, which fails unnoticed; `rm -rf
~/.npm && npm cache clear` twice in one file, where the rm does the work and the second command
stops the build; a clean at the end of a step, and one in the middle of a step that cleans
everything else.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.installs import insert_option
from codi_hook.recipes.mounts import builder_reason, cache_mounts, mountable
from codi_hook.recipes.scripts import editable, remove_command
from codi_hook.shell.ast import Command
from codi_hook.shell.managers import call

_CLEANS = ("cache clean", "cache clear", "cache rm")
_major = pattern(r"v?(\d+)(?=[.-]|\Z)").match
_source = pattern(r"setup_(\d+)\.x|setup_(?:lts|current)\.x|/node_(\d+)\.x").search
_current = pattern(
    r"(?:latest|current|lts|slim|alpine|stretch|buster|bullseye|bookworm|trixie)\b"
).match


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("npm"):
        words = [word.value for word in command.args if not word.text.startswith("-")][:2]
        found = call(command)
        if found is None or " ".join(word or "" for word in words) not in _CLEANS:
            continue
        if not found.has_flag("-f", "--force", "--force=true") and _has_npm_5(document, command):
            yield Finding(command.word.span, command)


def _has_npm_5(document: Document, command: Command) -> bool:
    stage = document.stage_of(command.instruction)
    if stage is None:
        return False
    image = list(stage.lineage())[-1].image
    if image.short_name == "node":
        major = _major(image.tag)
        return int(major[1]) >= 8 if major else not image.tag or _current(image.tag) is not None
    for other in document.commands("curl", "wget"):
        at = document.stage_of(other.instruction)
        if at is None or at not in stage.lineage():
            continue
        for word in other.args:
            if match := _source(word.text):
                return int(match[1] or match[2] or 99) >= 8
    return False


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    document = finding.document
    cleans = next(word for word in command.args if word.value in ("clean", "clear", "rm"))
    yield Candidate(
        "add-force",
        "Give npm cache clean --force",
        (insert_option(command, cleans, "--force"),),
        Applicability.SAFE,
        (
            Reason("refused", "npm 5 and later refuse to clean the cache without --force"),
            Reason("emptied", "the cache is then no part of the layer"),
        ),
    )
    item = command.instruction
    script = document.script(item)
    user = user_at(document, item)
    if script is None or not editable(script) or not mountable(document):
        return
    removal = remove_command(script, command)
    if removal is None or not (user is None or is_root(user)):
        return
    yield Candidate(
        "cache-mount",
        "Keep the cache of npm in a cache mount, so that there is nothing to clean",
        (cache_mounts(item, "/root/.npm"), removal),
        Applicability.UNSAFE,
        (
            Reason("faster-rebuild", "what npm has downloaded is there for the next build"),
            Reason("nothing-left", "the layer holds no cache, and no command has to empty it"),
            builder_reason(document),
        ),
    )


RULE = Rule(
    "CODI204",
    "npm-cache-clean-force",
    Severity.WARNING,
    "Give npm cache clean --force, npm 5 and later refuse without it",
    check,
    candidates,
    triggers=("npm",),
    reads=("curl", "wget"),
    local=True,
    templates=(
        "add-force: safe",
        "cache-mount: unsafe",
    ),
)
