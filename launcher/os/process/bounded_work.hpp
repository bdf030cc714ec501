// Work that is limited in time and leaves no process: commands, what may hang, git.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"

namespace holdfast::os {

struct BoundedOrder {
  // The work is either this command, whose [0] is looked up in our own PATH.
  std::vector<std::string> words;
  // Or the work is this function, which runs in a process of its own. The function must not need
  // threads. Its result is the output. If it fails, the output is the error's text, and the exit
  // code is 1.
  std::function<Result<std::string>()> work;
  std::vector<std::string> environment;  // `NAME=VALUE`, complete; for a command
  std::string directory;                 // empty: ours; for a command
  std::string input;                     // what a command reads on stdin; empty: /dev/null
  Milliseconds time{0};
  std::size_t most_output = 64 * 1024;  // more is read and dropped
  bool errors_apart = false;            // stderr goes to `errors` instead of the output
};

// What the runner reports when nothing of the work is left.
struct BoundedReport {
  enum class Kind : std::uint8_t {
    exited,
    signalled,
    too_late,     // the time was over, and the work was ended
    not_started,  // `code` is errno
  };
  Kind kind = Kind::not_started;
  int code = 0;

  // It exited with 0.
  bool ended_well() const { return kind == Kind::exited && code == 0; }
};

struct BoundedEnd : BoundedReport {
  std::string output;
  std::string errors;       // its first 4 KiB
  bool output_cut = false;  // there was more
};

// Runs a command, or work of our own that may hang (a dead network file system). The work runs
// beside this process and for a limited time. No process of it is left afterwards, however it ends.
//
// We fork a runner, which is a subreaper in a session of its own. The work is the runner's child.
// When the work is done, the time is over, or this process dies, the runner ends everything below
// itself by end_tree().
class BoundedWork {
 public:
  // Starts the work at once.
  explicit BoundedWork(const BoundedOrder& order);
  // Makes the runner end unfinished work. Does not wait for that.
  ~BoundedWork();

  // Readable when go_on() has something to do.
  int fd() const { return news_.get(); }
  // Adds what the next go_on() waits for, if the work is not done.
  void join(Wait& wait) const;
  // Returns the latest time for the next go_on(), on the clock of monotonic_now().
  Milliseconds deadline() const { return deadline_; }
  // Takes the output and the report that are there. Never waits. True: the work is done, and end()
  // is complete.
  bool go_on();
  bool is_done() const { return done_; }
  const BoundedEnd& end() const { return end_; }

 private:
  void start(const BoundedOrder& order);
  void fail(int error);
  void read_output();
  bool read_report();
  void finish();

  BoundedEnd end_;
  UniqueFd news_;  // epoll for output_ and report_
  UniqueFd output_;
  UniqueFd report_;  // the runner ends when this is closed, by us or by our death
  UniqueFd errors_;
  std::size_t most_output_;
  Milliseconds deadline_;
  pid_t runner_ = -1;
  bool done_ = false;
};

// Waits for all of `works`, which run at the same time.
void await(const std::vector<BoundedWork*>& works);
BoundedEnd run_bounded(const BoundedOrder& order);

// What a command came to that should have ended with 0, in words, with the last line of its output;
// empty: it did.
std::string trouble_with(const std::string& command, const BoundedEnd& end);

// Asks git without side effects: it asks for no password, starts no daemon, and refreshes no index
// on disk as long as the command obeys GIT_OPTIONAL_LOCKS. `git status` does, `git diff` does not.
//
// git looks for the repository around the directory. Its own variables are left out, because they
// may lead to another one (a git hook sets them). Those are kept that configure git
// (GIT_CONFIG_GLOBAL, GIT_CONFIG_COUNT …), and those that say how far up it may look.

// What git prints on stderr is apart.
BoundedOrder git_order(const std::string& directory, const std::vector<std::string>& arguments,
                       Milliseconds time);

// Why there is no answer, as a clause: "git is not installed", "git: Needed a single revision".
// Empty: git ended with 0. `time` is that of the order.
std::string trouble_with_git(const BoundedEnd& end, Milliseconds time);

// What git printed, whole. The error is that clause, or says that the output was too long.
Result<std::string> answer_of_git(BoundedEnd end, const BoundedOrder& order);
Result<std::string> ask_git(const BoundedOrder& order);

}  // namespace holdfast::os
