"""Writes graph_reference.json: graphs of every operation and what PyTorch gives for them.

    python -m venv venv && venv/bin/pip install torch numpy
    OMP_WAIT_POLICY=PASSIVE venv/bin/python make_graph_reference.py > graph_reference.json

Tensors and inputs are not stored: both sides draw them from the same generator (`draw`), seeded
by the names of the case and the tensor. Computed in double precision from numbers that are exact
in single precision, stored with seven digits. Where PyTorch has the operation, that is called;
the modulated convolution scales the kernel of each picture, as in the paper, and the filter is
`upfirdn2d` written with zeros, borders and a grouped convolution, as in NVIDIA's reference.
"""

import json
import math

import torch
import torch.nn.functional as F

MASK = (1 << 64) - 1


def draw(case, name, count):
    """Numbers in -1..1, multiples of 2^-23: SplitMix64 seeded by FNV-1a of `case/name`."""
    state = 0xCBF29CE484222325
    for byte in f"{case}/{name}".encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    numbers = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        numbers.append((z >> 40) / (1 << 23) - 1.0)
    return torch.tensor(numbers, dtype=torch.float64)


def fir(x, taps, up, down, padding, gain):
    """`upfirdn2d` of StyleGAN2 with a separable filter."""
    batch, channels, height, width = x.shape
    x = x.reshape(batch, channels, height, 1, width, 1)
    x = F.pad(x, [0, up - 1, 0, 0, 0, up - 1]).reshape(batch, channels, height * up, width * up)
    top, left, bottom, right = padding
    x = F.pad(x, [left, right, top, bottom])
    taps = torch.tensor(taps, dtype=torch.float32).double()
    kernel = torch.outer(taps, taps).flip([0, 1]) * gain
    kernel = kernel[None, None].repeat(channels, 1, 1, 1)
    return F.conv2d(x, kernel, groups=channels)[:, :, ::down, ::down]


def modulated(x, style, weight, up, demodulate, gain):
    batch, inputs, height, width = x.shape
    outputs, _, kernel, _ = weight.shape
    weight = weight[None] * style[:, None, :, None, None]
    if demodulate:
        weight = weight * (weight.square().sum([2, 3, 4], keepdim=True) + 1e-8).rsqrt()
    x = x.reshape(1, batch * inputs, height, width)
    if up == 1:
        weight = weight.reshape(batch * outputs, inputs, kernel, kernel)
        y = F.conv2d(x, weight, padding=kernel // 2, groups=batch)
    else:
        weight = weight.transpose(1, 2).reshape(batch * inputs, outputs, kernel, kernel)
        y = F.conv_transpose2d(x, weight, stride=2, groups=batch)
    return y.reshape(batch, outputs, *y.shape[2:]) * gain


def haar(x):
    a, b = x[:, :, ::2, ::2], x[:, :, ::2, 1::2]
    c, d = x[:, :, 1::2, ::2], x[:, :, 1::2, 1::2]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], 1) / 2


