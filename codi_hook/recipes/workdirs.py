"""Which folder an instruction works in, as far as the file or a well-known base image tells."""

from __future__ import annotations

import posixpath
import re

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import WINDOWS, family
from codi_hook.recipes.values import unquoted

# The working folder that official images set, where it is not "/". Source: the WORKDIR of their
# Dockerfiles (docker-library on GitHub) and of composer's and gradle's.
_WORKDIR_BY_IMAGE = {
    "composer": "/app",
    "gradle": "/home/gradle",
    "golang": "/go",
    "httpd": "/usr/local/apache2",
    "redis": "/data",
    "tomcat": "/usr/local/tomcat",
}
# Official images that set none.
_ROOT_WORKDIR = frozenset((
    "scratch", "alpine", "debian", "ubuntu", "centos", "fedora", "amazonlinux", "rockylinux",
    "almalinux", "oraclelinux", "archlinux", "buildpack-deps", "busybox", "node", "python",
    "ruby", "rust", "openjdk", "eclipse-temurin", "amazoncorretto", "nginx", "postgres", "mysql",
    "mariadb", "gcc",
))  # fmt: skip
_drive = pattern(r"[A-Za-z]:").match


def is_absolute(path: str, windows: bool = False) -> bool:
    """True for a path that does not depend on WORKDIR; one that begins with a variable may be."""
    return path.startswith(("/", "$")) or bool(_drive(path)) or (windows and path[:1] == "\\")


def is_windows(document: Document, instruction: Instruction) -> bool:
    stage = document.stage_of(instruction)
    return document.escape == "`" or family(document, stage) == WINDOWS


def of_base(stage: Stage) -> str | None:
    """The working folder that the stage's base image is known to set, or None."""
    image = list(stage.lineage())[-1].image
    name = image.short_name
    if name == "php" and re.search(r"apache|fpm", image.tag):
        return "/var/www/html"
    return "/" if name in _ROOT_WORKDIR else _WORKDIR_BY_IMAGE.get(name)


def join(folder: str, path: str) -> str | None:
    """`path` seen from `folder`; None where variables leave it open."""
    if path.startswith("/"):
        return path
    if "$" in path and (".." in path or path.startswith("$")):
        return None
    if "$" in folder:
        if ".." in path:
            return None
        rest = posixpath.normpath(path)
        return folder if rest == "." else f"{folder.rstrip('/')}/{rest}"
    return posixpath.normpath(f"{folder}/{path}").replace("//", "/")


def destination(path: str, base: str) -> str | None:
    """A destination of COPY seen from `base`; one that names a folder keeps its slash."""
    target = join(base, path)
    if target is not None and (path.endswith(("/", "/.")) or path == "."):
        return target.rstrip("/") + "/"
    return target


def effective(document: Document, instruction: Instruction) -> str | None:
    """The absolute folder that the instruction works in, unquoted; None where it is unknown."""
    stage = document.stage_of(instruction)
    if stage is None:
        return None
    current = of_base(stage)
    for member in reversed(list(stage.lineage())):
        for item in member.instructions:
            if item is instruction or item.trigger is instruction:
                return current
            if item.keyword == "WORKDIR" and item.arguments:
                current = _moved(current, unquoted(item.arguments[0].value))
    return current


def _moved(current: str | None, path: str) -> str | None:
    if path.startswith(("/", "$")):
        return path
    if _drive(path) or "\\" in path:
        return None
    return join(current, path) if current else None
