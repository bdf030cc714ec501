#include "ctest/ctest_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "journal/run_files.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/process/execute.hpp"
#include "settings/command_line.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_max_note = 300;
constexpr std::size_t k_most_earlier = 100;

using Indexes = std::set<std::uint32_t>;

// The indexes in a list of lines such as "7:name". A list older than `since` counts as empty: ctest
// leaves an old list in place when a later run has nothing to put there.
Indexes listed(const fs::path& file, double since) {
  Indexes indexes;
  const std::optional<double> written = written_at(file);
  if (!written || *written < since) return indexes;
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  while (std::getline(stream, line)) {
    std::string_view rest = line;
    const std::optional<std::uint32_t> index = take_number<std::uint32_t>(rest);
    if (index && rest.starts_with(':')) indexes.insert(*index);
  }
  return indexes;
}

// What ctest's lists say of the tests of its last run.
struct Lists {
  Indexes failed;
  Indexes disabled;  // and those that were skipped, for whatever reason

  bool say(Verdict verdict, std::uint32_t index) const {
    const bool is_failed = failed.count(index) != 0;
    const bool is_disabled = disabled.count(index) != 0;
    // The log has the same words for a test that was skipped by its exit code.
    if (verdict == Verdict::passed) return !is_failed;
    return verdict == Verdict::failed ? is_failed && !is_disabled : is_disabled && !is_failed;
  }
};

std::uint32_t index_of(const VerdictRecord& record) {
  return static_cast<std::uint32_t>(*record.index);
}

// Whether a test may have printed what the log seems to say of this one.
bool may_be_printed(const VerdictRecord& record) {
  return record.doubtful || record.before || record.times > 1;
}

// Any other ctest in the tree may have written the lists, so they count only if they agree with
// this log about every test, but for those of which the log may say what a test has printed. If all
// are like that, the lists agree about each of them.
bool agree(const Lists& lists, const std::vector<VerdictRecord>& records) {
  const auto has_failed = [](const VerdictRecord& one) { return one.verdict == Verdict::failed; };
  const bool none_has = std::none_of(records.begin(), records.end(), has_failed);
  if (lists.failed.empty() && !none_has) return false;  // ctest could not write it
  const bool none_is_sure = std::all_of(records.begin(), records.end(), may_be_printed);
  Indexes known;
  for (const VerdictRecord& record : records) {
    known.insert(index_of(record));
    if (may_be_printed(record) && !none_is_sure) continue;
    if (!lists.say(record.verdict, index_of(record))) return false;
  }
  const auto are_known = [&](const Indexes& indexes) {
    return std::includes(known.begin(), known.end(), indexes.begin(), indexes.end());
  };
  return are_known(lists.failed) && are_known(lists.disabled);
}

void decide_by(const Lists& lists, VerdictRecord& record) {
  const bool is_disabled = lists.disabled.count(index_of(record)) != 0;
  if (may_be_printed(record)) {
    record.listed = true;
    record.verdict = lists.failed.count(index_of(record)) != 0 ? Verdict::failed : Verdict::passed;
    if (is_disabled) record.verdict = *record.ran ? Verdict::skipped : Verdict::disabled;
  } else if (record.verdict == Verdict::passed && is_disabled) {
    record.verdict = Verdict::skipped;
  }
}

// In the words of libuv, which starts processes for ctest.
std::string_view refusal_of(const LogEntry& entry, double run_started) {
  // MAX_ARG_STRLEN of execve(2), less the byte that ends the argument.
  const std::size_t longest_argument = 32 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) - 1;
  if (entry.command.longest > longest_argument) return "argument list too long";
  // If the program is gone now, it may have been there when ctest started it. The inode's change
  // time changes with the file's mode and with its bytes.
  const std::string& program = entry.command.program;
  struct stat file {};
  if (::stat(program.c_str(), &file) != 0 || seconds_of(file.st_ctim) >= run_started) return {};
  if (S_ISDIR(file.st_mode) || ::access(program.c_str(), X_OK) != 0) return "permission denied";
  if (!os::missing_interpreter(program).empty()) return "no such file or directory";
  return {};
}

// Why ctest did not start a test although its log gives the test a start time, in ctest's words.
// The cause is that the kernel refused to start the command (BAD_COMMAND; "Process not started" on
// ctest's stderr). The entry looks like that of a test that failed at once and printed nothing.
// Empty if ctest may have started the test. Two causes are certain: an argument is longer than
// execve(2) takes, or the program cannot be executed and has not changed since `run_started`.
std::string why_not_started(const LogEntry& entry, double run_started) {
  const bool is_silent = entry.output_begin == entry.output_end;
  if (!entry.started || entry.result != Verdict::failed || !is_silent || !entry.took_no_time) {
    return {};
  }
  const std::string_view refusal = refusal_of(entry, run_started);
  if (refusal.empty()) return {};
  return fmt::format("Process not started: {} [{}]", entry.command.program, refusal);
}

