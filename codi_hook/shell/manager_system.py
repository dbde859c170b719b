"""The package managers of distributions. Data."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.shell.manager import Manager, verbs, words

_APT_VERBS = verbs(
    install="install,reinstall,build-dep,satisfy",
    remove="remove,purge,autoremove,autopurge",
    update_index="update",
    upgrade="upgrade,safe-upgrade",
    dist_upgrade="dist-upgrade,full-upgrade",
    clean="clean,autoclean,distclean",
)
_APT_VALUES = words(
    "-o -c -t -a --option --config-file --target-release --default-release "
    "--host-architecture --solver --planner -P --build-profiles"
)
_APT_YES = ("-y", "--yes", "--assume-yes", "-qq")
_APT_CACHES = ("/var/cache/apt", "/var/lib/apt")
_RPM_VERBS = verbs(
    install="install,localinstall,groupinstall,group install,groups install,reinstall,"
    "module install,builddep,in,localin",
    remove="remove,erase,autoremove,rm,groupremove,group remove,groups remove,module remove",
    update_index="makecache,check-update",
    upgrade="upgrade,update,up,upgrade-minimal,update-minimal,localupdate",
    dist_upgrade="distro-sync,system-upgrade",
    clean="clean",
)
_RPM_VALUES = words(
    "-c -d -e -R -x --config --disableplugin --disablerepo --enablerepo --enableplugin "
    "--repo --repoid --exclude --excludepkgs --installroot --releasever --setopt --debuglevel "
    "--errorlevel --rpmverbosity --downloaddir --destdir --forcearch --comment --color "
    "--advisory --bugfix --sec-severity"
)


def _apt(name: str, **more: tuple[str, ...]) -> Manager:
    return Manager(
        name,
        "apt",
        _APT_VERBS,
        _APT_VALUES,
        yes=_APT_YES,
        no_recommends=more.get("no_recommends", ("--no-install-recommends",)),
        caches=_APT_CACHES,
        clean=f"{name} clean",
        pin=("=",),
    )


def _rpm(name: str, cache: str, **more: tuple[str, ...]) -> Manager:
    return Manager(
        name,
        "rpm",
        _RPM_VERBS,
        _RPM_VALUES,
        yes=("-y", "--assumeyes"),
        no_recommends=more.get("no_recommends", ()),
        caches=(cache,),
        clean=f"{name} clean all",
        pin=("-",),
    )


def system() -> Iterator[Manager]:
    """apt, apk, rpm and zypper."""
    yield _apt("apt-get")
    yield _apt("apt")
    yield _apt("aptitude", no_recommends=("--without-recommends", "-R"))
    yield Manager(
        "apk",
        "apk",
        verbs(
            install="add",
            remove="del",
            update_index="update",
            upgrade="upgrade",
            clean="cache clean,cache purge",
            run="fetch",
        ),
        words(
            "-t -p -X --virtual --root --repository --repositories-file --arch --keys-dir "
            "--cache-dir --wait --cache-max-age --progress-fd --timeout"
        ),
        yes=("--no-interactive",),
        no_cache=("--no-cache",),
        caches=("/var/cache/apk", "/etc/apk/cache"),
        clean="apk cache clean",
        pin=("~=", "=~", ">=", "<=", "=", "~", ">", "<"),
    )
    yield _rpm("yum", "/var/cache/yum")
    weak = ("--setopt=install_weak_deps=False",)
    yield _rpm("dnf", "/var/cache/dnf", no_recommends=weak)
    yield _rpm("dnf5", "/var/cache/libdnf5", no_recommends=weak)
    yield _rpm("microdnf", "/var/cache/yum", no_recommends=("--setopt=install_weak_deps=0", *weak))
    yield _rpm("tdnf", "/var/cache/tdnf")
    yield Manager(
        "zypper",
        "zypper",
        verbs(
            install="install,in,source-install,si,install-new-recommends,inr",
            remove="remove,rm",
            update_index="refresh,ref",
            upgrade="update,up,patch",
            dist_upgrade="dist-upgrade,dup",
            clean="clean,cc",
        ),
        words(
            "-r -t -c -D -R -p -C --repo --from --type --root --installroot --config --cache-dir "
            "--raw-cache-dir --solv-cache-dir --pkg-cache-dir --reposd-dir --plus-repo "
            "--plus-content --name --download --releasever"
        )
        - words("-D -C -R"),
        yes=("-y", "--no-confirm", "-n", "--non-interactive"),
        no_recommends=("--no-recommends",),
        caches=("/var/cache/zypp",),
        clean="zypper clean -a",
        pin=(">=", "<=", "=", ">", "<"),
    )
