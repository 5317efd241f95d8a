"""Writes foreign_reference.json: small networks of known architectures, the names and shapes of their
tensors, and what PyTorch gives for them.

    python -m venv venv && venv/bin/pip install torch numpy
    OMP_WAIT_POLICY=PASSIVE venv/bin/python make_foreign_reference.py > foreign_reference.json

Tensors and inputs are not stored: both sides draw them from the same generator (`draw`), seeded by the
names of the case and the tensor, and scale them by powers of two (`weight`), so that they are the same
to the last bit. Computed in double precision. Of large results every `step`-th number is kept.
The modules are written down here from the descriptions of the architectures.
"""

import json
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

MASK = (1 << 64) - 1
KEPT = 150


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


def weight(case, name, shape):
    """A tensor by its name: those of norms lie around one, the others keep the size of what they take."""
    values = draw(case, name, math.prod(shape)).reshape(shape)
    if name.startswith(("style.", "mapping.fc")):
        # Trained with a hundredth of the learning rate, and so a hundred times as large.
        values = values * 128
    elif "SE.net." in name:
        values = values * 16
    if name.endswith(("running_var", "running_vars")):
        return values.abs() + 0.5
    if name.endswith("magnitude_ema"):
        # What the filters below take away.
        return (values.abs() + 0.5) / 16
    if name.endswith("transform"):
        # A quarter turn and a step.
        return torch.tensor([[0, -1, 0.25], [1, 0, -0.125], [0, 0, 1]], dtype=torch.float64)
    if name.endswith("_filter"):
        taps = (values + 1) * 2.0 ** -(math.floor(math.log2(values.numel())) + 1)
        return taps if len(shape) == 1 else (taps + taps.T) / 2
    if name.endswith(("weight_u", "weight_v")):
        # With the mean of the weights below, so that they have a largest singular value of some size.
        return (values.abs() + 0.5) * 2.0 ** -math.floor(math.log2(len(values)) / 2)
    if name.endswith("actnorm.scale"):
        # A flow makes data wider, here in its first step.
        return (values * 0.25 + 1) * (8 if name.startswith("blocks.0.flows.0.") else 1)
    if name == "data_constraint":
        return torch.full(shape, 0.875, dtype=torch.float64)
    if name.endswith("weight_g"):
        # Small, for what ten couplings do one after the other grows.
        return values * 0.5
    if name == "generator.bn.weight":
        # What the weights of one sign add up to.
        return values / 64
    if name.endswith("s_sign"):
        return values.sign()
    if name.endswith("w_p"):
        return torch.eye(shape[0], dtype=torch.float64).flip(0)
    if len(shape) == 0:
        return values
    if len(shape) == 1:
        return values * 0.25 + (1.0 if name.endswith("weight") else 0.0)
    if name.startswith("blocks.") and name.endswith((".conv.weight", "scale", "w_l", "w_u")):
        # Of a convolution that began at zero, and of a matrix that is to be undone.
        values = values * 0.125
    if name.endswith("invconv.weight"):
        return torch.eye(shape[0], dtype=torch.float64).flip(0).reshape(shape) + values * 0.125
    if name.endswith("weight_orig"):
        values = values + 0.5
    fan_in = math.prod(shape[1:])
    return values * 2.0 ** -math.floor(math.log2(fan_in) / 2 - 0.5)


def fill(case, module):
    state = module.state_dict()
    floats = {k: v for k, v in state.items() if v.dtype.is_floating_point}
    module.double().eval()
    module.load_state_dict({**state, **{k: weight(case, k, v.shape) for k, v in floats.items()}})
    return [[k, list(v.shape)] for k, v in floats.items()]


def kept(values):
    values = values.flatten()
    step = max(1, len(values) // KEPT)
    return {"count": len(values), "step": step, "values": [float(f"{v:.7g}") for v in values[::step].tolist()]}


CASES = []


def case(name, module, kind, z, image, encode=None, decode=None, condition=None):
    """`decode` gives a picture in 0..1 of a code, `encode` mean and log variance of one."""
    tensors = fill(name, module)
    code = draw(name, "z", math.prod(z)).reshape(1, *z) * 2
    entry = {"name": name, "kind": kind, "tensors": tensors, "z": list(z), "image": list(image)}
    with torch.no_grad():
        if condition is not None:
            classes, chosen = condition
            entry["condition"] = condition
            picture = decode(module, code, F.one_hot(torch.tensor([chosen]), classes).double())
        else:
            picture = decode(module, code)
        assert picture.numel() == math.prod(image), (name, picture.shape)
        assert 0.02 < picture.std() < 0.6, (name, picture.std())
        entry["picture"] = kept(picture)
        if encode is not None:
            given = (draw(name, "picture", math.prod(image)).reshape(1, *image) + 1) / 2
            found = encode(module, given)
            entry["encoded"] = [kept(part) for part in found]
    CASES.append(entry)


class MlpVae(nn.Module):
    def __init__(self, numbers, hidden, dim, classes=0):
        super().__init__()
        self.fc1 = nn.Linear(numbers + classes, hidden)
        self.fc21 = nn.Linear(hidden, dim)
        self.fc22 = nn.Linear(hidden, dim)
        self.fc3 = nn.Linear(dim + classes, hidden)
        self.fc4 = nn.Linear(hidden, numbers)

    def encode(self, x):
        h = F.relu(self.fc1(x.flatten(1)))
        return self.fc21(h), self.fc22(h)

    def decode(self, z, y=None):
        z = z if y is None else torch.cat([z, y], 1)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))


class Burgess(nn.Module):
    def __init__(self, channels, side, dim):
        super().__init__()
        self.side = side
        conv = lambda i, o: nn.Conv2d(i, o, 4, 2, 1)
        back = lambda i, o: nn.ConvTranspose2d(i, o, 4, 2, 1)
        self.encoder, self.decoder = nn.Module(), nn.Module()
        self.encoder.conv1, self.encoder.conv2, self.encoder.conv3 = conv(channels, 32), conv(32, 32), conv(32, 32)
        if side == 64:
            self.encoder.conv_64 = conv(32, 32)
        self.encoder.lin1, self.encoder.lin2 = nn.Linear(512, 256), nn.Linear(256, 256)
        self.encoder.mu_logvar_gen = nn.Linear(256, 2 * dim)
        self.decoder.lin1, self.decoder.lin2, self.decoder.lin3 = nn.Linear(dim, 256), nn.Linear(256, 256), nn.Linear(256, 512)
        if side == 64:
            self.decoder.convT_64 = back(32, 32)
        self.decoder.convT1, self.decoder.convT2, self.decoder.convT3 = back(32, 32), back(32, 32), back(32, channels)

    def encode(self, x):
        e = self.encoder
        for layer in [e.conv1, e.conv2, e.conv3] + ([e.conv_64] if self.side == 64 else []):
            x = F.relu(layer(x))
        x = F.relu(e.lin2(F.relu(e.lin1(x.flatten(1)))))
        return e.mu_logvar_gen(x).view(len(x), -1, 2).unbind(-1)

    def decode(self, z):
        d = self.decoder
        x = F.relu(d.lin3(F.relu(d.lin2(F.relu(d.lin1(z)))))).view(len(z), 32, 4, 4)
        for layer in ([d.convT_64] if self.side == 64 else []) + [d.convT1, d.convT2]:
            x = F.relu(layer(x))
        return torch.sigmoid(d.convT3(x))


