#include "keeper/left/lost_keeper.hpp"

#include <fcntl.h>
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

struct JournalFacts {
  RunStarted started;
  LogWordRecord word;
  double keeper_until = 0;  // when the keeper was last there for certain
  std::uint64_t launches = 0;
};

// Whether the keeper has granted the attempt. Without one, its launcher has given it a name.
bool is_granted(const AttemptStarted& begun, const RunEntry& run) {
  return begun.attempt.starts_with(run.id + ".");
}

JournalFacts facts_of(const RunEntry& run) {
  JournalFacts facts;
  (void)read_records(run.journal, [&](Record&& record) {
    if (auto* started = std::get_if<RunStarted>(&record)) {
      facts.started = std::move(*started);
      facts.keeper_until = facts.started.at;
    } else if (auto* word = std::get_if<LogWordRecord>(&record)) {
      if (facts.word.word.empty()) facts.word = std::move(*word);
    } else if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
      ++facts.launches;
      if (is_granted(*begun, run)) facts.keeper_until = std::max(facts.keeper_until, begun->at);
    }
  });
  return facts;
}

constexpr const char* k_taking = "take the rest from ctest's log: ";

Result<ToldByLog> told_by(const CtestLogFile& log, const RunEntry& run, const JournalFacts& facts,
                          ListsOf lists) {
  Result<std::vector<VerdictRecord>> verdicts =
      read_ctest_log(log, {facts.word.word, facts.launches}, facts.started.at, lists);
  if (!verdicts) return verdicts.error();
  ToldByLog told;
  const Result<void> kept = keep_outputs(
      log, *verdicts, run.directory / names::k_output_directory / names::k_kept_output_file);
  if (!kept) told.trouble = to_text(kept.error());
  // The last entry is ctest's, and we may come much later.
  double ended_at = static_cast<double>(os::unix_now_ms()) / 1000;
  struct stat status {};
  if (::fstat(log.descriptor, &status) == 0) {
    ended_at = std::min(ended_at, seconds_of(status.st_mtim));
  }
  for (VerdictRecord& verdict : *verdicts) {
    verdict.at = ended_at;
    told.verdicts += line_of(verdict);
  }
  RunEnded end;
  end.at = ended_at;
  end.run = run.id;
  end.complete = true;
  end.has_log = is_whole_log(log.descriptor);
  end.keeper_until = facts.keeper_until;
  told.end = line_of(end);
  return told;
}

}  // namespace

Result<ToldByLog> told_by_log(const RunEntry& run) {
  const JournalFacts facts = facts_of(run);
  if (facts.word.word.empty())
    return Error{k_taking + std::string("it is not known that a test began")};
  const std::string& place =
      facts.started.directory.empty() ? facts.started.tree : facts.started.directory;
  const std::filesystem::path directory = std::filesystem::path(place) / "Testing/Temporary";
  for (const std::string& name : os::names_in_own(directory.string())) {
    const std::optional<LogName> parts = parse_log_name((directory / name).string());
    CtestLogFile log{-1, directory, parts ? parts->tag : ""};
    if (!parts || log.final_path().filename() != name) continue;
    const Result<os::UniqueFd> file = os::open_own(log.final_path().string(), O_RDONLY);
    if (!file || !is_whole_log(file->get()) || !has_word(file->get(), facts.word.word)) continue;
    log.descriptor = file->get();
    return told_by(log, run, facts, facts.word.has_company ? ListsOf::any_run : ListsOf::this_run);
  }
  return Error{k_taking + ("none of this run is in " + directory.string())};
}

Result<ToldByLog> told_by_log(const RunEntry& run, const ProcessName& ctest) {
  const JournalFacts facts = facts_of(run);
  if (facts.word.word.empty())
    return Error{k_taking + std::string("it is not known that a test began")};
  std::optional<LogPlace> place = find_log_of(ctest);
  const std::optional<RunLog> log = place ? RunLog::open(*std::move(place)) : std::nullopt;
  if (!log || !has_word(log->file().descriptor, facts.word.word)) {
    return Error{k_taking + std::string("ctest has another one open")};
  }
  return told_by(log->file(), run, facts, ListsOf::any_run);
}

}  // namespace holdfast
