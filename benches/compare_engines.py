#!/usr/bin/env python3
"""Decode the same codes with zscape, ONNX Runtime and OpenVINO, in the same minute.

    python3 -m venv VENV && VENV/bin/pip install numpy onnx onnxruntime openvino
    cargo build --release
    VENV/bin/python benches/compare_engines.py digits-gan

Reads the model file, builds the decoder as an ONNX graph from the manifest and the weights (of a
style-based model the mapping, too), and times all three at batch sizes 1, 8 and 64. Where
`zscape bench` begins with w+, the time of its mapping is added. The engines take turns in rounds, so that whatever
else the machine does hits all of them alike. Prints the median milliseconds of a batch, the
ratios, and the largest difference of the outputs.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

from model_file import arguments, read_model, run_zscape

BATCHES = (1, 8, 64)
BATCH_NORM_EPSILON = 1e-5


class Graph:
    """An ONNX graph that grows layer by layer."""

    def __init__(self, tensors):
        self.tensors = tensors
        self.nodes = []
        self.constants = []
        self.value = "z"

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind, *inputs, **attributes):
        output = f"value_{len(self.nodes)}"
        node = helper.make_node(kind, [self.value, *inputs], [output], **attributes)
        self.nodes.append(node)
        self.value = output

    def weights(self, index, *roles):
        names = [f"decoder.{index}.{role}" for role in roles]
        return [self.constant(name, self.tensors[name]) for name in names]

    def reshape(self, index, *shape):
        # 0 keeps the batch.
        name = self.constant(f"shape_{index}", np.array([0, *shape], np.int64))
        self.add("Reshape", name)

    def layer(self, index, layer):
        """Adds one layer of a manifest's network; see src/model/manifest.rs."""
        kind = layer["layer"]
        if kind == "dense":
            self.add("Gemm", *self.weights(index, "weight", "bias"))
        elif kind == "reshape":
            self.reshape(index, layer["channels"], layer["height"], layer["width"])
        elif kind == "flatten":
            self.add("Flatten")
        elif kind == "conv":
            stride, kernel = layer["stride"], layer["kernel"]
            padding = (kernel - 1) // 2
            self.add(
                "Conv",
                *self.weights(index, "weight", "bias"),
                kernel_shape=[kernel] * 2,
                strides=[stride] * 2,
                pads=[padding] * 4,
            )
        elif kind == "conv_transpose":
            self.add(
                "ConvTranspose",
                *self.weights(index, "weight", "bias"),
                kernel_shape=[4, 4],
                strides=[2, 2],
                pads=[1] * 4,
            )
        elif kind == "pixel_shuffle":
            self.add("DepthToSpace", blocksize=layer["factor"], mode="CRD")
        elif kind == "upsample":
            factors = np.array([1, 1, layer["factor"], layer["factor"]], np.float32)
            name = self.constant(f"factors_{index}", factors)
            self.add(
                "Resize",
                "",
                name,
                mode="nearest",
                nearest_mode="floor",
                coordinate_transformation_mode="asymmetric",
            )
        elif kind == "batch_norm":
            roles = ("gamma", "beta", "mean", "variance")
            self.add(
                "BatchNormalization",
                *self.weights(index, *roles),
                epsilon=BATCH_NORM_EPSILON,
            )
        elif kind == "mean_pool":
            self.add("GlobalAveragePool")
            self.add("Flatten")
        elif kind == "leaky_relu":
            self.add("LeakyRelu", alpha=layer["slope"])
        elif kind == "silu":
            before = self.value
            self.add("Sigmoid")
            self.add("Mul", before)
        elif kind in ("relu", "tanh", "sigmoid"):
            self.add(kind.capitalize())
        elif kind != "dropout":
            sys.exit(f"the layer {kind!r} is not known to this script")