def dcgan(nz, width, channels, plan):
    """`plan`: kernel, stride, padding, factor of the width; the last gives the picture."""
    layers, before = [], nz
    for kernel, stride, padding, factor in plan:
        after = factor * width if factor else channels
        layers.append(nn.ConvTranspose2d(before, after, kernel, stride, padding, bias=False))
        layers += [nn.BatchNorm2d(after), nn.ReLU()] if factor else [nn.Tanh()]
        before = after
    module = nn.Module()
    module.main = nn.Sequential(*layers)
    return module


def dcgan_decode(module, z):
    return (module.main(z[:, :, None, None]) + 1) / 2


def mlp_gan(nz, numbers):
    layers = [nn.Linear(nz, 32), nn.LeakyReLU(0.2), nn.Linear(32, 64), nn.BatchNorm1d(64, 0.8), nn.LeakyReLU(0.2)]
    module = nn.Module()
    module.model = nn.Sequential(*layers, nn.Linear(64, numbers), nn.Tanh())
    return module


class ConvVae(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 8, 3, 2, 1)
        self.fc_mu, self.fc_logvar = nn.Linear(8 * 7 * 7, dim), nn.Linear(8 * 7 * 7, dim)
        self.fc_decode = nn.Linear(dim, 8 * 7 * 7)
        self.deconv1 = nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1)
        self.deconv2 = nn.ConvTranspose2d(4, 1, 3, 2, 1, output_padding=1)

    def encode(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)
        return self.fc_mu(x), self.fc_logvar(x)

    def decode(self, z):
        x = F.relu(self.fc_decode(z)).view(-1, 8, 7, 7)
        return torch.sigmoid(self.deconv2(F.relu(self.deconv1(x))))


class VanillaVae(nn.Module):
    """As in the collection PyTorch-VAE, with fewer channels."""

    def __init__(self, dim, widths):
        super().__init__()
        layers, before = [], 3
        for width in widths:
            layers.append(nn.Sequential(nn.Conv2d(before, width, 3, 2, 1), nn.BatchNorm2d(width), nn.LeakyReLU()))
            before = width
        self.encoder = nn.Sequential(*layers)
        self.fc_mu, self.fc_var = nn.Linear(4 * before, dim), nn.Linear(4 * before, dim)
        self.decoder_input = nn.Linear(dim, 4 * before)
        back = widths[::-1]
        up = lambda i, o: nn.ConvTranspose2d(i, o, 3, 2, 1, output_padding=1)
        self.decoder = nn.Sequential(
            *[nn.Sequential(up(i, o), nn.BatchNorm2d(o), nn.LeakyReLU()) for i, o in zip(back, back[1:])]
        )
        last = back[-1]
        self.final_layer = nn.Sequential(
            up(last, last), nn.BatchNorm2d(last), nn.LeakyReLU(), nn.Conv2d(last, 3, 3, padding=1), nn.Tanh()
        )

    def encode(self, x):
        x = self.encoder(2 * x - 1).flatten(1)
        return self.fc_mu(x), self.fc_var(x)

    def decode(self, z):
        x = self.decoder_input(z)
        x = x.view(1, -1, 2, 2)
        return (self.final_layer(self.decoder(x)) + 1) / 2


class Block(nn.Module):
    def __init__(self, n_in, n_out, pool=False):
        super().__init__()
        conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
        self.conv = nn.Sequential(conv(n_in, n_out), nn.ReLU(), conv(n_out, n_out), nn.ReLU(), conv(n_out, n_out))
        self.skip = nn.Conv2d(n_in, n_out, 1, bias=False) if n_in != n_out else nn.Identity()
        if pool:
            wide = 4 * n_in
            self.pool = nn.Sequential(
                nn.Conv2d(n_in, wide, 1, bias=False), nn.GroupNorm(4, wide), nn.ReLU(), nn.Conv2d(wide, n_in, 1, bias=False)
            )

    def forward(self, x):
        if hasattr(self, "pool"):
            x = x + self.pool(x)
        return F.relu(self.conv(x) + self.skip(x))


class Squeeze(nn.Module):
    def forward(self, x):
        return torch.tanh(x / 3) * 3


def tiny_decoder(latent, n, pool=False):
    conv = lambda i, o, **more: nn.Conv2d(i, o, 3, padding=1, **more)
    return nn.Sequential(
        Squeeze(), conv(latent, n), nn.ReLU(), Block(n, n, pool), nn.Upsample(scale_factor=2), conv(n, n, bias=False),
        Block(n, n), nn.Upsample(scale_factor=2), conv(n, 6, bias=False), Block(6, 6), conv(6, 3),
    )


def tiny_encoder(latent, n):
    conv = lambda i, o, **more: nn.Conv2d(i, o, 3, padding=1, **more)
    return nn.Sequential(
        conv(3, n), Block(n, n), conv(n, n, stride=2, bias=False), Block(n, n), conv(n, n, stride=2, bias=False),
        Block(n, n), conv(n, latent),
    )


