#include <unistd.h>

#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/process/process.hpp"
#include "programs/commands.hpp"
#include "values/marker.hpp"

namespace holdfast::cli {
namespace {

struct MarkOptions {
  std::string reason;
  std::string process;  // empty: the process that called us
};

std::string trouble_with_pid(const std::string& word) {
  if (parse_number<pid_t>(word).value_or(0) > 0) return {};
  return "\"" + word + "\": expected a process ID, above 0";
}

Result<void> leave_mark(const MarkOptions& options) {
  const std::string directory = variable(environment::k_marker_dir);
  const std::string attempt = variable(environment::k_attempt_id);
  // The calling script does not run under Holdfast. It may call `holdfast mark` all the same.
  if (directory.empty() || attempt.empty()) return {};
  const pid_t pid = parse_number<pid_t>(options.process).value_or(::getppid());
  HOLDFAST_TRY(const os::ProcessStat stat, os::read_process_stat(pid));
  return os::leave_marker(directory, {attempt, {pid, stat.start}, options.reason});
}

Result<int> mark(const MarkOptions& options) {
  const Result<void> left = leave_mark(options);
  return left ? exit_codes::k_success : refused(left.error(), exit_codes::k_own_failure);
}

}  // namespace

void add_mark(Command app) {
  const auto [command, options] = add_command(
      app, "mark", "say that the calling shell exits on purpose, as a failed test", mark);
  command.add_option("REASON", options->reason, "one sentence for the report");
  command
      .add_option("--pid", options->process,
                  "the process that is about to exit; from a sub-shell: --pid $$")
      .check(trouble_with_pid);
  command.footer(
      "To be called by a test's main process, which then exits with a code other than 0. Does "
      "nothing "
      "where Holdfast does not run the test. docs/reference/marker-protocol.md");
}

}  // namespace holdfast::cli