class StyleGraph(Graph):
    """The mapping and synthesis networks of a style-based model; see src/model/style/graphs.rs."""

    SLOPE, GAIN = 0.2, np.float32(np.sqrt(2.0))

    def __init__(self, manifest, tensors):
        super().__init__(tensors)
        self.style = manifest["style"]
        self.channels = manifest["image"]["channels"]
        self.decoder = manifest["networks"].get("decoder")

    def scalar(self, value):
        return self.constant(f"scalar_{len(self.constants)}", np.array(value, np.float32))

    def from_value(self, value, kind, *inputs, **attributes):
        """One node on another value; gives its result."""
        kept, self.value = self.value, value
        self.add(kind, *inputs, **attributes)
        result, self.value = self.value, kept
        return result

    def product(self, name, gain, bias_gain=1.0):
        weight = self.constant(f"{name}.weight", self.tensors[f"{name}.weight"] * np.float32(gain))
        bias = self.constant(f"{name}.bias", self.tensors[f"{name}.bias"] * np.float32(bias_gain))
        return weight, bias

    def scales(self, name, w):
        """The scales of a layer's inputs, `[batch, inputs]`, and the same as a picture."""
        weight, bias = self.product(f"{name}.style", 1.0 / np.sqrt(self.style["w_dim"]))
        scales = self.from_value(w, "Gemm", weight, bias)
        shape = np.array([0, -1, 1, 1], np.int64)
        return scales, self.from_value(scales, "Reshape", self.constant(f"{name}.shape", shape))

    def doubled(self, value, name):
        if self.style.get("upsampling", "bilinear") != "bilinear":
            sys.exit("only bilinear up-sampling is known to this script")
        factors = self.constant(f"{name}.factors", np.array([1, 1, 2, 2], np.float32))
        return self.from_value(
            value, "Resize", "", factors, mode="linear", coordinate_transformation_mode="half_pixel"
        )

    def layer(self, index, w, doubles, side):
        name = f"synthesis.{index}"
        if doubles:
            self.value = self.doubled(self.value, name)
        scales, as_picture = self.scales(name, w)
        kernel = self.tensors[f"{name}.weight"]
        outputs, inputs = kernel.shape[:2]
        kernel = kernel / np.float32(np.sqrt(inputs * 9))
        self.add("Mul", as_picture)
        self.add("Conv", self.constant(f"{name}.weight", kernel), pads=[1] * 4)
        squares = self.constant(f"{name}.squares", (kernel**2).sum((2, 3)).T)
        norm = self.from_value(self.from_value(scales, "Mul", scales), "MatMul", squares)
        norm = self.from_value(norm, "Add", self.scalar(1e-8))
        norm = self.from_value(norm, "Sqrt")
        factor = self.from_value(self.scalar(self.GAIN), "Div", norm)
        shape = self.constant(f"{name}.factor", np.array([0, -1, 1, 1], np.int64))
        self.add("Mul", self.from_value(factor, "Reshape", shape))
        added = self.tensors[f"{name}.bias"].reshape(1, outputs, 1, 1) * self.GAIN
        if self.style.get("noise", True):
            stored = self.tensors.get(f"{name}.noise")
            drawn = np.random.RandomState(index).randn(side, side).astype(np.float32)
            noise = drawn if stored is None else stored
            strength = self.tensors[f"{name}.noise_strength"] * self.GAIN
            added = added + noise.reshape(1, 1, side, side) * strength
        self.add("Add", self.constant(f"{name}.added", added.astype(np.float32)))
        self.add("LeakyRelu", alpha=self.SLOPE)

    def picture(self, resolution, w):
        name = f"picture.{resolution}"
        _, as_picture = self.scales(name, w)
        weight = self.tensors[f"{name}.weight"]
        weight = weight / np.float32(np.sqrt(weight.shape[1]))
        scaled = self.from_value(self.value, "Mul", as_picture)
        kernel = self.constant(f"{name}.weight", weight[:, :, None, None])
        bias = self.constant(f"{name}.bias", self.tensors[f"{name}.bias"])
        return self.from_value(scaled, "Conv", kernel, bias)

    def build(self):
        style = self.style
        square = self.from_value("z", "Mul", "z")
        mean = self.from_value(square, "ReduceMean", axes=[1], keepdims=1)
        root = self.from_value(self.from_value(mean, "Add", self.scalar(1e-8)), "Sqrt")
        self.add("Div", root)
        for index in range(style["mapping_layers"]):
            inputs = style["z_dim"] if index == 0 else style["w_dim"]
            gain = style["mapping_rate"] * self.GAIN
            self.add("Gemm", *self.product(f"mapping.{index}", gain / np.sqrt(inputs), gain))
            self.add("LeakyRelu", alpha=self.SLOPE)
        w = self.value
        self.value = self.constant("start", self.tensors["synthesis.start"][None])
        side, index, total = style["start"], 0, None
        for resolution in range(len(style["channels"])):
            for position in range(1 if resolution == 0 else 2):
                doubles = resolution > 0 and position == 0
                side *= 2 if doubles else 1
                self.layer(index, w, doubles, side)
                index += 1
            picture = self.picture(resolution, w)
            if total is not None:
                picture = self.from_value(self.doubled(total, f"picture.{resolution}"), "Add", picture)
            total = picture
        self.value = total
        if style.get("codes"):
            self.decode_codes()
            return
        if style.get("output", "linear") == "tanh":
            self.add("Tanh")
        self.add("Mul", self.scalar(0.5))
        self.add("Add", self.scalar(0.5))
        self.add("Clip", self.scalar(0.0), self.scalar(1.0))

    def decode_codes(self):
        """The decoder of an autoencoder behind the styles: a chain of nodes."""
        for node in self.decoder["nodes"]:
            operation = node["operation"]
            kind = operation["op"]
            name = node["name"]
            if kind == "affine":
                for what, role in (("Mul", "weight"), ("Add", "bias")):
                    values = self.tensors[f"decoder.{name}.{role}"].reshape(1, -1, 1, 1)
                    self.add(what, self.constant(f"decoder.{name}.{role}", values))
            elif kind == "reshape":
                self.reshape(name, *operation["shape"])
            elif kind in ("conv", "conv_transpose"):
                window = operation["window"]
                self.add(
                    "Conv" if kind == "conv" else "ConvTranspose",
                    *self.weights(name, "weight", "bias"),
                    kernel_shape=operation["kernel"],
                    strides=window.get("stride", [1, 1]),
                    pads=window["padding"],
                )
            elif kind == "pointwise" and operation["function"] == "silu":
                before = self.value
                self.add("Sigmoid")
                self.add("Mul", before)
            elif kind == "pointwise" and operation["function"] in ("relu", "tanh", "sigmoid"):
                self.add(operation["function"].capitalize())
            else:
                sys.exit(f"the operation {operation!r} is not known to this script")


