#include "journal/log_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <iterator>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"

namespace holdfast {
namespace {

LogLine line_in(std::string_view text) {
  if (std::optional<LogLine> line = parse_log_line(text)) return *std::move(line);
  return {.part = "?", .message = std::string(text)};
}

}  // namespace

LogReader::LogReader(const std::filesystem::path& directory)
    : path_((directory / names::k_log_file).string()) {}

std::vector<LogLine> LogReader::take_lines() {
  std::vector<LogLine> lines;
  open_new_files();
  for (File& file : files_) read_to_end(file, lines);
  while (files_.size() > os::k_log_files) {
    if (!files_.front().rest.empty()) add(files_.front().rest, lines);
    files_.erase(files_.begin());
  }
  std::ranges::stable_sort(lines, {}, &LogLine::at_us);
  return lines;
}

std::vector<LogLine> LogReader::take_rest() {
  std::vector<LogLine> lines;
  for (File& file : files_) {
    if (!file.rest.empty()) add(std::exchange(file.rest, {}), lines);
  }
  return lines;
}

// The newest one is opened first. If the log is rotated meanwhile, one file is found twice, and
// none is overlooked.
void LogReader::open_new_files() {
  std::vector<File> found;
  const auto is_known = [&](const os::UniqueFd& fd) {
    const std::optional<os::FileId> id = os::file_of(fd.get());
    const auto is_it = [&](const File& file) { return os::file_of(file.fd.get()) == id; };
    return std::ranges::any_of(files_, is_it) || std::ranges::any_of(found, is_it);
  };
  for (unsigned number = 0; number < os::k_log_files; ++number) {
    Result<os::UniqueFd> fd = os::open_own(os::older_log(path_, number), O_RDONLY);
    if (fd && !is_known(*fd)) found.push_back({std::move(*fd), {}});
  }
  std::ranges::move(found.rbegin(), found.rend(), std::back_inserter(files_));
}

void LogReader::read_to_end(File& file, std::vector<LogLine>& lines) {
  std::string text;
  (void)os::read_all(file.fd.get(), text);
  file.rest += text;
  std::string_view left = file.rest;
  while (left.find('\n') != std::string_view::npos) add(take_part(left, '\n'), lines);
  file.rest.erase(0, file.rest.size() - left.size());
}

void LogReader::add(std::string_view text, std::vector<LogLine>& lines) {
  lines.push_back(line_in(text));
  std::int64_t& at = lines.back().at_us;
  if (at == 0) at = last_us_ == 0 ? os::unix_now_us() : last_us_;
  last_us_ = at;
}

}  // namespace holdfast
