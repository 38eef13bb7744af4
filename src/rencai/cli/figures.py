"""Undoing in figures: what it would do, and what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import typer

from rencai.cli.failures import Failed, InPart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rencai.contract.changes import Undone
    from rencai.contract.runs import Run


class Undoing(msgspec.Struct, frozen=True):
    """How many come back, how many are taken out again, and how many a later change has touched."""

    added: int
    removed: int
    conflicts: int

    @classmethod
    def of_change(cls, undone: Undone) -> Undoing:
        """Of one change, or of what undoing it would do."""
        return cls(
            sum(len(part.added) for part in undone.parts),
            sum(len(part.removed) for part in undone.parts),
            len(undone.conflicts),
        )

    @classmethod
    def of_run(cls, run: Run) -> Undoing:
        """Of a run that undoes another."""
        return cls(run.added, run.removed, run.conflicts)

    @classmethod
    def sum_of(cls, parts: Iterable[Undoing]) -> Undoing:
        """Of several changes as one."""
        sums = [sum(figures) for figures in zip((0, 0, 0), *map(msgspec.structs.astuple, parts), strict=True)]
        return cls(*sums)

    def show(self, what: str, *, as_json: bool) -> None:
        """Say what it would do: for programs on standard output, for people as what comes before the question."""
        if as_json:
            typer.echo(msgspec.json.encode({"dry_run": True, **msgspec.structs.asdict(self)}))
        else:
            typer.echo(f"Plan: {what}", err=True)
            self._print(("to put back", "to take out again", "to leave alone"))

    def report(self, way_back: str | None, *, as_json: bool) -> None:
        """Say what it did, and how to undo it. Raises Failed or InPart where somebody was left alone."""
        if as_json:
            typer.echo(msgspec.json.encode({**msgspec.structs.asdict(self), "undo": way_back or None}))
        else:
            typer.echo("Done", err=True)
            self._print(("put back", "taken out again", "left alone"))
            if way_back:
                typer.echo(f"To undo it:  {way_back}")
        if self.conflicts:
            words = f"{self.conflicts:,} were left alone, because a later change has touched them, or they are gone"
            raise InPart(words) if self.added or self.removed else Failed(f"nothing was changed: {words}")

    def _print(self, names: tuple[str, ...]) -> None:
        for name, figure in zip(names, msgspec.structs.astuple(self), strict=True):
            typer.echo(f"  {name:<20}{figure:>12,}", err=True)
