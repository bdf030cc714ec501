#include "exec/far/far_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "core/base/names.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {
namespace {

// A job has the whole environment in it.
constexpr std::size_t k_most = 16UL * 1024 * 1024;

void look_anew(const std::string& directory) {
  const os::UniqueFd seen(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Result<void> make_file(const std::string& path, std::string_view text) {
  os::UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return os::system_error("make " + path);
  if (!os::write_all(file.get(), text)) return os::system_error("write to " + path);
  return {};
}

Result<void> put(const std::string& path, std::string_view text) {
  const std::string part = path + ".part";
  (void)::unlink(part.c_str());
  if (Result<void> made = make_file(part, text); !made) {
    (void)::unlink(part.c_str());
    return made;
  }
  if (std::rename(part.c_str(), path.c_str()) != 0) return os::system_error("make " + path);
  return {};
}

std::string text_in(const std::string& directory, const std::string& path) {
  look_anew(directory);
  Result<std::string> text = os::read_file(path, k_most);
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
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return os::system_error("make " + directory_);
  }
  if (Result<void> made = make_file(path(names::k_far_control_suffix), {}); !made) return made;
  return put(this->job(), job);
}

void FarFiles::remove_job() const { (void)::unlink(job().c_str()); }

void FarFiles::remove() const {
  for (const std::string_view suffix :
       {names::k_far_job_suffix, names::k_far_control_suffix, names::k_far_started_suffix,
        names::k_far_ended_suffix, names::k_far_cases_suffix}) {
    (void)::unlink(path(suffix).c_str());
  }
}

void FarFiles::tell(int signal) const {
  (void)os::append_line(path(names::k_far_control_suffix), std::to_string(signal) + "\n");
}

std::vector<int> FarFiles::told() const {
  std::vector<int> signals;
  const Result<std::string> text = os::read_file(path(names::k_far_control_suffix));
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

std::string FarFiles::cases_after(std::uint64_t done) const {
  look_anew(directory_);
  const os::UniqueFd file(
      ::open(cases_file().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string text;
  const bool is_there =
      file.valid() && ::lseek(file.get(), static_cast<off_t>(done), SEEK_SET) >= 0;
  if (is_there) (void)os::read_all(file.get(), text);
  text.resize(text.rfind('\n') + 1);
  return text;
}

bool FarRun::is_over() const {
  const std::string path = text_of({directory_, "/", names::k_far_over_file});
  return ::access(path.c_str(), F_OK) == 0;
}

void FarRun::note_over() const {
  (void)make_file(text_of({directory_, "/", names::k_far_over_file}), {});
}

std::vector<std::string> FarRun::left_out() const {
  std::vector<std::string> nodes;
  DIR* const directory = ::opendir(directory_.c_str());
  if (directory == nullptr) return nodes;
  while (const dirent* const entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name.starts_with(names::k_far_left_out_prefix)) {
      nodes.emplace_back(name.substr(names::k_far_left_out_prefix.size()));
    }
  }
  ::closedir(directory);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

void FarRun::leave_out(const std::string& node) const {
  if (node.empty() || node.find('/') != std::string::npos) return;
  (void)make_file(text_of({directory_, "/", names::k_far_left_out_prefix, node}), {});
}

}  // namespace holdfast::exec
