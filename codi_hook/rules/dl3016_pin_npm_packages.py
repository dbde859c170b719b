"""Packages of npm without a version.

Why it matters: `npm install name` takes the newest release that the registry has, and the newest of
everything that it needs. A build that worked yesterday can fail, or behave otherwise, today.

Which alternative: where the file has a variable with the version of the package, use it. A version
on each package (`name@1.2.3`) fixes those named here. A package.json with its lock file, installed
by `npm ci`, fixes what they need as well. For yarn and pnpm, Corepack takes the version from the
packageManager field of package.json.

Why the fix is unsafe: it installs the version that the variable names, which need not be the one
that was installed so far. The others are advice: a version cannot be known from the file.

When to ignore: where the newest version is the point, as in a nightly compatibility build.

Evidence: 779 findings in 666 of 16,167 public Dockerfiles, 41.2 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import installs, one_line
from codi_hook.recipes.pins import (
    advice,
    by_hand,
    from_variables,
    ignore_here,
    named,
    subject,
    text_of,
    without_version,
)
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call

_repository = pattern(r"(?:git\+|git:|git@|ssh:|https?:|github:|gitlab:|bitbucket:|gist:)").match
_short = pattern(r"[\w.-]+/[\w.-]+").match
_folder = pattern(r"(?:file:|link:|[./~])").match
_archive = pattern(r"\.(?:tgz|tar|tar\.gz)\Z").search
_managers = frozenset({"yarn", "pnpm"})


def check(document: Document) -> Iterator[Finding]:
    return without_version(installs(document, "npm"), _pinned)


def _pinned(_call: Call, word: Word) -> bool:
    text = text_of(word)
    if _folder(text) or _archive(text) or "@" in text[1:]:
        return True
    return "#" in text and bool(_repository(text) or _short(text))


def candidates(finding: Finding) -> Iterator[Candidate]:
    call, words = subject(finding)
    yield from from_variables(finding.document, call, words, "@")
    first = one_line(text_of(words[0]))
    if _repository(first) or (_short(first) and "@" not in first):
        yield advice(
            "pin-commit",
            f"Name a tag or commit: {first}#…",
            ("moves", "the default branch moves with every push"),
            ("exact", f"a commit fixes what {named(words)} installs, byte for byte"),
        )
    else:
        yield by_hand(
            words,
            "@",
            ("index", f"npm view {first} versions lists what there is"),
        )
    if _managers.issuperset(text_of(word) for word in words):
        yield advice(
            "corepack",
            "Take the version from package.json with Corepack",
            ("one-place", "the packageManager field then names the version for everybody"),
            ("no-install", f"corepack enable puts {named(words)} on the PATH"),
        )
    else:
        yield advice(
            "lock-file",
            "Name them in package.json and install with npm ci",
            ("all-of-it", f"the lock file fixes what {named(words)} needs in turn"),
            ("hashes", "npm refuses an archive whose hash is not the recorded one"),
        )
    yield ignore_here(finding, "the newest release is wanted")


RULE = Rule(
    "DL3016",
    "pin-npm-packages",
    Severity.WARNING,
    "Pin the versions of npm packages",
    check,
    candidates,
    triggers=("npm",),
    local=True,
    templates=(
        "pin-versions: display",
        "lock-file: display",
        "ignore-here: display",
        "pin-to-variable: unsafe",
        "corepack: display",
        "pin-commit: display",
    ),
    default=False,
)
