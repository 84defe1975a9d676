"""Every way Paddle runs code: programs by to_static and by hand, saved ones, automatic casting, data
parallel, layers.
"""

from __future__ import annotations

import copy
import itertools
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import exact
import numpy as np
import paddle
import pytest
from entered import assert_paid_at_trace_time

import compatlosses as cl
import compatlosses.paddle as api
from compatlosses.paddle import fluid, v2_0

native = paddle.nn.functional.binary_cross_entropy_with_logits
X = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]], np.float32)
Y = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]], np.float32)
W = np.array([0.5, 2.0, 3.0], np.float32)


def tensors(*values: Any) -> list[Any]:
    """Leaves to differentiate by."""
    return [paddle.to_tensor(value, stop_gradient=False) for value in values]


def specs(rows: int | None) -> list[Any]:
    """Input specifications for X, Y and W with so many rows; None: unknown."""
    shapes = [[rows, 3], [rows, 3], [3]]
    return [paddle.static.InputSpec(shape, "float32", stop_gradient=False) for shape in shapes]


def paddle3(x: Any, y: Any, w: Any) -> Any:
    return api.binary_cross_entropy_with_logits(x, y, w, "mean", w)


def paddle2(x: Any, y: Any, w: Any) -> Any:
    return v2_0.binary_cross_entropy_with_logits(x, y, w, "sum", w)


def paddle1(x: Any, y: Any, w: Any) -> Any:
    return fluid.layers.sigmoid_cross_entropy_with_logits(x, y, 0, normalize=True)


def neutral(x: Any, y: Any, w: Any) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=2.0, pos_weight=w, ignore_index=0)


@pytest.mark.parametrize("full_graph", [True, False])
@pytest.mark.parametrize("rows", [2, None])
@pytest.mark.parametrize("function", [paddle3, paddle2, paddle1, neutral])
def test_to_static(function: Any, rows: int | None, full_graph: bool) -> None:
    eager = tensors(X, Y, W)
    expected = function(*eager)
    expected.sum().backward()
    traced = paddle.jit.to_static(
        function, input_spec=specs(rows) if full_graph else None, full_graph=full_graph
    )
    inputs = tensors(X, Y, W)
    loss = traced(*inputs)
    assert loss.shape == expected.shape
    np.testing.assert_allclose(loss.numpy(), expected.numpy(), rtol=1e-6)
    loss.sum().backward()
    for mine, theirs in zip(inputs, eager, strict=True):
        if theirs.grad is not None:
            np.testing.assert_allclose(mine.grad.numpy(), theirs.grad.numpy(), rtol=2e-6, atol=1e-7)
    if rows is None:
        more = tensors(np.tile(X, (5, 1)), np.tile(Y, (5, 1)), W)
        np.testing.assert_allclose(traced(*more).numpy(), function(*more).numpy(), rtol=1e-6)


def pairs(**options: Any) -> dict[str, Any]:
    """Losses of labels and of a weight, each in every edition."""
    none = options["reduction"] == "none"
    return {
        "paddle": lambda x, y: api.binary_cross_entropy_with_logits(x, y, **options),
        "paddle 2.0": lambda x, y: v2_0.binary_cross_entropy_with_logits(x, y, **options),
        "neutral": lambda x, y: cl.binary_cross_entropy_with_logits(x, y, ignore_index=0.5, **options),
        "weight": lambda x, w: api.binary_cross_entropy_with_logits(x, x, w, **options),
        "pos_weight": lambda x, w: api.binary_cross_entropy_with_logits(x, x, pos_weight=w, **options),
        "pos_weight of 2.0": lambda x, w: v2_0.binary_cross_entropy_with_logits(
            x, x, pos_weight=w, **options
        ),
        "neutral weights": lambda x, w: cl.binary_cross_entropy_with_logits(
            x, x, weight=w, pos_weight=w, **options
        ),
        **(
            {"fluid": lambda x, y: fluid.layers.sigmoid_cross_entropy_with_logits(x, y, normalize=True)}
            if none
            else {}
        ),
    }


SHAPES = [
    ((4, 1), (1, 4)),
    ((3, 4), (1, 4)),
    ((3, 4), (3, 4)),
    ((1, 4), (3, 4)),
    ((2, 6), (3, 4)),
    ((0, 4), (1, 4)),
]


