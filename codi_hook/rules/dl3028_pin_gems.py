"""Gems without a version.

Why it matters: `gem install name` takes the newest release that rubygems.org has. A build that
worked yesterday can fail today, and a new release may ask for a newer Ruby than the image has.

Which alternative: where the file has a variable with the version of the gem, use it. A version on
each gem (`name:1.2.3`) fixes those named here. A Gemfile with its lock file, installed by Bundler,
fixes what they need as well.

Why the fix is unsafe: it installs the version that the variable names, which need not be the one
that was installed so far. The others are advice: a version cannot be known from the file.

When to ignore: where the newest version is the point, as in a nightly compatibility build.

Evidence: 379 findings in 350 of 16,167 public Dockerfiles, 21.6 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
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


def check(document: Document) -> Iterator[Finding]:
    for finding in without_version(installs(document, "gem", verbs=("install", "i")), _pinned):
        call, _words = subject(finding)
        if not call.has_flag("-v", "--version"):
            yield finding


def _pinned(call: Call, word: Word) -> bool:
    if any(one.text == "--" and one.span < word.span for one in call.command.args):
        return True  # what follows is for the extension that the gem compiles
    return word in call.sources or ":" in text_of(word)


def candidates(finding: Finding) -> Iterator[Candidate]:
    call, words = subject(finding)
    yield from from_variables(finding.document, call, words, ":")
    first = one_line(text_of(words[0]))
    yield by_hand(words, ":", ("index", f"gem list --remote --all --exact {first} lists them"))
    yield advice(
        "lock-file",
        "Name them in a Gemfile and install with Bundler",
        ("all-of-it", f"Gemfile.lock fixes what {named(words)} needs in turn"),
        ("frozen", "with BUNDLE_FROZEN=true a lock file that does not fit stops the build"),
    )
    yield ignore_here(finding, "the newest release is wanted")


RULE = Rule(
    "DL3028",
    "pin-gems",
    Severity.WARNING,
    "Pin the versions of gems",
    check,
    candidates,
    triggers=("gem",),
    local=True,
    templates=(
        "pin-versions: display",
        "lock-file: display",
        "ignore-here: display",
        "pin-to-variable: unsafe",
    ),
    default=False,
)
