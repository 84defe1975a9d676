"""Cases as data: read from TOML, multiplied along their axes, checked, and nothing in them ever evaluated.

A folder of cases is of one loss, whose name it has, or its files name their ``losses`` at the head, or a
family names its own: each then has its cases. A file holds ``[[case]]`` tables and ``[[family]]`` tables. A
family is a case plus ``axes``: names of tables in ``axes.toml``, where each label stands for a fragment
that is merged into the case. The id of a case is its loss, but for the first, its family's, then one label
for each axis. docs/findings.md and expectations/ speak of cases by these ids.
"""

from __future__ import annotations

import itertools
import math
import random
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import SuiteError
from ..places import CASES
from .calls import check_call
from .case import Case, Repeat, Tensor
from .implementations import APIS
from .losses import ARGUMENTS, FIRST, LOSSES, MASK, Loss
from .rounding import FORMATS, round_float

LARGEST_SIZE = 20_000_000
LARGEST_LIST = 1_000
LARGEST_CYCLE = 50_000
LARGEST_FAMILY = 10_000
DTYPES = (*FORMATS, "bool", "uint8", "int32", "int64", "complex64", "index")
"""An 'index' has the dtype in which each API takes them."""
VIEWS = ("strided", "transposed", "offset")
LEADING = "first"
"""The first argument of a loss, where cases are of several losses."""
Table = dict[str, Any]


class CaseError(SuiteError):
    """A file of cases that is not as it must be: says which file, which case and what is wrong."""


KEYS = {
    "id", "clause", "axes", "only", "dtype", LEADING, *ARGUMENTS, MASK, "options", "differentiate",
    "cotangent", "second", "repeat", "apis", "errors", "warns", "result_dtype", "primary", "call", "shape",
    "losses",
}  # fmt: skip
CALL_KEYS = ("positional", "rename", "twice", "free", "before")
TENSOR_KEYS = {"values", "cycle", "grid", "seed", "low", "high", "shape", "dtype", "view", "kind", "soft"}


@cache
def load(folder: Path = CASES) -> tuple[Case, ...]:
    """Every case in the folder's files, by id.

    A folder without axes needs no axes.toml.

    Raises:
        CaseError: a file that is no TOML, a key or value that is not as it must be, an id given twice.
    """
    cases: dict[str, Case] = {}
    for within in (folder, *sorted(each for each in folder.glob("*") if each.is_dir())):
        axes_path = within / "axes.toml"
        axes = read(axes_path).get("axes", {}) if axes_path.exists() else {}
        for path in sorted(within.glob("*.toml")):
            if path.name in ("axes.toml", "tolerances.toml"):
                continue
            with complaining(path.name):
                for loss, identifier, table in expanded(read(path), axes, path):
                    if identifier in cases:
                        raise CaseError(f"{path.name}: the id {identifier!r} is given twice")
                    with complaining(f"{path.name}: case {identifier!r}"):
                        cases[identifier] = made(identifier, table, loss)
    return tuple(cases[identifier] for identifier in sorted(cases))


