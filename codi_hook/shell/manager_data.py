"""What is known about package managers. Data only; `managers` makes use of it.

Actions: install, remove, update-index, upgrade, dist-upgrade, clean, build, run, publish.
"install" includes verbs that install what a manifest names. A verb of two words ("cache clean")
is looked for before one of one word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from codi_hook.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Manager:
    """`family` decides how packages and versions are written: apt, apk, rpm, zypper, pip, npm,
    gem, composer, go, cargo, conda, jvm. `bare` is the action without a verb.

    `yes`, `no_recommends`, `no_cache`, `no_dev`: the flags in any accepted spelling, the one to
    write first; a flag with a value reads ``--only=production``. `caches`: what a cache mount of
    the root user would keep. `manifests` and `locks`: the files that installing needs.
    `clean`: the command that empties the cache.
    """

    name: str
    family: str
    verbs: Mapping[str, str]
    values: frozenset[str] = frozenset()
    yes: tuple[str, ...] = ()
    no_recommends: tuple[str, ...] = ()
    no_cache: tuple[str, ...] = ()
    no_dev: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    clean: str = ""
    bare: str = ""
    pin: tuple[str, ...] = ()

    @property
    def system(self) -> bool:
        """True for the manager of a distribution, False for that of a language."""
        return self.family in ("apt", "apk", "rpm", "zypper")


def _verbs(**actions: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for action, names in actions.items():
        for name in names.split(","):
            found[name.strip()] = action.replace("_", "-")
    return found


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_APT_VERBS = _verbs(
    install="install,reinstall,build-dep,satisfy",
    remove="remove,purge,autoremove,autopurge",
    update_index="update",
    upgrade="upgrade,safe-upgrade",
    dist_upgrade="dist-upgrade,full-upgrade",
    clean="clean,autoclean,distclean",
)
_APT_VALUES = _set(
    "-o -c -t -a --option --config-file --target-release --default-release "
    "--host-architecture --solver --planner -P --build-profiles"
)
_APT_YES = ("-y", "--yes", "--assume-yes", "-qq")
_APT_CACHES = ("/var/cache/apt", "/var/lib/apt")

_RPM_VERBS = _verbs(
    install="install,localinstall,groupinstall,group install,groups install,reinstall,"
    "module install,builddep,in,localin",
    remove="remove,erase,autoremove,rm,groupremove,group remove,groups remove,module remove",
    update_index="makecache,check-update",
    upgrade="upgrade,update,up,upgrade-minimal,update-minimal,localupdate",
    dist_upgrade="distro-sync,system-upgrade",
    clean="clean",
)
_RPM_VALUES = _set(
    "-c -d -e -R -x --config --disableplugin --disablerepo --enablerepo --enableplugin "
    "--repo --repoid --exclude --excludepkgs --installroot --releasever --setopt --debuglevel "
    "--errorlevel --rpmverbosity --downloaddir --destdir --forcearch --comment --color "
    "--advisory --bugfix --sec-severity"
)

_PIP_VERBS = _verbs(
    install="install", remove="uninstall", clean="cache purge,cache remove", run="download,wheel"
)
_PIP_VALUES = _set(
    "-r -c -e -i -f -t -b -d -w -C --requirement --constraint --editable --index-url --pypi-url "
    "--extra-index-url --find-links --target --platform --python-version --implementation --abi "
    "--root --prefix --src --upgrade-strategy --config-settings --global-option "
    "--build-option --install-option --no-binary --only-binary --progress-bar --report --build "
    "--python --log --proxy --retries --timeout --exists-action --trusted-host --cert "
    "--client-cert --cache-dir --use-feature --use-deprecated --keyring-provider --group --dest "
    "--wheel-dir --build-constraint --root-user-action --resume-retries --uploaded-prior-to"
)
_PIP_PIN = ("===", "==", "~=", "!=", ">=", "<=", ">", "<")
_PIP_MANIFESTS = ("requirements.txt", "constraints.txt", "pyproject.toml", "setup.py", "setup.cfg")

_NPM_VALUES = _set(
    "-w --workspace --prefix --registry --cache --only --omit --include --loglevel --userconfig "
    "--globalconfig --tag --otp --scope --fetch-retries --fetch-timeout --maxsockets "
    "--fetch-retry-mintimeout --fetch-retry-maxtimeout --cpu --os --libc --script-shell "
    "--before --network-timeout --install-strategy"
)
_YARN_VALUES = _set(
    "--cwd --cache-folder --modules-folder --network-timeout --registry --mutex --global-folder "
    "--prefix --network-concurrency --use-yarnrc --preferred-cache-folder --mode"
)
_CONDA_VERBS = _verbs(
    install="install,create,env create,env update",
    remove="remove,uninstall,env remove",
    upgrade="update,upgrade",
    clean="clean",
    run="run",
)
_CONDA_VALUES = _set(
    "-n -p -c -f --name --prefix --channel --file --solver --experimental-solver --clone "
    "--revision --repodata-fn --subdir --platform -r --root-prefix --default-packages"
)
_JVM_VALUES = _set(
    "-f -s -gs -pl -P -T -l -b -p -I -c -g -x --file --settings --global-settings --projects "
    "--activate-profiles --threads --log-file --toolchains --build-file --project-dir "
    "--init-script --settings-file --gradle-user-home --exclude-task --console --project-cache-dir "
    "--configuration --max-workers --warning-mode"
)
_MVN = _verbs(
    install="dependency:go-offline,dependency:resolve,dependency:resolve-plugins,"
    "dependency:copy-dependencies,de.qaware.maven:go-offline-maven-plugin:resolve-dependencies",
    build="package,install,verify,compile,test,process-resources,spring-boot:build-image",
    publish="deploy",
)
_GRADLE = _verbs(
    install="dependencies,downloadDependencies,resolveDependencies",
    build="build,assemble,bootJar,jar,war,bootWar,shadowJar,installDist,distTar,distZip,test,"
    "check,classes,compileJava,nativeCompile",
    publish="publish",
)
_GRADLE_FILES = (
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "gradle.properties",
    "gradlew",
    "gradle",
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


def _pip(name: str) -> Manager:
    return Manager(
        name,
        "pip",
        _PIP_VERBS,
        _PIP_VALUES,
        yes=("-y", "--yes"),
        no_cache=("--no-cache-dir", "--no-cache"),
        caches=("/root/.cache/pip",),
        manifests=_PIP_MANIFESTS,
        clean=f"{name} cache purge",
        pin=_PIP_PIN,
    )


def _conda(name: str, cache: str) -> Manager:
    return Manager(
        name,
        "conda",
        _CONDA_VERBS,
        _CONDA_VALUES,
        yes=("-y", "--yes"),
        caches=(cache,),
        manifests=("environment.yml", "environment.yaml"),
        locks=("conda-lock.yml",),
        clean=f"{name} clean -afy",
        pin=("==", "=", ">=", "<=", ">", "<"),
    )


def _all() -> Iterable[Manager]:
    yield _apt("apt-get")
    yield _apt("apt")
    yield _apt("aptitude", no_recommends=("--without-recommends", "-R"))
    yield Manager(
        "apk",
        "apk",
        _verbs(
            install="add",
            remove="del",
            update_index="update",
            upgrade="upgrade",
            clean="cache clean,cache purge",
            run="fetch",
        ),
        _set(
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
        _verbs(
            install="install,in,source-install,si,install-new-recommends,inr",
            remove="remove,rm",
            update_index="refresh,ref",
            upgrade="update,up,patch",
            dist_upgrade="dist-upgrade,dup",
            clean="clean,cc",
        ),
        _set(
            "-r -t -c -D -R -p -C --repo --from --type --root --installroot --config --cache-dir "
            "--raw-cache-dir --solv-cache-dir --pkg-cache-dir --reposd-dir --plus-repo "
            "--plus-content --name --download --releasever"
        )
        - _set("-D -C -R"),
        yes=("-y", "--no-confirm", "-n", "--non-interactive"),
        no_recommends=("--no-recommends",),
        caches=("/var/cache/zypp",),
        clean="zypper clean -a",
        pin=(">=", "<=", "=", ">", "<"),
    )
    for name in ("pip", "pip3", "pip2"):
        yield _pip(name)
    yield Manager(
        "pipx",
        "pip",
        _verbs(
            install="install,inject", remove="uninstall", upgrade="upgrade,upgrade-all", run="run"
        ),
        _set("--python --suffix --index-url -i --pip-args --spec"),
        caches=("/root/.cache/pip",),
        pin=_PIP_PIN,
    )
    yield Manager(
        "uv",
        "pip",
        _verbs(
            install="pip install,pip sync,sync,add,tool install",
            remove="pip uninstall,remove,tool uninstall",
            clean="cache clean,cache prune",
            run="run,tool run",
            build="build",
        ),
        _PIP_VALUES
        | _set(
            "--extra --no-extra --only-group --no-group --package --project --directory "
            "--config-file --link-mode --python-preference --resolution --prerelease --index "
            "--default-index --no-install-package --with --exclude-newer --color --torch-backend "
            "-p -P --upgrade-package --refresh-package"
        ),
        no_cache=("--no-cache", "-n", "--no-cache-dir"),
        no_dev=("--no-dev", "--no-default-groups", "--only-group"),
        caches=("/root/.cache/uv",),
        manifests=("pyproject.toml", "requirements.txt"),
        locks=("uv.lock",),
        clean="uv cache clean",
        pin=(*_PIP_PIN, "@"),
    )
    yield Manager(
        "poetry",
        "pip",
        _verbs(
            install="install,add,sync",
            remove="remove",
            upgrade="update",
            clean="cache clear",
            run="run",
            build="build",
            publish="publish",
        ),
        _set(
            "-C -P -E -G --directory --project --extras --group --without --with --only --source "
            "--python --platform"
        ),
        yes=("-n", "--no-interaction"),
        no_cache=("--no-cache",),
        no_dev=("--only=main", "--without=dev", "--no-dev", "--only=production"),
        caches=("/root/.cache/pypoetry",),
        manifests=("pyproject.toml",),
        locks=("poetry.lock",),
        clean="poetry cache clear --all .",
        pin=(*_PIP_PIN, "@"),
    )
    yield Manager(
        "npm",
        "npm",
        _verbs(
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
        _verbs(
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
        _verbs(
            install="install,i,add,fetch,ci",
            remove="remove,rm,uninstall,un,prune",
            upgrade="update,up,upgrade",
            clean="store prune",
            run="run,exec,dlx,build,start,test",
            publish="publish",
        ),
        _set(
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
        _verbs(
            install="install,i,add,a,ci",
            remove="remove,rm",
            upgrade="update",
            clean="pm cache rm",
            run="run,x",
            build="build",
        ),
        _set("-c --config --cwd --backend --registry --cache-dir --omit --filter"),
        no_dev=("--production", "-p", "--omit=dev"),
        caches=("/root/.bun/install/cache",),
        manifests=("package.json",),
        locks=("bun.lock", "bun.lockb"),
        clean="bun pm cache rm",
        pin=("@",),
    )
    yield Manager(
        "gem",
        "gem",
        _verbs(install="install,i", remove="uninstall", upgrade="update", clean="cleanup,sources"),
        _set(
            "-v -i -n -P -s -p -b --version --install-dir --bindir --platform --source "
            "--http-proxy --bulk-threshold --trust-policy --build-root --file -g"
        ),
        no_dev=("--no-development",),
        caches=("/usr/local/bundle/cache",),
        clean="gem cleanup",
        pin=(":",),
    )
    yield Manager(
        "bundle",
        "gem",
        _verbs(
            install="install,cache,package",
            upgrade="update",
            clean="clean",
            run="exec",
            remove="remove",
        ),
        _set(
            "-j -P --jobs --path --without --with --gemfile --retry --binstubs --shebang "
            "--trust-policy --standalone"
        ),
        no_dev=("--without=development",),
        caches=("/usr/local/bundle/cache",),
        manifests=("Gemfile",),
        locks=("Gemfile.lock",),
        bare="install",
        pin=(":",),
    )
    yield Manager(
        "composer",
        "composer",
        _verbs(
            install="install,i,require,r,create-project,global require",
            remove="remove,uninstall,global remove",
            upgrade="update,u,upgrade",
            clean="clear-cache,clearcache,cc",
            run="run-script,run,exec,dump-autoload,dumpautoload",
        ),
        _set(
            "-d --working-dir --prefer-install --ignore-platform-req --stability -s --repository "
            "--apcu-autoloader-prefix"
        ),
        yes=("-n", "--no-interaction"),
        no_cache=("--no-cache",),
        no_dev=("--no-dev",),
        caches=("/root/.composer/cache",),
        manifests=("composer.json",),
        locks=("composer.lock",),
        clean="composer clear-cache",
        pin=(":", "="),
    )
    yield Manager(
        "go",
        "go",
        _verbs(
            install="install,get,mod download,mod vendor",
            build="build,test,generate,vet",
            run="run",
            clean="clean",
        ),
        _set(
            "-ldflags -tags -gcflags -asmflags -mod -modfile -o -p -C -run -timeout -buildmode "
            "-compiler -installsuffix -pkgdir -toolexec -exec -overlay -covermode -coverprofile"
        ),
        caches=("/go/pkg/mod", "/root/.cache/go-build"),
        manifests=("go.mod",),
        locks=("go.sum",),
        clean="go clean -modcache",
        pin=("@",),
    )
    yield Manager(
        "cargo",
        "cargo",
        _verbs(
            install="install,fetch,binstall,add,chef cook,vendor",
            remove="uninstall,remove",
            build="build,b,check,test,t,rustc,bench,zigbuild",
            run="run,r",
            upgrade="update",
            clean="clean",
            publish="publish",
        ),
        _set(
            "-F -j -p -Z -C --features --jobs --package --target --target-dir --manifest-path "
            "--profile --bin --example --test --bench --message-format --color --config --root "
            "--path --git --branch --tag --rev --version --vers --registry --index --recipe-path "
            "--exclude"
        ),
        yes=("-y", "--no-confirm"),
        caches=("/usr/local/cargo/registry", "/usr/local/cargo/git"),
        manifests=("Cargo.toml",),
        locks=("Cargo.lock",),
        pin=("@",),
    )
    yield _conda("conda", "/opt/conda/pkgs")
    yield _conda("mamba", "/opt/conda/pkgs")
    yield _conda("micromamba", "/opt/conda/pkgs")
    for name in ("mvn", "mvnw"):
        yield Manager(
            name,
            "jvm",
            _MVN,
            _JVM_VALUES,
            yes=("-B", "--batch-mode"),
            caches=("/root/.m2",),
            manifests=("pom.xml",),
        )
    for name in ("gradle", "gradlew"):
        yield Manager(
            name,
            "jvm",
            _GRADLE,
            _JVM_VALUES,
            no_cache=("--no-build-cache",),
            caches=("/root/.gradle",),
            manifests=_GRADLE_FILES,
            locks=("gradle.lockfile",),
        )


MANAGERS: dict[str, Manager] = {manager.name: manager for manager in _all()}
