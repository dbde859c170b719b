"""The only place that puts the stages together: read, parse, lint, verify, rank, fix, report.

Without a model each file is independent, so files are shared out among processes. With one,
candidates are still verified in those processes; only the ranking is done here, where the one
model is. Findings do not cross processes, they are found again here: that is cheap and gives
the same, and what crosses is small.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from codi_hook import assist, registry, shellchecks
from codi_hook.checks import EXPERIMENTAL, asked_for
from codi_hook.config.selection import choose, severities
from codi_hook.config.settings import Selection, Settings
from codi_hook.discovery import discover
from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass
from codi_hook.lint import lint
from codi_hook.model import Candidate, Finding, Ranked, Rejected, Severity, Verified
from codi_hook.overtime import SECONDS, Overtime, limited, paused
from codi_hook.project import Context, Project
from codi_hook.ranking.plain import Plain
from codi_hook.reading import STDIN, Content, read, read_stdin
from codi_hook.reporting.report import FileReport, RunReport, finding_report, plain_report
from codi_hook.shell import Document, parse
from codi_hook.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codi_hook.baseline import Baseline
    from codi_hook.fixes.select import Selection as Selected
    from codi_hook.shellchecks import ShellChecks

PARALLEL_FROM = 16  # files; below that starting processes costs more than it gains
SHARED_SCRIPTS = 1_000  # files whose scripts ShellCheck is asked about together
Options = tuple[tuple[Candidate, ...], tuple[Rejected, ...]]  # of one finding


def run(paths: Sequence[str], settings: Settings) -> RunReport:
    """Check, and where asked fix, every Dockerfile in `paths`.

    Raises:
        CodiError: nothing can be checked at all, such as for an unknown rule in --select.
    """
    checker = Checker(settings)
    files, problems = discover(
        paths, settings.changed_since or settings.changed_lines, settings.exclude
    )
    jobs = _jobs(settings, len(files))
    checker.shell = shellchecks.start(settings, jobs)
    notes = checker.shell.notes if checker.shell else shellchecks.missed(settings)
    if not (files and assist.needed(settings)):
        if files and (settings.candidates or checker.changes):
            checker.plain.table()  # once, before there are other processes
        reports = _reports(_plain, checker, files, jobs)
        run, notes = record(settings, jobs), [*notes, *checker.plain.notices]
        return RunReport(tuple(reports), tuple(problems), run, notes=tuple(notes))
    with assist.Assist(settings) as helper:
        checker.rank = helper.rank
        reports = _reports(_with_model, checker, files, jobs)
        run = {**record(settings, jobs), **helper.record()}
        used, notes = helper.used_model, [*notes, *helper.notes]
        return RunReport(tuple(reports), tuple(problems), run, used, tuple(notes))


def _reports(
    way: Callable[[Checker, list[str], int], list[FileReport]],
    checker: Checker,
    files: list[str],
    jobs: int,
) -> list[FileReport]:
    """The report on every file. ShellCheck is asked about many files at once, but not about so
    many that their scripts would fill the memory."""
    if checker.shell is None or len(files) < 2:
        return way(checker, files, jobs)
    reports: list[FileReport] = []
    for first in range(0, len(files), SHARED_SCRIPTS):
        part = files[first : first + SHARED_SCRIPTS]
        checker.shell.forget()
        for collect in (checker.scripts, checker.changed_scripts):
            found = _each(collect, part, jobs, lambda _path, _status: [])
            checker.shell.fill(script for scripts in found for script in scripts)
        reports += way(checker, part, jobs)
    return reports


def _plain(checker: Checker, files: list[str], jobs: int) -> list[FileReport]:
    return _each(checker.check, files, jobs, _crashed)


def _with_model(checker: Checker, files: list[str], jobs: int) -> list[FileReport]:
    if jobs < 2 or not checker.settings.candidates or checker.changes:
        return [checker.check(path) for path in files]
    prepared = _each(checker.prepare, files, jobs, lambda path, _: Prepared(path))
    return [checker.check(item.path, item) for item in prepared]


@dataclass(frozen=True)
class Prepared:
    """A file's verified candidates, by finding, and the content that they were made for."""

    path: str
    content: Content | None = None
    options: tuple[Options, ...] = ()


