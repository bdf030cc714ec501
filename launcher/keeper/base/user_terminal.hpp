// Where a line reaches the user once ctest has ended.
//
// Hazards. To hold ctest's stderr until then would keep who reads it to its end (`ctest | cat`,
// `out=$(ctest)`) from coming to its own end, for ever if the keeper is stopped. So nothing is
// held: it is remembered which file it was, and who else has it open.
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
  // To be made while ctest lives.
  explicit UserTerminal(const ProcessName& ctest);

  // One line, as it is shown, to what ctest had as stderr, by the nearest of its ancestors that
  // has it too (the shell, a script); else to a terminal or a file by its name; else to the stderr
  // of who started ctest, where that is a terminal. Nowhere when it was a pipe that only ctest
  // wrote to.
  void say(std::string_view line) const;

 private:
  os::UniqueFd open() const;
  bool is_same(const struct stat& info) const;
  bool is_it(const std::string& path) const;

  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::string path_;  // of a terminal or a file
  std::vector<ProcessName> ancestors_;
};

}  // namespace holdfast
