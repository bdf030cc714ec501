#include "os/file/descriptors.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <ctime>

#include "base/text.hpp"

namespace holdfast::os {

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned first = 0;
  for (int fd : kept) {
    if (fd < 0) continue;
    const auto number = static_cast<unsigned>(fd);
    if (number > first) ::close_range(first, number - 1, 0);
    first = number + 1;
  }
  ::close_range(first, ~0U, 0);
}

void leave_standard_streams() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
}

Result<Pipe> make_pipe(int flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) != 0) return system_error("make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool wait_for(int fd, Milliseconds until, short events) {
  pollfd news{fd, events, 0};  // poll(2) leaves out -1
  while (true) {
    const int left = poll_time(until);
    const int ready = ::poll(&news, 1, left);
    if (ready == 1) return true;
    if (left == 0 || (ready < 0 && errno != EINTR)) return false;
  }
}

bool is_readable(int fd) { return fd >= 0 && wait_for(fd, Milliseconds{0}); }

bool is_hung_up(int fd) { return wait_for(fd, Milliseconds{0}, 0); }

bool has_lost_its_reader(int fd) {
  pollfd watched{fd, 0, 0};
  return ::poll(&watched, 1, 0) == 1 && (watched.revents & POLLERR) != 0;
}

Result<void> fill_closed_streams(UniqueFd& first) {
  constexpr int k_after_streams = STDERR_FILENO + 1;
  if (first.get() >= k_after_streams) return {};
  UniqueFd moved(::fcntl(first.get(), F_DUPFD_CLOEXEC, k_after_streams));
  if (!moved.valid()) return system_error("move a descriptor out of the way of stderr");
  first = std::move(moved);
  while (true) {
    UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.valid()) return system_error("open /dev/null");
    if (null.get() >= k_after_streams) return {};
    (void)null.release();
  }
}

Wait::Wait(std::initializer_list<int> readable, Milliseconds until) : until_(until) {
  for (const int fd : readable) on(fd);
}

void Wait::on(int fd, short events) {
  if (fd >= 0) descriptors_.push_back({fd, events, 0});
}

void Wait::until(Milliseconds time) { until_ = std::min(until_, time); }

int Wait::go() { return ::poll(descriptors_.data(), descriptors_.size(), time_left()); }

int Wait::go_for(std::chrono::nanoseconds time) {
  const timespec length{0, static_cast<long>(time.count())};
  return ::ppoll(descriptors_.data(), descriptors_.size(), &length, nullptr);
}

short Wait::news(int fd) const {
  unsigned all = 0;
  for (const pollfd& one : descriptors_) {
    if (one.fd == fd) all |= static_cast<unsigned short>(one.revents);
  }
  return static_cast<short>(all);
}

int Wait::time_left() const { return poll_time(until_); }

void pause_for(Milliseconds time) { Wait({}, monotonic_now() + time).go(); }

std::string working_directory() {
  char here[PATH_MAX];
  return ::getcwd(here, sizeof here) == nullptr ? std::string() : here;
}

std::string first_line_of(const std::string& path, std::size_t limit) {
  const Result<std::string> text = read_file(path, limit);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

std::optional<std::uint64_t> number_in(const std::string& path, std::string_view key) {
  const Result<std::string> text = read_file(path);
  return text ? number_behind(*text, key) : std::nullopt;
}

std::optional<FileId> file_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? std::optional(id_of(info)) : std::nullopt;
}

std::optional<FileId> file_at(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? std::optional(id_of(info)) : std::nullopt;
}

bool are_one_file(const std::string& one, const std::string& other) {
  const std::optional<FileId> file = file_at(one);
  return one == other || (file && file == file_at(other));
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string read_link(const std::string& path) {
  char target[PATH_MAX + 32];  // the kernel may add " (deleted)"
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string{};
}

std::string_view rest_of_line(std::string_view text, std::string_view label) {
  const std::string_view rest = text_after(text, label);
  return rest.substr(0, rest.find('\n'));
}

bool read_at(int file, std::uint64_t offset, void* into, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = retried([&] {
      return ::pread(file, static_cast<char*>(into) + filled, size - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (got <= 0) return false;
    filled += static_cast<std::size_t>(got);
  }
  return true;
}

bool read_all(int file, std::string& text, std::size_t limit) {
  // Most files are small. Their text takes no more memory than it needs, because the launcher has
  // little.
  char start[4096];
  ssize_t got = retried([&] { return ::read(file, start, std::min(limit, sizeof start)); });
  text.assign(start, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  std::size_t filled = text.size();
  while (got > 0 && filled < limit) {
    text.resize(std::min(limit, filled + std::max(filled, sizeof start)));
    got = retried([&] { return ::read(file, text.data() + filled, text.size() - filled); });
    if (got > 0) filled += static_cast<std::size_t>(got);
    text.resize(filled);
  }
  return got >= 0;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = retried([&] { return ::write(file, text.data(), text.size()); });
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// Opens without waiting, so that a planted FIFO cannot make it hang.
Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd file(retried([&] {
    return ::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  }));
  if (!file.valid()) return system_error("open " + path);
  std::string text;
  if (!read_all(file.get(), text, limit)) return system_error("read " + path);
  return text;
}

Result<UniqueFd> nameless_file(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.valid()) return file;
  // Some file systems cannot do that (NFS).
  std::string path = directory + "/holdfast-XXXXXX";
  file = UniqueFd(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) return system_error("make a temporary file in " + directory);
  ::unlink(path.c_str());
  return file;
}

Result<UniqueFd> memory_file(std::string_view text) {
  UniqueFd file(::memfd_create("holdfast", 0));
  if (!file.valid() || !write_all(file.get(), text)) return system_error("make a file in memory");
  (void)::lseek(file.get(), 0, SEEK_SET);
  return file;
}

Result<std::string> read_memory_file(int fd) {
  std::string text;
  if (::lseek(fd, 0, SEEK_SET) == 0 && read_all(fd, text)) return text;
  return system_error("read a file in memory");
}

}  // namespace holdfast::os