def losses_of(table: Table, usual: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """The losses that a file or a family names, or the usual ones."""
    named = table.get("losses", list(usual))
    if not isinstance(named, list) or not named or any(name not in LOSSES for name in named):
        raise CaseError(
            f"{path.name}: losses is {named!r}; expected a list of names among {', '.join(LOSSES)}"
        )
    return tuple(named)


def named(loss: str, *labels: str) -> str:
    """The id of a case; the loss is a part of it, but for the first."""
    return "/".join(labels if loss == FIRST else (loss, *labels))


@contextmanager
def complaining(place: str) -> Iterator[None]:
    """Make what goes wrong with data of a wrong form an error that says where it stands."""
    try:
        yield
    except CaseError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CaseError(
            f"{place}: {error if isinstance(error, ValueError) else f'{type(error).__name__}: {error}'}"
        ) from error


def read(path: Path) -> Table:
    """A TOML file as data."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise CaseError(f"{path.name}: {error}") from error


def expanded(file: Table, axes: Table, path: Path) -> Iterator[tuple[str, str, Table]]:
    """Losses, ids and tables of a file's single cases and of its families' products."""
    unknown = set(file) - {"case", "family", "losses"}
    if unknown:
        raise CaseError(f"{path.name}: unknown table {sorted(unknown)[0]!r}; expected [[case]] or [[family]]")
    usual = losses_of(file, (path.parent.name if path.parent.name in LOSSES else FIRST,), path)
    for table in file.get("case", []):
        for loss in losses_of(table, usual, path):
            yield loss, named(loss, identifier_of(table, path)), table
    for table in file.get("family", []):
        identifier, losses = identifier_of(table, path), losses_of(table, usual, path)
        names = table.get("axes", [])
        for name in names:
            if name not in axes:
                raise CaseError(f"{path.name}: family {identifier!r}: unknown axis {name!r}")
        only = table.get("only", {})
        labels = [[label for label in axes[name] if label in only.get(name, axes[name])] for name in names]
        if math.prod(map(len, labels)) > LARGEST_FAMILY:
            raise CaseError(f"{path.name}: family {identifier!r} has more than {LARGEST_FAMILY} cases")
        for chosen in itertools.product(*labels):
            merged = {key: value for key, value in table.items() if key not in ("axes", "only", "losses")}
            for name, label in zip(names, chosen, strict=True):
                merged = merge(merged, axes[name][label])
            for loss in losses:
                yield loss, named(loss, identifier, *chosen), merged


def identifier_of(table: Table, path: Path) -> str:
    """The id, checked: it is also what people type."""
    identifier = table.get("id")
    if not isinstance(identifier, str) or not identifier or set(identifier) & set(" *?[]\\\"'"):
        raise CaseError(f"{path.name}: a case has the id {identifier!r}; expected words joined by '/'")
    unknown = set(table) - KEYS
    if unknown:
        raise CaseError(f"{path.name}: case {identifier!r}: unknown key {sorted(unknown)[0]!r}")
    return identifier


def merge(base: Table, fragment: Table) -> Table:
    """The base with the fragment laid over it, tables key by key."""
    result = dict(base)
    for key, value in fragment.items():
        known = result.get(key)
        result[key] = merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def made(identifier: str, table: Table, loss: str = FIRST) -> Case:
    """A case from its table; ValueError says what is wrong with it."""
    if not isinstance(table.get("clause"), str) or not table["clause"]:
        raise ValueError("it has no clause; expected the sentence or formula that it tests")
    tensors = tensors_of(table, LOSSES[loss])
    leading = tensors[LOSSES[loss].arguments[0]]
    repeat = None
    if "repeat" in table:
        repeat = Repeat(
            whole(table["repeat"]["times"], LARGEST_SIZE), whole(table["repeat"]["seed"], 2**32 - 1)
        )
        if LOSSES[loss].rows and "weight" in tensors and tensors["weight"].shape == leading.shape[:1]:
            raise ValueError("it repeats as many rows as there are classes; expected another number")
        if repeat.times * len(leading.values) > LARGEST_SIZE:
            raise ValueError(f"it repeats to more than {LARGEST_SIZE} elements")
    wrt = known_among((LEADING, *LOSSES[loss].arguments), table.get("differentiate", []), "differentiate")
    differentiate = [LOSSES[loss].arguments[0] if name == LEADING else name for name in wrt]
    known_apis = tuple(dict.fromkeys(api for of_loss in APIS.values() for api in of_loss))
    apis = known_among(known_apis, table.get("apis", []), "apis")
    known_among(known_apis, list(table.get("errors", {})), "errors")
    cotangent = table.get("cotangent")
    if cotangent is not None and (isinstance(cotangent, bool) or not isinstance(cotangent, (int, float))):
        raise ValueError(f"cotangent is {cotangent!r}; expected a number")
    for name in ("warns", "result_dtype"):
        if not isinstance(table.get(name, ""), str):
            raise ValueError(f"{name} is {table[name]!r}; expected a text")
    call = table.get("call", {})
    known_among(CALL_KEYS, list(call), "call")
    if "before" in call and not whole(call["before"], LARGEST_LIST):
        raise ValueError("before is 0; expected the length of an earlier call")
    errors = {
        api: (kinds,) if isinstance(kinds, str) else tuple(kinds)
        for api, kinds in table.get("errors", {}).items()
    }
    if not all(isinstance(kind, str) for kinds in errors.values() for kind in kinds):
        raise ValueError(f"errors is {table['errors']!r}; expected names of exceptions by API")
    options = table.get("options", {})
    for name, value in options.items():
        if not isinstance(value, (str, int, float, bool)):
            raise ValueError(f"option {name} is {value!r}; expected a string, a number, true or false")
    case = Case(
        id=identifier,
        clause=table["clause"],
        tensors=tensors,
        options=options,
        differentiate=tuple(
            name
            for name in differentiate
            if name in tensors and not (LOSSES[loss].rows and tensors[name].dtype == "index")
        ),
        cotangent=cotangent,
        second=bool(table.get("second", False)),
        repeat=repeat,
        apis=apis,
        errors=errors,
        warns=table.get("warns"),
        result_dtype=table.get("result_dtype"),
        primary=bool(table.get("primary", False)),
        call=call,
        loss=loss,
    )
    check_call(case)
    return case


def known_among(known: tuple[str, ...], given: object, what: str) -> tuple[str, ...]:
    """The names that a list gives, each of them known."""
    if not isinstance(given, list) or any(name not in known for name in given):
        raise ValueError(f"{what} is {given!r}; expected a list of names among {', '.join(known)}")
    return tuple(given)


def tensors_of(table: Table, loss: Loss) -> dict[str, Tensor]:
    """The arguments.

    Several grids make their product; other arguments take their shape from the case.
    """
    dtype, names = table.get("dtype", "float32"), (*loss.arguments, MASK)
    table = {loss.arguments[0] if key == LEADING else key: value for key, value in table.items()}
    for name in ARGUMENTS:
        if name in table and name not in names:
            raise ValueError(f"the loss has no {name}; expected among {', '.join(loss.arguments)}")
    specs = {name: dict(table[name]) for name in names if table.get(name)}
    pair = names[:2]
    for name in pair:
        if name not in specs:
            raise ValueError(f"it has no {name}")
    grids = {name: spec.pop("grid") for name, spec in specs.items() if "grid" in spec}
    if math.prod(map(len, grids.values())) > LARGEST_LIST:
        raise ValueError(f"its grids make more than {LARGEST_LIST} elements")
    for name, values in zip(grids, zip(*itertools.product(*grids.values()), strict=True), strict=False):
        specs[name]["values"] = [*values]
    shape = table.get("shape")
    if shape is None and "values" in specs[pair[0]]:
        shape = specs[pair[0]].get("shape", [len(specs[pair[0]]["values"])])
    tensors = {pair[0]: tensor_of(pair[0], specs.pop(pair[0]), dtype, shape)}
    for name, spec in specs.items():
        usual = usual_of(name, spec, tensors[pair[0]], table) if loss.rows else (dtype, shape)
        usual = ("bool", usual[1]) if name == MASK else usual
        tensors[name] = tensor_of(name, spec, *usual)
    return tensors


def usual_of(name: str, spec: Table, first: Tensor, table: Table) -> tuple[str, list[int]]:
    """The dtype and the shape that an argument of a loss of rows has where its table gives none."""
    axis = whole(table.get("options", {}).get("axis", -1) % max(len(first.shape), 1), LARGEST_LIST)
    if name == "weight":
        return first.dtype, [*first.shape[axis : axis + 1]]
    if spec.pop("soft", False):
        return first.dtype, [*first.shape]
    return "index", [*first.shape[:axis], *first.shape[axis + 1 :]]


def tensor_of(name: str, spec: Table, dtype: str, shape: list[int] | None) -> Tensor:
    """One argument from its table."""
    unknown = set(spec) - TENSOR_KEYS
    if unknown:
        raise ValueError(f"{name} has an unknown key {sorted(unknown)[0]!r}")
    dtype = spec.get("dtype", dtype)
    view = spec.get("view")
    if dtype not in DTYPES or (view is not None and view not in VIEWS):
        raise ValueError(f"{name} has dtype {dtype!r} and view {view!r}; expected among {DTYPES} and {VIEWS}")
    given = spec.get("values", spec.get("cycle"))
    shape = spec.get("shape", shape if shape is not None else [len(given or [])])
    size = math.prod(whole(length, LARGEST_SIZE) for length in shape)
    most = LARGEST_CYCLE if "cycle" in spec else LARGEST_LIST
    if size > most or (given is not None and len(given) > LARGEST_LIST):
        raise ValueError(f"{name} has more than {LARGEST_LIST} distinct elements; longer inputs repeat a few")
    if given is None:
        draw = random.Random(whole(spec["seed"], 2**32 - 1))
        low, high = float(spec.get("low", -8.0)), float(spec.get("high", 8.0))
        given = [draw.uniform(low, high) for _ in range(size)]
    if "cycle" in spec:
        given = list(itertools.islice(itertools.cycle(given), size))
    if len(given) != size:
        raise ValueError(f"{name} has {len(given)} values for the shape {shape}")
    values = tuple(number(value, dtype) for value in given)
    return Tensor(dtype, tuple(shape), values, view, spec.get("kind", "tensor"))


def number(value: object, dtype: str) -> float:
    """A value of the data in its dtype: a number, or 'largest', 'smallest' (normal), 'subnormal', or the
    neighbours of 1, 'above' and 'below', with a sign.
    """
    if isinstance(value, str):
        form = FORMATS[dtype]
        sign = -1.0 if value.startswith("-") else 1.0
        return (
            sign
            * {
                "largest": form.largest,
                "smallest": form.smallest,
                "subnormal": form.subnormal,
                "above": 1.0 + math.ldexp(1.0, 1 - form.precision),
                "below": 1.0 - math.ldexp(1.0, -form.precision),
            }[value.lstrip("+-")]
        )
    if not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is no number")
    return round_float(float(value), dtype) if dtype in FORMATS else float(int(value))


def whole(value: object, most: int) -> int:
    """A whole number from 0 to the bound, so that no file asks for more memory than there is."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{value!r} is not a whole number from 0 to {most}")
    return value