@pytest.mark.parametrize("known", [None, 4])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("name", pairs(reduction="none"))
def test_a_program_refuses_what_the_eager_call_refuses(name: str, reduction: str, known: int | None) -> None:
    """Sizes that are not known when it is built are checked when it runs: it returns the eager call's number
    or none.
    """
    functions = pairs(reduction=reduction)
    if name not in functions or (known is not None and reduction != "mean"):
        return
    function = functions[name]

    def program(x: Any, y: Any) -> Any:
        return function(x, y)

    spec = [paddle.static.InputSpec([None, size], "float32") for size in (known, None)]
    traced = paddle.jit.to_static(program, input_spec=spec, full_graph=True)
    for shape, other in SHAPES:
        if known is not None and shape[1] != known:
            continue
        x, y = paddle.full(shape, 0.25), paddle.full(other, 0.75)
        try:
            expected = function(x, y).numpy()
        except ValueError:
            with pytest.raises(ValueError, match="-2"):
                traced(x, y)
        else:
            np.testing.assert_allclose(traced(x, y).numpy(), expected, rtol=1e-6)


def test_gradients_by_weights_of_unknown_sizes() -> None:
    traced = paddle.jit.to_static(
        by_hand, input_spec=[*specs(None)[:2], paddle.static.InputSpec([None, None])], full_graph=True
    )
    for shape in ((1, 1), (2, 1), (1, 3), (2, 3)):
        inputs = tensors(X, Y, np.full(shape, 2.0, np.float32))
        gradients, eager = traced(*inputs)[1], by_hand(*inputs)[1]
        for name, gradient in gradients.items():
            assert gradient.shape == eager[name].shape
            np.testing.assert_allclose(gradient.numpy(), eager[name].numpy(), rtol=2e-6, atol=1e-7)


FIRST = """
import sys
both = sys.argv[1] == "mindspore"
if both: import mindspore
import numpy as np, paddle
import compatlosses as cl
def loss(x, y):
    return cl.binary_cross_entropy_with_logits(x, y, weight=2.0, pos_weight=y, ignore_index=0)
X, Y = np.array([2.0, 0.0], "float32"), np.array([1.0, 0.5], "float32")
traced = paddle.jit.to_static(loss, full_graph=sys.argv[2] == "full")
found = [float(f(paddle.to_tensor(X), paddle.to_tensor(Y))) for f in (traced, loss)]
if both: found.append(float(mindspore.jit(loss)(mindspore.Tensor(X), mindspore.Tensor(Y))))
print("found", *found)
"""


@pytest.mark.parametrize("graph", ["full", "part"])
@pytest.mark.parametrize("beside", ["mindspore", "nothing"])
def test_the_neutral_function_is_a_fine_first_call_of_to_static(
    beside: str, graph: str, tmp_path: Path
) -> None:
    """In a new process, in which MindSpore compiles the same function afterwards."""
    if beside == "mindspore":
        pytest.importorskip("mindspore")
    script = tmp_path / "first.py"
    script.write_text(FIRST)
    done = subprocess.run(
        [sys.executable, str(script), beside, graph], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [float(word) for word in done.stdout.splitlines()[-1].split()[1:]]
    expected = float(
        cl.binary_cross_entropy_with_logits(
            *(paddle.to_tensor(np.array(v, "float32")) for v in ([2, 0], [1, 0.5])),
            weight=2.0,
            pos_weight=paddle.to_tensor([1.0, 0.5]),
        )
    )
    assert found == pytest.approx([expected] * len(found), rel=1e-6) and len(found) == (
        3 if beside == "mindspore" else 2
    )


def test_the_mean_of_nothing_in_a_program() -> None:
    traced = paddle.jit.to_static(neutral, input_spec=specs(None), full_graph=True)
    for rows in (2, 0):  # nothing counts, and nothing is there
        x, y = (paddle.zeros([rows, 3]) for _ in range(2))
        loss = float(traced(x, y, paddle.to_tensor(W)))
        assert math.isnan(loss)


def by_hand(x: Any, y: Any, w: Any) -> Any:
    """The loss and all four gradients without autograd."""
    names = ("logits", "targets", "weight", "pos_weight")
    return cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        x,
        y,
        wrt=names,
        weight=w,
        pos_weight=w,
        ignore_index=0,
    )