class Checker:
    """Checks one file after the other under one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.all_rules = registry.rules()
        overrides = dict(settings.severity)
        self.rules = choose(self.all_rules, settings.selections, overrides, settings.profile)
        # What is off by default is a matter of taste, and some tastes exclude each other: it
        # turns a candidate down only where it was asked for.
        self.vetoing = tuple(r for r in self.all_rules if r.default or r in self.rules)
        # BuildKit's experimental checks run where a file asks for them and nobody ignores them.
        wished = (Selection(extend_select=EXPERIMENTAL), *settings.selections)
        possible = choose(self.all_rules, wished, overrides, settings.profile)
        self.experimental = tuple(rule for rule in possible if rule not in self.rules)
        self.severities: Mapping[str, Severity] = severities(self.all_rules, overrides)
        self.plain = Plain(settings.ranker)
        self.rank: Callable[[Document, Sequence[Verified]], Sequence[Ranked]] = self.plain.rank
        self.changes = settings.fix or settings.diff
        self.shell: ShellChecks | None = None
        self.baseline: Baseline | None = None
        if settings.baseline and not settings.write_baseline:
            from codi_hook.baseline import load

            self.baseline = load(settings.baseline)

    def check(self, path: str, prepared: Prepared | None = None) -> FileReport:
        """The report on one file. Never raises; what goes wrong is in the report."""
        try:
            content = (prepared and prepared.content) or _read(path)
            options = prepared.options if prepared and prepared.content else None
            with limited(len(content.data)):
                return self._check(content, options)
        except CodiError as error:
            return FileReport(path, error=error)
        except Overtime:
            return FileReport(path, error=_overtime(path))
        except Exception as error:
            return FileReport(path, error=_internal(path, error))

    def prepare(self, path: str) -> Prepared:
        """The part of `check` that needs no model."""
        try:
            content = _read(path)
            with limited(len(content.data)):
                document = self._parse(content.data, path)
                verified = self._verify(document, self._lint(document))
        except (Exception, Overtime):  # it will happen again, and be reported, where the model is
            return Prepared(path)
        options = tuple((item.candidates, item.rejected) for item in verified)
        return Prepared(path, content, options)

    def scripts(self, path: str) -> list[str]:
        """The scripts of a file, for ShellCheck; nothing where the file cannot be checked, which
        `check` will report."""
        return self._collected(path, lambda shell, document: shell.sources(document))

    def changed_scripts(self, path: str) -> list[str]:
        """The scripts that candidates for ShellCheck's findings would make."""
        if not self.settings.candidates and not self.changes:
            return []
        return self._collected(
            path, lambda shell, document: shell.changed(list(shell.findings(document)))
        )

    def _collected(
        self, path: str, scripts: Callable[[ShellChecks, Document], list[str]]
    ) -> list[str]:
        if self.shell is None or path == STDIN:  # which can be read once
            return []
        try:
            content = _read(path)
            with limited(len(content.data)):
                document = self._parse(content.data, path)
                return [] if document.problems else scripts(self.shell, document)
        except (Exception, Overtime):
            return []

    def _check(self, content: Content, options: tuple[Options, ...] | None) -> FileReport:
        path = content.path
        document = self._parse(content.data, path)
        if self.changes and not document.problems:
            return self._changed(content, document)
        if not self.settings.candidates:
            findings = tuple(plain_report(document.source, item) for item in self._lint(document))
            return self._report(document, path=path, findings=findings)
        return self._reported(document, options, path=path)

    def _changed(self, content: Content, document: Document) -> FileReport:
        settings, path = self.settings, content.path
        selection = self._selected(document)
        fixed = tuple((finding.code, candidate.id) for finding, candidate in selection.applied)
        before = content.data
        if settings.diff:
            return FileReport(path, selection.data, before, fixed=fixed)
        if selection.data == before:
            return self._reported(document, path=path, before=before)
        if path != STDIN:
            from codi_hook.fixes.write import write

            try:
                with paused():
                    write(content, selection.data)
            except CodiError as error:
                return self._reported(document, path=path, before=before, error=error)
        document = self._parse(selection.data, path)
        return self._reported(document, path=path, before=before, fixed=fixed)

    def _selected(self, document: Document) -> Selected:
        """What fixing does. It is begun anew where it has brought something to light that
        ShellCheck reports of a RUN only when nothing else is left to say."""
        from codi_hook.fixes.select import fix

        vetoing = self.vetoing + asked_for(document, self.experimental)
        allowed, shell = self.settings.allowed, self.shell
        if shell is None:
            return fix(document, self._resolve, allowed, vetoing)
        shell.cover()
        selection = fix(document, self._resolve, allowed, vetoing, shell.counts)
        while shell.uncovered(document, self._parse(selection.data, document.source.path)):
            selection = fix(document, self._resolve, allowed, vetoing, shell.counts)
        shell.cover()
        return selection

    def _parse(self, data: bytes, path: str) -> Document:
        settings = self.settings
        context = Context(settings.context or os.path.dirname(path) or ".", path)
        project = Project(
            settings.trusted_registries,
            settings.label_schema,
            settings.strict_labels,
            None if path == STDIN else context,
        )
        return parse(Source(data, path), project)

    def _lint(self, document: Document) -> tuple[Finding, ...]:
        ignores = self.settings.inline_ignores
        rules = self.rules + asked_for(document, self.experimental)
        more = self.shell.findings(document) if self.shell else ()
        found = lint(document, rules, ignores=ignores, severities=self.severities, more=more)
        return self._narrowed(document, found)

    def _narrowed(self, document: Document, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Without what the baseline accepts, and what lies on lines that nobody changed."""
        path = document.source.path
        if self.baseline is not None and findings:
            findings = self.baseline.fresh(path, findings)
        if self.settings.changed_lines and findings:
            from codi_hook.changed_lines import on_changed_lines

            data = document.source.data
            findings = on_changed_lines(path, self.settings.changed_lines, data, findings)
        return findings

    def _verify(self, document: Document, findings: Sequence[Finding]) -> Sequence[Verified]:
        from codi_hook.fixes.verify import verify

        vetoing = self.vetoing + asked_for(document, self.experimental)
        if self.shell is None:
            return verify(document, findings, vetoing)
        self.shell.fill(self.shell.changed(findings))
        return verify(document, findings, vetoing, self.shell.recheck)

    def _resolve(
        self, document: Document, options: tuple[Options, ...] | None = None
    ) -> Sequence[Ranked]:
        findings = self._lint(document)
        if options is None:
            verified = self._verify(document, findings)
        else:
            verified = [
                Verified(finding, candidates, rejected)
                for finding, (candidates, rejected) in zip(findings, options, strict=True)
            ]
        with paused():
            return self.rank(document, verified)

    def _reported(
        self, document: Document, options: tuple[Options, ...] | None = None, **fields: Any
    ) -> FileReport:
        ranked = self._resolve(document, options)
        findings = tuple(finding_report(document.source, item) for item in ranked)
        return self._report(document, findings=findings, **fields)

    def _report(self, document: Document, **fields: Any) -> FileReport:
        from codi_hook.recipes.facts import stack

        broken = bool(document.problems)
        return FileReport(
            data=document.source.data,
            stack="unknown" if broken else stack(document),
            parse_error=broken,
            **fields,
        )


def _read(path: str) -> Content:
    return read_stdin() if path == STDIN else read(path)


def _each(
    function: Callable[[str], Any], paths: list[str], jobs: int, crashed: Callable[[str, int], Any]
) -> list[Any]:
    if jobs < 2:
        return [function(path) for path in paths]
    from codi_hook.forked import forked_map

    return forked_map(function, paths, jobs, crashed)


def _jobs(settings: Settings, count: int) -> int:
    if not hasattr(os, "fork"):
        return 1
    if settings.jobs:
        return min(settings.jobs, count)
    if count < PARALLEL_FROM:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    return min(len(affinity(0)) if affinity else os.cpu_count() or 1, count)


def record(settings: Settings, jobs: int) -> dict[str, Any]:
    """The run's fields of report and audit record; those of the model are added to them."""
    if settings.output_format == "text" and not settings.audit_file and not assist.needed(settings):
        return {}  # nobody will see it
    from codi_hook.version import version

    machine = os.uname() if hasattr(os, "uname") else None
    return {
        "tool": "codi-hook",
        "version": version(),
        "ranker": settings.ranker,
        "environment": {
            "python": ".".join(map(str, sys.version_info[:3])),
            "system": machine.sysname if machine else sys.platform,
            "machine": machine.machine if machine else "",
            "cpus": os.cpu_count(),
            "jobs": jobs,
        },
    }


def _crashed(path: str, status: int) -> FileReport:
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "an early exit"
    hint = "please report it with the file; the other files were checked"
    return FileReport(path, error=CodiError(f"checking it ended with {how}", hint, path))


def _overtime(path: str) -> CodiError:
    message = f"took more than {SECONDS:.0f} s of processor time and was given up"
    return CodiError(message, "exclude it, or split it up", path)


def _internal(path: str, error: Exception) -> CodiError:
    if os.environ.get("CODI_DEBUG"):
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    what = f"internal error: {type(error).__name__}: {error}".split("\n")[0][:300]
    return CodiError(what, "please report it with the file; CODI_DEBUG=1 shows more", path)
