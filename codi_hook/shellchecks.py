"""Whether ShellCheck is used in a run, and what it says of each file.

A run that uses none imports none of `codi_hook.shellcheck`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence

from codi_hook import assist
from codi_hook.config.selection import choose, names_family
from codi_hook.config.settings import Settings
from codi_hook.errors import CodiError
from codi_hook.model import Candidate, Finding, Rejection, Severity
from codi_hook.shell import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codi_hook.shellcheck.store import Store

CACHE = "shellcheck.sqlite"
INSTALL = "pip install 'codi-hook[shellcheck]', or --no-shellcheck"


def start(settings: Settings, jobs: int) -> ShellChecks | None:
    """ShellCheck for a run; None where it is switched off, not installed or not asked for.

    Raises:
        CodiError: it was asked for by name, and is not installed.
    """
    if settings.shellcheck is False or not names_family(settings.profile, settings.selections):
        return None
    from codi_hook.shellcheck.program import find

    program = find()
    if program is None:
        if settings.shellcheck:
            raise CodiError("--shellcheck: ShellCheck is not installed", INSTALL)
        return None
    from codi_hook.shellcheck.store import Store

    notes: list[str] = []
    cache = os.path.join(assist.cache_folder(), CACHE) if settings.cache else ""
    return ShellChecks(settings, Store(program, cache, notes.append, jobs), notes)


def missed(settings: Settings) -> list[str]:
    """A note where codes of ShellCheck were asked for and nobody can find them."""
    asked = [
        item
        for layer in settings.selections
        for item in (*(layer.select or ()), *layer.extend_select)
        if item.upper().startswith("SC")
    ]
    if not asked or settings.shellcheck is False:
        return []
    return [f"{', '.join(asked)}: ShellCheck is not installed ({INSTALL})"]


class ShellChecks:
    """ShellCheck under the settings of one run. `notes` is what went wrong, a line each."""

    def __init__(self, settings: Settings, store: Store, notes: list[str]) -> None:
        self.notes = notes
        self._settings = settings
        self._store = store
        self._faithful = settings.profile == "hadolint"
        self._chosen: dict[str, bool] = {}
        self._hidden: frozenset[int] = frozenset()

    def findings(self, document: Document) -> Iterable[Finding]:
        """What it says of a document, as far as the selection wants to know."""
        found = self._all(document, last=self._faithful)
        return (item for item in found if self._wanted(item))

    def _all(
        self, document: Document, last: bool = False, forgetful: bool = False
    ) -> Iterable[Finding]:
        from codi_hook.shellcheck.findings import findings, sources

        self._store.fill(sources(document, self._faithful, forgetful))
        return findings(
            document,
            self._store.comments,
            faithful=self._faithful,
            forgetful=forgetful,
            last=last,
            directives=self._settings.inline_ignores,
        )

    def _wanted(self, finding: Finding) -> bool:
        rule, settings = finding.rule, self._settings
        if rule.code not in self._chosen:
            overrides = dict(settings.severity)
            found = choose((rule,), settings.selections, overrides, settings.profile)
            self._chosen[rule.code] = bool(found)
        return self._chosen[rule.code]

    def counts(self, document: Document) -> Counter[str]:
        """How many findings of each code there are, whoever wants to know them."""
        return Counter(item.rule.code for item in self._all(document))

    def recheck(self, finding: Finding, candidate: Candidate) -> tuple[Rejection, str] | None:
        """Why ShellCheck would not be content with a candidate."""
        from codi_hook.shellcheck.proposals import recheck

        return recheck(finding, candidate, self._store.comments, self._hidden)

    def uncovered(self, before: Document, after: Document) -> bool:
        """Whether fixes have brought warnings to light that stood behind others of their RUN and
        that nothing resolves. From then on, until `cover`, no fix may do that."""
        if not self._faithful:
            return False
        new = {
            code
            for eyes in (False, True)
            for code in self._shown(after, eyes) - self._shown(before, eyes) - self._hidden
        }
        self._hidden |= new
        return bool(new)

    def cover(self) -> None:
        """Forget what may not be brought to light: another file begins."""
        self._hidden = frozenset()

    def _shown(self, document: Document, forgetful: bool) -> frozenset[int]:
        """The codes of the warnings and errors that are reported, by us or by hadolint."""
        found = self._all(document, last=True, forgetful=forgetful)
        grave = (item for item in found if item.severity >= Severity.WARNING)
        return frozenset(item.subject.comment.code for item in grave)

    def sources(self, document: Document) -> list[str]:
        """The scripts of a document."""
        from codi_hook.shellcheck.findings import sources

        return sources(document, self._faithful)

    def changed(self, findings: Sequence[Finding]) -> list[str]:
        """The scripts that the candidates of these findings would make."""
        from codi_hook.shellcheck.findings import Subject
        from codi_hook.shellcheck.proposals import proposals

        ours = [item for item in findings if isinstance(item.subject, Subject)]
        made = [proposal.changed for item in ours for proposal in proposals(item)]
        return [source for source in made if source is not None]

    def fill(self, sources: Iterable[str]) -> None:
        """Ask about all these scripts together."""
        self._store.fill(sources)

    def forget(self) -> None:
        """Let go of what the files so far needed."""
        self._store.forget()
