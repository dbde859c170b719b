"""`codi-train promote`: lets the hook rank by an adapter where it has earned that."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--registry", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              default="adapters/registry.yml", show_default=True)  # fmt: skip
@click.option("--adapter", type=click.Path(path_type=Path), default=None,
              help="Folder of the adapter.  [default: beside the registry, by its id]")  # fmt: skip
@click.option("--store", metavar="DIR", default="", help="Folder of the installed models.")
@click.option("--min-rows", type=click.IntRange(1), default=20, show_default=True,
              help="Fewest rows of a rule.")  # fmt: skip
@click.option("--min-owners", type=click.IntRange(2), default=5, show_default=True,
              help="Fewest owners of a rule's rows.")  # fmt: skip
@click.option("--max-ece", type=click.FloatRange(0, 1), default=0.08, show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what would be written.")
def command(
    run: Path, registry: Path, adapter: Path | None, store: str, min_rows: int, min_owners: int,
    max_ece: float, dry_run: bool,
) -> None:  # fmt: skip
    """Promote the adapter that RUN evaluated, for the rules on which it beats their order.

    A rule is promoted where the 95 % interval of the gain in top-1 over the rule's order lies
    above zero and top-1 is not below that of the learned frequencies. Exit code 1: the adapter is
    refused as a whole, and the registry stays as it was.
    """
    from trainer.evaluate.systems import now
    from trainer.promote import gates
    from trainer.promote import registry as writer

    found, bars = gates.read(run), gates.Bars(min_rows, min_owners, max_ece)
    said = found["settings"]["models"]["adapter"]
    place = adapter or registry.parent / said["adapter"]
    if against := list(gates.problems(run, found, place, store, bars)):
        for line in against:
            click.echo(f"refused: {line}", err=True)
        raise SystemExit(1)
    earned, refused = gates.rules(found, bars)
    for no in refused:
        click.echo(f"{no.rule}: not promoted: {no.why}")
    if not earned:
        click.echo("refused: it earned no rule", err=True)
        raise SystemExit(1)
    for yes in earned:
        click.echo(f"{yes.rule}: top-1 {yes.gain:+.3f}, win rate {yes.win_rate:.2f}, "
                   f"{yes.rows} rows")  # fmt: skip
    if dry_run:
        return
    compatibility = {
        "adapter": said["adapter"],
        "base_model": said["model"],
        "prompt_version": found["settings"]["prompt_version"],
    }
    promotions = writer.entries(earned, said, now(), run.as_posix())
    writer.update(registry, compatibility, promotions)
    click.echo(f"promoted for {len(earned)} rules: {registry}")
