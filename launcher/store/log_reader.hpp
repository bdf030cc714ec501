// Reads the log of a run (docs/reference/log.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/log/log_line.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

// Reads a log from its oldest line on, and then what is added to it.
class LogReader {
 public:
  // `directory`: that of the run.
  explicit LogReader(const std::filesystem::path& directory);

  // The lines that have come since the last call, those that were there at the first call in the
  // order of their times. A line that Holdfast cannot have written is one of the part `?`.
  std::vector<LogLine> take_lines();

 private:
  // True: the keeper has begun a new file since this one was opened.
  bool is_replaced() const;
  void read_to_end(const os::UniqueFd& file, std::vector<LogLine>& lines);

  std::string path_;
  os::UniqueFd file_;
  std::string rest_;  // of a line that is not whole
  bool has_begun_ = false;
};

}  // namespace holdfast
