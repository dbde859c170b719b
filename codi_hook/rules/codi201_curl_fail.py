"""curl without -f saves the server's error page as if it were the file.

Why it matters: to curl a 404 or a 503 is a transfer that went well. `curl -o file URL` writes the
page that says so into `file`, succeeds, and the build goes on. What breaks is the container, long
after, with a program or a configuration that begins with `<html>`.

Which alternative: `-f` makes the step fail and writes nothing. With `--retry 3` curl first tries
again where the failure is of the kind that passes (a timeout, 408, 429, 5xx). Where the body of
the error says what is wrong (a server that asks for a token), `--fail-with-body` keeps it for the
log; it needs curl 7.76.

Why the fixes are unsafe: where every download succeeds the image is the same byte for byte, but a
step that went on after a missing file now stops.

Only downloads into a file are looked at, and only where the same step does not check the file: an
archive that is unpacked, a package that is installed, a checksum or a signature that is verified
give an error page away. In a pipe `-f` alone would turn garbage into silence; see DL4006.

When to ignore: where the file is optional, or the address is of a server that has no error pages.

Evidence: 29 of 1,000 public Dockerfiles (593 findings; 11 of 1,000 written by experts). Looked
at: a release binary of dep saved to /usr/bin and made executable; a release of confd in the same
way; a Java agent's jar; a public key saved into /etc/apk/keys; wp-cli saved as /usr/local/bin/wp.
In each, a 404 would be installed as the program or the key, and nothing in the step would notice.
"""

from __future__ import annotations

import re
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
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.recipes.trails import targets
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import flags, has_flag, operands
from codi_hook.source import Span

_FAILS = ("-f", "--fail", "--fail-with-body", "--fail-early")
# The answer itself is wanted, whatever it says, or is no file.
_ANSWER = (
    *("-I", "--head", "-i", "--include", "-w", "--write-out", "-X", "--request", "-d", "--data"),
    *("-D", "--dump-header", "-F", "--form", "-T", "--upload-file", "--data-binary", "-K"),
    *("--config", "-h", "--help", "-V", "--version", "--data-raw", "--unix-socket"),
)
# What refuses a page in place of the file.
_REFUSES = frozenset((
    "tar", "bsdtar", "unzip", "gunzip", "unxz", "bunzip2", "7z", "7za", "dpkg", "apt", "apt-get",
    "rpm", "yum", "dnf", "apk", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum",
    "md5sum", "b2sum", "shasum", "gpg", "gpg2", "gpgv", "openssl", "cosign", "minisign", "xz",
    "gzip", "bzip2", "patch", "java", "python", "python2", "python3", "php", "ruby", "perl", "cpio",
    "zypper", "pip", "pip3", "npm", "apt-key", "node", "zcat", "7zr", "installer", "unrar", "jar",
))  # fmt: skip
_short = pattern(r"-[sSLkgJR#]+\Z").match
_not_http = pattern(r"[\"']?(?:file|ftp|ftps|sftp|scp|tftp|ldap):", re.IGNORECASE).match


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("curl"):
        if has_flag(command, *_FAILS, *_ANSWER) or not targets(command):
            continue
        if command.after == "|" or "condition" in command.context or _is_checked(document, command):
            continue
        address = _address(command)
        if address is not None and not _not_http(address.text):
            yield Finding(command.word.span, command)


def _address(command: Command) -> Word | None:
    found = [one.value_word for one in flags(command) if one.name == "--url" and one.value_word]
    found += operands(command)
    return found[0] if found else None


def _is_checked(document: Document, command: Command) -> bool:
    script = document.script(command.instruction)
    later = script.commands[command.position + 1 :] if script else ()
    return any(
        one.name in _REFUSES or one.name.startswith(("./", "python")) or not one.name
        for one in later
    )


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    address = _address(command)
    what = "the file" if address is None else address.text.strip("\"'")
    level = Applicability.UNSAFE
    stops = Reason("stops", f"the build stops where the server answers {what} with an error")
    yield Candidate(
        "add-fail",
        "Let curl fail on an HTTP error (-f)",
        (_with_fail(command),),
        level,
        (stops, Reason("no-page", "no error page is written in place of the file")),
    )
    if not has_flag(command, "--retry") and not is_json(command):
        yield Candidate(
            "fail-and-retry",
            "Let curl try again, then fail (-f --retry 3)",
            (insert_option(command, command.word, "-f --retry 3"),),
            level,
            (stops, Reason("passing", "a timeout or a busy server is tried three times more")),
        )
    yield Candidate(
        "fail-with-body",
        "Let curl fail on an HTTP error and keep its text (--fail-with-body)",
        (),
        Applicability.DISPLAY,
        (
            Reason("says-why", "the answer says why, where the server explains its errors"),
            Reason("new-curl", "this needs curl 7.76 or later in the image"),
        ),
    )


def _with_fail(command: Command) -> Edit:
    """``-sSL`` becomes ``-fsSL``; elsewhere ``-f`` stands behind the command."""
    for word in command.args:
        if _short(word.text):
            at = word.span.start + 1
            return Edit(Span(at, at), "f")
    return insert_option(command, command.word, "-f")


RULE = Rule(
    "CODI201",
    "curl-fail",
    Severity.WARNING,
    "Let curl fail where the server answers with an error (-f)",
    check,
    candidates,
    triggers=("curl",),
    local=True,
    templates=(
        "add-fail: unsafe",
        "fail-and-retry: unsafe",
        "fail-with-body: display",
    ),
)
