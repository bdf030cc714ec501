#include "exec/batch/case_process.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <type_traits>
#include <utility>

#include "core/base/result.hpp"
#include "os/file/marker_files.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/process.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases.
constexpr std::size_t k_longest_report = 64UL * 1024UL * 1024UL;

}  // namespace

std::string report_file_in(const std::string& markers, std::string_view name) {
  return markers.empty() ? markers : markers + "/" + std::string(name);
}

std::optional<std::string> take_report_file(const std::string& markers, std::string_view name) {
  if (markers.empty()) return std::nullopt;
  const std::string file(name);
  const Result<os::UniqueFd> directory = os::open_own_directory(markers);
  if (!directory) return std::nullopt;
  Result<std::string> text = os::read_private_file(directory->get(), file, k_longest_report);
  ::unlinkat(directory->get(), file.c_str(), 0);
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool take_marker(const std::string& markers, const MarkerOwner& owner) {
  if (markers.empty() || owner.pid <= 0) return false;
  const std::string name = marker_file_name(owner.pid);
  // Few processes leave a marker, and this look is cheap.
  if (::access((markers + "/" + name).c_str(), F_OK) != 0) return false;
  const Result<os::UniqueFd> directory = os::open_own_directory(markers);
  if (!directory) return false;
  const JudgedMarkers judged =
      judge_markers(os::read_marker_files(directory->get(), {name}), owner);
  if (!judged.reason) return false;
  ::unlinkat(directory->get(), name.c_str(), 0);
  return true;
}

static_assert(std::is_trivially_copyable_v<CaseProcessReport>);

void CaseProcessReport::write(std::string_view text, Note& to) {
  const std::string_view part = text.substr(0, to.size() - 1);
  std::ranges::copy(part, to.begin());
  to[part.size()] = '\0';
}

CaseResult CaseProcessReport::result(const std::string& name) const {
  CaseResult made;
  made.name = name;
  made.note = note.data();
  made.wall_us = wall_us;
  made.exit_code = exit_code;
  made.signal = signal;
  made.outcome = outcome;
  made.leak_failed = leak_failed;
  made.untold = untold;
  return made;
}

std::unique_ptr<CaseProcess> CaseProcess::start(std::string name, bool streams_are_one,
                                                const Work& work) {
  std::unique_ptr<CaseProcess> made(new CaseProcess(std::move(name)));
  made->report_ = &made->none_;
  Result<supervision::Capture> capture = supervision::Capture::open(streams_are_one);
  if (!capture) {
    made->fail(capture.error());
    return made;
  }
  made->capture_ = std::move(*capture);
  void* const shared = ::mmap(nullptr, sizeof(CaseProcessReport), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    made->fail(os::system_error("share memory with a process"));
    return made;
  }
  made->report_ = new (shared) CaseProcessReport;
  const pid_t pid = ::fork();
  if (pid < 0) {
    made->fail(os::system_error("start a process for a case"));
    return made;
  }
  if (pid == 0) {
    ::dup2(made->capture_.output(), STDOUT_FILENO);
    ::dup2(made->capture_.errors(), STDERR_FILENO);
    made->capture_ = {};
    work(*made->report_);
    ::_exit(0);
  }
  made->pid_ = pid;
  made->life_ = os::watch_living(pid);
  made->capture_.close_writing();
  return made;
}

CaseProcess::~CaseProcess() {
  if (report_ != &none_) ::munmap(report_, sizeof(CaseProcessReport));
}

void CaseProcess::fail(const Error& error) {
  trouble_ = to_text(error);
  is_over_ = true;
}

void CaseProcess::send(int signal) const {
  if (!is_over_) ::kill(pid_, signal);
}

void CaseProcess::add_descriptors(std::vector<pollfd>& fds) const {
  if (is_over_) return;
  capture_.add_descriptors(fds);
  fds.push_back({life_.get(), POLLIN, 0});
}

void CaseProcess::look(OutputRelay* relay) {
  if (is_over_) return;
  const auto read = [&] {
    capture_.read(
        [&](Stream stream, std::string_view bytes) { output_.write(relay, stream, bytes); });
  };
  read();
  if (os::retried([&] { return ::waitpid(pid_, nullptr, WNOHANG); }) != pid_) return;
  is_over_ = true;
  life_.reset();
  read();  // it may have printed more before it ended
  capture_ = {};
}

}  // namespace holdfast::exec
