#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/data/dataset.h"
#include "edgebert/model/huggingface.h"
#include "edgebert/model/model_file.h"
#include "edgebert/pipeline/calibration.h"

namespace edgebert::cli {
namespace {

struct ImportFlags {
  std::string directory;
  std::string output;
  std::optional<std::string> calibrate;
  std::optional<std::string> precision;
  std::optional<std::string> threshold;
  std::optional<std::string> provenance;
};

constexpr uint64_t kMaxProvenanceFileBytes = uint64_t{1} << 19;

/// Adds the members of the JSON object in --provenance, and the calibration file's name, to what
/// the import itself knows.
Status AddProvenance(const ImportFlags& flags, Model& model) {
  OrderedJson provenance = OrderedJson::parse(model.provenance, nullptr, false);
  if (flags.calibrate) {
    provenance["calibration_text"] = std::filesystem::path(*flags.calibrate).filename().string();
  }
  if (flags.provenance) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string text,
                              ReadTextFile(*flags.provenance, kMaxProvenanceFileBytes));
    EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(text).WithContext(*flags.provenance));
    const OrderedJson more = OrderedJson::parse(text, nullptr, false);
    if (!more.is_object()) {
      return DataLoss(*flags.provenance + ": not a JSON object");
    }
    provenance.update(more);
  }
  model.provenance = provenance.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return OkStatus();
}

Result<CalibrationOptions> ToOptions(const ImportFlags& flags) {
  CalibrationOptions options;
  options.precision = flags.calibrate ? Precision::kAf8 : Precision::kFloat32;
  if (flags.precision) {
    EDGEBERT_ASSIGN_OR_RETURN(options.precision, ParsePrecision(*flags.precision));
  }
  if (flags.threshold) {
    EDGEBERT_ASSIGN_OR_RETURN(options.threshold_nats, ParseThreshold(*flags.threshold));
  }
  if (options.precision == Precision::kAf8 && !flags.calibrate) {
    return InvalidArgument(
        "import: --precision af8 needs --calibrate TSV, a file of training sentences from which "
        "the "
        "activations' exponent biases are found");
  }
  return options;
}

Result<Model> Convert(const ImportFlags& flags, const CalibrationOptions& options) {
  EDGEBERT_ASSIGN_OR_RETURN(Model model, ImportHuggingFace(flags.directory));
  if (!flags.calibrate) {
    if (options.threshold_nats) {
      model.exits.threshold_nats = static_cast<float>(*options.threshold_nats);
      model.exits.calibration = "threshold given by hand";
    }
    return model;
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<std::string> sentences, LoadTexts(*flags.calibrate));
  ProgressBar bar("calibrate");
  return Calibrate(std::move(model), sentences, options, [&bar](size_t done, size_t total) {
    bar.Update(done, total);
    return true;
  });
}

int Import(const ImportFlags& flags) {
  const Result<CalibrationOptions> options = ToOptions(flags);
  if (!options.ok()) {
    return Fail(options.status(), kUsageError);
  }
  // Before the work, which may take minutes: can its result be stored?
  Result<AtomicFile> output = AtomicFile::Create(flags.output);
  if (!output.ok()) {
    return Fail(output.status());
  }
  Result<Model> model = Convert(flags, *options);
  Status status = model.ok() ? AddProvenance(flags, *model) : model.status();
  if (status.ok()) {
    const Result<std::vector<uint8_t>> bytes = SerializeModel(*model);
    status = bytes.ok() ? output->Write(*bytes) : bytes.status();
  }
  if (status.ok()) {
    status = output->Commit();
  }
  if (!status.ok()) {
    return Fail(status);
  }
  fmt::print("{}: {} layers × {}, {} off-ramps, {}, {:.1f} MB, threshold {:.4g} nats\n",
             flags.output, model->config.num_layers, model->config.hidden_size,
             model->config.off_ramp_layers.size(), model->is_af8() ? "AF8" : "float32",
             static_cast<double>(std::filesystem::file_size(flags.output)) * 1e-6,
             model->exits.threshold_nats);
  return kSuccess;
}

}  // namespace

void AddImportCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* command =
      app.add_subcommand("import", "Make a model file from a Hugging Face directory");
  command
      ->add_option("directory", flags->directory,
                   "Folder with config.json, model.safetensors and a tokenizer")
      ->required();
  command->add_option("-o,--output", flags->output, "Model file to write")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--calibrate", flags->calibrate,
                   "Training sentences (TSV with a column 'sentence'): quantises to AF8, and sets "
                   "exits and predictor")
      ->type_name("TSV");
  command->add_option("--precision", flags->precision, "fp32 or af8 [af8 with --calibrate]")
      ->type_name("NAME");
  command
      ->add_option("--threshold", flags->threshold,
                   "Exit threshold to store [with --calibrate: the largest with 99 % agreement]")
      ->type_name("NATS");
  command
      ->add_option("--provenance", flags->provenance,
                   "JSON object (data, recipe, licences, ...) to store in the file")
      ->type_name("FILE");
  command->callback([flags, &action] { action = [flags] { return Import(*flags); }; });
}

}  // namespace edgebert::cli