def onnx_model(manifest, tensors):
    """The decoder from z `[batch, dim]` to pictures `[batch, C, H, W]`."""
    image = manifest["image"]
    sides = [image["channels"], image["height"], image["width"]]
    if manifest.get("style"):
        graph = StyleGraph(manifest, tensors)
        graph.build()
    else:
        graph = Graph(tensors)
        for index, layer in enumerate(manifest["networks"]["decoder"]["layers"]):
            graph.layer(index, layer)
        graph.reshape("output", *sides)
    dim = manifest["spaces"]["z"]["dim"]
    z = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", dim])
    output = helper.make_tensor_value_info(graph.value, TensorProto.FLOAT, ["batch", *sides])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "decoder", [z], [output], graph.constants),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def seed_codes(seeds, dim):
    """The codes of seeds, as every tool of the field draws them."""
    return np.stack([np.random.RandomState(seed).randn(dim) for seed in seeds]).astype(np.float32)


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, model, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, z):
        return self.session.run(None, {"z": z})[0]


class OpenVino:
    name = "OpenVINO"

    def __init__(self, model, threads):
        self.core = openvino.Core()
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "decoder.onnx"
            onnx.save(model, path)
            self.model = self.core.read_model(path)
        self.settings = settings
        self.requests = {}

    def __call__(self, z):
        # One compiled model for each batch size: a fixed shape is what it does best.
        if len(z) not in self.requests:
            self.model.reshape({"z": list(z.shape)})
            compiled = self.core.compile_model(self.model, "CPU", self.settings)
            self.requests[len(z)] = compiled.create_infer_request()
        request = self.requests[len(z)]
        request.infer({"z": z}, share_inputs=True)
        return request.get_output_tensor(0).data


def time_engine(engine, z, seconds):
    """Milliseconds of each call, for about this many seconds after a warm-up."""
    for _ in range(5):
        engine(z)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 10:
        start = time.perf_counter()
        engine(z)
        times.append((time.perf_counter() - start) * 1e3)
    return times


def compare_outputs(program, path, dim, engines):
    """The largest difference of each engine's pictures from zscape's."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "grid.npy"
        run_zscape(program, "grid", path, "--seeds", "0-63", "--npy", out, "--device", "cpu")
        expected = np.load(out)
    z = seed_codes(range(64), dim)
    return {engine.name: float(np.abs(engine(z) - expected).max()) for engine in engines}


def main():
    args = arguments(__doc__, 0.5, "for each batch size in each round")
    path, program = args.path, args.program

    manifest, tensors = read_model(path)
    dim = manifest["spaces"]["z"]["dim"]
    model = onnx_model(manifest, tensors)
    engines = [OnnxRuntime(model, args.threads), OpenVino(model, args.threads)]
    differences = compare_outputs(program, path, dim, engines)

    codes = {batch: seed_codes(range(batch), dim) for batch in BATCHES}
    ours = {batch: [] for batch in BATCHES}
    theirs = {engine.name: {batch: [] for batch in BATCHES} for engine in engines}
    frames = []
    for _ in range(args.rounds):
        report = json.loads(run_zscape(program, "bench", path, "--json", "--device", "cpu"))
        mapping = report.get("mapping")
        for_each = mapping["median_ms"] / mapping["codes"] if mapping else 0.0
        for decode in report["decode"]:
            ours[decode["batch"]].append(decode["median_ms"] + for_each * decode["batch"])
        frames.append(report["request_to_frame"]["median_ms"])
        for engine in engines:
            for batch in BATCHES:
                times = time_engine(engine, codes[batch], args.seconds)
                theirs[engine.name][batch].append(statistics.median(times))

    rows = []
    for batch in BATCHES:
        row = {"batch": batch, "zscape": statistics.median(ours[batch])}
        for name, times in theirs.items():
            row[name] = statistics.median(times[batch])
            # Each round's ratio first: what slows a round slows all engines in it.
            ratios = [a / b for a, b in zip(ours[batch], times[batch])]
            row[f"zscape / {name}"] = statistics.median(ratios)
        rows.append(row)
    if args.json:
        print(json.dumps({"model": manifest["name"], "decode": rows, "differences": differences}))
        return
    print(f"{manifest['name']}, {args.threads} threads, medians of {args.rounds} rounds, ms a batch")
    print("  ".join(f"{name:>21}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>21.3f}" if isinstance(value, float) else f"{value:>21}" for value in row.values()))
    print(f"request to frame: {statistics.median(frames):.3f} ms")
    for name, difference in differences.items():
        print(f"largest difference from {name}: {difference:.2e}")


if __name__ == "__main__":
    main()
