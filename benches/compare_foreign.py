#!/usr/bin/env python3
"""Draw with networks of other programs: zscape on the file that PyTorch saved, beside PyTorch itself.

    python3 -m venv VENV && VENV/bin/pip install numpy torch diffusers
    cargo build --release
    VENV/bin/python benches/compare_foreign.py stylegan2-256

Makes a network with random weights (`stylegan2-64`, `stylegan2-256`, `stylegan2-1024` of config F in rosinality's
layout, `taesd` at 64x64 codes, `unet` of diffusers at 32x32 pixels), saves `state_dict()`, and has both draw from the same code.
Both take turns in rounds, so that whatever else the machine does hits both alike. Prints the median milliseconds of
a picture, the ratio, and the largest difference of the two pictures. `unet` is a picture of twenty steps.
"""

import json
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

# Threads that wait by spinning take the cores from zscape, and from themselves on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from model_file import arguments, run_zscape, steps_of

SEED = 7


def seed_code(*shape):
    """The code of `seed(7)`."""
    return torch.from_numpy(np.random.RandomState(SEED).randn(1, *shape).astype(np.float32))


class StyleGan2:
    """Karras et al. 2020, config F: modulated convolutions, skip connections to the picture."""

    def __init__(self, side):
        widths = {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32}
        self.code, self.layers, self.weights = seed_code(512), [], {}
        put = lambda name, *shape, scale=1.0: self.weights.update({name: torch.randn(*shape) * scale})
        for index in range(1, 9):
            put(f"style.{index}.weight", 512, 512, scale=100.0)
            put(f"style.{index}.bias", 512)
        put("input.input", 1, 512, 4, 4)
        before = 512
        for index in range(2 * int(math.log2(side)) - 3):
            here = 4 << (index + 1) // 2
            after = widths[here]
            module = "conv1" if index == 0 else f"convs.{index - 1}"
            rgb = None
            if index % 2 == 0:
                rgb = "to_rgb1" if index == 0 else f"to_rgbs.{index // 2 - 1}"
                put(f"{rgb}.bias", 1, 3, 1, 1, scale=0.1)
            for name, inputs, outputs, kernel in [(module, before, after, 3), (rgb, after, 3, 1)]:
                if name:
                    put(f"{name}.conv.weight", 1, outputs, inputs, kernel, kernel)
                    put(f"{name}.conv.modulation.weight", inputs, 512)
                    self.weights[f"{name}.conv.modulation.bias"] = torch.ones(inputs)
            put(f"{module}.activate.bias", after, scale=0.1)
            put(f"{module}.noise.weight", 1, scale=0.1)
            put(f"noises.noise_{index}", 1, 1, here, here)
            self.layers.append((module, rgb, index % 2 == 1))
            before = after
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
        self.filter = torch.outer(taps, taps)[None, None]

    def save(self, folder):
        torch.save({"g_ema": self.weights}, folder / "generator.pt")
        return folder / "generator.pt"

    def blur(self, x, pad):
        batch, channels, height, width = x.shape
        x = F.conv2d(F.pad(x, pad).reshape(batch * channels, 1, height + pad[2] + pad[3], -1), self.filter)
        return x.reshape(batch, channels, *x.shape[2:])

    def convolve(self, x, name, w, doubles):
        v = self.weights
        style = F.linear(w, v[f"{name}.conv.modulation.weight"] / math.sqrt(512), v[f"{name}.conv.modulation.bias"])
        weight = v[f"{name}.conv.weight"][0]
        weight = weight * style[0][None, :, None, None] / math.sqrt(math.prod(weight.shape[1:]))
        if weight.shape[-1] == 3:
            weight = weight * (weight.square().sum([1, 2, 3], keepdim=True) + 1e-8).rsqrt()
        if doubles:
            return self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), [1, 1, 1, 1])
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2)

    def draw(self):
        v, act = self.weights, lambda x: F.leaky_relu(x, 0.2) * math.sqrt(2)
        w = self.code * (self.code.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for index in range(1, 9):
            w = act(F.linear(w, v[f"style.{index}.weight"] * (0.01 / math.sqrt(512)), v[f"style.{index}.bias"] * 0.01))
        x, picture = v["input.input"], None
        for index, (module, rgb, doubles) in enumerate(self.layers):
            x = self.convolve(x, module, w, doubles) + v[f"noises.noise_{index}"] * v[f"{module}.noise.weight"]
            x = act(x + v[f"{module}.activate.bias"][None, :, None, None])
            if rgb:
                here = self.convolve(x, rgb, w, False) + v[f"{rgb}.bias"]
                if picture is not None:
                    grown = torch.zeros(1, 3, 2 * picture.shape[2], 2 * picture.shape[3])
                    grown[:, :, ::2, ::2] = picture
                    here = here + self.blur(grown, [2, 1, 2, 1])
                picture = here
        return (picture / 2 + 0.5).clamp(0, 1)


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        conv = lambda: nn.Conv2d(n, n, 3, padding=1)
        self.conv = nn.Sequential(conv(), nn.ReLU(), conv(), nn.ReLU(), conv())

    def forward(self, x):
        return F.relu(self.conv(x) + x)


class Taesd:
    """The decoder of the tiny autoencoder for Stable Diffusion, from 64x64 codes to 512x512 pixels."""

    def __init__(self):
        conv = lambda i, o, **more: nn.Conv2d(i, o, 3, padding=1, **more)
        up = lambda: [nn.Upsample(scale_factor=2), conv(64, 64, bias=False)]
        blocks = lambda: [Block(64), Block(64), Block(64)]
        layers = [nn.Identity(), conv(4, 64), nn.ReLU(), *blocks(), *up(), *blocks(), *up(), *blocks(), *up(), Block(64)]
        self.network = nn.Sequential(*layers, conv(64, 3)).eval()
        self.code = seed_code(4, 64, 64)

    def save(self, folder):
        torch.save(self.network.state_dict(), folder / "taesd_decoder.pth")
        (folder / "taesd_decoder.toml").write_text("latent = [64, 64]\n")
        return folder / "taesd_decoder.pth"

    def draw(self):
        return self.network(torch.tanh(self.code / 3) * 3).clamp(0, 1)


class Unet:
    """diffusers' UNet2DModel of the size of the first DDPM, twenty steps of DDIM."""

    STEPS = 20
    OPTIONS = ["--method", "ddim", "--steps", STEPS]

    def __init__(self):
        from diffusers import UNet2DModel

        self.network = UNet2DModel(
            sample_size=32,
            block_out_channels=(128, 256, 256, 256),
            down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        ).eval()
        self.code, self.steps = seed_code(3, 32, 32), None

    def save(self, folder):
        self.network.save_pretrained(folder)
        return folder / "diffusion_pytorch_model.safetensors"

    def prepare(self, program, folder):
        steps = steps_of(program, "linear", self.STEPS, folder)
        self.steps = [(step["t"], step["alpha_bar"]) for step in steps]

    def draw(self):
        x = self.code
        for (t, alpha_bar), (_, after) in zip(self.steps, self.steps[1:]):
            noise = self.network(x, torch.tensor(float(t))).sample
            data = (x - (1 - alpha_bar) ** 0.5 * noise) / alpha_bar**0.5
            x = after**0.5 * data + (1 - after) ** 0.5 * noise
        return (x / 2 + 0.5).clamp(0, 1)


def network_of(name):
    torch.manual_seed(0)
    if name.startswith("stylegan2-"):
        return StyleGan2(int(name.removeprefix("stylegan2-")))
    makers = {"taesd": Taesd, "unet": Unet}
    if name not in makers:
        raise SystemExit(f"{name} is none of stylegan2-64, stylegan2-256, stylegan2-1024, {', '.join(makers)}")
    return makers[name]()


def milliseconds(run, seconds):
    """The median of as many runs as fit, after one that is not counted."""
    run()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


@torch.inference_mode()
def main():
    args = arguments(__doc__, 3.0, "for PyTorch in each round")
    torch.set_num_threads(args.threads)
    network = network_of(args.model)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path, picture = network.save(folder), folder / "picture.npy"
        if hasattr(network, "prepare"):
            network.prepare(args.program, folder)
        command = ["grid", path, "--seeds", SEED, "--npy", picture, "--device", "cpu", *getattr(network, "OPTIONS", [])]
        run_zscape(args.program, *command)
        difference = float(np.abs(network.draw().numpy().ravel() - np.load(picture).ravel()).max())
        ours, theirs = [], []
        for _ in range(args.rounds):
            report = json.loads(run_zscape(args.program, "bench", path, "--device", "cpu", "--json"))
            ours += [entry["median_ms"] for entry in report["decode"] if entry["batch"] == 1]
            theirs.append(milliseconds(network.draw, args.seconds))
    row = {
        "model": args.model,
        "zscape_ms": statistics.median(ours),
        "pytorch_ms": statistics.median(theirs),
        # Each round's ratio first: what slows a round slows both in it.
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
        "largest_difference": difference,
    }
    print(json.dumps(row) if args.json else "  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    sys.exit(main())
