#include "store/log_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"

namespace holdfast {
namespace {

os::UniqueFd opened(const std::string& path) {
  Result<os::UniqueFd> file = os::open_own(path, O_RDONLY);
  return file ? std::move(*file) : os::UniqueFd();
}

LogLine line_in(std::string_view text) {
  if (std::optional<LogLine> line = parse_log_line(text)) return *std::move(line);
  LogLine foreign;
  foreign.part = "?";
  foreign.message = text;
  return foreign;
}

}  // namespace

LogReader::LogReader(const std::filesystem::path& directory)
    : path_((directory / names::k_log_file).string()) {}

std::vector<LogLine> LogReader::take_lines() {
  std::vector<LogLine> lines;
  if (!has_begun_) {
    has_begun_ = true;
    for (unsigned number = os::k_log_files - 1; number > 0; --number) {
      read_to_end(opened(os::older_log(path_, number)), lines);
    }
    file_ = opened(path_);
    read_to_end(file_, lines);
    std::ranges::stable_sort(lines, {}, &LogLine::at_us);
    return lines;
  }
  read_to_end(file_, lines);
  if (is_replaced()) {
    file_ = opened(path_);
    read_to_end(file_, lines);
  }
  return lines;
}

bool LogReader::is_replaced() const {
  struct stat there {};
  struct stat own {};
  if (::lstat(path_.c_str(), &there) != 0) return false;
  return !file_.valid() || ::fstat(file_.get(), &own) != 0 || own.st_ino != there.st_ino;
}

void LogReader::read_to_end(const os::UniqueFd& file, std::vector<LogLine>& lines) {
  std::string text;
  if (!file.valid() || !os::read_all(file.get(), text)) return;
  const std::string all = std::exchange(rest_, {}) + text;
  std::string_view left = all;
  for (std::size_t end; (end = left.find('\n')) != std::string_view::npos;) {
    lines.push_back(line_in(left.substr(0, end)));
    // What no time stands before belongs where it was found.
    if (lines.back().at_us == 0 && lines.size() > 1) lines.back().at_us = lines.end()[-2].at_us;
    left.remove_prefix(end + 1);
  }
  rest_ = left;
}

}  // namespace holdfast