@pytest.mark.parametrize("rows", [2, None])
def test_value_and_gradients_in_a_program(rows: int | None) -> None:
    traced = paddle.jit.to_static(by_hand, input_spec=specs(rows), full_graph=True)
    for times in (1, 5) if rows is None else (1,):
        inputs = tensors(np.tile(X, (times, 1)), np.tile(Y, (times, 1)), W)
        (loss, gradients), (expected, eager) = traced(*inputs), by_hand(*inputs)
        np.testing.assert_allclose(loss.numpy(), expected.numpy(), rtol=1e-6)
        assert list(gradients) == list(eager)
        for name, gradient in gradients.items():
            assert gradient.shape == eager[name].shape
            np.testing.assert_allclose(gradient.numpy(), eager[name].numpy(), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("function", [paddle3, paddle1, neutral])
def test_the_shim_is_paid_for_when_a_program_is_built(function: Any) -> None:
    """A second call and its backward enter no Python of the package."""

    def train(call: Any) -> Any:
        return lambda *inputs: call(*inputs).sum().backward()

    traced = paddle.jit.to_static(function, full_graph=True)
    assert_paid_at_trace_time(train(traced), train(function), *tensors(X, Y, W))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_in_a_program(dtype: str) -> None:
    edges = [0.0, 1e-30, 0.3, 15.0, 40.0, 88.0, 104.0, 1e4, math.inf]
    points = list(itertools.product([*edges, *(-x for x in edges), math.nan], [0.0, 1.0, 0.25, -0.5, 2.0]))
    points = [(float(np.asarray(x, dtype)), y) for x, y in points]

    def function(x: Any, y: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, reduction="none")

    x, y = (paddle.to_tensor(v, dtype, stop_gradient=i > 0) for i, v in enumerate(zip(*points, strict=True)))
    loss = paddle.jit.to_static(function, full_graph=True)(x, y)
    loss.sum().backward()
    for got, oracle in ((loss, exact.loss), (x.grad, exact.d_logits)):
        distance, at = exact.worst(got.numpy().tolist(), [oracle(a, b) for a, b in points], dtype)
        assert distance <= 4, (points[at], got.numpy()[at])


def test_errors_while_a_program_is_built() -> None:
    traced = paddle.jit.to_static(paddle3, full_graph=True)
    with pytest.raises(ValueError, match="label has shape"):
        traced(*tensors(X, Y[:1], W))
    with pytest.raises(TypeError, match="label has dtype int64"):
        traced(*tensors(X), paddle.to_tensor(Y).cast("int64"), *tensors(W))


class Model(paddle.nn.Layer):  # type: ignore[misc]
    """A layer with the loss in it."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = paddle.nn.Linear(3, 3)
        self.loss = api.BCEWithLogitsLoss(paddle.to_tensor(W), "mean", paddle.to_tensor(W))

    def forward(self, x: Any, y: Any) -> Any:
        return self.loss(self.linear(x), y)


def test_saving_and_loading_a_program(tmp_path: Path) -> None:
    model = Model()
    expected = model(*tensors(X, Y))
    path = str(tmp_path / "program")
    paddle.jit.save(paddle.jit.to_static(model, input_spec=specs(None)[:2], full_graph=True), path)
    loaded = paddle.jit.load(path)
    inputs = tensors(X, Y)
    loss = loaded(*inputs)
    np.testing.assert_allclose(loss.numpy(), expected.numpy(), rtol=1e-6)
    code = (
        "import numpy as np, paddle, sys\n"
        f"loaded = paddle.jit.load({path!r})\n"
        f"print(float(loaded(paddle.to_tensor(np.array({X.tolist()}, 'float32')), "
        f"paddle.to_tensor(np.array({Y.tolist()}, 'float32')))))\n"
        "assert 'compatlosses' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout.split()[-1]) == pytest.approx(float(expected), rel=1e-6)


def test_a_static_graph_with_an_executor() -> None:
    """A program by hand, with unknown sizes, trained by its own gradients; in a process of its own."""
    code = f"""
import numpy as np, paddle, compatlosses.paddle as api
paddle.enable_static()
main = paddle.static.Program()
with paddle.static.program_guard(main):
    x = paddle.static.data("x", [None, 3], "float32")
    y = paddle.static.data("y", [-1, 3], "float32")
    w = paddle.static.data("w", [3], "float32")
    x.stop_gradient = False
    loss = api.binary_cross_entropy_with_logits(x, y, w, pos_weight=w)
    (slope,) = paddle.static.gradients(loss, [x])
executor = paddle.static.Executor(paddle.CPUPlace())
feed = {{
    "x": np.array({X.tolist()}, "float32"),
    "y": np.array({Y.tolist()}, "float32"),
    "w": np.array({W.tolist()}, "float32"),
}}
loss, slope = executor.run(main, feed=feed, fetch_list=[loss, slope])
print("found", float(loss), *slope.ravel().tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [float(word) for word in done.stdout.splitlines()[-1].split()[1:]]
    x, y, w = tensors(X, Y, W)
    loss = native(x, y, w, pos_weight=w)
    loss.backward()
    assert found == pytest.approx([float(loss), *x.grad.numpy().ravel().tolist()], rel=1e-5)


def test_create_graph_and_hessian() -> None:
    x, y = tensors(X, Y)
    loss = cl.binary_cross_entropy_with_logits(x, y, reduction="sum")
    slope = paddle.grad(loss, x, create_graph=True)[0]
    twice = paddle.grad(slope.sum(), x, create_graph=True)[0]
    s = 1 / (1 + np.exp(-X.astype(np.float64)))
    np.testing.assert_allclose(twice.numpy(), s * (1 - s), rtol=1e-6)
    flat = paddle.to_tensor(X.ravel(), stop_gradient=False)
    label = paddle.to_tensor(Y.ravel())
    value = cl.binary_cross_entropy_with_logits(flat, label, reduction="sum")
    hessian = paddle.autograd.hessian(value, flat)[:]
    np.testing.assert_allclose(hessian.numpy(), np.diag((s * (1 - s)).ravel()), rtol=1e-6, atol=1e-9)


def test_auto_cast_in_a_program() -> None:
    """In programs auto_cast is at work on CPU too: half precision in, float32 out, beside float32 labels."""

    def function(x: Any, y: Any) -> Any:
        with paddle.amp.auto_cast(True, level="O2", dtype="bfloat16"):
            return api.binary_cross_entropy_with_logits(x.astype("bfloat16"), y)

    x, y = paddle.to_tensor(X), paddle.to_tensor(Y)
    loss = paddle.jit.to_static(function, full_graph=True)(x, y)
    assert loss.dtype == paddle.float32
    assert float(loss) == pytest.approx(float(native(x, y)), rel=1e-6)


WORKER = """
import sys, numpy as np, paddle, paddle.distributed as dist
import compatlosses.paddle as api
dist.init_parallel_env()
paddle.seed(3)
model = paddle.DataParallel(paddle.nn.Linear(3, 2))
rng = np.random.default_rng(0)
x, y = rng.normal(size=(8, 3)).astype("float32"), rng.uniform(size=(8, 2)).astype("float32")
rank = dist.get_rank()
part = slice(4 * rank, 4 * rank + 4)
api.binary_cross_entropy_with_logits(model(paddle.to_tensor(x[part])), paddle.to_tensor(y[part])).backward()
mine = model.parameters()[0].grad.numpy()
paddle.seed(3)
whole = paddle.nn.Linear(3, 2)
whole.set_state_dict(model.state_dict())
api.binary_cross_entropy_with_logits(whole(paddle.to_tensor(x)), paddle.to_tensor(y)).backward()
np.testing.assert_allclose(mine, whole.parameters()[0].grad.numpy(), rtol=1e-5)
print("same", dist.get_world_size())
"""


def test_data_parallel_on_two_processes(free_port: int) -> None:
    """Two CPU processes with gloo: the averaged gradients of two halves are the gradients of the whole."""
    ends = f"127.0.0.1:{free_port},127.0.0.1:{free_port + 1}"
    processes = []
    for rank in range(2):
        variables = {
            "PADDLE_TRAINER_ID": str(rank),
            "PADDLE_TRAINERS_NUM": "2",
            "PADDLE_TRAINER_ENDPOINTS": ends,
            "PADDLE_CURRENT_ENDPOINT": ends.split(",")[rank],
            "PADDLE_DISTRI_BACKEND": "gloo",
        }
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER],
                env={**os.environ, **variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in processes:
        out, err = process.communicate(timeout=90)
        assert process.returncode == 0 and "same 2" in out, err[-3000:]


def test_the_layer_is_paddles_own() -> None:
    layer, theirs = (
        c(paddle.to_tensor(W), "sum", paddle.to_tensor(W), "a name")
        for c in (api.BCEWithLogitsLoss, paddle.nn.BCEWithLogitsLoss)
    )
    assert isinstance(layer, paddle.nn.BCEWithLogitsLoss)
    assert repr(layer) == repr(theirs) and list(layer.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in layer.named_buffers()] == [name for name, _ in theirs.named_buffers()]
    x, y = tensors(X, Y)
    for same in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert float(same(x, y)) == pytest.approx(float(theirs(x, y)), rel=1e-6)
    layer.to(dtype="float64")
    assert layer.weight.dtype == layer.pos_weight.dtype == paddle.float64
    trained = api.BCEWithLogitsLoss(paddle.create_parameter([3], "float32"))
    assert list(trained.state_dict()) == ["weight"]
    with pytest.raises(ValueError, match="reduction"):
        api.BCEWithLogitsLoss(None, "nonsense")
    with pytest.raises(TypeError, match="weight is"):
        api.BCEWithLogitsLoss(2.0)(x, y)
    assert float(api.BCEWithLogitsLoss(W, "sum", W)(X, Y)) == pytest.approx(float(theirs(x, y)), rel=1e-6)


def test_without_paddle_it_is_a_plain_callable() -> None:
    code = (
        "import sys\nsys.modules['paddle'] = None\n"
        "import numpy as np, compatlosses.paddle as api\n"
        "loss = api.BCEWithLogitsLoss(None, 'sum')\n"
        "print(loss, float(loss(np.zeros(3), np.ones(3))))\n"
        "try: api.BCEWithLogitsLoss(None, 'nonsense')\n"
        "except ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("BCEWithLogitsLoss() 2.0794") and "reduction is 'nonsense'" in done.stdout
