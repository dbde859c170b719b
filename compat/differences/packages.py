"""Package managers: what is called, what it leaves behind, and what counts as a version."""

from __future__ import annotations

from codi_hook.recipes.aptconf import configured
from codi_hook.recipes.cleaning import removed
from codi_hook.recipes.mounts import covers, kept_out
from codi_hook.recipes.pins import text_of
from codi_hook.shell.managers import Call
from compat.differences.base import OURS, THEIRS, Place, difference
from compat.differences.places import calls, commands, found, inner, script, seen_through

_MANAGERS = (
    "DL3008 DL3009 DL3013 DL3014 DL3015 DL3016 DL3018 DL3019 DL3028 DL3030 DL3032 DL3033 DL3034 "
    "DL3035 DL3036 DL3037 DL3038 DL3040 DL3041 DL3042 DL3060 DL3062"
)
_OPTIONS = {"DL3014": ("APT::Get::Assume-Yes", True), "DL3015": ("APT::Install-Recommends", False)}
_CACHES = {
    "DL3032": ("/var/cache/yum",),
    "DL3036": ("/var/cache/zypp",),
    "DL3040": ("/var/cache/dnf", "/var/cache/libdnf5"),
    "DL3042": ("/root/.cache/pip",),
    "DL3060": ("/usr/local/share/.cache/yarn",),
}


@difference(
    _MANAGERS, reported_by=OURS, example="FROM alpine:3.20\nRUN sudo apk add --no-cache curl\n"
)
def package_manager_seen_through(place: Place) -> bool:
    """The command is run by sudo, env, xargs or the like, by a shell in the step
    (`bash -c "…"`), or is named by its path. What it does is the same, so it is looked at too."""
    mine = found(place)
    return bool(mine) and all(map(seen_through, mine))


@difference(
    "DL3008 DL3014 DL3015",
    reported_by=OURS,
    example="FROM debian:12\nRUN apt install -y a=8.1\n",
)
def apt_as_apt_get(place: Place) -> bool:
    """apt installs the same packages from the same lists as apt-get, and takes the same options.
    Changing apt into apt-get (DL3027) would otherwise bring up what was there before."""
    mine = found(place)
    return bool(mine) and all(c.name == "apt" or seen_through(c) for c in mine)


@difference(
    "DL3009 DL3032 DL3040",
    reported_by=OURS,
    example="FROM debian:12\nRUN apt-get update && rm -rf /tmp/work\n",
)
def another_folder_removed(place: Place) -> bool:
    """The step has an `rm -rf`, but of another folder: the cache is still in the layer."""
    return any(c.name == "rm" and any(w.text == "-rf" for w in c.args) for c in commands(place))


@difference(
    "DL3009",
    reported_by=THEIRS,
    example="FROM debian:12\nRUN apt-get update && apt-get install -y a=1 && apt-get dist-clean\n",
)
def apt_dist_clean(place: Place) -> bool:
    """`apt-get dist-clean` removes the lists; Debian's official images use it."""
    return any(c.verb in ("dist-clean", "distclean") for c in calls(place))


@difference(
    "DL3009",
    reported_by=THEIRS,
    example="FROM debian:12\nRUN apt-get update && rm -fr /var/lib/apt/lists/\n",
)
def apt_lists_removed(place: Place) -> bool:
    """The lists are removed in another spelling: `rm -fr`, `rm -r -f`, or `find … -delete`."""
    run = script(place)
    return run is not None and removed(run, "/var/lib/apt/lists")


@difference(
    "DL3014 DL3015",
    reported_by=THEIRS,
    example=(
        "FROM debian:12\n"
        "RUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/90no\n"
        "RUN apt-get install -y curl=8.1\n"
    ),
)
def set_in_apt_conf(place: Place) -> bool:
    """An earlier command of the stage has written the setting to /etc/apt/apt.conf.d."""
    option, value = _OPTIONS[place.code]
    return any(configured(place.document, c, option, value) for c in _installs(place, "apt"))


