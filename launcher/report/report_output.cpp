#include "report/report_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <system_error>

#include "base/environment.hpp"
#include "command/command.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/signal/replacing.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// Writes in few system calls. `to` is for messages: "stdout". `draft`: stops when a signal came.
Result<void> write_pieces(int descriptor, std::string_view to, const Produce& produce,
                          const os::Draft* draft = nullptr) {
  constexpr std::size_t k_piece = 64U << 10U;
  std::string waiting;
  std::optional<Error> failed;
  const auto flush = [&] {
    if (!failed && draft != nullptr && draft->signals.came())
      failed = Error{fmt::format("write {}: interrupted", to)};
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

// For a device, a pipe, and a link to a file that is not there yet.
Result<void> write_into(const std::string& to, const Produce& produce) {
  constexpr mode_t k_as_umask_says = 0666;
  const os::UniqueFd file(::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, k_as_umask_says));
  if (!file.valid()) return os::system_error("write " + to);
  return write_pieces(file.get(), to, produce);
}

// In a directory for everybody, others can leave links.
Result<void> look_at_link(const std::string& to) {
  struct stat info {};
  const bool is_link = ::lstat(to.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
  if (!is_link || os::is_trusted_owner(info.st_uid)) return {};
  return Error{
      fmt::format("write {}: found a link of user {}, expected one of this user", to, info.st_uid)};
}

// GitHub takes at most this much of a step.
constexpr std::size_t k_step_summary_limit = 1U << 20U;

Produce producer_of(const LoadedReport& loaded, Format format) {
  return [&loaded, format](const Take& take) {
    produce(loaded, format, take);
    return Result<void>();
  };
}

}  // namespace

Result<void> write_whole(const fs::path& path, const Produce& produce) {
  const std::string to = path.string();
  HOLDFAST_DO(look_at_link(to));
  std::error_code error;
  const fs::file_type there = fs::status(path, error).type();
  const bool leads_nowhere = there == fs::file_type::not_found && fs::is_symlink(path, error);
  if (leads_nowhere || (there != fs::file_type::regular && there != fs::file_type::not_found)) {
    return write_into(to, produce);
  }
  error.clear();
  const fs::path target = there == fs::file_type::regular ? fs::canonical(path, error) : path;
  if (error) return os::system_error("write " + to, error.value());
  return os::replace_file(target.string(), [&](const os::Draft& draft) {
    return write_pieces(draft.file, to, produce, &draft);
  });
}

void produce(const LoadedReport& loaded, Format format, const Write& write) {
  const bool in_jenkins = !variable(environment::k_jenkins_url).empty();
  render(loaded.report, *loaded.outputs, format, write,
         in_jenkins ? JunitReader::jenkins : JunitReader::any);
}

Result<void> add_to_page(const LoadedReport& loaded, Format format) {
  const std::string path = variable(environment::k_github_step_summary);
  if (format != Format::github || path.empty()) return {};
  const os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  struct stat there {};
  if (!file.valid() || ::fstat(file.get(), &there) != 0) {
    return os::system_error("write the job's summary to " + path);
  }
  const auto taken = static_cast<std::size_t>(std::max<off_t>(there.st_size, 0));
  const std::size_t room = k_step_summary_limit - std::min(taken, k_step_summary_limit);
  const std::string text = github_summary(loaded.report, *loaded.outputs, room);
  if (text.empty()) {
    return Error{
        fmt::format("write the job's summary to {}: it has {} bytes already, and GitHub takes {}",
                    path, taken, k_step_summary_limit)};
  }
  if (!os::write_all(file.get(), text)) {
    return os::system_error("write the job's summary to " + path);
  }
  return {};
}

Result<void> print_report(const LoadedReport& loaded, Format format) {
  HOLDFAST_DO(write_pieces(STDOUT_FILENO, "to stdout", producer_of(loaded, format)));
  return add_to_page(loaded, format);
}

Result<void> write_report(const LoadedReport& loaded, Format format,
                          const std::filesystem::path& path) {
  // Other processes go on writing to what /dev/stdout leads to.
  const std::optional<os::FileId> there = os::file_at(path.string());
  if (there && there == os::file_of(STDOUT_FILENO)) return print_report(loaded, format);
  HOLDFAST_DO(write_whole(path, producer_of(loaded, format)));
  return add_to_page(loaded, format);
}

}  // namespace holdfast::cli
