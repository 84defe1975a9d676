"""Where the suite's data and programs lie."""

from __future__ import annotations

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
FINDINGS_PAGE = SUITE.resolve().parent / "docs" / "findings.md"
"""The findings in full. They are part of a checkout, not of a wheel."""
RECIPES = SUITE / "recipes.toml"
WORKER = SUITE / "worker" / "__main__.py"
KEEPER = SUITE / "running" / "keeper.py"
REPORT = SUITE / "report"
