"""Which instructions read a variable, and whether it has a value there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.dockerfile.ast import Pair
from codi_hook.model import Document
from codi_hook.patterns import pattern

_EXPANDS = frozenset({"RUN", "ENV", "COPY", "ADD", "WORKDIR", "LABEL", "USER", "EXPOSE", "VOLUME"})
# Set by official images in ENV, by the shell, or by the container's runtime.
_elsewhere = pattern(
    r"(?:CUDA|CUDNN|DOTNET|ERLANG|ELIXIR|GO|GOLANG|GRADLE|JAVA|JULIA|MAVEN|NGINX|NODE|OTP|PERL|PG"
    r"|PHP|PYTHON|PYPY|RUBY|RUST|YARN|ASPNET|NVIDIA|NV|TOMCAT|HTTPD|REDIS|MYSQL|MARIADB|MONGO"
    r"|HAPROXY|ROS|GHOST|COMPOSER|RABBITMQ)_\w+\Z"
    r"|(?:HOME|PATH|PWD|OLDPWD|HOSTNAME|SHELL|SHLVL|TERM|IFS|UID|EUID|GROUPS|RANDOM|LANG|PPID"
    r"|HOSTTYPE|MACHTYPE|OSTYPE|BASH\w*|LINENO|SECONDS|OPTARG|OPTIND|REPLY)\Z"
).match


def names(text: str, name: str) -> bool:
    """True where `text` holds `name` as a word of its own."""
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def reads(item: Instruction, name: str) -> bool:
    """True where the instruction mentions the variable in any way."""
    return names(item.text, name)


def last_meta_arg(document: Document, name: str) -> Pair | None:
    """The pair that counts of those before FROM that declare the name."""
    found = None
    for item in document.meta_args:
        found = item.pair(name) or found
    return found


def is_read(document: Document, item: Instruction, name: str) -> bool:
    """True where a FROM or another ARG before it reads the name, or a stage declares it."""
    if any(reads(other, name) for other in document.meta_args if other is not item):
        return True
    return any(
        reads(stage.instruction, name) or any(one.pair(name) for one in _args(stage))
        for stage in document.stages
    )


def _args(stage: Stage) -> Iterator[Instruction]:
    for item in stage.instructions:
        inner = item.trigger or item
        if inner.keyword == "ARG":
            yield inner


def unknown_in(document: Document, stage: Stage, name: str) -> Instruction | None:
    """The first instruction of the stage that expands the variable, where neither the stage, nor
    one that it is built on, nor a well-known base image gives it a value."""
    if not any(name in item.text for item in stage.instructions[1:]) or _elsewhere(name):
        return None
    for part in list(stage.lineage())[1:]:
        if any((item.trigger or item).pair(name) for item in part.instructions):
            return None
    word = re.escape(name)
    expands = re.compile(rf"(?<!\\)\$(?:{word}(?!\w)|\{{{word}\}})")
    sets = re.compile(rf"(?<![\w$])(?:{word}\+?=|(?:read|for|getopts \S+)\s+(?:-\S+\s+)*{word}\b)")
    for item in stage.instructions[1:]:
        if item.trigger is not None:
            continue
        text = item.text
        if item.pair(name) or (name in text and sets.search(text)):
            return None
        if name in text and item.keyword in _EXPANDS and expands.search(text):
            return None if _quoted(item, name) else item
    return None


def _quoted(item: Instruction, name: str) -> bool:
    """True where the RUN hides it from the shell, as in single quotes, or in a heredoc's text."""
    if item.keyword != "RUN":
        return False
    text = item.text
    at = text.find(f"${name}")
    at = text.find("${" + name) if at < 0 else at
    return text[:at].count("'") % 2 == 1 or item.form == "json"
