#ifndef EDGEBERT_DATA_TABLE_H_
#define EDGEBERT_DATA_TABLE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// Longest data file that is read, in bytes (unpacked, where it is compressed).
inline constexpr uint64_t kMaxDatasetBytes = uint64_t{1} << 28;

/// Rows of a tab- or comma-separated file; all have as many fields as the first.
struct Table {
  std::vector<std::string> header;  ///< Column names; empty for a file without a header.
  std::vector<std::vector<std::string>> rows;
  std::vector<int> line_numbers;  ///< [rows], where each row begins, from 1.
};

/// Parses tab-separated text; quotes are ordinary characters, lines end with LF or CRLF, empty
/// lines and a byte-order mark are passed over. Rows shorter or longer than the first line, and
/// text that is not UTF-8, are errors that name the line; `name` stands for the file.
Result<Table> ParseTsv(std::string_view text, bool has_header, const std::string& name);

/// Parses comma-separated text with a header as RFC 4180 has it: a field in quotes may hold commas,
/// line ends and doubled quotes. Quotes inside a field that does not begin with one are ordinary.
/// A quoted field that never ends or goes on after its closing quote is an error too.
Result<Table> ParseCsv(std::string_view text, const std::string& name);

/// Reads a table with a header: comma-separated where the file is called *.csv, else tab-separated.
Result<Table> ReadTable(const std::filesystem::path& path);

/// The index of the first of `names` among the header's columns; an error lists those there are.
Result<size_t> FindColumn(const Table& table, const std::vector<std::string>& names,
                          const std::string& file);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_TABLE_H_
