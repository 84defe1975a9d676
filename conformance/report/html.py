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

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..places import REPORT
from ..printable import printable_data
from .data import Table, page_data

SCRIPTS = ("page.js", "matrix.js", "case.js", "curves.js", "compare.js", "start.js")


def page(runs: Sequence[Table], title: str = "compatlosses conformance") -> str:
    """The page of some runs, as `results.read` gives them."""
    css = (REPORT / "page.css").read_text(encoding="utf-8")
    js = '"use strict";\n' + "\n".join((REPORT / name).read_text(encoding="utf-8") for name in SCRIPTS)
    runs = [printable_data(run) for run in runs]
    shown = page_data(runs)
    template = Environment(loader=FileSystemLoader(REPORT), autoescape=True, undefined=StrictUndefined)
    return template.get_template("template.html.j2").render(
        title=title,
        policy=f"default-src 'none'; img-src data:; style-src {digest(css)}; script-src {digest(js)}",
        created=sorted({str(run.get("created", ""))[:10] for run in runs} - {""}),
        partial=any(run.get("partial") for run in runs),
        cases=len(shown["cases"]),
        verdicts=sum(len(run["verdicts"]) for run in runs),
        targets=[summary(target, run) for run in runs for target in run["targets"]],
        css=Markup(css),
        js=Markup(js),
        data=packed(shown),
    )


def digest(text: str) -> str:
    """A text as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def packed(data: Table) -> str:
    """JSON, compressed, as base64: the same bytes for the same data, and no markup whatever it holds."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def summary(target: Table, run: Table) -> Table:
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
