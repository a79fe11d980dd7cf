#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "edgebert/cli/command.h"
#include "edgebert/cli/model_flags.h"
#include "edgebert/model/huggingface_export.h"
#include "edgebert/onnx/onnx_export.h"

namespace edgebert::cli {
namespace {

struct ExportFlags {
  ModelFlags model;
  std::optional<std::string> onnx;
  std::optional<std::string> huggingface;
  std::optional<int> layers;
};

int Export(const ExportFlags& flags) {
  if (!flags.onnx && !flags.huggingface) {
    return Fail(InvalidArgument("give --onnx FILE or --huggingface DIR, or both"), kUsageError);
  }
  if (flags.layers && !flags.onnx) {
    return Fail(InvalidArgument("--layers goes with --onnx"), kUsageError);
  }
  if (flags.layers) {
    if (const Status status = CheckFlagRange("--layers", *flags.layers, 1, kMaxLayers);
        !status.ok()) {
      return Fail(status, kUsageError);
    }
  }
  const Result<Model> model = flags.model.Read();
  if (!model.ok()) {
    return Fail(model.status());
  }
  const int layers = flags.layers.value_or(model->config.num_layers);
  if (flags.onnx) {
    if (const Status status = ExportOnnx(*model, {.layers = layers}, *flags.onnx); !status.ok()) {
      return Fail(status);
    }
    fmt::print("{}: ONNX, float32, {} of {} layers, {:.1f} MB\n", *flags.onnx, layers,
               model->config.num_layers,
               static_cast<double>(std::filesystem::file_size(*flags.onnx)) * 1e-6);
  }
  if (flags.huggingface) {
    if (const Status status = ExportHuggingFace(*model, *flags.huggingface); !status.ok()) {
      return Fail(status);
    }
    fmt::print("{}: Hugging Face directory, float32, {} off-ramps\n", *flags.huggingface,
               model->config.off_ramp_layers.size());
  }
  return kSuccess;
}

}  // namespace

void AddExportCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = app.add_subcommand(
      "export", "Write a model for other software: ONNX, or a Hugging Face directory");
  flags->model.AddTo(*command);
  command->add_option("--onnx", flags->onnx, "ONNX file to write, with float32 weights")
      ->type_name("FILE");
  command
      ->add_option("--huggingface", flags->huggingface,
                   "Folder to write config.json, model.safetensors and the tokenizer to; import "
                   "reads it back")
      ->type_name("DIR");
  command
      ->add_option("--layers", flags->layers,
                   "Cut the ONNX graph after this layer and its off-ramp [all]")
      ->type_name("N");
  command->callback([flags, &action] { action = [flags] { return Export(*flags); }; });
}

}  // namespace edgebert::cli
