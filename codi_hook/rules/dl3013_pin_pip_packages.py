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
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import PIP, PIP_NAMES, PYTHON, installs, one_line, shown
from codi_hook.recipes.pins import advice, from_variables, text_of
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call

_FROM_FILE = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--group")
_version = pattern(r"[=~!<>]=|[<>@]").search
_vcs = pattern(r"(?:git|hg|svn|bzr)\+|git://").match
_reference = pattern(r"@[^/@]+(?:#|\Z)").search
_local = pattern(r"[./~]|file:|https?://").match
_archive = pattern(r"\.(?:whl|tar\.gz|zip|tgz|tar\.bz2)(?:\[|\Z)").search


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, *PIP, "pipx", *PYTHON):
        if call.manager.name not in PIP_NAMES and call.manager.name != "pipx":
            continue
        if call.has_flag(*_FROM_FILE):
            continue
        words = [word for word in (*call.packages, *call.sources) if not _pinned(word)]
        if words:
            named = one_line(shown(words))
            yield Finding(words[0].span, (call, words), f"No version for {named}")


def _pinned(word: Word) -> bool:
    text = text_of(word)
    if _vcs(text):
        return _reference(text) is not None
    if _local(text) or _archive(text) or _version(text):
        return True
    return "/" in text and "$(" not in text


def candidates(finding: Finding) -> Iterator[Candidate]:
    call: Call
    words: list[Word]
    call, words = finding.subject
    yield from from_variables(finding.document, call, words, "==")
    named, first = one_line(shown(words)), one_line(text_of(words[0]))
    if _vcs(first):
        yield advice(
            "pin-commit",
            f"Name a tag or commit: {first}@…",
            ("moves", "the default branch moves with every push"),
            ("exact", f"a commit fixes what {named} installs, byte for byte"),
        )
        return
    yield advice(
        "lock-file",
        "Install from a requirements file with versions and hashes",
        ("all-of-it", f"what {named} needs in turn is fixed as well"),
        ("hashes", "pip refuses a file whose hash is not the recorded one"),
    )
    yield advice(
        "pin-versions",
        f"Give each package a version: {first}==…",
        ("exact", f"the version of {named} then stands in the file and in its history"),
        ("index", f"pip index versions {first} lists what there is"),
    )


RULE = Rule(
    "DL3013",
    "pin-pip-packages",
    Severity.WARNING,
    "Pin the versions of Python packages",
    check,
    candidates,
    triggers=(*PIP, "pipx", *PYTHON),
)
