"""Writes style_reference.json: a style-based generator, its discriminator and the gradient of R1
computed with NumPy alone.

Independent of the program: weights are modulated and demodulated for each picture, every
convolution is a loop, and up-sampling is written from its definition.

    python make_style_reference.py > style_reference.json
"""

import json

import numpy as np

rng = np.random.RandomState(7)
# Draws of its own, so that what came before it stays as it is.
haar_rng = np.random.RandomState(8)
SLOPE, GAIN = 0.2, np.sqrt(2.0)


class Bends:
    """On which side of their bend the numbers are that go through leaky ReLUs: recorded once,
    then the same whatever comes, so that a network is smooth around where it was recorded."""

    def __init__(self):
        self.sides, self.next = [], None

    def begin(self):
        self.next = 0

    def side(self, x):
        if self.next is None:
            self.sides.append(x > 0)
            return self.sides[-1]
        self.next += 1
        return self.sides[self.next - 1]


def leaky(x, bends=None):
    side = x > 0 if bends is None else bends.side(x)
    return np.where(side, x, SLOPE * x) * GAIN


def mapping(z, tensors, layers, rate):
    x = z / np.sqrt((z**2).mean(axis=1, keepdims=True) + 1e-8)
    for layer in range(layers):
        weight, bias = tensors[f"mapping.{layer}.weight"], tensors[f"mapping.{layer}.bias"]
        # Equalised learning rate: the stored weight is 1 / rate times too large.
        x = leaky(x @ (weight * rate / np.sqrt(weight.shape[0])) + bias * rate)
    return x


def convolve(x, weight):
    """One picture [inputs, h, w] with zero padding."""
    outputs, inputs, kernel, _ = weight.shape
    _, height, width = x.shape
    reach = kernel // 2
    padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
    result = np.zeros((outputs, height, width))
    for o in range(outputs):
        for r in range(height):
            for c in range(width):
                result[o, r, c] = (padded[:, r : r + kernel, c : c + kernel] * weight[o]).sum()
    return result


def affine(w, tensors, name):
    weight, bias = tensors[f"{name}.style.weight"], tensors[f"{name}.style.bias"]
    return w @ weight / np.sqrt(weight.shape[0]) + bias


def upsample(x, kind):
    """One picture [channels, h, w] to twice the side."""
    channels, height, width = x.shape
    result = np.zeros((channels, 2 * height, 2 * width))
    if kind == "bilinear":
        for r in range(2 * height):
            for c in range(2 * width):
                y, x0 = (r + 0.5) / 2 - 0.5, (c + 0.5) / 2 - 0.5
                y0, c0 = int(np.floor(y)), int(np.floor(x0))
                ty, tc = y - y0, x0 - c0
                at = lambda a, b: x[:, np.clip(a, 0, height - 1), np.clip(b, 0, width - 1)]
                top = at(y0, c0) * (1 - tc) + at(y0, c0 + 1) * tc
                bottom = at(y0 + 1, c0) * (1 - tc) + at(y0 + 1, c0 + 1) * tc
                result[:, r, c] = top * (1 - ty) + bottom * ty
    else:
        taps = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16.0
        spread = np.zeros((channels, 2 * height + 4, 2 * width + 4))
        spread[:, 2 : 2 + 2 * height : 2, 2 : 2 + 2 * width : 2] = x
        for r in range(2 * height):
            for c in range(2 * width):
                result[:, r, c] = (spread[:, r : r + 4, c : c + 4] * taps).sum(axis=(1, 2))
    return result


HAAR = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


