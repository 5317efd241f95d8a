#!/usr/bin/env python3
"""Draw the same picture in steps with zscape and with PyTorch, in the same minute.

    python3 -m venv VENV && VENV/bin/pip install numpy torch
    cargo build --release
    VENV/bin/python benches/compare_steps.py digits-ddpm

Reads the model file and runs its denoiser (and its decoder, where there is one) node by node in PyTorch, from
the graphs of the manifest and the weights, with the deterministic DDIM update over the model's own steps. Both take
turns in rounds, so that whatever else the machine does hits both alike. Prints the median milliseconds of a
picture of 20 steps without conditions, the ratio, and the largest difference of the two pictures, which both draw
by DDIM of the same noise.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

# Threads that wait by spinning take the cores from zscape, and from themselves on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F

from model_file import arguments, read_model, run_zscape, steps_of

STEPS = 20
T = 1000


class Network:
    """A graph of a manifest, run by PyTorch."""

    FUNCTIONS = {
        "silu": F.silu,
        "relu": F.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
    }

    def __init__(self, spec, tensors, prefix):
        self.spec = spec
        self.weights = {
            name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)
        }

    def __call__(self, *inputs):
        values = {entry["name"]: value for entry, value in zip(self.spec["inputs"], inputs)}
        for node in self.spec["nodes"]:
            found = self.run(node["name"], node["operation"], [values[name] for name in node["inputs"]])
            if isinstance(found, tuple):
                values.update({f"{node['name']}.{index}": part for index, part in enumerate(found)})
            else:
                values[node["name"]] = found
        return values[self.spec["outputs"][0]["value"]]

    def run(self, name, operation, inputs):
        x = inputs[0]
        weight, bias = (self.weights.get(f"{name}.{part}") for part in ("weight", "bias"))
        window = operation.get("window", {})
        top, left, bottom, right = window.get("padding", [0] * 4)
        stride = window.get("stride", [1, 1])
        match operation["op"]:
            case "linear":
                # Weights stand with their inputs first.
                product = x @ weight
                return product if bias is None else product + bias
            case "conv":
                if (top, left) != (bottom, right):
                    x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
                return F.conv2d(x, weight, bias, stride, (top, left))
            case "conv_transpose":
                return F.conv_transpose2d(x, weight, bias, stride, (top, left))
            case "group_norm":
                return F.group_norm(x, operation["groups"], weight, bias, operation["epsilon"])
            case "affine":
                shape = [1, -1] + [1] * (x.dim() - 2)
                return x * weight.reshape(shape) + bias.reshape(shape)
            case "pointwise":
                return self.FUNCTIONS[operation["function"]](x)
            case "add":
                return x + inputs[1]
            case "concatenate":
                return torch.cat(inputs, operation["axis"] + 1)
            case "slice":
                return x.narrow(operation["axis"] + 1, operation["start"], operation["end"] - operation["start"])
            case "split":
                return x.split(operation["sizes"], operation["axis"] + 1)
            case "reshape":
                return x.reshape(-1, *operation["shape"])
            case "permute":
                return x.permute(0, *(axis + 1 for axis in operation["order"]))
            case "resize":
                return F.interpolate(x, (operation["height"], operation["width"]), mode="nearest")
            case "pixel_unshuffle":
                return F.pixel_unshuffle(x, operation["factor"])
            case "pixel_shuffle":
                return F.pixel_shuffle(x, operation["factor"])
            case "time_embedding":
                half = operation["features"] // 2
                period = operation["max_period"]
                rates = torch.exp(-np.log(period) * torch.arange(half) / (half - operation.get("shift", 0.0)))
                angles = x * operation.get("scale", 1.0) * rates
                waves = [torch.sin(angles), torch.cos(angles)]
                return torch.cat(waves[::-1] if operation.get("cosine_first") else waves, 1)
            case "attention":
                heads = operation["heads"]
                parts = [part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in inputs]
                return F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(-2)
            case other:
                raise SystemExit(f"this script does not know the operation {other}")


class Sampler:
    """DDIM without noise of its own (Song et al. 2021), for predictions of v."""

    def __init__(self, manifest, tensors, steps):
        networks = manifest["networks"]
        self.denoiser = Network(networks["denoiser"], tensors, "denoiser.")
        decoder = networks.get("decoder")
        self.decoder = decoder and Network(decoder, tensors, "decoder.")
        self.words = len(manifest.get("conditions", {}).get("words", []))
        self.steps = [(step["t"], step["alpha_bar"]) for step in steps]

    @torch.inference_mode()
    def __call__(self, noise):
        x = noise
        silence = [torch.zeros(len(x), self.words)] if self.words else []
        for (t, alpha_bar), (_, after) in zip(self.steps, self.steps[1:]):
            signal, level = alpha_bar**0.5, (1 - alpha_bar) ** 0.5
            v = self.denoiser(x, *silence, torch.full((len(x), 1), float(t)))
            data, part = signal * x - level * v, level * x + signal * v
            x = after**0.5 * data + (1 - after) ** 0.5 * part
        return self.decoder(x) if self.decoder else ((x + 1) / 2).clamp(0, 1)


def main():
    args = arguments(__doc__, 2.0, "for PyTorch in each round")
    path, program = args.path, args.program
    torch.set_num_threads(args.threads)
    manifest, tensors = read_model(path)
    tensors = {name: torch.from_numpy(values) for name, values in tensors.items()}
    if manifest["diffusion"]["prediction"] != "v":
        raise SystemExit("this script knows models that predict v")

    with tempfile.TemporaryDirectory() as folder:
        steps = steps_of(program, manifest["diffusion"]["noising"], STEPS, folder)
        sampler = Sampler(manifest, tensors, steps)
        picture = Path(folder) / "picture.npy"
        ddim = ["--method", "ddim", "--steps", STEPS, "--guidance", 1, "--device", "cpu"]
        run_zscape(program, "grid", path, "--seeds", "7", "--npy", picture, *ddim)
        expected = np.load(picture)
    sides = [manifest["spaces"]["x"][side] for side in ("channels", "height", "width")]
    noise = np.random.RandomState(7).randn(1, int(np.prod(sides))).astype(np.float32)
    noise = torch.from_numpy(noise).reshape(1, *sides)
    difference = float(np.abs(sampler(noise).numpy().ravel() - expected.ravel()).max())

    ours, theirs = [], []
    for _ in range(args.rounds):
        report = json.loads(run_zscape(program, "bench", path, "--device", "cpu", "--json"))
        ours += [entry["median_ms"] for entry in report["decode"] if entry["batch"] == 1]
        times = []
        end = time.perf_counter() + args.seconds
        while time.perf_counter() < end or len(times) < 5:
            start = time.perf_counter()
            sampler(noise)
            times.append((time.perf_counter() - start) * 1e3)
        theirs.append(statistics.median(times))
    row = {
        "model": manifest["name"],
        "steps": STEPS,
        "zscape_ms": statistics.median(ours),
        "pytorch_ms": statistics.median(theirs),
        # Each round's ratio first: what slows a round slows both in it.
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
        "largest_difference": difference,
    }
    print(json.dumps(row) if args.json else "  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
