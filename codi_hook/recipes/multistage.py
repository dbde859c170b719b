"""A stage that builds and runs, as two: what the build makes, and what image can run it.

Image names are facts: a language image's tag names its distribution (`1.22-alpine3.19`,
`1.79-slim-bookworm`), Maven's and Gradle's name their JDK, and the .NET SDK has an ASP.NET runtime
under the same tag. Where the tag does not say it, nothing is made up.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.frozen import dataclass
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.execform import only_command
from codi_hook.recipes.instructions import cased, delete, insert_after
from codi_hook.recipes.layers import environment
from codi_hook.recipes.starts import last_command, own
from codi_hook.recipes.toolchain import is_tool
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import has_flag, operands
from codi_hook.shell.managers import call
from codi_hook.source import Span

_alpine = pattern(r"alpine(3\.\d+)").search
_codename = pattern(r"(?:^|-)(buster|bullseye|bookworm|trixie)\b").search
_temurin = pattern(
    r"(?:.*-)?(?:eclipse-temurin-|(?:open)?jdk-?)(8|11|17|21|25)(?:(-(?:alpine|jammy|noble|focal))|-slim)?\Z"
).match
_corretto = pattern(r".*-amazoncorretto-(\d+)\Z").match
_plain_jdk = pattern(r"(8|11)(?:-jdk)?(-alpine|-slim)?\Z").match
_JDK_OF = {"maven", "gradle"}
_MOVES = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "VOLUME", "LABEL", "HEALTHCHECK", "STOPSIGNAL"})
_BUILD_ONLY = ("GO", "CGO_", "CARGO_", "RUST", "MAVEN_", "GRADLE_", "MVN_", "DEBIAN_FRONTEND")
# Commands that leave nothing behind which the program would need, next to what is built.
_HARMLESS = frozenset((
    "apk", "apt-get", "cargo", "cd", "chmod", "dep", "dotnet", "echo", "export", "git", "glide",
    "go", "godep", "govendor", "gradle", "gradlew", "ls", "make", "mkdir", "mvn", "mvnw", "rm",
    "rustup", "set", "test", "touch", "true",
))  # fmt: skip
_FOR_BUILDS = frozenset((
    "bash", "binutils", "ca-certificates", "curl", "gcc-musl", "git", "gnupg", "libssl-dev",
    "mercurial", "nodejs", "npm", "openssh", "openssh-client", "openssl-dev", "perl",
    "protobuf", "protobuf-compiler", "protobuf-dev", "subversion", "tzdata", "unzip", "upx",
    "wget", "xz-utils", "zip",
))  # fmt: skip
LANGUAGES = {
    "golang": "Go", "rust": "Rust", "maven": "Java", "gradle": "Java", "openjdk": "Java",
    "eclipse-temurin": "Java", "gcc": "C", "mcr.microsoft.com/dotnet/sdk": ".NET",
    "mcr.microsoft.com/dotnet/core/sdk": ".NET", "microsoft/dotnet": ".NET", "swift": "Swift",
    "haskell": "Haskell",
}  # fmt: skip
_BUILDS = {
    "go": ("build", "install"), "cargo": ("build", "install"), "dotnet": ("publish",),
    "mvn": ("package", "install", "verify"), "mvnw": ("package", "install", "verify"),
    "gradle": ("build", "assemble", "bootJar", "shadowJar", "jar", "installDist", "bootRepackage"),
    "swift": ("build",), "stack": ("build", "install"), "cabal": ("build", "install"),
}  # fmt: skip
_BUILDS["gradlew"] = _BUILDS["gradle"]


@dataclass(frozen=True)
class Made:
    """What the build makes, in its stage, and where the container looks for it."""

    path: str
    target: str


@dataclass(frozen=True)
class Build:
    """The last command that builds, and the language of the image it does so on."""

    command: Command
    language: str


def build_of(document: Document, stage: Stage) -> Build | None:
    """What a stage builds with the SDK that it is built on; None where it runs the SDK itself."""
    image = list(stage.lineage())[-1].image
    language = LANGUAGES.get(image.short_name)
    if language is None or (image.short_name == "microsoft/dotnet" and "sdk" not in image.tag):
        return None
    found: Command | None = None
    for part in reversed(list(stage.lineage())):
        for item in part.of("RUN"):
            script = document.script(item)
            for command in script.commands if script else ():
                if _builds(command, language):
                    found = command
    return Build(found, language) if found is not None else None


def _builds(command: Command, language: str) -> bool:
    if language == "C":
        return command.name in ("gcc", "g++", "make", "cc", "c++", "cmake")
    verbs = _BUILDS.get(command.name, ())
    return any((word.value or "").rpartition(":")[2] in verbs for word in command.args)


def artefact(document: Document, stage: Stage, build: Build) -> Made | None:
    """What the container starts, where the build is seen to make it."""
    item = own(stage, "ENTRYPOINT") or own(stage, "CMD")
    command = last_command(document, item)
    base = effective(document, item) if item is not None else None
    if command is None or item is None or command.context or command.wrapper or not base:
        return None
    if item.form == "shell" and only_command(document.script(item)) is not command:
        return None
    made = effective(document, build.command.instruction)
    word = command.word.value
    if not word or not made:
        return None
    if build.language in ("Java", ".NET"):
        path = _archive(build, command, base, made)
        return Made(path, path) if path else None
    if build.language in _FOLDERS and "/" not in word:
        path = f"{_FOLDERS[build.language]}{word}"
        known = _installs(build.command) and "GOPATH" not in environment(document, item)
        return Made(path, f"/usr/local/bin/{word}") if known else None
    path = join(base, word)
    return Made(path, path) if path and _is_made(document, build, path, made) else None


_FOLDERS = {"Go": "/go/bin/", "Rust": "/usr/local/cargo/bin/"}


def _is_made(document: Document, build: Build, path: str, made: str) -> bool:
    """True where the command that works in the folder `made` puts a program at `path`."""
    command, here = build.command, made.rstrip("/")
    if build.language not in _FOLDERS:
        return False
    if _installs(command):
        moved = "GOPATH" in environment(document, command.instruction)
        return path.startswith(_FOLDERS[build.language]) and not moved
    if build.language == "Rust":
        release = any(one.value == "--release" for one in command.args)
        return release and path.startswith(f"{here}/target/release/")
    output = _value(command, "-o")
    if output:
        return path == join(made, output)
    return _builds_here(command) and posixpath.dirname(path) == here


def _installs(command: Command) -> bool:
    return bool(command.args) and command.args[0].value == "install"


def _value(command: Command, *names: str) -> str | None:
    """The value of an option, in the same word or the next."""
    words = [word.value or "" for word in command.args]
    for at, word in enumerate(words):
        if word in names:
            return words[at + 1] if at + 1 < len(words) else None
        if word.partition("=")[0] in names:
            return word.partition("=")[2]
    return None


def _builds_here(command: Command) -> bool:
    """True for ``go build`` of the folder that it runs in, which names the program itself."""
    return [word.value for word in operands(command)] in (["build"], ["build", "."])


def _archive(build: Build, command: Command, base: str, made: str) -> str | None:
    """The jar behind ``java -jar``, or the folder that ``dotnet publish`` writes."""
    if build.language == "Java" and command.name == "java":
        jar = _value(command, "-jar")
        path = join(base, jar) if jar and "*" not in jar else None
        folders = (f"{made.rstrip('/')}/target/", f"{made.rstrip('/')}/build/libs/")
        return path if path and path.startswith(folders) else None
    if build.language == ".NET" and command.name == "dotnet" and command.args:
        output = _value(build.command, "-o", "--output")
        folder = join(made, output) if output else None
        program = join(base, command.args[0].value or "")
        inside = folder and program and program.startswith(folder.rstrip("/") + "/")
        return folder if inside else None
    return None


def runtimes(document: Document, stage: Stage, build: Build) -> Iterator[str]:
    """Images that can run what is built; only such as the SDK's own tag leads to."""
    image = list(stage.lineage())[-1].image
    tag, name = image.tag, image.short_name
    if "$" in image.text or image.digest:
        return
    if build.language in ("Go", "Rust"):
        alpine, debian = _alpine(tag), _codename(tag)
        if alpine:
            yield f"alpine:{alpine[1]}"
        elif debian:
            yield f"debian:{debian[1]}-slim"
    elif name in _JDK_OF or name in ("openjdk", "eclipse-temurin"):
        yield from _jre(name, tag)
    elif name.endswith("/sdk"):
        yield f"{image.name.removesuffix('sdk')}aspnet:{tag}"
    elif name == "microsoft/dotnet" and tag.endswith("-sdk"):
        yield f"microsoft/dotnet:{tag.removesuffix('sdk')}aspnetcore-runtime"


