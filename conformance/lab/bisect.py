"""The search for the first bad release of a range: good ones come before it, bad ones after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..judging.severity import FAILURES, ORDER, severity_of
from .jobs import Finished
from .recipes import Release

State = Literal["good", "bad", "unknown"]


@dataclass(frozen=True)
class Trial:
    """A release that was run, and whether its calls pass."""

    release: Release
    state: State
    why: str


def trial_of(one: Finished) -> Trial:
    """Bad where a call fails, good where calls pass and none fails, else unknown."""
    errors = [target.error for target in one.targets if target.error]
    failed = [verdict for verdict in one.verdicts if verdict.status in FAILURES]
    passed = sum(verdict.status == "pass" for verdict in one.verdicts)
    if failed:
        said = [
            (ORDER.index(severity_of(vars(check))), f"{verdict.case}: {check.message}")
            for verdict in failed
            for check in verdict.checks
            if check.status in FAILURES
        ]
        usual = (0, f"{failed[0].case}: {failed[0].message}")
        return Trial(one.release, "bad", min(said, default=usual)[1])
    if errors or not passed:
        return Trial(one.release, "unknown", errors[0] if errors else "no call of it can be judged")
    return Trial(one.release, "good", f"all {passed} calls pass" if passed > 1 else "its call passes")


@dataclass
class Search:
    """Releases, the oldest first, and what is known of some of them."""

    releases: Sequence[Release]
    trials: dict[Release, Trial] = field(default_factory=dict)

    def go(self, run: Callable[[Release], Trial]) -> Iterator[Trial]:
        """Run both ends, then the middle of what is left, until a bad release follows a good one; each trial
        as it comes. A release that cannot be judged gives way to one beside it.
        """
        while (following := self.next()) is not None:
            self.trials[following] = run(following)
            yield self.trials[following]

    def next(self) -> Release | None:
        """What is to be run next; None where nothing more can be learnt."""
        good, bad = self.last_good, self.first_bad
        if good is None or bad is None:
            return self.next_end(good, bad)
        untried = [place for place in range(good + 1, bad) if self.releases[place] not in self.trials]
        if not untried:
            return None
        return self.releases[min(untried, key=lambda place: abs(2 * place - good - bad))]

    def next_end(self, good: int | None, bad: int | None) -> Release | None:
        """The newest release if none is known to be bad, then the oldest; what cannot be judged is passed
        over. If the newest that can be judged is good, or the oldest bad, there is no more to learn.
        """
        if bad is None:
            return None if good is not None else self.untried(reversed(self.releases))
        return self.untried(self.releases)

    def untried(self, ordered: Iterator[Release] | Sequence[Release]) -> Release | None:
        """The first that was not run, unless one before it has told which it is."""
        for release in ordered:
            trial = self.trials.get(release)
            if trial is None:
                return release
            if trial.state != "unknown":
                return None
        return None

    @property
    def first_bad(self) -> int | None:
        """The place of the oldest release that is known to be bad."""
        return next((p for p, each in enumerate(self.releases) if self.is_known(each, "bad")), None)

    @property
    def last_good(self) -> int | None:
        """The place of the newest release that is known to be good, before the first bad one."""
        places = [p for p, each in enumerate(self.releases) if self.is_known(each, "good")]
        bad = self.first_bad
        return max((place for place in places if bad is None or place < bad), default=None)

    def is_known(self, release: Release, state: State) -> bool:
        """Whether it was run and is so."""
        return release in self.trials and self.trials[release].state == state

    def answer(self) -> tuple[bool, str]:
        """Whether the question is answered, and the answer in words."""
        good, bad = self.last_good, self.first_bad
        if bad is None:
            if good is None:
                return False, "none of the releases can be judged"
            return True, f"none is bad: {self.releases[good]} is good"
        first = self.releases[bad]
        if good is None:
            return False, f"{first}, the oldest that can be judged, is bad: begin the range with a good one"
        between = self.releases[good + 1 : bad]
        if between:
            named = ", ".join(release.version for release in between)
            return False, f"{self.releases[good]} is good, {first} is bad; {named} cannot be judged"
        return True, f"first bad: {first}; {self.releases[good]} is good"
