"""What can be known of a document: distribution, stack, user, builder. Templates decide by it."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern

ALPINE, DEBIAN, RHEL, SUSE, ARCH, WINDOWS = "alpine", "debian", "rhel", "suse", "arch", "windows"

# Base images by the last part of their name. Source: the images' own pages on Docker Hub.
_FAMILY_BY_IMAGE = {
    "alpine": ALPINE,
    "almalinux": RHEL,
    "amazonlinux": RHEL,
    "archlinux": ARCH,
    "buildpack-deps": DEBIAN,
    "centos": RHEL,
    "debian": DEBIAN,
    "fedora": RHEL,
    "nanoserver": WINDOWS,
    "opensuse": SUSE,
    "leap": SUSE,
    "tumbleweed": SUSE,
    "oraclelinux": RHEL,
    "rockylinux": RHEL,
    "servercore": WINDOWS,
    "ubi": RHEL,
    "ubi-minimal": RHEL,
    "ubi8": RHEL,
    "ubi9": RHEL,
    "ubi10": RHEL,
    "ubuntu": DEBIAN,
}
_FAMILY_BY_TAG = (
    (pattern(r"alpine"), ALPINE),
    (pattern(r"nanoserver|windowsservercore|ltsc20"), WINDOWS),
    (
        pattern(
            r"slim|wheezy|jessie|stretch|buster|bullseye|bookworm|trixie|debian|ubuntu"
            r"|trusty|xenial|bionic|focal|jammy|noble"
        ),
        DEBIAN,
    ),
    (pattern(r"\b(?:ubi|centos|fedora|rocky|alma|al20)"), RHEL),
)
_FAMILY_BY_COMMAND = {
    "apk": ALPINE,
    "apt-get": DEBIAN,
    "apt": DEBIAN,
    "dnf": RHEL,
    "microdnf": RHEL,
    "yum": RHEL,
    "zypper": SUSE,
    "pacman": ARCH,
}
# Official language images whose plain tags are Debian.
_DEBIAN_BY_DEFAULT = frozenset(
    [
        "node",
        "python",
        "ruby",
        "golang",
        "rust",
        "php",
        "perl",
        "gcc",
        "openjdk",
        "maven",
        "gradle",
        "postgres",
        "mysql",
        "mariadb",
        "redis",
        "nginx",
        "httpd",
        "haproxy",
        "memcached",
        "rabbitmq",
        "elixir",
        "erlang",
        "haskell",
        "julia",
        "pypy",
        "mono",
    ]
)

_STACK_BY_IMAGE = {
    "bun": "node",
    "deno": "node",
    "node": "node",
    "python": "python",
    "pypy": "python",
    "miniconda3": "python",
    "golang": "go",
    "rust": "rust",
    "openjdk": "java",
    "eclipse-temurin": "java",
    "amazoncorretto": "java",
    "maven": "java",
    "gradle": "java",
    "tomcat": "java",
    "jetty": "java",
    "java": "java",
    "ruby": "ruby",
    "php": "php",
    "composer": "php",
    "sdk": "dotnet",
    "aspnet": "dotnet",
    "runtime": "dotnet",
    "nginx": "web",
    "httpd": "web",
    "elixir": "elixir",
    "erlang": "elixir",
    "gcc": "c",
    "cuda": "gpu",
    "pytorch": "gpu",
    "tensorflow": "gpu",
}
_BUILDKIT_FLAGS = frozenset({"mount", "link", "network", "security"})

_STACK_BY_COMMAND = (
    ("node", ("npm", "yarn", "pnpm", "bun", "node")),
    ("python", ("pip", "pip3", "pip2", "pipenv", "poetry", "uv", "conda", "python", "python3")),
    ("go", ("go",)),
    ("rust", ("cargo", "rustup")),
    ("java", ("mvn", "mvnw", "gradle", "gradlew", "java", "javac")),
    ("ruby", ("gem", "bundle", "bundler")),
    ("php", ("composer", "docker-php-ext-install", "php")),
    ("dotnet", ("dotnet",)),
    ("elixir", ("mix",)),
    ("c", ("make", "cmake", "gcc", "g++")),
)


def family(document: Document, stage: Stage | None) -> str | None:
    """The distribution family of a stage, or None where neither image nor commands tell.

    The image decides first, that of the stage it is built on included; then the package
    manager that the stage calls.
    """
    if stage is None:
        return None
    root = list(stage.lineage())[-1]
    known = _family_of_image(root)
    if known:
        return known
    for member in stage.lineage():
        for item in member.of("RUN"):
            script = document.script(item)
            for command in script.commands if script else ():
                if command.name in _FAMILY_BY_COMMAND:
                    return _FAMILY_BY_COMMAND[command.name]
    return None


def _family_of_image(stage: Stage) -> str | None:
    image = stage.image
    tag = image.tag.lower()
    for names, known in _FAMILY_BY_TAG:
        if names.search(tag):
            return known
    last = image.short_name.rpartition("/")[2]
    if last in _FAMILY_BY_IMAGE:
        return _FAMILY_BY_IMAGE[last]
    return DEBIAN if image.short_name in _DEBIAN_BY_DEFAULT else None


def final_stage(document: Document) -> Stage | None:
    return document.stages[-1] if document.stages else None


def stack(document: Document) -> str:
    """The main language of the document: "node", "python", "go", … or "unknown".

    Base images tell first, those of the last stage before the earlier ones (a web server in
    front of a build stage gives way to the language of the build); then the commands.
    """
    web = False
    for stage in reversed(document.stages):
        last = stage.image.short_name.rpartition("/")[2]
        known = _STACK_BY_IMAGE.get(last)
        web = web or known == "web"
        if known and known != "web":
            return known
    names = document.names
    for known, commands in _STACK_BY_COMMAND:
        if not names.isdisjoint(commands):
            return known
    return "web" if web else "unknown"


def uses_buildkit(document: Document) -> bool:
    """True where the file already needs BuildKit, so that its features may be added freely."""
    if document.syntax:
        return True
    return any(
        item.heredocs or any(flag.name in _BUILDKIT_FLAGS for flag in item.flags)
        for item in document.instructions
    )


def user_at(document: Document, instruction: Instruction) -> str | None:
    """The USER in effect at the instruction; None where the base image decides."""
    stage = document.stage_of(instruction)
    user: str | None = None
    for member in reversed(list(stage.lineage()) if stage else []):
        for item in member.instructions:
            if item is instruction:
                return user
            if item.keyword == "USER" and item.arguments:
                user = item.arguments[0].value
    return user


def is_root(user: str) -> bool:
    """True for root by name or number, with or without a group."""
    return user.strip("\"'").split(":")[0] in ("root", "0")


def workdir_at(document: Document, instruction: Instruction) -> str | None:
    """The last WORKDIR before the instruction as written; None where the base image decides."""
    stage = document.stage_of(instruction)
    workdir: str | None = None
    for member in reversed(list(stage.lineage()) if stage else []):
        for item in member.instructions:
            if item is instruction:
                return workdir
            if item.keyword == "WORKDIR" and item.arguments:
                workdir = item.arguments[0].value
    return workdir
