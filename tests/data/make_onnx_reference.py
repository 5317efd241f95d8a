"""Writes onnx/*.onnx, small networks of random weights as PyTorch exports them, and onnx/reference.json,
what ONNX Runtime gives for them.

    python -m venv venv && venv/bin/pip install torch numpy onnx onnxruntime onnxscript
    OMP_WAIT_POLICY=PASSIVE venv/bin/python make_onnx_reference.py

Codes and pictures are drawn from the generator of make_foreign_reference.py (`draw`), seeded by the name
of the case and the input. Of large results every `step`-th number is kept.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent / "onnx"
MASK = (1 << 64) - 1
KEPT = 150
CASES = []


def draw(case, name, count):
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
    return np.array(numbers, dtype=np.float32)


def kept(values):
    values = values.flatten()
    step = max(1, len(values) // KEPT)
    return {"count": len(values), "step": step, "values": [float(f"{v:.7g}") for v in values[::step].tolist()]}


def export(name, module, inputs, opset, names, dynamic):
    torch.manual_seed(sum(name.encode()))
    for parameter in module.parameters():
        fan_in = max(1, math.prod(parameter.shape[1:]))
        nn.init.uniform_(parameter, -1, 1)
        parameter.data *= 1.5 / math.sqrt(fan_in) if parameter.dim() > 1 else 0.3
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)):
            part.weight.data += 1
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.2, 0.2)
            part.running_var.uniform_(0.5, 1.5)
    path = FOLDER / f"{name}.onnx"
    outputs = ["picture"] if names[0] != "picture" else ["mu", "logvar"]
    axes = {n: {0: "batch"} for n in names + outputs} if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), inputs, path, input_names=names, output_names=outputs, dynamic_axes=axes,
            opset_version=opset, dynamo=False,
        )
    return path


def case(name, module, z, image, opset, scale=1.0, offset=0.0, label=None, dynamic=True, encoder=None, external=False):
    code = draw(name, "z", math.prod(z)).reshape(1, *z) * 2
    given, names = [torch.tensor(code)], ["z"]
    if label is not None:
        given.append(torch.tensor([label[1]]))
        names.append("label")
    path = export(name, module, tuple(given), opset, names, dynamic)
    session = onnxruntime.InferenceSession(path)
    feeds = {n: g.numpy() for n, g in zip(names, given)}
    picture = session.run(None, feeds)[0]
    entry = {"name": name, "z": list(z), "image": list(image), "classes": label}
    entry["picture"] = kept(np.clip(picture * scale + offset, 0, 1))
    assert 0.02 < picture.std() < 0.8, (name, picture.std())
    if encoder is not None:
        picture = (draw(name, "picture", math.prod(image)).reshape(1, *image) + 1) / 2
        path = export(name + "-encoder", encoder, (torch.tensor(picture),), opset, ["picture"], dynamic)
        entry["encoded"] = [kept(found) for found in onnxruntime.InferenceSession(path).run(None, {"picture": picture})]
    if external:
        model = onnx.load(FOLDER / f"{name}.onnx")
        onnx.save(model, FOLDER / f"{name}.onnx", save_as_external_data=True, location=f"{name}.data", size_threshold=64)
    CASES.append(entry)


class Dcgan(nn.Module):
    def __init__(self):
        super().__init__()
        up = lambda i, o, s, p: nn.ConvTranspose2d(i, o, 4, s, p, bias=False)
        self.main = nn.Sequential(
            up(8, 6, 1, 0), nn.BatchNorm2d(6), nn.ReLU(), up(6, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), up(4, 3, 2, 1), nn.Tanh()
        )

    def forward(self, z):
        return self.main(z)


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(5, 12), nn.Linear(12, 256)

    def forward(self, z):
        x = torch.sigmoid(self.b(F.elu(self.a(z))))
        return x.view(x.size(0), 1, 16, 16)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 3, 3, 1, 1), nn.Conv2d(3, 4, 3, 2, 1)
        self.mu, self.logvar = nn.Linear(4, 5), nn.Linear(4, 5)

    def forward(self, x):
        x = F.max_pool2d(F.leaky_relu(self.conv1(x), 0.2), 2)
        x = F.avg_pool2d(F.hardswish(self.conv2(x)), 2).mean([2, 3])
        return self.mu(x), self.logvar(x)


class Residual(nn.Module):
    """Norms in groups, skips, both ways of growing, shuffled pixels."""

    def __init__(self):
        super().__init__()
        self.start = nn.Linear(6, 8 * 4 * 4)
        self.norm, self.conv = nn.GroupNorm(2, 8), nn.Conv2d(8, 8, 3, padding=1)
        self.wide = nn.Conv2d(16, 12, 1)
        self.last = nn.Conv2d(4, 12, 3, padding=1, padding_mode="reflect")
        self.shift = nn.Parameter(torch.zeros(1, 8, 1, 1))

    def forward(self, z):
        x = self.start(z).reshape(-1, 8, 4, 4)
        x = x + self.conv(F.silu(self.norm(x))) * 0.5 + self.shift
        y = F.interpolate(x, scale_factor=2, mode="nearest")
        w = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        a, b, c = self.wide(torch.cat([y, w], 1)).chunk(3, 1)
        x = F.gelu(a) * torch.sigmoid(b) - c[:, :, :, 0:1]
        x = F.pixel_shuffle(self.last(x), 2)
        return torch.clamp(x * 0.25 + 0.5, 0, 1)


class Tokens(nn.Module):
    """Attention over tokens, which become the rows of a picture."""

    def __init__(self):
        super().__init__()
        self.start, self.qkv = nn.Linear(4, 16 * 8), nn.Linear(8, 24)
        self.norm, self.out = nn.LayerNorm(8), nn.Linear(8, 16)
        self.place = nn.Parameter(torch.zeros(1, 16, 8))

    def forward(self, z):
        x = self.start(z).view(z.shape[0], 16, 8) + self.place
        q, k, v = self.qkv(self.norm(x)).split(8, dim=-1)
        q, k, v = [t.view(z.shape[0], 16, 2, 4).transpose(1, 2) for t in (q, k, v)]
        weights = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(4), -1)
        x = x + (weights @ v).transpose(1, 2).reshape(z.shape[0], 16, 8)
        return torch.tanh(self.out(x)).unsqueeze(1)


class Classes(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 3)
        self.a, self.b = nn.Linear(7, 16), nn.Linear(16, 256)

    def forward(self, z, label):
        x = torch.cat([z, self.table(label)], 1)
        return torch.sigmoid(self.b(F.softplus(self.a(x)))).unflatten(1, (1, 16, 16))


def main():
    signed = dict(scale=0.5, offset=0.5)
    case("dcgan", Dcgan(), [8, 1, 1], [3, 16, 16], 11, **signed)
    case("dcgan-fixed-batch", Dcgan(), [8, 1, 1], [3, 16, 16], 13, dynamic=False, external=True, **signed)
    case("mlp", Mlp(), [5], [1, 16, 16], 17, encoder=Encoder())
    for opset in [12, 20]:
        case(f"residual-{opset}", Residual(), [6], [3, 16, 16], opset)
    case("tokens", Tokens(), [4], [1, 16, 16], 17, **signed)
    case("classes", Classes(), [4], [1, 16, 16], 18, label=[5, 3])
    text = "[\n" + ",\n".join(json.dumps(entry) for entry in CASES) + "\n]\n"
    (FOLDER / "reference.json").write_text(text)


main()