def haar(x):
    """[c, 2h, 2w] to [4c, h, w]: means, then differences of columns, of rows, and across."""
    corners = np.stack([x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)])
    return np.tensordot(HAAR, corners, axes=1).reshape(-1, x.shape[1] // 2, x.shape[2] // 2)


def haar_inverse(x):
    bands = x.reshape(4, -1, *x.shape[1:])
    corners = np.tensordot(HAAR.T, bands, axes=1)
    result = np.zeros((bands.shape[1], 2 * x.shape[1], 2 * x.shape[2]))
    for index, corner in enumerate(corners):
        result[:, index // 2 :: 2, index % 2 :: 2] = corner
    return result


def synthesis(styles, noise, tensors, spec):
    """One picture; styles [num_ws, w_dim]."""
    x = tensors["synthesis.start"]
    picture, layer = None, 0
    for resolution in range(len(spec["channels"])):
        for position in range(1 if resolution == 0 else 2):
            name = f"synthesis.{layer}"
            if resolution > 0 and position == 0:
                x = upsample(x, spec["upsampling"])
            weight = tensors[f"{name}.weight"]
            weight = weight / np.sqrt(np.prod(weight.shape[1:]))
            modulated = weight * affine(styles[layer], tensors, name)[None, :, None, None]
            demodulated = modulated / np.sqrt((modulated**2).sum(axis=(1, 2, 3), keepdims=True) + 1e-8)
            x = convolve(x, demodulated)
            if noise is not None:
                x = x + noise[layer] * tensors[f"{name}.noise_strength"][0]
            x = leaky(x + tensors[f"{name}.bias"][:, None, None])
            layer += 1
        name = f"picture.{resolution}"
        last_style = styles[layer - 1] if spec["num_ws"] == 2 * len(spec["channels"]) - 1 else styles[layer]
        weight = tensors[f"{name}.weight"]
        weight = weight / np.sqrt(weight.shape[1]) * affine(last_style, tensors, name)[None, :]
        added = np.tensordot(weight, x, axes=1) + tensors[f"{name}.bias"][:, None, None]
        if picture is None:
            picture = added
        elif spec.get("haar"):
            picture = haar(upsample(haar_inverse(picture), spec["upsampling"])) + added
        else:
            picture = upsample(picture, spec["upsampling"]) + added
    if spec.get("haar"):
        picture = haar_inverse(picture)
    return np.tanh(picture) if spec["output"] == "tanh" else picture


def deviation(x, group):
    """Minibatch standard deviation: one more channel."""
    batch, channels, height, width = x.shape
    groups = batch // group
    added = np.zeros((batch, 1, height, width), x.dtype)
    for index in range(groups):
        members = [index + groups * k for k in range(group)]
        # Written out, for the variance of NumPy takes sizes of complex numbers.
        variance = ((x[members] - x[members].mean(axis=0)) ** 2).mean(axis=0)
        added[members] = np.sqrt(variance + 1e-8).mean()
    return np.concatenate([x, added], axis=1)


def haar_case():
    """Two resolutions, and coefficients of a picture of 8x8."""
    spec = dict(
        z_dim=3, w_dim=4, mapping_layers=1, mapping_rate=0.01, start=2, channels=[3, 2],
        num_ws=3, upsampling="bilinear", output="linear", noise=False, haar=True,
    )
    shapes = {
        "mapping.0.weight": (3, 4), "mapping.0.bias": (4,), "synthesis.start": (3, 2, 2),
    }
    for layer, (inputs, outputs) in enumerate([(3, 3), (3, 2), (2, 2)]):
        name = f"synthesis.{layer}"
        shapes[f"{name}.style.weight"], shapes[f"{name}.style.bias"] = (4, inputs), (inputs,)
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs, 3, 3), (outputs,)
    for resolution, channels in enumerate(spec["channels"]):
        name = f"picture.{resolution}"
        shapes[f"{name}.style.weight"], shapes[f"{name}.style.bias"] = (4, channels), (channels,)
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (12, channels), (12,)
    # Small, so that hardly a number of the pictures is cut off.
    tensors = {name: haar_rng.randn(*shape) for name, shape in shapes.items()}
    for name in tensors:
        if name.startswith("picture") and "style" not in name:
            tensors[name] *= 0.04
        if name.startswith("mapping"):
            tensors[name] /= spec["mapping_rate"]
    z = haar_rng.randn(2, 3)
    styles = haar_rng.randn(2, spec["num_ws"], 4)
    flat = lambda values: np.asarray(values).reshape(-1).tolist()
    pictures = flat([synthesis(styles[b], None, tensors, spec) for b in range(2)])
    return dict(
        spec=spec, tensors={name: flat(t) for name, t in tensors.items()}, z=flat(z),
        w=flat(mapping(z, tensors, 1, spec["mapping_rate"])), styles=flat(styles), noise=[],
        pictures=pictures, pictures_without_noise=pictures,
    )


def case(upsampling, output, extra_style):
    spec = dict(
        z_dim=3, w_dim=4, mapping_layers=2, mapping_rate=0.01, start=2, channels=[3, 2, 4],
        num_ws=5 + extra_style, upsampling=upsampling, output=output, noise=True,
    )
    image_channels, sides = 3, [2, 4, 4, 8, 8]
    shapes = {
        "mapping.0.weight": (3, 4), "mapping.0.bias": (4,),
        "mapping.1.weight": (4, 4), "mapping.1.bias": (4,),
        "synthesis.start": (3, 2, 2),
    }
    for layer, (inputs, outputs) in enumerate([(3, 3), (3, 2), (2, 2), (2, 4), (4, 4)]):
        name = f"synthesis.{layer}"
        shapes[f"{name}.style.weight"], shapes[f"{name}.style.bias"] = (4, inputs), (inputs,)
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs, 3, 3), (outputs,)
        shapes[f"{name}.noise_strength"] = (1,)
    for resolution, channels in enumerate(spec["channels"]):
        name = f"picture.{resolution}"
        shapes[f"{name}.style.weight"], shapes[f"{name}.style.bias"] = (4, channels), (channels,)
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (image_channels, channels), (image_channels,)
    tensors = {name: rng.randn(*shape) for name, shape in shapes.items()}
    for name in tensors:
        if name.startswith("mapping"):
            tensors[name] /= spec["mapping_rate"]
    z = rng.randn(2, 3)
    w = mapping(z, tensors, 2, spec["mapping_rate"])
    styles = rng.randn(2, spec["num_ws"], 4)
    noise = [rng.randn(2, side, side) for side in sides]
    pictures = [synthesis(styles[b], [n[b] for n in noise], tensors, spec) for b in range(2)]
    silent = [synthesis(styles[b], None, tensors, spec) for b in range(2)]
    flat = lambda values: np.asarray(values).reshape(-1).tolist()
    return dict(
        spec=spec, tensors={name: flat(t) for name, t in tensors.items()}, z=flat(z), w=flat(w),
        styles=flat(styles), noise=[flat(n) for n in noise], pictures=flat(pictures),
        pictures_without_noise=flat(silent),
    )


