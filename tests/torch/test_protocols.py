"""torch's protocols around a function: tensor-likes, modes, recorders, TorchScript; and kinds of tensors that
are refused.
"""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import onnx
import onnx.reference
import pytest
import torch
from torch.masked import masked_tensor

import compatlosses as cl
import compatlosses.torch as edition

native = torch.nn.functional.binary_cross_entropy_with_logits
shim = edition.binary_cross_entropy_with_logits

X = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = torch.tensor([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
P = torch.tensor([1.0, 3.0, 0.5])


class Model(torch.nn.Module):
    """A layer and a loss, as recorders meet them."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 3)
        self.loss = edition.BCEWithLogitsLoss(pos_weight=P)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.loss(self.layer(x), y)
        return result


class TestOverrides:
    @pytest.mark.parametrize("place", range(4))
    def test_a_tensor_like_answers_the_call(self, place: int) -> None:
        class Like:
            def __torch_function__(
                self, function: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                return function, args, kwargs

        arguments: list[Any] = [X, Y, X, P]
        arguments[place] = Like()
        answers = [
            function(*arguments[:3], reduction="sum", pos_weight=arguments[3]) for function in (shim, native)
        ]
        assert answers[0][0] is shim
        assert answers[0][1:] == answers[1][1:]

    def test_it_may_be_the_first_call_of_a_process(self) -> None:
        program = """
import compatlosses.torch as edition
import torch
class Like:
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return "answered"
assert edition.binary_cross_entropy_with_logits(Like(), Like()) == "answered"
"""
        done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def test_a_mode_sees_the_call_and_not_what_it_is_made_of(self) -> None:
        class Watching(torch.overrides.TorchFunctionMode):
            def __init__(self) -> None:
                self.seen: list[str] = []

            def __torch_function__(
                self, function: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                self.seen.append(function.__name__)
                return function(*args, **(kwargs or {}))

        with Watching() as mode:
            shim(X.clone().requires_grad_(), Y).backward()
        assert mode.seen[-2:] == ["binary_cross_entropy_with_logits", "backward"]

    def test_an_uninitialized_parameter_is_a_value_error(self) -> None:
        lazy = torch.nn.parameter.UninitializedParameter()
        for function in (shim, native):
            with pytest.raises(ValueError, match="uninitialized"):
                function(lazy, Y)


class TestRecorders:
    def test_symbolic_trace_records_one_node(self) -> None:
        model = Model()
        traced = torch.fx.symbolic_trace(model)
        assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [shim]
        torch.testing.assert_close(traced(X, Y), model(X, Y))

    @pytest.mark.parametrize("record", [torch.jit.script, lambda model: torch.jit.trace(model, (X, Y))])
    def test_torchscript_is_saved_and_loaded(self, record: Any) -> None:
        model = Model()
        file = io.BytesIO()
        torch.jit.save(record(model), file)
        file.seek(0)
        loaded = torch.jit.load(file)
        for _ in range(3):  # the second and third run what has been optimized
            torch.testing.assert_close(loaded(X, Y), model(X, Y))
            loss = loaded(X, Y)
        gradients = torch.autograd.grad(loss, list(loaded.parameters()))
        torch.testing.assert_close(gradients, torch.autograd.grad(model(X, Y), list(model.parameters())))
        assert type(model.loss) is edition.BCEWithLogitsLoss

    def test_a_script_that_calls_the_function(self) -> None:
        """With every argument, warnings and errors."""

        @torch.jit.script
        def scripted(
            x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, p: torch.Tensor, reduction: str
        ) -> torch.Tensor:
            return shim(x, y, w, reduction=reduction, pos_weight=p)

        @torch.jit.script
        def legacy(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return shim(x, y, None, False) + shim(x, y, reduce=False).sum()

        w = torch.tensor([[2.0], [0.5]])
        for dtype in (torch.float32, torch.float64, torch.bfloat16):
            x, y = X.to(dtype), Y.to(dtype)
            for reduction in ("none", "mean", "sum", "elementwise_mean"):
                torch.testing.assert_close(
                    scripted(x, y, w, P, reduction), shim(x, y, w, reduction=reduction, pos_weight=P)
                )
        torch.testing.assert_close(legacy(X, Y), 2 * shim(X, Y, reduction="sum"))
        for arguments in (
            (X, Y[:1], w, P, "mean"),
            (X, Y, torch.ones(2), P, "mean"),
            (X, Y, w, P[:2], "sum"),
            (X, Y, w, P, "bad"),
        ):
            with pytest.raises(torch.jit.Error):
                scripted(*arguments)

    def test_a_scripted_loss_at_infinities(self) -> None:
        x = torch.tensor([torch.inf, -torch.inf, 80.0, -80.0], requires_grad=True)
        y = torch.tensor([1.0, 0.0, 1.0, 0.0])
        loss = torch.jit.script(shim)(x, y, reduction="none")
        torch.testing.assert_close(loss, shim(x, y, reduction="none"), rtol=1e-6, atol=0)
        torch.testing.assert_close(
            torch.autograd.grad(loss.sum(), x),
            torch.autograd.grad(shim(x, y, reduction="sum"), x),
            rtol=1e-6,
            atol=0,
        )

    def test_the_older_onnx_exporter(self) -> None:
        """It has no atanh, and log1p is lost in it: small losses are right all the same."""

        class Elements(torch.nn.Module):
            def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
                return shim(x, y, reduction="none")

        x = torch.tensor([0.5, -1.0, 104.0, 1e4, torch.inf, -20.0, -80.0])
        y = torch.tensor([1.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0])
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(Elements(), (x, y), file, dynamo=False, opset_version=17)
        program = onnx.load_from_string(file.getvalue())
        names = [value.name for value in program.graph.input]
        computed = onnx.reference.ReferenceEvaluator(program).run(
            None, dict(zip(names, (x.numpy(), y.numpy()), strict=True))
        )
        torch.testing.assert_close(
            torch.tensor(computed[0]), shim(x, y, reduction="none"), rtol=5e-7, atol=0.0
        )


class TestKinds:
    """Tensors that are no plain ones."""

    UNSUITABLE = {  # noqa: RUF012 - read only
        "sparse": lambda: torch.eye(3).to_sparse(),
        "sparse rows": lambda: torch.eye(3).to_sparse_csr(),
        "sparse columns": lambda: torch.eye(3).to_sparse_csc(),
        "oneDNN": lambda: torch.eye(3).to_mkldnn(),
        "masked": lambda: masked_tensor(torch.eye(3), torch.eye(3) > 0),
        "nested": lambda: torch.nested.nested_tensor([torch.rand(3), torch.rand(1)]),
    }

    @pytest.mark.parametrize("place", range(4))
    @pytest.mark.parametrize("kind", UNSUITABLE)
    @pytest.mark.filterwarnings("ignore")
    def test_they_are_refused_in_a_sentence(self, kind: str, place: int) -> None:
        arguments: list[Any] = [torch.zeros(3, 3), torch.ones(3, 3), torch.ones(3, 3), torch.ones(3, 3)]
        arguments[place] = self.UNSUITABLE[kind]()
        name = ("logits", "targets", "weight", "pos_weight")[place]
        with pytest.raises(TypeError, match=f"^{name}: .* given; expected"):
            cl.binary_cross_entropy_with_logits(*arguments[:2], weight=arguments[2], pos_weight=arguments[3])

    def test_a_sparse_weight_is_taken_as_torch_takes_it(self) -> None:
        y, w = torch.rand(3, 3), torch.eye(3)
        for reduction in ("none", "mean", "sum"):
            x = torch.randn(3, 3, requires_grad=True)
            mine, theirs = (f(x, y, w.to_sparse(), reduction=reduction) for f in (shim, native))
            torch.testing.assert_close(mine, theirs)
            gradients = [torch.autograd.grad(loss.sum(), x)[0] for loss in (mine, theirs)]
            torch.testing.assert_close(gradients[0], gradients[1].to_dense())
        module = edition.BCEWithLogitsLoss(weight=w.to_sparse())
        torch.testing.assert_close(module(x, y), native(x, y, w))

    def test_a_jagged_tensor(self) -> None:
        rows = [torch.rand(3), torch.rand(1)]
        x = torch.nested.nested_tensor(rows, layout=torch.jagged)
        torch.testing.assert_close(
            shim(x, x.detach(), reduction="sum"), shim(*[torch.cat(rows)] * 2, reduction="sum")
        )

    def test_functional_tensors(self) -> None:
        x, y = (torch._to_functional_tensor(t) for t in (X, Y))
        losses = torch._from_functional_tensor(shim(x, y, reduction="none"))
        torch.testing.assert_close(losses, shim(X, Y, reduction="none"))

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    @pytest.mark.parametrize("reduction", ["none", "mean"])
    def test_half_precision_on_meta(self, dtype: str, reduction: str) -> None:
        x, y = (t.to("meta", getattr(torch, dtype)) for t in (X, Y))
        loss = shim(x, y, reduction=reduction)
        assert loss.device.type == "meta" and loss.dtype == x.dtype
        assert edition.BCEWithLogitsLoss()(x, y).dtype == x.dtype

    DTYPES = (  # noqa: SIM905 - a list of words
        "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 "
        "float32 float64"
    ).split()

    @pytest.mark.parametrize("place", range(4))
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_every_dtype_is_taken_or_refused_as_torch_does(self, dtype: str, place: int) -> None:
        arguments: list[Any] = [torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2, 3), torch.ones(2, 3)]
        arguments[place] = torch.ones(2, 3).to(getattr(torch, dtype))
        outcomes: list[Any] = []
        for function in (shim, native):
            try:
                outcomes.append(function(*arguments[:3], pos_weight=arguments[3]))
            except Exception as error:
                outcomes.append(type(error))
        if isinstance(outcomes[1], torch.Tensor):
            torch.testing.assert_close(*outcomes, rtol=1e-3, atol=1e-3)
        else:
            assert issubclass(outcomes[0], outcomes[1])

    def test_what_ignore_index_names_is_compared_exactly(self) -> None:
        from compatlosses.torch import library

        largest = torch.tensor([2**63 - 1, 2**63 - 2, 0])
        assert library.equal(largest, 2**63 - 1).tolist() == [True, False, False]
        assert library.equal(torch.tensor([float("nan"), 1.0]), float("nan")).tolist() == [True, False]
        x = torch.zeros(3)
        assert (
            cl.binary_cross_entropy_with_logits(x, largest, ignore_index=2**63 - 1, reduction="none")[0] == 0
        )


class TestElementwiseMean:
    def test_it_is_the_mean_with_torchs_warning(self) -> None:
        for mine, theirs in (
            (
                lambda: shim(X, Y, reduction="elementwise_mean"),
                lambda: native(X, Y, reduction="elementwise_mean"),
            ),
            (
                lambda: edition.BCEWithLogitsLoss(reduction="elementwise_mean")(X, Y),
                lambda: torch.nn.BCEWithLogitsLoss(reduction="elementwise_mean")(X, Y),
            ),
        ):
            seen = []
            for call in (mine, theirs):
                with pytest.warns(UserWarning, match="deprecated") as caught:
                    torch.testing.assert_close(call(), native(X, Y))
                seen.append([str(warning.message) for warning in caught])
            assert seen[0] == seen[1]

    def test_the_warning_points_at_the_caller(self) -> None:
        with pytest.warns(UserWarning) as caught:
            shim(X, Y, reduction="elementwise_mean")
        assert caught[0].filename == __file__

    def test_it_is_torchs_alone(self) -> None:
        with pytest.raises(ValueError, match="expected 'none', 'mean' or 'sum'"):
            cl.binary_cross_entropy_with_logits(X, Y, reduction="elementwise_mean")


class TestParameterAsWeight:
    @pytest.mark.parametrize("requires_grad", [False, True])
    @pytest.mark.parametrize("name", ["weight", "pos_weight"])
    def test_it_is_a_buffer(self, name: str, requires_grad: bool) -> None:
        parameter = torch.nn.Parameter(torch.ones(3), requires_grad=requires_grad)
        for module in (edition.BCEWithLogitsLoss, torch.nn.BCEWithLogitsLoss):
            made = module(**{name: parameter})
            assert not list(made.parameters())
            assert list(dict(made.named_buffers())) == [name]

    def test_a_weight_of_another_framework_stays_what_it_is(self) -> None:
        module = edition.BCEWithLogitsLoss(weight=np.ones(3, np.float32))
        assert not module.state_dict() and isinstance(module.weight, np.ndarray)


def test_the_names_of_the_edition_include_the_class() -> None:
    program = (
        "import compatlosses.torch as t; assert {'BCEWithLogitsLoss', "
        "'binary_cross_entropy_with_logits'} <= set(dir(t))"
    )
    assert subprocess.run([sys.executable, "-P", "-c", program]).returncode == 0
