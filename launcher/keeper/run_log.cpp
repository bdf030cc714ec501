#include "keeper/run_log.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/attach.hpp"
#include "os/ancestry.hpp"
#include "os/file_text.hpp"
#include "os/proc_numbers.hpp"
#include "os/process.hpp"

namespace holdfast {
namespace {

struct Name {
  std::string directory;
  std::string tag;
};

// `…/Testing/Temporary/LastTest[_<tag>].log[.tmp[<hex>]][ (deleted)]`: the digits are there from
// CMake 4.3 on, the last word is the kernel's. Without `.tmp` another ctest has renamed it, which
// took it for its own. LastTestsFailed.log and its like are none.
std::optional<Name> parse_name(std::string_view path) {
  constexpr std::string_view k_directory = "/Testing/Temporary";
  constexpr std::string_view k_stem = "/LastTest";
  constexpr std::string_view k_end = ".log";
  constexpr std::string_view k_tmp = ".tmp";
  constexpr std::string_view k_deleted = " (deleted)";
  if (path.ends_with(k_deleted)) path.remove_suffix(k_deleted.size());
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string_view name = path.substr(slash);
  const std::string_view directory = path.substr(0, slash);
  const std::size_t end = name.rfind(k_end);
  if (!directory.ends_with(k_directory) || !name.starts_with(k_stem) ||
      end == std::string_view::npos || end < k_stem.size()) {
    return std::nullopt;
  }
  std::string_view digits = name.substr(end + k_end.size());
  if (digits.starts_with(k_tmp))
    digits.remove_prefix(k_tmp.size());
  else if (!digits.empty())
    return std::nullopt;
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return std::nullopt;
  const std::string_view tag = name.substr(k_stem.size(), end - k_stem.size());
  if (!tag.empty() && tag.front() != '_') return std::nullopt;
  return Name{std::string(directory), std::string(tag)};
}

std::optional<struct stat> status_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? std::optional(status) : std::nullopt;
}

using Inode = std::pair<dev_t, ino_t>;

// Leads to the file itself, which may have no name any more.
std::string link_of(const DescriptorOf& file) {
  return os::in_proc(file.process, "fd/" + file.number);
}

// From `/proc/<pid>/fdinfo/<number>`. proc(5)
std::optional<std::int64_t> number_in_fdinfo(const DescriptorOf& file, std::string_view field,
                                             int base) {
  const Result<std::string> text =
      os::read_file(os::in_proc(file.process, "fdinfo/" + file.number));
  const std::size_t place = text ? text->find(field) : std::string::npos;
  if (place == std::string::npos) return std::nullopt;
  return std::strtoll(text->c_str() + place + field.size(), nullptr, base);
}

// As ctest opens its log: who only reads one, or has its output appended to one, writes no log.
bool is_written_as_a_log(const DescriptorOf& file) {
  const std::optional<std::int64_t> flags = number_in_fdinfo(file, "flags:", 8);
  return flags && (*flags & O_ACCMODE) != O_RDONLY && (*flags & O_APPEND) == 0;
}

// `use(file, name)` for each log that the process writes.
template <typename Use>
void for_each_log_of(pid_t process, Use use) {
  const std::string directory = os::in_proc(process, "fd");
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(directory.c_str()), &::closedir);
  if (!entries) return;
  while (const dirent* entry = ::readdir(entries.get())) {
    const DescriptorOf file{process, entry->d_name};
    char path[PATH_MAX + 32];
    const ssize_t length = ::readlink(link_of(file).c_str(), path, sizeof path);
    if (length <= 0) continue;
    std::optional<Name> name = parse_name({path, static_cast<std::size_t>(length)});
    if (name && is_written_as_a_log(file)) use(file, *std::move(name));
  }
}

