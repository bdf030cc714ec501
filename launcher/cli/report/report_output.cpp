#include "cli/report/report_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <system_error>

#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/held_signals.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// Whether there is a reason to stop.
using IsToStop = std::function<bool()>;

Result<void> write_until(int descriptor, std::string_view to, const Produce& produce,
                         const IsToStop& is_to_stop) {
  constexpr std::size_t k_piece = 64U << 10U;
  std::string waiting;
  std::optional<Error> failed;
  const auto flush = [&] {
    if (!failed && is_to_stop()) failed = Error{fmt::format("write {}: interrupted", to)};
    if (!failed && !os::write_all(descriptor, waiting)) {
      failed = os::system_error(fmt::format("write {}", to));
    }
    waiting.clear();
  };
  const Result<void> produced = produce([&](std::string_view text) {
    waiting += text;
    if (waiting.size() >= k_piece) flush();
    return !failed;
  });
  flush();
  return failed ? Result<void>(*failed) : produced;
}

Result<void> write_into(const fs::path& path, const std::string& to, const Produce& produce,
                        const IsToStop& is_to_stop) {
  constexpr mode_t k_as_umask_says = 0666;
  os::UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, k_as_umask_says));
  if (!file.valid()) return os::system_error("write " + to);
  Result<void> written = write_until(file.get(), to, produce, is_to_stop);
  // A network file system may report a failed write as late as here.
  if (::close(file.release()) != 0 && written) return os::system_error("write " + to);
  return written;
}

Result<void> write_beside(const fs::path& target, const std::string& to, const Produce& produce) {
  const os::HeldSignals signals;
  const fs::path draft = fmt::format("{}.{}.tmp", target.string(), ::getpid());
  Result<void> written = write_into(draft, to, produce, [&] { return signals.came(); });
  std::error_code error;
  if (written) fs::rename(draft, target, error);
  if (error) written = os::system_error("write " + to, error.value());
  if (!written) fs::remove(draft, error);
  return written;
}

}  // namespace

bool is_at(const std::string& path, int descriptor) {
  struct stat there {};
  struct stat here {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(descriptor, &here) == 0 &&
         there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

Result<void> write_pieces(int descriptor, std::string_view to, const Produce& produce) {
  return write_until(descriptor, to, produce, [] { return false; });
}

Result<void> write_whole(const fs::path& path, const Produce& produce) {
  const std::string to = path.string();
  std::error_code error;
  const fs::file_type there = fs::status(path, error).type();
  const bool leads_nowhere = there == fs::file_type::not_found && fs::is_symlink(path, error);
  if (leads_nowhere || (there != fs::file_type::regular && there != fs::file_type::not_found)) {
    return write_into(path, to, produce, [] { return false; });
  }
  error.clear();
  const fs::path target = there == fs::file_type::regular ? fs::canonical(path, error) : path;
  if (error) return os::system_error("write " + to, error.value());
  return write_beside(target, to, produce);
}

}  // namespace holdfast::cli
