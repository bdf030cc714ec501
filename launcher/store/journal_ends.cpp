#include "store/journal_ends.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <variant>

#include "store/journal_reader.hpp"
#include "store/json_record.hpp"

namespace holdfast {
namespace {

// More bytes than a `run_ended` record takes.
constexpr std::streamoff k_tail = 4096;

// Nothing when the line is longer than a line of a journal may be.
std::string first_line(std::istream& stream) {
  std::string line;
  std::streambuf& bytes = *stream.rdbuf();
  for (int byte = bytes.sbumpc(); byte != std::char_traits<char>::eof() && byte != '\n';
       byte = bytes.sbumpc()) {
    if (line.size() >= k_max_journal_line) return {};
    line += static_cast<char>(byte);
  }
  return line;
}

}  // namespace

std::optional<RunStarted> first_record(const std::filesystem::path& journal) {
  std::ifstream stream(journal, std::ios::binary);
  ParsedLine parsed = parse_record(first_line(stream));
  if (!parsed.record) return std::nullopt;
  auto* started = std::get_if<RunStarted>(&*parsed.record);
  return started != nullptr ? std::optional<RunStarted>(std::move(*started)) : std::nullopt;
}

std::optional<RunEnded> end_record(const std::filesystem::path& journal) {
  std::ifstream stream(journal, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream.tellg();
  if (size <= 0) return std::nullopt;
  stream.seekg(std::max<std::streamoff>(0, size - k_tail));
  std::optional<RunEnded> end;
  std::string line;
  while (std::getline(stream, line)) {
    const ParsedLine parsed = parse_record(line);
    const auto* ended = parsed.record ? std::get_if<RunEnded>(&*parsed.record) : nullptr;
    if (ended != nullptr && (!end || !end->complete)) end = *ended;
  }
  return end;
}

}  // namespace holdfast
