// Reads the log of a run (docs/reference/log.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/log_line.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

// Reads a log from its oldest line on, and then what is added to it.
class LogReader {
 public:
  // `directory`: that of the run.
  explicit LogReader(const std::filesystem::path& directory);

  // The lines that have come since the last call, in the order of their times. A line that Holdfast
  // cannot have written is one of the part `?`, and has the time of the line before it; without
  // one, the present time.
  std::vector<LogLine> take_lines();
  // What has no end of line: a write of it was cut off.
  std::vector<LogLine> take_rest();

 private:
  // One of the files. The keeper renames it when it begins a new one, and whoever has opened it
  // before that may still add lines.
  struct File {
    os::UniqueFd fd;
    std::string rest;  // of a line that is not whole
  };

  void open_new_files();
  void read_to_end(File& file, std::vector<LogLine>& lines);
  void add(std::string_view text, std::vector<LogLine>& lines);

  std::string path_;
  std::vector<File> files_;  // from the oldest one to the newest
  std::int64_t last_us_ = 0;
};

}  // namespace holdfast
