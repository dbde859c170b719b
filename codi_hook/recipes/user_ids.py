"""Numbers of users, as far as a file, its base image or its distribution tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import ALPINE, DEBIAN, family
from codi_hook.recipes.scripts import insert_after_word
from codi_hook.recipes.users import NUMBER, base_image
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import flag, operands

# Accounts that images create with a fixed number. Source: the Dockerfiles of the images.
_BY_IMAGE = {
    "apache/airflow": {"airflow": "50000"},
    "elasticsearch": {"elasticsearch": "1000"},
    "gradle": {"gradle": "1000"},
    "grafana/grafana": {"grafana": "472"},
    "jenkins/jenkins": {"jenkins": "1000"},
    "memcached": {"memcache": "11211"},
    "node": {"node": "1000"},
    "solr": {"solr": "8983"},
}
_BY_BEGINNING = {
    "circleci/": {"circleci": "3434"},
    "cimg/": {"circleci": "3434"},
    "docker.elastic.co/elasticsearch/": {"elasticsearch": "1000"},
    "gcr.io/distroless/": {"nonroot": "65532"},
    "jupyter/": {"jovyan": "1000"},
    "quay.io/jupyter/": {"jovyan": "1000"},
}
# The same for images whose tag decides: what the tag says of the number, the first that holds.
_BY_TAG = {
    "httpd": ("www-data", ((pattern(r"alpine").search, "82"),)),
    "mongo": ("mongodb", ((pattern(r"\Z|latest|[4-9]\b").match, "999"),)),
    "mysql": ("mysql", ((pattern(r"\Z|latest|lts|[89]\b").match, "999"),)),
    # Since 1.17, of 2019, both variants name the number.
    "nginx": (
        "nginx",
        ((pattern(r"\Z|latest|alpine|stable|mainline|1\.(?:1[7-9]|[2-9]\d)\b").match, "101"),),
    ),
    "php": ("www-data", ((pattern(r"alpine").search, "82"),)),
    "postgres": (
        "postgres",
        ((pattern(r"alpine").search, "70"), (pattern(r"").match, "999")),
    ),
}
# Sources: passwd.master of Debian's base-passwd; /etc/passwd of alpine-baselayout.
_BY_FAMILY = {
    ALPINE: {"nobody": "65534", "daemon": "2", "bin": "1"},
    DEBIAN: {"nobody": "65534", "daemon": "1", "bin": "2", "www-data": "33", "games": "5"},
}


def number_in_image(document: Document, stage: Stage, name: str) -> tuple[str, str] | None:
    """The number that base image or distribution gives the account, and which of them it is."""
    image = base_image(stage)
    known = _BY_IMAGE.get(image, {})
    for beginning, users in _BY_BEGINNING.items():
        if image.startswith(beginning):
            known = users
    if name in known:
        return known[name], image
    account, choices = _BY_TAG.get(image, ("", ()))
    tag = list(stage.lineage())[-1].image.tag
    for holds, number in choices if name == account else ():
        if holds(tag):
            return number, image
    distribution = family(document, stage)
    own = _BY_FAMILY.get(distribution or "", {}).get(name)
    return (own, {ALPINE: "Alpine", DEBIAN: "Debian"}[distribution or ""]) if own else None


def creations(document: Document, item: Instruction, name: str) -> Iterator[Command]:
    """The commands ahead of the instruction that create the account."""
    stage = document.stage_of(item)
    for member in reversed(list(stage.lineage()) if stage else []):
        for run in member.instructions:
            if run is item:
                return
            yield from _in(document, run, name)


def _in(document: Document, item: Instruction, name: str) -> Iterator[Command]:
    script = document.script(item) if item.keyword == "RUN" else None
    for command in script.commands if script else ():
        if command.name in ("useradd", "adduser") and _creates(command, name):
            yield command


def _creates(command: Command, name: str) -> bool:
    words = [word.value for word in operands(command)]
    if command.name == "adduser" and len(words) > 1:
        return False  # puts a user that exists into a group
    return words[-1:] == [name]


def uid_of(command: Command) -> str | None:
    """The number that a useradd or adduser gives; "" where it gives none, None if unknown."""
    found = flag(command, "-u", "--uid")
    if found is None:
        return ""
    return found.value if found.value and found.value.isdigit() else None


def set_uid(document: Document, command: Command, number: str) -> Edit:
    """Give the account that a useradd or adduser makes a number, in the command's own dialect."""
    stage = document.stage_of(command.instruction)
    short = command.name == "useradd" or family(document, stage) == ALPINE
    return insert_after_word(command.word, f"{'-u' if short else '--uid'} {number}")


class Numbering(NamedTuple):
    """The number of an account, what has to change so that it is that, and why it is."""

    number: str
    edits: tuple[Edit, ...]
    reason: Reason


def numbering(document: Document, stage: Stage, name: str) -> Numbering | None:
    """The number that an account has at the stage's end, given anew where the file creates the
    account and leaves the number to chance; None where it cannot be told."""
    last = stage.instructions[-1]
    made = list(creations(document, last, name)) + list(_in(document, last, name))
    if not made:
        known = number_in_image(document, stage, name)
        why = Reason("image-says", f"{name} is {known[0]} in {known[1]}") if known else None
        return Numbering(known[0], (), why) if known and why else None
    number = uid_of(made[0]) if len(made) == 1 else None
    text = document.source.text(document.source.span)
    if number is None or "usermod" in text:
        return None
    line = document.source.line(made[0].span.start)
    if number:
        why = Reason("created-so", f"line {line} creates {name} as {number}")
        return Numbering(number, (), why)
    if NUMBER in text:
        return None
    why = Reason("not-chance", f"the number of {name} no longer depends on who came before")
    return Numbering(NUMBER, (set_uid(document, made[0], NUMBER),), why)


def env_number(document: Document, item: Instruction, name: str) -> tuple[str, int] | None:
    """The number that ENV has given the variable where the instruction stands, and the line."""
    stage = document.stage_of(item)
    found: tuple[str, int] | None = None
    for member in reversed(list(stage.lineage()) if stage else []):
        for other in member.instructions:
            if other is item:
                return found
            pair = other.pair(name) if other.keyword == "ENV" else None
            if pair is not None and pair.value is not None:
                text = pair.value.value.strip("\"'")
                found = (text, other.start_line) if text.isdigit() and text.isascii() else None
    return found
