"""NODE_ENV is not set where node runs.

Why it matters: express and many other packages run in development mode until NODE_ENV says
production: views are compiled for each request, errors are sent to the client with their stack.
npm and yarn 1 read it as well, and leave development dependencies out where it is set before they
install. The severity is `info`: whether the program reads it is not in this file.

Which alternative: set before the first install, it holds for npm and for the program. Set before
CMD, it holds for the program alone, and a build of the stage that needs development dependencies
goes on as before.

Why the fixes are unsafe: the program runs in another mode, and npm installs less.

When to ignore: in images for development, and where whoever starts the container sets it. The rule
is off by default: CODI004 reports the development dependencies themselves.

Evidence: in 33.2 of 1,000 public Dockerfiles (536 of 16,167). Five looked at: a bot, two servers
started by npm start on node:latest and node:alpine, a stream server in shell form, and app.js on
CentOS. None sets NODE_ENV, and whether the program reads it is not in the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
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
from codi_hook.recipes.dev_packages import NODE, brings_development, is_build_step, is_production
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.nodestart import script_name
from codi_hook.recipes.starts import in_effect, last_command, mentions, own
from codi_hook.shell.managers import call

_RUNS = frozenset({"node", "nodejs"})


def check(document: Document) -> Iterator[Finding]:
    if not is_production(document):
        return
    stage = document.stages[-1]
    item = in_effect(stage, "CMD") or in_effect(stage, "ENTRYPOINT")
    command = last_command(document, item)
    if item is None or command is None:
        return
    runs = command.name in _RUNS or script_name(command) == "start"
    if runs and not mentions(document, "NODE_ENV"):
        yield Finding(command.span, (item, command.name))


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    document = finding.document
    item, name = finding.subject
    stage = document.stages[-1]
    near = own(stage, item.keyword) or stage.instructions[-1]
    mode = Reason("production-mode", f"what {name} starts runs in production mode, if it asks")
    install = _install(document)
    if install is not None:
        yield Candidate(
            "set-before-install",
            "Set NODE_ENV=production before the install",
            (_set(install),),
            Applicability.UNSAFE,
            (
                mode,
                Reason("fewer", "npm and yarn 1 then leave development dependencies out"),
            ),
        )
    yield Candidate(
        "set-before-start",
        f"Set NODE_ENV=production before {item.keyword}",
        (_set(near),),
        Applicability.UNSAFE,
        (
            mode,
            Reason("install-as-before", "the build steps before it run as they did"),
        ),
    )


def _set(item: Instruction) -> Edit:
    """ENV before the instruction."""
    return insert_before(item, f"{cased(item, 'ENV')} NODE_ENV=production")


def _install(document: Document) -> Instruction | None:
    """The first install of the final stage, where no build behind it needs what it leaves out."""
    first: Instruction | None = None
    for item in document.stages[-1].of("RUN"):
        script = document.script(item)
        for command in script.commands if script else ():
            found = call(command)
            if found is not None and found.name in NODE and brings_development(document, found):
                first = first or item
            elif first is not None and is_build_step(command):
                return None
    return first


RULE = Rule(
    "CODI033",
    "node-env-not-set",
    Severity.INFO,
    "Set NODE_ENV=production where node runs",
    check,
    candidates,
    triggers=("CMD", "ENTRYPOINT"),
    reads=("RUN",),
    default=False,
    templates=(
        "set-before-install: unsafe",
        "set-before-start: unsafe",
    ),
)
