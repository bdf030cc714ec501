#include "services/service_log.hpp"

#include <fcntl.h>

#include <algorithm>

#include "journal/kept_output.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::host {
namespace {

constexpr std::size_t k_remembered = 4096;
constexpr unsigned k_last_lines = 10;
constexpr std::size_t k_copied_at_once = 64 * 1024;

Result<os::UniqueFd> make_file(const std::string& path) {
  return os::open_own(path, O_WRONLY | O_CREAT | O_TRUNC);
}

}  // namespace

Result<ServiceLog> ServiceLog::open(const std::string& path, std::uint64_t limit) {
  ServiceLog log;
  log.path_ = path;
  log.half_ = limit / 2;
  HOLDFAST_TRY(log.head_, make_file(path));
  return log;
}

void ServiceLog::add(std::string_view text) {
  last_.append(text);
  if (last_.size() > k_remembered) last_.erase(0, last_.size() - k_remembered);
  add_to_head(text);
  add_to_tail(text);
}

// Takes what it has written off `text`.
void ServiceLog::add_to_head(std::string_view& text) {
  if (size_ >= half_) return;
  const std::size_t room =
      static_cast<std::size_t>(std::min<std::uint64_t>(half_ - size_, text.size()));
  (void)os::write_all(head_.get(), text.substr(0, room));
  size_ += room;
  text.remove_prefix(room);
}

void ServiceLog::add_to_tail(std::string_view text) {
  while (!text.empty()) {
    if (!tail_.valid() || in_tail_ >= half_) {
      if (tail_.valid()) {
        (void)os::rename_own(tail_path(false), tail_path(true));
        in_old_ = in_tail_;
      }
      tail_ = make_file(tail_path(false)).value_or({});
      in_tail_ = 0;
    }
    const std::size_t room = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max<std::uint64_t>(half_, 1) - in_tail_, text.size()));
    if (os::write_all(tail_.get(), text.substr(0, room))) in_tail_ += room;
    size_ += room;
    text.remove_prefix(room);
  }
}

std::string ServiceLog::last_lines() const {
  std::size_t line_feed = last_.size() - (last_.ends_with('\n') ? 1 : 0);
  for (unsigned n = 0; n < k_last_lines && line_feed != std::string::npos; ++n) {
    line_feed = std::string_view(last_).substr(0, line_feed).rfind('\n');
  }
  std::string lines = last_.substr(line_feed + 1);
  // A message cannot hold NUL bytes, and these lines go into messages.
  std::ranges::replace(lines, '\0', ' ');
  if (!lines.empty() && !lines.ends_with('\n')) lines += '\n';
  return lines;
}

void ServiceLog::append_file(const std::string& path, std::uint64_t from) {
  const Result<os::UniqueFd> file = os::open_own(path, O_RDONLY);
  if (!file) return;
  (void)::lseek(file->get(), static_cast<off_t>(from), SEEK_SET);
  std::string part;
  while (os::read_all(file->get(), part, k_copied_at_once) && !part.empty()) {
    (void)os::write_all(head_.get(), part);
  }
}

void ServiceLog::close() {
  const std::uint64_t in_tails = in_old_ + in_tail_;
  if (size_ > half_) {
    // Both tails together may give as much as one of them may hold.
    const std::uint64_t surplus = in_tails > half_ ? in_tails - half_ : 0;
    const std::uint64_t beyond_head = size_ - half_;
    const std::uint64_t left_out = beyond_head - std::min(beyond_head, in_tails - surplus);
    if (left_out > 0) (void)os::write_all(head_.get(), mark_of_gap(left_out));
    append_file(tail_path(true), std::min(surplus, in_old_));
    // The old tail goes before more is written, so that the files never exceed twice the limit.
    (void)os::remove_own(tail_path(true));
    append_file(tail_path(false), surplus - std::min(surplus, in_old_));
  }
  tail_.reset();
  head_.reset();
  (void)os::remove_own(tail_path(true));
  (void)os::remove_own(tail_path(false));
}

}  // namespace holdfast::host
