"""Python packages without a version.

Why it matters: `pip install name` takes the newest release that the index has, and the newest of
everything that it needs. A build that worked yesterday can fail, or behave otherwise, today.

Which alternative: where the file has a variable with the version of the package, use it. A
version on each package (`name==1.2.3`) fixes those named here, but not what they need. A
requirements file with hashes, made by pip-compile or uv, fixes all of it and guards against a
package that was replaced on the index.

Why the fix is unsafe: it installs the version that the variable names, which need not be the one
that was installed so far. The others are advice: a version cannot be known from the file.

When to ignore: where the newest version is the point, as in a nightly compatibility build.

Evidence: 2,164 findings in 1,647 of 16,167 public Dockerfiles, 101.9 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import PIP, PIP_NAMES, PYTHON, installs, one_line
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

_FROM_FILE = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--group")
_version = pattern(r"[=~!<>]=|[<>@]").search
_vcs = pattern(r"(?:git|hg|svn|bzr)\+|git://").match
_reference = pattern(r"@[^/@]+(?:#|\Z)").search
_local = pattern(r"[./~]|file:|https?://").match
_archive = pattern(r"\.(?:whl|tar\.gz|zip|tgz|tar\.bz2)(?:\[|\Z)").search


def check(document: Document) -> Iterator[Finding]:
    return without_version(_calls(document), _pinned)


def _calls(document: Document) -> Iterator[Call]:
    for call in installs(document, *PIP, "pipx", *PYTHON):
        known = call.manager.name in PIP_NAMES or call.manager.name == "pipx"
        given = call.flag(*_FROM_FILE)
        if known and (given is None or _vcs(given.value or "")):
            yield call


def _pinned(_call: Call, word: Word) -> bool:
    text = text_of(word)
    if _vcs(text):
        return _reference(text) is not None
    if _local(text) or _archive(text) or _version(text):
        return True
    return "/" in text and "$(" not in text


def candidates(finding: Finding) -> Iterator[Candidate]:
    call, words = subject(finding)
    yield from from_variables(finding.document, call, words, "==")
    first = one_line(text_of(words[0]))
    if _vcs(first):
        yield advice(
            "pin-commit",
            f"Name a tag or commit: {first}@…",
            ("moves", "the default branch moves with every push"),
            ("exact", f"a commit fixes what {named(words)} installs, byte for byte"),
        )
        yield ignore_here(finding, "the newest state is wanted")
        return
    yield advice(
        "lock-file",
        "Install from a requirements file with versions and hashes",
        ("all-of-it", f"what {named(words)} needs in turn is fixed as well"),
        ("hashes", "pip refuses a file whose hash is not the recorded one"),
    )
    yield by_hand(words, "==", ("index", f"pip index versions {first} lists what there is"))
    yield ignore_here(finding, "the newest release is wanted")


RULE = Rule(
    "DL3013",
    "pin-pip-packages",
    Severity.WARNING,
    "Pin the versions of Python packages",
    check,
    candidates,
    triggers=(*PIP, "pipx", *PYTHON),
    local=True,
    templates=(
        "lock-file: display",
        "pin-versions: display",
        "ignore-here: display",
        "pin-to-variable: unsafe",
        "pin-commit: display",
    ),
    default=False,
)
