"""The one error of models and adapters."""

from __future__ import annotations

import errno
from pathlib import Path

from codi_hook.errors import CodiError


class ModelError(CodiError):
    """A base model or an adapter cannot be used.

    Args:
        message: what is wrong, one line, without a full stop.
        hint: what to do about it, one line, or "".
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(" ".join(message.split()), " ".join(hint.split()))


def from_os_error(error: OSError, path: Path, doing: str) -> ModelError:
    """The clear line for a failed file operation on `path` while `doing` ("write the model")."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ModelError(
            f"cannot {doing}: no space left for {path}",
            "free some space, or set MODEL_MOUNT_PATH to a folder on another disk",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        what = "the file system is read-only" if error.errno == errno.EROFS else "permission denied"
        return ModelError(
            f"cannot {doing}: {what}: {path}",
            "set MODEL_MOUNT_PATH to a folder that can be written",
        )
    return ModelError(f"cannot {doing}: {error.strerror or error}: {path}")
