#include "keeper/left/lost_keeper.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/names.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "store/ctest_log.hpp"
#include "store/ctest_output.hpp"
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
};

Known known_of(const RunEntry& run) {
  Known known;
  (void)read_records(run.journal, [&](Record&& record) {
    if (auto* started = std::get_if<RunStarted>(&record)) {
      known.started = std::move(*started);
      known.keeper_until = known.started.at;
    } else if (auto* word = std::get_if<LogWordRecord>(&record)) {
      known.word = std::move(*word);
    } else if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
      // The keeper has granted it.
      known.keeper_until = std::max(known.keeper_until, begun->at);
    } else if (std::holds_alternative<RunEnded>(record)) {
      known.has_end = true;
    }
  });
  return known;
}

}  // namespace

bool finish_without_keeper(const RunEntry& run) {
  const Known known = known_of(run);
  if (known.has_end || known.word.word.empty()) return false;
  const std::string& place =
      known.started.directory.empty() ? known.started.tree : known.started.directory;
  CtestLogFile log{-1, std::filesystem::path(place) / "Testing/Temporary", ""};
  const Result<os::UniqueFd> file = os::open_own(log.final_path().string(), O_RDONLY);
  if (!file) return false;
  log.descriptor = file->get();
  if (!is_whole_log(log.descriptor) || !has_word(log.descriptor, known.word.word)) return false;
  Result<std::vector<VerdictRecord>> verdicts =
      read_ctest_log(log, known.word.word, known.started.at,
                     known.word.has_company ? ListsOf::any_run : ListsOf::this_run);
  if (!verdicts) return false;
  (void)keep_outputs(log, *verdicts,
                     run.directory / names::k_output_directory / names::k_kept_output_file);
  const double now = static_cast<double>(os::unix_now_ms()) / 1000;
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

}  // namespace holdfast
