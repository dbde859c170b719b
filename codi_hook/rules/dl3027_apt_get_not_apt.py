"""apt in a script.

Why it matters: apt is made for people at a terminal and says so itself: its command line and its
output may change from one release to the next. apt-get and apt-cache are the interface that
scripts can count on.

Which alternative: apt-get does what changes packages, apt-cache what only asks. `apt upgrade`
installs new packages where an upgrade needs them; `apt-get upgrade --with-new-pkgs` is the same,
`apt-get upgrade` alone holds such packages back. An install can leave out the packages that are
only recommended while the line is changed anyway. What apt alone can do (`list`, `edit-sources`)
is left to the reader.

Why the fixes are safe: both programs are front ends of one library, with one resolver and one
configuration, so the same packages are installed. Holding packages back, or leaving recommended
ones out, is another result, and apt-cache lays its answer out in its own way: these are `unsafe`.

An install of packages without a version is only shown. Linters that look at apt-get and not at
apt would report the missing versions as something new, and which are right cannot be known here.

When to ignore: in an image in which people work at a terminal and the line is a demonstration.

Evidence: in 16.5 of 1,000 public Dockerfiles. hadolint and this rule agree on all 413 places that
hadolint reports in 16,167 public Dockerfiles; this rule has 19 more, where sudo runs apt.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.installs import insert_option, shown
from codi_hook.recipes.pins import advice, unpinned_by_apt
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import has_flag, operands
from codi_hook.shell.managers import call

_SAME = frozenset(
    {"install", "remove", "purge", "update", "autoremove", "clean", "autoclean", "build-dep"}
    | {"source", "download", "satisfy", "dist-upgrade", "changelog"}
)
_QUERIES = frozenset({"search", "show", "policy", "depends", "rdepends", "showsrc"})


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("apt"):
        yield Finding(command.word.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    words = operands(command)
    verb = words[0].value if words else None
    if verb in _SAME:
        yield _apt_get(command, verb)
        if verb == "install" and not has_flag(command, "--no-install-recommends"):
            yield _lean(command, words[0])
    elif verb == "full-upgrade":
        yield _apt_get(
            command, "dist-upgrade", Edit(words[0].span, _like(words[0], "dist-upgrade"))
        )
    elif verb == "reinstall":
        yield _apt_get(
            command,
            "install --reinstall",
            Edit(words[0].span, _like(words[0], "install")),
            insert_option(command, words[0], "--reinstall"),
        )
    elif verb == "upgrade":
        with_new = insert_option(command, words[0], "--with-new-pkgs")
        yield _apt_get(command, "upgrade --with-new-pkgs", with_new)
        yield _candidate(
            "hold-back",
            "Use apt-get upgrade, which holds back what needs new packages",
            command,
            "apt-get",
            (),
            Applicability.UNSAFE,
            Reason("no-new", "an upgrade then never brings a package that was not there before"),
            Reason("stable-interface", "the command line of apt-get does not change"),
        )
    elif verb in _QUERIES:
        yield _candidate(
            "use-apt-cache",
            f"Use apt-cache {verb}",
            command,
            "apt-cache",
            (),
            Applicability.UNSAFE,
            Reason(
                "stable-output", f"the output of apt-cache {verb} is made to be read by scripts"
            ),
            Reason("no-warning", "apt warns on every use in a script, apt-cache does not"),
        )
    else:
        yield advice(
            "use-dpkg-or-apt-get",
            f"Say it with dpkg-query, apt-get or apt-cache instead of apt {verb or ''}".rstrip(),
            ("unstable", "the output of apt may change from one release to the next"),
            ("dpkg-query", "dpkg-query -W lists what is installed, in a format of your choice"),
        )


def _apt_get(command: Command, verb: str, *more: Edit) -> Candidate:
    found = call(command)
    unpinned = unpinned_by_apt(found) if found and verb.startswith("install") else []
    last = Reason("no-warning", "apt warns on every use in a script, apt-get does not")
    if unpinned:
        asks = f"a linter that knows apt-get asks for versions: {shown(unpinned)}"
        last = Reason("versions", asks)
    return _candidate(
        "use-apt-get",
        f"Use apt-get {verb}" + (", and give the packages versions" if unpinned else ""),
        command,
        "apt-get",
        more,
        Applicability.DISPLAY if unpinned else Applicability.SAFE,
        Reason("stable-interface", f"the command line of apt-get {verb} does not change"),
        Reason("same-library", "apt and apt-get share one resolver and install the same packages"),
        last,
    )


def _lean(command: Command, verb: Word) -> Candidate:
    found = call(command)
    unpinned = found is not None and bool(unpinned_by_apt(found))
    return _candidate(
        "lean-apt-get",
        "Use apt-get install, without recommended packages",
        command,
        "apt-get",
        (insert_option(command, verb, "--no-install-recommends"),),
        Applicability.DISPLAY if unpinned else Applicability.UNSAFE,
        Reason("smaller", "packages that are only recommended stay out of the image"),
        Reason("may-lack", "a program that needs one of them has to name it then"),
    )


def _candidate(
    identity: str,
    title: str,
    command: Command,
    program: str,
    more: tuple[Edit, ...],
    applicability: Applicability,
    *reasons: Reason,
) -> Candidate:
    before, _, after = command.word.text.rpartition("apt")  # a folder, quotes
    edit = Edit(command.word.span, before + program + after)
    return Candidate(identity, title, (edit, *more), applicability, reasons)


def _like(word: Word, text: str) -> str:
    quote = word.text[0] if word.text[0] in "\"'" else ""
    return f"{quote}{text}{quote}"


RULE = Rule(
    "DL3027",
    "apt-get-not-apt",
    Severity.WARNING,
    "Use apt-get or apt-cache in scripts, not apt",
    check,
    candidates,
    triggers=("apt",),
    local=True,
    templates=(
        "use-apt-get: safe, display",
        "hold-back: unsafe",
        "use-apt-cache: unsafe",
        "use-dpkg-or-apt-get: display",
        "lean-apt-get: unsafe, display",
    ),
)
