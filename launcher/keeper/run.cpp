#include "keeper/run.hpp"

#include <dirent.h>
#include <fmt/core.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <string_view>

#include "core/names.hpp"
#include "core/unrecorded.hpp"
#include "os/clock.hpp"
#include "os/file_text.hpp"
#include "os/proc_numbers.hpp"
#include "os/process.hpp"
#include "os/system_call.hpp"
#include "report/load.hpp"
#include "report/summary.hpp"
#include "store/ctest_log.hpp"
#include "store/json_record.hpp"
#include "store/run_directory.hpp"

namespace holdfast {
namespace {

double unix_now() { return static_cast<double>(os::unix_now_ms()) / 1000; }

// Sorts by time, says which ctest it was: 20261120-084053-1234, and -2, -3 … for the later
// ctest_test() of one `ctest -S`, or where another run has that name.
std::string new_id(const RunOrigin& origin, unsigned number) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y%m%d-%H%M%S", &parts);
  std::string id = fmt::format("{}-{}", date, origin.ctest.pid);
  if (number > 1) id += fmt::format("-{}", number);
  return id;
}

Result<void> make_directories(const std::string& tree, std::string_view relative) {
  std::size_t end = 0;
  while (end != std::string_view::npos) {
    end = relative.find('/', end + 1);
    const std::string path = tree + "/" + std::string(relative.substr(0, end));
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
      return os::system_error("make " + path);
    }
  }
  return {};
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

std::optional<CtestLog> find_ctest_log(const ProcessName& ctest) {
  constexpr std::string_view k_log_path = "/Testing/Temporary/LastTest";
  const std::string fds = os::in_proc(ctest.pid, "fd");
  DIR* entries = ::opendir(fds.c_str());
  if (entries == nullptr) return std::nullopt;
  std::optional<CtestLog> found;
  while (const dirent* entry = ::readdir(entries)) {
    char path[PATH_MAX];
    const ssize_t length = ::readlink((fds + "/" + entry->d_name).c_str(), path, sizeof path);
    if (length <= 0) continue;
    const std::string_view target(path, static_cast<std::size_t>(length));
    const std::size_t at = target.rfind(k_log_path);
    if (at == std::string_view::npos || !ends_with(target, ".log.tmp")) continue;
    found = CtestLog{std::string(target.substr(0, at)), std::string(target)};
  }
  ::closedir(entries);
  return found;
}

namespace {

// Usually one reason for both: a tree that cannot be written to.
std::string describe_unrecordable(const RunOrigin& origin, const Error& error) {
  std::string text = "ignoring that this run cannot be recorded";
  if (!origin.lock_trouble.empty()) text += " and another may be at work in " + origin.tree;
  return text + ": failed to " + error.message;
}

// Of a run of its own: two ctests that were the first process of a container, or have the same
// number in two of them, may begin within a second.
Result<std::string> make_directory(const RunOrigin& origin, unsigned number, std::string& id) {
  constexpr unsigned k_most_tries = 1000;
  id = new_id(origin, number);
  if (Result<void> made = make_directories(origin.tree, names::k_runs_directory); !made) {
    return made.error();
  }
  const std::string runs = origin.tree + "/" + std::string(names::k_runs_directory) + "/";
  for (unsigned tries = 0; ::mkdir((runs + id).c_str(), 0755) != 0; ++tries) {
    if (errno != EEXIST || tries == k_most_tries) return os::system_error("make " + runs + id);
    id = new_id(origin, ++number);
  }
  return runs + id;
}

}  // namespace

Run Run::begin(const RunOrigin& origin, unsigned number) {
  Run run;
  run.origin_ = origin;
  run.retries_ = RunRetries(origin.retries);
  run.started_ = unix_now();
  const Result<std::string> made = make_directory(origin, number, run.id_);
  if (!made) {
    run.trouble_ = describe_unrecordable(origin, made.error());
    return run;
  }
  const std::string& directory = *made;
  run.journal_ = directory + "/" + std::string(names::k_journal_file);
  run.scratch_ = ScratchPool(directory + "/" + std::string(names::k_scratch_directory));
  RunStarted record;
  record.at = run.started_;
  record.run = run.id_;
  record.tree = origin.tree;
  record.boot = os::numbering_id();
  record.version = HOLDFAST_VERSION;
  record.ctest = {origin.ctest.pid, origin.ctest.start};
  record.command = os::command_of(origin.ctest.pid);
  if (Result<void> written = os::append_line(run.journal_, line_of(record)); !written) {
    run.trouble_ = describe_unrecordable(origin, written.error());
    run.journal_.clear();
  } else {
    run.trouble_ = origin.lock_trouble;
  }
  return run;
}

Result<void> Run::record_verdicts() {
  const std::string directory = log_ ? log_->directory : origin_.tree;
  const Result<std::vector<VerdictRecord>> verdicts = read_ctest_verdicts(directory, started_);
  // No log (ctest died before its first test): the journal says what there is to say.
  if (!verdicts) return {};
  const double now = unix_now();
  std::string lines;
  for (VerdictRecord verdict : *verdicts) {
    verdict.at = now;
    lines += line_of(verdict);
  }
  if (lines.empty()) return {};
  return os::append_line(journal_, lines);
}

std::string Run::finish(Completeness completeness) {
  if (journal_.empty()) return {};  // trouble() has said why
  scratch_.close();
  Result<void> recorded = record_verdicts();
  RunEnded record;
  record.at = unix_now();
  record.run = id_;
  record.complete = completeness == Completeness::complete;
  record.retries = retries_.summary();
  const Result<void> ended = os::append_line(journal_, line_of(record));
  if (recorded) recorded = ended;
  if (!recorded) trouble_ = describe_unrecorded(recorded.error());
  prune_runs(origin_.tree, id_);
  const Result<RunEntry> entry = find_run(origin_.tree, id_);
  if (!entry) return "holdfast: no summary, failed to " + entry.error().message + "\n";
  const Result<RunReport> report = load_report(*entry, Outputs::leave_out);
  if (!report) return "holdfast: no summary, failed to " + report.error().message + "\n";
  return render_summary(*report);
}

}  // namespace holdfast
