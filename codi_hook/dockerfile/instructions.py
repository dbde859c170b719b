"""What an instruction may hold: the checks that BuildKit makes once a line has been split.

Facts from BuildKit 0.32 (frontend/dockerfile/instructions). Each instruction is judged by itself
and once, the verdict being kept in its memo; only "no FROM" and "before FROM" need the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from codi_hook.dockerfile.ast import Flag, Instruction, Pair, Problem
from codi_hook.dockerfile.options import device_problem, mount_problem
from codi_hook.patterns import pattern
from codi_hook.source import Span

if TYPE_CHECKING:
    from codi_hook.dockerfile.document import Document

SWITCH, VALUE, VALUES = "switch", "value", "values"  # --link; --from=x; --mount=x, repeatable


class Shape(NamedTuple):
    """`least` counts arguments: pairs of ENV and LABEL, of ONBUILD its trigger. Where `flags` is
    None, BuildKit never looks at the flags of the instruction."""

    usage: str
    flags: Mapping[str, str] | None = {}
    least: int = 0
    check: Callable[[Instruction], Problem | None] | None = None


_stage_name = pattern(r"[a-z][a-z0-9_.-]*").fullmatch
_heredoc = pattern(r"\d*<<-?\s*(?:[^<\s'\"]|'[^']*'|\"[^\"]*\")+").fullmatch
_number = pattern(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_duration = pattern(rf"[+-]?(?:0|(?:(?:{_number.pattern})(?:ns|us|µs|μs|ms|s|m|h))+)").fullmatch
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6,
    "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_LONGEST = 2**63 - 1  # nanoseconds in Go's time.Duration


def check(instruction: Instruction) -> Problem | None:
    """Why BuildKit refuses the instruction wherever it stands, or None."""
    memo = instruction.memo
    if "problem" not in memo:
        memo["problem"] = instruction.problem or _examine(instruction)
    problem: Problem | None = memo["problem"]
    return problem


def check_document(document: Document) -> tuple[Problem, ...]:
    """What BuildKit refuses, in order of position; empty for a file that it takes."""
    instructions = document.instructions
    found = [problem for item in instructions if (problem := check(item)) is not None]
    before: Instruction | None = None
    for item in instructions:
        if item.keyword == "FROM":
            if before is not None and check(before) is None:
                message = f"{before.keyword} stands before the first FROM"
                found.append(Problem(message, before.keyword_span, "only ARG may precede FROM"))
            return tuple(sorted(found, key=lambda problem: problem.span))
        if before is None and item.keyword != "ARG":
            before = item
    if not found:
        start = document.source.span.start
        span = instructions[0].keyword_span if instructions else Span(start, start)
        found.append(
            Problem("no FROM: the file has no stage to build", span, f"begin with {_FROM}")
        )
    return tuple(found)


def _examine(instruction: Instruction) -> Problem | None:
    shape = SHAPES.get(instruction.keyword)
    if shape is None:
        written = instruction.source.text(instruction.keyword_span)
        message = f"unknown instruction {_short(written)}"
        return Problem(message, instruction.keyword_span, _meant(instruction.keyword, SHAPES))
    if instruction.flags and shape.flags is not None:
        problem = _check_flags(instruction, shape.flags)
        if problem is not None:
            return problem
    if _given(instruction) < shape.least:
        few = "an argument" if shape.least == 1 else f"at least {shape.least} arguments"
        message = f"{instruction.keyword} needs {few}"
        return Problem(message, instruction.keyword_span, f"write {shape.usage}")
    return shape.check(instruction) if shape.check else None


def _given(instruction: Instruction) -> int:
    if instruction.trigger is not None:
        return 1
    return len(instruction.pairs) or len(instruction.arguments)


def _check_flags(instruction: Instruction, allowed: Mapping[str, str]) -> Problem | None:
    seen = set()
    for flag in instruction.flags:
        kind = allowed.get(flag.name)
        if kind is None or not _is_lower(instruction, flag):
            known = "it takes none" if not allowed else _meant(flag.name, allowed, "--")
            message = f"unknown flag --{_short(flag.name)} of {instruction.keyword}"
            return Problem(message, flag.span, known)
        if flag.name in seen and kind != VALUES:
            return Problem(f"--{flag.name} is given twice", flag.span, "keep one of them")
        seen.add(flag.name)
        if kind != SWITCH:
            if flag.value is None:
                hint = f"write --{flag.name}=VALUE, with the equals sign"
                return Problem(f"--{flag.name} lacks its value", flag.span, hint)
        elif flag.value is not None and flag.value.lower() not in ("true", "false"):
            hint = f"write --{flag.name}, or --{flag.name}=true or =false"
            return Problem(f"--{flag.name} is a switch", flag.span, hint)
    return None


def _is_lower(instruction: Instruction, flag: Flag) -> bool:
    """Flags, unlike keywords, are case-sensitive; the parser gives their names in lower case."""
    end = flag.value_span.start if flag.value_span else flag.span.end
    written = instruction.source.text(Span(flag.span.start, end))
    return written.lower() == written


def _from(instruction: Instruction) -> Problem | None:
    arguments = instruction.arguments
    if len(arguments) == 1:
        return None
    if len(arguments) == 3 and arguments[1].value.lower() == "as":
        name = arguments[2]
        if _stage_name(name.value.lower()):
            return None
        hint = "begin with a letter; letters, digits, '-', '_' and '.' may follow"
        return Problem(f"{_short(name.value)} is no name for a stage", name.span, hint)
    span = Span(arguments[1].span.start, arguments[-1].span.end)
    return Problem("FROM takes an image and then nothing or AS NAME", span, f"write {_FROM}")


def _pairs(instruction: Instruction) -> Problem | None:
    for pair in instruction.pairs:
        if not pair.key.value:
            return _nameless(instruction, pair)
    return None


def _nameless(instruction: Instruction, pair: Pair) -> Problem:
    return Problem(f"{instruction.keyword} without a name before =", pair.span, "write NAME=value")


def _destination(instruction: Instruction) -> Problem | None:
    last = instruction.arguments[-1]
    if "<<" in last.value and _heredoc(last.value):
        message = f"{instruction.keyword} cannot write into a here-document"
        return Problem(message, last.span, "end the line with the path of the file to write")
    return None


def _volumes(instruction: Instruction) -> Problem | None:
    for argument in instruction.arguments:
        if not argument.value.strip():
            return Problem("VOLUME with an empty path", argument.span, "name a path")
    return None


def _shell(instruction: Instruction) -> Problem | None:
    if instruction.form == "json":
        return None
    hint = 'write SHELL ["/bin/bash", "-c"]'
    return Problem("SHELL takes a JSON array", instruction.body_span, hint)


def _onbuild(instruction: Instruction) -> Problem | None:
    trigger = instruction.trigger
    if trigger is None or trigger.keyword not in ("FROM", "MAINTAINER", "ONBUILD"):
        return None
    hint = "trigger an instruction that is part of a stage"
    return Problem(f"ONBUILD cannot trigger {trigger.keyword}", trigger.keyword_span, hint)


def _run(instruction: Instruction) -> Problem | None:
    for flag in instruction.flags:
        value, span = flag.value or "", flag.value_span or flag.span
        if flag.name in _MODES:
            if value not in _MODES[flag.name]:
                message = f"--{flag.name} cannot be {_short(value)}"
                return Problem(message, span, "one of " + ", ".join(_MODES[flag.name]))
            continue
        wrong = (mount_problem if flag.name == "mount" else device_problem)(value)
        if wrong is not None:
            return Problem(f"--{flag.name}: {_short(wrong.message, 90)}", span, wrong.hint)
    return None


def _healthcheck(instruction: Instruction) -> Problem | None:
    kind = instruction.arguments[0]
    word = kind.value.upper()
    rest = instruction.arguments[1:]
    if word == "NONE":
        if not rest:
            return None
        return Problem("HEALTHCHECK NONE takes no arguments", rest[0].span, "remove them")
    problem = _check_flags(instruction, _HEALTH) if instruction.flags else None
    if problem is not None:
        return problem
    if word != "CMD":
        hint = f"write {SHAPES['HEALTHCHECK'].usage}"
        return Problem(f"HEALTHCHECK of unknown type {_short(kind.value)}", kind.span, hint)
    if not rest:
        return Problem("HEALTHCHECK CMD lacks its command", kind.span, "add the command to run")
    for flag in instruction.flags:
        problem = _retries(flag) if flag.name == "retries" else _interval(flag)
        if problem is not None:
            return problem
    return None


def _retries(flag: Flag) -> Problem | None:
    value = flag.value or ""
    if not value or (re.fullmatch(r"\+?[0-9]+|-0+", value) and int(value) < 2**31):
        return None
    message = f"--retries is no count: {_short(value)}"
    return Problem(message, flag.value_span or flag.span, "write a whole number from 0 up")


def _interval(flag: Flag) -> Problem | None:
    value = flag.value or ""
    nanoseconds = duration(value) if value else 0
    if nanoseconds == 0 or (nanoseconds is not None and nanoseconds >= 10**6):
        return None
    span = flag.value_span or flag.span
    if nanoseconds is None:
        message = f"--{flag.name} is no duration: {_short(value)}"
        return Problem(message, span, "write a number with its unit, such as 30s or 1m30s")
    return Problem(f"--{flag.name} is shorter than 1ms", span, "0 means the default")


def duration(text: str) -> int | None:
    """Nanoseconds of a duration in the grammar of Go's time.ParseDuration; None if it is none.

    >>> duration("1m30s"), duration("-0.5ms"), duration("0"), duration("5")
    (90000000000, -500000, 0, None)
    """
    if not _duration(text):
        return None
    total = 0
    for number, unit in re.findall(rf"({_number.pattern})([a-zµμ]+)", text):
        whole, _, fraction = number.partition(".")
        total += int(whole or 0) * _NANOSECONDS[unit]
        total += int(fraction or 0) * _NANOSECONDS[unit] // 10 ** len(fraction)
        if total > _LONGEST + (text[0] == "-"):
            return None
    return -total if text[0] == "-" else total


def _meant(word: str, known: Mapping[str, object], prefix: str = "") -> str:
    from difflib import get_close_matches  # on the path of an error only: it is slow to import

    close = get_close_matches(word, known, 1, 0.5)
    return f"did you mean {prefix}{close[0]}?" if close else f"one of {', '.join(sorted(known))}"


def _short(text: str, longest: int = 40) -> str:
    """Text of the file, fit for a one-line message."""
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return shown if shown.isprintable() and shown else repr(shown)


_FROM = "FROM image, or FROM image AS name"
_MODES = {"network": ("default", "host", "none"), "security": ("insecure", "sandbox")}
_COPY = {
    "chmod": VALUE, "chown": VALUE, "exclude": VALUES, "from": VALUE, "link": SWITCH,
    "parents": SWITCH,
}  # fmt: skip
_ADD = {
    "checksum": VALUE, "chmod": VALUE, "chown": VALUE, "exclude": VALUES, "keep-git-dir": SWITCH,
    "link": SWITCH, "unpack": SWITCH,
}  # fmt: skip
_HEALTH = {
    "interval": VALUE, "retries": VALUE, "start-interval": VALUE, "start-period": VALUE,
    "timeout": VALUE,
}  # fmt: skip
_RUN = {"device": VALUES, "mount": VALUES, "network": VALUE, "security": VALUE}

SHAPES: Mapping[str, Shape] = {
    "ADD": Shape("ADD source … destination", _ADD, 2, _destination),
    "ARG": Shape("ARG NAME or ARG NAME=default", None, 1, _pairs),
    "CMD": Shape('CMD ["program", "argument"]'),
    "COPY": Shape("COPY source … destination", _COPY, 2, _destination),
    "ENTRYPOINT": Shape('ENTRYPOINT ["program", "argument"]'),
    "ENV": Shape("ENV NAME=value", {}, 1, _pairs),
    "EXPOSE": Shape("EXPOSE 8080", {}, 1),
    "FROM": Shape(_FROM, {"platform": VALUE}, 1, _from),
    "HEALTHCHECK": Shape("HEALTHCHECK CMD command, or HEALTHCHECK NONE", None, 1, _healthcheck),
    "LABEL": Shape("LABEL name=value", {}, 1, _pairs),
    "MAINTAINER": Shape("MAINTAINER name", {}, 1),
    "ONBUILD": Shape("ONBUILD INSTRUCTION …", {}, 1, _onbuild),
    "RUN": Shape("RUN command", _RUN, 0, _run),
    "SHELL": Shape('SHELL ["/bin/bash", "-c"]', {}, 1, _shell),
    "STOPSIGNAL": Shape("STOPSIGNAL SIGTERM", None, 1),
    "USER": Shape("USER name", {}, 1),
    "VOLUME": Shape("VOLUME /path", {}, 1, _volumes),
    "WORKDIR": Shape("WORKDIR /path", {}, 1),
}
