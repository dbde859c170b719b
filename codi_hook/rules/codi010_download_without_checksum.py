"""A program is downloaded and used without a check of what arrived.

Why it matters: TLS says who sent the file and not that it is the one that was released. A release
that was replaced, or a proxy that answers with something else, ends up in the image and is run.

Which alternative: ADD --checksum=sha256:… lets BuildKit compare, and keep the layer as long as the
digest is the same. In a RUN, sha256sum -c behind the download stops the build. A signature says the
same of releases to come, if the signer's key is pinned. Programs that come as an image can be
copied from it by digest.

Why there are no edits: the digest is not in the file, and a linter must not invent it.

No finding for a download that is only read (JSON, keys for apt), for one that comes out of a
checksum, gpg or cosign command in the same RUN, and for a script that is run by a shell.

When to ignore: for files that are meant to be the newest, and for hosts of your own.

Evidence: in 3,032 of 15,464 public Dockerfiles (196 of 1,000; 29 of 1,000 of the curated ones),
not counting 609 nearly equal files of one generator. That is why it is not on by default. Looked
at: a server's .war that is unpacked (right); phpMyAdmin's archive by curl into tar (right); a .deb
of pandoc given to dpkg (right); s6-overlay by ADD (right); glibc's .apk installed with
--allow-untrusted (right, and the gravest). No finding where the digest is compared with sha256sum
-c or by hand with grep.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.fetching import FETCHERS, Download, download, url_name
from codi_hook.recipes.values import unquoted
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import flag
from codi_hook.shell.managers import call

_remote = pattern(r"https?://(?!.*\.git(?:#|\Z))").match
_digest = pattern(r"sha\d|md5|checksum|b2sum|shasum|digest|verify|signature|[._-]sig\b").search
_MOST = 100  # downloads of one RUN that are looked at: more than any real one has
_CHECKS = frozenset({
    "b2sum", "cosign", "gpg", "gpg2", "gpgv", "md5sum", "minisign", "openssl", "sha1sum",
    "sha224sum", "sha256", "sha256sum", "sha384sum", "sha512sum", "shasum", "signify",
    "slsa-verifier",
})  # fmt: skip
_UNPACKS = frozenset({
    "7z", "7za", "bsdtar", "bunzip2", "cpio", "dpkg", "gunzip", "jar", "rpm", "tar", "unxz",
    "unzip", "unzstd", "xz", "zstd",
})  # fmt: skip
_executable = pattern(r"(?:[ugoa]*\+[rwX]*x|0?[0-7]*[1357][0-7]*)").match


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("ADD"):
        if item.flag("checksum") is None:
            for argument in item.arguments[:-1]:
                if _remote(unquoted(argument.value)):
                    message = "ADD fetches a URL without --checksum"
                    yield Finding(argument.span, (item, argument), message)
    for script in document.scripts():
        if not script.names.isdisjoint(FETCHERS):
            yield from _in_script(script)


def _in_script(script: Script) -> Iterator[Finding]:
    loads = [found for command in script.commands if (found := download(command))]
    users = _users(script) if loads else []
    used = [(found, use) for found in loads[:_MOST] if (use := _use(users, found))]
    if not used or _checks(script):
        return
    for found, use in used:
        message = f"What {found.command.name} downloads is used by {use} without a checksum"
        yield Finding(found.command.span, found, message)


def _checks(script: Script) -> bool:
    if not _CHECKS.isdisjoint(script.names):
        return True
    return any(_digest(word.text.lower()) for one in script.commands for word in one.words)


def _use(users: list[tuple[Command, str]], fetched: Download) -> str:
    """The command that unpacks, installs or runs the file; empty where none does."""
    command = fetched.command
    if not fetched.target:
        members = command.pipeline.commands if command.pipeline else ()
        later = (one for one in members if one.position > command.position)
        return next((one.name for one in later if one.name in _UNPACKS), "")
    name = fetched.name.strip("\"'")
    for one, text in users:
        if one.position > command.position and _is_file(text, name):
            return one.name or name
    return ""


def _users(script: Script) -> list[tuple[Command, str]]:
    """The commands that make use of files, each with the name of one such file."""
    found = []
    for one in script.commands:
        if not one.words:
            continue
        words = one.args if _uses(one) else ()
        if "/" in one.word.text:
            words = (*words, one.word)
        found += [(one, word.text.strip("\"'").rstrip("/").rpartition("/")[2]) for word in words]
    return found


def _uses(command: Command) -> bool:
    if command.name in _UNPACKS:
        return True
    if command.name == "chmod":
        return bool(command.args) and bool(_executable(command.args[0].text))
    if command.name == "install":
        mode = flag(command, "-m", "--mode")
        return mode is None or bool(_executable(mode.value or ""))
    if command.name == "java":
        return True
    found = call(command)
    return found is not None and found.manager.system and found.action == "install"


def _is_file(text: str, name: str) -> bool:
    return bool(name and text) and (text == name or ("*." in text and fnmatchcase(name, text)))


def candidates(finding: Finding) -> Iterator[Candidate]:
    if isinstance(finding.subject, Download):
        yield from _for_run(finding.subject)
    else:
        yield from _for_add(*finding.subject)


def _for_add(item: Instruction, argument: Argument) -> Iterator[Candidate]:
    name = unquoted(argument.value).rstrip("/").rpartition("/")[2] or "the file"
    yield _advice(
        "add-checksum",
        f"Give ADD the digest of {name}: --checksum=sha256:…",
        Reason("stops", f"a {name} with another content then stops the build"),
        Reason("cached", "BuildKit keeps the layer as long as the digest is the same"),
    )
    yield _advice(
        "check-in-run",
        f"Download {name} in a RUN that checks and uses it",
        Reason("one-layer", f"what is only unpacked from {name} then leaves no layer behind"),
        Reason("signature", "a RUN can check a signature as well as a digest"),
    )


def _for_run(fetched: Download) -> Iterator[Candidate]:
    name = (fetched.name or url_name(fetched.url)).strip("\"'") or "the download"
    tool = fetched.command.name
    yield _advice(
        "check-digest",
        f"Compare the digest of {name} with sha256sum -c behind {tool}",
        Reason("stops", f"a {name} with another content then stops the build"),
        Reason("not-known", f"the digest of {name} is not in this file"),
    )
    yield _advice(
        "add-with-checksum",
        f"Fetch {name} with ADD --checksum=sha256:… and mount or unpack it",
        Reason("by-builder", f"BuildKit fetches and compares, so the image needs no {tool} for it"),
        Reason("cached", "the layer stays as long as the digest is the same"),
    )
    yield _advice(
        "check-signature",
        f"Check the signature of {name} with gpg or cosign, the signer's key pinned",
        Reason("next-release", "the same lines then hold for the next release too"),
        Reason("if-signed", "this needs a project that signs what it releases"),
    )


def _advice(key: str, title: str, *reasons: Reason) -> Candidate:
    return Candidate(key, title, (), Applicability.DISPLAY, reasons)


RULE = Rule(
    "CODI010",
    "download-without-checksum",
    Severity.INFO,
    "A program is downloaded and used without a checksum",
    check,
    candidates,
    triggers=("ADD", *FETCHERS),
    local=True,
    default=False,
    security=True,
    templates=(
        "add-checksum: display",
        "check-in-run: display",
        "check-digest: display",
        "add-with-checksum: display",
        "check-signature: display",
    ),
)
