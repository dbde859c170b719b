"""Users that an image has or could have, and the instructions that change to them."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import ALPINE, DEBIAN, RHEL, SUSE, WINDOWS, family, is_root
from codi_hook.recipes.instructions import cased, insert_after, insert_before
from codi_hook.shell.parser import READABLE

# Users that images bring along without running as them. Source: the images' Dockerfiles.
_USER_BY_IMAGE = {
    "denoland/deno": "deno",
    "httpd": "www-data",
    "mongo": "mongodb",
    "mysql": "mysql",
    "nginx": "nginx",
    "node": "node",
    "oven/bun": "bun",
    "php": "www-data",
    "postgres": "postgres",
    "rabbitmq": "rabbitmq",
    "redis": "redis",
    "wordpress": "www-data",
}
# Images that run as somebody else than root by themselves, as beginnings of their names.
_NONROOT = (
    "apache/airflow", "bitnami/", "cgr.dev/chainguard/", "cimg/", "circleci/", "curlimages/curl",
    "docker.elastic.co/", "elasticsearch", "fluent/fluentd", "gitpod/", "grafana/", "haproxy",
    "jboss/", "jenkins/", "jupyter/", "kibana", "logstash", "memcached", "nginxinc/",
    "opensearchproject/", "prom/", "quay.io/jupyter/", "quay.io/keycloak/", "quay.io/prometheus/",
    "registry.access.redhat.com/ubi8/nodejs", "registry.access.redhat.com/ubi8/python",
    "registry.access.redhat.com/ubi9/nodejs", "registry.access.redhat.com/ubi9/python",
    "selenium/", "solr", "sonarqube", "sonatype/nexus3", "varnish",
)  # fmt: skip
# Images whose entrypoint begins as root and steps down before the service starts.
_STEPS_DOWN = frozenset((
    "cassandra", "couchdb", "ghost", "influxdb", "mariadb", "mongo", "mysql", "postgres",
    "rabbitmq", "redis", "zookeeper",
))  # fmt: skip
# Official images that set no USER.
_ROOT = frozenset((
    "alpine", "almalinux", "amazoncorretto", "amazonlinux", "archlinux", "buildpack-deps",
    "busybox", "centos", "composer", "debian", "eclipse-temurin", "fedora", "gcc", "golang",
    "gradle", "httpd", "maven", "nginx", "node", "openjdk", "oraclelinux", "perl", "php", "python",
    "rockylinux", "ruby", "rust", "tomcat", "ubuntu",
))  # fmt: skip
_EVERYWHERE = frozenset({"nobody"})  # in the passwd of every distribution's own image
_nonroot_tag = pattern(r"nonroot|non-root|rootless|unprivileged|chiseled").search
_NO_USERADD = pattern(r"amazonlinux|minimal|micro|distroless|busybox|scratch").search
_login = pattern(r"[a-z_][a-z0-9_-]*\Z").match
NUMBER = "10001"  # above the numbers that distributions give to system and login users
NEW_USER = "app"
_NEEDS_ROOT = frozenset({"RUN", "COPY", "ADD", "WORKDIR", "USER", "FROM", "SHELL"})


def base_image(stage: Stage) -> str:
    """The name of the image that the stage and those it is built on begin with."""
    return list(stage.lineage())[-1].image.short_name


def base_is_nonroot(stage: Stage) -> bool:
    """True where the base image is known to run as somebody else than root."""
    image = list(stage.lineage())[-1].image
    name = f"{image.short_name}:{image.tag}"
    return image.short_name.startswith(_NONROOT) or bool(_nonroot_tag(name))


def base_is_root(stage: Stage) -> bool:
    """True where the base image is an official one that is known to run as root."""
    return base_image(stage) in _ROOT


def base_steps_down(stage: Stage) -> bool:
    """True where the entrypoint that the base image brings changes the user itself."""
    return base_image(stage) in _STEPS_DOWN and not any(
        item for member in stage.lineage() for item in member.of("ENTRYPOINT")
    )


def created_users(document: Document, stage: Stage) -> tuple[str, ...]:
    """Names of the users that RUNs of the stage and those it is built on create, in order."""
    from codi_hook.shell.flags import operands

    found: list[str] = []
    for member in reversed(list(stage.lineage())):
        for item in member.of("RUN"):
            script = document.script(item)
            for command in script.commands if script else ():
                if command.name in ("useradd", "adduser"):
                    words = operands(command)
                    if command.name == "adduser" and len(words) > 1:
                        continue  # puts a user that exists into a group
                    name = words[-1 if command.name == "useradd" else 0].value if words else None
                    if name and _login(name) and not is_root(name) and name not in found:
                        found.append(name)
    return tuple(found)


def exists_before(document: Document, item: Instruction, user: str) -> bool:
    """True where the user, a number or a name without variables, is known to be there for the
    instruction: brought by the base image, or created in a step ahead of it."""
    from codi_hook.recipes.layers import preceding
    from codi_hook.shell.flags import operands

    name = user.strip("\"'").partition(":")[0]
    stage = document.stage_of(item)
    if name.isdigit() or is_root(name):
        return True
    if stage is None or not _login(name):
        return False
    if name == _USER_BY_IMAGE.get(base_image(stage)) or name in _EVERYWHERE:
        return True
    for run in preceding(document, item):
        script = document.script(run) if run.keyword == "RUN" else None
        for command in script.commands if script else ():
            makes = command.name in ("useradd", "adduser")
            if makes and name in [word.value for word in operands(command)]:
                return True
    return False


def user_edits(stage: Stage, name: str) -> tuple[Edit, ...]:
    """USER `name` where the stage ends."""
    return _Place(stage).user(name)


def user_candidates(
    document: Document, stage: Stage, except_for: str | None = None
) -> Iterator[Candidate]:
    """Ways to end the stage as somebody else than root, those that fit its distribution.

    `except_for` is a user that the caller offers already.
    """
    place = _Place(stage)
    created = [name for name in created_users(document, stage) if name != except_for]
    for name in created[-1:]:
        reasons: tuple[Reason, ...] = (
            Reason("created-here", f"the file itself creates the user {name}"),
            _files_reason(name),
        )
        yield _user_candidate("created-user", f"Run as {name}", place.user(name), reasons)
    image = base_image(stage)
    own = _USER_BY_IMAGE.get(image)
    if own and own not in (except_for, *created[-1:]):
        reasons = (
            Reason("image-has-it", f"{image} brings the user {own} along"),
            _files_reason(own),
        )
        title = f"Run as {own}, the image's own user"
        yield _user_candidate("image-user", title, place.user(own), reasons)
    create = None if created or except_for else _creation(document, stage)
    if create:
        reasons = (
            Reason("least-rights", "a user of its own owns nothing that it was not given"),
            Reason("checkable", f"{NUMBER} is a number, which Kubernetes' runAsNonRoot can check"),
            Reason("dialect", f"{create.partition(' ')[0]} is how this distribution says it"),
            _files_reason(NEW_USER),
        )
        edits = place.user(f"{NUMBER}:{NUMBER}", create)
        title = f"Create a user {NEW_USER} with the number {NUMBER}"
        yield _user_candidate("new-system-user", title, edits, reasons)
    number = "65532" if "distroless" in image else NUMBER
    account = Reason("no-account", f"{number} needs no account, but has neither a name nor a home")
    if number != NUMBER:
        account = Reason("nonroot", f"{number} is the user nonroot of distroless images")
    reasons = (
        Reason("numeric", "Kubernetes' runAsNonRoot can check a number, and no name"),
        account,
    )
    edits = place.user(f"{number}:{number}")
    yield _user_candidate("numeric-user", f"Run as the number {number}", edits, reasons)


def _user_candidate(
    template: str, title: str, edits: tuple[Edit, ...], reasons: tuple[Reason, ...]
) -> Candidate:
    return Candidate(template, title, edits, Applicability.UNSAFE, reasons)


def _files_reason(name: str) -> Reason:
    return Reason("files-of-root", f"files that root has made belong to root and not to {name}")


def _creation(document: Document, stage: Stage) -> str | None:
    """The command that creates a user and its group in the distribution's dialect."""
    image = list(stage.lineage())[-1].image
    known = family(document, stage)
    dialect = document.dialect(stage.instructions[-1])
    if NEW_USER in created_users(document, stage) or dialect not in READABLE:
        return None
    if known == ALPINE:
        return (
            f"addgroup -S -g {NUMBER} {NEW_USER} && adduser -S -u {NUMBER} -G {NEW_USER} {NEW_USER}"
        )
    if known in (DEBIAN, RHEL, SUSE) and not _NO_USERADD(f"{image.name}:{image.tag}"):
        # Without --system: the number is not one of those that login.defs keeps for the system.
        return (
            f"groupadd --gid {NUMBER} {NEW_USER} && "
            f"useradd --uid {NUMBER} --gid {NEW_USER} --no-create-home {NEW_USER}"
        )
    return None


class _Place:
    """Where USER goes: behind the last instruction that may need root, and before CMD and
    ENTRYPOINT where these close the stage."""

    def __init__(self, stage: Stage) -> None:
        items = stage.instructions
        last = max(i for i, item in enumerate(items) if item.keyword in _NEEDS_ROOT)
        closing = [item for item in items[last + 1 :] if item.keyword in ("CMD", "ENTRYPOINT")]
        self.before = closing[0] if closing else None
        self.after = items[last]

    def user(self, name: str, create: str = "") -> tuple[Edit, ...]:
        near = self.before or self.after
        if self.after.keyword == "USER" and not create:  # nothing is left for root to do
            return (Edit(self.after.arguments[0].span, name),)
        lines = [f"{cased(near, 'USER')} {name}"]
        if create:
            lines.insert(0, f"{cased(near, 'RUN')} {create}")
        text = "\n".join(lines)
        if self.before is not None:
            return (insert_before(self.before, text),)
        return (insert_after(self.after, text),)


def is_windows(document: Document, stage: Stage) -> bool:
    return document.escape == "`" or family(document, stage) == WINDOWS
