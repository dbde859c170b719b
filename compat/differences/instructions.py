"""Instructions and their values: stages, names, forms."""

from __future__ import annotations

from codi_hook.dockerfile import Stage
from codi_hook.recipes.stages import origins
from compat.differences.base import BOTH, OURS, THEIRS, Place, difference
from compat.differences.places import inner


def _stage(place: Place) -> Stage | None:
    return place.document.stage_of(inner(place))


def _in_other_capitals(stage: Stage) -> bool:
    """FROM names an earlier stage, and writes it differently."""
    parent = stage.parent
    written = parent.name_argument if parent is not None else None
    return written is not None and written.value != stage.image.text


@difference(
    "DL3006 DL3045",
    reported_by=THEIRS,
    example="FROM debian:12 AS Base\nWORKDIR /a\nFROM base\nCOPY x y\n",
)
def stage_in_other_capitals(place: Place) -> bool:
    """FROM names an earlier stage in other capitals. BuildKit finds it, and what it has set."""
    stage = _stage(place)
    return stage is not None and any(map(_in_other_capitals, stage.lineage()))


@difference(
    "DL3049",
    reported_by=THEIRS,
    example="FROM alpine:3.20 AS x\nLABEL a=1\nFROM X\nUSER me\n",
    settings="label-schema:\n  a: text\n",
)
def labels_of_a_stage_in_other_capitals(place: Place) -> bool:
    """FROM names an earlier stage in other capitals. BuildKit finds it, and its labels."""
    stage = _stage(place)
    return stage is not None and any(map(_in_other_capitals, stage.lineage()))


@difference("DL3002", reported_by=OURS, example="FROM debian:12\nUSER root \n")
def blank_behind_root(place: Place) -> bool:
    """BuildKit takes the blank behind `USER root` away, so it is root."""
    return inner(place).text.endswith((" ", "\t"))


@difference("DL3066", reported_by=THEIRS, example="FROM alpine:3.20\nUSER 1000 \n")
def blank_behind_the_number(place: Place) -> bool:
    """BuildKit takes the blank behind `USER 1000` away, so it is a number."""
    return inner(place).text.endswith((" ", "\t"))


@difference("DL3020", reported_by=OURS, example="FROM debian:12\nONBUILD ADD . /app\n")
def add_by_onbuild(place: Place) -> bool:
    """ONBUILD ADD runs as ADD in the build on top, and most rules look into ONBUILD."""
    return place.instruction.keyword == "ONBUILD"


@difference("DL3020", reported_by=THEIRS, example="FROM debian:12\nADD a.tar.bz /a/\n")
def archive_of_another_ending(place: Place) -> bool:
    """ADD unpacks a bzip2 archive that is called .tar.bz too; COPY would not."""
    return any(text.endswith(".tar.bz") for text in inner(place).values[:-1])


@difference(
    "DL3022",
    reported_by=THEIRS,
    example='FROM a:1 AS x\nFROM a:1\nCOPY --from="x" /a /a\n',
)
def stage_in_quotes(place: Place) -> bool:
    """`--from="x"` names the stage x; the quotes are no part of it."""
    flag = inner(place).flag("from")
    return flag is not None and '"' in place.document.source.text(flag.span)


@difference("DL3024", reported_by=OURS, example="FROM a:1 AS x\nFROM b:1 AS X\n")
def same_name_in_other_capitals(place: Place) -> bool:
    """BuildKit compares names of stages without regard to capitals, and its own check does too."""
    stage = _stage(place)
    if stage is None or stage.name_argument is None:
        return False
    before = place.document.stages[: stage.index]
    same = [s.name_argument.value for s in before if s.name_argument and s.name == stage.name]
    return bool(same) and stage.name_argument.value not in same


@difference("DL3063", reported_by=OURS, example="FROM a:1 AS Scratch\n")
def reserved_name_in_capitals(place: Place) -> bool:
    """BuildKit compares names of stages without regard to capitals, and its own check does too."""
    stage = _stage(place)
    return (
        stage is not None
        and stage.name_argument is not None
        and (stage.name_argument.value != stage.name)
    )


@difference("DL3025", reported_by=OURS, example='FROM a:1\nCMD ["C:\\App.exe"]\n')
def array_that_is_no_json(place: Place) -> bool:
    """An array with `\\A` or `\\$` in it is no JSON: BuildKit runs it in shell form, and warns."""
    words = inner(place).arguments
    return bool(words) and words[-1].value.lstrip().startswith("[")


