#ifndef EDGEBERT_TRAIN_STUDENT_H_
#define EDGEBERT_TRAIN_STUDENT_H_

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <span>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/train/pruner.h"
#include "edgebert/train/recipe.h"
#include "edgebert/train/torch_encoder.h"
#include "edgebert/train/training_data.h"
#include "edgebert/train/training_loop.h"

namespace edgebert {

/// A model to train from `source`, whose encoder it keeps: off-ramps after `layers` as the recipe
/// says, drawn from `seed`; `distinct_layers` encoder layers (0: as many as there are), each taken
/// from the middle of the layers that it replaces.
Result<Model> MakeStartingModel(const Model& source, const OffRampRecipe& off_ramps,
                                std::vector<int> layers, std::vector<std::string> labels,
                                int distinct_layers, uint64_t seed);

/// Whom the student learns from.
struct TeacherOutputs {
  torch::Tensor logits;             ///< [examples × classes]; undefined: from labels alone.
  TorchEncoder* encoder = nullptr;  ///< For its states, as deep as the student; null: none needed.
  ForwardOptions forward;
};

/// Compresses the student while it trains: pruning, spans, AF8, distillation, each by its schedule.
class StudentHooks : public StageHooks {
 public:
  /// All references must outlive this.
  StudentHooks(const StudentRecipe& recipe, const Model& source, TorchEncoder& encoder,
               std::span<const TokenizedExample> examples, TeacherOutputs teacher);

  /// The embedding's tables in AF8 from the start: they are frozen, and all tasks share them.
  void QuantizeEmbedding();

  Status BeforeStep(double progress, int64_t step) override;
  torch::Tensor Loss(const EncoderOutputs& outputs, const Batch& batch) override;
  void AfterBackward(double learning_rate) override;
  void AfterStep() override;
  void Save(Checkpoint& checkpoint) const override;
  Status Restore(const Checkpoint& checkpoint) override;

 private:
  Status UpdateQuantization(double progress);
  torch::Tensor StatesLoss(const EncoderOutputs& outputs, const Batch& batch) const;
  void SearchWeightBiases();
  Status SearchActivationBiases();

  const StudentRecipe& recipe_;
  const Model& source_;
  TorchEncoder& encoder_;
  std::span<const TokenizedExample> examples_;
  TeacherOutputs teacher_;
  double progress_ = 0;
  std::unique_ptr<Pruner> pruner_;
  int searches_done_ = 0;
  bool quantizes_weights_ = false;
};

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_STUDENT_H_
