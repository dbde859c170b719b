"""The folder of base models: what is installed, whether it is intact, and how it gets there.

ROOT/<model id>/manifest.json   what is installed; a file it does not name does not exist
ROOT/<model id>/*.gguf          the file as its source has it, and the one converted from it
ROOT/<model id>/stamps.json     see stamps.py
ROOT/.partial/<model id>/       downloads that were not finished
ROOT/.locks/<model id>.lock     held while a model is pulled or removed
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from codi_hook.frozen import dataclass
from codi_hook.models import files, manifest, stamps
from codi_hook.models.catalog import NAME, Base
from codi_hook.models.errors import ModelError
from codi_hook.models.manifest import File, Manifest
from codi_hook.models.progress import Progress


@dataclass(frozen=True, slots=True)
class Installed:
    """A GGUF that can be used.

    `digest` is its SHA-256; `origin` that of the file as its source has it, which is the same
    one unless the file was converted here. `id` is "" for a path outside the store.
    """

    id: str
    path: Path
    digest: str
    origin: str
    size: int
    architecture: str
    quantisation: str
    source: str
    licence: str = ""


class Store:
    """Models under `root` ($MODEL_MOUNT_PATH or the user's cache unless given)."""

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root else files.store_root()

    def folder(self, model_id: str) -> Path:
        if not NAME.fullmatch(model_id):
            raise ModelError(f"not a usable model id: {model_id!r}")
        return self.root / model_id

    def get(self, model_id: str) -> Installed | None:
        """The file of a model that is used, unchecked; None where it is not installed."""
        folder = self.folder(model_id)
        known = manifest.read(folder)
        file = known.file(known.active) if known else None
        if known is None or file is None or not (folder / file.name).is_file():
            return None
        return installed(known, file, folder)

    def path(self, model_id: str) -> Path | None:
        """The GGUF of a model, unchecked; None where it is not installed."""
        found = self.get(model_id)
        return found.path if found else None

    def resolve(self, name: str, digest: str = "") -> Installed:
        """The GGUF that `name` means, a model id or a path, checked and ready to be loaded.

        `digest` is the SHA-256 that the caller insists on, or "". The check reads the file
        once; until it changes, the stamp stands for it.

        Raises:
            ModelError: not installed, damaged, changed, or no GGUF.
        """
        if name.endswith(".gguf"):
            found = _bare(Path(name).expanduser())
        else:
            known = self.get(name)
            if known is None:
                raise ModelError(
                    f"model {name} is not installed in {self.root}", f"codi-hook model pull {name}"
                )
            self.check(known)
            found = known
        if digest and digest not in (found.digest, found.origin):
            raise ModelError(
                f"{found.path}: SHA-256 {found.digest} is not the expected {digest}",
                "pull the model again, or correct the digest in the configuration",
            )
        return found

    def check(
        self, model: Installed, *, full: bool = False, progress: Progress | None = None
    ) -> None:
        """Hold a file to its digest; `full` reads it even where its stamp is good.

        Raises:
            ModelError: the content is not what was installed.
        """
        hint = f"codi-hook model pull {model.id}"
        try:
            found = stamps.digest(model.path, full=full, progress=progress)
        except ModelError as error:
            raise ModelError(error.message, hint) from error
        if found != model.digest:
            raise ModelError(
                f"{model.path}: damaged or changed: SHA-256 {found} is not {model.digest}", hint
            )

    def all(self) -> tuple[Installed, ...]:
        """Every model that is installed, by id, unchecked; a damaged manifest counts as none."""
        return tuple(self._all())

    def _all(self) -> Iterator[Installed]:
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            if NAME.fullmatch(folder.name) and (folder / manifest.NAME).is_file():
                try:
                    found = self.get(folder.name)
                except ModelError:
                    continue
                if found:
                    yield found

    def files(self, model_id: str) -> tuple[Installed, ...]:
        """All files of a model, the one in use first, whether they still exist or not.

        Raises:
            ModelError: not installed.
        """
        folder = self.folder(model_id)
        known = manifest.read(folder)
        if known is None:
            raise ModelError(
                f"model {model_id} is not installed in {self.root}",
                f"codi-hook model pull {model_id}",
            )
        order = sorted(known.files, key=lambda file: file.name != known.active)
        return tuple(installed(known, file, folder) for file in order)

    def pull(
        self,
        base: Base,
        *,
        source: str = "",
        requantise: str | None = None,
        progress: Progress | None = None,
    ) -> Installed:
        """Install a model, or repair it; see pull.py. Raises ModelError."""
        from codi_hook.models.pull import pull

        return pull(self, base, source=source, requantise=requantise, progress=progress)

    def remove(self, model_id: str) -> int:
        """Delete a model and its unfinished downloads; returns the bytes that this freed.

        Raises:
            ModelError: not installed, or not ours to delete.
        """
        from codi_hook.models.pull import locked

        folder = self.folder(model_id)
        partial = self.root / ".partial" / model_id
        if not folder.is_dir() and not partial.is_dir():
            raise ModelError(f"model {model_id} is not installed in {self.root}")
        freed = 0
        with locked(self.root, model_id):
            # The manifest goes first: from then on the model does not exist.
            (folder / manifest.NAME).unlink(missing_ok=True)
            for place in (folder, partial):
                freed += sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
                shutil.rmtree(place, ignore_errors=True)
        return freed


def installed(known: Manifest, file: File, folder: Path) -> Installed:
    return Installed(
        id=known.id,
        path=folder / file.name,
        digest=file.digest,
        origin=file.parent or file.digest,
        size=file.size,
        architecture=known.architecture,
        quantisation=file.quantisation,
        source=file.source,
        licence=known.licence,
    )


def _bare(path: Path) -> Installed:
    from codi_hook.models import gguf_check

    if not path.is_file():
        raise ModelError(f"no such model file: {path}")
    digest = stamps.digest(path)
    header = gguf_check.read(path)
    if header.kind != "model":
        raise ModelError(f"{path}: a GGUF of type {header.kind}, not a model")
    return Installed(
        "", path, digest, digest, header.size, header.architecture, header.quantisation, str(path)
    )
