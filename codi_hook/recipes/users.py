"""Users that an image has or could have, and the instructions that change to them."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import WINDOWS, family, is_root

# Users that images bring along without running as them. Source: the images' Dockerfiles.
USER_BY_IMAGE = {
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
_login = pattern(r"[a-z_][a-z0-9_-]*\Z").match
NUMBER = "10001"  # above the numbers that distributions give to system and login users
NEW_USER = "app"


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
    if name == USER_BY_IMAGE.get(base_image(stage)) or name in _EVERYWHERE:
        return True
    for run in preceding(document, item):
        script = document.script(run) if run.keyword == "RUN" else None
        for command in script.commands if script else ():
            makes = command.name in ("useradd", "adduser")
            if makes and name in [word.value for word in operands(command)]:
                return True
    return False


def is_windows(document: Document, stage: Stage) -> bool:
    return document.escape == "`" or family(document, stage) == WINDOWS
