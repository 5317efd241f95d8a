"""Writes sampling_reference.json: what the schedulers of diffusers make of a small "network".

    pip install torch diffusers
    python make_sampling_reference.py > sampling_reference.json

The network is the formula in `network`, whatever it is taken to predict. New noise is that of
`drawn`. All schedulers space their time steps as "trailing" and end without noise.
"""

import importlib
import json
import math
import sys

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    UniPCMultistepScheduler,
)

COUNT = 12
STEPS = [1, 2, 5, 20]
SCHEDULES = {"linear": "linear", "cosine": "squaredcos_cap_v2"}
PREDICTIONS = {"noise": "epsilon", "v": "v_prediction", "data": "sample"}


def start():
    return torch.tensor([1.7 * math.sin(2.3 * i + 0.4) for i in range(COUNT)], dtype=torch.float64)[None]


def network(x, t):
    return 0.6 * torch.sin(1.3 * x + 0.002 * t) + 0.3 * x


class Drawn:
    """New noise, the same numbers in every run."""

    def __init__(self):
        self.calls = 0

    def __call__(self, shape, *args, **kwargs):
        self.calls += 1
        numbers = [math.sqrt(2) * math.sin(5.1 * self.calls + 1.9 * i) for i in range(COUNT)]
        return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


def with_noise(scheduler, eta):
    """Lets a scheduler draw from `Drawn`."""
    module = importlib.import_module(type(scheduler).__module__)
    module.randn_tensor = Drawn()
    return {"eta": eta} if eta is not None else {}


def run(scheduler, steps, eta=None, keywords=None, in_ratio=False, is_flow=False):
    scheduler.set_timesteps(steps, **(keywords or {}))
    more = with_noise(scheduler, eta)
    x = start()
    if in_ratio:
        # These schedulers work on x / alpha.
        x = x * (scheduler.sigmas[0] ** 2 + 1) ** 0.5
    for t in scheduler.timesteps:
        t = float(t) if in_ratio or is_flow else int(t)
        seen = x if is_flow else scheduler.scale_model_input(x, t)
        time = t / 1000 if is_flow else t
        x = scheduler.step(network(seen, time), t, x, **more).prev_sample
    return x


def cases():
    for steps in STEPS:
        for schedule, beta_schedule in SCHEDULES.items():
            for prediction, prediction_type in PREDICTIONS.items():
                # A prediction of the noise gives no data where alpha is about 5e-5 in f32.
                if (schedule, prediction) == ("cosine", "noise"):
                    continue
                common = dict(
                    beta_schedule=beta_schedule,
                    # The default of HeunDiscreteScheduler is another.
                    beta_start=1e-4,
                    beta_end=0.02,
                    prediction_type=prediction_type,
                    timestep_spacing="trailing",
                )
                plain = dict(common, clip_sample=False)
                case = dict(steps=steps, schedule=schedule, prediction=prediction)
                ddpm = DDPMScheduler(variance_type="fixed_small", **plain)
                yield dict(case, method="ddpm"), run(ddpm, steps)
                # With eta 1 the root of 1 - alpha_bar - deviation^2 is lost in the rounding of f32.
                for eta in [0.0, 0.5, 1.0] if schedule == "linear" else [0.0, 0.5]:
                    x = run(DDIMScheduler(**plain), steps, eta)
                    yield dict(case, method="ddim", eta=eta), x
                solver = DPMSolverMultistepScheduler(lower_order_final=False, **common)
                yield dict(case, method="dpm-solver++"), run(solver, steps)
                yield dict(case, method="unipc"), run(UniPCMultistepScheduler(**common), steps)
                # In f32 long steps of x / alpha from sigma 157 are not good to 1e-5, nor are any
                # from the 20,000 of the cosine schedule.
                if steps < 5 or schedule == "cosine":
                    continue
                euler = EulerDiscreteScheduler(**common)
                yield dict(case, method="euler"), run(euler, steps, in_ratio=True)
                heun = HeunDiscreteScheduler(**common)
                yield dict(case, method="heun"), run(heun, steps, in_ratio=True)
                if prediction != "data":
                    ancestral = EulerAncestralDiscreteScheduler(**common)
                    x = run(ancestral, steps, in_ratio=True)
                    yield dict(case, method="euler-ancestral"), x
        flow = FlowMatchEulerDiscreteScheduler()
        keywords = dict(sigmas=[1 - i / steps for i in range(steps)])
        case = dict(steps=steps, schedule="line", prediction="velocity", method="flow")
        yield case, run(flow, steps, keywords=keywords, is_flow=True)
    # Karras' levels from the noisiest level of training to the cleanest.
    bars = DDPMScheduler().alphas_cumprod.double()
    ratios = ((1 - bars) / bars).sqrt()
    euler = EulerDiscreteScheduler(
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        timestep_spacing="trailing",
        sigma_min=float(ratios[0]),
        sigma_max=float(ratios[-1]),
    )
    case = dict(steps=10, schedule="karras", prediction="v", method="euler")
    yield case, run(euler, 10, in_ratio=True)


found = [dict(case, x=[float(f"{v:.8g}") for v in x.flatten().tolist()]) for case, x in cases()]
bars = {
    schedule: [float(f"{DDPMScheduler(beta_schedule=name).alphas_cumprod[t]:.8g}") for t in (0, 250, 500, 750, 999)]
    for schedule, name in SCHEDULES.items()
}
lines = ",\n  ".join(json.dumps(case) for case in found)
sys.stdout.write(f'{{"alpha_bars": {json.dumps(bars)}, "cases": [\n  {lines}\n]}}\n')
