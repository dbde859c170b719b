"""What goes wrong between a folder and a bucket, and what must never happen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codi_hook.errors import CodiError
from tests.models import parts, weed
from trainer.cli import main
from trainer.sync import multipart, names


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "one.jsonl").write_text('{"id": 1}\n')
    (folder / "raw" / "two.jsonl").write_text('{"id": 2}\n')
    (folder / "empty").write_bytes(b"")
    return folder


def sync(verb: str, folder: Path, prefix: str, *more: str, bucket: str = weed.BUCKET) -> Result:
    arguments = ["sync", verb, str(folder), "--bucket", bucket, "--prefix", prefix, *more]
    return CliRunner().invoke(main, arguments)


def ok(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def clear(result: Result, *words: str) -> None:
    """One line, exit status 2, and no secret in it."""
    assert result.exit_code == 2, (result.output, result.exception)
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1 and weed.SECRET not in result.output, result.output
    for word in words:
        assert word in lines[0], lines[0]


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_only_the_digest_counts(client: Any, data: Path, prefix: str, tmp_path: Path) -> None:
    assert "sent 3 files" in ok(sync("push", data, prefix))
    for path in data.rglob("*"):
        os.utime(path, (1, 1))
    assert "sent 0 files, 0.0 MB; 3 unchanged" in ok(sync("push", data, prefix))
    status = (data / "raw" / "one.jsonl").stat()
    (data / "raw" / "one.jsonl").write_text('{"id": 9}\n')  # same size
    os.utime(data / "raw" / "one.jsonl", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "sent 1 files" in ok(sync("push", data, prefix))
    assert "fetched 3 files" in ok(sync("pull", tmp_path / "copy", prefix))
    assert content(tmp_path / "copy") == content(data)


def test_dry_runs_move_nothing(client: Any, data: Path, prefix: str, tmp_path: Path) -> None:
    said = ok(sync("push", data, prefix, "--dry-run"))
    assert "would send raw/one.jsonl\n" in said and "would send 3 files" in said
    assert "KeyCount" in client.list_objects_v2(Bucket=weed.BUCKET, Prefix=f"{prefix}/")
    assert client.list_objects_v2(Bucket=weed.BUCKET, Prefix=f"{prefix}/")["KeyCount"] == 0
    ok(sync("push", data, prefix))
    assert "would fetch 3 files" in ok(sync("pull", tmp_path / "copy", prefix, "--dry-run"))
    assert not (tmp_path / "copy").exists()


def test_deleting_has_to_be_asked_for(client: Any, data: Path, prefix: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    ok(sync("push", data, prefix))
    ok(sync("pull", copy, prefix))
    (data / "raw" / "two.jsonl").unlink()
    assert "deleted" not in ok(sync("push", data, prefix))
    assert "would delete raw/two.jsonl" in ok(sync("push", data, prefix, "--delete", "--dry-run"))
    assert "deleted 1" in ok(sync("push", data, prefix, "--delete"))
    assert "deleted" not in ok(sync("pull", copy, prefix))
    assert "raw/two.jsonl" in content(copy)
    assert "deleted 1" in ok(sync("pull", copy, prefix, "--delete"))
    assert content(copy) == content(data)
    clear(sync("pull", copy, "no-such-prefix", "--delete"), "is empty", "would delete everything")
    (tmp_path / "bare").mkdir()
    clear(sync("push", tmp_path / "bare", prefix, "--delete"), "is empty")
    assert content(copy) == content(data)


def test_a_corrupted_object_is_not_put_in_place(
    client: Any, data: Path, prefix: str, tmp_path: Path
) -> None:
    ok(sync("push", data, prefix))
    key = f"{prefix}/raw/two.jsonl"
    words = client.head_object(Bucket=weed.BUCKET, Key=key)["Metadata"]
    client.put_object(Bucket=weed.BUCKET, Key=key, Body=b'{"id": 7}\n', Metadata=words)
    copy = tmp_path / "copy"
    (copy / "raw").mkdir(parents=True)
    (copy / "raw" / "two.jsonl").write_text("before")
    clear(sync("pull", copy, prefix), "damaged: raw/two.jsonl", "push the folder again")
    assert (copy / "raw" / "two.jsonl").read_text() == "before"
    assert (copy / "raw" / "one.jsonl").read_text() == '{"id": 1}\n'
    assert "sent 1 files" in ok(sync("push", data, prefix)), "the ETag gave it away"
    ok(sync("pull", copy, prefix))
    assert content(copy) == content(data)


def test_a_lost_object_is_noticed(client: Any, data: Path, prefix: str, tmp_path: Path) -> None:
    ok(sync("push", data, prefix))
    client.delete_object(Bucket=weed.BUCKET, Key=f"{prefix}/raw/one.jsonl")
    clear(sync("pull", tmp_path / "copy", prefix), "lost: raw/one.jsonl")
    assert "sent 1 files" in ok(sync("push", data, prefix))
    assert "fetched 1 files" in ok(sync("pull", tmp_path / "copy", prefix))


def test_objects_of_other_tools_are_taken(client: Any, prefix: str, tmp_path: Path) -> None:
    client.put_object(Bucket=weed.BUCKET, Key=f"{prefix}/deep/x.txt", Body=b"theirs")
    client.put_object(Bucket=weed.BUCKET, Key=f"{prefix}/deep/", Body=b"")
    copy = tmp_path / "copy"
    assert "fetched 1 files" in ok(sync("pull", copy, prefix))
    assert content(copy) == {"deep/x.txt": b"theirs"}
    assert "fetched 0 files" in ok(sync("pull", copy, prefix))


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/x", "a/../../x", "a//b", "./x", "a\\b", "a\nb", "C:x", ".codi-sync/x", "..", ""],
)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(CodiError):
        names.checked(name)


def test_a_prefix_stays_a_prefix(client: Any, data: Path, tmp_path: Path) -> None:
    clear(sync("push", data, "../other"), "leads out of the folder")
    assert "sent 3 files" in ok(sync("push", data, "/with/slashes/"))
    keys = client.list_objects_v2(Bucket=weed.BUCKET, Prefix="with/slashes/raw/")["Contents"]
    assert [row["Key"] for row in keys] == [
        "with/slashes/raw/one.jsonl", "with/slashes/raw/two.jsonl",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 9}', '{"schema": 1, "objects": {"x": 1}}'])
def test_a_damaged_manifest_is_said(client: Any, data: Path, prefix: str, text: str) -> None:
    key = f"{prefix}/.codi-sync/manifest.json"
    client.put_object(Bucket=weed.BUCKET, Key=key, Body=text.encode())
    clear(sync("pull", data, prefix), "manifest")


def test_a_server_that_lists_hostile_keys(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SeaweedFS tidies such keys up; S3 itself does not, so a server of the test's lists them."""
    page = (
        "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>{}</Key>"
        "<ETag>&quot;e&quot;</ETag><Size>3</Size></Contents></ListBucketResult>"
    )
    with parts.serving() as server:
        for name, value in weed.environment(server.url).items():
            monkeypatch.setenv(name, value)
        server.headers = lambda path, body: {"ETag": '"e"'}
        for key in (
            f"{prefix}/../../escaped",
            f"{prefix}//etc/escaped",
            f"{prefix}/..",
            f"{prefix}/%2e%2e/x",
        ):
            server.pages["/models"] = page.format(key).encode()
            server.pages[f"/models/{key}"] = b"bad"
            clear(sync("pull", tmp_path / "in" / "copy", prefix), "leads out of the folder")
    assert not list(tmp_path.rglob("escaped")) and not (tmp_path / "in").exists()


