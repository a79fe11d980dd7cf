#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "edgebert/base/text.h"
#include "edgebert/report/embedded.h"
#include "edgebert/report/report.h"

namespace edgebert {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// Units as they are read: the catalogue keeps to ASCII.
std::string UnitText(const std::string& unit) {
  return unit == "uJ"       ? "µJ"
         : unit == "mm2"    ? "mm²"
         : unit == "mm2/MB" ? "mm²/MB"
         : unit == "x"      ? "×"
                            : unit;
}

std::string FigureText(const Figure& figure, const std::string& unit) {
  if (const double* number = std::get_if<double>(&figure)) {
    const std::string text = ReadableNumber(*number);
    return unit == "x" ? text + "×" : text;
  }
  const std::string* words = std::get_if<std::string>(&figure);
  return words != nullptr ? EscapeMarkup(*words) : "";
}

std::string ValueAttribute(const Figure& figure) {
  const double* number = std::get_if<double>(&figure);
  return number != nullptr ? fmt::format(" data-value=\"{}\"", *number) : "";
}

std::string FigureCell(std::string_view label, const Figure& figure, const std::string& more = "",
                       const std::string& unit = "") {
  return fmt::format("<td class=\"number\" data-label=\"{}\"{}>{}{}</td>", label,
                     ValueAttribute(figure), FigureText(figure, unit), more);
}

std::string RowHtml(const ResultRow& row) {
  std::string range;
  if (row.range) {
    range = fmt::format("<span class=\"range\">{} to {}</span>", ReadableNumber(row.range->first),
                        ReadableNumber(row.range->second));
  }
  const std::optional<double> ratio = row.ratio();
  const std::string source = row.source.empty() ? ""
                                                : fmt::format("{} ({})", EscapeMarkup(row.source),
                                                              EscapeMarkup(row.trust));
  return fmt::format(
      "<tr id=\"{}\" data-status=\"{}\"><th scope=\"row\">{}<span class=\"id\">{}</span></th>"
      "{}{}{}<td data-label=\"Unit\">{}</td><td data-label=\"Boundary\">{}</td>"
      "<td data-label=\"Status\"><span class=\"status {}\">{}</span></td>"
      "<td data-label=\"Source\">{}</td><td class=\"note\" data-label=\"Note\">{}</td></tr>\n",
      EscapeMarkup(row.id), RowStatusName(row.status), EscapeMarkup(row.what), EscapeMarkup(row.id),
      FigureCell("Published", row.published), FigureCell("Ours", row.ours, range),
      FigureCell("Ratio", ratio ? Figure(*ratio) : Figure()), UnitText(row.unit),
      EscapeMarkup(row.boundary), RowStatusName(row.status), RowStatusName(row.status), source,
      EscapeMarkup(row.note));
}

std::string GroupHtml(const ResultGroup& group, const ResultsTable& results) {
  std::string rows;
  for (const ResultRow& row : results.rows) {
    if (row.group == group.name) {
      rows += RowHtml(row);
    }
  }
  return fmt::format(
      "<section id=\"group-{0}\" data-group=\"{0}\"><h2>{1}</h2>\n"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{1}\">"
      "<table class=\"results sortable\"><caption>{1}: published figures beside ours</caption>"
      "<thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"number\">Published</th>"
      "<th scope=\"col\" class=\"number\">Ours</th><th scope=\"col\" class=\"number\">Ratio</th>"
      "<th scope=\"col\">Unit</th><th scope=\"col\">Boundary</th><th scope=\"col\">Status</th>"
      "<th scope=\"col\">Source</th><th scope=\"col\">Note</th></tr></thead>\n<tbody>\n{2}</tbody>"
      "</table></div></section>\n",
      group.name, EscapeMarkup(group.title), rows);
}

std::string DataTableHtml(const DataTable& table, std::string_view caption) {
  std::string html = fmt::format("<table class=\"sortable\"><caption>{}</caption><thead><tr>",
                                 EscapeMarkup(caption));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const bool number = !table.rows.empty() && std::holds_alternative<double>(table.rows[0][i]);
    html += fmt::format("<th scope=\"col\"{}>{}</th>", number ? " class=\"number\"" : "",
                        EscapeMarkup(table.columns[i]));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<Figure>& row : table.rows) {
    html += "<tr>";
    for (const Figure& figure : row) {
      const bool number = std::holds_alternative<double>(figure);
      html += fmt::format("<td{}{}>{}</td>", number ? " class=\"number\"" : "",
                          ValueAttribute(figure), FigureText(figure, ""));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>";
}

std::string PlotHtml(const Plot& plot) {
  return fmt::format(
      "<figure><h3>{1}</h3><div class=\"plot\" id=\"{0}\" role=\"img\" aria-label=\"{1}. "
      "{2}\"></div>"
      "<figcaption>{2}</figcaption><details><summary>The figures of this plot ({4} rows)</summary>"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures: {1}\">{3}</div>"
      "</details></figure>\n",
      plot.id, EscapeMarkup(plot.title), EscapeMarkup(plot.caption),
      DataTableHtml(plot.data, plot.title), plot.data.rows.size());
}

std::string TableSection(const NamedTable& table) {
  return fmt::format(
      "<section id=\"{0}\"><h2>{1}</h2><p>{2}</p><div class=\"scroll\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"{1}\">{3}</div></section>\n",
      table.id, EscapeMarkup(table.title), EscapeMarkup(table.caption),
      DataTableHtml(table.data, table.title));
}

/// What the page's script draws.
std::string PlotsJson(const std::vector<Plot>& plots) {
  OrderedJson all = OrderedJson::array();
  for (const Plot& plot : plots) {
    OrderedJson rows = OrderedJson::array();
    for (const std::vector<Figure>& row : plot.data.rows) {
      OrderedJson values = OrderedJson::array();
      for (const Figure& figure : row) {
        if (const double* number = std::get_if<double>(&figure)) {
          values.push_back(*number);
        } else if (const std::string* words = std::get_if<std::string>(&figure)) {
          values.push_back(*words);
        } else {
          values.push_back(nullptr);
        }
      }
      rows.push_back(std::move(values));
    }
    all.push_back({{"id", plot.id},
                   {"spec", OrderedJson::parse(plot.spec, nullptr, false)},
                   {"columns", plot.data.columns},
                   {"rows", std::move(rows)}});
  }
  std::string json = all.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  // Nothing in it may end the script element.
  for (size_t at = json.find("</"); at != std::string::npos; at = json.find("</", at + 3)) {
    json.insert(at + 1, "\\");
  }
  return json;
}

std::string Cards(const ResultsTable& results, const std::string& task) {
  std::string cards;
  const std::string own = "energy.own-" + task;
  for (const auto& [id, words] : std::initializer_list<std::pair<std::string, std::string_view>>{
           {own + ".paced.over-conventional",
            "less energy than conventional inference: our model, paced, on-chip, load, T = 2×"},
           {own + ".best-place.over-conventional-streamed.system.supply.2x",
            "less with weights in the best place, everything that a battery pays for"},
           {"energy.sst2-trace.predicted.over-conventional",
            "less with the authors' policy on their sentences (7× published)"},
           {"energy.sst2-trace.paced.over-conventional",
            "less with paced on the same sentences, no exit forced"},
           {"gpu.over-edgebert", "less than a mobile GPU, estimated (53× published)"}}) {
    const ResultRow* row = results.Find(id);
    if (row == nullptr || !std::holds_alternative<double>(row->ours)) {
      continue;
    }
    cards += fmt::format("<li><strong>{:.3g}×</strong>{} <a href=\"#{}\">row</a></li>\n",
                         std::get<double>(row->ours), words, id);
  }
  return cards.empty() ? "" : "<ul class=\"cards\">\n" + cards + "</ul>\n";
}

std::string Filters(const ResultsTable& results) {
  std::string groups;
  for (const ResultGroup& group : results.groups) {
    groups +=
        fmt::format("<option value=\"{}\">{}</option>", group.name, EscapeMarkup(group.title));
  }
  return fmt::format(
      "<form class=\"filter\" role=\"search\" onsubmit=\"return false\">"
      "<label for=\"filter-words\">Words in a row<input id=\"filter-words\" "
      "type=\"search\"></label>"
      "<label for=\"filter-group\">Group<select id=\"filter-group\"><option "
      "value=\"\">all</option>{}"
      "</select></label>"
      "<label for=\"filter-status\">Status<select id=\"filter-status\"><option "
      "value=\"\">all</option>"
      "<option>computed</option><option>recorded</option><option>explained</option></select></"
      "label>"
      "<output id=\"filter-shown\" for=\"filter-words filter-group filter-status\">{} rows shown"
      "</output></form>\n",
      groups, results.rows.size());
}

std::string Navigation(const Report& report) {
  std::string items = "<li><a href=\"#plots-title\">Plots</a></li>";
  for (const NamedTable& table : report.tables) {
    items += fmt::format("<li><a href=\"#{}\">{}</a></li>", table.id, EscapeMarkup(table.title));
  }
  for (const ResultGroup& group : report.results.groups) {
    items +=
        fmt::format("<li><a href=\"#group-{}\">{}</a></li>", group.name, EscapeMarkup(group.title));
  }
  return "<nav aria-label=\"Sections\"><ul>" + items + "</ul></nav>\n";
}

std::string Summary(const Report& report) {
  size_t counts[3] = {};
  for (const ResultRow& row : report.results.rows) {
    ++counts[static_cast<size_t>(row.status)];
  }
  return fmt::format(
      "<p>{} rows, {} with a published figure: {} computed for this report, {} recorded with the "
      "command that printed them, {} without a figure of ours, each saying why. Latencies, "
      "voltages "
      "and energies are estimates for an accelerator; each names its boundary (on-chip, or system "
      "with DRAM) and the side of the voltage regulator. The report checked itself {} times: "
      "energies at least 0, latencies at least the roofline, multiply-accumulates conserved, the "
      "bound below every policy that keeps answers, no missed target that was feasible.</p>\n",
      report.results.rows.size(), report.results.published_rows(), counts[0], counts[1], counts[2],
      report.checks);
}

std::string Licences() {
  std::string text;
  for (const char* name : {"vega", "vega-lite", "vega-embed"}) {
    text += fmt::format("{}\n\n{}\n\n", name, EmbeddedFile(fmt::format("{}.LICENSE", name)));
  }
  return "<details><summary>Licences of the plotting libraries</summary><pre>" +
         EscapeMarkup(text) + "</pre></details>\n";
}

void AppendScript(std::string_view text, std::string& page) {
  page += "<script>";
  page += text;
  page += "</script>\n";
}

}  // namespace

std::string ReportPage(const Report& report) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<link rel=\"icon\" href=\"data:,\"><title>EdgeBERT: published figures beside "
      "ours</title>\n<style>";
  page += EmbeddedFile("page.css");
  page += "</style></head>\n<body>\n<a class=\"skip\" href=\"#main\">To the results</a>\n<header>";
  page += "<h1>EdgeBERT: every headline beside ours</h1>\n";
  page += Summary(report) + Cards(report.results, report.task) + Navigation(report);
  page += "</header>\n<main id=\"main\">\n";
  if (!report.plots.empty()) {
    page += "<section aria-labelledby=\"plots-title\"><h2 id=\"plots-title\">Plots</h2>\n";
    for (const Plot& plot : report.plots) {
      page += PlotHtml(plot);
    }
    page += "</section>\n";
  }
  page += "<h2 id=\"results-title\">Results</h2>\n" + Filters(report.results);
  for (const ResultGroup& group : report.results.groups) {
    page += GroupHtml(group, report.results);
  }
  for (const NamedTable& table : report.tables) {
    page += TableSection(table);
  }
  page += "</main>\n<footer>\n" + Licences() + "</footer>\n";
  page +=
      "<script type=\"application/json\" id=\"plots\">" + PlotsJson(report.plots) + "</script>\n";
  for (const char* script : {"vega.min.js", "vega-lite.min.js", "vega-embed.min.js", "page.js"}) {
    AppendScript(EmbeddedFile(script), page);
  }
  return page + "</body></html>\n";
}

}  // namespace edgebert
