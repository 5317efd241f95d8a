"""Writes numpy_randn.json: what NumPy's RandomState(seed).randn draws, bit for bit.

Run with any NumPy from 1.17 on: python make_numpy_randn.py
The legacy generator is frozen (NEP 19), so every version writes the same file.
Numbers are stored as the 16 hexadecimal digits of their IEEE 754 bits, because not every
JSON reader rounds a decimal number to the nearest f64.
"""

import json
from pathlib import Path

import numpy as np

SEEDS = [0, 1, 42, 12345, 2**31, 2**32 - 1]
DIMS = [1, 2, 3, 64, 512]
# Draws far down a stream, past many refills of the generator's 624 words.
LONG = 100_001


def bits(values):
    return [f"{v:016x}" for v in np.asarray(values, dtype=np.float64).view(np.uint64)]


cases = [
    {"seed": seed, "dim": dim, "bits": "".join(bits(np.random.RandomState(seed).randn(dim)))}
    for seed in SEEDS
    for dim in DIMS
]
tails = [
    {
        "seed": seed,
        "drawn": LONG,
        "last": "".join(bits(np.random.RandomState(seed).randn(LONG)[-5:])),
    }
    for seed in SEEDS
]

lines = ['{"cases": [']
lines.append(",\n".join(json.dumps(case) for case in cases))
lines.append('], "tails": [')
lines.append(",\n".join(json.dumps(tail) for tail in tails))
lines.append("]}")
Path(__file__).with_name("numpy_randn.json").write_text("\n".join(lines) + "\n")
