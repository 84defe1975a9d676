"""Lines of progress for releases that are run in environments of their own."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from ..lab.recipes import Release
from .terminal import progress


class Lines:
    """A line for each release: what it is at, and how many of its calls are done.

    A line reaches its end when its release is done, however that was.
    """

    def __init__(self, releases: Sequence[Release]) -> None:
        self.bars = progress()
        self.tasks = {
            release: self.bars.add_task(f"{release}: waiting", total=None, start=False)
            for release in releases
        }

    def __enter__(self) -> Lines:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def notice(self, release: Release, what: str, done: int, total: int | None) -> None:
        """Show what a release is at: of a stage without calls, no number."""
        task = self.tasks[release]
        if self.bars.tasks[task].start_time is None:
            self.bars.start_task(task)
        self.bars.update(task, description=f"{release}: {what}", completed=done, total=total)

    def done(self, release: Release) -> None:
        """Show that a release is done."""
        task = self.tasks[release]
        total = self.bars.tasks[task].total or 1
        self.notice(release, "done", int(total), int(total))
        self.bars.stop_task(task)
