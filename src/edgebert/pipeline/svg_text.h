#ifndef EDGEBERT_PIPELINE_SVG_TEXT_H_
#define EDGEBERT_PIPELINE_SVG_TEXT_H_

#include <string>
#include <string_view>

namespace edgebert {

/// `text` as it stands between tags of an SVG; control characters become blanks.
inline std::string SvgText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_SVG_TEXT_H_
