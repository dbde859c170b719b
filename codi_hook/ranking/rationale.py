"""One true sentence about a candidate, put together from the clauses that its rule wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from codi_hook.model import Candidate, Rationale, Reason

SECOND = 0.6  # a second clause is told where it is at least this likely, as a part of the first
LONGEST = 220  # characters of a sentence with two clauses


def by_rule(candidate: Candidate) -> Rationale | None:
    """The first reason, which the rule's author put first; None where there is no reason."""
    if not candidate.reasons:
        return None
    first = candidate.reasons[0]
    return Rationale(sentence([first], _literal(candidate)), "rule", (first.id,))


def composed(
    candidate: Candidate, shown: Sequence[int], weights: Sequence[float], names: Collection[str]
) -> Rationale:
    """The likeliest clause, and the next where it matters nearly as much.

    `shown` are indices into the candidate's reasons, `weights` their probabilities; equal ones
    keep the author's order. `names` are the document's command names, which keep their case.
    """
    pairs = sorted(zip(shown, weights, strict=True), key=lambda pair: (-pair[1], pair[0]))
    chosen = [candidate.reasons[pairs[0][0]]]
    if len(pairs) > 1 and pairs[1][1] >= SECOND * pairs[0][1]:
        second = candidate.reasons[pairs[1][0]]
        if len(chosen[0].text) + len(second.text) <= LONGEST:
            chosen.append(second)
    text = sentence(chosen, _literal(candidate).union(names))
    return Rationale(text, "composed", tuple(reason.id for reason in chosen))


def _literal(candidate: Candidate) -> set[str]:
    """The words that a candidate writes into the file; in a sentence they stay as they are."""
    text = " ".join(edit.replacement for edit in candidate.edits)
    return set("".join(c if c.isalnum() else " " for c in text).split())


def sentence(reasons: Sequence[Reason], names: Collection[str]) -> str:
    """Clauses as one sentence. A clause is never changed, but for the capital it begins with.

    Words in `names` keep their case even there.
    """
    text = "; ".join(reason.text.strip().rstrip(".;") for reason in reasons)
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower() and first not in names and first not in COMMANDS:
        text = text[0].upper() + text[1:]
    return text + "."


# Clauses may begin with a command that the file at hand does not use.
COMMANDS = frozenset(
    str.split(
        "addgroup adduser apk apt ash bash bun bundle bundler cargo cat cd chmod chown "
        "composer conda cp curl dash dnf docker dpkg echo gem git go gpg gradle groupadd "
        "gunzip java ls make microdnf mkdir mv mvn node npm npx php pip pipx pnpm poetry "
        "python rm ruby sed sh sudo tar touch unzip useradd uv wget xz yarn yarnpkg yum "
        "zypper"
    )
)
