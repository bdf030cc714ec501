// Where a line reaches the user after ctest has ended.
//
// Hazards. A keeper that held ctest's stderr until then would block a process that reads it to its
// end (`ctest | cat`, `out=$(ctest)`), for ever if the keeper is stopped. So this class holds
// nothing open. It remembers which file stderr was, and who else has it open.
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

  // Writes one line, as it is, to the file that was ctest's stderr. It tries ctest's nearest
  // ancestor that has the file open too (the shell, a script), then the name of the terminal or
  // file. Last comes the stderr of the process that started ctest, if that is a terminal. A pipe
  // that only ctest wrote to gets nothing.
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
