"""S3-compatible stores (Cloudflare R2 and others): the client, its errors, a download that resumes.

The endpoint is, in this order, what the caller names, R2_ENDPOINT, the account's own address where
R2_ACCOUNT_ID is set, or what boto3 finds (AWS_ENDPOINT_URL_S3, its configuration). R2_ACCESS_KEY_ID
and R2_SECRET_ACCESS_KEY, where both are set, stand for the AWS_* variables.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codi_hook.models.errors import ModelError
from codi_hook.models.files import CHUNK, write_json

HINT = "check AWS_ENDPOINT_URL_S3, AWS_REGION and the credentials"
KEYS_HINT = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
REFUSED = (
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "Unauthorized",
)  # fmt: skip
MISSING = ("404", "NoSuchKey", "NotFound")
ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,64}")


def endpoint_url(named: str = "") -> str:
    """The endpoint that the environment means, "" where boto3 is to find it. Raises ModelError."""
    url = named or os.environ.get("R2_ENDPOINT", "")
    account = os.environ.get("R2_ACCOUNT_ID", "")
    if not url and account:
        if not ACCOUNT.fullmatch(account):
            raise ModelError("R2_ACCOUNT_ID is not an account's id", "letters and digits")
        url = f"https://{account}.r2.cloudflarestorage.com"
    if url and not re.match(r"https?://[^/@\s]+", url):
        raise ModelError("the endpoint is not an http or https address", "https://HOST")
    return url


def client(endpoint: str = "", connections: int = 10) -> Any:
    """A boto3 client for S3, which any number of threads may share.

    Raises:
        ModelError: boto3 is missing, or the endpoint is no address.
        BotoCoreError: the machine's AWS configuration is damaged.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        hint = "pip install 'codi-hook[llm]'"
        raise ModelError("s3: needs the package boto3", hint) from error
    url = endpoint_url(endpoint)
    named: dict[str, Any] = {"endpoint_url": url} if url else {}
    key, secret = (
        os.environ.get(f"R2_{name}", "") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    )
    if key and secret:
        named |= {"aws_access_key_id": key, "aws_secret_access_key": secret}
    if not os.environ.get("AWS_REGION") and not os.environ.get("AWS_DEFAULT_REGION") and url:
        named["region_name"] = "auto"  # R2's only one; others sign with whatever they are told
    # Checksums that only Amazon knows are left out unless an operation demands them.
    config = Config(
        max_pool_connections=connections,
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 4},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    # A session of its own: the default one remembers the credentials it began with.
    return boto3.Session().client("s3", config=config, **named)


def code(error: Exception) -> str:
    """The service's word for an error, "" where it did not come from the service."""
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def explain(error: Exception, doing: str, bucket: str) -> ModelError:
    """The clear line for what botocore raised while `doing` ("pull data/x"). Never a secret."""
    kind, word = type(error).__name__, code(error)
    if kind == "ParamValidationError" or word in ("InvalidBucketName", "NoSuchBucket"):
        return ModelError(
            f"cannot {doing}: there is no bucket {bucket!r} at this endpoint", "check its name"
        )
    if kind in ("NoCredentialsError", "PartialCredentialsError"):
        return ModelError(f"cannot {doing}: there are no credentials", KEYS_HINT)
    if word in REFUSED:
        return ModelError(f"cannot {doing}: the credentials were refused ({word})", KEYS_HINT)
    if word in ("403", "AccessDenied"):
        what = f"access to the bucket {bucket!r} was denied"
        return ModelError(f"cannot {doing}: {what}", f"check its name; {KEYS_HINT}")
    if kind in (
        "EndpointConnectionError", "ConnectTimeoutError", "ConnectionError", "SSLError",
        "ProxyConnectionError", "ReadTimeoutError", "ConnectionClosedError", "HTTPClientError",
    ):  # fmt: skip
        address = getattr(error, "kwargs", {}).get("endpoint_url", "the endpoint")
        host = re.sub(r"(https?://[^/]+).*", r"\1", str(address))
        return ModelError(
            f"cannot {doing}: no connection to {host}", "check R2_ENDPOINT and HTTPS_PROXY"
        )
    return ModelError(f"cannot {doing}: {error}", HINT)


def download(
    connection: Any,
    bucket: str,
    key: str,
    part: Path,
    known: dict[str, Any],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Bring `part` to the whole object, going on behind the bytes that are there already.

    `known` is {"etag", "size"} of the object now. An object that changes meanwhile is refused by
    the server; `part` of another object is begun anew. `progress` is told the bytes of each chunk.

    Raises:
        ModelError: the connection ended early.
        BotoCoreError, ClientError: the service failed. OSError: the part cannot be written.
    """
    have = continued(part, known)
    if have < known["size"] or not have:
        wanted = {"Range": f"bytes={have}-"} if have else {}
        answer = connection.get_object(Bucket=bucket, Key=key, IfMatch=known["etag"], **wanted)
        with open(part, "ab" if have else "wb") as target:
            for chunk in answer["Body"].iter_chunks(CHUNK):
                target.write(chunk)
                if progress:
                    progress(len(chunk))
    if part.stat().st_size != known["size"]:
        raise ModelError(
            f"cannot fetch s3:{bucket}/{key}: the connection ended early", "pull again"
        )


def continued(part: Path, known: dict[str, Any]) -> int:
    """Bytes of an earlier attempt that still belong to the object, 0 where there are none.

    `known` is what the server says of the object now; the first attempt left it beside `part`.
    """
    record = part.with_suffix(".json")
    try:
        if json.loads(record.read_bytes()) == known and part.stat().st_size <= known["size"]:
            return part.stat().st_size
    except (OSError, ValueError):
        pass
    part.unlink(missing_ok=True)
    write_json(record, known)
    return 0
