"""SeaweedFS's S3 service, as a real server for whatever speaks S3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.models import parts

KEY, SECRET = "test", "secret-of-tests"
BUCKET = "models"


def environment(url: str) -> dict[str, str]:
    """What a process needs in its environment to reach the service."""
    return {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
    }


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run it on loopback with its data in `folder`; gives its address."""
    (folder / "s3.json").write_text(
        f'{{"identities": [{{"name": "t", "credentials": [{{"accessKey": "{KEY}", "secretKey": '
        f'"{SECRET}"}}], "actions": ["Admin", "Read", "Write", "List"]}}]}}'
    )
    s3, master, volume, filer = parts.free_ports(4)
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or "weed"
    command = [weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}"]
    command += ["-s3", f"-s3.port={s3}", "-s3.config", str(folder / "s3.json")]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0", f"-master.port={master}"]
    command += [f"-volume.port={volume}", f"-filer.port={filer}", "-volume.max=8"]
    command += ["-master.volumeSizeLimitMB=256", "-master.telemetry=false"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{s3}"
        parts.until(lambda: _made_bucket(url), 30)
        yield url
    finally:
        process.kill()
        process.wait(20)


def _made_bucket(url: str) -> bool:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 0}),
    )
    try:
        client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
    except (BotoCoreError, ClientError):
        return False
    return True
