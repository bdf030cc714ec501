// Finds where a line reaches the user after ctest has ended.
//
// Hazards. If the keeper held ctest's stderr until then, it would block a process that reads stderr
// to the end (`ctest | cat`, `out=$(ctest)`). If the keeper is stopped, it would block that process
// for ever. So this class holds nothing open. It remembers which file stderr was, and which other
// processes have that file open.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class UserTerminal {
 public:
  // Must be made while `ctest` lives.
  explicit UserTerminal(const ProcessName& ctest);

  // Writes one line, as it is, to the file that was ctest's stderr. Tries three ways in turn. The
  // first is the nearest ancestor of ctest that has the file open too (the shell, a script). The
  // second is the name of the terminal or file. The last is the stderr of the process that started
  // ctest, if that stderr is a terminal. A pipe to which ctest alone wrote gets nothing.
  void say(std::string_view line) const;

 private:
  os::UniqueFd open() const;
  bool is_same(const struct stat& info) const;
  bool is_it(const std::string& path) const;

  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::string path_;  // the name of the terminal or file
  std::vector<ProcessName> ancestors_;
};

}  // namespace holdfast
