// ctest's log of one run: the witness of its verdicts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/attach.hpp"
#include "os/unique_fd.hpp"
#include "store/ctest_log.hpp"

namespace holdfast {

// One of its descriptors, by its number.
struct OpenFileOf {
  pid_t process = 0;
  std::string number;
};

// Held by a descriptor of our own from before the first test on: what other ctests do to the name
// (removing it, putting their own log there) does not reach it, and ctest's death does not either.
class RunLog {
 public:
  // The log that `ctest` writes at this moment; none: it writes none, or its descriptors are not
  // ours to see. Does not block.
  static std::optional<RunLog> of(const ProcessName& ctest);

  const CtestLogFile& file() const { return file_; }
  // ctest has written its last line: its tests are through.
  bool is_whole() const { return is_whole_log(file_.descriptor); }
  // Another ctest has removed its name: nobody finds its contents any more.
  bool is_nameless() const;
  bool is_same_as(const RunLog& other) const;

  // Whether there is something behind the place that ctest is at. Another ctest wrote it, which has
  // opened the same file (docs/decisions/0028). ctest must not be writing.
  bool has_foreign_end() const;
  // Cuts that off. The other one must be through. False: it stays.
  bool cut_foreign_end() const;
  // Whether somebody who is not below `ctest` has it open, too. Looks at all processes.
  bool is_open_elsewhere(const ProcessName& ctest) const;

 private:
  RunLog(os::UniqueFd held, CtestLogFile file, OpenFileOf place)
      : held_(std::move(held)), file_(std::move(file)), place_(std::move(place)) {}

  std::optional<std::int64_t> place_of_ctest() const;

  os::UniqueFd held_;
  CtestLogFile file_;
  OpenFileOf place_;
};

}  // namespace holdfast