@difference("DL3044", reported_by=OURS, example="FROM a:1\nENV A=1\nFROM a:1\nENV A=2 B=$A\n")
def set_in_another_stage(place: Place) -> bool:
    """An ENV of another stage, or an ARG before the first FROM, gives the variable no value
    here."""
    names = {pair.key.value for pair in inner(place).pairs}
    stage = _stage(place)
    for item in place.document.instructions:
        if item is place.instruction:
            return False
        elsewhere = place.document.stage_of(item) is not stage
        sets = item.keyword in ("ENV", "ARG") and any(p.key.value in names for p in item.pairs)
        if elsewhere and sets:
            return True
    return False


@difference("DL3044", reported_by=THEIRS, example="FROM a:1\nENV A=1 B='$A'\n")
def dollar_is_text(place: Place) -> bool:
    """In single quotes, and behind the escape character, $ is plain text."""
    text = inner(place).text
    return "'" in text or place.document.escape + "$" in text


@difference(
    "DL3064",
    reported_by=OURS,
    example='FROM a:1\nENV "A=1" \\\n    DB_PASSWORD=x\n',
)
def pair_behind_a_quote(place: Place) -> bool:
    """A pair that begins with a quote, or a continuation right behind a value, hides no name."""
    text = inner(place).text
    quoted = any(pair.key.value.startswith(("'", '"')) for pair in inner(place).pairs)
    return quoted or any(line[-2:-1].strip() for line in text.splitlines()[:-1])


@difference("DL3065", reported_by=OURS, example='FROM --platform="$TARGETPLATFORM" a:1\n')
def platform_in_quotes(place: Place) -> bool:
    """BuildKit takes the quotes off a flag."""
    flag = inner(place).flag("platform")
    return flag is not None and '"' in place.document.source.text(flag.span)


_TRUSTED = "trustedRegistries: [ghcr.io]\n"


@difference(
    "DL3026",
    reported_by=BOTH,
    example="ARG R=ghcr.io\nFROM $R/a/b:1\n",
    settings=_TRUSTED,
)
def registry_from_a_default(place: Place) -> bool:
    """The default of a global ARG tells the registry, which is then the one that is judged."""
    stage = _stage(place)
    return stage is not None and "$" in stage.image.text and stage.image.resolved is not None


@difference(
    "DL3026",
    reported_by=BOTH,
    example="FROM localhost:5000/a\n",
    settings="trustedRegistries: [docker.io]\n",
)
def registry_without_a_dot(place: Place) -> bool:
    """localhost/… and host:5000/… are registries for BuildKit, and not repositories of Docker
    Hub."""
    stage = _stage(place)
    head, slash, _ = (stage.image.text if stage else "").partition("/")
    return bool(slash) and "." not in head and (":" in head or head == "localhost")


@difference(
    "DL3026",
    reported_by=THEIRS,
    example="FROM ghcr.io/a/b:1 AS x\nFROM ghcr.io/a/c:1\nCOPY --from=0 a b\nCOPY --from=X a b\n",
    settings=_TRUSTED,
)
def stage_by_its_number(place: Place) -> bool:
    """COPY --from=0 names a stage by its number, and X the stage x: neither is an image."""
    names = {stage.name for stage in place.document.stages}
    return any(text.isdigit() or text.lower() in names for text, _ in origins(inner(place)))


@difference(
    "DL3026",
    reported_by=THEIRS,
    example="FROM index.docker.io/a/b:1\n",
    settings="trustedRegistries: [docker.io]\n",
)
def names_of_docker_hub(place: Place) -> bool:
    """docker.io, index.docker.io, hub.docker.com and registry.hub.docker.com are one registry."""
    stage = _stage(place)
    host = (stage.image.text if stage else "").partition("/")[0].lower()
    return host in ("docker.io", "index.docker.io", "hub.docker.com", "registry.hub.docker.com")


@difference(
    "DL3026",
    reported_by=THEIRS,
    example="FROM ghcr.io/a/b:1 AS x\nFROM X\n",
    settings=_TRUSTED,
)
def trusted_stage_in_other_capitals(place: Place) -> bool:
    """FROM names an earlier stage in other capitals, and no image of Docker Hub."""
    stage = _stage(place)
    return stage is not None and _in_other_capitals(stage)
