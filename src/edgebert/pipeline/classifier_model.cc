#include "edgebert/pipeline/classifier_model.h"

#include <utility>

#include "edgebert/model/model_file.h"

namespace edgebert {

ClassifierModel::ClassifierModel(std::shared_ptr<const Encoder> encoder,
                                 std::unique_ptr<const Tokenizer> tokenizer, ExitSettings exits,
                                 std::string provenance, CostEstimator costs)
    : encoder_(std::move(encoder)),
      tokenizer_(std::move(tokenizer)),
      exits_(std::move(exits)),
      provenance_(std::move(provenance)),
      costs_(std::move(costs)) {}

Result<std::shared_ptr<const ClassifierModel>> ClassifierModel::Load(
    const std::filesystem::path& path, const ClassifierModelOptions& options) {
  EDGEBERT_ASSIGN_OR_RETURN(Model model, ReadModelFile(path, options.base));
  Result<std::shared_ptr<const ClassifierModel>> created = Create(std::move(model), options);
  return created.ok() ? std::move(created) : created.status().WithContext(path.string());
}

Result<std::shared_ptr<const ClassifierModel>> ClassifierModel::Create(
    Model model, const ClassifierModelOptions& options) {
  HardwareDescription hardware;
  if (options.hardware) {
    hardware = *options.hardware;
  } else {
    EDGEBERT_ASSIGN_OR_RETURN(hardware, DefaultHardware());
  }
  EDGEBERT_ASSIGN_OR_RETURN(CostEstimator costs,
                            CostEstimator::Create(model, std::move(hardware), options.weights_in));
  EDGEBERT_ASSIGN_OR_RETURN(std::unique_ptr<const Tokenizer> tokenizer,
                            Tokenizer::Create(std::move(model.tokenizer)));
  ExitSettings exits = std::move(model.exits);
  std::string provenance = std::move(model.provenance);
  const Arithmetic arithmetic =
      options.arithmetic.value_or(model.is_af8() ? Arithmetic::kHost : Arithmetic::kFloat32);
  EDGEBERT_ASSIGN_OR_RETURN(std::shared_ptr<const Encoder> encoder,
                            Encoder::Create(std::move(model), arithmetic, options.weight_storage));
  return std::shared_ptr<const ClassifierModel>(
      new ClassifierModel(std::move(encoder), std::move(tokenizer), std::move(exits),
                          std::move(provenance), std::move(costs)));
}

}  // namespace edgebert
