"""An adapter that passed its check, to a Hugging Face repository or to R2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import adapters, files
from codi_hook.models.progress import Progress
from trainer.package import weights

TOKEN_HINT = "set HF_TOKEN to a token that may write"


def listed(folder: Path) -> list[str]:
    """The files of an adapter's folder, metadata.json last. Raises CodiError."""
    raw = files.read_json(folder / adapters.METADATA)
    if raw is None:
        raise CodiError(f"{folder} has no {adapters.METADATA}", "publish what `package` made")
    for name in (weights.SAFETENSORS, weights.CONFIG, "README.md"):
        if name not in raw["checksums"]:
            raise CodiError(f"{folder} has no {name}", "codi-train package")
    return [*sorted(raw["checksums"]), adapters.METADATA]


def to_hub(folder: Path, repo: str, *, private: bool, revision: str, message: str) -> str:
    """Upload the files in one commit and return its address.

    The token is the environment's (HF_TOKEN), or the one that `hf auth login` left.

    Raises:
        CodiError: the hub refuses, or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    names = listed(folder)
    api = HfApi()
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        if revision:
            api.create_branch(repo, branch=revision, exist_ok=True)
        done: Any = api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            allow_patterns=names,
            revision=revision or None,
            commit_message=message,
        )
    except Exception as error:  # the hub's client and its HTTP library raise many kinds
        raise _refused(repo, error) from error
    return str(done.commit_url)


def _refused(repo: str, error: Exception) -> CodiError:
    if {"ConnectError", "TransportError"} & {kind.__name__ for kind in type(error).__mro__}:
        hint = "check the network and HF_ENDPOINT"
        return CodiError(f"cannot publish to {repo}: no connection to the hub", hint)
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if status in (401, 403) or type(error).__name__ == "LocalTokenNotFoundError":
        return CodiError(f"cannot publish to {repo}: the hub refused the token", TOKEN_HINT)
    return CodiError(f"cannot publish to {repo}: {_line(error)}")


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


def to_r2(
    folder: Path, bucket: str, prefix: str, endpoint: str, report: Progress
) -> tuple[str, int]:
    """Send what changed, metadata.json last; the source to pull from, and the files sent.

    Raises:
        CodiError: see trainer.sync.
    """
    from trainer.sync import run
    from trainer.sync.names import clean_prefix

    names = listed(folder)
    place = clean_prefix(prefix)
    done = run.to_bucket(folder, bucket, place, endpoint, report, last=(names[-1],))
    return f"s3:{bucket}/{place}", len(done.moved)