def halve(x):
    """[batch, channels, side, side] under [1, 3, 3, 1] / 8 in both directions, edge repeated."""
    for axis in (2, 3):
        x = np.moveaxis(x, axis, -1)
        side = x.shape[-1]
        at = lambda i: x[..., np.clip(i, 0, side - 1)]
        even = np.arange(0, side, 2)
        x = (at(even - 1) + 3 * at(even) + 3 * at(even + 1) + at(even + 2)) / 8
        x = np.moveaxis(x, -1, axis)
    return x


def convolve_batch(x, weight):
    height, width = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    result = 0
    for r in range(3):
        for c in range(3):
            part = padded[:, :, r : r + height, c : c + width]
            result = result + np.einsum("bihw,oi->bohw", part, weight[:, :, r, c])
    return result


def critic(x, tensors, bends=None):
    """A residual discriminator with two resolutions; x [batch, 3, 8, 8] to [batch]."""
    leaky = lambda x: globals()["leaky"](x, bends)
    gain = lambda name: tensors[name] / np.sqrt(np.prod(tensors[name].shape[1:]))
    bias = lambda name: tensors[name][:, None, None]
    x = leaky(np.einsum("bihw,oi->bohw", x, gain("picture.weight")) + bias("picture.bias"))
    inner = leaky(convolve_batch(x, gain("block.0.first.weight")) + bias("block.0.first.bias"))
    inner = leaky(convolve_batch(halve(inner), gain("block.0.second.weight")) + bias("block.0.second.bias"))
    skip = np.einsum("bihw,oi->bohw", halve(x), gain("block.0.skip.weight"))
    x = (inner + skip) / np.sqrt(2)
    x = leaky(convolve_batch(deviation(x, 2), gain("last.weight")) + bias("last.bias"))
    x = x.reshape(len(x), -1)
    dense, judge = tensors["dense.weight"], tensors["judge.weight"]
    x = leaky(x @ dense / np.sqrt(len(dense)) + tensors["dense.bias"])
    return (x @ judge / np.sqrt(len(judge)) + tensors["judge.bias"])[:, 0]


