#include "exec/node/far_launcher.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "core/far/srun_words.hpp"
#include "exec/batch/batch_run.hpp"
#include "exec/far/far_result.hpp"
#include "exec/output/output_relay.hpp"
#include "exec/retry/captured_test.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/descendants.hpp"
#include "os/process/process.hpp"
#include "os/process/process_title.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {
namespace {

// Runs the one attempt. Its output goes to the pipes of the far side as it would go to ctest.
class FarRunner final : public supervision::AttemptRunner {
 public:
  FarRunner(const FarJob& job, std::string cases_file, int result)
      : job_(job), cases_file_(std::move(cases_file)), result_(result) {}

  bool is_plain() const override { return false; }

  supervision::AttemptResult run(const supervision::AttemptPlan& plan,
                                 supervision::Surroundings& around) override {
    if (judges_cases()) {
      OutputRelay relay = OutputRelay::for_log_of_reader(job_.log);
      return run_batch(plan, around, relay, {job_.cases, cases_file_});
    }
    if (!plan.policy.hooks.any()) return supervision::run_attempt(plan, around);
    OutputRelay relay{std::string()};
    return run_captured(plan, around, relay);
  }

  bool judges_cases() const override { return job_.grant.policy.isolation.has_value(); }

  std::optional<supervision::NextAttempt> conclude(
      const supervision::EndedAttempt& ended) override {
    (void)os::write_all(result_, to_text(ended.result));
    return std::nullopt;
  }

 private:
  const FarJob& job_;
  std::string cases_file_;  // for the records of a batch's cases
  int result_;
};

// Build steps never run on a node.
class NoSteps final : public supervision::StepRunner {};

// The job's environment, with what Slurm and the site have set for this step.
std::vector<std::string> environment_of(const FarJob& job) {
  const auto name_of = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
  std::vector<std::string> entries = job.environment;
  for (char** own = environ; *own != nullptr; ++own) {
    const std::string_view name = name_of(*own);
    const auto same = [&](const std::string& entry) { return name_of(entry) == name; };
    const auto found = std::find_if(entries.begin(), entries.end(), same);
    if (found == entries.end()) {
      entries.emplace_back(*own);
    } else if (is_of_step(*own)) {
      *found = *own;
    }
  }
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// In the child. Returns its exit code.
int be_launcher(const FarJob& job, const FarFiles& files, const os::CallersSignals& callers,
                FarOutput& output, const ProcessName& parent, int result) {
  os::set_process_title(os::k_launcher_name, {os::k_launcher_title});
  ::dup2(output.output(), STDOUT_FILENO);
  ::dup2(output.errors(), STDERR_FILENO);
  output.close_ours();
  std::vector<std::string> words = job.arguments;
  std::vector<std::string> entries = environment_of(job);
  std::vector<char*> arguments = pointers(words);
  std::vector<char*> variables = pointers(entries);
  environ = variables.data();
  supervision::HandedOver handed;
  handed.callers = callers;
  handed.grant = job.grant;
  handed.far = supervision::FarSide{parent,           job.n,      job.variables, output.lines(),
                                    files.log_file(), node_name()};
  FarRunner tests(job, files.cases_file(), result);
  NoSteps steps;
  (void)supervision::launch(arguments.data(), variables.data(), {tests, steps}, &handed);
  if (::getppid() != parent.pid) {
    if (const Result<std::string> record = os::read_memory_file(result)) {
      (void)files.put_ended(*record);
    }
  }
  return 0;
}

}  // namespace

std::string node_name() {
  for (const char* const name : {"SLURMD_NODENAME", "SLURM_NODENAME"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "?";
}

Result<FarLauncher> FarLauncher::start(const FarJob& job, const FarFiles& files,
                                       const os::CallersSignals& callers, FarOutput& output) {
  if (Result<void> opened = output.open(job.one_stream); !opened) return opened.error();
  Result<os::UniqueFd> result = os::memory_file({});
  if (!result) return result.error();
  (void)::fcntl(result->get(), F_SETFD, FD_CLOEXEC);  // the test has no use for it
  const ProcessName own = os::own_name();
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("start the launcher of a test");
  if (pid == 0) ::_exit(be_launcher(job, files, callers, output, own, result->get()));
  FarLauncher launcher;
  launcher.pid_ = pid;
  launcher.result_ = std::move(*result);
  return launcher;
}

bool FarLauncher::has_ended() {
  while (!has_ended_) {
    int status = 0;
    const pid_t pid = os::retried([&] { return ::waitpid(-1, &status, WNOHANG); });
    if (pid <= 0) return false;
    if (pid != pid_) continue;
    has_ended_ = true;
    status_ = status;
  }
  return true;
}

bool FarLauncher::ended_well() const { return WIFEXITED(status_); }

void FarLauncher::send(int signal) const {
  if (!has_ended_) (void)::kill(pid_, signal);
}

std::string FarLauncher::said() const {
  Result<std::string> text = os::read_memory_file(result_.get());
  return text ? std::move(*text) : std::string();
}

}  // namespace holdfast::exec
