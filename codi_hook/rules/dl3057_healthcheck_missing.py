"""HEALTHCHECK is missing.

Why it matters: without one Docker and Swarm take a container for healthy as long as its process
lives, also when it no longer answers. An image is the place where somebody knows how to ask.

Which alternative: the server of a well-known image brings the program that asks it. Where the
file exposes a port on which HTTP is usual and has curl or wget, that one can ask. `HEALTHCHECK
NONE` says that the question is answered elsewhere, and switches off what the base image has.

Why the fixes are unsafe: a check that fails marks a container as unhealthy, and an orchestrator
may replace it. Only who knows the program can say what it answers.

A check counts for the stage that has it, for those that it is built on, and for those built on it.

When to ignore: Kubernetes does not look at it and has probes of its own; programs that do their
work and end have nothing to ask. The rule is off unless it is selected.

Evidence: 990 of 1,000 public Dockerfiles have no HEALTHCHECK.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import ALPINE, family
from codi_hook.recipes.instructions import cased, exec_form, insert_after, insert_before
from codi_hook.recipes.users import base_image, is_windows

# What asks the server, by official image. Source: the documentation of the servers.
_ASKS = {
    "mariadb": "healthcheck.sh --connect --innodb_initialized",
    "mysql": "mysqladmin ping --silent",
    "postgres": "pg_isready",
    "rabbitmq": "rabbitmq-diagnostics -q ping",
    "redis": "redis-cli ping",
}
_HTTP = frozenset({"80", "3000", "4200", "5000", "8000", "8080", "8081", "8888", "9090"})
_port = pattern(r"(\d+)(?:/tcp)?\Z").match


def check(document: Document) -> Iterator[Finding]:
    checked: set[int] = set()
    for stage in document.stages:
        inherits = stage.parent is not None and stage.parent.index in checked
        if inherits or any(stage.of("HEALTHCHECK")):
            checked.update(part.index for part in stage.lineage())
    for stage in document.stages:
        if stage.index not in checked:
            yield Finding(stage.instruction.span, stage)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    document = finding.document
    image = base_image(stage)
    asks = _ASKS.get(image)
    if asks:
        reasons: tuple[Reason, ...] = (
            Reason("brought", f"{image} brings {asks.partition(' ')[0]} along for this"),
            Reason("replaced", "who restarts unhealthy containers now restarts this one too"),
        )
        command = f"CMD {exec_form(asks.split())}"
        yield _added(stage, command, "image-check", f"Ask the server with {asks}", reasons)
    port = _exposed(stage)
    tool = _tool(document, stage) if port and not asks and not is_windows(document, stage) else None
    if tool:
        program = tool.partition(" ")[0]
        reasons = (
            Reason("exposed", f"the file exposes {port}, on which HTTP is usual"),
            Reason("has-it", f"{program} is in the image already"),
            Reason("replaced", "who restarts unhealthy containers now restarts this one too"),
        )
        command = f"CMD {exec_form([*tool.split(), f'http://localhost:{port}'])}"
        yield _added(stage, command, "http-check", f"Ask port {port} with {program}", reasons)
    reasons = (
        Reason("elsewhere", "it says that something else watches the container"),
        Reason("switches-off", "a check that the base image brings no longer runs"),
    )
    yield _added(stage, "NONE", "no-check", "Say that there is none: HEALTHCHECK NONE", reasons)
    yield Candidate(
        "write-it",
        "Write HEALTHCHECK CMD with a question that the program answers",
        (),
        Applicability.DISPLAY,
        (
            Reason("own-answer", "only who knows the program can say when it is well"),
            Reason("small", "the question has to be cheap, because it is asked again and again"),
        ),
    )


def _exposed(stage: Stage) -> str | None:
    """The one port that the stages expose, where HTTP is usual on it."""
    items = [item for part in stage.lineage() for item in part.of("EXPOSE")]
    ports = {match[1] for item in items for text in item.values if (match := _port(text))}
    return ports.pop() if len(ports) == 1 and ports <= _HTTP else None


def _tool(document: Document, stage: Stage) -> str | None:
    """The program in the stage that can ask, with its options: curl that the file installs, or
    the wget of Alpine's BusyBox."""
    runs = {item for part in stage.lineage() for item in part.of("RUN")}
    for found in document.calls():
        here = found.action == "install" and found.command.instruction in runs
        if here and any(word.text.split("=")[0] == "curl" for word in found.packages):
            return "curl -sS -o /dev/null"
    return "wget -q -O /dev/null" if family(document, stage) == ALPINE else None


def _added(
    stage: Stage, text: str, template: str, title: str, reasons: tuple[Reason, ...]
) -> Candidate:
    near = stage.instructions[-1]
    keyword, _blank, rest = text.partition(" ")
    line = f"{cased(near, 'HEALTHCHECK')} {cased(near, keyword)} {rest}".rstrip()
    first = next(stage.of("CMD", "ENTRYPOINT"), None)
    edit = insert_before(first, line) if first else insert_after(near, line)
    return Candidate(template, title, (edit,), Applicability.UNSAFE, reasons)


RULE = Rule(
    "DL3057",
    "healthcheck-missing",
    Severity.INFO,
    "HEALTHCHECK is missing",
    check,
    candidates,
    triggers=("FROM",),
    reads=("HEALTHCHECK",),
    default=False,
    hadolint=False,
    templates=(
        "image-check: unsafe",
        "no-check: unsafe",
        "write-it: display",
        "http-check: unsafe",
    ),
)
