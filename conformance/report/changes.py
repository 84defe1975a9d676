"""What changed between two runs, in lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..results.answer import counted
from ..results.changes import Change, ChangeGroup, Changes, groups
from .answer import WIDTH, brief, wrapped

MOST = 8
"""Groups of a side that are shown."""
ALL = "--verbose or --json has them all"


def lines(found: Changes, verbose: bool = False, width: int = WIDTH) -> list[str]:
    """What got worse, what got better, and whether the new run passes."""
    rows = [row for text in found.warnings for row in wrapped(f"beware: {text}", width, "", "  ")]
    rows += [row for text in found.lost for row in wrapped(brief(text), width, "! ", "  ")]
    rows += side("WORSE", found.worse, verbose, width)
    rows += side("BETTER", found.better, verbose, width)
    if found.other:
        rows.append(f"passes with another error: {counted(len(found.other), 'check')}")
        rows += others(found.other, width) if verbose else []
    rows.append(
        f"unchanged: {counted(found.unchanged, 'call')}; in one run alone: {len(found.gone)} gone, "
        f"{len(found.added)} added"
    )
    return rows + wrapped(verdict(found), width)


def side(title: str, changes: Sequence[Change], verbose: bool, width: int) -> list[str]:
    """One side, by finding, the worst first."""
    found = groups(changes)
    if not found:
        return []
    cases = len({(change.where, change.case) for change in changes})
    rows = [f"{title}, worst first: {counted(len(found), 'finding')}, {counted(cases, 'call')}"]
    for group in found if verbose else found[:MOST]:
        rows += [row for text in told(group, verbose) for row in text_of(text, width)]
    if len(found) > MOST and not verbose:
        rows.append(f"  and {len(found) - MOST} more: {ALL}")
    return rows


def text_of(text: str, width: int) -> list[str]:
    """A line of a group, wrapped below where it begins."""
    bare = text.lstrip()
    indent = " " * (len(text) - len(bare))
    first = "" if bare.startswith(("! ", "+ ")) else indent
    return wrapped(bare, width, first, indent + "  ")


def told(group: ChangeGroup, verbose: bool) -> Iterator[str]:
    """A group: what it is, in how many cases, and its gravest change or all of them."""
    mark = "+" if group.changes[0].direction == "better" else "!"
    size = f"{counted(group.cases, 'case')} of {', '.join(group.losses)}"
    yield f"{mark} {group.severity}: {group.title}: {size}"
    yield f"    checks: {', '.join(f'{check} {number}' for check, number in group.checks.items())}"
    for change in group.changes if verbose else group.changes[:1]:
        yield from sides(change)


def sides(change: Change) -> Iterator[str]:
    """A change: where it is, and what each run said of it."""
    yield f"    {change.case}, {change.where}, {change.check}: {change.was} -> {change.now}{ulps(change)}"
    for name, message in (("was", change.before), ("now", change.after)):
        if message:
            yield f"      {name} {brief(message)}"


def ulps(change: Change) -> str:
    """The errors of both runs, where one is known."""
    if change.ulps_before is None and change.ulps_after is None:
        return ""
    return f", {error(change.ulps_before)} -> {error(change.ulps_after)} ULP"


def error(ulps: float | None) -> str:
    """An error in words; one that was not kept is not 0."""
    return "?" if ulps is None else f"{ulps:g}"


def others(changes: Sequence[Change], width: int) -> list[str]:
    """Errors of what passes."""
    return [row for change in changes for text in sides(change) for row in text_of(text, width)]


def verdict(found: Changes) -> str:
    """Whether the new run passes, and why not."""
    if found.passes:
        return "ok: nothing got worse; exit status 0"
    reasons = [f"{counted(len(groups(found.worse)), 'finding')} got worse"] if found.worse else []
    reasons += [f"{counted(len(found.lost), 'thing')} cannot be called any more"] if found.lost else []
    return f"not ok: {'; '.join([*reasons, *found.incomplete])}; exit status 1"
