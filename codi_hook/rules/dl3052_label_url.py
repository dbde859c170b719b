"""A label that should be a URL is none.

Why it matters: registries and dashboards turn `org.opencontainers.image.url`, `…source` and
their like into links. Without a scheme, or with a blank in it, the link leads nowhere.

Which alternative: a host name gets the scheme; git's short form `git@host:path` becomes the
address that a browser understands; what may not stand in a URL is percent-encoded; and what
differs from build to build comes from a build argument.

Why the fixes are unsafe: nothing in the container changes, but only a person knows whether the
address exists. A value with a variable is not judged.

When to ignore: for an address of a kind that has no URL. Better leave such a label out of the
schema, or make it `text`.

Evidence: the rule asks only for labels that the project's schema names as `url`. In 400
public Dockerfiles with labels three such values were no URL; hadolint's other 41 were variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.label_kinds import is_url
from codi_hook.recipes.labels import by_hand, from_argument, misfits, rewritten

_host = pattern(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?(?:[/?#]|\Z)").match
_git = pattern(r"(?:ssh://)?git@([\w.-]+)[:/]([\w./~-]+?)(?:\.git)?\Z").match


def check(document: Document) -> Iterator[Finding]:
    yield from misfits(document, "url", is_url, "a URL")


def candidates(finding: Finding) -> Iterator[Candidate]:
    value = finding.subject.value.strip()
    git = _git(value)
    if git:
        yield _written(finding, "browser-url", f"https://{git[1]}/{git[2]}", "git-form")
    elif _host(value):
        address = re.sub(r"\A/*", "", value)
        for scheme in ("https", "http"):
            yield _written(finding, f"add-{scheme}", f"{scheme}://{address}", "no-scheme")
    elif is_url(_encoded(value)):
        yield _written(finding, "encode", _encoded(value), "characters")
    yield from_argument(finding, "url")
    yield by_hand(finding, "a whole URL, from https:// on")


_WHY = {
    "git-form": "a browser understands https, and not the short form of git",
    "no-scheme": "without a scheme it is a relative address, and no link",
    "characters": "blanks and some other characters cannot stand in a URL as they are",
}


def _written(finding: Finding, template: str, url: str, why: str) -> Candidate:
    reasons = (
        Reason(why, _WHY[why]),
        Reason("not-tried", "nobody has looked whether the address exists"),
    )
    return rewritten(finding, template, f"Write {url}", url, reasons)


def _encoded(text: str) -> str:
    bad = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~:/?#@!$&'()*+,;=%-]")
    return bad.sub(
        lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), text
    )


RULE = Rule(
    "DL3052",
    "label-url",
    Severity.WARNING,
    "A label is not a URL",
    check,
    candidates,
    triggers=("LABEL",),
    local=True,
    templates=(
        "add-https: unsafe",
        "add-http: unsafe",
        "build-argument: unsafe",
        "write-it: display",
        "browser-url: unsafe",
        "encode: unsafe",
    ),
)
