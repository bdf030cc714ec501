#include "exec/batch/case_process.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <type_traits>

#include "os/file/system_call.hpp"
#include "os/process/process.hpp"

namespace holdfast::exec {

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
