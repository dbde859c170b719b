"""A file is fetched by http from a host that serves it by https.

Why it matters: nothing proves that what arrives by http is what was sent. Whoever sits between the
builder and the server (a proxy, a wireless network, a provider) can put another program into the
image, and the build will run it as root.

Which alternative: the same address with https, for hosts that are known to serve the same path
(`recipes/hosts.py` lists them with sources). For curl, `--proto =https` also refuses a redirect
back to http. Where the image has no CA certificates, a checksum protects as well and does not
depend on the connection; the digest has to come from the publisher, so this is only shown.

Why the fix is safe for ADD: the builder fetches the file, with its own certificates, and the
hosts serve the same bytes. In a RUN it is `unsafe`: the image may lack ca-certificates, or its
OpenSSL may be too old for the server.

Nothing is reported where the step verifies a checksum or a signature, or for hosts that are not
known to serve https: such an address may well be right.

When to ignore: in a build whose downloads pass a caching proxy that cannot do https.

Evidence: 29 of 1,000 public Dockerfiles (595 findings; 20 of 1,000 written by experts). Looked
at: redis from download.redis.io, built and installed unverified; an Anaconda installer that is
run with bash; a database driver from Maven Central's old host, which has not answered by http
since 2020; a CUDA installer that is made executable and run; Composer's installer piped into php.
None of the steps verifies anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile.ast import Argument
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
from codi_hook.recipes.hosts import secure
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import has_flag

_CHECKS = frozenset((
    "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "md5sum", "b2sum", "shasum",
    "gpg", "gpg2", "gpgv", "openssl", "cosign", "minisign", "signify",
))  # fmt: skip
_FETCHES = ("curl", "wget", "git")


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("ADD"):
        if item.flag("checksum") is None:
            for argument in item.arguments[:-1]:
                if secure(_bare(argument)):
                    yield Finding(argument.span, (None, argument))
    for command in document.commands(*_FETCHES):
        script = document.script(command.instruction)
        if script is not None and not script.names.isdisjoint(_CHECKS):
            continue
        for word in command.args:
            if secure(_bare(word)):
                yield Finding(word.span, (command, word))


def _bare(word: Word | Argument) -> str:
    return (word.text if isinstance(word, Word) else word.value).strip("\"'")


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command | None
    word: Word | Argument
    command, word = finding.subject
    old = _bare(word)
    new = secure(old)
    written = finding.document.source.text(word.span)
    if new is None or old not in written:
        return
    edit = Edit(word.span, written.replace(old, new))
    host = new.split("/")[2]
    proof = Reason("proved", f"{host} proves who it is, and nobody can change the file on its way")
    level = Applicability.SAFE if command is None else Applicability.UNSAFE
    needs = (
        Reason("builder", "the builder fetches it, so the image needs no certificates for this")
        if command is None
        else Reason("certificates", "the image needs CA certificates for this")
    )
    yield Candidate("use-https", f"Fetch from {host} by https", (edit,), level, (proof, needs))
    if command is not None and _may_insist(command):
        yield Candidate(
            "https-only",
            f"Fetch from {host} by https and refuse anything else (--proto =https)",
            (insert_option(command, command.word, "--proto =https"), edit),
            Applicability.UNSAFE,
            (proof, Reason("no-way-back", "a redirect to http is refused as well"), needs),
        )
    yield Candidate(
        "verify-checksum",
        "Keep the address and verify the publisher's checksum",
        (),
        Applicability.DISPLAY,
        (
            Reason("any-way", "a digest proves the file, whichever way it came"),
            Reason("from-publisher", "the digest has to come from where the file is published"),
        ),
    )


def _may_insist(command: Command) -> bool:
    return command.name == "curl" and not is_json(command) and not has_flag(command, "--proto")


RULE = Rule(
    "CODI203",
    "https",
    Severity.WARNING,
    "Fetch by https where the host serves it",
    check,
    candidates,
    triggers=("ADD", *_FETCHES),
    reads=tuple(sorted(_CHECKS)),
    local=True,
    security=True,
    templates=(
        "use-https: safe, unsafe",
        "https-only: unsafe",
        "verify-checksum: display",
    ),
)
