"""torch's compilers and exporters: torch.compile, torch.export, ONNX."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import onnx.reference
import pytest
import torch
from entered import assert_paid_at_trace_time

import compatlosses as cl
import compatlosses.torch as edition

X = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = torch.tensor([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
W = torch.tensor([[2.0], [0.5]])
P = torch.tensor([1.0, 3.0, 0.5])


def weighted(x: Any, y: Any, w: Any = W, p: Any = P) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p)


def through_edition(x: Any, y: Any, w: Any = W, p: Any = P) -> Any:
    return edition.binary_cross_entropy_with_logits(x, y, w, False, None, "nonsense", p)


def value_and_gradients(function: Any, *tensors: torch.Tensor) -> list[torch.Tensor]:
    leaves = [t.clone().requires_grad_() for t in tensors]
    loss = function(*leaves)
    return [loss.detach(), *torch.autograd.grad(loss, leaves)]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("function", [weighted, through_edition])
@pytest.mark.parametrize("dynamic", [False, True])
def test_compile(function: Any, dynamic: bool) -> None:
    """The whole call and its backward in one graph: fullgraph refuses a break."""
    torch._dynamo.reset()
    compiled = torch.compile(function, fullgraph=True, dynamic=dynamic)
    for rows in (2, 1) if dynamic else (2,):
        tensors = (X[:rows], Y[:rows], W[:rows], P)
        torch.testing.assert_close(
            value_and_gradients(compiled, *tensors), value_and_gradients(function, *tensors)
        )


@pytest.mark.parametrize("order", ["import compatlosses as cl, torch", "import torch, compatlosses as cl"])
def test_compile_is_the_first_call_of_a_process(order: str, tmp_path: Path) -> None:
    program = f"""
{order}
def loss(x, y):
    return cl.binary_cross_entropy_with_logits(x, y)
x, y = torch.tensor([0.5, -1.0]), torch.tensor([1.0, 0.0])
first = torch.compile(loss, fullgraph=True)(x, y)
torch.testing.assert_close(first, loss(x, y))
"""
    script = tmp_path / "first.py"
    script.write_text(program)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_errors_under_compile_name_the_fault() -> None:
    torch._dynamo.reset()
    with pytest.raises(Exception, match="reduction is 'bad'"):
        torch.compile(
            lambda x, y: cl.binary_cross_entropy_with_logits(x, y, reduction="bad"), fullgraph=True
        )(X, Y)


class Model(torch.nn.Module):
    """Logits and loss in one, for exporters."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(3, 3)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return weighted(self.linear(x), y)


def test_export() -> None:
    model = Model()
    rows = torch.export.Dim("rows", min=2)
    shapes = (({0: rows}, {0: rows}),)
    program = torch.export.export(
        lambda_module(lambda x, y: weighted(x, y, None)), (X, Y), dynamic_shapes=shapes
    )
    x, y = torch.cat([X, X]), torch.cat([Y, Y])
    torch.testing.assert_close(program.module()(x, y), weighted(x, y, None))
    torch.testing.assert_close(torch.export.export(model, (X, Y)).module()(X, Y), model(X, Y))


def lambda_module(function: Any) -> torch.nn.Module:
    """A module that calls a function: torch.export takes modules."""

    class Module(torch.nn.Module):
        def forward(self, *tensors: torch.Tensor) -> Any:
            return function(*tensors)

    return Module()


def test_onnx(tmp_path: Path) -> None:
    """The exported file holds ordinary operators, and another engine computes the same loss from it."""
    model = Model()
    path = tmp_path / "model.onnx"
    torch.onnx.export(model, (X, Y), str(path), dynamo=True, verbose=False)
    loaded = onnx.load(str(path))
    assert all(node.domain in ("", "pkg.onnxscript.torch_lib") for node in loaded.graph.node)
    names = [value.name for value in loaded.graph.input]
    computed = onnx.reference.ReferenceEvaluator(loaded).run(
        None, dict(zip(names, (X.numpy(), Y.numpy()), strict=True))
    )
    torch.testing.assert_close(torch.tensor(computed[0]), model(X, Y).detach())


def test_onnx_of_large_and_small_losses() -> None:
    """No exponential overflows and no small loss is lost on the way: ONNX has neither logsigmoid
    nor log1p.
    """
    x = torch.tensor([104.0, 1e4, torch.inf, -20.0, -80.0])
    y = torch.zeros(5)
    module = lambda_module(lambda x, y: cl.binary_cross_entropy_with_logits(x, y, reduction="none"))
    program = torch.onnx.export(module, (x, y), dynamo=True, verbose=False).model_proto
    names = [value.name for value in program.graph.input]
    computed = onnx.reference.ReferenceEvaluator(program).run(
        None, dict(zip(names, (x.numpy(), y.numpy()), strict=True))
    )
    exact = torch.tensor([104.0, 1e4, torch.inf, math.log1p(math.exp(-20)), math.exp(-80)])
    torch.testing.assert_close(torch.tensor(computed[0]), exact, rtol=3e-7, atol=0.0)


