"""The implementations under test: one table, as data in ``implementations/``.

A row says how an implementation is found and called, and whose document binds it; the head of each file
explains its keys. The worker is sent the rows that it is to call. Nothing in a row is evaluated.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from typing import Any

from packaging.version import InvalidVersion, Version

from ..errors import SuiteError, instead
from ..places import IMPLEMENTATIONS
from . import rows as rows_model
from .case import Case
from .losses import FILES, FIRST, LOSSES, Value, within_loss

HALVES = ("float16", "bfloat16")
WIDE = ("float32", "float64")
KINDS = ("native", "shim")


@dataclass(frozen=True)
class Framework:
    """A framework as people know it."""

    title: str
    distributions: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    """The distributions whose functions are run as its own, where it has none."""
    module: str = ""
    """The module that it is imported as, where that has another name."""
    editions: str = ""
    """The part of the shim that stands for it, where that has another name."""
    shim: tuple[str, ...] = ()
    """What of the shim is tested on its tensors, * standing for anything; empty for all of it."""
    rows: tuple[str, ...] = ()
    """What of the shim's losses of rows is; empty for all of those."""
    elements: tuple[str, ...] = ()
    """The same of losses of elements that are many operations."""
    cases: tuple[str, ...] = ()
    """Of those, the cases that it runs; empty for all."""
    workers: int = 1
    """How many processes share the shim's calls, once there is room for them."""


@dataclass(frozen=True)
class Api:
    """What a document says of every call."""

    dtypes: tuple[str, ...]
    line: str = ""
    """The textbook's line that it documents, where that is not the loss's own; see `oracle.textbook`. Of a
    loss of rows: that of probabilities instead of logits.
    """
    without_softmax: bool = False
    """Of a loss of rows: whether it takes probabilities alone."""
    default: str = "mean"
    """The reduction."""
    reduced: tuple[int, ...] = ()
    """The shape of a sum."""
    divisor: str = "all"
    """What a mean divides by where labels are ignored: 'counted' or 'all'."""
    divides_elements: bool = False
    """Whether the number of those that count divides each element too; 1 where none counts."""
    weighted: str = "all"
    """What a mean divides by where a weight is given: 'all' elements, or the sum of the 'weights'."""
    over: str = ""
    """'last' where the mean over the last axis is taken even without a reduction, 'total' where it is the
    sum, 'rest' where the sum over all axes but the first one is.
    """
    parameters: dict[str, Value] = field(default_factory=dict)
    """What shapes the loss by the document, where a case does not give it."""
    apart: bool = False
    """Whether only cases that name it are its own: its arguments have another meaning or form."""
    factor: float = 1.0
    """What the loss is times."""
    spreads: bool = False
    """Whether the tensors broadcast against each other."""
    alone: tuple[str, ...] = ()
    """The dtypes that it computes in, where it converts others to them; empty for those that it is given."""
    axis: int = -1
    """Of a loss of rows: the class axis, where a case does not give it."""
    targets: tuple[str, ...] = (rows_model.INDICES, rows_model.PROBABILITIES)
    """Of a loss of rows: what the targets may be."""
    weighting: str = "class"
    """Of a loss of rows: what a weight is a factor of, the term of its 'class', or the whole 'row'."""
    weighted_probabilities: str = "all"
    """What a mean divides by where a weight is given and the targets are probabilities."""
    negative: str = ""
    """What a mean divides by where the ignored index is negative and no weight is given, if that differs."""
    ignored: int | None = None
    """The index that is ignored where a case gives none."""
    empty: float = math.nan
    """The mean of rows of which none counts."""
    keeps: tuple[str, ...] = ()
    """For which targets the class axis stays, of length 1, without a reduction."""
    dimensions: tuple[int, ...] = ()
    """The numbers of dimensions that the first argument may have; empty for any."""
    constant: tuple[str, ...] = ()
    """The arguments that are constants by the document: they have no gradient."""