VerdictRecord record_of(const LogEntry& entry, const std::string& log, double run_started) {
  const std::string refusal = why_not_started(entry, run_started);
  VerdictRecord record;
  record.test = valid_utf8(entry.name);
  record.verdict = verdict_alone(entry);
  if (entry.place) {
    record.key = key_of(entry.name, *entry.place);
    record.nth = entry.place->nth;
  }
  record.index = entry.index;
  record.ran = entry.started && refusal.empty();
  record.launched = *record.ran && entry.launched;
  record.times = entry.heads;
  // What was not started has printed nothing, so its entry is whole.
  if (entry.next_with_several != 0 && refusal.empty()) record.before = entry.next_with_several;
  record.doubtful = entry.is_doubtful;
  record.output = OutputPlace{log, entry.output_begin, entry.output_end - entry.output_begin};
  const std::string& note = entry.started ? refusal : entry.preamble;
  record.note = valid_utf8(note.substr(0, k_max_note));
  return record;
}

std::vector<VerdictRecord> last_of_each(const std::vector<LogEntry>& entries,
                                        const std::string& log, double run_started) {
  std::vector<VerdictRecord> records;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> place;
  for (const LogEntry& entry : entries) {
    const auto [known, is_new] = place.try_emplace({entry.index, entry.name}, records.size());
    if (is_new) records.emplace_back();
    VerdictRecord& record = records[known->second];
    std::vector<OutputPlace> earlier = std::move(record.earlier);
    if (!is_new && earlier.size() < k_most_earlier) {
      OutputPlace printed = record.output.value_or(OutputPlace{});
      if (record.verdict != Verdict::failed) printed.length = 0;
      earlier.push_back(std::move(printed));
    }
    record = record_of(entry, log, run_started);
    record.earlier = std::move(earlier);
  }
  return records;
}

constexpr std::uint64_t k_longest_gap = 96;

std::string read_at(std::istream& stream, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return bytes;
}

// Whether the lines before and after the output are still those that ctest wrote around it.
bool still_frames(std::istream& stream, const OutputPlace& place, std::string_view test) {
  constexpr std::string_view k_before =
      "\nOutput:\n----------------------------------------------------------\n";
  constexpr std::string_view k_after = "<end of output>\n";
  constexpr std::uint64_t k_longest_date = 128;
  const std::string start_time = fmt::format("\n\"{}\" start time: ", test);
  const std::uint64_t back =
      std::min(place.offset, start_time.size() + k_longest_date + k_before.size());
  const std::string before = valid_utf8(read_at(stream, place.offset - back, back));
  if (!before.ends_with(k_before)) return false;
  const std::size_t at = before.rfind(start_time);
  if (at == std::string::npos) return false;
  const std::size_t line_end = before.find('\n', at + start_time.size());
  return line_end == before.size() - k_before.size() &&
         read_at(stream, place.offset + place.length, k_after.size()) == k_after;
}

// The outputs of executions that did not pass.
std::vector<OutputPlace*> places_to_keep(std::vector<VerdictRecord>& verdicts) {
  std::vector<OutputPlace*> places;
  for (VerdictRecord& one : verdicts) {
    for (OutputPlace& earlier : one.earlier) {
      if (earlier.length > 0) places.push_back(&earlier);
    }
    const bool has_output = one.verdict != Verdict::passed && one.output && one.output->length > 0;
    if (has_output) places.push_back(&*one.output);
  }
  return places;
}

// An output has less than that only if it is shorter.
std::uint64_t share_of_each(const std::vector<OutputPlace*>& places, const KeptSizes& sizes) {
  constexpr std::uint64_t k_least = 1U << 10U;
  std::uint64_t total = 0;
  for (const OutputPlace* place : places) total += std::min(place->length, sizes.of_each);
  if (total <= sizes.of_all) return sizes.of_each;
  return std::min(std::max(sizes.of_all / places.size(), k_least), sizes.of_each);
}

}  // namespace

Verdict verdict_alone(const LogEntry& entry) {
  if (!entry.started) return entry.explained ? Verdict::failed : Verdict::disabled;
  return entry.result;
}

fs::path CtestLogFile::final_path() const { return directory / ("LastTest" + tag + ".log"); }

