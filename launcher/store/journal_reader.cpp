#include "store/journal_reader.hpp"

#include "store/json_record.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <string_view>
#include <utility>

namespace holdfast {
namespace {

class LineCollector {
 public:
  explicit LineCollector(Journal& journal) : journal_(journal) {}

  void feed(std::string_view chunk) {
    while (!chunk.empty()) {
      const std::size_t newline = chunk.find('\n');
      keep(chunk.substr(0, newline));
      if (newline == std::string_view::npos) return;
      end_line();
      chunk.remove_prefix(newline + 1);
    }
  }

  // The rest has no newline: its writer died. It may still be a whole record.
  void finish() {
    journal_.cut_off = !line_.empty() || too_long_;
    if (journal_.cut_off) end_line();
  }

 private:
  void keep(std::string_view part) {
    if (too_long_) return;
    if (line_.size() + part.size() > k_max_journal_line) {
      too_long_ = true;
      line_ = std::string();
      return;
    }
    line_.append(part);
  }

  void end_line() {
    ++number_;
    if (too_long_) {
      complain("longer than any record");
    } else if (line_.find_first_not_of(" \t\r") != std::string::npos) {
      ParsedLine parsed = parse_record(line_);
      if (!parsed.complaint.empty()) complain(std::move(parsed.complaint));
      if (parsed.record) journal_.records.push_back(*std::move(parsed.record));
    }
    line_.clear();
    too_long_ = false;
  }

  void complain(std::string what) {
    ++journal_.flaws;
    if (journal_.complaints.size() < k_max_complaints)
      journal_.complaints.push_back({number_, std::move(what)});
  }

  Journal& journal_;
  std::string line_;
  std::size_t number_ = 0;
  bool too_long_ = false;
};

}  // namespace

Journal read_journal(std::istream& stream) {
  Journal journal;
  LineCollector lines(journal);
  std::array<char, 16384> chunk{};
  while (stream.good()) {
    stream.read(chunk.data(), chunk.size());
    lines.feed({chunk.data(), static_cast<std::size_t>(stream.gcount())});
  }
  lines.finish();
  return journal;
}

Result<Journal> read_journal(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return Error{fmt::format("open the journal {}: {}", file.string(), std::strerror(errno))};
  return read_journal(stream);
}

}  // namespace holdfast