def r1(x, tensors, bends):
    """mean(|g|^2) / 2, g the gradient of the sum of the results.

    Each number of g is the imaginary part of a result at a step of 1e-30 along the imaginary
    axis, divided by the step: exact to rounding, for nothing is subtracted.
    """
    step, square = 1e-30, 0.0
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * step
        bends.begin()
        square += (critic(moved, tensors, bends).sum().imag / step) ** 2
    return square / len(x) / 2


def critic_case():
    shapes = {
        "picture.weight": (4, 3), "picture.bias": (4,),
        "block.0.first.weight": (4, 4, 3, 3), "block.0.first.bias": (4,),
        "block.0.second.weight": (6, 4, 3, 3), "block.0.second.bias": (6,),
        "block.0.skip.weight": (6, 4),
        "last.weight": (6, 7, 3, 3), "last.bias": (6,),
        "dense.weight": (96, 6), "dense.bias": (6,),
        "judge.weight": (6, 1), "judge.bias": (1,),
    }
    tensors = {name: rng.randn(*shape) for name, shape in shapes.items()}
    x = rng.randn(4, 3, 8, 8)
    gradients = []
    # The slopes of the leaky ReLUs are constants in the gradient of the penalty, so every number
    # stays on its side of the bend; what is left is smooth, and central differences are right up
    # to the square of the step.
    bends = Bends()
    critic(x, tensors, bends)
    step = 1e-4
    for name, indices in [
        ("last.weight", [0, 17, 62, 200]),
        ("block.0.first.weight", [0, 31, 80, 143]),
        ("block.0.skip.weight", [3]),
        ("dense.weight", [0, 100, 575]),
    ]:
        for index in indices:
            sides = []
            for sign in (1, -1):
                moved = dict(tensors)
                moved[name] = tensors[name].copy()
                moved[name].reshape(-1)[index] += sign * step
                sides.append(r1(x, moved, bends))
            gradients.append([name, index, (sides[0] - sides[1]) / (2 * step)])
    flat = lambda values: np.asarray(values).reshape(-1).tolist()
    return dict(tensors={name: flat(t) for name, t in tensors.items()}, x=flat(x),
                result=flat(critic(x, tensors)), r1_gradients=gradients)


x = rng.randn(8, 3, 2, 2)
document = dict(
    cases=[case("bilinear", "linear", 0), case("binomial", "tanh", 1), haar_case()],
    critic=critic_case(),
    deviation=dict(shape=list(x.shape), group=4, x=x.reshape(-1).tolist(),
                   result=deviation(x, 4).reshape(-1).tolist()),
)
rounded = json.loads(json.dumps(document), parse_float=lambda text: float(f"{float(text):.9g}"))
print(json.dumps(rounded))
