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

// A process's descriptor, by its number.
struct DescriptorOf {
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

  // Whether the file goes on behind ctest's offset: then another ctest that has opened the same
  // file wrote there (docs/decisions/0028). ctest must not be writing.
  bool has_foreign_end() const;
  // Cuts that off. The other one must be through. False: it stays.
  bool cut_foreign_end() const;
  // Whether a process writes it that is neither ctest nor below ctest. Looks at all processes.
  bool is_written_elsewhere(const ProcessName& ctest) const;

 private:
  RunLog(os::UniqueFd held, CtestLogFile file, DescriptorOf ctests_descriptor)
      : held_(std::move(held)),
        file_(std::move(file)),
        ctests_descriptor_(std::move(ctests_descriptor)) {}

  std::optional<std::int64_t> offset_of_ctest() const;

  os::UniqueFd held_;
  CtestLogFile file_;
  DescriptorOf ctests_descriptor_;
};

}  // namespace holdfast
