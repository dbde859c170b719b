"""An image comes from a registry that the project does not trust.

Why it matters: whoever can push to the registry decides what runs in your build and in your
containers. A list of trusted registries (`trusted-registries` in the configuration) keeps a
mistyped host, or an image that somebody found on the way, out of the supply chain.

Which alternative: the same image from a registry of the list, where that one mirrors it; or the
registry joins the list, which is a decision for those who keep it.

Why no fix is applied: whether a trusted registry holds the image, and under which path, cannot
be known from the file. The candidates are shown only.

A name without a host is one of Docker Hub (`docker.io`). In the list `*` stands for everything,
`*.example.com` for the hosts below a domain, `example.*` for what begins so; case does not
matter. What FROM gets from an ARG is judged by the default; without one it counts as an image of
Docker Hub, since that is where a bare name leads. Stages and `scratch` come from no registry.

When to ignore: while an image is moved from one registry to another.

Evidence: the rule says nothing without a list, so there is no public frequency.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
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

HUB = "docker.io"
_HUB_TOO = frozenset({HUB, "index.docker.io", "hub.docker.com", "registry.hub.docker.com"})


def check(document: Document) -> Iterator[Finding]:
    trusted = document.project.trusted_registries
    for stage in document.stages if trusted else ():
        if stage.parent is not None or stage.image.text == "scratch":
            continue
        host = registry_of(stage.image.resolved or stage.image.text)
        if not any(_matches(host, entry.strip().lower()) for entry in trusted):
            named = f"the image comes from {host}"
            message = f"{named}, and not from a trusted registry ({', '.join(trusted)})"
            yield Finding(stage.image.span, (stage, host), message)


def registry_of(image: str) -> str:
    """The host that the image is pulled from, in lower case."""
    head, slash, _rest = image.partition("/")
    head = head.lower()
    if slash and "$" not in head and ("." in head or ":" in head or head == "localhost"):
        return HUB if head in _HUB_TOO else head
    return HUB


def _matches(host: str, entry: str) -> bool:
    entry = HUB if entry in _HUB_TOO else entry
    if entry.startswith("*"):
        return host.endswith(entry[1:])
    return host.startswith(entry[:-1]) if entry.endswith("*") else host == entry


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage, host = finding.subject
    for entry in finding.document.project.trusted_registries:
        if "*" not in entry and "/" not in entry and "$" not in stage.image.text:
            yield _moved(stage, host, entry)
            break
    yield Candidate(
        "trust-it",
        f"Add {host} to trusted-registries in the configuration",
        (),
        Applicability.DISPLAY,
        (
            Reason("everywhere", f"every file of the project may then use {host}"),
            Reason("decision", "it is for those who answer for the supply chain to say"),
        ),
    )


def _moved(stage: Stage, host: str, entry: str) -> Candidate:
    text = stage.image.text
    rest = text.partition("/")[2] if text.lower().startswith(host + "/") else text
    image = f"{entry}/{rest}"
    return Candidate(
        "from-trusted",
        f"Take the image from {entry}, if it has it",
        (Edit(stage.image.span, image),),
        Applicability.DISPLAY,
        (
            Reason("trusted", f"{entry} is on the list of trusted registries"),
            Reason("look", f"whether it holds {rest} under this path has to be looked up"),
        ),
    )


RULE = Rule(
    "DL3026",
    "trusted-registry",
    Severity.ERROR,
    "An image comes from a registry that is not trusted",
    check,
    candidates,
    triggers=("FROM",),
    security=True,
)
