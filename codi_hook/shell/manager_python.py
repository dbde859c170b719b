"""The package managers of Python, conda among them. Data."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.shell.manager import Manager, verbs, words

_PIP_VERBS = verbs(
    install="install", remove="uninstall", clean="cache purge,cache remove", run="download,wheel"
)
_PIP_VALUES = words(
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
_CONDA_VERBS = verbs(
    install="install,create,env create,env update",
    remove="remove,uninstall,env remove",
    upgrade="update,upgrade",
    clean="clean",
    run="run",
)
_CONDA_VALUES = words(
    "-n -p -c -f --name --prefix --channel --file --solver --experimental-solver --clone "
    "--revision --repodata-fn --subdir --platform -r --root-prefix --default-packages"
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


def python() -> Iterator[Manager]:
    """pip, those that speak its language, and conda."""
    for name in ("pip", "pip3", "pip2"):
        yield _pip(name)
    yield Manager(
        "pipx",
        "pip",
        verbs(
            install="install,inject", remove="uninstall", upgrade="upgrade,upgrade-all", run="run"
        ),
        words("--python --suffix --index-url -i --pip-args --spec"),
        caches=("/root/.cache/pip",),
        pin=_PIP_PIN,
    )
    yield Manager(
        "uv",
        "pip",
        verbs(
            install="pip install,pip sync,sync,add,tool install",
            remove="pip uninstall,remove,tool uninstall",
            clean="cache clean,cache prune",
            run="run,tool run",
            build="build",
        ),
        _PIP_VALUES
        | words(
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
        verbs(
            install="install,add,sync",
            remove="remove",
            upgrade="update",
            clean="cache clear",
            run="run",
            build="build",
            publish="publish",
        ),
        words(
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
    yield _conda("conda", "/opt/conda/pkgs")
    yield _conda("mamba", "/opt/conda/pkgs")
    yield _conda("micromamba", "/opt/conda/pkgs")
