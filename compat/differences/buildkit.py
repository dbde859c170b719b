"""BuildKit's checks, as tally runs them and as the rules that carry their names see it."""

from __future__ import annotations

import re

from codi_hook import registry
from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Rule
from codi_hook.recipes.base_env import environment
from codi_hook.recipes.values import unquoted
from compat.differences.base import BOTH, OURS, THEIRS, Place, difference
from compat.differences.places import inner

_variable = re.compile(r"\$\{?(\w+)")


def _root(place: Place) -> Stage | None:
    stage = place.document.stage_of(inner(place))
    return list(stage.lineage())[-1] if stage else None


@difference(
    "UndefinedVar",
    peer="buildkit",
    reported_by=THEIRS,
    example="FROM golang:1.22\nCOPY . $GOPATH/src/app\n",
)
def base_image_sets_it(place: Place) -> bool:
    """The base image is an official one that sets the variable (GOPATH in golang, PATH even in
    scratch). BuildKit reads the image's configuration and does not report it; tally cannot."""
    root = _root(place)
    known = (environment(root) if root else None) or frozenset()
    return not known.isdisjoint(_variable.findall(place.instruction.text))


@difference(
    "InvalidDefaultArgInFrom",
    peer="buildkit",
    reported_by=THEIRS,
    example="FROM alpine:3.20 AS BASE\nFROM BASE\n",
)
def stage_is_no_image(place: Place) -> bool:
    """BuildKit finds stages in any capitals, so FROM BASE behind AS BASE names that stage; tally
    looks for an image BASE."""
    stage = place.document.stage_of(place.instruction)
    return stage is not None and stage.parent is not None


@difference(
    "StageNameCasing FromAsCasing InvalidDefinitionDescription",
    peer="buildkit",
    reported_by=OURS,
    example="FROM alpine:3.20 AS BASE\nFROM BASE as Next\n",
)
def behind_an_image_unknown(place: Place) -> bool:
    """tally says nothing else of a FROM whose image it takes for invalid: a stage in other
    capitals, or an ARG without a default."""
    stage = place.document.stage_of(place.instruction)
    if stage is None:
        return False
    return stage.image.resolved is None or (
        stage.parent is not None and not stage.image.text.islower()
    )


@difference(
    "ExposeInvalidFormat",
    peer="buildkit",
    reported_by=THEIRS,
    example="FROM alpine:3.20\nEXPOSE ${PORT:-80}\n",
)
def default_in_expose(place: Place) -> bool:
    """The colon of `${PORT:-80}` belongs to the variable, and is no mapping."""
    texts = [text for text in inner(place).values if ":" in text]
    return bool(texts) and all(":" not in re.sub(r"\$\{[^}]*\}", "", text) for text in texts)


@difference(
    "JSONArgsRecommended",
    peer="buildkit",
    reported_by=OURS,
    example="FROM alpine:3.20\nHEALTHCHECK CMD curl -f http://localhost/\n",
)
def healthcheck_in_shell_form(place: Place) -> bool:
    """DL3025 follows hadolint, which asks for JSON in HEALTHCHECK CMD as well; BuildKit's check
    looks at CMD and ENTRYPOINT."""
    return inner(place).keyword == "HEALTHCHECK"


@difference(
    "JSONArgsRecommended",
    peer="buildkit",
    reported_by=THEIRS,
    example="FROM alpine:3.20\nENTRYPOINT\n",
)
def nothing_to_write_as_json(place: Place) -> bool:
    """An ENTRYPOINT without arguments has no words that JSON could hold."""
    return inner(place).keyword in ("CMD", "ENTRYPOINT") and not inner(place).arguments


@difference(
    "WorkdirRelativePath",
    peer="buildkit",
    reported_by=OURS,
    example="FROM alpine:3.20\nWORKDIR /a\nWORKDIR b\n",
)
def relative_behind_another(place: Place) -> bool:
    """DL3000 follows hadolint and reports every relative WORKDIR; BuildKit's check looks at the
    first of a stage."""
    stage = place.document.stage_of(inner(place))
    found = [item for member in (stage.lineage() if stage else ()) for item in member.of("WORKDIR")]
    return place.instruction in found and place.instruction is not min(found, key=_start)


def _start(item: Instruction) -> int:
    return item.span.start


def _is_absolute(item: Instruction) -> bool:
    return bool(item.arguments) and unquoted(item.arguments[0].value).startswith(("/", "$", "C:"))


@difference(
    "WorkdirRelativePath",
    peer="buildkit",
    reported_by=THEIRS,
    example='FROM alpine:3.20\nWORKDIR "/app"\n',
)
def quoted_workdir(place: Place) -> bool:
    """The path is absolute: the quotes around it are no part of it for BuildKit."""
    item = inner(place)
    return item.keyword == "WORKDIR" and item.values[0][:1] in ("'", '"') and _is_absolute(item)


@difference(
    "MultipleInstructionsDisallowed",
    peer="buildkit",
    reported_by=BOTH,
    example='FROM alpine:3.20\nCMD ["a"]\nCMD ["b"]\n',
)
def which_of_several(place: Place) -> bool:
    """DL4003, DL4004 and DL3012 name the later of two instructions, as hadolint does, BuildKit the
    earlier one that has no effect. The same pairs are reported."""
    stage = place.document.stage_of(place.instruction)
    keyword = place.instruction.keyword
    known = keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")
    return known and stage is not None and len(list(stage.of(keyword))) > 1


@difference(
    "SecretsUsedInArgOrEnv",
    peer="buildkit",
    reported_by=OURS,
    example="FROM alpine:3.20\nENV DB_PASS=hunter22\n",
)
def secret_by_its_value(place: Place) -> bool:
    """CODI003, which stands for the check beside CODI114 (whose names are BuildKit's), knows
    secrets by their value, by further names, and in RUN."""
    codes = {rule.code for rule in registry.find_all(place.code) if _finds(rule, place)}
    return codes == {"CODI003"}


def _finds(rule: Rule, place: Place) -> bool:
    here = place.instruction.span
    return any(here.start <= f.span.start < here.end for f in rule.check(place.document))


@difference(
    "FromPlatformFlagConstDisallowed",
    peer="buildkit",
    reported_by=OURS,
    example="FROM --platform=linux/arm64 a:1 AS build-arm64\n",
)
def platform_by_hadolint(place: Place) -> bool:
    """DL3029 follows hadolint, which also reports a variable other than BUILDPLATFORM and
    TARGETPLATFORM, and a constant where a stage's name holds the architecture."""
    flag = place.instruction.flag("platform")
    value = flag.value or "" if flag is not None else ""
    parts = [part for part in unquoted(value).split("/") if part]
    names = " ".join(stage.name or "" for stage in place.document.stages)
    return "$" in value or any(part in names for part in parts)
