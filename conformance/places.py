"""Where the suite's data and programs lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SUITE = Path(__file__).parent
CASES = SUITE / "cases"
EXPECTATIONS = SUITE / "expectations"
RUNS = SUITE / "runs"
"""The runs that are kept. They are part of a checkout, not of a wheel."""
SUPPORT = SUITE / "support.json"
IMPLEMENTATIONS = SUITE / "implementations"
BEHAVIOURS = SUITE / "behaviours.toml"
FINDINGS = SUITE / "findings.toml"
FINDINGS_PAGE = SUITE / "findings.md"
"""The findings in full. In a checkout it is a link to the document."""
RECIPES = SUITE / "recipes.toml"
WORKER = SUITE / "worker" / "__main__.py"
KEEPER = SUITE / "running" / "keeper.py"
REPORT = SUITE / "report"


@dataclass(frozen=True)
class Folders:
    """Folders of one's own in the place of the suite's; None stands for the suite's."""

    cases: Path | None = None
    expectations: Path | None = None
    recipes: Path | None = None
    """A file of recipes, which come before the suite's."""
