"""The package managers of Ruby, PHP, Go, Rust and the JVM. Data."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.shell.manager import Manager, verbs, words

_JVM_VALUES = words(
    "-f -s -gs -pl -P -T -l -b -p -I -c -g -x --file --settings --global-settings --projects "
    "--activate-profiles --threads --log-file --toolchains --build-file --project-dir "
    "--init-script --settings-file --gradle-user-home --exclude-task --console --project-cache-dir "
    "--configuration --max-workers --warning-mode"
)
_MVN = verbs(
    install="dependency:go-offline,dependency:resolve,dependency:resolve-plugins,"
    "dependency:copy-dependencies,de.qaware.maven:go-offline-maven-plugin:resolve-dependencies",
    build="package,install,verify,compile,test,process-resources,spring-boot:build-image",
    publish="deploy",
)
_GRADLE = verbs(
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


def languages() -> Iterator[Manager]:
    """gem, composer, go, cargo, Maven and Gradle."""
    yield Manager(
        "gem",
        "gem",
        verbs(install="install,i", remove="uninstall", upgrade="update", clean="cleanup,sources"),
        words(
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
        verbs(
            install="install,cache,package",
            upgrade="update",
            clean="clean",
            run="exec",
            remove="remove",
        ),
        words(
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
        verbs(
            install="install,i,require,r,create-project,global require",
            remove="remove,uninstall,global remove",
            upgrade="update,u,upgrade",
            clean="clear-cache,clearcache,cc",
            run="run-script,run,exec,dump-autoload,dumpautoload",
        ),
        words(
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
        verbs(
            install="install,get,mod download,mod vendor",
            build="build,test,generate,vet",
            run="run",
            clean="clean",
        ),
        words(
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
        verbs(
            install="install,fetch,binstall,add,chef cook,vendor",
            remove="uninstall,remove",
            build="build,b,check,test,t,rustc,bench,zigbuild",
            run="run,r",
            upgrade="update",
            clean="clean",
            publish="publish",
        ),
        words(
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
