"""One small network, trained in the framework of your choice with one and the same loss:

    python examples/port.py --framework torch --steps 200
    python examples/port.py --framework paddle --problem classes --own

Layers, optimizer and autograd are the framework's own, as its users write them. The loss is `compatlosses`
throughout, or with ``--own`` the framework's. The problem has several labels, or one class of several with
class weights and rows without a label, or the same without weights. The losses of all steps go to the
standard output as JSON. `port_all.py` runs every framework and draws the curves.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent))

from port_data import FEATURES, HIDDEN, LABELS, LEARNING_RATE, PROBLEMS, UNLABELLED, Data, Weights, weights

import compatlosses as cl

Step = Callable[[int], float]
"""Trains on the batch of this number and returns the loss before."""
Loss = Callable[[Any, Any, Any], Any]
"""Of outputs, labels and a weight."""


def of_labels(outputs: Any, labels: Any, weight: Any) -> Any:
    """The loss of several labels."""
    return cl.binary_cross_entropy_with_logits(outputs, labels, pos_weight=weight)


def of_classes(outputs: Any, labels: Any, weight: Any) -> Any:
    """The loss of one class, by the rule of torch's documentation: a mean divides by the weights of the rows
    that have a label, or by their number.
    """
    divisor: Any = "counted" if weight is None else "weights"
    return cl.cross_entropy(outputs, labels, weight=weight, ignore_index=UNLABELLED, divisor=divisor)


def own_loss(framework: str) -> Loss:
    """The framework's own loss of one class."""
    module = "mindspore.ops" if framework == "mindspore" else f"{framework}.nn.functional"
    cross_entropy = importlib.import_module(module).cross_entropy

    def loss(outputs: Any, labels: Any, weight: Any) -> Any:
        labels = labels.long() if framework == "torch" else labels
        return cross_entropy(outputs, labels, weight=weight, ignore_index=UNLABELLED)

    return loss


def torch_step(given: Data, initial: Weights, loss_of: Loss) -> Step:
    """A training step in torch."""
    torch: Any = importlib.import_module("torch")
    nn = torch.nn
    model = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, LABELS))
    with torch.no_grad():
        for layer, start in ((model[0], initial.hidden), (model[2], initial.output)):
            layer.weight.copy_(torch.from_numpy(start))
            layer.bias.zero_()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    weight = None if given.weight is None else torch.from_numpy(given.weight)

    def step(number: int) -> float:
        inputs, labels = map(torch.from_numpy, given.batch(number))
        optimizer.zero_grad()
        loss = loss_of(model(inputs), labels, weight)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def paddle_step(given: Data, initial: Weights, loss_of: Loss) -> Step:
    """A training step in Paddle, whose layers keep their weights transposed."""
    paddle: Any = importlib.import_module("paddle")
    paddle.set_device("cpu")
    nn = paddle.nn
    model = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, LABELS))
    for layer, start in ((model[0], initial.hidden), (model[2], initial.output)):
        layer.weight.set_value(start.T.copy())
        layer.bias.set_value(paddle.zeros_like(layer.bias))
    optimizer = paddle.optimizer.SGD(LEARNING_RATE, parameters=model.parameters())
    weight = None if given.weight is None else paddle.to_tensor(given.weight)

    def step(number: int) -> float:
        inputs, labels = map(paddle.to_tensor, given.batch(number))
        loss = loss_of(model(inputs), labels, weight)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        return float(loss)

    return step


def mindspore_step(given: Data, initial: Weights, loss_of: Loss) -> Step:
    """A training step in MindSpore."""
    mindspore: Any = importlib.import_module("mindspore")
    nn = mindspore.nn
    model = nn.SequentialCell(
        nn.Dense(FEATURES, HIDDEN, mindspore.Tensor(initial.hidden), bias_init="zeros"),
        nn.ReLU(),
        nn.Dense(HIDDEN, LABELS, mindspore.Tensor(initial.output), bias_init="zeros"),
    )
    optimizer = nn.SGD(model.trainable_params(), LEARNING_RATE)
    weight = None if given.weight is None else mindspore.Tensor(given.weight)

    def forward(inputs: Any, labels: Any) -> Any:
        return loss_of(model(inputs), labels, weight)

    loss_and_gradients = mindspore.value_and_grad(forward, None, optimizer.parameters)

    def step(number: int) -> float:
        loss, gradients = loss_and_gradients(*map(mindspore.Tensor, given.batch(number)))
        optimizer(gradients)
        return float(loss.asnumpy())

    return step


FRAMEWORKS: dict[str, Callable[[Data, Weights, Loss], Step]] = {
    "torch": torch_step,
    "paddle": paddle_step,
    "mindspore": mindspore_step,
}


def main(
    framework: Annotated[str, typer.Option(help=f"One of {', '.join(FRAMEWORKS)}.")],
    steps: Annotated[int, typer.Option(help="How many steps to train.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the data and the initial weights.")] = 0,
    problem: Annotated[str, typer.Option(help=f"One of {', '.join(PROBLEMS)}.")] = "labels",
    own: Annotated[bool, typer.Option("--own", help="The framework's own loss of one class.")] = False,
) -> None:
    """Train the network and print the losses of all steps as JSON."""
    if framework not in FRAMEWORKS:
        raise typer.BadParameter(
            f"{framework!r} is none of {', '.join(FRAMEWORKS)}", param_hint="--framework"
        )
    if problem not in PROBLEMS or (own and problem == "labels"):
        expected = "classes, unweighted" if own else ", ".join(PROBLEMS)
        raise typer.BadParameter(f"{problem!r} is none of {expected}", param_hint="--problem")
    given = PROBLEMS[problem](seed)
    loss = own_loss(framework) if own else of_labels if problem == "labels" else of_classes
    step = FRAMEWORKS[framework](given, weights(seed), loss)
    losses = [step(number) for number in range(steps)]
    print(json.dumps({"framework": framework, "seed": seed, "losses": losses}))


if __name__ == "__main__":
    typer.run(main)
