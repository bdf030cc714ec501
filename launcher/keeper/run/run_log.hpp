// ctest's log of one run: the witness of its verdicts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"
#include "store/ctest_log.hpp"

namespace holdfast {

// A process's descriptor, by its number.
struct DescriptorOf {
  pid_t process = 0;
  std::string number;
};

using FileId = std::pair<dev_t, ino_t>;  // stat(2)

// Where a log is that a ctest writes.
struct LogPlace {
  DescriptorOf file;
  FileId id;
  std::string directory;  // of its name
  std::string tag;        // of a script's log; else empty
  bool has_own_name;      // from CMake 4.3 on: no other ctest opens it
};

// The log that `ctest` writes at this moment; none: it writes none, or its descriptors are not ours
// to see. Does not block, and opens no log.
std::optional<LogPlace> find_log_of(const ProcessName& ctest);

// Held by a descriptor of our own from before the first test on: what other ctests do to the name
// (removing it, putting their own log there) does not reach it, and ctest's death does not either.
class RunLog {
 public:
  // None: it is not there any more.
  static std::optional<RunLog> open(LogPlace place);

  CtestLogFile file() const { return {held_.get(), place_.directory, place_.tag}; }
  // ctest has written its last line: its tests are through.
  bool is_whole() const { return is_whole_log(held_.get()); }
  // Another ctest has removed its name: nobody finds its contents any more.
  bool is_nameless() const;
  bool is_at(const LogPlace& place) const { return place_.id == place.id; }

  // Whether the file goes on behind ctest's offset: then another ctest that has opened the same
  // file wrote there (docs/internals/decisions/0028). ctest must not be writing.
  bool has_foreign_end() const;
  // Cuts that off. The other one must be through. False: it stays.
  bool cut_foreign_end() const;
  // Whether a process writes it that is neither ctest nor below ctest. Looks at all processes.
  bool is_written_elsewhere(const ProcessName& ctest) const;

  bool has_own_name() const { return place_.has_own_name; }

  // From here on was_opened() knows. False: the kernel has no inotify(7) for us.
  bool watch_openings();
  // Whether anybody has opened the file since then, for writing or reading, before ctest was
  // through and gave it its last name. False without a watch.
  bool was_opened() const;

 private:
  RunLog(os::UniqueFd held, LogPlace place) : held_(std::move(held)), place_(std::move(place)) {}

  std::optional<std::int64_t> offset_of_ctest() const;

  os::UniqueFd held_;
  LogPlace place_;
  os::UniqueFd openings_;            // inotify(7)
  mutable bool was_opened_ = false;  // what has been read of that
};

}  // namespace holdfast
