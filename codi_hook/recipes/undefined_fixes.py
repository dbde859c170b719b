"""Ways out where an instruction reads a variable that has no value."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Pair
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.arguments import (
    AUTOMATIC,
    ELSEWHERE,
    GLOBAL,
    LATER,
    NEAR,
    SAME,
    SHELL,
    Undefined,
    Use,
)
from codi_hook.recipes.facts import is_root, user_at, workdir_at
from codi_hook.recipes.instructions import (
    body_is_one_line,
    cased,
    delete,
    insert_before,
    without_pair,
)
from codi_hook.source import Span

_plain_word = pattern(r"[\w@%+=:,./-]*\Z").match


def rename(gap: Undefined) -> Iterator[Candidate]:
    """Read the variable whose name is nearly the same."""
    if gap.cause == NEAR:
        yield Candidate(
            "rename-variable",
            f"Read {gap.near}",
            tuple(Edit(_name_span(use), gap.near) for use in gap.uses),
            Applicability.UNSAFE,
            (
                Reason("near-name", f"{gap.near} has a value here and is spelt nearly the same"),
                Reason("only-one", f"no other name of the file looks like {gap.name}"),
            ),
        )


def _name_span(use: Use) -> Span:
    start = use.span.start + use.reference.braced + 1
    return Span(start, start + len(use.reference.name.encode()))


def declare(gap: Undefined) -> Iterator[Candidate]:
    """An ARG before the instruction, with the default that another stage's ARG has."""
    name = gap.name
    if gap.cause in (NEAR, SAME, SHELL) or (gap.cause == LATER and not _is_arg(gap)):
        return
    text = f"{cased(gap.instruction, 'ARG')} {name}"
    reasons = [Reason("build-arg", f"--build-arg {name}=… can then set it")]
    if gap.cause == GLOBAL:
        reasons.insert(0, Reason("global-arg", f"the stage then takes {name} from before FROM"))
    elif gap.cause == AUTOMATIC:
        reasons = [
            Reason("automatic", f"BuildKit sets {name} in every stage that declares it"),
            Reason("no-value", f"without ARG {name} it is empty"),
        ]
    elif gap.cause == ELSEWHERE and (pair := _setting(gap)) is not None:
        if pair.value is not None and _plain_word(pair.value.value):
            text += f"={pair.value.value}"
        reasons.insert(0, Reason("per-stage", "what another stage sets is not seen in this one"))
    else:
        reasons.append(Reason("else-empty", f"{name} is empty where no --build-arg sets it"))
    yield Candidate(
        "declare-arg",
        f"Declare {text[4:]} before it",
        (insert_before(gap.instruction, text),),
        Applicability.UNSAFE,
        tuple(reasons),
    )


def _is_arg(gap: Undefined) -> bool:
    return gap.setter is not None and gap.setter.keyword == "ARG"


def _setting(gap: Undefined) -> Pair | None:
    return gap.setter.pair(gap.name) if gap.setter is not None else None


def move_up(gap: Undefined) -> Iterator[Candidate]:
    """Set the variable before it is read, where the stage does so further down."""
    setter = gap.setter
    if gap.cause != LATER or setter is None or len(setter.pairs) != 1 or setter.leading:
        return
    if body_is_one_line(setter) and "$" not in setter.text:
        yield Candidate(
            "move-definition-up",
            f"Move the {setter.keyword} of line {setter.start_line} up",
            (insert_before(gap.instruction, setter.text), delete(setter)),
            Applicability.UNSAFE,
            (
                Reason("too-late", f"line {setter.start_line} sets {gap.name} after it is read"),
                Reason("one-place", f"{gap.name} is still set in one place"),
            ),
        )


def split_off(gap: Undefined) -> Iterator[Candidate]:
    """Set the variable in an instruction of its own before the one that also reads it."""
    item, pair = gap.instruction, _setting(gap)
    if gap.cause != SAME or pair is None or pair.value is None:
        return
    value = item.source.text(pair.span)
    names = {other.key.value for other in item.pairs}
    if "\n" in value or any(f"${name}" in value or f"${{{name}" in value for name in names):
        return
    yield Candidate(
        "set-before",
        f"Set {gap.name} in an {item.keyword} before it",
        (insert_before(item, f"{cased(item, item.keyword)} {value}"), without_pair(item, pair)),
        Applicability.UNSAFE,
        (
            Reason("too-late", f"an {item.keyword} reads what was set before it, not by itself"),
            Reason("as-meant", f"{gap.name} then has its value where it is read"),
        ),
    )


def use_default(gap: Undefined) -> Iterator[Candidate]:
    """Write down what ``${x:-word}`` comes to."""
    words = {use.reference.operator.lstrip(":") for use in gap.uses}
    plain = all(_plain_word(use.reference.word) for use in gap.uses)
    if words != {"-"} or not plain or gap.cause == NEAR:
        return
    level = Applicability.SAFE if gap.complete else Applicability.UNSAFE
    yield Candidate(
        "use-default",
        f"Write {gap.uses[0].reference.word or 'nothing'} in its place",
        tuple(Edit(use.span, use.reference.word) for use in gap.uses),
        level,
        (
            Reason("always-default", f"nothing here sets {gap.name}, so its default always holds"),
            Reason("plain", "the value can then be read off the line"),
        ),
    )


def drop_from_list(gap: Undefined) -> Iterator[Candidate]:
    """Take the empty variable out of a list that colons separate."""
    edits = []
    for use in gap.uses:
        value, ref = use.argument.value, use.reference
        before, after = value[: ref.start][-1:], value[ref.end : ref.end + 1]
        if ref.operator or use.span.end - use.span.start != ref.end - ref.start:
            return
        if before == ":":
            edits.append(Edit(Span(use.span.start - 1, use.span.end), ""))
        elif after == ":" and before in ("", '"', "="):
            edits.append(Edit(Span(use.span.start, use.span.end + 1), ""))
        else:
            return
    if gap.cause not in (NEAR, SHELL, SAME) and edits:
        yield Candidate(
            "drop-from-list",
            f"Take {gap.name} out of the list",
            tuple(edits),
            Applicability.UNSAFE,
            (
                Reason("empty-element", "an empty element of such a list is the working directory"),
                Reason("no-value", f"{gap.name} has no value here"),
            ),
        )


def known_path(gap: Undefined, document: Document) -> Iterator[Candidate]:
    """The folder that a shell would have put there: HOME of root, PWD."""
    if any(use.reference.operator for use in gap.uses):
        return
    user = user_at(document, gap.instruction)
    folder = workdir_at(document, gap.instruction)
    if gap.name == "HOME" and gap.complete and (user is None or is_root(user)):
        path, why = "/root", "root's home folder is /root in this base image"
    elif gap.name == "PWD" and folder is not None and folder.startswith("/") and "$" not in folder:
        path, why = folder.rstrip("/") or "/", f"the last WORKDIR before it is {folder}"
    else:
        return
    if _plain_word(path):
        yield Candidate(
            "write-path",
            f"Write {path}",
            tuple(Edit(use.span, path) for use in gap.uses),
            Applicability.UNSAFE,
            (
                Reason("known-path", why),
                Reason("not-a-shell", f"the builder has no {gap.name}: only a shell sets it"),
            ),
        )
