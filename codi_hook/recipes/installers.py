"""Install scripts that are known by their address, and what their projects offer besides them.

Sources: the installation pages of the projects named.
"""

from __future__ import annotations

from codi_hook.shell.ast import Word

# (part of the address, what to do in its place)
_KNOWN = (
    ("deb.nodesource.com", "Begin with a node image, or copy node from one with COPY --from"),
    ("rpm.nodesource.com", "Begin with a node image, or copy node from one with COPY --from"),
    ("sh.rustup.rs", "Begin with a rust image, which brings rustup and a pinned toolchain"),
    ("static.rust-lang.org/rustup", "Begin with a rust image, or fetch rustup-init and check it"),
    ("getcomposer.org", "Copy composer from the composer image with COPY --from"),
    ("astral.sh/uv", "Copy uv from ghcr.io/astral-sh/uv with COPY --from"),
    ("install.python-poetry.org", "Install a pinned poetry with pip or pipx"),
    ("python-poetry/poetry", "Install a pinned poetry with pip or pipx"),
    ("bootstrap.pypa.io", "Install pip from the distribution, or begin with a python image"),
    ("get.docker.com", "Copy the docker client from a docker image with COPY --from"),
    ("bun.sh/install", "Copy bun from the oven/bun image with COPY --from"),
    ("deno.land/install", "Copy deno from a denoland/deno image with COPY --from"),
    ("deno.land/x/install", "Copy deno from a denoland/deno image with COPY --from"),
    ("get.pnpm.io", "Install a pinned pnpm with corepack or npm"),
    ("yarnpkg.com/install", "Use the yarn that the node image brings, or corepack"),
    ("get.helm.sh", "Copy helm from a helm image, or fetch a release and check it"),
    ("helm/helm", "Fetch a release of helm and check it against its published checksum"),
    ("nvm-sh/nvm", "Begin with the node image of the version that nvm is to install"),
    ("creationix/nvm", "Begin with the node image of the version that nvm is to install"),
    ("get.rvm.io", "Begin with a ruby image of the version that rvm is to install"),
    ("get.sdkman.io", "Begin with an image that brings the JDK that sdkman is to install"),
    ("aquasecurity/trivy", "Copy trivy from the aquasec/trivy image with COPY --from"),
    ("anchore/syft", "Copy syft from the anchore/syft image with COPY --from"),
    ("anchore/grype", "Copy grype from the anchore/grype image with COPY --from"),
    ("golangci", "Copy golangci-lint from the golangci/golangci-lint image with COPY --from"),
)


def instead_of(url: Word) -> str:
    """What to do in place of running the script at the address; empty where that is not known."""
    return next((advice for part, advice in _KNOWN if part in url.text), "")
