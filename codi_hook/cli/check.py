"""`codi-hook check`: run the pipeline, write the report, say how it ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import BinaryIO

from codi_hook import pipeline
from codi_hook.cli.arguments import Arguments
from codi_hook.config.resolve import resolve
from codi_hook.config.settings import Settings
from codi_hook.errors import CodiError
from codi_hook.frozen import replace
from codi_hook.reading import STDIN
from codi_hook.reporting import writer
from codi_hook.reporting.report import RunReport

CLEAN, FINDINGS, FAILED = 0, 1, 2


def check(arguments: Arguments) -> int:
    """Check, report, and give the exit code: 0 clean, 1 findings, 2 something went wrong."""
    settings = resolve(arguments.options, os.environ, config=arguments.config)
    return run(arguments.paths or ["."], settings)


def run(paths: Sequence[str], settings: Settings) -> int:
    """The same with settings that are made already."""
    for note in settings.notes:
        say("note", note)
    if settings.write_baseline:
        return _accept(paths, settings)
    report = pipeline.run(paths, settings)
    out, err = sys.stdout.buffer, sys.stderr.buffer
    if settings.diff:
        _diff(report, out)
    elif settings.fix and STDIN in paths:  # as a filter: the file on one side, the report aside
        for file in report.files:
            if file.path == STDIN:
                out.write(file.data)
        writer(settings.output_format)(report, settings, err, os.environ)
    else:
        writer(settings.output_format)(report, settings, out, os.environ)
    out.flush()
    for note in report.notes:
        say("note", note)
    _audit(report, settings)
    errors = [*report.errors, *(file.error for file in report.files if file.error)]
    complain(errors)
    return exit_code(report, settings, failed=bool(errors))


def _accept(paths: Sequence[str], settings: Settings) -> int:
    """--write-baseline: every finding is accepted, so nothing is left to report."""
    from codi_hook import baseline

    if settings.fix or settings.diff or settings.changed_lines or settings.changed_since:
        raise CodiError("--write-baseline takes all findings as they are", "give it alone")
    report = pipeline.run(paths, replace(settings, candidates=False, llm=False))
    errors = [*report.errors, *(file.error for file in report.files if file.error)]
    if errors:
        complain(errors)
        say("note", "no baseline was written: not every file could be checked")
        return FAILED
    path = settings.baseline or baseline.DEFAULT
    number = baseline.write(path, report.files)
    say("note", f"{path} now holds {number} finding{'s' * (number != 1)}")
    return CLEAN


def exit_code(report: RunReport, settings: Settings, failed: bool) -> int:
    if failed:
        return FAILED
    if settings.exit_zero:
        return CLEAN
    if settings.diff:
        changed = any(file.before not in (None, file.data) for file in report.files)
        return FINDINGS if changed else CLEAN
    limit = settings.fail_on
    failing = limit is not None and any(item.severity >= limit for _, item in report.findings)
    return FINDINGS if failing else CLEAN


def complain(errors: Sequence[CodiError]) -> None:
    for error in errors:
        say("error", str(error))


def say(kind: str, line: str) -> None:
    """One line on standard error, whatever bytes are in it."""
    from codi_hook.reporting.terminal import clean

    sys.stdout.flush()
    sys.stderr.buffer.write(f"{kind}: {clean(line)}\n".encode("utf-8", "replace"))
    sys.stderr.flush()


def _diff(report: RunReport, out: BinaryIO) -> None:
    from codi_hook.reporting.diff import unified

    number = 0
    for file in report.files:
        if file.before is not None:
            out.write(unified(file.before, file.data, file.path))
            number += len(file.fixed)
    if number:
        say("note", f"--fix would resolve {number} finding{'s' * (number != 1)}")


def _audit(report: RunReport, settings: Settings) -> None:
    if settings.audit_file or report.used_model:
        from codi_hook.reporting import audit

        problem = audit.write(report, settings)
        if problem is not None:
            say("note", str(problem))
