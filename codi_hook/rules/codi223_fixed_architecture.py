"""A download names one architecture.

Why it matters: an address with `amd64` or `x86_64` in it gives the same program to every build. On
an ARM machine, a developer's laptop or a cheaper server, the image builds and its program does not
start: `exec format error`.

Which alternative: BuildKit gives TARGETARCH to every build, in the spelling that Go programs use
in their release files. On Debian, dpkg tells the same without BuildKit. `uname -m` tells the
kernel's name for the machine, which is what `x86_64` files are named after.

Why the fixes are unsafe: a project may publish no file for another architecture, or name it in
another way. On amd64 the address is the same as before.

Where a later command names the downloaded file with the architecture in its name, it has to change
as well, and the candidates are only shown.

Off by default: an image that is only meant for amd64 loses nothing. Nothing is reported where the
base image or FROM names an architecture, in a case distinction, and where the step compares a
checksum: that holds for one file.

When to ignore: where nothing but amd64 is built.

Evidence: 52 of 1,000 public Dockerfiles (1,050 findings; 24 of 1,000 written by experts). In the
history of 21 expert repositories `dpkg --print-architecture` was added in 10 commits of 7 of
them, `ARG TARGETARCH` in 16 of 2. Looked at: kubectl in two images, serf, dockerize, Go itself.
kubectl and Go are published for arm64 under the same name.
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
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.installs import is_json
from codi_hook.recipes.instructions import insert_before
from codi_hook.shell.ast import Command, Word
from codi_hook.source import Span

_CHECKS = frozenset({"sha1sum", "sha256sum", "sha384sum", "sha512sum", "md5sum", "shasum", "gpg"})
_arch = pattern(r"(?<=[-_./])(amd64|x86_64)(?=[-_./\"']|\Z)").search
_any_arch = pattern(r"amd64|x86_64|arm64|aarch64|i386|armhf|arm32|ppc64|s390x")
_names_arch = _any_arch.search
_http = pattern(r"[\"']?https?://").match
_CHOOSES = frozenset({"if", "case", "condition"})


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("curl", "wget"):
        stage = document.stage_of(command.instruction)
        script = document.script(command.instruction)
        if stage is None or script is None or not script.names.isdisjoint(_CHECKS):
            continue
        root = list(stage.lineage())[-1]
        if root.instruction.flag("platform") or _names_arch(root.image.text):
            continue
        if not _CHOOSES.isdisjoint(command.context):
            continue
        for word in command.args:
            match = _arch(word.text) if _http(word.text) else None
            if match and len(_any_arch.findall(word.text)) == 1:
                at = word.span.start + len(word.text[: match.start()].encode())
                yield Finding(Span(at, at + len(match[1])), (command, word, match[1]))


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command
    word: Word
    command, word, arch = finding.subject
    document, item = finding.document, command.instruction
    if is_json(command) or word.text.startswith("'"):
        return
    level = Applicability.DISPLAY if _named_again(document, word) else Applicability.UNSAFE
    every = Reason("every-machine", "the same step then serves every architecture")
    named = Reason("same-here", f"on amd64 the address stays as it is, with {arch} in it")
    stage = document.stage_of(item)
    if stage is None:
        return
    if arch == "amd64" and not document.is_trigger(item) and not item.heredocs:
        known = any(
            pair.key.value == "TARGETARCH" for one in document.of("ARG") for pair in one.pairs
        )
        edits = [_with(finding, word, "${TARGETARCH}")]
        if not known:
            edits.insert(0, insert_before(item, "ARG TARGETARCH"))
        yield Candidate(
            "target-arch",
            "Take the architecture from BuildKit (TARGETARCH)",
            tuple(edits),
            level,
            (every, named, Reason("cross", "that is right for a build for another machine, too")),
        )
    if arch == "amd64" and family(document, stage) == DEBIAN:
        yield Candidate(
            "dpkg-architecture",
            "Ask dpkg for the architecture",
            (_with(finding, word, "$(dpkg --print-architecture)"),),
            level,
            (every, named, Reason("any-builder", "dpkg is there, whatever builds the image")),
        )
    if arch == "x86_64":
        yield Candidate(
            "uname",
            "Ask the kernel for the architecture (uname -m)",
            (_with(finding, word, "$(uname -m)"),),
            level,
            (every, named),
        )


def _with(finding: Finding, word: Word, text: str) -> Edit:
    """The word with `text` for the architecture, in quotes, as shells ask for with expansions."""
    source = finding.document.source
    before = source.text(Span(word.span.start, finding.span.start))
    after = source.text(Span(finding.span.end, word.span.end))
    quote = "" if '"' in word.text else '"'
    return Edit(word.span, f"{quote}{before}{text}{after}{quote}")


def _named_again(document: Document, word: Word) -> bool:
    """True where another place names the downloaded file, architecture and all."""
    name = word.text.strip("\"'").rpartition("/")[2]
    if _any_arch.search(name) is None:
        return False
    return sum(item.text.count(name) for item in document.instructions) > 1


RULE = Rule(
    "CODI223",
    "fixed-architecture",
    Severity.STYLE,
    "Download for the architecture that is built",
    check,
    candidates,
    triggers=("curl", "wget"),
    reads=tuple(sorted(_CHECKS)),
    local=True,
    default=False,
    templates=(
        "target-arch: unsafe, display",
        "dpkg-architecture: unsafe, display",
        "uname: unsafe, display",
    ),
)
