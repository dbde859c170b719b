"""The values that travel from stage to stage. Frozen, and without behaviour to speak of.

`bytes → Document → Finding* → Candidate* → Verified* → Ranked* → Report`
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from codi_hook.frozen import dataclass, field
from codi_hook.shell import Document
from codi_hook.source import Span

__all__ = [
    "FRAMING",
    "MEANING",
    "PROFILES",
    "UNSHOWN",
    "Applicability",
    "Candidate",
    "Document",
    "Edit",
    "Finding",
    "Ranked",
    "Rationale",
    "Reason",
    "Rejected",
    "Rejection",
    "Rule",
    "Severity",
    "Verified",
]


class Severity(enum.IntEnum):
    """How bad a finding is, the gravest last, so that severities compare."""

    STYLE = 1
    INFO = 2
    WARNING = 3
    ERROR = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Applicability(enum.Enum):
    """What applying a candidate may do to the image that is built; ruff's three terms."""

    SAFE = "safe"  # the built image behaves the same
    UNSAFE = "unsafe"  # it may not; a person should look
    DISPLAY = "display"  # shown, never applied


class Rejection(enum.Enum):
    """Why a candidate was not offered, or an offered one was not applied."""

    OUT_OF_BOUNDS = "out-of-bounds"  # an edit lies outside the file or overlaps its neighbour
    NO_CHANGE = "no-change"  # the edits leave the file as it was
    BREAKS_DOCKERFILE = "breaks-dockerfile"  # the result does not parse as a Dockerfile
    BREAKS_SHELL = "breaks-shell"  # a RUN of the result does not parse as shell
    FINDING_REMAINS = "finding-remains"  # the rule still reports the place
    NEW_FINDING = "new-finding"  # some rule reports what it did not report before
    DUPLICATE = "duplicate"  # another candidate of the finding gives the same file
    BUDGET = "budget"  # the file has more candidates than are verified in one run
    CONFLICT = "conflict"  # overlaps an edit that was selected before it
    COMBINATION = "combination"  # correct alone, but not together with the others
    APPLICABILITY = "applicability"  # not of a level that the caller allowed


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of `span` in the original by `replacement` (text, UTF-8)."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One true clause about a candidate, written by us, its slots filled from the document.

    `id` is permanent within its template: labels and adapters cite it. `text` is a clause
    without a capital or a full stop: it is put together with others into one sentence.
    """

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to resolve a finding. `edits` apply together or not at all.

    `id` names the template and is permanent. The first of `reasons` is the one shown where no
    model chooses.
    """

    id: str
    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = Applicability.UNSAFE
    reasons: tuple[Reason, ...] = ()


_BY_LINT: Any = None  # stands where `lint` will put what a check does not know


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where a rule does not hold.

    A rule's `check` gives `span`, `subject` (whatever its `candidates` wants to see again) and,
    where the rule's summary does not say enough, `message`. `lint` adds `rule` and `document`.
    """

    span: Span
    subject: Any = None
    message: str = ""
    rule: Rule = field(default=_BY_LINT, repr=False)
    document: Document = field(default=_BY_LINT, repr=False, compare=False)
    severity: Severity = field(default=_BY_LINT, compare=False)

    @property
    def code(self) -> str:
        return self.rule.code


# default: what a maintainer would act on. strict: everything. hadolint: what hadolint reports
# without configuration, at its severities. security: what an attacker could use.
PROFILES = ("default", "strict", "hadolint", "security")

# Instructions that give meaning to those after them, for any rule.
FRAMING = frozenset({"FROM", "ARG", "ENV", "SHELL", "WORKDIR"})
# Stands in `Rule.reads` for every command that may run what the Dockerfile does not show.
UNSHOWN = "./"
MEANING = FRAMING | {"USER"}  # what a local rule may look at besides

Check = Callable[[Document], Iterable[Finding]]
Candidates = Callable[[Finding], Iterable[Candidate]]


def no_candidates(_finding: Finding) -> Sequence[Candidate]:
    """For rules that can only report."""
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A check and the templates that resolve what it finds.

    `triggers` say when `check` has to run at all: instruction keywords in capitals ("FROM") and
    command names in lower case ("apt-get"). The linter skips a rule none of whose triggers
    occur in the document. An empty tuple means always.

    `reads` are further names whose presence, content or place the check looks at, apart from
    FRAMING, which every check may look at. "RUN" stands for all that is in one, a manager's or
    interpreter's plain name for its versions, too. An edit that touches neither triggers nor
    reads cannot change what the rule finds, and verification relies on that. A rule is `local` if
    what it finds at an instruction depends on that instruction, the MEANING instructions before
    it, and the stages: an edit then concerns it only where the edit is and, where it touches
    those, behind it.

    `templates` lists the ids of the templates, each with the applicabilities that it may have:
    "use-copy: safe, unsafe". tests/test_rules.py holds it to what the cases show.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    check: Check
    candidates: Candidates = no_candidates
    aliases: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    local: bool = False
    templates: tuple[str, ...] = ()
    default: bool = True  # in profile "default"
    security: bool = False  # in profile "security"
    hadolint: bool = True  # where the code is hadolint's: on there without any configuration
    refused: bool = False  # knows why BuildKit refuses a file: then speaks in place of CODI000
    external: bool = False  # its findings come from another program, `check` finds nothing

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that the rule belongs to, of `PROFILES`."""
        theirs = self.hadolint and self.code.startswith(("DL", "SC"))
        member = (self.default, True, theirs, self.security)
        return tuple(name for name, here in zip(PROFILES, member, strict=True) if here)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate that verification or selection turned down."""

    candidate: Candidate
    reason: Rejection
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """A finding with the candidates that are proved to leave the file intact, in rule order."""

    finding: Finding
    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why a candidate fits, and where the sentence comes from.

    `source`: "composed" (the model chose among `Reason`s), "free" (the model wrote it, and it
    passed the grounding check), "rule" (the first reason, no model).
    """

    text: str
    source: str
    reasons: tuple[str, ...] = ()  # the ids of the reasons that make up the text


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding's candidates in the order in which they are offered, the best first.

    `source` is "llm", "prior" or "order"; `reason` says why it is not what was asked for
    ("not-promoted", "timeout", "no-model", …). `confidences` and `rationales` are parallel to
    `candidates`; a confidence is None where the source has none.
    """

    finding: Finding
    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejected, ...]
    source: str
    reason: str = ""
    confidences: tuple[float | None, ...] = ()
    rationales: tuple[Rationale | None, ...] = ()
    experimental: bool = False
    telemetry: tuple[tuple[str, Any], ...] = ()  # latency_ms, tokens, cache_hit, … for the audit