// Whether one above `ctest` has that log open: a ctest inside a test is handed down the log of the
// ctest around it. Under the same number, since a fork keeps numbers; so one look at each will do.
bool is_of_an_ancestor(const ProcessName& ctest, const std::string& number, const Inode& log) {
  const std::vector<ProcessName> above = os::ancestors_of(ctest);
  return std::any_of(above.begin(), above.end(), [&](const ProcessName& one) {
    struct stat status {};
    return ::stat(link_of({one.pid, number}).c_str(), &status) == 0 &&
           Inode(status.st_dev, status.st_ino) == log;
  });
}

// When the file was made, in nanoseconds; nothing where the file system does not say.
std::optional<std::int64_t> birth_of(int descriptor) {
  struct statx info {};
  if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &info) != 0) return std::nullopt;
  if ((info.stx_mask & STATX_BTIME) == 0) return std::nullopt;
  return std::int64_t{info.stx_btime.tv_sec} * 1'000'000'000 + info.stx_btime.tv_nsec;
}

}  // namespace

std::optional<RunLog> RunLog::of(const ProcessName& ctest) {
  std::vector<RunLog> found;
  std::set<Inode> seen;
  for_each_log_of(ctest.pid, [&](const DescriptorOf& file, Name name) {
    os::UniqueFd held(::open(link_of(file).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    const std::optional<struct stat> status = status_of(held.get());
    if (!status || !S_ISREG(status->st_mode)) return;
    const Inode log(status->st_dev, status->st_ino);
    if (!seen.insert(log).second) return;
    if (is_of_an_ancestor(ctest, file.number, log)) return;
    const int descriptor = held.get();
    found.push_back(RunLog(std::move(held),
                           {descriptor, std::move(name.directory), std::move(name.tag)}, file));
  });
  if (found.empty() || !os::is_alive(ctest)) return std::nullopt;
  if (found.size() == 1) return std::move(found.front());
  // One whose ctest has died, or is out of sight in a PID namespace: ctest's own is the latest.
  const auto is_older = [](const RunLog& a, const RunLog& b) {
    return birth_of(a.file_.descriptor) < birth_of(b.file_.descriptor);
  };
  const auto latest = std::max_element(found.begin(), found.end(), is_older);
  const auto alike = std::count_if(found.begin(), found.end(), [&](const RunLog& one) {
    return birth_of(one.file_.descriptor) == birth_of(latest->file_.descriptor);
  });
  if (alike > 1) return std::nullopt;
  return std::move(*latest);
}

bool RunLog::is_nameless() const {
  const std::optional<struct stat> status = status_of(held_.get());
  return !status || status->st_nlink == 0;
}

bool RunLog::is_same_as(const RunLog& other) const {
  const std::optional<struct stat> own = status_of(held_.get());
  const std::optional<struct stat> its = status_of(other.held_.get());
  return own && its && own->st_dev == its->st_dev && own->st_ino == its->st_ino;
}

std::optional<std::int64_t> RunLog::offset_of_ctest() const {
  return number_in_fdinfo(ctests_descriptor_, "pos:", 10);
}

bool RunLog::has_foreign_end() const {
  const std::optional<struct stat> status = status_of(held_.get());
  const std::optional<std::int64_t> offset = offset_of_ctest();
  return status && offset && status->st_size > *offset;
}

bool RunLog::cut_foreign_end() const {
  const std::optional<std::int64_t> offset = offset_of_ctest();
  const os::UniqueFd log(
      ::open(link_of(ctests_descriptor_).c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  return offset && log.valid() && ::ftruncate(log.get(), *offset) == 0;
}

bool RunLog::is_written_elsewhere(const ProcessName& ctest) const {
  const std::optional<struct stat> own = status_of(held_.get());
  bool is_written = false;
  os::for_each_process([&](pid_t pid) {
    if (is_written || pid == ctest.pid || os::is_below(pid, ctest.pid)) return;
    for_each_log_of(pid, [&](const DescriptorOf& file, const Name&) {
      struct stat its {};
      is_written = is_written || (own && ::stat(link_of(file).c_str(), &its) == 0 &&
                                  its.st_dev == own->st_dev && its.st_ino == own->st_ino);
    });
  });
  return is_written;
}

}  // namespace holdfast
