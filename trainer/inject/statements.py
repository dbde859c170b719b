"""Commands taken out of a chain: the inverse of templates that clean up or set an option."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from codi_hook.model import Document, Edit
from codi_hook.recipes.scripts import editable
from codi_hook.shell.ast import Script, Statement
from codi_hook.source import Span
from trainer.inject.injection import Edits, Injection, injection


def dropped(script: Script, at: int) -> Edit | None:
    """The script without its statement number `at`, with the operator that joins it."""
    statements = script.statements
    if len(statements) < 2:
        return None
    if at:
        return Edit(Span(statements[at - 1].span.end, statements[at].span.end), "")
    return Edit(Span(statements[0].span.start, statements[1].span.start), "")


def _matching(document: Document, fits: Callable[[str], bool]) -> Iterator[Edits]:
    """Every simple statement whose text fits, and all of a script's together where there are
    several."""
    for script in document.scripts():
        if not editable(script):
            continue
        text = script.instruction.source.text
        found = [
            at
            for at, one in enumerate(script.statements)
            if one.simple and fits(" ".join(text(one.span).split()))
        ]
        for at in found:
            edit = dropped(script, at)
            if edit is not None:
                yield (edit,)
        if len(found) == 2 and 0 < found[0] == found[1] - 1:
            one, other = (dropped(script, at) for at in found)
            if one is not None and other is not None:
                yield one, other


def _statement(name: str, codes: str, needs: str, *beginnings: str) -> Injection:
    def make(document: Document) -> Iterator[Edits]:
        return _matching(document, lambda text: text.startswith(beginnings))

    return injection(name, codes, needs)(make)


def _rm(name: str, codes: str, needs: str, *places: str) -> Injection:
    def fits(text: str) -> bool:
        return text.startswith(("rm ", "find ")) and any(place in text for place in places)

    def make(document: Document) -> Iterator[Edits]:
        return _matching(document, fits)

    return injection(name, codes, needs)(make)


apt_lists = _rm("apt-lists-left", "DL3009 CODI014", "rm", "/var/lib/apt")
apk_cache = _rm("apk-cache-left", "DL3019 CODI005", "rm", "/var/cache/apk")
rpm_removed = _rm(
    "rpm-cache-left",
    "DL3032 DL3040 DL3036",
    "rm",
    "/var/cache/yum",
    "/var/cache/dnf",
    "/var/cache/zypp",
)
rpm_clean = _statement(
    "rpm-not-cleaned",
    "DL3032 DL3040 DL3036",
    "yum dnf microdnf zypper",
    "yum clean",
    "yum -y clean",
    "dnf clean",
    "dnf -y clean",
    "microdnf clean",
    "zypper clean",
    "zypper cc",
)
temporary = _rm("temporary-left", "CODI205", "rm", "/tmp", "/var/tmp", "mktemp", "$tmp", "TMP")
sources_left = _rm("sources-left", "CODI206 CODI214 CODI019", "rm", "")
caches_left = _rm(
    "cache-left", "CODI005 DL3042 DL3060 CODI209", "rm", "cache", ".npm", ".gem", ".cargo", ".m2"
)
signatures_left = _rm("signature-left", "CODI211", "rm", ".asc", ".sig", "GNUPGHOME")
git_left = _rm("history-left", "CODI220", "rm", ".git")
language_clean = _statement(
    "cache-not-cleaned",
    "DL3060 CODI005 CODI204 DL3042",
    "yarn npm pip pip3 conda composer gem bun",
    "yarn cache clean",
    "npm cache clean",
    "npm cache rm",
    "pip cache purge",
    "pip3 cache purge",
    "conda clean",
    "composer clear-cache",
    "composer clearcache",
    "gem sources -c",
    "mamba clean",
    "micromamba clean",
    "uv cache clean",
    "bun pm cache rm",
)
pipefail = _statement(
    "pipefail-unset",
    "DL4006",
    "set",
    "set -o pipefail",
    "set -eo pipefail",
    "set -euo pipefail",
    "set -exo pipefail",
    "set -euxo pipefail",
    "set -eux -o pipefail",
)
errexit = _statement(
    "errexit-unset",
    "CODI221 CODI030",
    "set",
    "set -e",
    "set -ex",
    "set -eux",
    "set -xe",
    "set -eu",
)
update = _statement(
    "update-missing",
    "CODI016",
    "apt-get apk",
    "apt-get update",
    "apt-get -y update",
    "apt-get -qq update",
    "apt-get update -qq",
    "apt-get update -y",
    "apk update",
)
upgrade_agents = _statement("agents-left", "CODI222", "gpgconf", "gpgconf --kill")
purge = _statement(
    "build-tools-left",
    "CODI024",
    "apt-get apk",
    "apt-get purge",
    "apt-get remove",
    "apt-get autoremove",
    "apk del",
)


@injection("update-apart", "CODI014 DL3009 DL3059", "apt-get apk", 0.2)
def update_apart(document: Document) -> Iterator[Edits]:
    """The update of a chain in a RUN of its own."""
    yield from _cut(
        document,
        lambda one: (
            "update" in one.commands[0].args[0].text
            if one.commands and one.commands[0].name in ("apt-get", "apk") and one.commands[0].args
            else False
        ),
    )


@injection("chain-cut", "DL3059", "RUN", 0.1)
def chain_cut(document: Document) -> Iterator[Edits]:
    """A chain in two RUNs."""
    yield from _cut(document, lambda one: one.simple)


def _cut(document: Document, before: Callable[[Statement], bool]) -> Iterator[Edits]:
    """A RUN cut in two behind every statement that fits, the flags kept for both."""
    for script in document.scripts():
        item = script.instruction
        if not editable(script) or item.heredocs:
            continue
        head = item.source.text(Span(item.span.start, item.body_span.start))
        statements = script.statements
        for one, other in itertools.pairwise(statements):
            if one.operator == "&&" and before(one):
                text = item.source.newline + head
                yield (Edit(Span(one.span.end, other.span.start), text),)


@injection("installs-parted", "CODI215", "apt-get apk yum dnf pip npm", 0.2)
def installs_parted(document: Document) -> Iterator[Edits]:
    """One list of packages as two installs: the last package on its own."""
    for call in document.calls():
        if call.action != "install" or len(call.packages) < 4 or call.requirements:
            continue
        command = call.command
        last, previous = call.packages[-1], call.packages[-2]
        if last.span.end != command.span.end or previous.span.end > last.span.start:
            continue
        words = [word for word in command.words if word not in call.packages]
        if any(word.span.start > call.packages[0].span.start for word in words):
            continue
        again = " ".join(word.text for word in words)
        yield (Edit(Span(previous.span.end, last.span.start), f" && {again} "),)
