#include "store/journal_reader.hpp"

#include "os/file/system_call.hpp"
#include "store/json_record.hpp"
#include "store/run_files.hpp"

#include <algorithm>
#include <istream>
#include <set>

namespace holdfast {
namespace {

class LineCollector {
 public:
  explicit LineCollector(const SeeRecord& see) : see_(see) {}

  void feed(std::string_view chunk) {
    while (!chunk.empty()) {
      const std::size_t newline = chunk.find('\n');
      keep(chunk.substr(0, newline));
      if (newline == std::string_view::npos) return;
      end_line();
      chunk.remove_prefix(newline + 1);
    }
  }

  // The last line has no newline: its writer died. The line may still be a whole record.
  JournalFlaws finish() && {
    found_.cut_off = !line_.empty() || too_long_;
    if (found_.cut_off) end_line();
    return std::move(found_);
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
      if (parsed.record) see_(*std::move(parsed.record));
    }
    line_.clear();
    too_long_ = false;
  }

  void complain(std::string what) {
    ++found_.flaws;
    if (found_.complaints.size() < k_max_complaints)
      found_.complaints.push_back({number_, std::move(what)});
  }

  const SeeRecord& see_;
  JournalFlaws found_;
  std::string line_;
  std::size_t number_ = 0;
  bool too_long_ = false;
};

// The end of a journal in which `run_ended` is looked for. Usually it is short. It may have the
// names of ten thousand tests.
constexpr std::streamoff k_tail = 4096;
constexpr std::streamoff k_longest_tail = k_tail * 16 * 16 * 16;

// The type stands before all texts of a record, so most lines need not be parsed.
bool may_be_end(const std::string& line) {
  constexpr std::size_t k_head = 64;
  return line.substr(0, k_head).find(R"("run_ended")") != std::string::npos;
}

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

JournalFlaws read_records(std::istream& stream, const SeeRecord& see) {
  LineCollector lines(see);
  std::array<char, 64U << 10U> chunk{};
  while (stream.good()) {
    stream.read(chunk.data(), chunk.size());
    lines.feed({chunk.data(), static_cast<std::size_t>(stream.gcount())});
  }
  return std::move(lines).finish();
}

Result<JournalFlaws> read_records(const std::filesystem::path& file, const SeeRecord& see) {
  HOLDFAST_TRY(const RunFile journal, open_run_file(file.string()));
  return read_records(*journal.stream, see);
}

Journal read_journal(std::istream& stream) {
  Journal journal;
  const auto keep = [&](Record&& record) { journal.records.push_back(std::move(record)); };
  static_cast<JournalFlaws&>(journal) = read_records(stream, keep);
  return journal;
}

Result<Journal> read_journal(const std::filesystem::path& file) {
  HOLDFAST_TRY(const RunFile journal, open_run_file(file.string()));
  return read_journal(*journal.stream);
}

std::vector<AttemptStarted> unended_attempts(const std::vector<Record>& records) {
  std::vector<AttemptStarted> started;
  std::set<std::string> ended;
  for (const Record& record : records) {
    if (const auto* one = std::get_if<AttemptStarted>(&record)) started.push_back(*one);
    if (const auto* one = std::get_if<AttemptEnded>(&record)) ended.insert(one->attempt);
  }
  std::erase_if(started, [&](const AttemptStarted& one) {
    return one.attempt.empty() || ended.count(one.attempt) != 0;
  });
  return started;
}

std::optional<RunStarted> first_record(const std::filesystem::path& journal) {
  const Result<RunFile> file = open_run_file(journal.string());
  return file ? first_record(*file) : std::nullopt;
}

std::optional<RunStarted> first_record(const RunFile& journal) {
  ParsedLine parsed = parse_record(first_line(*journal.stream));
  if (!parsed.record) return std::nullopt;
  auto* started = std::get_if<RunStarted>(&*parsed.record);
  return started != nullptr ? std::optional<RunStarted>(std::move(*started)) : std::nullopt;
}

std::optional<RunEnded> end_record(const std::filesystem::path& journal) {
  const Result<RunFile> file = open_run_file(journal.string());
  return file ? end_record(*file) : std::nullopt;
}

std::optional<RunEnded> end_record(const RunFile& journal) {
  const auto size = static_cast<std::streamoff>(journal.size);
  std::optional<RunEnded> end;
  for (std::streamoff tail = k_tail; !end && tail <= k_longest_tail; tail *= 16) {
    journal.stream->clear();
    journal.stream->seekg(std::max<std::streamoff>(0, size - tail));
    std::string line;
    while (std::getline(*journal.stream, line)) {
      if (!may_be_end(line)) continue;
      const ParsedLine parsed = parse_record(line);
      const auto* ended = parsed.record ? std::get_if<RunEnded>(&*parsed.record) : nullptr;
      if (ended != nullptr && (!end || !end->complete)) end = *ended;
    }
    if (tail >= size) break;
  }
  return end;
}

}  // namespace holdfast
