"""ONNX Runtime on an ONNX file, of either precision."""

from __future__ import annotations

import protocol


class OnnxRuntime(protocol.Runtime):
    """A session of the CPU provider."""

    name = "onnxruntime"

    def __init__(self, arguments):
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            arguments.model, options, providers=["CPUExecutionProvider"]
        )
        self.version = onnxruntime.__version__
        self.precision = arguments.precision

    def run(self, inputs):
        return self.session.run(["logits"], inputs)[0]


if __name__ == "__main__":
    protocol.serve(OnnxRuntime)
