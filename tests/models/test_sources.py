"""Each kind of source against a real server of its kind, on loopback."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codi_hook.frozen import replace
from codi_hook.models import catalog, gguf_check
from codi_hook.models.errors import ModelError
from codi_hook.models.store import Store
from tests.models import parts


class TestWheel:
    def test_the_embedded_default_is_pulled_converted_and_loads(
        self, store: Store, wheel: Path, server: parts.Server
    ) -> None:
        environment = parts.pip_environment(server.index(wheel))
        done = parts.run("pull", "--root", str(store.root), environment=environment)
        assert done.returncode == 0, done.stderr
        assert server.count("GET", ".whl") == 1
        default = catalog.load().find(catalog.load().default)
        found = store.resolve(default.id)
        assert (found.origin, found.quantisation) == (default.digest, default.requantise)
        assert found.digest != found.origin
        assert len(store.files(default.id)) == 2
        assert gguf_check.read(found.path).metadata["llama.context_length"] == 8192
        import llama_cpp

        llm = llama_cpp.Llama(
            str(found.path), n_ctx=128, n_threads=1, n_threads_batch=1, verbose=False
        )
        answer: Any = llm("The capital of France is", max_tokens=1, temperature=0)
        assert answer["choices"][0]["text"].strip() == "Paris"

    def test_a_damaged_wheel_is_fetched_again(
        self, store: Store, tiny: Path, tmp_path: Path, server: parts.Server, monkeypatch: Any
    ) -> None:
        wheel = parts.write_wheel(tmp_path, tiny)
        monkeypatch.setattr("os.environ", parts.pip_environment(server.index(wheel)))
        source = "pypi:tiny-model==1.0#tiny_model/model.gguf"
        base = catalog.custom("tiny", source)
        data = bytearray(wheel.read_bytes())
        data[len(data) // 2] ^= 1  # inside the stored GGUF: its CRC is wrong
        left = store.root / ".partial" / "tiny" / _key(source)
        left.mkdir(parents=True)
        (left / wheel.name).write_bytes(data)
        with pytest.raises(ModelError, match="is damaged"):
            store.pull(base)
        assert store.pull(base).path.read_bytes() == tiny.read_bytes()

    @pytest.mark.parametrize(
        ("source", "word"),
        [
            ("pypi:tiny-model==1.0#tiny_model/none.gguf", "holds no file tiny_model/none.gguf"),
            ("pypi:tiny-model==9.9#tiny_model/model.gguf", "No matching distribution"),
        ],
    )
    def test_what_the_index_lacks(
        self, store: Store, tiny: Path, tmp_path: Path, server: parts.Server, source: str,
        word: str, monkeypatch: Any,
    ) -> None:  # fmt: skip
        index = server.index(parts.write_wheel(tmp_path, tiny))
        monkeypatch.setattr("os.environ", parts.pip_environment(index))
        with pytest.raises(ModelError, match=word):
            store.pull(catalog.custom("tiny", source))


def _key(source: str) -> str:
    import hashlib

    return hashlib.sha256(source.encode()).hexdigest()[:12]


class TestHub:
    @pytest.fixture
    def hub(self, server: parts.Server, tiny: Path, monkeypatch: Any) -> parts.Server:
        """Answers for one file of one repository as the hub does."""
        server.pages["/me/repo/resolve/main/deep/model.gguf"] = tiny
        server.headers = lambda path, body: {
            "ETag": f'"{parts.digest(tiny)}"',
            "X-Linked-Size": str(len(body)),
            "X-Repo-Commit": "0" * 40,
        }
        return server

    def environment(self, hub: parts.Server, tmp_path: Path) -> dict[str, str]:
        return {
            **parts.pip_environment("http://127.0.0.1:9"),
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "hf"),
        }

    def test_pull(self, store: Store, tiny: Path, tmp_path: Path, hub: parts.Server) -> None:
        source = "hf:me/repo/deep/model.gguf"
        arguments = ("pull", "tiny", "--source", source, "--root", str(store.root))
        environment = self.environment(hub, tmp_path)
        done = parts.run(*arguments, environment=environment)
        assert done.returncode == 0, done.stderr
        assert f"pinned SHA-256 {parts.digest(tiny)}" in done.stderr
        assert store.resolve("tiny").path.read_bytes() == tiny.read_bytes()

    def test_kill_and_continue(self, store: Store, tmp_path: Path, hub: parts.Server) -> None:
        large = parts.write_gguf(tmp_path / "large.gguf", width=1536)
        hub.pages["/me/repo/resolve/main/model.gguf"] = large
        hub.headers = lambda path, body: {"ETag": '"v1"', "X-Repo-Commit": "0" * 40}
        arguments = ("pull", "tiny", "--source", "hf:me/repo/model.gguf", "--root", str(store.root))
        environment = self.environment(hub, tmp_path)

        def received() -> int:
            return sum(path.stat().st_size for path in store.root.rglob("hub.part"))

        hub.stall_after = 15_000_000
        process = parts.start(*arguments, environment=environment)
        parts.until(lambda: received() >= 10_000_000)  # the library writes 10 MiB at a time
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert store.path("tiny") is None
        had = received()
        hub.stall_after = None
        done = parts.run(*arguments, environment=environment)
        assert done.returncode == 0, done.stderr
        gets = [(path, one) for method, path, one in hub.requests if method == "GET"]
        wanted = [one for path, one in gets if "/resolve/" in path]
        assert wanted == ["", f"bytes={had}-"], gets
        assert store.resolve("tiny").path.read_bytes() == large.read_bytes()

    def test_content_that_is_not_what_was_announced(
        self, store: Store, tiny: Path, tmp_path: Path, hub: parts.Server
    ) -> None:
        hub.headers = lambda path, body: {"ETag": f'"{"a" * 64}"', "X-Repo-Commit": "0" * 40}
        source = "hf:me/repo/deep/model.gguf"
        arguments = ("pull", "tiny", "--source", source, "--root", str(store.root))
        done = parts.run(*arguments, environment=self.environment(hub, tmp_path))
        parts.assert_clear(done, "not the content that the hub announced")
        assert store.path("tiny") is None

    def test_a_missing_file(self, store: Store, tmp_path: Path, hub: parts.Server) -> None:
        arguments = ("pull", "tiny", "--source", "hf:me/repo/none.gguf", "--root", str(store.root))
        done = parts.run(*arguments, environment=self.environment(hub, tmp_path))
        parts.assert_clear(done, "cannot fetch hf:me/repo/none.gguf")


class TestS3:
    def test_pull(self, client: Any, store: Store, tiny: Path) -> None:
        client.upload_file(str(tiny), "models", "deep/model.gguf")
        base = catalog.custom("tiny", "s3:models/deep/model.gguf")
        assert store.pull(base).path.read_bytes() == tiny.read_bytes()

    def test_continues_where_it_stopped(
        self, client: Any, store: Store, tiny: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from botocore.response import StreamingBody

        from codi_hook.models import sources

        client.upload_file(str(tiny), "models", "model.gguf")
        base = catalog.custom("tiny", "s3:models/model.gguf")
        asked: list[int] = []
        real = StreamingBody.iter_chunks

        def broken(self: Any, size: int) -> Iterator[bytes]:
            yield next(real(self, 30_000))
            raise OSError(104, "Connection reset by peer")

        def counting(self: Any, size: int) -> Iterator[bytes]:
            for chunk in real(self, size):
                asked.append(len(chunk))
                yield chunk

        monkeypatch.setattr(StreamingBody, "iter_chunks", broken)
        with pytest.raises(ModelError, match="Connection reset"):
            store.pull(base)
        assert store.path("tiny") is None
        monkeypatch.setattr(StreamingBody, "iter_chunks", counting)
        assert store.pull(base).path.read_bytes() == tiny.read_bytes()
        assert sum(asked) == tiny.stat().st_size - 30_000
        assert sources.CHUNK > 30_000

    def test_another_object_of_that_name_is_begun_anew(
        self, client: Any, store: Store, tiny: Path
    ) -> None:
        client.upload_file(str(tiny), "models", "new.gguf")
        source = "s3:models/new.gguf"
        left = store.root / ".partial" / "tiny" / _key(source)
        left.mkdir(parents=True)
        (left / "object.part").write_bytes(b"GGUF of yesterday")
        (left / "object.json").write_text('{"etag": "\\"old\\"", "size": 99}')
        assert store.pull(catalog.custom("tiny", source)).digest == parts.digest(tiny)

    def test_what_is_missing_is_said(self, client: Any, store: Store) -> None:
        with pytest.raises(ModelError, match=r"cannot fetch s3:models/none\.gguf") as caught:
            store.pull(catalog.custom("tiny", "s3:models/none.gguf"))
        assert "AWS_ENDPOINT_URL_S3" in caught.value.hint


def test_an_unknown_kind_of_source(store: Store, tiny: Path) -> None:
    base = replace(catalog.custom("tiny", f"file:{tiny}"), sources=("ftp:host/model.gguf",))
    with pytest.raises(ModelError, match="unknown kind of source"):
        store.pull(base)
