"""Where the package managers of languages keep what they download, and how it is emptied.

Sources: the managers' manuals and the Dockerfiles of the official images (golang, rust, ruby,
gradle), which move some of the folders. Folders are those of root.
"""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.cleaning import removed
from codi_hook.recipes.layers import environment
from codi_hook.recipes.mounts import kept_out
from codi_hook.shell.ast import Script
from codi_hook.shell.managers import Call, call


@dataclass(frozen=True, slots=True)
class Cache:
    """`folder` is what is kept, `mount` what a cache mount goes to, `clean` empties it.

    `variable` moves the folder. `own` says that nothing but the manager itself, on its next
    download, reads it, so that emptying it changes nothing. `rebuilds` says that what is in it
    is needed again by later builds with the same tool. `images` limits the entry to them.
    """

    folder: str
    mount: tuple[str, ...]
    clean: str = ""
    variable: str = ""
    own: bool = False
    rebuilds: bool = False
    images: tuple[str, ...] = ()


_GEMS = Cache(
    "/usr/local/bundle/cache",
    ("/usr/local/bundle/cache",),
    "rm -rf /usr/local/bundle/cache",
    "GEM_HOME",
    images=("ruby",),
)
_CONDA = Cache("/opt/conda/pkgs", ("/opt/conda/pkgs",), "conda clean -afy", "CONDA_PKGS_DIRS")
_MAVEN = Cache("/root/.m2/repository", ("/root/.m2",), "rm -rf /root/.m2/repository", rebuilds=True)
_GRADLE = Cache(
    "/root/.gradle/caches",
    ("/root/.gradle",),
    "rm -rf /root/.gradle/caches",
    "GRADLE_USER_HOME",
    rebuilds=True,
)

CACHES: dict[str, Cache] = {
    "npm": Cache(
        "/root/.npm", ("/root/.npm",), "npm cache clean --force", "NPM_CONFIG_CACHE", True
    ),
    "yarn": Cache(
        "/usr/local/share/.cache/yarn",
        ("/usr/local/share/.cache/yarn",),
        "yarn cache clean",
        "YARN_CACHE_FOLDER",
        own=True,
    ),
    "pnpm": Cache(
        "/root/.local/share/pnpm/store", ("/root/.local/share/pnpm/store",), variable="PNPM_HOME"
    ),
    "bun": Cache("/root/.bun/install/cache", ("/root/.bun/install/cache",), "bun pm cache rm"),
    "composer": Cache(
        "/root/.composer/cache",
        ("/root/.composer/cache",),
        "composer clear-cache",
        "COMPOSER_HOME",
        own=True,
    ),
    "uv": Cache("/root/.cache/uv", ("/root/.cache/uv",), "uv cache clean", "UV_CACHE_DIR"),
    "poetry": Cache(
        "/root/.cache/pypoetry",
        ("/root/.cache/pypoetry",),
        "rm -rf /root/.cache/pypoetry",
        "POETRY_CACHE_DIR",
    ),
    "gem": _GEMS,
    "bundle": _GEMS,
    "go": Cache(
        "/go/pkg/mod",
        ("/go/pkg/mod", "/root/.cache/go-build"),
        "go clean -modcache -cache",
        "GOMODCACHE",
        rebuilds=True,
        images=("golang",),
    ),
    "cargo": Cache(
        "/usr/local/cargo/registry",
        ("/usr/local/cargo/registry",),
        "rm -rf /usr/local/cargo/registry",
        "CARGO_HOME",
        rebuilds=True,
        images=("rust",),
    ),
    "conda": _CONDA,
    "mamba": _CONDA,
    "mvn": _MAVEN,
    "mvnw": _MAVEN,
    "gradle": _GRADLE,
    "gradlew": _GRADLE,
}
_release = pattern(r"(\d+)\.(\d+)").match
_NOT_FILLING = ("--offline", "-h", "--help", "--version")


def cache_of(document: Document, found: Call) -> Cache | None:
    """The cache that the call fills; None where it fills none or the place is not known."""
    cache = CACHES.get(found.manager.name)
    if cache is None or found.action not in ("install", "build") or found.has_flag(*_NOT_FILLING):
        return None
    if not found.verb and found.has_flag("-v"):  # ``yarn -v``
        return None
    item = found.command.instruction
    stage = document.stage_of(item)
    if stage is None or (cache.variable and cache.variable in _upper(environment(document, item))):
        return None
    image = list(stage.lineage())[-1].image
    if cache.images and image.short_name not in cache.images:
        return None
    if image.short_name == "golang" and not _has_modules(image.tag):
        return None
    if found.manager.name == "yarn" and found.has_flag("--immutable", "--immutable-cache"):
        return None  # yarn 2 and later keep theirs elsewhere
    return None if image.short_name in ("gradle", "composer") else cache


def _upper(values: dict[str, str]) -> set[str]:
    return {name.upper() for name in values}


def _has_modules(tag: str) -> bool:
    """Go builds with modules by default since 1.16."""
    release = _release(tag)
    return release is None or (int(release[1]), int(release[2])) >= (1, 16)


def is_kept(document: Document, script: Script, found: Call, cache: Cache) -> bool:
    """True where the RUN leaves in its layer what the call has put into the cache."""
    folder = cache.folder
    outside = kept_out(script.instruction)
    if any(f == folder or f.startswith(folder) or folder.startswith(f + "/") for f in outside):
        return False
    if any(_same_place(f, mount) for f in outside for mount in cache.mount):
        return False
    if removed(script, folder, found.command.position):
        return False
    if found.has_flag(*found.manager.no_cache):
        return False
    return not any(
        later.action == "clean" and CACHES.get(later.name) is CACHES.get(found.name)
        for command in script.commands[found.command.position + 1 :]
        if (later := call(command)) is not None
    )


def _same_place(folder: str, mount: str) -> bool:
    """The same cache in the home of another user."""
    return folder == mount or folder.rpartition("/")[2] == mount.rpartition("/")[2]
