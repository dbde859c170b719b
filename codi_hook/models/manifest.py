"""What the store knows of one model: manifest.json beside its files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from codi_hook.models import files
from codi_hook.models.errors import ModelError

NAME = "manifest.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class File:
    """A GGUF of the store. `parent` is the digest of the file it was converted from, or ""."""

    name: str
    digest: str
    size: int
    quantisation: str
    source: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`active` is the name of the file that is used; "" where nothing is installed."""

    id: str
    architecture: str = ""
    licence: str = ""
    active: str = ""
    files: tuple[File, ...] = ()

    def file(self, name: str) -> File | None:
        return next((one for one in self.files if one.name == name), None)

    def original(self) -> File | None:
        return next((one for one in self.files if not one.parent), None)


def read(folder: Path) -> Manifest | None:
    """The manifest in a model's folder, None where there is none.

    Raises:
        ModelError: the manifest is damaged or of a later version.
    """
    raw = files.read_json(folder / NAME)
    if raw is None:
        return None
    if raw.get("schema") != SCHEMA:
        raise ModelError(
            f"{folder / NAME}: schema {raw.get('schema')!r} is not known", "upgrade codi-hook"
        )
    try:
        entries = tuple(File(**entry) for entry in raw["files"])
        rest = {key: str(raw[key]) for key in ("id", "architecture", "licence", "active")}
    except (KeyError, TypeError) as error:
        hint = "remove the folder and pull again"
        raise ModelError(f"{folder / NAME}: damaged: {error}", hint) from error
    for one in entries:
        if "/" in one.name or "\\" in one.name or one.name in ("", ".", ".."):
            raise ModelError(f"{folder / NAME}: a file outside the folder: {one.name!r}")
    return Manifest(files=entries, **rest)


def write(folder: Path, manifest: Manifest) -> None:
    files.write_json(folder / NAME, {"schema": SCHEMA, **asdict(manifest)})
