"""Go programs without a version.

Why it matters: `go install path@latest` builds the newest release of a program on the day of the
build. Two builds of the same file give different tools, and one of them may not compile with the Go
that the image has.

Which alternative: where the file has a variable with the version of the program, use it. A version
behind the path (`path@v1.2.3`) stands in the file. A tool of the project itself belongs into its
go.mod, where go.sum guards what it needs.

Why the fix is unsafe: it builds the version that the variable names, which need not be the one that
was built so far. The others are advice: a version cannot be known from the file.

When to ignore: where the newest version is the point, as in a nightly compatibility build; and with
a Go before 1.16, whose `go get` knows no version outside of a module.

Evidence: 481 findings in 311 of 16,167 public Dockerfiles, 19.2 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.go_pins import go_pinned, pin_to_variable, programs
from codi_hook.recipes.installs import installs, one_line
from codi_hook.recipes.pins import advice, ignore_here, named, subject, text_of


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, "go", verbs=("install", "get", "run")):
        words = [word for word in programs(call) if not go_pinned(word)]
        if words:
            yield Finding(words[0].span, (call, words), f"No version for {named(words)}")


def candidates(finding: Finding) -> Iterator[Candidate]:
    call, words = subject(finding)
    yield from pin_to_variable(finding.document, call, words)
    path = one_line(text_of(words[0])).partition("@")[0]
    yield advice(
        "pin-versions",
        f"Give each program a version: {path}@v…",
        ("exact", f"the version of {named(words)} then stands in the file and in its history"),
        ("index", f"go list -m -versions names those of the module that {path} belongs to"),
    )
    yield advice(
        "tool-of-module",
        "Require it in the go.mod of the project and install it from there",
        ("all-of-it", f"go.sum then fixes what {named(words)} needs in turn"),
        ("one-place", "builds outside of the image use the same version"),
    )
    yield ignore_here(finding, "the newest release is wanted")


RULE = Rule(
    "DL3062",
    "pin-go-install",
    Severity.WARNING,
    "Pin the versions of Go programs",
    check,
    candidates,
    triggers=("go",),
    local=True,
    templates=(
        "pin-versions: display",
        "tool-of-module: display",
        "ignore-here: display",
        "pin-to-variable: unsafe",
    ),
)
