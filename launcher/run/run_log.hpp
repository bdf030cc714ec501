// ctest's log of one run: the witness of its verdicts. And the turn to open it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "ctest/ctest_log.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

// A descriptor of a process, by its number.
struct DescriptorOf {
  pid_t process = 0;
  std::string number;
};

// `…/Testing/Temporary/LastTest[_<tag>].log[.tmp[<hex>]][ (deleted)]`: CMake 4.3 adds the digits,
// and the kernel adds `(deleted)`. If `.tmp` is missing, another ctest has taken the file for its
// own and renamed it. LastTestsFailed.log and the like are no logs.
struct LogName {
  std::string directory;
  std::string tag;             // of a script's log, else empty
  bool is_ctests_own = false;  // CMake 4.3 or later: it has digits, so no other ctest uses it

  friend bool operator==(const LogName&, const LogName&) = default;
};
std::optional<LogName> parse_log_name(std::string_view path);

// Returns the index of the file that was made last; nothing: that is not certain. A file has no
// time of birth if the file system does not say.
std::optional<std::size_t> latest_of(const std::vector<std::optional<std::int64_t>>& births);

// Where a ctest writes its log.
struct LogPlace {
  DescriptorOf file;
  os::FileId id;
  LogName name;
};

// Returns the log that `ctest` writes at this moment. Nothing: it writes none, or we may not see
// its descriptors. Does not block, and opens no log.
std::optional<LogPlace> find_log_of(const ProcessName& ctest);

// Holds the log by a descriptor of our own, from before the first test. The descriptor outlives
// what other ctests do to the name (they remove it or put their own log there), and it outlives
// ctest.
class RunLog {
 public:
  // Nothing: the log is gone.
  static std::optional<RunLog> open(LogPlace place);

  CtestLogFile file() const { return {held_.get(), place_.name.directory, place_.name.tag}; }
  // True: ctest has written its last line, so all its tests have ended.
  bool is_whole() const { return is_whole_log(held_.get()); }
  bool is_at(const LogPlace& place) const { return place_.id == place.id; }

  // True: the file goes on beyond ctest's offset. Another ctest that opened the same file wrote
  // there (docs/internals/decisions/0028). To be called while ctest does not write.
  bool has_foreign_end() const;
  // Cuts off the part beyond ctest's offset. The other ctest must have ended. False: the part
  // stays.
  bool cut_foreign_end() const;
  // True: a process other than ctest and its descendants has the log open for writing. Looks at all
  // processes.
  bool is_written_elsewhere(const ProcessName& ctest) const;

  bool has_own_name() const { return place_.name.is_ctests_own; }

  // Starts the watch that was_opened() reads. False: the kernel gives us no inotify(7).
  bool watch_openings();
  // True: somebody opened the file, to read or to write, after watch_openings() and before ctest
  // gave the file its last name at the end. Always false without a watch.
  bool was_opened() const;

 private:
  RunLog(os::UniqueFd held, LogPlace place) : held_(std::move(held)), place_(std::move(place)) {}

  std::optional<std::int64_t> offset_of_ctest() const;

  os::UniqueFd held_;
  LogPlace place_;
  os::UniqueFd openings_;            // inotify(7)
  mutable bool was_opened_ = false;  // what the watch has told so far
};

// --- The turn to open the log ---------------------------------------------------------------
//
// Before CMake 4.3 ctest removes `LastTest.log.tmp` and then makes it
// anew. If two ctests begin at the same moment, both may have removed the file before one of them
// makes it. Then both open the same file and overwrite each other. So ctests that may begin side by
// side open their logs one after the other (docs/internals/decisions/0028).

// Takes the turn for `ctest`, which is about to open its log, and hands it to ctest's keeper. Waits
// some seconds at most for other ctests to open theirs. A ctest without a keeper needs no turn. On
// an error (another user's tree, or no turn in time) ctest goes on without the turn. The error is
// one line that fits after "failed to".
Result<void> take_log_turn(const std::string& tree, const ProcessName& ctest);

// The keeper's side of the turn. The keeper gives the turn back when its ctest has opened the log.
class LogTurn {
 public:
  void begin(os::UniqueFd lock);
  // Returns when to look next; k_longest: ctest does not have the turn.
  Milliseconds due() const { return lock_.valid() ? due_ : k_longest; }
  void look(const ProcessName& ctest);

 private:
  os::UniqueFd lock_;
  Milliseconds due_{0};
  Milliseconds until_{0};
  Milliseconds interval_{0};
};

}  // namespace holdfast