@difference(
    "DL3014 DL3015",
    reported_by=THEIRS,
    example="FROM debian:12\nRUN apt-get install -y -o APT::Install-Recommends=0 curl=8.1\n",
)
def set_by_apt_option(place: Place) -> bool:
    """`-o APT::Install-Recommends=0` is `--no-install-recommends`."""
    name, _ = _OPTIONS[place.code]
    texts = [word.text.lower() for c in _installs(place, "apt") for word in c.command.args]
    return any(name.lower() + "=" in text for text in texts)


@difference(
    "DL3009 DL3060",
    reported_by=THEIRS,
    example="FROM debian:12\nRUN apt-get update\nFROM debian:12\n",
)
def stage_that_is_not_shipped(place: Place) -> bool:
    """The final stage is not built on this one, so that what is left in its layers is in no image
    that leaves the build."""
    stages = place.document.stages
    shipped = list(stages[-1].lineage()) if stages else []
    return place.document.stage_of(inner(place)) not in shipped


@difference(
    "DL3013 DL3042",
    reported_by=OURS,
    example="FROM python:3\nRUN python3 -mpip install requests\n",
)
def pip_as_a_module(place: Place) -> bool:
    """`python3 -mpip` runs pip as `python3 -m pip` does."""
    mine = found(place)
    return bool(mine) and all(any(w.text == "-mpip" for w in c.args) for c in mine)


def _installs(place: Place, family: str) -> list[Call]:
    return [c for c in calls(place) if c.manager.family == family and c.verb == "install"]


@difference(
    "DL3032 DL3036 DL3040 DL3042 DL3060",
    reported_by=THEIRS,
    example="FROM node:22\nRUN --mount=type=tmpfs,target=/usr/local/share yarn install\n",
)
def kept_in_a_mount(place: Place) -> bool:
    """What is written to a cache or tmpfs mount never gets into the layer."""
    folders = kept_out(inner(place))
    if place.code == "DL3042":  # pip's cache lies in the user's home, wherever that is
        return any("cache" in folder or covers((folder,), "/root/.cache") for folder in folders)
    return any(covers(folders, folder) for folder in _CACHES[place.code])


@difference(
    "DL3032 DL3036 DL3040 DL3042 DL3060",
    reported_by=THEIRS,
    example="FROM python:3\nRUN pip install requests==2.32.0 && rm -r /root/.cache\n",
)
def cache_folder_removed(place: Place) -> bool:
    """The same step removes the folder of the cache, by `rm` in any spelling or by `find`."""
    run = script(place)
    return run is not None and any(removed(run, folder) for folder in _CACHES[place.code])


@difference(
    "DL3032 DL3040 DL3042 DL3060",
    reported_by=THEIRS,
    example="FROM node:22\nRUN yarn cache clean && yarn install && yarn cache clean\n",
)
def cleaned_behind_the_last(place: Place) -> bool:
    """The step cleans the cache behind the last install; what it did before does no harm."""
    clean = [c.command.position for c in calls(place) if c.action == "clean"]
    fill = [c.command.position for c in calls(place) if c.action == "install"]
    return bool(clean and fill) and max(clean) > max(fill)


@difference(
    "DL3042",
    reported_by=THEIRS,
    example="FROM python:3\nRUN pip install --no-cache requests==2.32.0\n",
)
def pip_option_shortened(place: Place) -> bool:
    """pip takes an option by its beginning: `--no-cache` is `--no-cache-dir`."""
    return any(c.has_flag("--no-cache") for c in _installs(place, "pip"))


@difference("DL3013", reported_by=THEIRS, example="FROM python:3\nRUN pip install .[server]\n")
def pip_folder_of_the_project(place: Place) -> bool:
    """What is installed lies in the build context, with extras (`.[server]`) or above (`..`)."""
    return any(_texts_begin(c, ".") for c in _installs(place, "pip"))


def _texts_begin(found: Call, *prefixes: str) -> bool:
    return any(text_of(word).startswith(prefixes) for word in (*found.packages, *found.sources))


