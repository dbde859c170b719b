"""Credentials are copied into the image.

Why it matters: a key, a token or a password that COPY writes can be read by everybody who has the
image, also where a later step deletes the file: the layer keeps it. In a stage that is not shipped
it is still in the build cache, which may be pushed to a registry.

Which alternative: what a step of the build needs is mounted for that one step with
--mount=type=secret and is in no layer; a key for SSH stays with your agent, --mount=type=ssh lends
it. What the program needs when it runs is given to the container: --env-file, an orchestrator's
secret, a mounted folder.

Why the fix is unsafe: the build has to be given the secret with --secret from then on, and a step
that reads the file without being one of its known readers misses it. What has been in an image that
was pushed has to be replaced where it was issued.

Where the build context is known the file itself decides: an .npmrc without a token, one that takes
it from a variable, and an .env without a secret are no findings.

When to ignore: for keys that are made for tests.

Evidence: in 41 of 16,073 public Dockerfiles (2.6 of 1,000; 6 of 1,000 on GitHub, none of the
curated ones). Looked at: a VPN server that copies ca.key and ta.key, so that everybody with the
image can sign clients (right); id_rsa copied to /root/.ssh so that the image can reach GitHub
(right; an agent does it); composer's auth.json copied for one composer install (right; its mount
is offered); nginx_signing.key and an apt repository's .key were found at first, although they are
public: names with "sign", and keys that apt-key, gpg, rpm or apk import, are no findings since; a
snakeoil.key for tests (right by the letter, to be ignored).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.copied_secrets import (
    Copied,
    imported,
    named_elsewhere,
    readers,
    target,
)
from codi_hook.recipes.credentials import holds_some, kind_of, maven_settings
from codi_hook.recipes.instructions import add_flag, delete
from codi_hook.recipes.layers import is_shipped
from codi_hook.recipes.mounts import mountable
from codi_hook.recipes.values import unquoted


def check(document: Document) -> Iterator[Finding]:
    known = imported(document)
    for item in document.of("COPY", "ADD"):
        if item.flag("from") is not None or item.heredocs or len(item.arguments) < 2:
            continue
        to = unquoted(item.arguments[-1].value)
        for source in item.arguments[:-1]:
            path = unquoted(source.value)
            kind = kind_of(path) or maven_settings(path, to)
            if kind is None or "://" in path or not holds_some(kind, path, document):
                continue
            if any(path.rpartition("/")[2] in text for text in known):
                continue
            where = "the image" if _is_shipped(document, item) else "the build cache"
            message = f"{path} ({kind.what}) is kept in {where}"
            yield Finding(source.span, Copied(item, path, kind), message)


def _is_shipped(document: Document, item: Instruction) -> bool:
    stage = document.stage_of(item)
    return stage is None or is_shipped(document, stage)


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Copied = finding.subject
    document = finding.document
    name = found.name
    runs = readers(document, found)
    secret = name.strip("._").lower().replace(".", "_")
    nothing_kept = Reason("no-layer", f"{name} is then in no layer and in no build cache")
    place = target(document, found)
    mounted = runs and place and mountable(document) and not named_elsewhere(document, found)
    if mounted:
        mount = f"--mount=type=secret,id={secret},target={place}"
        steps = "the step that reads it" if len(runs) == 1 else f"the {len(runs)} steps"
        yield Candidate(
            "secret-mount",
            f"Mount {name} as a secret for {steps}",
            (delete(found.item), *(add_flag(run, mount) for run in runs)),
            Applicability.UNSAFE,
            (
                nothing_kept,
                Reason("pass-it", f"the build is then given --secret id={secret},src={found.path}"),
                Reason("same-path", f"the steps find it at {place} as before"),
            ),
        )
    if "SSH" in found.kind.what:
        yield _advice(
            "ssh-mount",
            "Lend the build your agent: RUN --mount=type=ssh, and build with --ssh default",
            Reason("key-stays", "the key itself never leaves your machine"),
            nothing_kept,
        )
    elif not mounted:
        yield _advice(
            "secret-mount-advice",
            f"If a step of the build needs {name}, mount it there with --mount=type=secret",
            nothing_kept,
            Reason("one-step", "only the step that it is mounted for can read it"),
        )
    yield _advice(
        "give-at-run-time",
        f"Give {name} to the container when it runs",
        Reason("rotates", "a new value then needs no new image"),
        Reason("one-image", "the same image then runs everywhere, each with its own"),
        nothing_kept,
    )


def _advice(key: str, title: str, *reasons: Reason) -> Candidate:
    return Candidate(key, title, (), Applicability.DISPLAY, reasons)


RULE = Rule(
    "CODI008",
    "credentials-copied",
    Severity.WARNING,
    "Credentials are copied into the image",
    check,
    candidates,
    triggers=("COPY", "ADD"),
    reads=("apt-key", "gpg", "gpg2", "rpm", "apk"),
    security=True,
    templates=(
        "secret-mount: unsafe",
        "give-at-run-time: display",
        "secret-mount-advice: display",
        "ssh-mount: display",
    ),
)