class StyleGan2(nn.Module):
    """The generator in two layouts; `names` gives the tensors of a layer. `wiring` is "skip", "resnet" or "orig"."""

    def __init__(self, layout, z_dim, w_dim, channels, mapping, classes=0, wiring="skip"):
        super().__init__()
        self.layout, self.channels, self.mapping, self.w_dim = layout, channels, mapping, w_dim
        self.classes, self.wiring = classes, wiring
        self.shapes = {}
        if classes:
            self.shapes |= {"mapping.embed.weight": [w_dim, classes], "mapping.embed.bias": [w_dim]}
        for index in range(mapping):
            fc = f"style.{index + 1}" if layout == "port" else f"mapping.fc{index}"
            first = z_dim + (w_dim if classes else 0)
            self.shapes |= {f"{fc}.weight": [w_dim, first if index == 0 else w_dim], f"{fc}.bias": [w_dim]}
        if layout == "port":
            self.shapes["input.input"] = [1, channels[0], 4, 4]
        else:
            self.shapes |= {"mapping.w_avg": [w_dim], "synthesis.b4.const": [channels[0], 4, 4]}
        before = channels[0]
        for index in range(2 * len(channels) - 1):
            after, side = channels[(index + 1) // 2], 4 << ((index + 1) // 2)
            names, ones = self.names(index), [1] if layout == "port" else []
            self.shapes[names["weight"]] = ones + [after, before, 3, 3]
            self.shapes |= {names["affine"] + ".weight": [before, w_dim], names["affine"] + ".bias": [before]}
            self.shapes |= {names["bias"]: [after], names["strength"]: ones}
            self.shapes[names["noise"]] = ones * 2 + [side, side]
            if wiring == "resnet" and index % 2 == 1:
                self.shapes[self.skip(index)] = [after, before, 1, 1]
            if self.has_picture(index):
                names = self.names(index, rgb=True)
                self.shapes[names["weight"]] = ones + [3, after, 1, 1]
                self.shapes |= {names["affine"] + ".weight": [after, w_dim], names["affine"] + ".bias": [after]}
                self.shapes[names["bias"]] = [1, 3, 1, 1] if ones else [3]
            before = after
        self.values = {}

    def has_picture(self, index):
        return index % 2 == 0 and (self.wiring == "skip" or index == 2 * len(self.channels) - 2)

    def skip(self, index):
        return f"synthesis.b{4 << ((index + 1) // 2)}.skip.weight"

    def names(self, index, rgb=False):
        size = index // 2
        if self.layout == "port":
            if rgb:
                module = "to_rgb1" if index == 0 else f"to_rgbs.{size - 1}"
                return {"weight": f"{module}.conv.weight", "affine": f"{module}.conv.modulation", "bias": f"{module}.bias"}
            module = "conv1" if index == 0 else f"convs.{index - 1}"
            return {
                "weight": f"{module}.conv.weight", "affine": f"{module}.conv.modulation", "bias": f"{module}.activate.bias",
                "strength": f"{module}.noise.weight", "noise": f"noises.noise_{index}",
            }
        block = f"synthesis.b{4 << ((index + 1) // 2)}"
        module = f"{block}.torgb" if rgb else f"{block}.conv{(index + 1) % 2}"
        return {
            "weight": f"{module}.weight", "affine": f"{module}.affine", "bias": f"{module}.bias",
            "strength": f"{module}.noise_strength", "noise": f"{module}.noise_const",
        }

    def state_dict(self):
        return {name: torch.zeros(shape) for name, shape in self.shapes.items()}

    def load_state_dict(self, values):
        self.values = values

    def convolve(self, x, names, w, up):
        v = self.values
        style = w @ v[names["affine"] + ".weight"].T / math.sqrt(self.w_dim) + v[names["affine"] + ".bias"]
        weight = v[names["weight"]].reshape(v[names["weight"]].shape[-4:])
        demodulates = weight.shape[-1] == 3
        if self.layout == "port" or not demodulates:
            weight = weight / math.sqrt(math.prod(weight.shape[1:]))
        weight = weight * style[0][None, :, None, None]
        if demodulates:
            weight = weight * (weight.square().sum([1, 2, 3], keepdim=True) + 1e-8).rsqrt()
        if not up:
            return F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        return self.fir(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 1, [1, 1])

    @staticmethod
    def fir(x, up, pad):
        channels, height, width = x.shape[1:]
        if up == 2:
            grown = x.new_zeros(1, channels, 2 * height, 2 * width)
            grown[:, :, ::2, ::2] = x
            x = grown
        x = F.pad(x, [pad[0], pad[1], pad[0], pad[1]])
        taps = torch.tensor([1, 3, 3, 1], dtype=x.dtype) / 4
        return F.conv2d(x, torch.outer(taps, taps)[None, None].repeat(channels, 1, 1, 1), groups=channels)

    def decode(self, z, label=None):
        v, act = self.values, lambda x: F.leaky_relu(x, 0.2) * math.sqrt(2)
        normalised = lambda x: x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        x = normalised(z)
        if label is not None:
            embedded = label @ v["mapping.embed.weight"].T / math.sqrt(self.classes) + v["mapping.embed.bias"]
            x = torch.cat([x, normalised(embedded)], 1)
        for index in range(self.mapping):
            fc = f"style.{index + 1}" if self.layout == "port" else f"mapping.fc{index}"
            weight = v[f"{fc}.weight"]
            x = act(x @ weight.T * 0.01 / math.sqrt(weight.shape[1]) + v[f"{fc}.bias"] * 0.01)
        w, x = x, v["input.input" if self.layout == "port" else "synthesis.b4.const"].reshape(1, -1, 4, 4)
        picture = None
        for index in range(2 * len(self.channels) - 1):
            names = self.names(index)
            if self.wiring == "resnet" and index % 2 == 1:
                weight = v[self.skip(index)]
                around = self.fir(F.conv2d(x, weight / math.sqrt(weight.shape[1])), 2, [2, 1])
            x = self.convolve(x, names, w, index % 2 == 1)
            x = x + v[names["noise"]].reshape(1, 1, *x.shape[2:]) * v[names["strength"]]
            x = act(x + v[names["bias"]][None, :, None, None])
            if self.wiring == "resnet" and index > 0 and index % 2 == 0:
                x = (x + around) * math.sqrt(0.5)
            if self.has_picture(index):
                names = self.names(index, rgb=True)
                here = self.convolve(x, names, w, False) + v[names["bias"]].reshape(1, 3, 1, 1)
                picture = here if picture is None else self.fir(picture, 2, [2, 1]) + here
        return (picture / 2 + 0.5).clamp(0, 1)


def filtered(x, taps, up, pad):
    """Zeros between the pixels, a border of `pad` (cut off where negative), and a filter of one or two axes,
    turned around as in a convolution."""
    channels, height, width = x.shape[1:]
    grown = x.new_zeros(1, channels, up * height, up * width)
    grown[:, :, ::up, ::up] = x
    kernel = (torch.outer(taps, taps) if taps.dim() == 1 else taps).flip(0, 1)
    return F.conv2d(F.pad(grown, [*pad, *pad]), kernel[None, None].repeat(channels, 1, 1, 1), groups=channels)


class StyleGan3(nn.Module):
    """Karras et al. 2021, sections 3 and appendix C, by NVIDIA's names. `layers` has for each side, channels, and
    by how much it refines and coarsens around its function; the last gives the picture."""

    TAPS = 6

    def __init__(self, z_dim, w_dim, layers, rate, kernel, classes=0):
        super().__init__()
        self.w_dim, self.layers, self.rate, self.kernel, self.classes = w_dim, layers, rate, kernel, classes
        first = layers[0][1]
        self.shapes = {"mapping.w_avg": [w_dim]}
        if classes:
            self.shapes |= {"mapping.embed.weight": [w_dim, classes], "mapping.embed.bias": [w_dim]}
        for index, inputs in enumerate([z_dim + (w_dim if classes else 0), w_dim]):
            self.shapes |= {f"mapping.fc{index}.weight": [w_dim, inputs], f"mapping.fc{index}.bias": [w_dim]}
        waves = {"weight": [first, first], "transform": [3, 3], "freqs": [first, 2], "phases": [first]}
        waves |= {"affine.weight": [4, w_dim], "affine.bias": [4]}
        self.shapes |= {f"synthesis.input.{name}": shape for name, shape in waves.items()}
        before = first
        for index, (side, channels, up, down) in enumerate(layers):
            is_last = index + 1 == len(layers)
            size = 1 if is_last else kernel
            tensors = {"weight": [channels, before, size, size], "bias": [channels], "magnitude_ema": []}
            tensors |= {"affine.weight": [before, w_dim], "affine.bias": [before]}
            if not is_last:
                taps = self.TAPS * down
                # The layers that use all of their grid keep filters along the sides.
                is_radial = kernel == 1 and side > layers[-1][0]
                tensors |= {"up_filter": [self.TAPS * up], "down_filter": [taps, taps] if is_radial else [taps]}
            self.shapes |= {f"{self.name(index)}.{name}": shape for name, shape in tensors.items()}
            before = channels
        self.values = {}

    def name(self, index):
        side, channels = self.layers[index][:2]
        return f"synthesis.L{index}_{side}_{channels}"

    def state_dict(self):
        return {name: torch.zeros(shape) for name, shape in self.shapes.items()}

    def load_state_dict(self, values):
        self.values = values

    def linear(self, module, x, rate=1.0):
        weight = self.values[f"{module}.weight"]
        return x @ weight.T * rate / math.sqrt(weight.shape[1]) + self.values[f"{module}.bias"] * rate

    def waves(self, w):
        v = {name: self.values[f"synthesis.input.{name}"] for name in ["weight", "transform", "freqs", "phases"]}
        turn = self.linear("synthesis.input.affine", w)[0]
        cos, sin, right, below = (turn / turn[:2].square().sum().sqrt()).tolist()
        rotate = torch.tensor([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], dtype=torch.float64)
        move = torch.tensor([[1, 0, -right], [0, 1, -below], [0, 0, 1]], dtype=torch.float64)
        side = self.layers[0][0]
        along = (torch.arange(side, dtype=torch.float64) + 0.5 - side / 2) / self.rate
        y, x = torch.meshgrid(along, along, indexing="ij")
        places = torch.stack([x.flatten(), y.flatten(), torch.ones(side * side, dtype=torch.float64)])
        places = (rotate @ move @ v["transform"] @ places)[:2]
        waves = torch.sin(2 * math.pi * (v["freqs"] @ places + v["phases"][:, None]))
        return (v["weight"] @ waves / math.sqrt(len(waves))).reshape(1, -1, side, side)

    def layer(self, index, x, w):
        side, _, up, down = self.layers[index]
        v = {key[len(self.name(index)) + 1 :]: value for key, value in self.values.items() if key.startswith(self.name(index))}
        style, weight = self.linear(f"{self.name(index)}.affine", w)[0], v["weight"]
        if "up_filter" in v:
            weight = weight * style[None, :, None, None]
            weight = weight * (weight.square().sum([1, 2, 3], keepdim=True) + 1e-8).rsqrt()
        else:
            weight = weight * style[None, :, None, None] / math.sqrt(weight[0].numel())
        reach, before = weight.shape[-1] - 1, x.shape[-1]
        x = F.conv2d(x, weight, padding=reach) / v["magnitude_ema"].sqrt() + v["bias"][None, :, None, None]
        if "up_filter" not in v:
            return x
        border = (side - 1) * down + 1 - (before + reach) * up + len(v["up_filter"]) + len(v["down_filter"]) - 2
        left = (border + up) // 2
        x = filtered(x, v["up_filter"], up, [left, border - left]) * up**2
        x = F.leaky_relu(x, 0.2) * math.sqrt(2)
        return filtered(x, v["down_filter"], 1, [0, 0])[:, :, ::down, ::down]

    def decode(self, z, label=None):
        normalised = lambda x: x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        w = normalised(z)
        if label is not None:
            w = torch.cat([w, normalised(self.linear("mapping.embed", label))], 1)
        for index in range(2):
            w = F.leaky_relu(self.linear(f"mapping.fc{index}", w, 0.01), 0.2) * math.sqrt(2)
        x = self.waves(w)
        for index, (side, *_) in enumerate(self.layers):
            x = self.layer(index, x, w)
            assert x.shape[-1] == side
        return (x * 0.25 / 2 + 0.5).clamp(0, 1)


class StyledBlock(nn.Module):
    """One size of stylegan2-pytorch's generator: weights of the tensors' names and shapes alone."""

    def __init__(self, dim, n_in, n_out, channels, is_last):
        super().__init__()
        self.to_style1, self.to_style2 = nn.Linear(dim, n_in), nn.Linear(dim, n_out)
        self.to_noise1, self.to_noise2 = nn.Linear(1, n_out), nn.Linear(1, n_out)
        self.conv1, self.conv2 = nn.Conv2d(n_in, n_out, 3, bias=False), nn.Conv2d(n_out, n_out, 3, bias=False)
        self.to_rgb = nn.Module()
        self.to_rgb.to_style, self.to_rgb.conv = nn.Linear(dim, n_out), nn.Conv2d(n_out, channels, 1, bias=False)
        if not is_last:
            blur = nn.Module()
            blur.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))
            self.to_rgb.upsample = nn.ModuleList([nn.Identity(), blur])


