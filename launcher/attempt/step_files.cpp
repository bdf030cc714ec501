#include "attempt/step_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/names.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
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
  (void)::fstat(file->get(), &locked);
  if (::lstat(path.c_str(), &now) != 0 || locked.st_ino != now.st_ino) return;
  // Another process has moved the full journal meanwhile. This is the next journal.
  if (locked.st_size < k_full) return;
  (void)os::rename_own(path, path + std::string(names::k_older_suffix));
}

}  // namespace

std::vector<std::string> files_made_by(const BuildStep& step, char** command) {
  std::vector<std::string> files;
  if (step.kind == StepKind::custom) return files;  // its rule may list files that it only updates
  if (!step.output.empty()) files.push_back(step.output);
  for (char** word = command; *word != nullptr; ++word) {
    const std::string_view option = *word;
    const bool names_one = option == "-MF" || (option == "-o" && step.kind == StepKind::scan);
    if (names_one && word[1] != nullptr) files.emplace_back(word[1]);
  }
  return files;
}

StepOutputs::StepOutputs(const BuildStep& step, char** command)
    : directory_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      files_(files_made_by(step, command)) {
  // File systems stamp files by this clock.
  ::clock_gettime(CLOCK_REALTIME_COARSE, &begun_);
}

void StepOutputs::go_there() const { (void)::fchdir(directory_.get()); }

void StepOutputs::remove() const {
  for (const std::string& file : files_) {
    struct stat info {};
    if (::fstatat(directory_.get(), file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const bool is_older = std::pair(info.st_mtim.tv_sec, info.st_mtim.tv_nsec) <
                          std::pair(begun_.tv_sec, begun_.tv_nsec);
    if (!S_ISREG(info.st_mode) || is_older) continue;
    (void)::unlinkat(directory_.get(), file.c_str(), 0);
  }
}

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
      .exit_code = result.observation.main.exit_code(),
      .signal = result.observation.main.signal(),
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
