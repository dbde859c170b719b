"""Numbers of users, as far as a file, its base image or its distribution tells them."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document, Edit
from codi_hook.recipes.facts import ALPINE, DEBIAN, family
from codi_hook.recipes.scripts import insert_after_word
from codi_hook.recipes.users import base_image
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
    distribution = family(document, stage)
    number = _BY_FAMILY.get(distribution or "", {}).get(name)
    return (number, {ALPINE: "Alpine", DEBIAN: "Debian"}[distribution or ""]) if number else None


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


def number_given(document: Document, stage: Stage, name: str) -> str | None:
    """The number that the one command which creates the account gives it, if it gives one."""
    last = stage.instructions[-1]
    made = list(creations(document, last, name)) + list(_in(document, last, name))
    return uid_of(made[0]) or None if len(made) == 1 else None


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
