#include "exec/far/far_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/names.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {
namespace {

// A job has the whole environment in it.
constexpr std::size_t k_most = 16UL * 1024 * 1024;

void look_anew(const std::string& directory) {
  const Result<os::UniqueFd> seen = os::open_own_directory(directory);
}

Result<void> make_file(const std::string& path, std::string_view text) {
  const Result<os::UniqueFd> file = os::open_own(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return file.error();
  if (!os::write_all(file->get(), text)) return os::system_error("write to " + path);
  return {};
}

Result<void> put(const std::string& path, std::string_view text) {
  const std::string part = path + ".part";
  (void)os::remove_own(part);
  if (Result<void> made = make_file(part, text); !made) {
    (void)os::remove_own(part);
    return made;
  }
  return os::rename_own(part, path);
}

std::string text_in(const std::string& directory, const std::string& path) {
  look_anew(directory);
  Result<std::string> text = os::read_own(path, k_most);
  return text ? std::move(*text) : std::string();
}

}  // namespace

FarFiles::FarFiles(std::string directory, std::string attempt)
    : directory_(std::move(directory)), attempt_(std::move(attempt)) {}

FarFiles FarFiles::of_job(const std::string& job) {
  const std::size_t slash = std::min(job.size(), job.rfind('/'));
  std::string name = job.substr(std::min(job.size(), slash + 1));
  if (name.ends_with(names::k_far_job_suffix)) {
    name.resize(name.size() - names::k_far_job_suffix.size());
  }
  return {job.substr(0, slash), std::move(name)};
}

std::string FarFiles::path(std::string_view suffix) const {
  return text_of({directory_, "/", attempt_, suffix});
}

std::string FarFiles::job() const { return path(names::k_far_job_suffix); }

Result<void> FarFiles::begin(std::string_view job) const {
  if (Result<void> made = os::make_own_directories(directory_, 0700); !made) return made;
  if (Result<void> made = make_file(path(names::k_far_control_suffix), {}); !made) return made;
  return put(this->job(), job);
}

void FarFiles::remove_job() const { (void)os::remove_own(job()); }

void FarFiles::remove() const {
  for (const std::string_view suffix :
       {names::k_far_job_suffix, names::k_far_control_suffix, names::k_far_started_suffix,
        names::k_far_ended_suffix, names::k_far_cases_suffix, names::k_far_log_suffix}) {
    (void)os::remove_own(path(suffix));
  }
}

void FarFiles::tell(int signal) const {
  (void)os::append_line(path(names::k_far_control_suffix), std::to_string(signal) + "\n");
}

std::vector<int> FarFiles::told() const {
  std::vector<int> signals;
  const Result<std::string> text = os::read_own(path(names::k_far_control_suffix));
  if (!text) return signals;
  std::string_view lines = *text;
  while (lines.find('\n') != std::string_view::npos) {
    const std::optional<int> signal = parse_number<int>(take_part(lines, '\n'));
    if (signal) signals.push_back(*signal);
  }
  return signals;
}

Result<void> FarFiles::put_started(std::string_view record) const {
  return put(path(names::k_far_started_suffix), record);
}

Result<void> FarFiles::put_ended(std::string_view record) const {
  return put(path(names::k_far_ended_suffix), record);
}

std::string FarFiles::started() const {
  return text_in(directory_, path(names::k_far_started_suffix));
}

std::string FarFiles::ended() const { return text_in(directory_, path(names::k_far_ended_suffix)); }

std::string FarFiles::cases_file() const { return path(names::k_far_cases_suffix); }

std::string FarFiles::cases_after(std::uint64_t done) const { return lines_in(cases_file(), done); }

std::string FarFiles::log_file() const { return path(names::k_far_log_suffix); }

std::string FarFiles::log() const { return lines_in(log_file(), 0); }

std::string FarFiles::lines_in(const std::string& path, std::uint64_t done) const {
  look_anew(directory_);
  const Result<os::UniqueFd> file = os::open_own(path, O_RDONLY);
  std::string text;
  const bool is_there = file && ::lseek(file->get(), static_cast<off_t>(done), SEEK_SET) >= 0;
  if (is_there) (void)os::read_all(file->get(), text);
  text.resize(text.rfind('\n') + 1);
  return text;
}

bool FarRun::is_over() const {
  return os::exists_own(text_of({directory_, "/", names::k_far_over_file}));
}

void FarRun::note_over() const {
  (void)make_file(text_of({directory_, "/", names::k_far_over_file}), {});
}

std::vector<std::string> FarRun::left_out() const {
  std::vector<std::string> nodes;
  for (const std::string& name : os::names_in_own(directory_)) {
    if (name.starts_with(names::k_far_left_out_prefix)) {
      nodes.push_back(name.substr(names::k_far_left_out_prefix.size()));
    }
  }
  return nodes;
}

void FarRun::leave_out(const std::string& node) const {
  if (node.empty() || node.find('/') != std::string::npos) return;
  (void)make_file(text_of({directory_, "/", names::k_far_left_out_prefix, node}), {});
}

}  // namespace holdfast::exec
