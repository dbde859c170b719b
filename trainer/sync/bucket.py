"""What a prefix of a bucket holds, and the manifest that says so in one request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import s3
from trainer.sync.names import STATE, checked, prefixed
from trainer.sync.pool import each

MANIFEST = f"{STATE}/manifest.json"
SCHEMA = 1
DIGEST = "sha256"  # the key of an object's metadata


@dataclass(frozen=True, slots=True)
class Object:
    """An object: its name under the prefix, size in bytes, ETag, SHA-256 ("" where unknown)."""

    name: str
    size: int
    etag: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What the prefix holds by name, what its manifest says, and what it names in vain."""

    objects: dict[str, Object]
    manifest: dict[str, Object]
    lost: tuple[str, ...]


class Bucket:
    """A bucket's prefix, seen through one client that all threads share."""

    def __init__(self, client: Any, name: str, prefix: str = "") -> None:
        self.client, self.name, self.prefix = client, name, prefix

    def __str__(self) -> str:
        return f"s3:{self.name}/{self.prefix}"

    @property
    def identity(self) -> str:
        """What tells this prefix from every other."""
        return f"{self.client.meta.endpoint_url} {self.name} {self.prefix}"

    def key(self, name: str) -> str:
        return prefixed(self.prefix, name)

    def state(self, jobs: int) -> State:
        """List the prefix. An object that the manifest does not know as it is, is asked itself.

        Raises:
            CodiError: a name that could leave a folder, or a damaged manifest.
        """
        listed, manifest = self._list(), self.manifest()
        known, unknown = {}, []
        for one in listed.values():
            entry = manifest.get(one.name)
            if entry and (entry.size, entry.etag) == (one.size, one.etag):
                known[one.name] = entry
            else:
                unknown.append(one)
        for one in each(jobs, unknown, self._asked):
            known[one.name] = one
        lost = tuple(sorted(manifest.keys() - listed.keys()))
        return State(dict(sorted(known.items())), manifest, lost)

    def _list(self) -> dict[str, Object]:
        found = {}
        start = f"{self.prefix}/" if self.prefix else ""
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.name, Prefix=start):
            for row in page.get("Contents", ()):
                name = row["Key"][len(start) :]
                if not name or name.endswith("/") or name.split("/")[0] == STATE:
                    continue  # the mark of a folder, or ours
                found[checked(name)] = Object(name, row["Size"], row["ETag"])
        return found

    def _asked(self, one: Object) -> Object:
        head = self.client.head_object(Bucket=self.name, Key=self.key(one.name))
        digest = head.get("Metadata", {}).get(DIGEST, "")
        return Object(one.name, head["ContentLength"], head["ETag"], digest)

    def manifest(self) -> dict[str, Object]:
        """The manifest's objects by name, none where there is no manifest.

        Raises:
            CodiError: damaged, or of a later version.
        """
        from botocore.exceptions import ClientError

        try:
            answer = self.client.get_object(Bucket=self.name, Key=self.key(MANIFEST))
        except ClientError as error:
            if s3.code(error) in s3.MISSING:
                return {}
            raise
        hint = "delete that object; the next push writes it anew"
        try:
            raw = json.loads(answer["Body"].read())
            if raw["schema"] != SCHEMA:
                raise CodiError(
                    f"{self}: manifest of schema {raw['schema']!r}", "upgrade codi-hook"
                )
            return {
                name: Object(name, int(row["size"]), str(row["etag"]), str(row[DIGEST]))
                for name, row in raw["objects"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CodiError(f"{self}: {MANIFEST} is damaged", hint) from error

    def write_manifest(self, objects: dict[str, Object]) -> None:
        rows = {
            name: {"size": one.size, "etag": one.etag, DIGEST: one.sha256}
            for name, one in sorted(objects.items())
            if one.sha256
        }
        text = json.dumps({"schema": SCHEMA, "objects": rows}, indent=1)
        self.client.put_object(
            Bucket=self.name,
            Key=self.key(MANIFEST),
            Body=text.encode(),
            ContentType="application/json",
        )

    def delete(self, names: list[str]) -> None:
        # One by one: the batch request needs a checksum that not every store takes.
        for name in names:
            self.client.delete_object(Bucket=self.name, Key=self.key(name))
