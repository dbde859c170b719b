"""`codi-train prior`: learns how often each template is chosen."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), default="datasets/splits/train",
              show_default=True, help="Rank rows: a folder or a file.")  # fmt: skip
@click.option("--validation", type=click.Path(path_type=Path), default="datasets/splits/val",
              show_default=True, help="Rows by which the cap is chosen.")  # fmt: skip
@click.option("--cap", type=click.IntRange(0), default=None,
              help="Choices that count of one owner for one rule; 0 for all.  "
                   "[default: the best on --validation]")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              default="codi_hook/ranking/prior.json", show_default=True)  # fmt: skip
def command(dataset: Path, validation: Path, cap: int | None, out: Path) -> None:
    """Count the templates that people chose, per rule and context, into prior.json."""
    from codi_hook.errors import CodiError
    from codi_hook.ranking.prior import ENOUGH
    from trainer import prior
    from trainer.evaluate import dataset as stored

    def people(place: Path) -> list[prior.Small]:
        if not place.exists():
            raise CodiError("no such dataset", "make data-prepare", str(place))
        found = [prior.small(row) for row in prior.by_people(stored.rows(place))]
        if not found:
            raise CodiError("no rank rows that people labelled", "", str(place))
        return found

    train = people(dataset)
    if cap is None:
        told = prior.compare(train, people(validation))
        cap = int(told["cap"])
        click.echo(f"{told['rows']} rows held out; the rules' own order: {told['order']:.4f}")
        for name, title in (
            ("by_cap", "top-1 by cap (0 is none)"),
            ("by_enough", f"top-1 by the choices that a context needs ({ENOUGH} in the hook)"),
            ("log_loss_by_added", "log loss by the choices that every candidate is given"),
        ):
            values = "  ".join(f"{key}: {value:.4f}" for key, value in told[name].items())
            click.echo(f"{title}: {values}")
    table = prior.pruned(prior.count(train, cap))
    size = prior.write(out, table)
    contexts = sum(map(len, table.values()))
    owners = len({row.owner for row in train})
    click.echo(f"{len(train)} choices of {owners} owners, cap {cap}: {len(table)} rules, "
               f"{contexts} contexts, {size} bytes: {out}")  # fmt: skip
