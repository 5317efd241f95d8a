"""What the scripts beside this file share: their arguments, running zscape, and reading a model file."""

import argparse
import json
import os
import struct
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def arguments(doc, seconds, of_seconds):
    """Parses the arguments of a comparison; `args.path` is the model file, `args.program` zscape."""
    parser = argparse.ArgumentParser(description=doc.split("\n", 1)[0])
    parser.add_argument("model", help="a model file, or a name in assets/models")
    parser.add_argument("--zscape", default=None, help="the program; target/release/zscape if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=seconds, help=of_seconds)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    args = parser.parse_args()
    args.path = Path(args.model)
    if not args.path.exists():
        args.path = ROOT / "assets" / "models" / f"{args.model}.safetensors"
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    args.program = args.zscape or target / "release" / "zscape"
    return args


def read_model(path):
    """The manifest and the tensors (as f32) of a model file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    manifest = json.loads(header.pop("__metadata__")["zscape"])
    kinds = {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(data[start:end], kinds[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.float32)
    return manifest, tensors


def run_zscape(program, *arguments):
    """What zscape prints."""
    command = [program, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def steps_of(program, noising, count, folder):
    """The steps of DDIM that zscape takes, as its own command prints them: pairs of `t` and `alpha_bar`."""
    noise = Path(folder) / "noise.npy"
    np.save(noise, np.zeros((1, 1), np.float32))
    command = ["sampler", "ddim", "--steps", count, "--schedule", noising, "--denoiser", "gaussian:0,1"]
    out = Path(folder) / "out.npy"
    return json.loads(run_zscape(program, *command, "--noise", noise, "-o", out, "--json"))["steps"]
