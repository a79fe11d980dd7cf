#include "edgebert/systemc/artifact/decode_top.h"

namespace edgebert::systemc::artifact {

DecodeTop::DecodeTop(sc_core::sc_module_name name, const Clock& clock, const BufferSize& size)
    : sc_core::sc_module(name),
      masks("masks", clock, size.mask_words, mask_client::kCount),
      data("data", clock, size.data_rows, data_client::kCount),
      plans("plans"),
      vectors("vectors"),
      decoder_("decoder", clock,
               {.plans = plans,
                .matmul_masks = masks.responses(mask_client::kInputSetup),
                .function_masks = masks.responses(mask_client::kFunctions),
                .loads = data.requests(data_client::kDecoder)},
               data_client::kDecoder),
      zero_fill_("zero_fill", clock, data.responses(data_client::kDecoder), vectors) {}

}  // namespace edgebert::systemc::artifact
