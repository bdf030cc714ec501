#include "keeper/left/lost_keeper.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/names.hpp"
#include "keeper/run/run_log.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "store/ctest_log.hpp"
#include "store/ctest_output.hpp"
#include "store/file_time.hpp"
#include "store/journal_reader.hpp"
#include "store/json_record.hpp"

namespace holdfast {
namespace {

// What the journal tells of the run.
struct Known {
  RunStarted started;
  LogWordRecord word;
  double keeper_until = 0;  // when the keeper was last there for certain
  bool has_end = false;
  std::uint64_t launches = 0;
};

// Whether the keeper has granted the attempt. Without one, its launcher has given it a name.
bool is_granted(const AttemptStarted& begun, const RunEntry& run) {
  return begun.attempt.starts_with(run.id + ".");
}

Known known_of(const RunEntry& run) {
  Known known;
  (void)read_records(run.journal, [&](Record&& record) {
    if (auto* started = std::get_if<RunStarted>(&record)) {
      known.started = std::move(*started);
      known.keeper_until = known.started.at;
    } else if (auto* word = std::get_if<LogWordRecord>(&record)) {
      if (known.word.word.empty()) known.word = std::move(*word);
    } else if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
      ++known.launches;
      if (is_granted(*begun, run)) known.keeper_until = std::max(known.keeper_until, begun->at);
    } else if (std::holds_alternative<RunEnded>(record)) {
      known.has_end = true;
    }
  });
  return known;
}

bool record(const RunEntry& run, const Known& known, const CtestLogFile& log, ListsOf lists) {
  if (!has_word(log.descriptor, known.word.word)) return false;
  // Several readers may have found the run.
  const os::UniqueFd one(::open(run.journal.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (::flock(one.get(), LOCK_EX | LOCK_NB) != 0 || end_record(run.journal)) return false;
  Result<std::vector<VerdictRecord>> verdicts =
      read_ctest_log(log, {known.word.word, known.launches}, known.started.at, lists);
  if (!verdicts) return false;
  (void)keep_outputs(log, *verdicts,
                     run.directory / names::k_output_directory / names::k_kept_output_file);
  // The last entry is ctest's, and we may come much later.
  double now = static_cast<double>(os::unix_now_ms()) / 1000;
  struct stat status {};
  if (::fstat(log.descriptor, &status) == 0) now = std::min(now, seconds_of(status.st_mtim));
  std::string lines;
  for (VerdictRecord& verdict : *verdicts) {
    verdict.at = now;
    lines += line_of(verdict);
  }
  RunEnded end;
  end.at = now;
  end.run = run.id;
  end.complete = true;
  end.keeper_until = known.keeper_until;
  return static_cast<bool>(os::append_line(run.journal.string(), lines + line_of(end)));
}

}  // namespace

bool finish_without_keeper(const RunEntry& run) {
  const Known known = known_of(run);
  if (known.has_end || known.word.word.empty()) return false;
  const std::string& place =
      known.started.directory.empty() ? known.started.tree : known.started.directory;
  const std::filesystem::path directory = std::filesystem::path(place) / "Testing/Temporary";
  for (const std::string& name : os::names_in_own(directory.string())) {
    const std::optional<LogName> parts = parse_log_name((directory / name).string());
    CtestLogFile log{-1, directory, parts ? parts->tag : ""};
    if (!parts || log.final_path().filename() != name) continue;
    const Result<os::UniqueFd> file = os::open_own(log.final_path().string(), O_RDONLY);
    if (!file || !is_whole_log(file->get())) continue;
    log.descriptor = file->get();
    const ListsOf lists = known.word.has_company ? ListsOf::any_run : ListsOf::this_run;
    if (record(run, known, log, lists)) return true;
  }
  return false;
}

bool finish_without_keeper(const RunEntry& run, const ProcessName& ctest) {
  const Known known = known_of(run);
  if (known.has_end || known.word.word.empty()) return false;
  std::optional<LogPlace> place = find_log_of(ctest);
  const std::optional<RunLog> log = place ? RunLog::open(*std::move(place)) : std::nullopt;
  return log && record(run, known, log->file(), ListsOf::any_run);
}

}  // namespace holdfast
