"""A whole Dockerfile: its instructions grouped into stages."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from codi_hook.dockerfile.ast import Argument, Comment, Directive, Instruction, Problem
from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.project import UNKNOWN, Project
from codi_hook.source import Source, Span

_LONGEST_IMAGE = 4096  # more is no image: ARGs that double each other would grow without end
_reference = pattern(r"\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})")


@dataclass(frozen=True)
class Image:
    """What FROM names. `text` is as written; the parts are of `resolved`, the text with the
    defaults of global ARGs filled in, which is None where a variable has no default."""

    text: str
    span: Span
    resolved: str | None

    @cached_property
    def _parts(self) -> tuple[str, str, str]:
        rest, _, digest = (self.resolved or "").partition("@")
        head, slash, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        return head + slash + last, tag, digest

    @property
    def name(self) -> str:
        """Repository with registry, without tag and digest: ``docker.io/library/node``."""
        return self._parts[0]

    @property
    def tag(self) -> str:
        return self._parts[1]

    @property
    def digest(self) -> str:
        return self._parts[2]

    @cached_property
    def short_name(self) -> str:
        """The name as official images are known: without docker.io/, library/ and case."""
        return re.sub(r"^(?:(?:index\.)?docker\.io/)?(?:library/)?", "", self.name).lower()


@dataclass(frozen=True, eq=False)
class Stage:
    """FROM and what follows it. `parent` is the earlier stage that FROM names, if any."""

    index: int
    instruction: Instruction
    image: Image
    name: str | None
    name_argument: Argument | None
    instructions: tuple[Instruction, ...]
    parent: Stage | None
    is_final: bool

    def of(self, *keywords: str) -> Iterator[Instruction]:
        return (item for item in self.instructions if item.keyword in keywords)

    def lineage(self) -> Iterator[Stage]:
        """This stage, then the stages that it is built on, nearest first."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent


@dataclass(frozen=True, eq=False)
class Document:
    """The parsed file. In a patched copy some instructions come from another source."""

    source: Source
    directives: tuple[Directive, ...]
    escape: str
    instructions: tuple[Instruction, ...]
    comments: tuple[Comment, ...]
    tree_problems: tuple[Problem, ...] = ()
    project: Project = UNKNOWN

    def directive(self, name: str) -> Directive | None:
        return next((item for item in self.directives if item.name == name), None)

    @property
    def syntax(self) -> str | None:
        directive = self.directive("syntax")
        return directive.value if directive else None

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """All that makes BuildKit refuse the file, in order of position."""
        from codi_hook.dockerfile.instructions import check_document

        found = self.tree_problems or tuple(check_document(self))
        return tuple(sorted(found, key=self._position)) if len(found) > 1 else tuple(found)

    def _position(self, problem: Problem) -> tuple[int, Span]:
        """Where the problem stands. In a patched document the edited part has spans behind those
        of all others, so the place of its instruction counts first."""
        holders = (i for i, x in enumerate(self.instructions) if x.span.contains(problem.span))
        return next(holders, -1), problem.span

    def of(self, *keywords: str) -> Iterator[Instruction]:
        """Instructions with one of the keywords, those that ONBUILD triggers included."""
        for item in self.instructions:
            if item.keyword in keywords:
                yield item
            elif item.trigger is not None and item.trigger.keyword in keywords:
                yield item.trigger

    @cached_property
    def meta_args(self) -> tuple[Instruction, ...]:
        """The ARGs before the first FROM."""
        found = []
        for item in self.instructions:
            if item.keyword == "FROM":
                break
            if item.keyword == "ARG":
                found.append(item)
        return tuple(found)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        starts = [i for i, item in enumerate(self.instructions) if item.keyword == "FROM"]
        stages: list[Stage] = []
        by_name: dict[str, Stage] = {}
        for index, start in enumerate(starts):
            is_final = index == len(starts) - 1
            end = len(self.instructions) if is_final else starts[index + 1]
            stage = self._stage(index, self.instructions[start:end], by_name, is_final)
            stages.append(stage)
            if stage.name:
                by_name[stage.name] = stage
        return tuple(stages)

    def _stage(
        self, index: int, items: tuple[Instruction, ...], by_name: dict[str, Stage], is_final: bool
    ) -> Stage:
        first = items[0]
        arguments = first.arguments
        text = arguments[0].value if arguments else ""
        span = arguments[0].span if arguments else first.span
        named = len(arguments) == 3 and arguments[1].value.lower() == "as"
        name_argument = arguments[2] if named else None
        return Stage(
            index=index,
            instruction=first,
            image=self._image(first, text, span),
            name=name_argument.value.lower() if name_argument else None,
            name_argument=name_argument,
            instructions=items,
            parent=by_name.get(text.lower()),
            is_final=is_final,
        )

    def _image(self, first: Instruction, text: str, span: Span) -> Image:
        """Kept on the instruction, which patched copies share."""
        key = ("image", resolved := self.expand(text))
        image: Image | None = first.memo.get(key)
        if image is None:
            image = first.memo[key] = Image(text, span, resolved)
        return image

    @cached_property
    def _defaults(self) -> dict[str, str]:
        values: dict[str, str] = {}
        for item in self.meta_args:
            for pair in item.pairs:
                value = None if pair.value is None else _fill(_bare(pair.value.value), values)
                if value is not None:
                    values[pair.key.value] = value
        return values

    def expand(self, text: str) -> str | None:
        """`text` of a FROM with global ARG defaults filled in; None if one has no value."""
        return text if "$" not in text else _fill(text, self._defaults)

    @cached_property
    def _owners(self) -> dict[int, Stage]:
        return {
            id(item): stage
            for stage in self.stages
            for outer in stage.instructions
            for item in (outer, outer.trigger)
            if item is not None
        }

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage that holds the instruction; None before the first FROM."""
        return self._owners.get(id(instruction))

    @cached_property
    def _indices(self) -> dict[int, int]:
        return {id(item): index for index, item in enumerate(self.instructions)}

    def index(self, instruction: Instruction) -> int:
        """Position among the top-level instructions. Raises KeyError for a stranger."""
        return self._indices[id(instruction)]

    def instruction_at(self, offset: int) -> Instruction | None:
        """The top-level instruction that holds the byte, or None. Not for patched copies."""
        at = bisect_right(self._starts, offset) - 1
        item = self.instructions[at] if at >= 0 else None
        return item if item is not None and offset <= item.span.end else None

    @cached_property
    def _starts(self) -> list[int]:
        return [item.span.start for item in self.instructions]

    def is_trigger(self, instruction: Instruction) -> bool:
        """True for what an ONBUILD of this document triggers: it runs in another build."""
        return id(instruction) not in self._indices

    def following(self, instruction: Instruction) -> Instruction | None:
        """The next top-level instruction, or None."""
        at = self.index(instruction) + 1
        return self.instructions[at] if at < len(self.instructions) else None


def _bare(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _fill(text: str, values: dict[str, str]) -> str | None:
    """Substitute ``$x``, ``${x}``, ``${x:-d}`` and ``${x:+d}``; None if a value is missing."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        plain, braced, operator, word = match.groups()
        known = values.get(plain or braced)
        if operator == "-":
            return known or word
        if operator == "+":
            return word if known else ""
        if known is None:
            missing = True
            return ""
        return known

    filled = _reference.sub(value, text)
    if missing or "$" in filled or len(filled) > _LONGEST_IMAGE:
        return None
    return filled
