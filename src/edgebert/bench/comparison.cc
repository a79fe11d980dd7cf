#include "edgebert/bench/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/huggingface_export.h"
#include "edgebert/onnx/onnx_export.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;

constexpr double kAccuracyMargin = 0.005;

struct Variant {
  bool fused;
  const char* weight_type;

  std::string name() const { return fmt::format("{} {}", fused ? "fused" : "plain", weight_type); }
  std::string suffix() const {
    return fmt::format("{}-{}", fused ? "fused" : "plain", weight_type);
  }
};
constexpr std::array<Variant, 4> kVariants = {
    {{false, "QInt8"}, {false, "QUInt8"}, {true, "QInt8"}, {true, "QUInt8"}}};

/// Makes files and starts workers for one model.
class PeerStarter {
 public:
  PeerStarter(const Peers& peers, const Model& model, const ComparisonOptions& options,
              const Notice& notice)
      : peers_(peers), model_(model), options_(options), notice_(notice) {}

  Result<PeerSet> Start() {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string onnx, SerializeOnnx(model_));
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(onnx.data()),
                                         onnx.size());
    folder_ = peers_.options().cache / fmt::format("{:016x}", Checksum(bytes));
    std::error_code error;
    fs::create_directories(folder_, error);
    EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(File("model.onnx"), onnx));
    Add("onnxruntime", "onnxruntime", File("model.onnx"), "fp32");
    StartOnnxRuntime();
    StartOpenVino();
    Add("openvino", "openvino", File("model.onnx"), "fp32");
    const Status exported = ExportHuggingFace(model_, File("checkpoint"));
    if (exported.ok()) {
      StartCTranslate2();
      Add("pytorch", "pytorch", File("checkpoint"), "fp32");
    } else {
      Skip("ctranslate2, pytorch", exported);
    }
    return std::move(set_);
  }

 private:
  fs::path File(const std::string& name) const { return folder_ / name; }

  void Skip(const std::string& what, const Status& why) {
    notice_(fmt::format("{} skipped: {}", what, why.message()));
  }

  bool Add(const std::string& name, const std::string& peer, const fs::path& file,
           const std::string& precision) {
    Result<WorkerRuntime> runtime = peers_.Start(peer, file, precision);
    if (!runtime.ok()) {
      Skip(fmt::format("{} {}", name, precision), runtime.status());
      return false;
    }
    if (!runtime->info().note.empty()) {
      notice_(fmt::format("{} {}: {}", name, precision, runtime->info().note));
    }
    set_.runtimes.push_back(std::make_unique<WorkerRuntime>(std::move(runtime).value()));
    set_.contenders.push_back({name, set_.runtimes.back().get()});
    return true;
  }

  /// The int8 file of `source`.onnx in that variant.
  Result<fs::path> Quantized(const std::string& source, const Variant& variant) {
    fs::path graph = File(source + ".onnx");
    if (variant.fused) {
      const fs::path fused = File(source + "-fused.onnx");
      EDGEBERT_RETURN_IF_ERROR(peers_.Prepare({"fuse", graph.string(), fused.string()}, fused));
      graph = fused;
    }
    fs::path output = File(fmt::format("{}-{}.onnx", source, variant.suffix()));
    EDGEBERT_RETURN_IF_ERROR(
        peers_.Prepare({"quantize", variant.weight_type, graph.string(), output.string()}, output));
    return output;
  }

  /// The variant that is fastest on the trial, or none where none runs.
  std::optional<Variant> BestVariant() {
    std::vector<Variant> variants;
    std::vector<WorkerRuntime> runtimes;
    runtimes.reserve(kVariants.size());  // Contenders point at them.
    std::vector<Contender> contenders;
    for (const Variant& variant : kVariants) {
      const Result<fs::path> file = Quantized("model", variant);
      Result<WorkerRuntime> runtime =
          file.ok() ? peers_.Start("onnxruntime", *file, "int8") : file.status();
      if (!runtime.ok()) {
        Skip("onnxruntime int8 " + variant.name(), runtime.status());
        continue;
      }
      variants.push_back(variant);
      runtimes.push_back(std::move(runtime).value());
      contenders.push_back({variant.name(), &runtimes.back()});
    }
    const bool has_reference = !set_.contenders.empty();
    if (has_reference) {
      contenders.push_back(set_.contenders.front());  // fp32
    }
    const auto measured = MeasureInterleaved(contenders, options_.trial, {.rounds = 1});
    if (variants.empty() || !measured.ok()) {
      return std::nullopt;
    }
    const std::optional<double> reference = has_reference && measured->back().status.ok()
                                                ? AccuracyOf(measured->back(), options_.trial)
                                                : std::nullopt;
    std::vector<VariantFigures> figures;
    for (size_t i = 0; i < variants.size(); ++i) {
      if (!(*measured)[i].status.ok()) {
        Skip("onnxruntime int8 " + variants[i].name(), (*measured)[i].status);
        return std::nullopt;
      }
      figures.push_back({Summarize((*measured)[i].milliseconds).mean,
                         AccuracyOf((*measured)[i], options_.trial)});
      notice_(fmt::format(
          "onnxruntime int8 {}: {:.2f} ms{}", variants[i].name(), figures[i].mean_ms,
          figures[i].accuracy ? fmt::format(", {:.2f} % right", *figures[i].accuracy * 100) : ""));
    }
    const Variant chosen = variants[ChooseVariant(figures, reference)];
    notice_(fmt::format("onnxruntime int8 is {}{}", chosen.name(),
                        reference ? fmt::format(" (fp32: {:.2f} % right)", *reference * 100) : ""));
    return chosen;
  }

  void StartOnnxRuntime() {
    const std::optional<Variant> variant = BestVariant();
    if (!variant) {
      return;
    }
    const Result<fs::path> file = Quantized("model", *variant);
    if (file.ok() && Add("onnxruntime", "onnxruntime", *file, "int8")) {
      set_.int8_baseline = set_.contenders.size() - 1;
    }
    if (options_.cut_layer == 0) {
      return;
    }
    const std::string cut = fmt::format("cut-{}", options_.cut_layer);
    Status status = ExportOnnx(model_, {.layers = options_.cut_layer}, File(cut + ".onnx"));
    const Result<fs::path> cut_file = status.ok() ? Quantized(cut, *variant) : status;
    const std::string name = fmt::format("onnxruntime-layer-{}", options_.cut_layer);
    if (cut_file.ok()) {
      Add(name, "onnxruntime", *cut_file, "int8");
    } else {
      Skip(name, cut_file.status());
    }
  }

  void StartOpenVino() {
    const fs::path calibration = File("calibration.json");
    const fs::path output = File("openvino-int8.xml");
    Status status = WriteFileAtomically(calibration, CalibrationJson(options_.calibration));
    if (status.ok()) {
      status = peers_.Prepare(
          {"openvino-int8", File("model.onnx").string(), calibration.string(), output.string()},
          output);
    }
    if (status.ok()) {
      Add("openvino", "openvino", output, "int8");
    } else {
      Skip("openvino int8", status);
    }
  }

  void StartCTranslate2() {
    const fs::path output = File("ctranslate2");
    const Status status =
        peers_.Prepare({"ctranslate2", File("checkpoint").string(), output.string()}, output);
    if (status.ok()) {
      Add("ctranslate2", "ctranslate2", output, "int8");
    } else {
      Skip("ctranslate2 int8", status);
    }
  }

  const Peers& peers_;
  const Model& model_;
  const ComparisonOptions& options_;
  const Notice& notice_;
  fs::path folder_;
  PeerSet set_;
};

}  // namespace

Result<PeerSet> StartPeers(const Peers& peers, const Model& model, const ComparisonOptions& options,
                           const Notice& notice) {
  return PeerStarter(peers, model, options, notice).Start();
}

int NearestOffRamp(const ModelConfig& config, double mean_exit_layer) {
  return *std::ranges::min_element(config.off_ramp_layers, {}, [&](int layer) {
    return std::abs(static_cast<double>(layer) - mean_exit_layer);
  });
}

size_t ChooseVariant(std::span<const VariantFigures> variants, std::optional<double> reference) {
  double most_accurate = 0;
  for (const VariantFigures& variant : variants) {
    most_accurate = std::max(most_accurate, variant.accuracy.value_or(0));
  }
  const double needed = std::min(most_accurate, reference.value_or(0) - kAccuracyMargin);
  size_t chosen = variants.size();
  for (size_t i = 0; i < variants.size(); ++i) {
    const bool accurate = variants[i].accuracy.value_or(0) >= needed;
    if (accurate && (chosen == variants.size() || variants[i].mean_ms < variants[chosen].mean_ms)) {
      chosen = i;
    }
  }
  return chosen;
}

}  // namespace edgebert
