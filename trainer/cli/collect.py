"""`codi-train collect`: Dockerfiles from GitHub, from clones, or from JSON Lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from codi_hook.errors import CodiError

STACKS = (
    *("c", "dotnet", "elixir", "go", "gpu", "java", "node", "php", "python", "ruby", "rust"),
    *("unknown", "web"),
)
_EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.option("--org", "orgs", multiple=True, metavar="NAME", help="An organisation; repeatable.")
@click.option("--user", "users", multiple=True, metavar="NAME", help="A user; repeatable.")
@click.option("--repo", "repos", multiple=True, metavar="OWNER/NAME", help="One repository.")
@click.option(
    "--query",
    "queries",
    multiple=True,
    metavar="TERMS",
    help="Search code for this, within --org, --user, --repo where given; repeatable.",
)
@click.option(
    "--stack",
    "stacks",
    multiple=True,
    type=click.Choice(STACKS),
    help="Keep only Dockerfiles of this stack; alone it also searches for them; repeatable.",
)
@click.option("--limit", type=click.IntRange(0), default=0, help="Files at most; 0 for no limit.")
@click.option("--history", is_flag=True, help="Also what each commit made of each file.")
@click.option(
    "--commits",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Commits of a file that are looked at on GitHub.",
)
@click.option("--forks", is_flag=True, help="Take forks as well.")
@click.option("--private", is_flag=True, help="Take private repositories that the token shows.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and write nothing.")
@click.option("--fresh", is_flag=True, help="Do not go on with an interrupted run.")
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
    "--from-git",
    "from_git",
    multiple=True,
    type=_EXISTING,
    metavar="PATH",
    help="A clone, or a folder of clones, in place of GitHub; repeatable.",
)
@click.option(
    "--from-jsonl",
    "from_jsonl",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Rows that exist, plain or gzip; repeatable.",
)
@click.argument("more", nargs=-1, type=_EXISTING, metavar="[PATH]...")
@click.option("--origin", default="", help="Name of the collection, in place of the usual one.")
@click.option("--shards", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("datasets"),
    show_default=True,
    help="Folder of the data.",
)
def command(from_git: tuple[Path, ...], from_jsonl: tuple[Path, ...], **options: Any) -> None:
    """Collect Dockerfiles into raw/ and, where asked, their changes into changes/.

    The token for GitHub is taken from GITHUB_TOKEN or GH_TOKEN only. PATHs go with --from-git or
    --from-jsonl, so that a shell may fill them in.
    """
    more: tuple[Path, ...] = options.pop("more")
    if more and bool(from_git) == bool(from_jsonl):
        raise CodiError(f"what is {more[0]}?", "name it with --from-git or --from-jsonl")
    if from_git and from_jsonl:
        raise CodiError("--from-git and --from-jsonl at once", "run the two one after the other")
    if (from_git or from_jsonl) and options["dry_run"]:
        raise CodiError("--dry-run is for GitHub", "what is on this disk is read, not fetched")
    stacks = frozenset(options.pop("stacks"))
    shared = (options["data"], options["shards"], stacks, options["origin"])
    if from_jsonl:
        counts = _jsonl((*from_jsonl, *more), *shared)
    elif from_git:
        counts = _clones((*from_git, *more), *shared, options["history"])
    else:
        counts = _github(stacks, options)
    for key, count in sorted(counts.items()):
        click.echo(f"{count:>10,}  {key}")


def _say(line: str) -> None:
    click.echo(line, err=True)


def _jsonl(
    paths: tuple[Path, ...], data: Path, shards: int, stacks: frozenset[str], origin: str
) -> Counter[str]:
    from trainer.collect import jsonl

    return jsonl.run(data, paths, shards, stacks, _say, origin).outcomes


def _clones(
    paths: tuple[Path, ...],
    data: Path,
    shards: int,
    stacks: frozenset[str],
    origin: str,
    history: bool,
) -> Counter[str]:
    from trainer.collect import clones

    return clones.run(data, paths, shards, stacks, _say, history, origin or "git")


def _github(stacks: frozenset[str], options: dict[str, Any]) -> Counter[str]:
    from trainer.collect import crawl
    from trainer.collect.client import environment_token
    from trainer.collect.wanted import Wanted, Where

    wanted = Wanted(
        stacks=stacks,
        **{key: options[key] for key in ("orgs", "users", "repos", "queries", "limit")},
        **{key: options[key] for key in ("history", "commits", "forks", "private")},
    )
    where = Where(
        options["data"],
        options["api_url"],
        environment_token(),
        options["shards"],
        options["origin"] or "github-api",
        options["timeout"],
    )
    return crawl.run(wanted, where, _say, None, options["fresh"], options["dry_run"])