@dataclass(frozen=True)
class Row:
    """A row of the table: one implementation."""

    name: str
    loss: str = FIRST
    framework: str = ""
    """Whose own it is; empty for the shim's."""
    tensors: str = ""
    module: str = ""
    attribute: str = ""
    shape: str = "function"
    arguments: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    spelled: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By option and value, what its own options are instead."""
    usual: dict[str, Any] = field(default_factory=dict)
    """Options that it cannot be called without, as they are where a case does not give them."""
    renamed: dict[str, str] = field(default_factory=dict)
    """By option, its own name of it."""
    required: tuple[str, ...] = ()
    called: int = 2
    """With how many tensors a class is called."""
    fixed: dict[str, Any] = field(default_factory=dict)
    api: str = "neutral"
    primary: bool = False
    stands_for: tuple[str, ...] = ()
    code: str = ""
    index: str = "int64"
    """The dtype of class indices, where a case leaves it to the API."""
    column: bool = False
    """Whether class indices have the class axis, of length 1."""
    of_targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By what the targets of a loss of rows are, options that say so."""
    since: str = ""
    """The first version in which it can be called; empty where nobody knows of an earlier one without it."""
    before: tuple[dict[str, Any], ...] = ()
    """What was otherwise before a version, the latest first."""

    @property
    def kind(self) -> str:
        """'native' or 'shim'."""
        return "native" if self.framework else "shim"

    def at(self, version: str) -> Row:
        """The row as it was in a version of its framework."""
        row = self
        for earlier in self.before:
            if not at_least(version, earlier["version"]):
                row = replace(row, **{key: value for key, value in earlier.items() if key != "version"})
        return row

    def to_json(self) -> dict[str, Any]:
        """What the worker needs of it."""
        keys = (
            "module",
            "attribute",
            "shape",
            "arguments",
            "options",
            "spelled",
            "renamed",
            "usual",
            "required",
            "called",
            "fixed",
            "of_targets",
            "since",
            "before",
        )
        return {key: value for key, value in asdict(self).items() if key in keys}


def known_frameworks() -> dict[str, Framework]:
    """The frameworks of the table, and after them those that outside packages bring by an entry point."""
    table = tomllib.loads((IMPLEMENTATIONS / "frameworks.toml").read_text(encoding="utf-8"))
    found = {name: Framework(**frozen(entry)) for name, entry in table.items()}
    outside = sorted({point.name for point in entry_points(group="compatlosses.conformance")} - {*found})
    return {**found, **{name: Framework(name) for name in outside}}


def known_apis() -> dict[str, dict[str, Api]]:
    """What documents promise, by loss and the name of the API."""
    return {
        loss: {name: Api(**frozen(entry)) for name, entry in file["apis"].items()}
        for loss, file in FILES.items()
    }


def known_rows() -> dict[str, Row]:
    """The rows by name, in the order of the files."""
    return {
        entry["name"]: Row(
            **frozen({**entry, "arguments": file["arguments"][entry["arguments"]], **earlier}), loss=loss
        )
        for loss, file in FILES.items()
        for entry in file["implementation"]
        for earlier in [{"before": [of_version(one, file) for one in entry.get("before", ())]}]
    }


