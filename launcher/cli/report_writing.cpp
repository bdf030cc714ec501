#include "cli/report_writing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/commands.hpp"
#include "core/base/environment.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::cli {
namespace {

// Whether the path leads to the descriptor's file (/dev/stdout), to which other processes go on
// writing.
bool is_at(const std::string& path, int descriptor) {
  struct stat there {};
  struct stat here {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(descriptor, &here) == 0 &&
         there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written =
        os::retried([&] { return ::write(descriptor, text.data(), text.size()); });
    if (written < 0) return last_error();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

using WriteTo = std::function<void(const Write&)>;

// Writes piece by piece, in few system calls. After the first error it writes nothing more.
std::error_code write_pieces(int descriptor, const WriteTo& produce) {
  constexpr std::size_t k_piece = 64U << 10U;
  std::string waiting;
  std::error_code error;
  const auto flush = [&] {
    if (!error) error = write_all(descriptor, waiting);
    waiting.clear();
  };
  produce([&](std::string_view text) {
    waiting += text;
    if (waiting.size() >= k_piece) flush();
  });
  flush();
  return error;
}

std::error_code write_into(const std::filesystem::path& path, const WriteTo& produce) {
  constexpr mode_t k_as_umask_says = 0666;
  os::UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, k_as_umask_says));
  if (!file.valid()) return last_error();
  const std::error_code error = write_pieces(file.get(), produce);
  // A network file system may report a failed write as late as here.
  if (::close(file.release()) != 0 && !error) return last_error();
  return error;
}

std::error_code write_whole(const std::filesystem::path& path, const WriteTo& produce) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_type there = fs::status(path, error).type();
  const bool leads_nowhere = there == fs::file_type::not_found && fs::is_symlink(path, error);
  if (leads_nowhere || (there != fs::file_type::regular && there != fs::file_type::not_found)) {
    return write_into(path, produce);
  }
  error.clear();
  const fs::path target = there == fs::file_type::regular ? fs::canonical(path, error) : path;
  if (error) return error;
  const fs::path draft = fmt::format("{}.{}.tmp", target.string(), ::getpid());
  error = write_into(draft, produce);
  if (!error) fs::rename(draft, target, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(draft, ignored);
  return error;
}

// GitHub takes at most this much of a step.
constexpr std::size_t k_step_summary_limit = 1U << 20U;

// Adds to the page of the job, if GitHub Actions runs us.
Result<void> add_to_job_page(const RunReport& report, Outputs& outputs) {
  const std::string path = variable(environment::k_github_step_summary);
  if (path.empty()) return {};
  const os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  struct stat there {};
  if (!file.valid() || ::fstat(file.get(), &there) != 0) {
    return os::system_error("write the job's summary to " + path);
  }
  const auto taken = static_cast<std::size_t>(std::max<off_t>(there.st_size, 0));
  const std::size_t room = k_step_summary_limit - std::min(taken, k_step_summary_limit);
  if (const std::error_code error = write_all(file.get(), github_summary(report, outputs, room))) {
    return os::system_error("write the job's summary to " + path, error.value());
  }
  return {};
}

WriteTo producer_of(const LoadedReport& loaded, Format format) {
  return [&loaded, format](const Write& write) { produce(loaded, format, write); };
}

}  // namespace

void produce(const LoadedReport& loaded, Format format, const Write& write) {
  const bool in_jenkins = !variable(environment::k_jenkins_url).empty();
  render(loaded.report, *loaded.outputs, format, write,
         in_jenkins ? JunitReader::jenkins : JunitReader::any);
}

Result<LoadedReport> load_whole_report(const RunEntry& run, RunState state) {
  Result<RunReport> report = load_report(run, state);
  if (!report) return report.error();
  load_steps(*report, run);
  std::unique_ptr<Outputs> outputs = outputs_of(*report, run);
  return LoadedReport{std::move(*report), std::move(outputs)};
}

Result<void> add_to_page(const LoadedReport& loaded, Format format) {
  if (format != Format::github) return {};
  return add_to_job_page(loaded.report, *loaded.outputs);
}

Result<void> print_report(const LoadedReport& loaded, Format format) {
  if (const std::error_code error = write_pieces(STDOUT_FILENO, producer_of(loaded, format))) {
    return os::system_error("write to stdout", error.value());
  }
  return add_to_page(loaded, format);
}

Result<void> write_report(const LoadedReport& loaded, Format format,
                          const std::filesystem::path& path) {
  // Other processes go on writing to what /dev/stdout leads to.
  if (is_at(path.string(), STDOUT_FILENO)) return print_report(loaded, format);
  if (const std::error_code error = write_whole(path, producer_of(loaded, format))) {
    return os::system_error("write " + path.string(), error.value());
  }
  return add_to_page(loaded, format);
}

}  // namespace holdfast::cli
