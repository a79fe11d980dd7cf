#include "edgebert/power/exit_statistics.h"

#include <algorithm>
#include <cmath>

namespace edgebert {
namespace {

constexpr size_t kMostBins = 6;
constexpr size_t kSentencesPerBin = 12;

/// Quantiles of the entropies of sentences that still run after a layer.
std::vector<double> BinEdges(std::span<const ObservedSentence> sentences, int layer) {
  std::vector<double> entropies;
  for (const ObservedSentence& sentence : sentences) {
    const double entropy = sentence.entropies[static_cast<size_t>(layer)];
    if (sentence.exit_layer > layer + 1 && !std::isnan(entropy)) {
      entropies.push_back(entropy);
    }
  }
  std::sort(entropies.begin(), entropies.end());
  const size_t bins = std::clamp<size_t>(entropies.size() / kSentencesPerBin, 1, kMostBins);
  std::vector<double> edges;
  for (size_t i = 1; i < bins; ++i) {
    const double edge = entropies[i * entropies.size() / bins];
    if (edges.empty() || edge > edges.back()) {
      edges.push_back(edge);
    }
  }
  return edges;
}

/// The bin in which a sentence stands after a layer; bin 0 where the layer shows nothing.
int StateAfter(const EntropyBins& bins, const ObservedSentence& sentence, int layer) {
  return bins.BinOf(layer, sentence.entropies[static_cast<size_t>(layer)]);
}

ExitChain BuildChain(std::span<const ObservedSentence> sentences, int num_layers,
                     const EntropyBins& bins) {
  ExitChain chain;
  chain.num_layers = num_layers;
  chain.num_states = static_cast<int>(kMostBins);
  chain.first.assign(kMostBins, 0);
  const auto steps = static_cast<size_t>(std::max(num_layers - 2, 0));
  chain.next.assign(steps * kMostBins * kMostBins, 0);
  const double share = 1 / static_cast<double>(sentences.size());
  for (const ObservedSentence& sentence : sentences) {
    if (sentence.exit_layer > 1) {
      chain.first[static_cast<size_t>(StateAfter(bins, sentence, 0))] += share;
    }
  }
  for (int layer = 1; layer + 1 < num_layers; ++layer) {
    double* table = &chain.next[static_cast<size_t>(layer - 1) * kMostBins * kMostBins];
    std::vector<double> entered(kMostBins, 0);
    for (const ObservedSentence& sentence : sentences) {
      if (sentence.exit_layer <= layer) {
        continue;
      }
      const auto from = static_cast<size_t>(StateAfter(bins, sentence, layer - 1));
      entered[from] += 1;
      if (sentence.exit_layer > layer + 1) {
        table[from * kMostBins + static_cast<size_t>(StateAfter(bins, sentence, layer))] += 1;
      }
    }
    for (size_t from = 0; from < kMostBins; ++from) {
      for (size_t to = 0; to < kMostBins; ++to) {
        table[from * kMostBins + to] /= std::max(entered[from], 1.0);
      }
    }
  }
  return chain;
}

/// Shares of each layer by a class of sentences.
template <typename ClassOf>
std::vector<std::vector<double>> SharesByClass(std::span<const ObservedSentence> sentences,
                                               int num_layers, size_t classes,
                                               const ClassOf& class_of) {
  std::vector<std::vector<double>> shares(
      classes, std::vector<double>(static_cast<size_t>(num_layers), 0.0));
  const double share = 1 / static_cast<double>(sentences.size());
  for (const ObservedSentence& sentence : sentences) {
    std::vector<double>& of_class = shares[class_of(sentence)];
    for (int layer = 0; layer < sentence.exit_layer; ++layer) {
      of_class[static_cast<size_t>(layer)] += share;
    }
  }
  for (std::vector<double>& of_class : shares) {
    for (double& value : of_class) {
      value = std::max(value, kLeastSurvival);
    }
  }
  return shares;
}

}  // namespace

int EntropyBins::BinOf(int layer, double entropy) const {
  const std::vector<double>& of_layer = edges[static_cast<size_t>(layer)];
  if (std::isnan(entropy)) {
    return 0;
  }
  return static_cast<int>(std::upper_bound(of_layer.begin(), of_layer.end(), entropy) -
                          of_layer.begin());
}

ExitStatistics BuildExitStatistics(std::span<const ObservedSentence> sentences, int num_layers) {
  ExitStatistics statistics;
  for (int layer = 0; layer < num_layers; ++layer) {
    statistics.bins.edges.push_back(BinEdges(sentences, layer));
  }
  statistics.survival = SharesByClass(sentences, num_layers, 1, [](const ObservedSentence&) {
                          return size_t{0};
                        }).front();
  statistics.survival.front() = 1;
  statistics.by_first_entropy =
      SharesByClass(sentences, num_layers, kMostBins, [&](const ObservedSentence& sentence) {
        return static_cast<size_t>(StateAfter(statistics.bins, sentence, 0));
      });
  const bool predicted =
      std::any_of(sentences.begin(), sentences.end(),
                  [](const ObservedSentence& sentence) { return sentence.predicted_layer > 0; });
  if (predicted) {
    statistics.by_predicted_layer =
        SharesByClass(sentences, num_layers, static_cast<size_t>(num_layers) + 1,
                      [](const ObservedSentence& sentence) {
                        return static_cast<size_t>(sentence.predicted_layer);
                      });
  }
  statistics.chain = BuildChain(sentences, num_layers, statistics.bins);
  return statistics;
}

}  // namespace edgebert
