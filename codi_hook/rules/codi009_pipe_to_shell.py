"""A download is piped into a shell.

Why it matters: whoever controls the address, or the way to it, runs commands in the build. The
shell also starts with the first line that arrives: where the connection breaks off, half of a
script has run, and the pipe reports success where the shell lacks pipefail.

Which alternative: a release from the distribution, or copied from the project's own image, has
been signed or can be pinned to a digest. Where the script is the only way, download it to a file
first: a failed download then stops the build, and its checksum can be compared before it runs.

Why the fix is unsafe: a script that is run as a file sees another `$0` and has its standard input
back, so one that asks questions, or that reads itself, behaves differently.

When to ignore: where the script is your own and served by your own hosts.

Evidence: in 889 of 15,464 public Dockerfiles (57 of 1,000; 7 of 1,000 of the curated ones), not
counting 609 nearly equal files of one generator. Looked at: nodesource's setup script piped into
bash on a Swift image (right; node can be copied from a node image); composer's installer piped
into php with --install-dir (right; COPY --from=composer); get-pip.py fetched with
--no-check-certificate and piped into python (right, twice over); rustup run by sh as another user
(right); oh-my-zsh as the value of sh -c (right, advice alone). A python3 -c that reads JSON from
curl is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.fetching import FETCHERS, download, host, plain_file_name
from codi_hook.recipes.installers import instead_of
from codi_hook.recipes.piped import Piped, piped, to_a_file
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    seen: set[Span] = set()
    for command in document.commands(*FETCHERS):
        script = document.script(command.instruction)
        found = piped(script, command) if script else None
        if found is None:
            continue
        if found.span not in seen:
            seen.add(found.span)
            what = f"What {command.name} downloads is run by {found.runner.name} unseen"
            yield Finding(found.span, found, what)


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Piped = finding.subject
    document = finding.document
    fetched = download(found.fetcher)
    if fetched is None:
        return
    script = document.script(found.fetcher.instruction)
    file = f"/tmp/{plain_file_name(fetched.url, 'install.sh')}"
    edits = to_a_file(script, found, fetched, file) if script else ()
    name = found.runner.name
    where = host(fetched.url)
    if edits:
        yield Candidate(
            "download-first",
            f"Download to a file, then run it with {name}",
            edits,
            Applicability.UNSAFE,
            (
                Reason("whole-or-nothing", f"{name} starts only once the whole file has arrived"),
                Reason("failure-noticed", "a download that fails stops the build by itself"),
                Reason("same-trust", f"whoever controls {where} still decides what is run"),
            ),
        )
    known = instead_of(fetched.url)
    if known:
        yield Candidate(
            "use-a-release",
            known,
            (),
            Applicability.DISPLAY,
            (
                Reason("pinned", "a release can be pinned, what the address serves changes"),
                Reason("no-script", f"nothing that {where} serves is then run in the build"),
            ),
        )
    yield Candidate(
        "compare-checksum",
        f"Name a version of the script and compare its checksum before {name} runs it",
        (),
        Applicability.DISPLAY,
        (
            Reason("exact", "a script with another content then stops the build"),
            Reason("not-known", f"the checksum of what {where} serves is not in this file"),
        ),
    )


RULE = Rule(
    "CODI009",
    "pipe-to-shell",
    Severity.WARNING,
    "A download is piped into a shell",
    check,
    candidates,
    triggers=FETCHERS,
    local=True,
    security=True,
    templates=(
        "download-first: unsafe",
        "use-a-release: display",
        "compare-checksum: display",
    ),
)
