"""The package managers of Node. Data."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.shell.manager import Manager, verbs, words

_NPM_VALUES = words(
    "-w --workspace --prefix --registry --cache --only --omit --include --loglevel --userconfig "
    "--globalconfig --tag --otp --scope --fetch-retries --fetch-timeout --maxsockets "
    "--fetch-retry-mintimeout --fetch-retry-maxtimeout --cpu --os --libc --script-shell "
    "--before --network-timeout --install-strategy"
)
_YARN_VALUES = words(
    "--cwd --cache-folder --modules-folder --network-timeout --registry --mutex --global-folder "
    "--prefix --network-concurrency --use-yarnrc --preferred-cache-folder --mode"
)


def node() -> Iterator[Manager]:
    """npm, yarn, pnpm and bun."""
    yield Manager(
        "npm",
        "npm",
        verbs(
            install="install,i,add,in,ins,isntall,ci,clean-install,install-test,it,install-ci-test,"
            "cit",
            remove="uninstall,un,rm,r,remove,unlink,prune",
            upgrade="update,up,upgrade",
            clean="cache clean,cache verify",
            run="run,run-script,exec,x,start,test,t",
            publish="publish",
        ),
        _NPM_VALUES,
        yes=("-y", "--yes"),
        no_dev=(
            "--omit=dev",
            "--production",
            "--only=production",
            "--only=prod",
            "--prod",
            "--production=true",
        ),
        caches=("/root/.npm",),
        manifests=("package.json",),
        locks=("package-lock.json", "npm-shrinkwrap.json"),
        clean="npm cache clean --force",
        pin=("@",),
    )
    yield Manager(
        "yarn",
        "npm",
        verbs(
            install="install,add,global add,workspaces focus",
            remove="remove,global remove",
            upgrade="upgrade,up,global upgrade",
            clean="cache clean",
            run="run,exec,dlx,build,start,test,workspace",
            publish="publish",
        ),
        _YARN_VALUES,
        yes=("--non-interactive",),
        no_dev=("--production", "--prod", "--production=true"),
        caches=("/usr/local/share/.cache/yarn",),
        manifests=("package.json",),
        locks=("yarn.lock",),
        clean="yarn cache clean",
        bare="install",
        pin=("@",),
    )
    yield Manager(
        "pnpm",
        "npm",
        verbs(
            install="install,i,add,fetch,ci",
            remove="remove,rm,uninstall,un,prune",
            upgrade="update,up,upgrade",
            clean="store prune",
            run="run,exec,dlx,build,start,test",
            publish="publish",
        ),
        words(
            "-C -F --filter --dir --store-dir --registry --reporter --loglevel "
            "--network-concurrency"
        ),
        no_dev=("--prod", "-P", "--production"),
        caches=("/root/.local/share/pnpm/store",),
        manifests=("package.json",),
        locks=("pnpm-lock.yaml",),
        clean="pnpm store prune",
        pin=("@",),
    )
    yield Manager(
        "bun",
        "npm",
        verbs(
            install="install,i,add,a,ci",
            remove="remove,rm",
            upgrade="update",
            clean="pm cache rm",
            run="run,x",
            build="build",
        ),
        words("-c --config --cwd --backend --registry --cache-dir --omit --filter"),
        no_dev=("--production", "-p", "--omit=dev"),
        caches=("/root/.bun/install/cache",),
        manifests=("package.json",),
        locks=("bun.lock", "bun.lockb"),
        clean="bun pm cache rm",
        pin=("@",),
    )
