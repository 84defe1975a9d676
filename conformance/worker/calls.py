"""How an implementation is called: a row of the table as something that takes tensors by neutral name."""

from __future__ import annotations

import importlib
import json
from typing import Any

from .driver import Unsupported


class Function:
    """An implementation that is a function: where it is found, and its own names for the neutral arguments.

    The first two arguments are given by position, unless a request says otherwise.
    """

    def __init__(
        self,
        module,
        attribute,
        arguments,
        options=("reduction",),
        required=(),
        spelled=(),
        fixed=(),
        renamed=(),
        usual=(),
        of_targets=(),
        called=2,
    ):
        self.module, self.attribute, self.arguments = module, attribute, arguments
        self.options, self.required = options, required
        self.spelled, self.fixed, self.renamed = dict(spelled), dict(fixed), dict(renamed)
        self.usual, self.of_targets = dict(usual), dict(of_targets)
        self.called = called

    def find(self):
        return getattr(importlib.import_module(self.module), self.attribute)

    def bind(self, function, request, through):
        """A callable that takes a dict of tensors by neutral name; `through` is the mode's way to execute."""
        options = self.own_options(request)
        renamed = request.get("rename", {})
        positional = request.get("positional", list(self.arguments)[:2])

        def call(tensors):
            given = self.checked(tensors)
            arguments = [given.pop(name) for name in positional]
            keywords = {renamed.get(name) or self.arguments[name]: x for name, x in given.items()}
            if request.get("twice"):
                keywords[request["twice"]] = arguments[0]
            keywords.update(options, **self.fixed)
            return through(function)(*arguments, **keywords)

        if self.module == "compatlosses":
            own = dict(self.arguments)
            setattr(call, "neutral", (function, options, own))  # noqa: B010 -- functions have no such attribute
        return call

    def own_options(self, request):
        """The options of a request as the API has them."""
        options = dict(self.usual, **request.get("options", {}))
        check_options(options, self.options, request.get("free", False))
        own = {self.renamed.get(name, name): x for name, x in spelled(options, self.spelled).items()}
        return dict(own, **self.of_targets.get(kind_of(request), {}))

    def checked(self, tensors):
        """The tensors, each of them one that the API has."""
        for name in tensors:
            if name not in self.arguments:
                raise Unsupported("this API has no " + name)
        return dict(tensors)


class Module(Function):
    """An implementation that is a module class: made with weights and options, called with the first
    tensors.
    """

    def bind(self, function, request, through):
        options = self.own_options(request)
        if request.get("twice"):
            raise Unsupported("a module takes its tensors by position")

        def call(tensors):
            given = self.checked(tensors)
            arguments = [given.pop(name) for name in list(self.arguments)[: self.called]]
            module = function(**{self.arguments[name]: x for name, x in given.items()}, **options)
            return through(module)(*arguments)

        return call


class RawPaddle(Function):
    """Paddle's raw operator: positional alone; pos_weight is a factor of each element and not offered as the
    argument.
    """

    def bind(self, function, request, through):
        options = self.own_options(dict(request, free=False))  # it takes no keyword
        if options.pop("reduction", "none") != "none":
            raise Unsupported("this API has no reduction")

        def call(tensors):
            given = self.checked(tensors)
            normalize, ignore_index = options.get("normalize", False), options.get("ignore_index", -100)
            return through(function)(*given.values(), None, normalize, ignore_index)

        return call


KEYS = (
    "module", "attribute", "arguments", "options", "required", "spelled", "fixed", "renamed", "usual",
    "of_targets", "called",
)  # fmt: skip
SHAPES = {"function": Function, "module": Module, "raw-paddle": RawPaddle}


def is_there(row, version):
    """Whether this version of a framework has the implementation of a row."""
    return not row.get("since") or numbers(version) >= numbers(row["since"])


def call_of(row, version):
    """The implementation of a row of the table, as it is in this version of its framework."""
    for earlier in row["before"]:
        if numbers(version) < numbers(earlier["version"]):
            row = dict(row, **earlier)
    kind = SHAPES[row["shape"]]
    return kind(**{key: row[key] for key in KEYS})


def kind_of(request):
    """What the targets of a loss of rows are."""
    floating = "float" in request.get("tensors", {}).get("targets", {}).get("dtype", "")
    return "probabilities" if floating else "indices"


def check_options(options, known, free):
    """Refuse, as unsupported, an option that the API does not have; the reduction 'none' is what such an API
    does.
    """
    if "reduction" not in known and options.get("reduction") == "none":
        del options["reduction"]
    for name in options:
        if name not in known and not free:
            raise Unsupported("this API has no " + name)


def spelled(options: dict[str, Any], by_value: dict[str, Any]) -> dict[str, Any]:
    """The options, those of them that an API spells in its own way replaced by its own.

    Values that are no strings are looked up as JSON has them.
    """
    own: dict[str, Any] = {}
    for name, value in options.items():
        known = by_value.get(name)
        key = value if isinstance(value, str) else json.dumps(value)
        if known is not None and key not in known:
            raise Unsupported(f"this API has no {name} {value!r}")
        own.update({name: value} if known is None else known[key])
    return own


def numbers(version):
    """The first two numbers of a version."""
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version.split(".")[:2])