@difference(
    "DL3013", reported_by=THEIRS, example="FROM python:3\nRUN pip install -Ur requirements.txt\n"
)
def pip_requirements_in_cluster(place: Place) -> bool:
    """`-Ur requirements.txt` names a requirements file as `-U -r requirements.txt` does."""
    return any(f.name == "-r" and f.cluster for c in _installs(place, "pip") for f in c.flags)


@difference(
    "DL3032 DL3033 DL3040 DL3041",
    reported_by=THEIRS,
    example="FROM centos:7\nRUN yum -y swap -- remove fakesystemd -- install systemd\n",
)
def install_is_no_verb(place: Place) -> bool:
    """The word install stands among the operands, as in `yum swap -- remove a -- install b`, or in
    `yum upgrade -y \\ yum install b`, where && was forgotten: nothing is installed by it."""
    rpm = [c for c in calls(place) if c.manager.family == "rpm"]
    return any(
        c.verb_word is not None
        and "install" not in c.verb
        and "install" in [word.value for word in c.command.args]
        for c in rpm
    )


@difference(
    "DL3033 DL3041", reported_by=THEIRS, example="FROM centos:7\nRUN yum install -y /tmp/tool.rpm\n"
)
def rpm_file(place: Place) -> bool:
    """A file, or the URL of one, is one version whatever its name is."""
    return any(
        text_of(word).endswith(".rpm")
        for c in _installs(place, "rpm")
        for word in (*c.packages, *c.sources)
    )


@difference(
    "DL3033 DL3041",
    reported_by=THEIRS,
    example="FROM centos:7\nRUN yum group install -y 'Development Tools'\n",
)
def rpm_group(place: Place) -> bool:
    """A group of packages has no version that could be pinned."""
    return any(c.verb in ("group install", "groups install") for c in calls(place))


@difference("DL3028", reported_by=OURS, example="FROM ruby:3.3\nRUN gem install -N rails\n")
def gem_after_an_option(place: Place) -> bool:
    """An option without a value (`gem install -N name`) does not take the gem's name away."""
    mine = [c for c in found(place) if not seen_through(c)]
    return bool(mine) and all(any(w.text.startswith("-") for w in c.args) for c in mine)


@difference("DL3028", reported_by=THEIRS, example="FROM ruby:3.3\nRUN gem install pkg/tool.gem\n")
def gem_file_or_version(place: Place) -> bool:
    """A .gem file is one version; so is what `-v=1.2` names."""
    return any(
        c.has_flag("-v", "--version") or any(".gem" in w.text for w in c.command.args)
        for c in calls(place)
        if c.name == "gem"
    )


@difference("DL3016", reported_by=THEIRS, example="FROM node:22\nRUN npm install .\n")
def npm_local_or_commit(place: Place) -> bool:
    """`npm install .` installs the project; behind a # stands a commit or a tag."""
    mine = [c for c in calls(place) if c.name == "npm" and c.verb == "install"]
    texts = [text_of(word) for c in mine for word in (*c.packages, *c.sources)]
    return any(text.startswith((".", "/", "~", "file:")) or "#" in text for text in texts)


@difference("DL3016", reported_by=THEIRS, example="FROM node:22\nRUN npm install --prefix web\n")
def npm_option_with_a_value(place: Place) -> bool:
    """What follows `--prefix` is a folder and no package."""
    mine = [c for c in calls(place) if c.name == "npm" and c.verb == "install"]
    return any(flag.value_word for c in mine for flag in c.flags)


@difference("DL3062", reported_by=THEIRS, example="FROM golang:1.23\nRUN go run main.go\n")
def go_of_the_project(place: Place) -> bool:
    """A file of the project, or the value of an option (`-mod vendor`), is no program to pin."""
    mine = [c for c in calls(place) if c.name == "go" and c.verb in ("run", "install", "get")]
    return any(
        any(word.text.endswith(".go") for word in c.command.args)
        or any(flag.value_word for flag in c.flags)
        for c in mine
    )
