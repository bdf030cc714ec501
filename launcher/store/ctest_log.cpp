#include "store/ctest_log.hpp"

#include "core/utf8.hpp"
#include "store/ctest_log_marks.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_tmp = ".tmp";
constexpr std::size_t k_max_note = 300;

// Seconds since 1970 at which a regular file was last written; nothing for anything else.
std::optional<double> written_at(const fs::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<double>(status.st_mtim.tv_sec) +
         static_cast<double>(status.st_mtim.tv_nsec) * 1e-9;
}

struct FoundLog {
  fs::path file;    // to read
  std::string tag;  // "" or "_<tag>" of a dashboard
  double written = 0;
  bool unfinished = false;
};

std::optional<FoundLog> log_of(const fs::path& file) {
  std::string name = file.filename().string();
  FoundLog log;
  log.file = file;
  if (name.ends_with(k_tmp)) {
    log.unfinished = true;
    name.resize(name.size() - k_tmp.size());
  }
  constexpr std::string_view k_stem = "LastTest";
  constexpr std::string_view k_extension = ".log";
  if (!name.starts_with(k_stem) || !name.ends_with(k_extension)) return std::nullopt;
  if (name.size() < k_stem.size() + k_extension.size()) return std::nullopt;
  log.tag = name.substr(k_stem.size(), name.size() - k_stem.size() - k_extension.size());
  if (!log.tag.empty() && log.tag.front() != '_') return std::nullopt;  // LastTestsFailed.log
  const std::optional<double> written = written_at(file);
  if (!written) return std::nullopt;
  log.written = *written;
  return log;
}

// The log of the run that began at `since`: one still being written before any other, then the
// newest.
std::optional<FoundLog> find_log(const fs::path& directory, double since) {
  std::optional<FoundLog> best;
  std::error_code failed;
  fs::directory_iterator it(directory, failed);
  while (!failed && it != fs::directory_iterator()) {
    const std::optional<FoundLog> log = log_of(it->path());
    if (log && log->written >= since &&
        (!best ||
         std::pair(log->unfinished, log->written) > std::pair(best->unfinished, best->written))) {
      best = log;
    }
    it.increment(failed);
  }
  return best;
}

// The indexes in a "7:name" list; nothing when the file is absent or older than `since`.
std::optional<std::set<std::uint32_t>> listed(const fs::path& file, double since) {
  const std::optional<double> written = written_at(file);
  if (!written || *written < since) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::set<std::uint32_t> indexes;
  std::string line;
  while (std::getline(stream, line)) {
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), index);
    if (error == std::errc() && end != line.data() + line.size() && *end == ':')
      indexes.insert(index);
  }
  return indexes;
}

struct Lists {
  std::optional<std::set<std::uint32_t>> failed;
  std::optional<std::set<std::uint32_t>> disabled;  // and skipped
};

Verdict verdict_of(const LogEntry& entry, const Lists& lists) {
  const bool in_disabled = lists.disabled && lists.disabled->contains(entry.index);
  const bool in_failed = lists.failed && lists.failed->contains(entry.index);
  if (!entry.started) return in_disabled ? Verdict::disabled : Verdict::failed;
  if (in_failed) return Verdict::failed;
  if (in_disabled || entry.result == LoggedResult::skipped) return Verdict::skipped;
  // A failure that a fresh list does not have is one the test printed itself.
  return entry.result == LoggedResult::failed && !lists.failed ? Verdict::failed : Verdict::passed;
}

VerdictRecord record_of(const LogEntry& entry, const Lists& lists, const std::string& log) {
  VerdictRecord record;
  record.test = valid_utf8(entry.name);
  record.verdict = verdict_of(entry, lists);
  record.index = entry.index;
  record.ran = entry.started;
  record.launched = entry.started && entry.launched;
  record.output = OutputPlace{log, entry.output_begin, entry.output_end - entry.output_begin};
  if (!entry.started) record.note = valid_utf8(entry.preamble.substr(0, k_max_note));
  return record;
}

std::string read_at(std::ifstream& stream, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return bytes;
}

// The lines before and after the output still are the ones that were there.
bool still_frames(std::ifstream& stream, const OutputPlace& place, std::string_view test) {
  constexpr std::string_view k_before =
      "\nOutput:\n----------------------------------------------------------\n";
  constexpr std::string_view k_after = "<end of output>\n";
  constexpr std::uint64_t k_look_back = 8192;
  const std::uint64_t back = std::min(place.offset, k_look_back);
  const std::string before = valid_utf8(read_at(stream, place.offset - back, back));
  if (!before.ends_with(k_before)) return false;
  const std::string start_time = fmt::format("\n\"{}\" start time: ", test);
  const std::size_t at = before.rfind(start_time);
  if (at == std::string::npos) return false;
  const std::size_t line_end = before.find('\n', at + start_time.size());
  return line_end == before.size() - k_before.size() &&
         read_at(stream, place.offset + place.length, k_after.size()) == k_after;
}

}  // namespace

Result<std::vector<VerdictRecord>> read_ctest_verdicts(const fs::path& directory,
                                                       double run_started) {
  const fs::path temporary = directory / "Testing" / "Temporary";
  const std::optional<FoundLog> found = find_log(temporary, run_started);
  if (!found) return Error{fmt::format("find ctest's log of this run in {}", temporary.string())};
  std::ifstream stream(found->file, std::ios::binary);
  if (!stream) return Error{fmt::format("read {}", found->file.string())};

  const Lists lists{
      listed(temporary / fmt::format("LastTestsFailed{}.log", found->tag), run_started),
      listed(temporary / fmt::format("LastTestsDisabled{}.log", found->tag), run_started)};
  const std::string final_path = (temporary / fmt::format("LastTest{}.log", found->tag)).string();
  std::vector<VerdictRecord> records;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> place;
  for (const LogEntry& entry : resolve_entries(scan_marks(stream))) {
    const auto [known, is_new] = place.try_emplace({entry.index, entry.name}, records.size());
    if (is_new)
      records.push_back(record_of(entry, lists, final_path));
    else
      records[known->second] = record_of(entry, lists, final_path);
  }
  return records;
}

Result<std::string> read_output(const OutputPlace& place, std::string_view test,
                                double written_from, double written_to, std::size_t limit) {
  for (const fs::path& file : {fs::path(place.log), fs::path(place.log + std::string(k_tmp))}) {
    const std::optional<double> written = written_at(file);
    if (!written || *written < written_from || *written > written_to) continue;
    std::ifstream stream(file, std::ios::binary);
    if (!stream || !still_frames(stream, place, test)) continue;
    if (place.length <= limit) return read_at(stream, place.offset, place.length);
    const std::uint64_t half = limit / 2;
    return fmt::format("{}\n[... {} of {} bytes left out by holdfast ...]\n{}",
                       read_at(stream, place.offset, half), place.length - 2 * half, place.length,
                       read_at(stream, place.offset + place.length - half, half));
  }
  return Error{
      fmt::format("read the output of {}: {} is gone or belongs to a later run", test, place.log)};
}

}  // namespace holdfast