class Lucidrains(nn.Module):
    """stylegan2-pytorch: averaged and trained networks, and a part of what trains beside them."""

    def __init__(self, dim, widths, depth):
        super().__init__()
        self.GAN = nn.Module()
        for mapping, synthesis in [("S", "G"), ("SE", "GE")]:
            style, generator = nn.Module(), nn.Module()
            style.net = nn.Sequential(*[layer for _ in range(depth) for layer in [nn.Linear(dim, dim), nn.LeakyReLU(0.2)]])
            generator.initial_block = nn.Parameter(torch.zeros(1, widths[0], 4, 4))
            generator.initial_conv = nn.Conv2d(widths[0], widths[0], 3, padding=1)
            pairs = list(zip(widths[:1] + widths, widths))
            generator.blocks = nn.ModuleList([StyledBlock(dim, i, o, 3, n + 1 == len(pairs)) for n, (i, o) in enumerate(pairs)])
            setattr(self.GAN, mapping, style), setattr(self.GAN, synthesis, generator)
        self.GAN.D = nn.Module()
        self.GAN.D.to_logit = nn.Linear(5, 1)

    @staticmethod
    def convolve(conv, style, x):
        weight = conv.weight * (style[0] + 1)[None, :, None, None]
        if weight.shape[-1] == 3:
            weight = weight * (weight.square().sum([1, 2, 3], keepdim=True) + 1e-8).rsqrt()
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2)

    def decode(self, z):
        x = F.normalize(z, dim=1)
        for layer in self.GAN.SE.net:
            x = F.linear(x, layer.weight * 0.1, layer.bias * 0.1) if isinstance(layer, nn.Linear) else layer(x)
        w, g = x, self.GAN.GE
        side = 2 << len(g.blocks)
        # Normal noise made uniform, as the reader of such files does.
        noise = torch.sigmoid(1.702 * torch.tensor(np.random.RandomState(0).randn(side, side)))
        x, picture = g.initial_conv(g.initial_block), None
        grow = lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        for size, block in enumerate(g.blocks):
            x = x if size == 0 else grow(x)
            cut = noise[: x.shape[2], : x.shape[3], None]
            for conv, to_style, to_noise in [
                (block.conv1, block.to_style1, block.to_noise1),
                (block.conv2, block.to_style2, block.to_noise2),
            ]:
                x = self.convolve(conv, to_style(w), x) + to_noise(cut).permute(2, 0, 1)
                x = F.leaky_relu(x, 0.2)
            here = self.convolve(block.to_rgb.conv, block.to_rgb.to_style(w), x)
            picture = here if picture is None else picture + here
            if size + 1 < len(g.blocks):
                picture = F.pad(grow(picture), [1, 1, 1, 1], mode="reflect")
                taps = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype)
                picture = F.conv2d(picture, torch.outer(taps, taps)[None, None].repeat(3, 1, 1, 1), groups=3)
        return picture.clamp(0, 1)