def haar_inverse(x):
    s, h, v, d = x.chunk(4, 1)
    y = torch.zeros(x.shape[0], x.shape[1] // 4, 2 * x.shape[2], 2 * x.shape[3], dtype=x.dtype)
    y[:, :, ::2, ::2], y[:, :, ::2, 1::2] = (s + h + v + d) / 2, (s - h + v - d) / 2
    y[:, :, 1::2, ::2], y[:, :, 1::2, 1::2] = (s + h - v - d) / 2, (s - h - v + d) / 2
    return y


FUNCTIONS = {
    "relu": F.relu,
    "leaky_relu": lambda x, slope: F.leaky_relu(x, slope),
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "mish": F.mish,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "elu": lambda x, alpha: F.elu(x, alpha),
    "hard_sigmoid": F.hardsigmoid,
    "hard_swish": F.hardswish,
    "clamp": lambda x, min, max: x.clamp(min, max),
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "abs": torch.abs,
    "sin": torch.sin,
}


def padded(x, window, value=0.0):
    top, left, bottom, right = window.get("padding", [0] * 4)
    return F.pad(x, [left, right, top, bottom], value=value)


class Runner:
    def __init__(self, case, node, batch):
        self.case, self.name, self.batch = case, node["name"], batch
        self.op = dict(node["operation"])
        self.kind = self.op.pop("op")

    def tensor(self, role, *shape):
        name = f"{self.name}.{role}"
        values = draw(self.case, name, math.prod(shape)).reshape(shape)
        return values.abs() + 0.5 if role == "variance" else values * 0.5

    def __call__(self, *inputs):
        return getattr(self, self.kind)(*inputs, **self.op)

    def channels(self, values, x):
        return values.reshape(-1, *[1] * (x.dim() - 2))

    def linear(self, x, outputs, bias=True):
        y = x @ self.tensor("weight", x.shape[-1], outputs)
        return y + self.tensor("bias", outputs) if bias else y

    def conv(self, x, channels, kernel, window={}, groups=1, bias=True):
        weight = self.tensor("weight", channels, x.shape[1] // groups, *kernel)
        bias = self.tensor("bias", channels) if bias else None
        return F.conv2d(
            padded(x, window), weight, bias,
            stride=window.get("stride", 1), dilation=window.get("dilation", 1), groups=groups,
        )

    def conv_transpose(self, x, channels, kernel, window={}, output_padding=(0, 0), groups=1, bias=True):
        weight = self.tensor("weight", x.shape[1], channels // groups, *kernel)
        bias = self.tensor("bias", channels) if bias else None
        y = F.conv_transpose2d(
            x, weight, bias, stride=window.get("stride", 1), dilation=window.get("dilation", 1),
            groups=groups,
        )
        # The output padding lies below and to the right, in which only the bias is.
        y = F.pad(y - self.channels(bias, y) if bias is not None else y,
                  [0, output_padding[1], 0, output_padding[0]])
        y = y + self.channels(bias, y) if bias is not None else y
        top, left, bottom, right = window.get("padding", [0] * 4)
        symmetric = (top, left) == (bottom, right)
        y = y[:, :, top:y.shape[2] - bottom, left:y.shape[3] - right]
        if symmetric:
            wanted = F.conv_transpose2d(
                x, weight, bias, stride=window.get("stride", 1), dilation=window.get("dilation", 1),
                groups=groups, padding=(top, left), output_padding=output_padding,
            )
            assert torch.allclose(y, wanted), self.case
        return y

    def modulated_conv(self, x, style, channels, kernel, up=1, demodulate=True, gain=1.0):
        batch = max(x.shape[0], style.shape[0])
        x, style = x.expand(batch, -1, -1, -1), style.expand(batch, -1)
        weight = self.tensor("weight", channels, x.shape[1], kernel, kernel)
        return modulated(x, style, weight, up, demodulate, gain)

    def affine(self, x, weight=True, bias=True):
        if weight:
            x = x * self.channels(self.tensor("weight", x.shape[1]), x)
        return x + self.channels(self.tensor("bias", x.shape[1]), x) if bias else x

    def scale(self, x, factor=1.0, offset=0.0):
        return x * factor + offset

    def batch_norm(self, x, epsilon=1e-5):
        roles = [self.tensor(role, x.shape[1]) for role in ("mean", "variance", "gamma", "beta")]
        return F.batch_norm(x, *roles, training=False, eps=epsilon)

    def group_norm(self, x, groups, epsilon=1e-5, affine=True):
        roles = [self.tensor(r, x.shape[1]) for r in ("weight", "bias")] if affine else []
        return F.group_norm(x, groups, *roles, eps=epsilon)

    def layer_norm(self, x, axes=1, epsilon=1e-5, affine=True):
        shape = x.shape[-axes:]
        roles = [self.tensor(r, *shape) for r in ("weight", "bias")] if affine else []
        return F.layer_norm(x, shape, *roles, eps=epsilon)

    def normalise(self, x, axis, epsilon=1e-8):
        return x * (x.square().mean(axis + 1, keepdim=True) + epsilon).rsqrt()

    def pointwise(self, x, function):
        if isinstance(function, str):
            return FUNCTIONS[function](x)
        [(name, arguments)] = function.items()
        return FUNCTIONS[name](x, **arguments)

    def both(self, a, b):
        rank = max(a.dim(), b.dim())
        return [x.reshape(x.shape[0], *[1] * (rank - x.dim()), *x.shape[1:]) for x in (a, b)]

    def add(self, a, b):
        a, b = self.both(a, b)
        return a + b

    def subtract(self, a, b):
        a, b = self.both(a, b)
        return a - b

    def multiply(self, a, b):
        a, b = self.both(a, b)
        return a * b

    def divide(self, a, b):
        a, b = self.both(a, b)
        return a / b

    def concatenate(self, *parts, axis):
        batch = max(part.shape[0] for part in parts)
        parts = [part.expand(batch, *part.shape[1:]) for part in parts]
        return torch.cat(parts, axis + 1)

    def slice(self, x, axis, start, end):
        return x.narrow(axis + 1, start, end - start)

    def reshape(self, x, shape):
        return x.reshape(x.shape[0], *shape)

    def permute(self, x, order):
        return x.permute(0, *[axis + 1 for axis in order])

    def pad(self, x, padding, mode="zeros"):
        top, left, bottom, right = padding
        mode = {"zeros": "constant"}.get(mode, mode)
        return F.pad(x, [left, right, top, bottom], mode=mode)

    def resize(self, x, height, width, mode="nearest"):
        corners = {} if mode == "nearest" else {"align_corners": False}
        return F.interpolate(x, (height, width), mode=mode, **corners)

    def average_pool(self, x, kernel, window={}, include_padding=True):
        top, left, bottom, right = window.get("padding", [0] * 4)
        assert (top, left) == (bottom, right)
        return F.avg_pool2d(x, kernel, window.get("stride", 1), (top, left),
                            count_include_pad=include_padding)

    def max_pool(self, x, kernel, window={}):
        return F.max_pool2d(padded(x, window, -math.inf), kernel, window.get("stride", 1),
                            dilation=window.get("dilation", 1))

    def resample(self, x, taps, up=1, down=1, padding=(0, 0, 0, 0), gain=1.0):
        return fir(x, taps, up, down, padding, gain)

    def reduce(self, x, axis, mode="mean"):
        y = x.mean(axis + 1) if mode == "mean" else x.sum(axis + 1)
        return y if y.dim() > 1 else y[:, None]

    def global_mean(self, x):
        return F.adaptive_avg_pool2d(x, 1).flatten(1)

    def pixel_shuffle(self, x, factor):
        return F.pixel_shuffle(x, factor)

    def pixel_unshuffle(self, x, factor):
        return F.pixel_unshuffle(x, factor)

    def haar(self, x):
        return haar(x)

    def haar_inverse(self, x):
        return haar_inverse(x)

    def embedding(self, x, count, features):
        return F.embedding(x.round().long(), self.tensor("weight", count, features))

    def time_embedding(self, x, features, max_period=10000.0, cosine_first=False, shift=0.0, scale=1.0):
        # diffusers' get_timestep_embedding
        half = features // 2
        exponent = -math.log(max_period) * torch.arange(half, dtype=torch.float64) / (half - shift)
        angles = x * exponent.exp()[None] * scale
        parts = [angles.cos(), angles.sin()] if cosine_first else [angles.sin(), angles.cos()]
        return F.pad(torch.cat(parts, 1), [0, features % 2])

    def attention(self, q, k, v, heads, causal=False):
        q, k, v = (x.unflatten(2, (heads, -1)).transpose(1, 2) for x in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return y.transpose(1, 2).flatten(2)

    def mat_mul(self, a, b):
        return a @ b

    def softmax(self, x, axis):
        return x.softmax(axis + 1)

    def constant(self, shape):
        return self.tensor("value", *shape)[None]


def node(name, op, *inputs, **operation):
    return {"name": name, "operation": {"op": op, **operation}, "inputs": list(inputs)}


CASES = []


def case(name, inputs, nodes, outputs=None, batch=2, given={}, shared=(), scale=1.0):
    """Runs a graph and keeps it. `inputs` are shapes by name; `given` are inputs not drawn."""
    values = {}
    for key, shape in inputs.items():
        count = 1 if key in shared else batch
        if key in given:
            drawn = torch.tensor(given[key], dtype=torch.float64)
        else:
            drawn = draw(name, key, count * math.prod(shape)) * scale
        values[key] = drawn.reshape(count, *shape)
    for one in nodes:
        result = Runner(name, one, batch)(*[values[key] for key in one["inputs"]])
        values[one["name"]] = result
    outputs = outputs or {"y": nodes[-1]["name"]}
    found = {}
    for key, value in outputs.items():
        result = values[value]
        result = result.expand(batch, *result.shape[1:])
        found[key] = {
            "shape": list(result.shape[1:]),
            "values": [float(f"{number:.7g}") for number in result.flatten().tolist()],
        }
    specs = [
        {"name": key, "shape": list(shape), **({"shared": True} if key in shared else {})}
        for key, shape in inputs.items()
    ]
    graph = {
        "inputs": specs,
        "nodes": nodes,
        "outputs": [{"name": key, "value": value} for key, value in outputs.items()],
    }
    CASES.append({
        "name": name, "batch": batch, "scale": scale, "given": given, "graph": graph, "outputs": found,
    })


def single(name, of, op, batch=2, scale=1.0, **operation):
    case(name, {"x": of}, [node("n", op, "x", **operation)], batch=batch, scale=scale)


def operations():
    single("linear", [7], "linear", outputs=5)
    single("linear-no-bias", [5], "linear", outputs=33, bias=False, batch=7)
    single("linear-tokens", [4, 6], "linear", outputs=3)
    single("linear-rank-3", [2, 3, 4], "linear", outputs=5)

    picture = [3, 5, 6]
    single("conv-1", picture, "conv", channels=4, kernel=[1, 1])
    single("conv-3", picture, "conv", channels=5, kernel=[3, 3], window={"padding": [1] * 4})
    single("conv-no-bias", picture, "conv", channels=2, kernel=[3, 3], bias=False)
    single("conv-stride", picture, "conv", channels=4, kernel=[4, 4], window={"stride": [2, 2], "padding": [1] * 4})
    single("conv-oblong", picture, "conv", channels=3, kernel=[3, 2], window={"stride": [1, 2], "padding": [1, 0, 1, 0]})
    single("conv-asymmetric", picture, "conv", channels=3, kernel=[3, 3], window={"stride": [2, 2], "padding": [0, 0, 1, 1]})
    single("conv-dilated", [2, 7, 7], "conv", channels=3, kernel=[3, 3], window={"padding": [2] * 4, "dilation": [2, 2]})
    single("conv-dilated-oblong", [2, 7, 8], "conv", channels=3, kernel=[2, 3], window={"padding": [1, 0, 2, 3], "dilation": [3, 2], "stride": [2, 1]})
    single("conv-groups", [4, 5, 5], "conv", channels=6, kernel=[3, 3], groups=2, window={"padding": [1] * 4})
    single("conv-depthwise", [5, 6, 5], "conv", channels=5, kernel=[3, 3], groups=5, window={"padding": [1] * 4, "stride": [2, 1]})
    single("conv-depthwise-twice", [3, 5, 5], "conv", channels=6, kernel=[5, 5], groups=3, window={"padding": [2] * 4, "dilation": [1, 1]})
    single("conv-groups-dilated", [4, 6, 6], "conv", channels=4, kernel=[3, 3], groups=2, bias=False, window={"padding": [2] * 4, "dilation": [2, 2]})
    single("conv-large-kernel", [1, 8, 8], "conv", channels=1, kernel=[7, 7], window={"padding": [3] * 4})

    single("transposed-4-2-1", [3, 3, 4], "conv_transpose", channels=4, kernel=[4, 4], window={"stride": [2, 2], "padding": [1] * 4})
    single("transposed-one-channel", [3, 3, 4], "conv_transpose", channels=1, kernel=[4, 4], window={"stride": [2, 2], "padding": [1] * 4})
    single("transposed-3-2", [2, 3, 3], "conv_transpose", channels=3, kernel=[3, 3], window={"stride": [2, 2], "padding": [1] * 4}, output_padding=[1, 1])
    single("transposed-first-layer", [5, 1, 1], "conv_transpose", channels=3, kernel=[4, 4])
    single("transposed-2-2", [3, 2, 3], "conv_transpose", channels=2, kernel=[2, 2], window={"stride": [2, 2]}, bias=False)
    single("transposed-dilated", [2, 3, 3], "conv_transpose", channels=2, kernel=[3, 2], window={"stride": [2, 3], "dilation": [2, 1], "padding": [1, 0, 1, 0]})
    single("transposed-groups", [4, 3, 3], "conv_transpose", channels=6, kernel=[3, 3], window={"stride": [2, 2], "padding": [1] * 4}, output_padding=[1, 0], groups=2)
    single("transposed-asymmetric", [2, 4, 4], "conv_transpose", channels=3, kernel=[4, 4], window={"stride": [2, 2], "padding": [2, 0, 1, 1]})
    single("transposed-stride-1", [2, 4, 4], "conv_transpose", channels=3, kernel=[3, 3], window={"padding": [1] * 4})

    two = {"x": [3, 4, 4], "s": [3]}
    for name, settings in {
        "plain": {}, "not-demodulated": {"demodulate": False}, "gain": {"gain": 1.5},
        "up": {"up": 2}, "up-not-demodulated": {"up": 2, "demodulate": False, "gain": 0.5},
    }.items():
        case(f"modulated-{name}", two, [node("n", "modulated_conv", "x", "s", channels=4, kernel=3, **settings)])
    case("modulated-1", two, [node("n", "modulated_conv", "x", "s", channels=2, kernel=1, demodulate=False)])
    case("modulated-5", two, [node("n", "modulated_conv", "x", "s", channels=2, kernel=5)])
    case("modulated-constant", {"s": [3]}, [
        node("c", "constant", shape=[3, 4, 4]),
        node("n", "modulated_conv", "c", "s", channels=5, kernel=3),
    ], batch=3)

    single("affine", [3, 2, 4], "affine")
    single("affine-weight", [3, 2, 4], "affine", bias=False)
    single("affine-bias", [5], "affine", weight=False)
    single("affine-tokens", [3, 4], "affine")
    single("scale", [4], "scale", factor=2.5, offset=-0.75)
    single("batch-norm", [3, 2, 3], "batch_norm")
    single("batch-norm-flat", [5], "batch_norm", epsilon=1e-3)
    single("group-norm", [6, 3, 2], "group_norm", groups=2)
    single("group-norm-plain", [4, 3, 3], "group_norm", groups=1, affine=False, epsilon=1e-6)
    single("group-norm-flat", [8], "group_norm", groups=2)
    single("instance-norm", [3, 4, 3], "group_norm", groups=3)
    single("layer-norm", [3, 5], "layer_norm")
    single("layer-norm-picture", [2, 3, 4], "layer_norm", axes=3)
    single("layer-norm-two", [2, 3, 4], "layer_norm", axes=2, affine=False, epsilon=1e-3)
    single("normalise", [6], "normalise", axis=0)
    single("normalise-channels", [4, 2, 3], "normalise", axis=0, epsilon=1e-4)
    single("normalise-last", [3, 4], "normalise", axis=1)

    for function in ("relu", "silu", "gelu", "gelu_tanh", "mish", "tanh", "sigmoid", "softplus",
                     "hard_sigmoid", "hard_swish", "exp", "square", "abs", "sin"):
        single(f"function-{function}", [17], "pointwise", function=function, scale=6.0)
    single("function-leaky", [9], "pointwise", function={"leaky_relu": {"slope": 0.2}}, scale=3.0)
    single("function-elu", [9], "pointwise", function={"elu": {"alpha": 0.7}}, scale=3.0)
    single("function-clamp", [9], "pointwise", function={"clamp": {"min": -0.5, "max": 0.75}})
    for function in ("log", "sqrt"):
        case(f"function-{function}", {"x": [9]}, [
            node("p", "pointwise", "x", function="square"),
            node("o", "scale", "p", offset=0.125),
            node("n", "pointwise", "o", function=function),
        ])

    for op in ("add", "subtract", "multiply", "divide"):
        nodes = [node("d", "scale", "b", offset=3.0), node("n", op, "a", "d")]
        case(f"{op}-same", {"a": [2, 3], "b": [2, 3]}, nodes)
        case(f"{op}-channels", {"a": [3, 2, 2], "b": [3, 1, 1]}, nodes)
        case(f"{op}-map", {"a": [3, 2, 2], "b": [1, 2, 2]}, nodes)
        case(f"{op}-rank", {"a": [2, 3], "b": [3]}, nodes)
    case("add-both-stretched", {"a": [3, 1], "b": [1, 4]}, [node("n", "add", "a", "b")])
    case("add-itself", {"a": [3]}, [node("n", "add", "a", "a")])
    case("add-shared", {"a": [2, 2, 3], "b": [1, 2, 3]}, [node("n", "add", "a", "b")], shared=["b"], batch=3)
    case("shared-alone", {"a": [3], "b": [2]}, [
        node("s", "scale", "b", factor=2.0), node("n", "linear", "a", outputs=2),
    ], {"y": "n", "z": "s"}, shared=["b"], batch=3)

    for axis in range(3):
        shapes = {"a": [2, 3, 2], "b": [2, 3, 2], "c": [2, 3, 2]}
        for key, add in (("b", 1), ("c", 3)):
            shapes[key] = [side + add * (at == axis) for at, side in enumerate(shapes[key])]
        case(f"concatenate-{axis}", shapes, [node("n", "concatenate", "a", "b", "c", axis=axis)])
        single(f"slice-{axis}", [4, 5, 6], "slice", axis=axis, start=1, end=3)
    case("concatenate-flat", {"a": [2], "b": [3]}, [node("n", "concatenate", "a", "b", axis=0)])
    case("concatenate-shared", {"a": [2, 2, 2], "b": [1, 2, 2]}, [
        node("n", "concatenate", "a", "b", axis=0),
    ], shared=["b"], batch=3)
    case("split", {"x": [6, 2, 2]}, [
        node("a", "slice", "x", axis=0, start=0, end=2),
        node("b", "slice", "x", axis=0, start=2, end=6),
        node("n", "scale", "b", factor=2.0),
    ], {"first": "a", "second": "n", "again": "x"})
    single("reshape", [4, 3, 2], "reshape", shape=[6, 4])
    single("permute-2", [3, 4], "permute", order=[1, 0])
    single("permute-3", [2, 3, 4], "permute", order=[2, 0, 1])
    single("permute-4", [2, 3, 2, 3], "permute", order=[0, 2, 1, 3])
    for mode in ("zeros", "reflect", "replicate"):
        single(f"pad-{mode}", [2, 3, 4], "pad", padding=[1, 2, 2, 3], mode=mode)
    single("nearest-2", [3, 2, 3], "resize", height=4, width=6)
    single("nearest-odd", [2, 3, 4], "resize", height=7, width=3)
    single("bilinear-2", [3, 2, 3], "resize", height=4, width=6, mode="bilinear")
    single("bilinear-odd", [2, 4, 3], "resize", height=7, width=5, mode="bilinear")
    single("bilinear-down", [2, 6, 5], "resize", height=3, width=4, mode="bilinear")
    single("average-pool", [3, 4, 6], "average_pool", kernel=[2, 2], window={"stride": [2, 2]})
    for include in (True, False):
        single(f"average-pool-border-{include}", [2, 5, 4], "average_pool", kernel=[3, 2],
               window={"stride": [2, 1], "padding": [1, 1, 1, 1]}, include_padding=include)
    single("max-pool", [3, 4, 6], "max_pool", kernel=[2, 2], window={"stride": [2, 2]})
    single("max-pool-border", [2, 5, 5], "max_pool", kernel=[3, 3], window={"stride": [2, 2], "padding": [1, 1, 1, 1]})
    single("max-pool-dilated", [2, 6, 7], "max_pool", kernel=[2, 3], window={"dilation": [2, 3]})
    quarter = [0.125, 0.375, 0.375, 0.125]
    single("filter", [2, 4, 5], "resample", taps=quarter, padding=[2, 2, 1, 1])
    single("filter-up", [2, 3, 4], "resample", taps=quarter, up=2, padding=[2, 2, 1, 1], gain=4.0)
    single("filter-down", [2, 6, 4], "resample", taps=quarter, down=2, padding=[1, 1, 1, 1])
    single("filter-skewed", [2, 4, 4], "resample", taps=[0.5, -0.25, 1.0], up=3, down=2, padding=[0, 3, 2, 1])
    single("reduce-mean-0", [3, 2, 4], "reduce", axis=0)
    single("reduce-sum-1", [3, 2, 4], "reduce", axis=1, mode="sum")
    single("reduce-sum-2", [3, 2, 4], "reduce", axis=2, mode="sum")
    single("reduce-flat", [5], "reduce", axis=0)
    single("global-mean", [3, 2, 4], "global_mean")
    single("pixel-shuffle", [8, 2, 3], "pixel_shuffle", factor=2)
    single("pixel-unshuffle", [2, 4, 6], "pixel_unshuffle", factor=2)
    single("haar", [2, 4, 6], "haar")
    single("haar-inverse", [8, 2, 3], "haar_inverse")
    case("embedding", {"x": [3]}, [node("n", "embedding", "x", count=5, features=4)], given={"x": [0, 4, 2, 3, 3, 1]})
    case("time", {"t": [1]}, [node("n", "time_embedding", "t", features=8)], given={"t": [3.0, 250.0]})
    case("time-cosine", {"t": [1]}, [node("n", "time_embedding", "t", features=7, cosine_first=True, shift=1.0, max_period=1000.0, scale=2.0)], given={"t": [0.5, 40.0]})
    tokens = {"q": [3, 4], "k": [5, 4], "v": [5, 6]}
    for heads in (1, 2):
        case(f"attention-{heads}", tokens, [node("n", "attention", "q", "k", "v", heads=heads)], scale=3.0)
    case("attention-causal", {"q": [4, 4], "k": [4, 4], "v": [4, 4]}, [
        node("n", "attention", "q", "k", "v", heads=2, causal=True),
    ], scale=3.0)
    case("mat-mul", {"a": [3, 4], "b": [4, 5]}, [node("n", "mat_mul", "a", "b")])
    case("mat-mul-stack", {"a": [2, 3, 4], "b": [2, 4, 17]}, [node("n", "mat_mul", "a", "b")])
    case("mat-mul-constant", {"a": [3, 4]}, [
        node("c", "constant", shape=[4, 2]), node("n", "mat_mul", "a", "c"),
    ])
    for axis in range(2):
        single(f"softmax-{axis}", [4, 5], "softmax", axis=axis, scale=4.0)
    case("constants-alone", {"x": [1]}, [
        node("a", "constant", shape=[2, 3]), node("b", "pointwise", "a", function="tanh"),
        node("n", "add", "b", "a"),
    ], {"y": "n", "x": "x"}, batch=3)


def networks():
    # Layers after one another in all orders that a planner might join.
    case("chain", {"x": [6]}, [
        node("0", "linear", "x", outputs=36),
        node("1", "reshape", "0", shape=[4, 3, 3]),
        node("2", "pointwise", "1", function="relu"),
        node("3", "conv_transpose", "2", channels=6, kernel=[4, 4], window={"stride": [2, 2], "padding": [1] * 4}),
        node("4", "pointwise", "3", function="silu"),
        node("5", "conv", "4", channels=3, kernel=[3, 3], window={"padding": [1] * 4}),
        node("6", "pointwise", "5", function="sigmoid"),
    ], batch=3)
    # A residual block of a U-Net with skip, time embedding and attention, down and up again.
    case("u-net", {"x": [3, 8, 8], "t": [1]}, [
        node("time", "time_embedding", "t", features=8),
        node("time.0", "linear", "time", outputs=12),
        node("time.1", "pointwise", "time.0", function="silu"),
        node("in", "conv", "x", channels=8, kernel=[3, 3], window={"padding": [1] * 4}),
        node("down.norm", "group_norm", "in", groups=4),
        node("down.silu", "pointwise", "down.norm", function="silu"),
        node("down.conv", "conv", "down.silu", channels=8, kernel=[3, 3], window={"padding": [1] * 4}),
        node("down.time", "linear", "time.1", outputs=8),
        node("down.shift", "reshape", "down.time", shape=[8, 1, 1]),
        node("down.shifted", "add", "down.conv", "down.shift"),
        node("down.sum", "add", "down.shifted", "in"),
        node("down", "conv", "down.sum", channels=8, kernel=[3, 3], window={"stride": [2, 2], "padding": [0, 0, 1, 1]}),
        node("mid.norm", "group_norm", "down", groups=2),
        node("mid.rows", "reshape", "mid.norm", shape=[8, 16]),
        node("mid.tokens", "permute", "mid.rows", order=[1, 0]),
        node("mid.q", "linear", "mid.tokens", outputs=8),
        node("mid.k", "linear", "mid.tokens", outputs=8),
        node("mid.v", "linear", "mid.tokens", outputs=8),
        node("mid.attention", "attention", "mid.q", "mid.k", "mid.v", heads=2),
        node("mid.out", "linear", "mid.attention", outputs=8),
        node("mid.back", "permute", "mid.out", order=[1, 0]),
        node("mid.picture", "reshape", "mid.back", shape=[8, 4, 4]),
        node("mid", "add", "mid.picture", "down"),
        node("up", "resize", "mid", height=8, width=8),
        node("up.joined", "concatenate", "up", "in", axis=0),
        node("up.norm", "group_norm", "up.joined", groups=4),
        node("up.silu", "pointwise", "up.norm", function="silu"),
        node("up.conv", "conv", "up.silu", channels=8, kernel=[3, 3], window={"padding": [1] * 4}),
        node("up.skip", "conv", "up.joined", channels=8, kernel=[1, 1]),
        node("up.sum", "add", "up.conv", "up.skip"),
        node("out", "conv", "up.sum", channels=3, kernel=[3, 3], window={"padding": [1] * 4}),
    ], given={"t": [7.0, 430.0]})
    # Two resolutions of StyleGAN2 with skips, noise and the filter; the noise is shared.
    quarter = [0.125, 0.375, 0.375, 0.125]
    leaky = {"leaky_relu": {"slope": 0.2}}
    case("stylegan2", {"z": [6], "noise0": [1, 4, 4], "noise1": [1, 8, 8]}, [
        node("map.norm", "normalise", "z", axis=0),
        node("map.0", "linear", "map.norm", outputs=6),
        node("w", "pointwise", "map.0", function=leaky),
        node("const", "constant", shape=[5, 4, 4]),
        node("b4.style", "linear", "w", outputs=5),
        node("b4.conv", "modulated_conv", "const", "b4.style", channels=5, kernel=3, gain=1.4142135),
        node("b4.noise", "affine", "noise0", bias=False),
        node("b4.noisy", "add", "b4.conv", "b4.noise"),
        node("b4.bias", "affine", "b4.noisy", weight=False),
        node("b4", "pointwise", "b4.bias", function=leaky),
        node("b4.rgb.style", "linear", "w", outputs=5),
        node("b4.rgb.conv", "modulated_conv", "b4", "b4.rgb.style", channels=3, kernel=1, demodulate=False),
        node("b4.rgb", "affine", "b4.rgb.conv", weight=False),
        node("b8.style", "linear", "w", outputs=5),
        node("b8.conv", "modulated_conv", "b4", "b8.style", channels=4, kernel=3, up=2),
        node("b8.blur", "resample", "b8.conv", taps=quarter, padding=[1] * 4, gain=4.0),
        node("b8.noise", "affine", "noise1", bias=False),
        node("b8.noisy", "add", "b8.blur", "b8.noise"),
        node("b8.bias", "affine", "b8.noisy", weight=False),
        node("b8.leaky", "pointwise", "b8.bias", function=leaky),
        node("b8", "scale", "b8.leaky", factor=1.4142135),
        node("b8.rgb.style", "linear", "w", outputs=4),
        node("b8.rgb.conv", "modulated_conv", "b8", "b8.rgb.style", channels=3, kernel=1, demodulate=False),
        node("b8.rgb.bias", "affine", "b8.rgb.conv", weight=False),
        node("b8.up", "resample", "b4.rgb", taps=quarter, up=2, padding=[2, 2, 1, 1], gain=4.0),
        node("b8.rgb", "add", "b8.up", "b8.rgb.bias"),
    ], {"picture": "b8.rgb", "w": "w"}, shared=["noise0", "noise1"])
    # A coupling layer of a flow with its log-determinant.
    case("flow", {"x": [4, 4, 4]}, [
        node("haar", "haar", "x"),
        node("a", "slice", "haar", axis=0, start=0, end=8),
        node("b", "slice", "haar", axis=0, start=8, end=16),
        node("h", "conv", "a", channels=12, kernel=[3, 3], window={"padding": [1] * 4}),
        node("r", "pointwise", "h", function="relu"),
        node("st", "conv", "r", channels=16, kernel=[1, 1]),
        node("s.raw", "slice", "st", axis=0, start=0, end=8),
        node("s", "pointwise", "s.raw", function="tanh"),
        node("t", "slice", "st", axis=0, start=8, end=16),
        node("e", "pointwise", "s", function="exp"),
        node("be", "multiply", "b", "e"),
        node("b2", "add", "be", "t"),
        node("y", "concatenate", "a", "b2", axis=0),
        node("back", "haar_inverse", "y"),
        node("s.flat", "reshape", "s", shape=[32]),
        node("log_det", "reduce", "s.flat", axis=0, mode="sum"),
    ], {"y": "back", "log_det": "log_det"})


operations()
networks()
names = [one["name"] for one in CASES]
assert len(set(names)) == len(names)
print("[")
print(",\n".join(json.dumps(one, separators=(",", ":")) for one in CASES))
print("]")