def of_version(earlier: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    """What was otherwise before a version, the name of its arguments replaced by these."""
    arguments = {"arguments": file["arguments"][earlier["arguments"]]} if "arguments" in earlier else {}
    return frozen({**earlier, **arguments})


def frozen(table: dict[str, Any]) -> dict[str, Any]:
    """A table with its lists as tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


FRAMEWORKS = known_frameworks()
APIS = known_apis()
TABLE = known_rows()


def rows(framework: str, kind: str) -> list[Row]:
    """What is tested in a framework's environment."""
    if kind == "native":
        return [row for row in TABLE.values() if row.framework == framework]
    known = FRAMEWORKS[framework]
    return [
        row
        for row in TABLE.values()
        if row.kind == "shim"
        and row.tensors in ("", framework)
        and is_one_of(row.name, known.shim)
        and (not LOSSES[row.loss].rows or is_one_of(row.name, known.rows))
        and (not LOSSES[row.loss].elements or is_one_of(row.name, known.elements))
    ]


def own_row(function: str, like: str, framework: str = "") -> Row:
    """The row of a function of one's own, called and judged like one of the table.

    Raises:
        SuiteError: no ``module:function``, no implementation to be like, or not of this framework.
    """
    module, colon, attribute = function.partition(":")
    if not (module and colon and attribute.isidentifier()):
        dotted = ":".join(function.rpartition(".")[::2])
        mend = instead(function, [dotted] * ("." in function), "module:function, such as my_package:my_loss")
        raise SuiteError(f"{function!r:.200} names no function{mend}")
    if like not in TABLE:
        near = get_close_matches(like, TABLE, 3) or ["torch.nn.functional.cross_entropy"]
        raise SuiteError(
            f"--like {like:.200}: no implementation has this name; expected one of --list, such as "
            f"{' or '.join(near)}"
        )
    row = TABLE[like]
    whose = row.framework or row.tensors or framework
    if not whose:
        raise SuiteError(f"{like} takes any framework's tensors; expected --framework as well")
    if framework not in ("", whose):
        raise SuiteError(f"{like} takes tensors of {whose}, not of {framework}")
    return replace(row, name=function, module=module, attribute=attribute, framework=whose, tensors="")


def is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name fits a pattern; any does where there are none."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def installed(framework: str) -> bool:
    """Whether a framework is installed, by its distribution; nothing is imported."""
    names = FRAMEWORKS[framework].distributions
    return not names or any(map(is_installed, names))


def is_installed(name: str) -> bool:
    """Whether a distribution is."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


@dataclass(frozen=True)
class Implementation:
    """An implementation as found in one environment."""

    name: str
    framework: str
    kind: str
    """'native' or 'shim'."""
    version: str
    mode: str = "eager"
    """How the framework executes it."""
    own: Row | None = field(default=None, compare=False)
    """The row of a function of one's own, which is not in the table."""

    @property
    def label(self) -> str:
        """How people write it."""
        return label_of(self.name, self.kind, self.framework, self.mode)

    @property
    def at_home(self) -> bool:
        """Whether it is the framework's own, an edition of its API, or the neutral call: what its modes are
        tried with.
        """
        editions = FRAMEWORKS[self.framework].editions or self.framework
        home = self.row.module.split(".")[1:2]
        return self.kind == "native" or home in ([], [editions])

    @cached_property
    def row(self) -> Row:
        """Its row of the table, in this version; of a name that is not there, a row with nothing but that."""
        return (self.own or TABLE.get(self.name, Row(self.name, primary=True))).at(self.version)

    @property
    def api_name(self) -> str:
        """Whose document binds it."""
        return self.row.api

    @property
    def api(self) -> Api:
        """What that document promises."""
        return APIS[self.row.loss][self.api_name]


def label_of(name: str, kind: str, framework: str, mode: str) -> str:
    """How people write an implementation: the shim's beside whose tensors it takes, a mode unless it is the
    usual one.
    """
    label = name if kind == "native" else f"{name} on {framework}"
    return label if mode == "eager" else f"{label}, {mode}"


def at_least(version: str, least: str) -> bool:
    """Whether a version is at least that one; what is no version counts as newer."""
    try:
        return Version(version) >= Version(least)
    except InvalidVersion:
        return True


def possible(framework: str, kind: str, mode: str = "eager", version: str = "") -> list[Implementation]:
    """What an environment may hold, before its worker has said what it does hold."""
    return [Implementation(row.name, framework, kind, version, mode) for row in rows(framework, kind)]


def wanted(implementation: Implementation, patterns: Sequence[str]) -> bool:
    """Whether it is among those that are meant: by 'native', 'shim', or a name in which * stands for
    anything; by no pattern, all.

    In modes other than eager a kind means what is at home there.
    """
    usual = implementation.mode == "eager" or implementation.at_home
    return any(
        usual if pattern in ("*", implementation.kind) else fnmatchcase(implementation.name, pattern)
        for pattern in patterns or ("*",)
    )


def applies(case: Case, implementation: Implementation) -> bool:
    """Whether the case is about this implementation's API at all."""
    if case.loss != implementation.row.loss or (case.primary and not implementation.row.primary):
        return False
    if case.of.elements and not is_one_of(within_loss(case.id), FRAMEWORKS[implementation.framework].cases):
        return False
    if case.errors:
        return implementation.api_name in case.errors
    api = implementation.api
    fits = not api.alone or case.dtype in api.alone
    fits = fits and (not api.dimensions or len(case.first.shape) in api.dimensions)
    if case.of.rows:
        named = not case.apis or implementation.api_name in case.apis
        return fits and named and rows_model.fits(case, api)
    if case.apis:
        return fits and implementation.api_name in case.apis
    reaches = bool(case.shape) or not api.over
    return fits and not api.apart and reaches and (spread_alike(case) or api.spreads)


def spread_alike(case: Case) -> bool:
    """Whether the first two tensors have one shape, so that nothing broadcasts."""
    return case.first.shape == case.tensors["targets"].shape