def _jre(name: str, tag: str) -> Iterator[str]:
    if name == "openjdk" and (match := _plain_jdk(tag)):
        if match[1] == "8" or match[2] != "-alpine":
            yield f"openjdk:{match[1]}-jre{match[2] or ''}"
    elif name == "eclipse-temurin" and "-jdk" in tag:
        yield f"eclipse-temurin:{tag.replace('-jdk', '-jre')}"
    elif name in _JDK_OF and (match := _temurin(tag)):
        yield f"eclipse-temurin:{match[1]}-jre{match[2] or ''}"
    elif name in _JDK_OF and (match := _corretto(tag)):
        yield f"amazoncorretto:{match[1]}"


def static_edit(document: Document, stage: Stage, build: Build) -> tuple[Edit, ...] | None:
    """What makes a Go program need no library of the system: nothing where CGO_ENABLED is 0, else
    that setting. None where it cannot run on an empty image."""
    item = own(stage, "ENTRYPOINT") or own(stage, "CMD")
    if build.language != "Go" or item is None or item.form != "json" or build.command.wrapper:
        return None
    values = environment(document, build.command.instruction)
    values.update({one.name: one.value.text for one in build.command.assignments if one.value})
    if values.get("CGO_ENABLED") == "0":
        return ()
    if "CGO_ENABLED" in values or build.command.instruction.form == "json" or build.command.context:
        return None
    if has_flag(build.command, "-race"):
        return None
    at = build.command.span.start
    return (Edit(Span(at, at), "CGO_ENABLED=0 "),)


