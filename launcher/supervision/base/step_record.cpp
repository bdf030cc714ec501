#include "supervision/base/step_record.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <algorithm>

#include "core/base/names.hpp"
#include "core/journal/record_lines.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::supervision {
namespace {

// A journal of this size (some fifty thousand steps) is moved to the name of the older one.
constexpr off_t k_full = 16 * 1024 * 1024;

// Several processes may find the journal full. Only one of them moves it: the one that has locked
// the file and finds that the file still has its name. A process that still has the moved journal
// open appends to the moved journal.
void move_if_full(const std::string& path) {
  struct stat now {};
  if (::lstat(path.c_str(), &now) != 0 || now.st_size < k_full) return;
  const Result<os::UniqueFd> file = os::open_own(path, O_RDONLY);
  struct stat locked {};
  if (!file || ::flock(file->get(), LOCK_EX | LOCK_NB) != 0) return;
  if (::fstat(file->get(), &locked) != 0 || ::lstat(path.c_str(), &now) != 0) return;
  if (locked.st_ino != now.st_ino || locked.st_dev != now.st_dev) return;
  // Another process has moved the full journal meanwhile. This is the next journal.
  if (locked.st_size < k_full) return;
  (void)os::rename_own(path, path + std::string(names::k_older_suffix));
}

}  // namespace

void record_step(const BuildStep& step, const AttemptResult& result) {
  const GuardReport& report = result.report;
  const EarlierAttempts& earlier = step.earlier;
  std::string note = earlier.count > 0 ? "attempt 1 " + earlier.why : std::string();
  add_clause(note, result.note);
  const StepRecord record{
      .at = os::unix_now(),
      .kind = std::string(name_of(step.kind)),
      .target = step.target,
      .output = step.output,
      .program = step.program,
      .language = step.language,
      .outcome = result.outcome,
      .exit_code = exit_code_of(report),
      .signal = signal_of(report),
      .wall_s = seconds(result.wall_us + earlier.wall_us),
      .user_s = seconds(report.user_us + earlier.user_us),
      .sys_s = seconds(report.system_us + earlier.system_us),
      .max_rss_kb = std::max(report.max_rss_kb, earlier.max_rss_kb),
      .slot_wait_s = in_seconds(result.lock_wait + Milliseconds(earlier.waited_ms)),
      .attempts = earlier.count + 1,
      .note = note};
  const std::string path = step.tree + "/" + std::string(names::k_build_journal);
  move_if_full(path);
  (void)os::append_line(path, line_of(record));
}

}  // namespace holdfast::supervision
