"""The page: one file that opens from disk, with its data, style and script inside and nothing fetched.

What a framework printed reaches the page in two ways alone: through a template that escapes, and as
compressed data whose texts the script puts into text nodes. A content security policy lets no other script
run.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..judging.severity import ORDER
from ..places import REPORT
from ..printable import printable_data
from ..results.answer import counted, title_of
from .data import Table, page_data
from .summary import slug_of, summary_of
from .views import Entry, Summary

TITLE = "compatlosses conformance"
SCRIPTS = ("page.js", "address.js", "summary.js", "matrix.js", "case.js", "curves.js", "start.js")


@dataclass(frozen=True)
class Links:
    """Where the links of a template lead."""

    up: str = ""
    """The way to the folder of the whole."""
    page: str = ""
    """The page of all cases, if that is another."""
    findings: str = "#finding-{}"
    """A finding's place, by its short name."""

    def finding(self, entry: Entry) -> str:
        """Where a finding is told."""
        return self.findings.format(entry.slug)


def page(runs: Sequence[Table], title: str = TITLE, labels: Sequence[str] = ()) -> str:
    """The page of some runs, as `results.read` gives them; labels tell those of one version apart."""
    runs = [printable_data(run) for run in runs]
    return page_of(runs, summary_of(runs, labels), title, labels)


def page_of(runs: Sequence[Table], summary: Summary, title: str, labels: Sequence[str]) -> str:
    """The page of printable runs and their summary."""
    css, js = style(), '"use strict";\n' + "\n".join(map(source, SCRIPTS))
    shown = page_data(runs, labels)
    return rendered(
        "template.html.j2",
        title=title,
        policy=f"default-src 'none'; img-src data:; style-src {digest(css)}; script-src {digest(js)}",
        created=dates(runs),
        partial=any(run.get("partial") for run in runs),
        cases=len(shown["cases"]),
        verdicts=sum(len(run["verdicts"]) for run in runs),
        summary=summary,
        severities=ORDER,
        links=Links(),
        targets=[target_line(target, run) for run in runs for target in run["targets"]],
        css=Markup(css),
        js=Markup(js),
        data=packed(shown),
    )


def dates(runs: Sequence[Table]) -> list[str]:
    """The days on which runs were made."""
    return sorted({str(run.get("created", ""))[:10] for run in runs} - {""})


def source(name: str) -> str:
    """A file of the page's own."""
    return (REPORT / name).read_text(encoding="utf-8")


def style() -> str:
    """The style of pages."""
    return source("page.css")


def rendered(template: str, **values: Any) -> str:
    """A template with values. It escapes what it is given."""
    environment = Environment(
        loader=FileSystemLoader(REPORT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "parts": parts_of,
        "counted": counted,
        "number": "{:,}".format,
        "title_of": title_of,
        "slug": slug_of,
        "json": json.dumps,
    }
    environment.globals["zip"] = zip
    return environment.get_template(template).render(**values)


def parts_of(text: str) -> list[tuple[bool, str]]:
    """A text in parts, each with whether it is code, which stands between backquotes."""
    return [(bool(place % 2), part) for place, part in enumerate(text.split("`")) if part]


def digest(text: str) -> str:
    """A text as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def packed(data: Table) -> str:
    """JSON, compressed, as base64: the same bytes for the same data, and no markup whatever it holds."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def target_line(target: Table, run: Table) -> Table:
    """A target's line: where it ran, and how many verdicts of each kind."""
    same = [
        verdict
        for verdict in run["verdicts"]
        if (verdict["framework"], verdict["kind"]) == (target["framework"], target["kind"])
        and verdict.get("mode", "eager") == target.get("mode", "eager")
        and verdict.get("version", target.get("version")) == target.get("version")
    ]
    kinds = Counter(verdict.get("expectation", "") for verdict in same)
    statuses = Counter(verdict["status"] for verdict in same)
    available = target.get("available") or {}
    return {
        "label": target["label"],
        "python": target.get("python", ""),
        "numpy": target.get("numpy", ""),
        "seconds": f"{float(target.get('seconds') or 0):.0f}",
        "error": target.get("error", ""),
        "passing": statuses["pass"],
        "expected": kinds["expected"],
        "unexpected": kinds["unexpected"] + kinds["stale"],
        "unsupported": statuses["unsupported"],
        "missing": {name: reason for name, reason in available.items() if reason is not None},
    }
