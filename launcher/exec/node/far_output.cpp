#include "exec/node/far_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "core/base/parts.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::exec {
namespace {

constexpr int k_pipe_size = 1024 * 1024;
constexpr std::string_view k_own_words = "holdfast: ";

// slurmstepd shares the flags of our stdout, so it is opened again.
os::UniqueFd own_stdout() {
  struct stat info {};
  if (::fstat(STDOUT_FILENO, &info) == 0 && S_ISFIFO(info.st_mode)) {
    os::UniqueFd again(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (again.valid()) return again;
  }
  return os::UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
}

constexpr std::array<FarChannel, 2> k_streams{FarChannel::output, FarChannel::errors};

}  // namespace

FarOutput::FarOutput() : out_(own_stdout()) {}

Result<void> FarOutput::open(bool one_stream) {
  for (std::size_t i = 0; i < read_.size(); ++i) {
    if (i == 1 && one_stream) continue;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("make a pipe for a test's output");
    read_[i] = os::UniqueFd(ends[0]);
    write_[i] = os::UniqueFd(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[0], F_SETPIPE_SZ, k_pipe_size);
  }
  return {};
}

void FarOutput::close_ours() {
  out_.reset();
  for (os::UniqueFd& end : read_) end.reset();
}

void FarOutput::begin() {
  for (os::UniqueFd& end : write_) end.reset();
  // What a site prints before its tasks may end without a newline; srun would then wait for one.
  waiting_ += '\n';
  add_frames(FarChannel::started, {}, waiting_);
  write();
}

void FarOutput::add_descriptors(std::vector<pollfd>& fds) const {
  if (!waiting_.empty()) fds.push_back({out_.get(), POLLOUT, 0});
  if (waiting_.size() > k_most_waiting) return;
  for (const os::UniqueFd& end : read_) {
    if (end.valid()) fds.push_back({end.get(), POLLIN, 0});
  }
}

void FarOutput::pass_on() {
  if (waiting_.size() <= k_most_waiting) read_pipes();
  write();
}

bool FarOutput::read_pipes() {
  bool was_there = false;
  static char part[64 * 1024];
  for (std::size_t i = 0; i < read_.size(); ++i) {
    while (read_[i].valid() && waiting_.size() <= 2 * k_most_waiting) {
      const ssize_t count = os::retried([&] { return ::read(read_[i].get(), part, sizeof part); });
      if (count < 0 && errno == EAGAIN) break;
      if (count <= 0) {
        read_[i].reset();
        break;
      }
      was_there = true;
      const std::string_view bytes(part, static_cast<std::size_t>(count));
      if (i < k_streams.size()) {
        add_frames(k_streams[i], bytes, waiting_);
        continue;
      }
      line_ += bytes;
      while (line_.find('\n') != std::string::npos) {
        std::string_view rest = line_;
        std::string_view line = take_part(rest, '\n');
        if (line.starts_with(k_own_words)) line.remove_prefix(k_own_words.size());
        add_frames(FarChannel::said, line, waiting_);
        line_.erase(0, line_.size() - rest.size());
      }
    }
  }
  return was_there;
}

void FarOutput::write() {
  std::size_t done = 0;
  while (!is_gone_ && done < waiting_.size()) {
    const ssize_t count = os::retried(
        [&] { return ::write(out_.get(), waiting_.data() + done, waiting_.size() - done); });
    if (count < 0) {
      is_gone_ = errno != EAGAIN;
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  if (is_gone_) done = waiting_.size();
  waiting_.erase(0, done);
}

void FarOutput::take_rest(int slurmstepd) {
  // Who goes on writing must not keep us: the test's own output was in the pipes when it ended.
  std::size_t left = read_.size() * static_cast<std::size_t>(k_pipe_size);
  while (left > 0) {
    finish(slurmstepd);
    if (!read_pipes()) break;
    left -= std::min(left, waiting_.size());
  }
  for (os::UniqueFd& end : read_) end.reset();
}

void FarOutput::finish(int slurmstepd) {
  write();
  while (!waiting_.empty()) {
    pollfd fds[] = {{out_.get(), POLLOUT, 0}, {slurmstepd, POLLIN, 0}};
    ::poll(fds, 2, -1);
    if (fds[1].revents != 0) return give_up();
    write();
  }
}

void FarOutput::end(std::string_view record, int slurmstepd) {
  add_frames(FarChannel::ended, record, waiting_);
  add_frames(FarChannel::ended, {}, waiting_);
  finish(slurmstepd);
}

void FarOutput::give_up() {
  is_gone_ = true;
  waiting_.clear();
}

}  // namespace holdfast::exec
