"""The table of implementations: what it names is there, and versions have what they had."""

from __future__ import annotations

import json

import pytest
from packaging.version import Version

from compatlosses.conformance.model.implementations import (
    APIS,
    FRAMEWORKS,
    TABLE,
    Implementation,
    Row,
    rows,
    wanted,
)
from compatlosses.conformance.model.losses import LOSSES, MASK
from compatlosses.conformance.worker.calls import SHAPES, call_of

OPS = "mindspore.ops.binary_cross_entropy_with_logits"
FUNCTIONAL = "paddle.nn.functional.binary_cross_entropy_with_logits"


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_a_row_names_what_is_there(row: Row) -> None:
    assert row.framework in ("", *FRAMEWORKS) and row.tensors in ("", *FRAMEWORKS)
    assert row.shape in SHAPES
    for version in ("0", *(earlier["version"] for earlier in row.before)):
        assert row.at(version).api in APIS[row.loss]
        assert set(row.at(version).required) <= set(row.at(version).arguments)
    names = (*LOSSES[row.loss].arguments, MASK)
    assert {*names} >= {*row.arguments} and {*names[:2]} == {*list(row.arguments)[:2]}
    assert {*row.renamed} <= {*row.options} and {*row.spelled} <= {*row.options}
    assert all(TABLE[name].kind == "native" for name in row.stands_for)
    assert bool(row.stands_for) <= (row.kind == "shim")
    versions = [Version(earlier["version"]) for earlier in row.before]
    assert versions == sorted(versions, reverse=True)


@pytest.mark.parametrize(
    ("name", "version", "api", "targets", "required"),
    [
        (OPS, "2.10.0", "mindspore-2.7", "target", ()),
        (OPS, "2.7.0", "mindspore-2.7", "target", ()),
        (OPS, "2.6.0", "mindspore", "label", ()),
        (OPS, "2.0.0", "mindspore-2.0", "label", ("weight", "pos_weight")),
        (OPS, "a private build", "mindspore-2.7", "target", ()),
        (FUNCTIONAL, "2.6.2", "paddle", "label", ()),
        (FUNCTIONAL, "2.4.2", "paddle-2.0", "label", ()),
    ],
)
def test_a_version_has_what_it_had(
    name: str, version: str, api: str, targets: str, required: tuple[str, ...]
) -> None:
    row = TABLE[name].at(version)
    assert (row.api, row.arguments["targets"], row.required) == (api, targets, required)
    if version[0].isdigit():  # the worker, which has the row as JSON, finds the same
        call = call_of(json.loads(json.dumps(TABLE[name].to_json())), version)
        assert (call.arguments, tuple(call.required)) == (row.arguments, row.required)


def test_each_environment_has_its_rows() -> None:
    assert {row.framework for row in rows("torch", "native")} == {"torch"}
    of_keras = {row.name for row in rows("keras", "shim")}
    assert {
        "compatlosses.keras",
        "compatlosses.keras.losses.huber",
        "compatlosses.keras.losses.Huber",
    } <= of_keras
    assert all(name.startswith("compatlosses.keras") for name in of_keras)
    names = {row.name for row in rows("torch", "shim")}
    assert "compatlosses.torch.BCEWithLogitsLoss" in names and "compatlosses.keras" in names
    assert "compatlosses.paddle.BCEWithLogitsLoss" not in names
    assert not rows("numpy", "native")


@pytest.mark.parametrize(
    ("patterns", "mode", "found"),
    [
        ((), "eager", True), (("shim",), "eager", True), (("native",), "eager", False),
        (("compatlosses.p*",), "eager", True), ((), "compile", False), (("*",), "compile", False),
        (("compatlosses.paddle",), "compile", True),
    ],
)  # fmt: skip
def test_in_a_mode_a_kind_means_what_is_at_home(patterns: tuple[str, ...], mode: str, found: bool) -> None:
    implementation = Implementation("compatlosses.paddle", "torch", "shim", "2.13.0", mode)
    assert wanted(implementation, patterns) is found
