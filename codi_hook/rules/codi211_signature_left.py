"""The signature that gpg has verified stays in the layer.

Why it matters: after `gpg --verify file.asc file` the signature has done its work. Left beside a
program in /usr/local/bin or on the top level of the image it is a file that nobody expects there,
and that tools which list executables or packages stumble over.

Which alternative: removing it right behind the verification, or together with the keyring where
the step removes that anyway.

Why the fixes are safe: nothing but gpg reads a signature, and the file is only offered for removal
where no later command or instruction names it.

Where the archive itself is kept, the signature may be kept with it, and nothing is reported.

When to ignore: where the signature is shipped on purpose, for somebody to check again.

Evidence: rare: 15 findings in 16,073 public Dockerfiles; most files that verify a signature
remove it. Looked at: two nginx images of one template in which the removal is commented out, and
a third where it is missing; MediaWiki's signature; a release's signature left in /tmp. The
official PHP images keep archive and signature together on purpose and are not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.scripts import append_after, insert_after_word
from codi_hook.recipes.trails import LATER, Trail, fetched, named_later, shipped
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import has_flag, operands

_GPG = ("gpg", "gpg2", "gpgv")
_SIGNATURES = (".asc", ".sig", ".sign", ".gpg", ".signature")

_ARCHIVES = (".gz", ".xz", ".bz2", ".tgz", ".zip", ".zst", ".tar", ".txz", ".tbz2")


def check(document: Document) -> Iterator[Finding]:
    for script in shipped(document, *_GPG):
        if script.names.isdisjoint(("curl", "wget")):
            continue
        trail = Trail(document, script)
        downloads = {one.path: one.command for one in fetched(trail)}
        for command in script.commands:
            word = _signature(command)
            path = trail.place(command, word) if word else None
            if word is None or path not in downloads or not path:
                continue
            if trail.last_use(path) is not command or trail.gone(path, command.position):
                continue
            if _keeps_archive(trail, command) or not trail.in_layer(path):
                continue
            if not named_later(document, script, path):
                yield Finding(word.span, (trail, command, word, path))


def _signature(command: Command) -> Word | None:
    """The signature file of a verification; None for one that signs its own text."""
    if command.name not in _GPG or not (command.name == "gpgv" or has_flag(command, "--verify")):
        return None
    words = operands(command)
    if not words or not words[0].text.strip("\"'").endswith(_SIGNATURES):
        return None
    return words[0]


def _keeps_archive(trail: Trail, command: Command) -> bool:
    """True where the archive that was verified stays as well, as the official PHP images keep
    it: whoever unpacks it later may verify it again."""
    signed = operands(command)[1:]
    if not signed or not signed[0].text.strip("\"'").endswith(_ARCHIVES):
        return False
    path = trail.place(command, signed[0])
    return path is None or not trail.gone(path, command.position)


def candidates(finding: Finding) -> Iterator[Candidate]:
    trail: Trail
    command: Command
    word: Word
    trail, command, word, path = finding.subject
    done = Reason("done", f"{word.text} has done its work once {command.name} has read it")
    unread = Reason("unread", "nothing behind it names the file")
    edit = append_after(trail.script, command, f"rm {word.text}")
    if edit is not None:
        yield Candidate(
            "remove-signature",
            "Remove the signature behind the verification",
            (edit,),
            Applicability.SAFE,
            (done, unread),
        )
    removal = _removal(trail, command, path)
    if removal is not None:
        yield Candidate(
            "remove-with-keyring",
            "Remove the signature together with the keyring",
            (insert_after_word(removal.words[-1], word.text),),
            Applicability.SAFE,
            (done, Reason("one-command", "the step has an rm for the keyring already"), unread),
        )


def _removal(trail: Trail, command: Command, path: str) -> Command | None:
    """The ``rm`` of the keyring behind the verification, where the file's name means the same."""
    for other in trail.script.commands[command.position + 1 :]:
        here = path.startswith("/") or trail.folder(other) == trail.folder(command)
        keyring = any("GNUPGHOME" in word.text for word in other.args)
        if other.name == "rm" and keyring and here and not other.context:
            return other
    return None


RULE = Rule(
    "CODI211",
    "signature-left",
    Severity.INFO,
    "Remove a signature once it is verified",
    check,
    candidates,
    triggers=_GPG,
    reads=("curl", "wget", "rm", *LATER),
    templates=(
        "remove-signature: safe",
        "remove-with-keyring: safe",
    ),
)
