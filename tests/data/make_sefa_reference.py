"""Writes sefa_reference.json: the closed form of SeFa (Shen and Zhou 2021) computed with NumPy.

The affine maps of three layers are stacked; the directions are the eigenvectors of A^T A, found
here as the right singular vectors of A, which is another way than the program's. A vector has no
sign of its own: each is turned so that its number of the largest size is positive.

    python make_sefa_reference.py > sefa_reference.json
"""

import json

import numpy as np

rng = np.random.RandomState(11)
DIM = 12

# Layers of different width and strength, so that no two eigenvalues are near each other.
layers = [rng.randn(rows, DIM) * np.linspace(2.0, 0.2, DIM) for rows in (8, 8, 5)]
a = np.concatenate(layers).astype(np.float32)
_, singular, vectors = np.linalg.svd(a.astype(np.float64))
for vector in vectors:
    vector *= np.sign(vector[np.argmax(np.abs(vector))])

document = dict(
    dim=DIM,
    weights=a.reshape(-1).astype(float).tolist(),
    axes=vectors.reshape(-1).tolist(),
    eigenvalues=(singular**2).tolist(),
)
rounded = json.loads(json.dumps(document), parse_float=lambda text: float(f"{float(text):.9g}"))
print(json.dumps(rounded))
