#include "exec/batch/batch_report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/base/names.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases.
constexpr std::size_t k_longest_part = 64UL * 1024UL * 1024UL;

std::string local_time() {
  const time_t now = os::unix_now_ms() / 1000;
  struct tm parts {};
  char text[32] = "";
  if (::localtime_r(&now, &parts) != nullptr) {
    (void)::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  return text;
}

// As GoogleTest does.
void make_directories_of(const std::string& file) {
  for (std::size_t at = file.find('/', 1); at != std::string::npos; at = file.find('/', at + 1)) {
    (void)::mkdir(file.substr(0, at).c_str(), 0777);
  }
}

// The report takes its place only when it is whole.
Result<void> put(const std::string& file, std::string_view text) {
  make_directories_of(file);
  const std::string draft = file + "." + std::to_string(::getpid());
  {
    const os::UniqueFd made(::openat(AT_FDCWD, draft.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!made.valid()) return os::system_error("write " + file);
    if (!os::write_all(made.get(), text)) {
      Error error = os::system_error("write " + file);
      ::unlink(draft.c_str());
      return error;
    }
  }
  if (::rename(draft.c_str(), file.c_str()) == 0) return {};
  Error error = os::system_error("write " + file);
  ::unlink(draft.c_str());
  return error;
}

}  // namespace

std::string parts_in(const std::string& markers) {
  return markers.empty() ? markers : markers + "/" + std::string(names::k_report_parts_directory);
}

void keep_part(const std::string& file, const std::string& parts) {
  const Result<std::string> text = os::read_file(file, k_longest_part);
  (void)::unlink(file.c_str());
  if (!text) return;
  const std::string path =
      parts + "/" + std::to_string(::getpid()) + "-" + std::to_string(os::monotonic_now_us());
  const Result<os::UniqueFd> kept = os::open_own(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (kept) (void)os::write_all(kept->get(), *text);
}

BatchReport::BatchReport(std::string file, const std::string& markers)
    : file_(std::move(file)), parts_(parts_in(markers)) {}

void BatchReport::begin(Cases cases) {
  if (!is_wanted()) return;
  began_ = local_time();
  (void)os::make_own_directories(parts_, 0700);
  if (cases == Cases::all) return;
  const Result<std::string> earlier = os::read_file(file_, k_longest_part);
  if (earlier) merge_.add(*earlier);
}

Result<void> BatchReport::write(const std::vector<CaseResult>& results) {
  if (!is_wanted()) return {};
  for (const std::string& name : os::names_in_own(parts_)) {
    const Result<std::string> part = os::read_own(parts_ + "/" + name, k_longest_part);
    if (part) merge_.add(*part);
  }
  (void)os::remove_directory(parts_);
  return put(file_, merge_.text(results, began_));
}

}  // namespace holdfast::exec