class Residual(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, n_in, 1e-6), nn.Conv2d(n_in, n_out, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(32, n_out, 1e-6), nn.Conv2d(n_out, n_out, 3, padding=1)
        if n_in != n_out:
            self.conv_shortcut = nn.Conv2d(n_in, n_out, 1)

    def forward(self, x):
        h = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        return (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + h


class Attention(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.group_norm = nn.GroupNorm(32, n, 1e-6)
        self.to_q, self.to_k, self.to_v = nn.Linear(n, n), nn.Linear(n, n), nn.Linear(n, n)
        self.to_out = nn.ModuleList([nn.Linear(n, n)])

    def forward(self, x):
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)
        q, k, v = self.to_q(tokens), self.to_k(tokens), self.to_v(tokens)
        weights = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]), -1)
        return x + self.to_out[0](weights @ v).transpose(1, 2).reshape(x.shape)


def middle(n):
    block = nn.Module()
    block.resnets = nn.ModuleList([Residual(n, n), Residual(n, n)])
    block.attentions = nn.ModuleList([Attention(n)])
    return block


def through(block, x):
    return block.resnets[1](block.attentions[0](block.resnets[0](x)))


class AutoencoderKl(nn.Module):
    SCALING = 0.18215

    def __init__(self, codebook=0):
        super().__init__()
        conv = lambda i, o, **more: nn.Conv2d(i, o, 3, **{"padding": 1, **more})
        self.encoder, self.decoder = nn.Module(), nn.Module()
        self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)
        if codebook:
            self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 3, 1), nn.Conv2d(3, 4, 1)
            self.quantize = nn.Module()
            self.quantize.embedding = nn.Embedding(codebook, 3)
        e, d = self.encoder, self.decoder
        e.conv_in, d.conv_in = conv(3, 32), conv(4, 64)
        down, up = [nn.Module(), nn.Module()], [nn.Module(), nn.Module()]
        down[0].resnets = nn.ModuleList([Residual(32, 32)])
        down[0].downsamplers = nn.ModuleList([nn.Module()])
        down[0].downsamplers[0].conv = conv(32, 32, stride=2, padding=0)
        down[1].resnets = nn.ModuleList([Residual(32, 64)])
        up[0].resnets = nn.ModuleList([Residual(64, 64), Residual(64, 64)])
        up[0].upsamplers = nn.ModuleList([nn.Module()])
        up[0].upsamplers[0].conv = conv(64, 64)
        up[1].resnets = nn.ModuleList([Residual(64, 32), Residual(32, 32)])
        e.down_blocks, d.up_blocks = nn.ModuleList(down), nn.ModuleList(up)
        e.mid_block, d.mid_block = middle(64), middle(64)
        e.conv_norm_out, d.conv_norm_out = nn.GroupNorm(32, 64, 1e-6), nn.GroupNorm(32, 32, 1e-6)
        e.conv_out, d.conv_out = conv(64, 8), conv(32, 3)

    def encode(self, x):
        e = self.encoder
        x = e.down_blocks[0].resnets[0](e.conv_in(2 * x - 1))
        x = e.down_blocks[0].downsamplers[0].conv(F.pad(x, (0, 1, 0, 1)))
        x = through(e.mid_block, e.down_blocks[1].resnets[0](x))
        code = self.quant_conv(e.conv_out(F.silu(e.conv_norm_out(x))))
        if hasattr(self, "quantize"):
            return [code * self.SCALING]
        mean, logvar = code.chunk(2, 1)
        return mean * self.SCALING, logvar + 2 * math.log(self.SCALING)

    def decode(self, z):
        d, x = self.decoder, z / self.SCALING
        if hasattr(self, "quantize"):
            table = self.quantize.embedding.weight
            nearest = (x.permute(0, 2, 3, 1)[..., None, :] - table).square().sum(-1).argmin(-1)
            x = table[nearest].permute(0, 3, 1, 2)
        x = through(d.mid_block, d.conv_in(self.post_quant_conv(x)))
        x = d.up_blocks[0].resnets[1](d.up_blocks[0].resnets[0](x))
        x = d.up_blocks[0].upsamplers[0].conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = d.up_blocks[1].resnets[1](d.up_blocks[1].resnets[0](x))
        return (d.conv_out(F.silu(d.conv_norm_out(x))) / 2 + 0.5).clamp(0, 1)