FUNC: dict[str, Any] = {
    "grad of grad": lambda f: (
        lambda x, y: torch.func.grad(lambda a: torch.func.grad(lambda b: f(b, y))(a).sum())(x)
    ),
    "gradient penalty": lambda f: (
        lambda x, y: torch.func.grad(lambda a: (torch.func.grad(lambda b: f(b, y))(a) ** 2).sum())(x)
    ),
    "hessian": lambda f: lambda x, y: torch.func.hessian(lambda a: f(a, y))(x),
    "jacrev of jacrev": lambda f: lambda x, y: torch.func.jacrev(torch.func.jacrev(lambda a: f(a, y)))(x),
    "jacfwd of grad": lambda f: lambda x, y: torch.func.jacfwd(torch.func.grad(lambda a: f(a, y)))(x),
    "jvp of grad": lambda f: (
        lambda x, y: torch.func.jvp(torch.func.grad(lambda a: f(a, y)), (x,), (torch.ones_like(x),))
    ),
    "gradients of each sample": lambda f: lambda x, y: torch.vmap(torch.func.grad(f))(x, y),
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("composition", FUNC)
def test_torch_func_inside_a_compiled_function(composition: str, dtype: str) -> None:
    """Second derivatives by an autograd.Function are silently 0 there, and others fail: ours goes by its
    operations.
    """
    torch._dynamo.reset()
    x, y = X.to(getattr(torch, dtype)), Y.to(getattr(torch, dtype))
    mine = torch.compile(
        FUNC[composition](edition.binary_cross_entropy_with_logits), backend="eager", fullgraph=True
    )(x, y)
    exact = FUNC[composition](torch.nn.functional.binary_cross_entropy_with_logits)(x.double(), y.double())
    tolerance = {"float32": 1e-5, "bfloat16": 2.0**-6}[dtype]
    torch.testing.assert_close(mine, exact, rtol=tolerance, atol=tolerance / 10, check_dtype=False)


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_compiled_autograd(reduction: str) -> None:
    """An eager loss whose backward pass is compiled, in one graph."""
    torch._dynamo.reset()
    x = X.clone().requires_grad_()
    with torch._dynamo.compiled_autograd._enable(torch.compile(backend="eager", fullgraph=True)):
        (edition.binary_cross_entropy_with_logits(x, Y, reduction=reduction).sum() * 2).backward()
    assert x.grad is not None
    expected = 2 * (torch.sigmoid(X) - Y) / (1 if reduction == "none" else X.numel())
    torch.testing.assert_close(x.grad, expected)


NAMES = ("logits", "targets", "weight", "pos_weight")


def by_hand(x: Any, y: Any, w: Any, p: Any) -> Any:
    """The loss and all four gradients without autograd."""
    return cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        x,
        y,
        wrt=NAMES,
        weight=w,
        pos_weight=p,
        ignore_index=0.25,
    )


@pytest.mark.parametrize("dynamic", [False, True])
def test_value_and_gradients_compiled(dynamic: bool) -> None:
    torch._dynamo.reset()
    compiled = torch.compile(by_hand, fullgraph=True, dynamic=dynamic)
    for rows in (2, 1) if dynamic else (2,):
        tensors = (X[:rows], Y[:rows], W[:rows], P)
        torch.testing.assert_close(compiled(*tensors), by_hand(*tensors))


def test_value_and_gradients_exported() -> None:
    rows = torch.export.Dim("rows", min=2)
    shapes = (({0: rows}, {0: rows}, {0: rows}, None),)
    program = torch.export.export(lambda_module(by_hand), (X, Y, W, P), dynamic_shapes=shapes)
    more = tuple(torch.cat([t, t]) for t in (X, Y, W))
    torch.testing.assert_close(program.module()(*more, P), by_hand(*more, P))


class TestPaidAtTraceTime:
    """What the look-up, the checks and the choice of an executor cost is not in the compiled call."""

    def test_the_graph_holds_torchs_operations_alone(self) -> None:
        graphs: list[torch.fx.GraphModule] = []

        def recording(graph: torch.fx.GraphModule, _: Any) -> Any:
            graphs.append(graph)
            return graph

        torch._dynamo.reset()
        torch.compile(weighted, backend=recording, fullgraph=True)(X, Y)
        (graph,) = graphs
        nodes = [
            node
            for part in graph.modules()
            if isinstance(part, torch.fx.GraphModule)
            for node in part.graph.nodes
        ]
        called = [node.target for node in nodes if node.op == "call_function"]
        assert len(called) > 5
        assert {target.__module__.split(".")[0] for target in called} <= {"torch", "_operator"}

    @pytest.mark.parametrize("function", [weighted, through_edition, by_hand])
    def test_a_second_call_enters_no_python_of_the_package(self, function: Any) -> None:
        torch._dynamo.reset()
        x = X.clone().requires_grad_()

        def train(call: Any) -> Any:
            def step(*tensors: Any) -> None:
                result = call(*tensors)
                if isinstance(result, torch.Tensor):
                    result.backward()

            return step

        compiled = torch.compile(function, backend="aot_eager", fullgraph=True)
        assert_paid_at_trace_time(train(compiled), train(function), x, Y, W, P)


@pytest.mark.parametrize("loss", [cl.huber_loss, cl.l1_loss, cl.binary_cross_entropy_with_logits])
def test_the_definition_s_slopes_are_compiled(loss: Any) -> None:
    """Not the derivatives of the value's operations, which are 0 by a weight of 0 of an infinite loss."""
    x = torch.tensor([math.inf, 3.0])
    w = torch.zeros(2, requires_grad=True)

    def total(w: torch.Tensor) -> torch.Tensor:
        return loss(x, torch.zeros(2), weight=w, reduction="sum")

    torch._dynamo.reset()
    (compiled,) = torch.autograd.grad(torch.compile(total, fullgraph=True, backend="aot_eager")(w), w)
    (eager,) = torch.autograd.grad(total(w), w)
    assert compiled[0] == math.inf and torch.equal(compiled, eager)
