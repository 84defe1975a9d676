"""A script of 2020, written against `paddle.fluid`, on torch tensors of today: one import has changed.

The loss is that of a tagger for images some of whose tags nobody has looked at: those have the label -1 and
must not count, and the loss is to be per tag that counts. `fluid.layers.sigmoid_cross_entropy_with_logits`
did both with ``ignore_index`` and ``normalize``; torch's own function has neither.

    python examples/fluid_on_torch.py
"""

from __future__ import annotations

import torch

import compatlosses.paddle.fluid as fluid  # was: import paddle.fluid as fluid

UNSEEN = -1


def tag_loss(logits: torch.Tensor, tags: torch.Tensor) -> torch.Tensor:
    """The loss of a batch: the mean over the tags that somebody has looked at. As it was in 2020."""
    loss = fluid.layers.sigmoid_cross_entropy_with_logits(
        x=logits, label=tags, ignore_index=UNSEEN, normalize=True
    )
    return loss.sum()


def tagged_images(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """256 images of 32 features each, and 8 tags: 1, 0, or UNSEEN for one in four."""
    random = torch.Generator().manual_seed(seed)
    images = torch.randn(256, 32, generator=random)
    tags = (images @ torch.randn(32, 8, generator=random) > 0).to(torch.float32)
    tags[torch.rand(tags.shape, generator=random) < 0.25] = UNSEEN
    return images, tags


def train(steps: int = 100) -> list[float]:
    """Train a linear tagger with torch's optimizer; the losses of all steps."""
    images, tags = tagged_images()
    torch.manual_seed(0)
    model = torch.nn.Linear(32, 8)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = tag_loss(model(images), tags)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    curve = train()
    print(f"loss per tag that counts: {curve[0]:.4f} at first, {curve[-1]:.4f} in the end")