def splittable(document: Document, stage: Stage) -> bool:
    """False where a step leaves something that the program may need beside what is built."""
    last = max(i for i, item in enumerate(stage.instructions) if item.keyword in _WORK)
    for item in stage.instructions[:last]:
        if item.keyword in ("USER", "ONBUILD") or (_kept(item) and "$" in item.text):
            return False
    for item in stage.of("RUN"):
        script = document.script(item)
        for command in script.commands if script else ():
            found = call(command)
            if command.name not in _HARMLESS:
                return False
            if found is not None and found.manager.system and found.action == "install":
                names = {word.text.split("=")[0] for word in found.packages if not is_tool(word)}
                if not names <= _FOR_BUILDS:
                    return False
    return not stage.instruction.trigger


def _kept(item: Instruction) -> bool:
    """True for an ENV that the program may read."""
    return item.keyword == "ENV" and not all(
        pair.key.value.startswith(_BUILD_ONLY) or pair.key.value == "PATH" for pair in item.pairs
    )


_WORK = frozenset({"RUN", "COPY", "ADD", "FROM"})


_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def split(
    document: Document, stage: Stage, made: Made, runtime: str, certificates: bool = False
) -> tuple[Edit, ...]:
    """The edits that end the stage behind its last step and go on FROM `runtime` with what is
    made. Instructions that configure the image move there."""
    items = stage.instructions
    last = max(i for i, item in enumerate(items) if item.keyword in _WORK)
    first = stage.instruction
    name = stage.name_argument.value if stage.name_argument else "build"
    edits: list[Edit] = []
    if not stage.name_argument:
        at = first.arguments[0].span.end
        edits.append(Edit(Span(at, at), f" {cased(first, 'AS')} {name}"))
    lines = ["", f"{cased(first, 'FROM')} {runtime}"]
    source = document.source
    for item in items[: last + 1]:
        if _kept(item):
            lines.append(source.text(item.span).replace("\r\n", "\n"))
        elif item.keyword in _MOVES:
            lines.append(source.text(item.span).replace("\r\n", "\n"))
            edits.append(delete(item))
    workdir = effective(document, items[-1])
    if workdir and workdir != "/":
        lines.insert(2, f"{cased(first, 'WORKDIR')} {workdir}")
    copies = [f"{made.path} {made.target}"]
    if certificates:
        copies.insert(0, f"{_CERTIFICATES} {_CERTIFICATES}")
    at_end = [f"{cased(first, 'COPY')} --from={name} {one}" for one in copies]
    starts = [
        i for i, line in enumerate(lines) if line.lstrip().upper().startswith(("CMD", "ENTRY"))
    ]
    place = starts[0] if starts else len(lines)
    lines[place:place] = at_end
    edits.append(insert_after(items[last], "\n".join(lines)))
    return tuple(edits)
