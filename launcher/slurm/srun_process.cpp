#include "slurm/srun_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>

#include "attempt/answer.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"

namespace holdfast::exec {
namespace {

// Runs in the new process. If we die, srun is killed, and Slurm then ends the step.
[[noreturn]] void be_srun(const os::Command& command, const os::CallersSignals& callers,
                          pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(127);
  if (::isatty(STDIN_FILENO) != 0) {
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  }
  const int error = os::become(command, callers);
  const os::UniqueFd errors(::dup(STDERR_FILENO));
  (void)os::write_all(errors.get(),
                      "srun: error: " + to_text(os::system_error("execute srun", error)) + "\n");
  ::_exit(127);
}

// A controller that does not answer makes Slurm's programs wait for about 10 s.
constexpr Milliseconds k_patience{20'000};
constexpr std::string_view k_usual_places = "/usr/local/bin:/usr/bin:/bin:/opt/slurm/bin";

bool is_of_slurm(std::string_view entry) {
  return entry.starts_with("SLURM") || entry.starts_with("SRUN_");
}

bool names_job(const std::string& entry) {
  return is_variable(entry, "SLURM_JOB_ID") || is_variable(entry, "SLURM_JOBID");
}

}  // namespace

Result<SrunProcess> SrunProcess::start(const std::vector<std::string>& words,
                                       const std::vector<std::string>& environment,
                                       std::uint64_t tag, const os::CallersSignals& callers) {
  HOLDFAST_TRY(supervision::Capture output, supervision::Capture::open(false));
  std::vector<char*> arguments = os::pointers_to(words);
  std::vector<char*> entries = os::pointers_to(environment);
  os::Command command{arguments.data(), entries.data(), tag};
  command.output = output.output();
  command.errors = output.errors();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("start srun");
  if (pid == 0) be_srun(command, callers, parent);
  SrunProcess srun;
  srun.pid_ = pid;
  srun.watched_ = os::watch_living(pid);
  output.close_writing();
  srun.output_ = std::move(output);
  return srun;
}

bool SrunProcess::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

void SrunProcess::send(int signal) {
  if (pid_ > 0) (void)::kill(pid_, signal);
}

Allocation allocation_of_ctest(char** environment) {
  Allocation allocation;
  allocation.environment = entries_of(environment);
  // ctest is our parent. The project may give the test other values, such as those of a mock. If a
  // script of ctest has set all of them, ctest's first environment has none.
  std::vector<std::string> around = os::first_environment_of(::getppid());
  std::erase_if(around, [](const std::string& entry) { return !is_of_slurm(entry); });
  if (std::ranges::any_of(around, names_job)) {
    for (const std::string& entry : allocation.environment) {
      if (is_of_slurm(entry) && !contains(around, entry)) allocation.of_test.push_back(entry);
    }
    std::erase_if(allocation.environment, is_of_slurm);
    allocation.environment.insert(allocation.environment.end(), around.begin(), around.end());
  }
  const auto variable = [&](std::string_view name) {
    return std::string(variable_in(allocation.environment, name));
  };
  allocation.job = variable("SLURM_JOB_ID");
  allocation.nodes = variable("SLURM_JOB_NODELIST");
  if (allocation.job.empty()) allocation.job = variable("SLURM_JOBID");
  // squeue may take the number of one task for the whole array.
  const std::string array = variable("SLURM_ARRAY_JOB_ID");
  const std::string task = variable("SLURM_ARRAY_TASK_ID");
  if (!array.empty() && !task.empty()) allocation.job = text_of({array, "_", task});
  if (allocation.nodes.empty()) allocation.nodes = variable("SLURM_NODELIST");
  return allocation;
}

std::string slurm_program(std::string_view name) {
  std::string found = os::find_program(name);
  return found.empty() ? os::find_program(k_usual_places, name) : found;
}

os::BoundedEnd SlurmQuestions::ask(std::vector<std::string> words) {
  os::BoundedOrder order;
  words[0] = slurm_program(words[0]);
  order.words = std::move(words);
  order.environment = allocation_.environment;
  order.time = k_patience;
  order.errors_apart = true;
  os::BoundedWork work(order);
  if (told_to_end_ == 0) told_to_end_ = await_unless_told_to_end(around_, {&work});
  return work.end();
}

JobState SlurmQuestions::state() {
  const os::BoundedEnd end =
      ask({"squeue", "--noheader", "--jobs=" + allocation_.job, "--format=%T"});
  if (end.kind != os::BoundedEnd::Kind::exited) return JobState::unknown;
  return job_state_in(end.ended_well(), end.output, end.errors);
}

std::vector<std::string> SlurmQuestions::lost_nodes() {
  if (allocation_.nodes.empty()) return {};
  return lost_nodes_in(
      ask({"sinfo", "--noheader", "--Node", "--nodes=" + allocation_.nodes, "--format=%N %T"})
          .output);
}

std::vector<std::string> SlurmQuestions::all_nodes() {
  if (allocation_.nodes.empty()) return {};
  const os::BoundedEnd end = ask({"scontrol", "show", "hostnames", allocation_.nodes});
  return end.ended_well() ? names_in_lines(end.output) : std::vector<std::string>();
}

}  // namespace holdfast::exec
