"""`codi-train extract`: the shell scripts that collected Dockerfiles copy and run."""

from __future__ import annotations

from pathlib import Path

import click

from codi_hook.errors import CodiError

_EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.option(
    "--from-git",
    "from_git",
    multiple=True,
    type=_EXISTING,
    metavar="PATH",
    help="Clones that files were collected from, or a folder of them; repeatable.",
)
@click.argument("more", nargs=-1, type=_EXISTING, metavar="[PATH]...")
@click.option(
    "--github/--no-github",
    "with_github",
    default=True,
    show_default=True,
    help="Fetch the scripts of files that came from GitHub.",
)
@click.option(
    "--api-url",
    metavar="URL",
    default="https://api.github.com",
    show_default=True,
    help="Of GitHub Enterprise: https://HOST/api/v3.",
)
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=30.0, show_default=True, help="Seconds."
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("datasets"),
    show_default=True,
    help="Folder of the data.",
)
def command(
    from_git: tuple[Path, ...],
    more: tuple[Path, ...],
    with_github: bool,
    api_url: str,
    timeout: float,
    data: Path,
) -> None:
    """Add to the rows in raw/ the shell scripts that COPY or ADD bring in and RUN, CMD or
    ENTRYPOINT use. Files that were collected from JSON Lines have no context: nothing can be
    extracted for them."""
    from trainer.collect.client import environment_token
    from trainer.collect.wanted import Where
    from trainer.extract.run import run

    if more and not from_git:
        raise CodiError(f"what is {more[0]}?", "name clones with --from-git")
    where = Where(data, api_url, environment_token(), timeout=timeout)
    counts = run(where, (*from_git, *more), with_github, lambda line: click.echo(line, err=True))
    for key, count in sorted(counts.items()):
        click.echo(f"{count:>10,}  {key}")
