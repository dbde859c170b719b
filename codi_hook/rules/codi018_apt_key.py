"""Keys for apt by apt-key.

Why it matters: a key that apt-key adds is trusted for every repository, Debian's own included. The
command has been deprecated since apt 2.1 and is gone from Debian 13 and Ubuntu 25.04: there the
build stops.

Which alternative: a file of its own in /etc/apt/keyrings, named with signed-by in the one line of
sources that it is for, trusts the key for that repository alone. A file in /etc/apt/trusted.gpg.d
does what apt-key did, without it. apt reads files with armour as .asc (since apt 1.4, in Debian 9
and Ubuntu 18.04) and others as .gpg.

Why the fixes are unsafe: whether the address serves a key with armour or without can only be told
from its name. Where the name does not tell, the fix is only shown.

When to ignore: on releases older than Debian 9 and Ubuntu 18.04, which only know apt-key.

Evidence: in 768 of 16,073 public Dockerfiles (48 of 1,000; 17 of 1,000 of the curated ones).
Looked at: Google's signing key for Chrome, one line of sources behind it (right; signed-by fits);
the key of a Java archive by eight digits from a key server (right; such short numbers were
forged); Docker's key, which its own manual stores as .asc today (right); a key and a line of
sources of somebody else, to which signed-by was offered (the finding right, the fix wrong: since
then the domains must agree); apt-key with --keyring for a file of its own (right: the command is
gone from newer releases all the same).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.aptkeys import Added, may_write, signed, source_line, written
from codi_hook.recipes.fetching import Download, download, host
from codi_hook.shell.flags import operands

_armoured = pattern(
    r"\.(?:asc|pub|key|pem|armor)\Z|/key\Z|/KEY|download\.docker\.com/.*/gpg\Z"
).search
_name = pattern(r"[\w.-]+\Z").match
_number = pattern(r"(?:0x)?([0-9A-Fa-f]{8,40})\Z").match
_TRUSTED, OWN = "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings"


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("apt-key"):
        verb = next((word.value for word in operands(command)), "")
        receives = any((word.value or "").startswith("--recv") for word in command.args)
        if verb == "add" or (verb == "adv" and receives):
            pipe = command.pipeline
            ahead = pipe.commands if pipe else ()
            piped = len(ahead) == 2 and ahead[1] in (command, command.wrapper)
            yield Finding(command.span, Added(command, ahead[0] if piped else None))


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Added = finding.subject
    document = finding.document
    fetched = download(found.fetcher) if found.fetcher else None
    files = list(_as_file(document, found, fetched)) if fetched else []
    yield from files
    numbers = [m[1] for word in found.command.args if (m := _number(word.value or ""))]
    key = f"the key {numbers[0]}" if len(numbers) == 1 else "the key"
    if not files:
        yield _keyring(key, any(len(number) < 16 for number in numbers))
    yield Candidate(
        "copy-the-key",
        f"Put {key} beside the Dockerfile, and COPY it to {OWN}",
        (),
        Applicability.DISPLAY,
        (
            Reason("reviewed", "a change of the key is then a change of the repository"),
            Reason("no-server", "the build asks no server for it, which may not answer"),
        ),
    )


def _as_file(document: Document, found: Added, fetched: Download) -> Iterator[Candidate]:
    """The key that a pipe gives to apt-key, in a file that apt reads by itself."""
    where = host(fetched.url)
    if fetched.target or not _name(where) or not may_write(document, found):
        return
    address = fetched.url.text.strip("\"'")
    level = Applicability.UNSAFE if _armoured(address) else Applicability.DISPLAY
    kind = Reason("armour", f"apt reads .asc as a key with armour, as {address} names one")
    if level is Applicability.DISPLAY:
        kind = Reason("maybe-binary", f"if {address} has no armour, the file has to end in .gpg")
    gone = Reason("no-apt-key", "newer releases have no apt-key any more")
    line = source_line(document, found.command, where)
    own = written(found, f"{OWN}/{where}.asc", folder=OWN)
    if line and own:
        alone = Reason("one-repository", f"the key of {where} is then trusted for it alone")
        edits = (*own, signed(line, f"{OWN}/{where}.asc"))
        title = f"Keep the key for {where} alone"
        yield Candidate("signed-by", title, edits, level, (alone, kind, gone))
    edits = written(found, f"{_TRUSTED}/{where}.asc")
    if edits:
        same = Reason("same-trust", "the key is trusted for every repository, as before")
        title = f"Write the key to {_TRUSTED}"
        yield Candidate("trusted-folder", title, edits, level, (gone, same, kind))


def _keyring(key: str, short: bool) -> Candidate:
    reasons = [
        Reason("one-repository", "the key is then trusted for one repository alone"),
        Reason("no-apt-key", "newer releases have no apt-key any more"),
    ]
    if short:
        reasons.append(Reason("short-number", "keys with the same eight digits can be made"))
    title = f"Keep {key} in a file in {OWN}, and name it with signed-by"
    return Candidate("keyring-file", title, (), Applicability.DISPLAY, tuple(reasons))


RULE = Rule(
    "CODI018",
    "apt-key",
    Severity.WARNING,
    "apt-key is deprecated, and trusts a key for every repository",
    check,
    candidates,
    triggers=("apt-key",),
    local=True,
    security=True,
    templates=(
        "signed-by: unsafe, display",
        "trusted-folder: unsafe, display",
        "copy-the-key: display",
        "keyring-file: display",
    ),
)