class BigGan(nn.Module):
    """BigGAN-deep (Brock et al. 2019, appendix B) by the names of pytorch-pretrained-biggan. `widths` has channels
    before each block and after the last; the place of the attention is counted among the layers."""

    ROWS = 3

    def __init__(self, z_dim, classes, widths, attention):
        super().__init__()
        self.z_dim, self.shapes, self.values = z_dim, {"embeddings.weight": [z_dim, classes]}, {}
        self.weight("generator.gen_z", [16 * widths[0], 2 * z_dim])
        self.layers = [list(pair) for pair in zip(widths, widths[1:])]
        self.layers.insert(attention, [widths[attention]])
        for index, sizes in enumerate(self.layers):
            module, n = f"generator.layers.{index}", sizes[0]
            if len(sizes) == 1:
                for part, shape in [("theta", [n // 8, n]), ("phi", [n // 8, n]), ("g", [n // 2, n]), ("o_conv", [n, n // 2])]:
                    self.weight(f"{module}.snconv1x1_{part}", [*shape, 1, 1], bias=False)
                self.shapes[f"{module}.gamma"] = [1]
                continue
            middle = n // 4
            for part, (before, after, kernel) in enumerate([(n, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, sizes[1], 1)]):
                self.statistics(f"{module}.bn_{part}", before)
                for told in ["scale", "offset"]:
                    self.weight(f"{module}.bn_{part}.{told}", [before, 2 * z_dim], bias=False)
                self.weight(f"{module}.conv_{part}", [after, before, kernel, kernel])
        last = widths[-1]
        self.statistics("generator.bn", last)
        self.shapes |= {"generator.bn.weight": [last], "generator.bn.bias": [last]}
        self.weight("generator.conv_to_rgb", [last, last, 3, 3])

    def weight(self, module, shape, bias=True):
        self.shapes |= {f"{module}.weight_orig": shape, f"{module}.weight_u": shape[:1]}
        self.shapes[f"{module}.weight_v"] = [math.prod(shape[1:])]
        if bias:
            self.shapes[f"{module}.bias"] = shape[:1]

    def statistics(self, module, n):
        self.shapes |= {f"{module}.running_means": [self.ROWS, n], f"{module}.running_vars": [self.ROWS, n]}

    def state_dict(self):
        return {name: torch.zeros(shape) for name, shape in self.shapes.items()}

    def load_state_dict(self, values):
        self.values = values

    def normed(self, module):
        weight, u, v = [self.values[f"{module}.weight_{part}"] for part in ["orig", "u", "v"]]
        return weight / (u @ weight.flatten(1) @ v), self.values.get(f"{module}.bias")

    def conv(self, module, x):
        weight, bias = self.normed(module)
        return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    def standard(self, module, x):
        # The last row is that of codes without truncation.
        mean, variance = [self.values[f"{module}.running_{part}"][-1][None, :, None, None] for part in ["means", "vars"]]
        return (x - mean) / (variance + 1e-4).sqrt()

    def block(self, module, x, told, doubles):
        grow = lambda x: F.interpolate(x, scale_factor=2) if doubles else x
        y = x
        for part in range(4):
            bn = f"{module}.bn_{part}"
            scale, offset = [F.linear(told, *self.normed(f"{bn}.{name}"))[:, :, None, None] for name in ["scale", "offset"]]
            y = F.relu(self.standard(bn, y) * (1 + scale) + offset)
            y = self.conv(f"{module}.conv_{part}", grow(y) if part == 1 else y)
        return grow(x[:, : y.shape[1]]) + y

    def attention(self, module, x):
        part = lambda name: self.conv(f"{module}.snconv1x1_{name}", x)
        theta, phi, g = part("theta").flatten(2), F.max_pool2d(part("phi"), 2).flatten(2), F.max_pool2d(part("g"), 2).flatten(2)
        found = g @ torch.softmax(theta.transpose(1, 2) @ phi, -1).transpose(1, 2)
        found = self.conv(f"{module}.snconv1x1_o_conv", found.unflatten(2, x.shape[2:]))
        return x + self.values[f"{module}.gamma"] * found

    def decode(self, z, label):
        told = torch.cat([z, label @ self.values["embeddings.weight"].T], 1)
        x = F.linear(told, *self.normed("generator.gen_z")).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)
        doubles = False
        for index, sizes in enumerate(self.layers):
            module = f"generator.layers.{index}"
            if len(sizes) == 1:
                x = self.attention(module, x)
            else:
                x, doubles = self.block(module, x, told, doubles), not doubles
        weight, bias = [self.values[f"generator.bn.{part}"][None, :, None, None] for part in ["weight", "bias"]]
        x = F.relu(self.standard("generator.bn", x) * weight + bias)
        return (torch.tanh(self.conv("generator.conv_to_rgb", x)[:, :3]) + 1) / 2


class Glow(nn.Module):
    """Kingma and Dhariwal 2018 by the names of glow-pytorch."""

    def __init__(self, side, flows, hidden, affine=True, triangles=True):
        super().__init__()
        self.side, self.flows, self.affine, self.triangles = side, flows, affine, triangles
        self.shapes, self.values = {}, {}
        for block, count in enumerate(flows):
            n = 12 << block
            for flow in range(count):
                names = {"actnorm.loc": [1, n, 1, 1], "actnorm.scale": [1, n, 1, 1]}
                if triangles:
                    names |= {f"invconv.{name}": [n, n] for name in ["w_p", "u_mask", "l_mask", "l_eye", "w_l", "w_u"]}
                    names |= {"invconv.s_sign": [n], "invconv.w_s": [n]}
                else:
                    names["invconv.weight"] = [n, n, 1, 1]
                out = n if affine else n // 2
                names |= {"coupling.net.0.weight": [hidden, n // 2, 3, 3], "coupling.net.0.bias": [hidden]}
                names |= {"coupling.net.2.weight": [hidden, hidden, 1, 1], "coupling.net.2.bias": [hidden]}
                names |= {"coupling.net.4.conv.weight": [out, hidden, 3, 3], "coupling.net.4.conv.bias": [out]}
                names["coupling.net.4.scale"] = [1, out, 1, 1]
                self.shapes |= {f"blocks.{block}.flows.{flow}.{name}": shape for name, shape in names.items()}
            kept = n if block + 1 == len(flows) else n // 2
            prior = {"conv.weight": [2 * kept, kept, 3, 3], "conv.bias": [2 * kept], "scale": [1, 2 * kept, 1, 1]}
            self.shapes |= {f"blocks.{block}.prior.{name}": shape for name, shape in prior.items()}

    def state_dict(self):
        return {name: torch.zeros(shape) for name, shape in self.shapes.items()}

    def load_state_dict(self, values):
        self.values = values

    def of(self, module):
        return {name[len(module) + 1 :]: value for name, value in self.values.items() if name.startswith(module + ".")}

    @staticmethod
    def from_zero(v, x):
        return F.conv2d(F.pad(x, [1, 1, 1, 1], value=1), v["conv.weight"], v["conv.bias"]) * (3 * v["scale"]).exp()

    def matrix(self, module):
        v = self.of(f"{module}.invconv")
        if not self.triangles:
            return v["weight"][:, :, 0, 0]
        lower = v["w_l"].tril(-1) + torch.eye(len(v["w_s"]), dtype=torch.float64)
        return v["w_p"] @ lower @ (v["w_u"].triu(1) + torch.diag(v["s_sign"] * v["w_s"].exp()))

    def coupled(self, module, x, to_code):
        (kept, other), v = x.chunk(2, 1), self.of(f"{module}.coupling.net")
        h = F.relu(F.conv2d(kept, v["0.weight"], v["0.bias"], padding=1))
        h = self.from_zero(self.of(f"{module}.coupling.net.4"), F.relu(F.conv2d(h, v["2.weight"], v["2.bias"])))
        if self.affine:
            log_factor, summand = h.chunk(2, 1)
            factor = torch.sigmoid(log_factor + 2)
            other = (other + summand) * factor if to_code else other / factor - summand
        else:
            other = other + h if to_code else other - h
        return torch.cat([kept, other], 1)

    def expected(self, block, kept):
        return self.from_zero(self.of(f"blocks.{block}.prior"), kept).chunk(2, 1)

    def encode(self, x):
        x, parts = x - 0.5, []
        for block, count in enumerate(self.flows):
            x = F.pixel_unshuffle(x, 2)
            for module in [f"blocks.{block}.flows.{flow}" for flow in range(count)]:
                norm = self.of(f"{module}.actnorm")
                x = F.conv2d((x + norm["loc"]) * norm["scale"], self.matrix(module)[:, :, None, None])
                x = self.coupled(module, x, True)
            kept, aside = x.chunk(2, 1) if block + 1 < len(self.flows) else (torch.zeros_like(x), x)
            mean, log_deviation = self.expected(block, kept)
            parts.append(((aside - mean) / log_deviation.exp()).flatten())
            x = kept
        return [torch.cat(parts)]

    def decode(self, z):
        x, z = None, z.flatten()
        blocks = list(range(len(self.flows)))
        sizes = [[(6 if block + 1 < len(blocks) else 12) << block, self.side >> (block + 1), self.side >> (block + 1)] for block in blocks]
        parts = z.split([math.prod(size) for size in sizes])
        for block in reversed(blocks):
            mean, log_deviation = self.expected(block, torch.zeros(1, *sizes[block], dtype=z.dtype) if x is None else x)
            aside = mean + log_deviation.exp() * parts[block].reshape(mean.shape)
            x = aside if x is None else torch.cat([x, aside], 1)
            for flow in reversed(range(self.flows[block])):
                module = f"blocks.{block}.flows.{flow}"
                norm = self.of(f"{module}.actnorm")
                x = self.coupled(module, x, False)
                x = F.conv2d(x, self.matrix(module).inverse()[:, :, None, None]) / norm["scale"] - norm["loc"]
            x = F.pixel_shuffle(x, 2)
        return (x + 0.5).clamp(0, 1)


class RealNvp(nn.Module):
    """Dinh et al. 2017 by the names of the repository chrischute/real-nvp."""

    def __init__(self, channels, side, hidden, scales, blocks):
        super().__init__()
        self.channels, self.side, self.scales, self.blocks = channels, side, scales, blocks
        self.shapes, self.values = {"data_constraint": [1]}, {}
        for scale in range(scales):
            c, h, last = channels << scale, hidden << scale, scale + 1 == scales
            for index in range(4 if last else 3):
                self.coupling(f"{self.root(scale)}in_couplings.{index}", c, h)
            for index in range(0 if last else 3):
                self.coupling(f"{self.root(scale)}out_couplings.{index}", 2 * c, 2 * h)

    @staticmethod
    def root(scale):
        return "flows." + "next_block." * scale

    def coupling(self, module, c, h):
        norm = lambda name, n: {f"{name}.{part}": [n] for part in ["weight", "bias", "running_mean", "running_var"]}
        length = lambda name, shape: {f"{name}.weight_g": [shape[0]] + [1] * (len(shape) - 1), f"{name}.weight_v": shape}
        conv = lambda name, o, i, k, bias=True: ({f"{name}.conv.bias": [o]} if bias else {}) | length(f"{name}.conv", [o, i, k, k])
        names = norm("in_norm", c) | conv("in_conv", h, 2 * c, 3) | conv("in_skip", h, h, 1)
        for at in range(self.blocks):
            names |= norm(f"blocks.{at}.in_norm", h) | conv(f"blocks.{at}.in_conv", h, h, 3, False)
            names |= norm(f"blocks.{at}.out_norm", h) | conv(f"blocks.{at}.out_conv", h, h, 3)
            names |= conv(f"skips.{at}", h, h, 1)
        names |= norm("out_norm", h) | conv("out_conv", 2 * c, h, 1)
        self.shapes |= {f"{module}.st_net.{name}": shape for name, shape in names.items()}
        self.shapes |= length(f"{module}.rescale", [c, 1, 1])

    def state_dict(self):
        return {name: torch.zeros(shape) for name, shape in self.shapes.items()}

    def load_state_dict(self, values):
        self.values = values

    def long(self, module):
        v = self.values[f"{module}.weight_v"]
        return self.values[f"{module}.weight_g"] * v / v.flatten(1).norm(dim=1).reshape(-1, *[1] * (v.dim() - 1))

    def norm(self, module, x):
        v = [self.values[f"{module}.{name}"] for name in ["running_mean", "running_var", "weight", "bias"]]
        return F.batch_norm(x, *v)

    def conv(self, module, x):
        weight = self.long(f"{module}.conv")
        return F.conv2d(x, weight, self.values.get(f"{module}.conv.bias"), padding=weight.shape[2] // 2)

    def found(self, module, x, factor):
        net = f"{module}.st_net"
        x = factor * self.norm(f"{net}.in_norm", x)
        x = self.conv(f"{net}.in_conv", torch.cat([x, -x], 1).relu())
        total = self.conv(f"{net}.in_skip", x)
        for at in range(self.blocks):
            block = f"{net}.blocks.{at}"
            h = self.conv(f"{block}.in_conv", self.norm(f"{block}.in_norm", x).relu())
            x = x + self.conv(f"{block}.out_conv", self.norm(f"{block}.out_norm", h).relu())
            total = total + self.conv(f"{net}.skips.{at}", x)
        s, t = self.conv(f"{net}.out_conv", self.norm(f"{net}.out_norm", total).relu()).chunk(2, 1)
        return self.long(f"{module}.rescale") * torch.tanh(s), t

    def moved(self, module, kept, x, factor, mask, to_code):
        s, t = self.found(module, kept, factor)
        s, t = s * mask, t * mask
        return (x + t) * s.exp() if to_code else x * (-s).exp() - t

    def pixels(self, scale, x, to_code):
        place = torch.arange(x.shape[2])[:, None] + torch.arange(x.shape[3])
        for index in self.order(4 if scale + 1 == self.scales else 3, to_code):
            kept = ((place + index) % 2).double()
            x = self.moved(f"{self.root(scale)}in_couplings.{index}", x * kept, x, 2, 1 - kept, to_code)
        return x

    def channels_of_four(self, scale, x, to_code):
        x = F.pixel_unshuffle(x, 2)
        for index in self.order(3, to_code):
            halves = list(x.chunk(2, 1))
            changed = index % 2
            halves[changed] = self.moved(f"{self.root(scale)}out_couplings.{index}", halves[1 - changed], halves[changed], 1, 1, to_code)
            x = torch.cat(halves, 1)
        return F.pixel_shuffle(x, 2)

    @staticmethod
    def order(count, to_code):
        return range(count) if to_code else reversed(range(count))

    def next(self, scale, x, to_code):
        inner = torch.cat([x[:, :, ::2, ::2], x[:, :, 1::2, 1::2]], 1)
        first, second = self.scale(scale + 1, inner, to_code).chunk(2, 1)
        x = x.clone()
        x[:, :, ::2, ::2], x[:, :, 1::2, 1::2] = first, second
        return x

    def scale(self, scale, x, to_code):
        steps = [self.pixels]
        if scale + 1 < self.scales:
            steps += [self.channels_of_four, self.next]
        for step in steps if to_code else reversed(steps):
            x = step(scale, x, to_code)
        return x

    def encode(self, x):
        # Noise of less than a step is added to pictures in training; here it is its mean.
        y = ((2 * (255 * x + 0.5) / 256 - 1) * self.values["data_constraint"] + 1) / 2
        return [self.scale(0, y.log() - (1 - y).log(), True)]

    def decode(self, z):
        return torch.sigmoid(self.scale(0, z.reshape(1, self.channels, self.side, self.side), False))


def main():
    mlp = dict(encode=MlpVae.encode, decode=MlpVae.decode)
    case("vae of the examples", MlpVae(784, 40, 5), "VAE of full matrices", [5], [1, 28, 28], **mlp)
    case("cvae", MlpVae(784, 30, 4, 10), "VAE of full matrices", [4], [1, 28, 28], decode=MlpVae.decode, condition=[10, 7])
    for name, channels, side in [("burgess 32", 1, 32), ("burgess 64", 3, 64)]:
        module = Burgess(channels, side, 10)
        case(name, module, "VAE of Burgess", [10], [channels, side, side], Burgess.encode, Burgess.decode)
    plan = [(4, 1, 0, 8), (4, 2, 1, 4), (4, 2, 1, 2), (4, 2, 1, 1), (4, 2, 1, 0)]
    case("dcgan 64", dcgan(12, 4, 3, plan), "DCGAN", [12], [3, 64, 64], decode=dcgan_decode)
    plan = [(4, 1, 0, 4), (3, 2, 1, 2), (4, 2, 1, 1), (4, 2, 1, 0)]
    case("dcgan 28", dcgan(16, 4, 1, plan), "DCGAN", [16], [1, 28, 28], decode=dcgan_decode)
    gan = lambda module, z: (module.model(z) + 1) / 2
    case("gan of the collection", mlp_gan(10, 784), "GAN of full matrices", [10], [1, 28, 28], decode=gan)
    case("small conv vae", ConvVae(6), "VAE of convolutions", [6], [1, 28, 28], ConvVae.encode, ConvVae.decode)
    case("vanilla vae", VanillaVae(8, [4, 6, 8, 10, 12]), "VAE of convolutions", [8], [3, 64, 64], VanillaVae.encode, VanillaVae.decode)
    clamped = lambda module, z: module(z).clamp(0, 1)
    case("tiny decoder", tiny_decoder(4, 8), "TAESD", [4, 32, 32], [3, 128, 128], decode=clamped)
    case("tiny decoder with norms", tiny_decoder(16, 8, True), "TAESD", [16, 32, 32], [3, 128, 128], decode=clamped)
    both = nn.Module()
    both.encoder, both.decoder = tiny_encoder(4, 8), tiny_decoder(4, 8)
    decode = lambda module, z: module.decoder(z).clamp(0, 1)
    case("tiny autoencoder", both, "TAESD", [4, 32, 32], [3, 128, 128], lambda module, x: [module.encoder(x)], decode)
    diffusers = nn.Module()
    diffusers.encoder, diffusers.decoder = nn.Module(), nn.Module()
    diffusers.encoder.layers, diffusers.decoder.layers = tiny_encoder(4, 6), tiny_decoder(4, 6)[1:]
    decode = lambda module, z: module.decoder.layers(torch.tanh(z / 3) * 3).clamp(0, 1)
    encode = lambda module, x: [module.encoder.layers(x)]
    case("tiny autoencoder of diffusers", diffusers, "TAESD", [4, 32, 32], [3, 128, 128], encode, decode)
    for layout in ["port", "nvidia"]:
        module = StyleGan2(layout, 6, 8, [7, 6, 5], 2)
        case(f"stylegan2 {layout}", module, "StyleGAN2", [6], [3, 16, 16], decode=StyleGan2.decode)
    for name, classes, wiring in [("conditional", 3, "skip"), ("residual", 0, "resnet"), ("plain", 4, "orig")]:
        module = StyleGan2("nvidia", 6, 8, [7, 6, 5], 2, classes, wiring)
        condition = [classes, classes - 2] if classes else None
        case(f"stylegan2 {name}", module, "StyleGAN2", [6], [3, 16, 16], decode=StyleGan2.decode, condition=condition)
    # The config cifar: ten classes, 32 pixels, two layers on the way to w.
    module = StyleGan2("nvidia", 7, 7, [6, 6, 6, 6], 2, 10)
    case("stylegan2 cifar", module, "StyleGAN2", [7], [3, 32, 32], decode=StyleGan2.decode, condition=[10, 8])
    module = Lucidrains(8, [7, 6, 5], 3)
    case("stylegan2 lucidrains", module, "StyleGAN2 of stylegan2-pytorch", [8], [3, 16, 16], decode=Lucidrains.decode)
    # The side of a picture of 32 pixels with a frame of ten around it.
    layers = [(36, 6, 2, 2), (36, 6, 2, 2), (52, 5, 4, 2), (52, 5, 2, 2), (32, 4, 2, 2), (32, 3, 1, 1)]
    case("stylegan3 t", StyleGan3(6, 8, layers, 16, 3), "StyleGAN3", [6], [3, 32, 32], decode=StyleGan3.decode)
    module = StyleGan3(5, 8, layers, 16, 1, 3)
    case("stylegan3 r", module, "StyleGAN3", [5], [3, 32, 32], decode=StyleGan3.decode, condition=[3, 1])
    # Plain and doubling blocks take turns.
    module = BigGan(5, 4, [16, 16, 8, 8, 4], 2)
    case("biggan", module, "BigGAN", [5], [3, 16, 16], decode=BigGan.decode, condition=[4, 2])
    for name, flows, affine, triangles in [("glow", [2, 2], True, True), ("glow plain", [1, 2, 1], False, False)]:
        module = Glow(64, flows, 6, affine, triangles)
        case(name, module, "Glow", [3 * 64 * 64], [3, 64, 64], Glow.encode, Glow.decode)
    for name, channels, scales, blocks in [("real nvp", 3, 2, 2), ("real nvp of three scales", 1, 3, 1)]:
        module = RealNvp(channels, 32, 6, scales, blocks)
        case(name, module, "Real NVP", [channels * 32 * 32], [channels, 32, 32], RealNvp.encode, RealNvp.decode)
    kl = (AutoencoderKl.encode, AutoencoderKl.decode)
    case("autoencoder kl", AutoencoderKl(), "AutoencoderKL", [4, 32, 32], [3, 64, 64], *kl)
    case("vq model", AutoencoderKl(19), "VQModel", [3, 32, 32], [3, 64, 64], *kl)
    print("[\n" + ",\n".join(json.dumps(entry) for entry in CASES) + "\n]")


main()
