#ifndef EDGEBERT_REPORT_EMBEDDED_H_
#define EDGEBERT_REPORT_EMBEDDED_H_

#include <string_view>

namespace edgebert {

/// A file that the library carries: "page.css", "page.js", "rows.yaml", "thresholds.yaml",
/// "vega.min.js", "vega-lite.min.js", "vega-embed.min.js" and their "*.LICENSE". Empty for others.
std::string_view EmbeddedFile(std::string_view name);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_EMBEDDED_H_
