"""OpenVINO on an ONNX file, or on a model in its own format that prepare.py quantised."""

from __future__ import annotations

import protocol


class OpenVino(protocol.Runtime):
    """A model compiled for the CPU and for latency."""

    name = "openvino"

    def __init__(self, arguments):
        import openvino

        core = openvino.Core()
        properties = {
            "INFERENCE_NUM_THREADS": arguments.threads,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }
        if arguments.precision == "fp32":
            properties["INFERENCE_PRECISION_HINT"] = "f32"
        self.model = core.compile_model(arguments.model, "CPU", properties)
        self.request = self.model.create_infer_request()
        self.version = openvino.__version__
        self.precision = arguments.precision

    def run(self, inputs):
        return self.request.infer(inputs)[self.model.output(0)]


if __name__ == "__main__":
    protocol.serve(OpenVino)