def test_links_do_not_lead_out(client: Any, data: Path, prefix: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (data / "link").symlink_to("../secret")
    clear(sync("push", data, prefix), "leads out of the folder")
    (data / "link").unlink()
    (data / "link").symlink_to("raw/one.jsonl")
    ok(sync("push", data, prefix))
    (tmp_path / "elsewhere").mkdir()
    (data / "deep").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    clear(sync("push", data, prefix), "link to a folder")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "raw").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    clear(sync("pull", copy, prefix), "link to a folder")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with pytest.raises(CodiError, match="leads out"):
        names.destination(copy, "raw/one.jsonl")


class TestErrors:
    def test_no_such_bucket(self, client: Any, data: Path, prefix: str) -> None:
        clear(sync("push", data, prefix, bucket="no-such-bucket"), "'no-such-bucket'", "name")
        clear(sync("pull", data, prefix, bucket="Not A Bucket"), "'Not A Bucket'")

    def test_wrong_credentials(
        self, client: Any, data: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
        result = sync("push", data, prefix)
        clear(result, "the credentials were refused", "AWS_SECRET_ACCESS_KEY")
        assert "wrong-secret" not in result.output
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        clear(sync("pull", data, prefix), "the credentials were refused")

    def test_no_credentials(
        self, client: Any, data: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        clear(sync("push", data, prefix), "there are no credentials")

    def test_unreachable(
        self, client: Any, data: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        result = sync("push", data, prefix, "--endpoint-url", "http://127.0.0.1:9")
        clear(result, "no connection to http://127.0.0.1:9")
        clear(sync("push", data, prefix, "--endpoint-url", "ftp://x"), "not an http")

    def test_r2_variables_are_heard(
        self, client: Any, endpoint: str, data: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        monkeypatch.setenv("R2_ENDPOINT", endpoint)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        monkeypatch.setenv("R2_ACCESS_KEY_ID", weed.KEY)
        monkeypatch.setenv("R2_SECRET_ACCESS_KEY", weed.SECRET)
        monkeypatch.setenv("R2_BUCKET", weed.BUCKET)
        done = CliRunner().invoke(main, ["sync", "push", str(data), "--prefix", prefix])
        assert "sent 3 files" in ok(done)

    def test_r2_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from codi_hook.models import s3

        monkeypatch.setenv("R2_ACCOUNT_ID", "abc123")
        assert s3.client().meta.endpoint_url == "https://abc123.r2.cloudflarestorage.com"
        monkeypatch.setenv("R2_ACCOUNT_ID", "evil.example/")
        with pytest.raises(CodiError, match="R2_ACCOUNT_ID"):
            s3.client()

    def test_a_full_disk(
        self, client: Any, data: Path, prefix: str, endpoint: str, tmp_path: Path
    ) -> None:
        if not parts.can_mount():
            pytest.skip("this machine lets nobody mount")
        (data / "big").write_bytes(os.urandom(3 << 20))
        ok(sync("push", data, prefix))
        target = tmp_path / "small"
        target.mkdir()
        # The free space is seen to be enough before the pull, and is then used up by another.
        code = (
            "import shutil, sys, types; shutil.disk_usage = lambda _: types.SimpleNamespace("
            "free=1 << 40); from trainer.cli import main; main(sys.argv[1:])"
        )
        arguments = f'sync pull "{target}" --bucket models --prefix {prefix}'
        pull = f"\"{sys.executable}\" -c '{code}' {arguments}"
        script = (
            f'mount -t tmpfs -o size=1m none "{target}" && {pull}; s=$?; ls "{target}"; exit $s'
        )
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script], cwd=parts.ROOT, capture_output=True,
            text=True, check=False, env={**os.environ, **weed.environment(endpoint)},
        )  # fmt: skip
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
        assert "no space left in" in done.stderr.splitlines()[-1]
        assert "big" not in done.stdout.split()


def test_a_file_that_changed_since_its_upload_was_begun_is_begun_anew(
    client: Any, data: Path, prefix: str, tmp_path: Path
) -> None:
    from codi_hook.models import s3
    from codi_hook.models.progress import Silent
    from trainer.sync.bucket import Bucket
    from trainer.sync.pool import Meter

    path = data / "big.bin"
    path.write_bytes(os.urandom(multipart.ABOVE + 1))
    bucket = Bucket(s3.client(), weed.BUCKET, prefix)
    local = names.scan(data)["big.bin"]
    begun = multipart._begun(bucket, local, "0" * 64, multipart.record_path(bucket, "big.bin"))
    assert "sent 4 files" in ok(sync("push", data, prefix))
    assert not multipart.record_path(bucket, "big.bin").exists()
    uploads = client.list_multipart_uploads(Bucket=weed.BUCKET).get("Uploads", ())
    assert begun.id not in [one["UploadId"] for one in uploads]
    assert client.head_object(Bucket=weed.BUCKET, Key=f"{prefix}/big.bin")["Metadata"][
        "sha256"
    ] == parts.digest(path)
    multipart._begun(bucket, local, parts.digest(path), multipart.record_path(bucket, "big.bin"))
    gone = multipart.record_path(bucket, "big.bin")
    gone.write_text(gone.read_text().replace('"upload": "', '"upload": "x'))
    sent = multipart.send(bucket, local, parts.digest(path), 2, Meter(Silent(), "", 0))
    assert sent.etag.endswith('-3"'), "an upload that the server forgot is begun anew"


def test_parts_stay_within_the_limits() -> None:
    for size in (1, multipart.ABOVE, 10_000 * multipart.PART, 10_000 * multipart.PART + 1, 5 << 40):
        part = multipart.part_size(size)
        assert part >= multipart.PART and part % (1 << 20) == 0 and -(-size // part) <= 10_000


def test_two_at_once_do_not_mix(client: Any, data: Path, prefix: str, tmp_path: Path) -> None:
    from trainer.sync import run

    copy = tmp_path / "copy"
    ok(sync("push", data, prefix))
    with run._alone(f"pull {copy.resolve()}"):
        clear(sync("pull", copy, prefix), "another process is at it")
