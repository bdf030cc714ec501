// All probes of a test that has failed for good. They never fail and never change how the test
// ends: a probe that cannot look says why.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/program_identity.hpp"
#include "base/result.hpp"
#include "journal/records.hpp"
#include "os/process/bounded_work.hpp"
#include "values/outcome.hpp"

namespace holdfast::forensics {

// What the probes found, as a block under the failure: aligned lines, each with `holdfast: ` in
// front. Control characters are replaced. Empty without findings.
std::string to_text(const std::vector<Finding>& findings);

// Runs the user's hooks (values/policy.hpp): docs/reference/config.md, on-failure and
// before-kill.

// The time for on-failure. before-kill gets as much of ctest's time as the caller can spare.
inline constexpr Milliseconds k_on_failure_time{30'000};

// What a hook is told about the attempt.
struct HookFacts {
  std::string hook;  // `on-failure`, `before-kill`
  std::string test = {};
  std::string run = {};
  std::string attempt_id = {};
  unsigned attempt = 1;  // from 1
  // Only for on-failure: at before-kill the test has not ended.
  std::optional<Outcome> outcome = {};
  ProcessEnd main = {};
  int process = 0;           // for before-kill: the test's main process
  std::string scratch = {};  // the attempt's directory; empty: none
  std::string output = {};   // the file with the attempt's captured output; empty: none
};

// Runs `command` with /bin/sh. The hook has the test's whole environment (`entries`), and a
// variable for each fact that is known and for nothing else: no such variable is empty, and it
// replaces one of the same name. 64 KiB of output are kept. Nothing of the hook survives its time.
os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& entries, Milliseconds time);

// What the hook printed, and how it ended if not with 0.
Finding hook_finding(const std::string& hook, const os::BoundedEnd& end, Milliseconds time);

// The test's program and its neighbours. Each function may hang on a dead file system, so it is
// meant for os::BoundedWork.

// Says whether the program is there, and how it differs from `before`. `before` is what the run or
// the attempt saw first. It is empty if nobody had looked.
Result<std::string> look_at_program(const std::string& path,
                                    const std::optional<ProgramIdentity>& before);

// The same for files that the test reads, in one or two lines for each. For a missing file it adds
// what look_at_directory() says.
struct KnownFile {
  std::string path;
  std::optional<ProgramIdentity> before;
};
Result<std::string> look_at_inputs(const std::vector<KnownFile>& files);

// Says how many entries the program's directory has, and which have a similar name. If the
// directory is gone, it says how much of the path is left. It stops counting at `most` entries and
// says so.
inline constexpr std::size_t k_most_entries = 200'000;
Result<std::string> look_at_directory(const std::string& path, std::size_t most = k_most_entries);

// Memory, load and locks of the machine at this moment.

// Reads the texts of /proc/meminfo and /proc/loadavg, see proc(5). Pure.
Result<std::string> describe_machine(std::string_view meminfo, std::string_view loadavg,
                                     long processors);
Result<std::string> look_at_machine();

// The first ten of the locks at `places` (values/lock_spec.hpp) that are in use, as this user
// sees them.
Result<std::string> look_at_locks(const std::vector<std::string>& places);

// What git says of the sources.
os::BoundedOrder git_status_order(const std::string& directory, Milliseconds time);

Finding git_finding(const os::BoundedEnd& end, const std::string& directory, Milliseconds time);

// How many files in the output of `git status --porcelain=v1 -z` differ from what is committed,
// with the first ten. `cut`: the output went on. Pure.
std::string describe_git_status(std::string_view porcelain, bool cut);

struct Subject {
  std::string program;                    // absolute; empty: unknown, left out
  std::optional<ProgramIdentity> before;  // as the run, or the first attempt, knew it
  std::string sources;                    // a directory of the project; empty: git is left out
  std::vector<std::string> locks;         // their places (values/lock_spec.hpp); none: left out
  std::vector<KnownFile> inputs = {};     // of the test; empty: left out
  bool is_on_this_machine = true;         // the test ran here, so the machine is looked at
};

inline constexpr Milliseconds k_probe_time{2000};

// Each probe runs in a process of its own, all at once. Each is ended after `time`, or with this
// object. So all of them together hardly take longer than `time`.
class Probes {
 public:
  // Starts them.
  explicit Probes(const Subject& subject, Milliseconds time = k_probe_time);

  // The caller waits for these, together with whatever else it waits for.
  std::vector<os::BoundedWork*> works() const;
  // What the probes found. A probe that has not ended counts as cut short.
  std::vector<Finding> findings() const;

 private:
  struct Probe {
    std::string name;
    std::unique_ptr<os::BoundedWork> work;
  };

  void add(std::string name, const os::BoundedOrder& order);
  void add(std::string name, std::function<Result<std::string>()> look);

  std::string sources_;
  Milliseconds time_;
  std::vector<Probe> probes_;
};

}  // namespace holdfast::forensics
