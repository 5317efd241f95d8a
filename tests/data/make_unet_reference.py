"""Writes unet_reference.json: small denoisers of diffusers, their settings, the names and shapes of their
tensors, and what they predict.

    python -m venv venv && venv/bin/pip install torch numpy diffusers
    OMP_WAIT_POLICY=PASSIVE venv/bin/python make_unet_reference.py > unet_reference.json

Tensors and inputs are drawn as by make_foreign_reference.py, in double precision.
"""

import contextlib
import io
import json

import torch
from diffusers import UNet2DModel

with contextlib.redirect_stdout(io.StringIO()):
    from make_foreign_reference import draw, fill, kept

# The settings of the first DDPM, and what diffusers does where nothing is said.
FIRST = dict(
    sample_size=8,
    in_channels=3,
    out_channels=3,
    block_out_channels=[8, 16],
    layers_per_block=2,
    down_block_types=["DownBlock2D", "AttnDownBlock2D"],
    up_block_types=["AttnUpBlock2D", "UpBlock2D"],
    norm_num_groups=4,
    norm_eps=1e-6,
    downsample_padding=0,
    flip_sin_to_cos=False,
    freq_shift=1,
    attention_head_dim=None,
)
CLASSES = dict(
    sample_size=8,
    in_channels=1,
    out_channels=1,
    block_out_channels=[8, 12, 16],
    layers_per_block=1,
    down_block_types=["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
    up_block_types=["AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
    norm_num_groups=4,
    attention_head_dim=4,
    resnet_time_scale_shift="scale_shift",
    num_class_embeds=5,
)


def case(name, settings, label=None):
    model = UNet2DModel(**settings)
    tensors = fill(name, model)
    # What the time is told with is no tensor of the file, and stays exact.
    channels, side = settings["in_channels"], settings["sample_size"]
    x = draw(name, "x", channels * side * side).reshape(1, channels, side, side)
    labels = None if label is None else torch.tensor([label])
    predictions = []
    for time in (0, 417, 999):
        with torch.no_grad():
            found = model(x, torch.tensor([time]), class_labels=labels).sample
        predictions.append({"time": time, "prediction": kept(found)})
    config = {key: value for key, value in settings.items() if not key.endswith("_types")}
    return dict(name=name, config=config, tensors=tensors, label=label, predictions=predictions)


if __name__ == "__main__":
    cases = [case("unet of ddpm", FIRST), case("unet with classes", CLASSES, 3)]
    print("[\n" + ",\n".join(json.dumps(entry) for entry in cases) + "\n]")
