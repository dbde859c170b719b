"""curl without -L at an address that answers with a redirect.

Why it matters: curl does not follow a redirect unless it is told to. What it saves is the empty
or tiny body of the answer that says where the file is, and it succeeds. GitHub sends every
release file, archive and raw file from another host, so such a line has never fetched what it
names.

Which alternative: `-L` follows wherever the server points to. `-L --proto-redir =https` follows
only to https, so that nobody can send the build to an unprotected address. Where the target is a
plain function of the address (an archive or a raw file of GitHub), naming it saves the detour.

Why the fixes are unsafe: the file that is written changes from the redirect's body to what was
asked for, and that is the purpose.

The hosts and paths that are known to redirect are listed in `recipes/hosts.py` with their sources.
For other addresses nothing is reported: most serve the file directly.

When to ignore: where the redirect itself is read, to learn the newest version for instance. (With
`-I` or `-w` curl does that, and nothing is reported.)

Evidence: rare, and always a step that has never fetched what it names: 4 in 16,073 public
Dockerfiles. Looked at: ktlint and terraform-docs from GitHub's release links, made executable or
moved to /usr/local/bin; HTSeq from the old package host of PyPI, which sends everybody to another
one; a yum repository file by http from github.com, which answers with a redirect to https. The
fifth was a no-op: a step that reads the version out of the redirect of a `latest` link is left
alone.
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
from codi_hook.recipes.hosts import direct, redirects
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import flags, has_flag, operands

_FOLLOWS = ("-L", "--location", "--location-trusted")
_ANSWER = ("-I", "--head", "-i", "--include", "-w", "--write-out", "-D", "--dump-header", "-v")


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("curl"):
        if has_flag(command, *_FOLLOWS, *_ANSWER):
            continue
        found = next((word for word in _addresses(command) if redirects(word.text)), None)
        if found is not None and "substitution" not in command.context:
            yield Finding(command.word.span, (command, found))


def _addresses(command: Command) -> list[Word]:
    given = [one.value_word for one in flags(command) if one.name == "--url" and one.value_word]
    return [*given, *operands(command)]


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command
    word: Word
    command, word = finding.subject
    address = word.text.strip("\"'")
    never = Reason("redirects", f"the server answers {address} with a redirect")
    yield Candidate(
        "add-location",
        "Let curl follow the redirect (-L)",
        (insert_option(command, command.word, "-L"),),
        Applicability.UNSAFE,
        (never, Reason("follows", "curl then fetches the file from where the server points to")),
    )
    if not has_flag(command, "--proto-redir") and not is_json(command):
        yield Candidate(
            "follow-https",
            "Let curl follow the redirect, to https only (-L --proto-redir =https)",
            (insert_option(command, command.word, "-L --proto-redir =https"),),
            Applicability.UNSAFE,
            (never, Reason("https-only", "a redirect to an unprotected address is refused")),
        )
    target = direct(address)
    if target is not None and address in word.text:
        yield Candidate(
            "name-target",
            f"Fetch from {target.split('/')[2]} directly",
            (Edit(word.span, word.text.replace(address, target)),),
            Applicability.UNSAFE,
            (never, Reason("no-detour", f"the file itself is at {target}")),
        )


RULE = Rule(
    "CODI202",
    "curl-redirect",
    Severity.WARNING,
    "Let curl follow redirects where the server redirects (-L)",
    check,
    candidates,
    triggers=("curl",),
    local=True,
    templates=(
        "add-location: unsafe",
        "follow-https: unsafe",
        "name-target: unsafe",
    ),
)
