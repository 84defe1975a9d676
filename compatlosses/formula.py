"""The mathematics of binary cross entropy with logits, once.

With logit x, target y, weight w, positive weight p, sigma the logistic function and softplus(t) = log(1 +
e^t)::

    loss = w [ (1 - y) softplus(x) + p y softplus(-x) ]
    d/dx = w [ (1 - y) sigma(x) - p y sigma(-x) ]
    d/dy = w [ p softplus(-x) - softplus(x) ]
    d/dw = the loss at w = 1
    d/dp = w y softplus(-x)

That is the usual form, in which p scales the positive term. In the ``whole`` form, Paddle 2.0's, it scales an
element's whole loss by p y + 1 - y; given p, that factor s joins the weight, and two derivatives are the
form's own::

    d/dy = w [ (p (1 - 2 y) - 2 (1 - y)) softplus(x) + (2 p y + 1 - 2 y) softplus(-x) ]
    d/dp = w y [ (1 - y) softplus(x) + y softplus(-x) ]

No term cancels another for targets in [0, 1]. All tensors of a call have one dtype; x and y have one shape,
to which w and p broadcast; a weight that is None is 1. Coefficients are multiplied first, so that a product
overflows only if it must. Everything is in the operations of whatever `Library` is passed.
"""

from __future__ import annotations

from .libraries import Library, Tensor

Wanted = tuple[bool, bool, bool, bool]
"""Whether a gradient is wanted by logits, targets, weight and pos_weight."""


def elements(
    library: Library,
    x: Tensor,
    y: Tensor,
    w: Tensor | None,
    p: Tensor | None,
    counts: Tensor | None,
    whole: bool,
) -> Tensor:
    """The loss of each element, of the logits' shape; 0 where ``counts`` is given and False, whatever the
    inputs.
    """
    if counts is None:
        return loss(library, x, y, w, p, whole)
    x, y, w, p = replaced(library, x, y, w, p, counts)
    return library.where(counts, loss(library, x, y, w, p, whole), 0.0)


def gradients(
    library: Library,
    wanted: Wanted,
    g: Tensor | None,
    x: Tensor,
    y: Tensor,
    w: Tensor | None,
    p: Tensor | None,
    counts: Tensor | None,
    whole: bool,
) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]:
    """The gradients of `elements` times the cotangent ``g`` (None: 1), each summed to its
    argument's shape.
    """
    by_x, by_y, by_w, by_p = None, None, None, None
    u, v, s, q = x, y, w, p
    if counts is not None:
        u, v, s, q = replaced(library, x, y, w, p, counts)
    if wanted[0]:
        by_x = scaled(library, d_logits(library, u, v, s, q, whole), g, counts)
    if wanted[1]:
        by_y = scaled(library, d_targets(library, u, v, s, q, whole), g, counts)
    if wanted[2]:
        by_w = library.sum_to(scaled(library, loss(library, u, v, None, q, whole), g, counts), w)
    if wanted[3]:
        by_p = library.sum_to(scaled(library, d_pos_weight(library, u, v, s, whole), g, counts), p)
    return by_x, by_y, by_w, by_p


def loss(library: Library, x: Tensor, y: Tensor, w: Tensor | None, p: Tensor | None, whole: bool) -> Tensor:
    """The loss of each element. At w = None it is also the derivative by the weight."""
    negative, positive = coefficients(library, y, w, p, whole)
    return product(library, negative, library.softplus(x)) + product(library, positive, library.softplus(-x))


def d_logits(
    library: Library, x: Tensor, y: Tensor, w: Tensor | None, p: Tensor | None, whole: bool
) -> Tensor:
    """The derivative of each element's loss by its logit."""
    negative, positive = coefficients(library, y, w, p, whole)
    return product(library, negative, library.sigmoid(x)) - product(library, positive, library.sigmoid(-x))


def d_targets(
    library: Library, x: Tensor, y: Tensor, w: Tensor | None, p: Tensor | None, whole: bool
) -> Tensor:
    """The derivative of each element's loss by its target."""
    if whole and p is not None:
        negative = times(library, w, product(library, p, 1 - 2 * y) - 2 * (1 - y))
        positive = times(library, w, product(library, p, 2 * y) + (1 - 2 * y))
        return product(library, negative, library.softplus(x)) + product(
            library, positive, library.softplus(-x)
        )
    positive = w if p is None else times(library, w, p)
    return times(library, positive, library.softplus(-x)) - times(library, w, library.softplus(x))


def d_pos_weight(library: Library, x: Tensor, y: Tensor, w: Tensor | None, whole: bool) -> Tensor:
    """The derivative of each element's loss by its positive weight."""
    wy = times(library, w, y)
    if whole:
        negative, positive = product(library, wy, 1 - y), product(library, wy, y)
        return product(library, negative, library.softplus(x)) + product(
            library, positive, library.softplus(-x)
        )
    return product(library, wy, library.softplus(-x))


def coefficients(
    library: Library, y: Tensor, w: Tensor | None, p: Tensor | None, whole: bool
) -> tuple[Tensor, Tensor]:
    """What the loss multiplies softplus(x) and softplus(-x) by."""
    if whole and p is not None:
        # Not (p - 1) y + 1, which cancels: at p = 1e-10, y = 1 that would be 0 in float32.
        w = times(library, w, product(library, p, y) + (1 - y))
        p = None
    return times(library, w, 1 - y), times(library, w, times(library, p, y))


def times(library: Library, weight: Tensor | None, x: Tensor) -> Tensor:
    """The product with a weight that may be None, which is 1."""
    if weight is None:
        return x
    return product(library, weight, x)


def product(library: Library, a: Tensor, b: Tensor) -> Tensor:
    """a b, and 0 where one factor is 0 and the other infinite: a coefficient of zero removes its term.

    The factors are mended before they meet. Mended afterwards, the product would be right and its derivatives
    NaN.
    """
    undefined = (library.equal(a, 0) & library.isinf(b)) | (library.isinf(a) & library.equal(b, 0))
    return library.where(undefined, 0.0, a) * library.where(undefined, 0.0, b)


def replaced(
    library: Library, x: Tensor, y: Tensor, w: Tensor | None, p: Tensor | None, counts: Tensor
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """The inputs with harmless values where an element does not count, so that no NaN there reaches a
    gradient.
    """
    x = library.where(counts, x, 0.0)
    y = library.where(counts, y, 0.0)
    if w is not None:
        w = library.where(counts, w, 1.0)
    if p is not None:
        p = library.where(counts, p, 1.0)
    return x, y, w, p


def scaled(library: Library, slope: Tensor, g: Tensor | None, counts: Tensor | None) -> Tensor:
    """A slope times the cotangent, 0 where an element does not count."""
    if g is not None:
        slope = slope * g  # in this order: torch lays a product out as its first factor
    if counts is not None:
        slope = library.where(counts, slope, 0.0)
    return slope
