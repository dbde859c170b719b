"""Python's output is kept in a buffer.

Why it matters: where stdout is no terminal, as in a container, Python collects what a program
prints until some kilobytes are there. `docker logs` lags behind, and what was printed last is lost
when the program is killed, which is when it is wanted. The severity is `info`: the program works.

Which alternative: `PYTHONUNBUFFERED=1` in ENV holds for every Python that the container starts,
also for those that a user starts; `-u` says it for this one command.

Why the fixes are unsafe: each print is a system call then, which slows a program down that prints
very much.

When to ignore: where the program flushes by itself, or writes its log to stderr, as the logging
module and the usual web servers do. Only an image whose main process is `python FILE` or
`python -m MODULE` is looked at, and no module that is known to log to stderr.

Evidence: in 22.4 of 1,000 public Dockerfiles (362 of 16,167). Five looked at: a test environment's
web server, a server of domain statistics on Alpine, an agent between MQTT and a remote control, a
script run.py, and a server of tornado. All lack the setting. Whether a log is held back depends on
how the program writes it, which the file does not tell: the rule is off by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
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
from codi_hook.recipes.facts import final_stage
from codi_hook.recipes.installs import PYTHON, insert_option
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.starts import in_effect, last_command, mentions, own
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import flags
from codi_hook.source import Span

_NAMES = frozenset((*PYTHON, "pypy", "pypy3"))
# Modules that are services with a log on stderr, or that end at once.
_OTHER_MODULES = frozenset((
    "gunicorn", "uvicorn", "hypercorn", "waitress", "celery", "flask", "pytest", "unittest",
    "http.server", "SimpleHTTPServer", "jupyter", "notebook", "jupyterlab", "pip", "venv",
))  # fmt: skip


def check(document: Document) -> Iterator[Finding]:
    stage = final_stage(document)
    if stage is None:
        return
    for keyword in ("ENTRYPOINT", "CMD"):
        item = in_effect(stage, keyword)
        command = last_command(document, item)
        if item is None or command is None or command.name not in _NAMES:
            continue
        if _prints(command) and not mentions(document, "PYTHONUNBUFFERED"):
            yield Finding(command.word.span, (stage, item, command))


def _prints(command: Command) -> bool:
    """True where a file or a module is started, buffered, that is a program of the user's."""
    if not command.args or any(
        one.name in ("-u", "-c", "-V", "--version") for one in flags(command)
    ):
        return False
    module = next((one.value for one in flags(command) if one.name == "-m"), None)
    if module is not None:
        return module not in _OTHER_MODULES
    words = [word.value or word.text for word in command.args]
    script = next((word for word in words if not word.startswith("-")), "")
    return script.endswith(".py") and not script.endswith(("manage.py", "setup.py"))


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage
    item: Instruction
    stage, item, command = finding.subject
    near = own(stage, item.keyword) or stage.instructions[-1]
    shown = Reason("at-once", "each line is in docker logs when it is printed")
    last = next((one for one in reversed(stage.instructions) if _is_python(one)), None)
    if last is not None:
        end = last.pairs[-1].span.end
        edit = Edit(Span(end, end), " PYTHONUNBUFFERED=1")
    else:
        edit = insert_before(near, f"{cased(near, 'ENV')} PYTHONUNBUFFERED=1")
    yield Candidate(
        "set-unbuffered",
        "Set PYTHONUNBUFFERED=1",
        (edit,),
        Applicability.UNSAFE,
        (
            shown,
            Reason("every-python", "it holds for every Python that the container starts"),
            Reason("more-calls", "a program that prints very much gets slower"),
        ),
    )
    yield Candidate(
        "option-u",
        f"Start {command.name} with -u",
        (insert_option(command, command.word, "-u"),),
        Applicability.UNSAFE,
        (
            shown,
            Reason("this-command", "nothing but this command changes, and the option shows why"),
        ),
    )


def _is_python(item: Instruction) -> bool:
    """An ENV that sets up Python already, in the form with an equals sign."""
    return item.keyword == "ENV" and any(
        pair.key.value.startswith("PYTHON") and pair.separator == "=" for pair in item.pairs
    )


RULE = Rule(
    "CODI032",
    "python-buffers-output",
    Severity.INFO,
    "Let Python write its output at once",
    check,
    candidates,
    triggers=("CMD", "ENTRYPOINT"),
    reads=("RUN",),
    default=False,
    templates=(
        "set-unbuffered: unsafe",
        "option-u: unsafe",
    ),
)
