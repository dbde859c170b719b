"""Releases of base images and the day they end: `of_image(name, tag) -> Release | None`."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from codi_hook.patterns import pattern
from codi_hook.recipes.eol_data import CODENAMES, ENDS

_version = pattern(r"(?:v|centos)?(\d+(?:\.\d+)*)").match
_distribution = pattern(
    r"(?:^|[-_.])(?:(alpine|ubuntu|centos|fedora|debian)-?(\d+(?:\.\d+)?)|([a-z]+))(?=$|[-_.])"
)


class Release(NamedTuple):
    """A release of `image` and the last day (``YYYY-MM-DD``) on which it gets fixes."""

    image: str
    name: str
    ends: str


@cache
def releases(image: str) -> dict[str, Release]:
    """What is known of an image's releases, by name, in order."""
    pairs = (entry.split(":") for entry in ENDS.get(image, "").split())
    return {name: Release(image, name, ends) for name, ends in pairs}


def of_image(name: str, tag: str) -> Release | None:
    """The release that a tag stands for, its own or that of the distribution it is built on.

    `name` as `Image.short_name` gives it. Of two releases the one that ends first counts.
    """
    tag = tag.lower()
    found = [one for one in (_own(name, tag), _of_distribution(tag)) if one]
    return min(found, key=lambda one: one.ends) if found else None


def _own(name: str, tag: str) -> Release | None:
    known = releases(name)
    match = _version(tag)
    if not known or not match:
        return None
    parts = match[1].split(".")
    for length in range(len(parts), 0, -1):
        release = known.get(".".join(parts[:length]))
        if release:
            return release
    return None


def _of_distribution(tag: str) -> Release | None:
    for image, version, word in _distribution.findall(tag):
        if word in CODENAMES:
            image, version = CODENAMES[word]
        if image:
            return releases(image).get(version) or releases(image).get(version.partition(".")[0])
    return None


def newest(image: str, day: str) -> Release | None:
    """The known release of the image that gets fixes the longest, if it still does on `day`."""
    last = max(releases(image).values(), key=lambda release: release.ends, default=None)
    return last if last is not None and last.ends >= day else None


def supported(image: str, day: str) -> tuple[str, ...]:
    """Names of the known releases of the image that still get fixes on `day`."""
    return tuple(name for name, release in releases(image).items() if release.ends >= day)
