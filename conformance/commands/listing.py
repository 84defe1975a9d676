"""What ``conform --list`` prints: the cases, implementations and modes of a run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ..model.case import Case
from ..model.implementations import applies, wanted
from ..running.target import Target
from ..worker.drivers import modes_of


def show(console: Console, targets: Sequence[Target], cases: Sequence[Case], patterns: Sequence[str]) -> None:
    """List what the targets would be asked, a name a line."""
    every = {
        found.label: found for target in targets for found in target.possible() if wanted(found, patterns)
    }
    asked = [case.id for case in cases if any(applies(case, found) for found in every.values())]
    called = [label for label, found in every.items() if any(applies(case, found) for case in cases)]
    modes = [f"{name}: {', '.join(modes_of(name))}" for name in dict.fromkeys(t.framework for t in targets)]
    for title, names in (("cases", asked), ("implementations", called), ("modes", modes)):
        console.print(Text(f"{title}: {len(names)}", "bold"))
        for name in names:
            console.print(Text(f"  {name}"), soft_wrap=True)
