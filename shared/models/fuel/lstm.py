"""A small LSTM: trained in JAX, served by NumPy from its weights, which TensorFlow Lite's graph is written from too.

Weights are {"kernel": [F][4H], "recurrent": [H][4H], "bias": [4H] with gates in the order i, f, g, o, "dense": [H],
"dense_bias": b}: ``c = sigmoid(f) c + sigmoid(i) tanh(g)``, ``h = sigmoid(o) tanh(c)``, answer ``h . dense + b``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.models.grid import FloatArray

STEPS, LEARNING_RATE, DECAY, HUBER = 300, 0.02, 3e-3, 0.03
DIGITS = 5


def evaluate(weights: Mapping[str, Any], z: FloatArray) -> FloatArray:
    """f64[N] for standardized sequences f64[N, T, F]."""
    kernel, recurrent = np.asarray(weights["kernel"], float), np.asarray(weights["recurrent"], float)
    bias, dense = np.asarray(weights["bias"], float), np.asarray(weights["dense"], float)
    h = np.zeros((len(z), len(dense)))
    c = np.zeros_like(h)
    for t in range(z.shape[1]):
        i, f, g, o = np.split(z[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
    return np.asarray(h @ dense + float(weights["dense_bias"]))


def _sigmoid(x: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def train(z: FloatArray, y: FloatArray, weight: FloatArray, hidden: int, seed: int) -> dict[str, Any]:
    """Weights that fit y f64[N] to sequences f64[N, T, F] by pseudo-Huber loss, Adam and a cosine schedule on all rows
    at once: the same rows and seed give the same weights. Rows of weight 0 are as if not there, so that fits which
    leave races out share one compiled program."""
    import jax

    rng = np.random.default_rng(seed)
    f = z.shape[2]
    start = {
        "kernel": 0.3 * rng.standard_normal((f, 4 * hidden)),
        "recurrent": 0.3 / np.sqrt(hidden) * rng.standard_normal((hidden, 4 * hidden)),
        "bias": np.repeat([0.0, 1.0, 0.0, 0.0], hidden),
        "dense": 0.1 * rng.standard_normal(hidden),
        "dense_bias": np.zeros(()),
    }
    single = jax.tree.map(lambda a: np.asarray(a, np.float32), (start, z, y, weight / weight.sum()))
    fitted = _program()(*single)
    return {name: np.round(np.asarray(value, float), DIGITS).tolist() for name, value in fitted.items()}


@functools.cache
def _program() -> Any:
    """The fit, compiled once a process for each number of rows; JAX is loaded only where something is trained."""
    import jax
    import jax.numpy as jnp

    def loss(p: Any, z: Any, y: Any, w: Any) -> Any:
        hidden = p["dense"].shape[0]

        def step(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(x @ p["kernel"] + h @ p["recurrent"] + p["bias"], 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((z.shape[0], hidden))
        (h, _), _ = jax.lax.scan(step, (zeros, zeros), jnp.swapaxes(z, 0, 1))
        error = h @ p["dense"] + p["dense_bias"] - y
        size = sum(jnp.sum(p[name] ** 2) for name in ("kernel", "recurrent", "dense"))
        return HUBER * jnp.sum(w * (jnp.sqrt(1.0 + (error / HUBER) ** 2) - 1.0)) + DECAY * size

    @jax.jit
    def fit(p: Any, z: Any, y: Any, w: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, p)

        def adam(t: Any, state: Any) -> Any:
            p, m, v = state
            gradient = jax.grad(loss)(p, z, y, w)
            m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
            v = jax.tree.map(lambda a, g: 0.99 * a + 0.01 * g * g, v, gradient)
            n, rate = t + 1.0, 0.5 * LEARNING_RATE * (1.0 + jnp.cos(jnp.pi * t / STEPS))
            first, second = 1.0 - 0.9**n, 1.0 - 0.99**n
            p = jax.tree.map(lambda a, b, c: a - rate * (b / first) / (jnp.sqrt(c / second) + 1e-8), p, m, v)
            return p, m, v

        return jax.lax.fori_loop(0, STEPS, adam, (p, zeros, zeros))[0]

    return fit