Result<std::vector<VerdictRecord>> read_ctest_log(const CtestLogFile& log, const RunInLog& run,
                                                  double run_started, ListsOf lists) {
  const LogEntries found = read_log_entries(log.descriptor, run);
  if (found.read_error != 0) {
    return os::system_error(fmt::format("read ctest's log, {}", log.final_path().string()),
                            found.read_error);
  }
  if (found.has_given_up) {
    return ErrorInWords{fmt::format("read ctest's log, {}: tests have printed too much like it",
                                    log.final_path().string())};
  }
  std::vector<VerdictRecord> records =
      last_of_each(found.entries, log.final_path().string(), run_started);
  const auto list = [&](std::string_view name) {
    return listed(log.directory / fmt::format("{}{}.log", name, log.tag), run_started);
  };
  std::optional<Lists> known;
  // More tests than ctest ran: a test has printed entries of some that do not exist.
  const bool has_more = !found.entries.empty() && records.size() > found.entries.front().total;
  // ctest writes the lists after the log's last line.
  if (lists == ListsOf::this_run && !has_more && is_whole_log(log.descriptor)) {
    known = Lists{list("LastTestsFailed"), list("LastTestsDisabled")};
    if (!agree(*known, records)) known.reset();
  }
  for (VerdictRecord& record : records) {
    record.doubtful |= has_more && !record.launched;
    if (known) {
      decide_by(*known, record);
    } else {
      record.or_skipped = record.verdict == Verdict::passed;
    }
  }
  return records;
}

bool has_word(int descriptor, std::string_view word) {
  LogText text(descriptor);
  return text.find("\"" + begin_of_test_argument(word), 0, text.size()).has_value();
}

bool is_whole_log(int descriptor) {
  LogText log(descriptor);
  return closing_line(log).has_value();
}

std::string read_bounded(std::istream& file, const OutputPlace& place, std::size_t limit,
                         std::string_view gap) {
  if (place.length <= limit) return read_at(file, place.offset, place.length);
  const std::uint64_t half = limit / 2;
  return read_at(file, place.offset, half) +
         fmt::format(fmt::runtime(gap), place.length - 2 * half, place.length) +
         read_at(file, place.offset + place.length - half, half);
}

LoggedOutputs::LoggedOutputs(const CtestLogFile& log) : opened_(log.final_path().string()) {
  files_.push_back(std::make_unique<DescriptorStream>(log.descriptor));
}

void LoggedOutputs::open(const std::string& log) {
  opened_ = log;
  files_.clear();
  if (written_from_ > written_to_) return;  // no log is of this run
  const fs::path last(log);
  const std::string unfinished = last.filename().string() + ".tmp";
  std::vector<fs::path> all{last};
  std::error_code failed;
  for (fs::directory_iterator entry(last.parent_path(), failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().filename().string().starts_with(unfinished)) all.push_back(entry->path());
  }
  for (const fs::path& file : all) {
    const std::optional<double> written = written_at(file);
    if (!written || *written < written_from_ || *written > written_to_) continue;
    files_.push_back(std::make_unique<std::ifstream>(file, std::ios::binary));
  }
}

Result<std::string> LoggedOutputs::read(const OutputPlace& place, std::string_view test,
                                        std::size_t limit) {
  if (place.log != opened_) open(place.log);
  for (const std::unique_ptr<std::istream>& file : files_) {
    if (still_frames(*file, place, test)) return read_bounded(*file, place, limit);
  }
  return Error{
      fmt::format("read the output of {}: {} is gone or belongs to a later run", test, place.log)};
}

Result<void> keep_outputs(const CtestLogFile& log, std::vector<VerdictRecord>& verdicts,
                          const fs::path& file, const KeptSizes& sizes) {
  DescriptorStream stream(log.descriptor);
  os::UniqueFd copy;
  std::uint64_t size = 0;
  const std::vector<OutputPlace*> places = places_to_keep(verdicts);
  const std::uint64_t limit = share_of_each(places, sizes);
  std::vector<std::pair<OutputPlace*, OutputPlace>> kept;
  for (OutputPlace* const place : places) {
    if (size + std::min(place->length, limit) > sizes.of_all) continue;
    if (!copy.valid()) {
      HOLDFAST_DO(os::make_own_directories(file.parent_path().string(), 0755));
      HOLDFAST_TRY(copy, os::open_own(file.string(), O_WRONLY | O_CREAT | O_TRUNC));
    }
    // One output at a time: all outputs of a large run would take too much memory for a keeper.
    // What is cut has room for the line that says so, or a report would cut it again.
    const std::uint64_t most = place->length > limit ? limit - k_longest_gap : limit;
    const std::string output = read_bounded(stream, *place, static_cast<std::size_t>(most));
    kept.push_back({place, {file.string(), size, output.size()}});
    size += output.size();
    if (!os::write_all(copy.get(), output)) return os::system_error("write " + file.string());
  }
  for (auto& [place, copied] : kept) *place = std::move(copied);
  return {};
}

}  // namespace holdfast
