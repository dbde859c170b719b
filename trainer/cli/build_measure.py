"""`codi-train build-measure`: what candidates change about the image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--rule", "rules", multiple=True, metavar="CODE", help="Only this rule's candidates.")
@click.option("--context", type=click.Path(exists=True, file_okay=False, path_type=Path),
              default=None, help="The build context.  [default: each file's folder]")  # fmt: skip
@click.option("--builder", type=click.Choice(["auto", "docker", "podman", "buildctl"]),
              default="auto", show_default=True)  # fmt: skip
@click.option("--static", is_flag=True,
              help="Build nothing: count layers, findings and bytes in the files.")  # fmt: skip
@click.option("--limit", type=click.IntRange(0), default=0, show_default=True,
              help="Candidates a file; 0 for all.")  # fmt: skip
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True,
              help="Builds of which the median time is told.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(1), default=900.0, show_default=True,
              help="Seconds for one build.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="A JSON file for the figures.")  # fmt: skip
def command(
    paths: tuple[str, ...], rules: tuple[str, ...], context: Path | None, builder: str,
    static: bool, limit: int, repeat: int, timeout: float, out: Path | None,
) -> None:  # fmt: skip
    """Build the Dockerfiles PATHS as they are and with each candidate, and compare.

    Compared are image size, layers and build time without a cache. Candidates that are only
    displayed are left out.
    """
    from codi_hook.errors import CodiError
    from codi_hook.models import files
    from codi_hook.registry import find
    from trainer.evaluate.build import builders, compare

    try:
        codes = frozenset(find(name).code for name in rules)
    except KeyError as error:
        raise CodiError(f"no such rule: {error.args[0]}", "codi-hook rule --all") from None
    with_what = None if static else builders.find(builder)
    order = compare.Order(with_what, codes, context, limit, repeat, timeout)
    records = list(compare.measured(paths, order, lambda line: click.echo(line, err=True)))
    if out is not None:
        found: dict[str, Any] = {
            "schema": 1,
            "mode": "static" if with_what is None else "build",
            "files": records,
        }
        if with_what is not None:
            about = {"name": with_what.name, "version": with_what.version, "size": with_what.size}
            found["builder"] = about
        out.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(out, found)
    click.echo(compare.table(records))
