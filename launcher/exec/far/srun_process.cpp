#include "exec/far/srun_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <algorithm>

#include <cerrno>

#include "core/base/parts.hpp"
#include "exec/base/answer.hpp"
#include "exec/base/variables.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"

namespace holdfast::exec {
namespace {

constexpr int k_pipe_size = 1024 * 1024;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct Pipe {
  os::UniqueFd reading;
  os::UniqueFd writing;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("make a pipe for srun");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  ::fcntl(ends[0], F_SETPIPE_SZ, k_pipe_size);
  return Pipe{os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

// Runs in the new process. If we die, srun is killed, and Slurm then ends the step.
[[noreturn]] void be_srun(const os::Command& command, const os::CallersSignals& callers,
                          pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(127);
  if (::isatty(STDIN_FILENO) != 0) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
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

bool succeeded(const os::BoundedEnd& end) {
  return end.kind == os::BoundedEnd::Kind::exited && end.code == 0;
}

constexpr std::size_t k_longest_environment = 4UL * 1024 * 1024;

bool is_of_slurm(std::string_view entry) {
  return entry.starts_with("SLURM") || entry.starts_with("SRUN_");
}

bool names_job(const std::string& entry) {
  return is_variable(entry, "SLURM_JOB_ID") || is_variable(entry, "SLURM_JOBID");
}

}  // namespace

Result<SrunProcess> SrunProcess::start(const Order& order, const os::CallersSignals& callers) {
  HOLDFAST_TRY(Pipe output, make_pipe());
  HOLDFAST_TRY(Pipe errors, make_pipe());
  std::vector<std::string> words = order.words;
  std::vector<std::string> environment = order.environment;
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> entries = pointers(environment);
  os::Command command;
  command.arguments = const_cast<char**>(arguments.data());
  command.environment = const_cast<char**>(entries.data());
  command.tag = order.tag;
  command.output = output.writing.get();
  command.errors = errors.writing.get();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("start srun");
  if (pid == 0) be_srun(command, callers, parent);
  SrunProcess srun;
  srun.pid_ = pid;
  srun.watched_ = os::watch_living(pid);
  srun.output_ = std::move(output.reading);
  srun.errors_ = std::move(errors.reading);
  return srun;
}

SrunProcess::SrunProcess(SrunProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      is_reaped_(other.is_reaped_),
      watched_(std::move(other.watched_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

SrunProcess::~SrunProcess() {
  if (pid_ <= 0 || is_reaped_) return;
  send(SIGKILL);
  (void)os::retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

std::string SrunProcess::read(os::UniqueFd& from) {
  std::string text;
  char part[16 * 1024];
  while (from.valid() && text.size() < k_pipe_size) {
    const ssize_t count = os::retried([&] { return ::read(from.get(), part, sizeof part); });
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      from.reset();
      break;
    }
    text.append(part, static_cast<std::size_t>(count));
  }
  return text;
}

bool SrunProcess::has_ended() {
  if (!is_reaped_) is_reaped_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
  return is_reaped_;
}

void SrunProcess::send(int signal) {
  if (!is_reaped_) (void)::kill(pid_, signal);
}

Allocation allocation_of_ctest(char** environment) {
  Allocation allocation;
  allocation.environment = entries_of(environment);
  // ctest is our parent. The project may give the test other values, such as those of a mock. If a
  // script of ctest has set all of them, ctest's first environment has none.
  std::vector<std::string> around = os::first_environment_of(::getppid(), k_longest_environment);
  std::erase_if(around, [](const std::string& entry) { return !is_of_slurm(entry); });
  if (std::ranges::any_of(around, names_job)) {
    for (const std::string& entry : allocation.environment) {
      const bool is_same = std::ranges::find(around, entry) != around.end();
      if (is_of_slurm(entry) && !is_same) allocation.of_test.push_back(entry);
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
  if (std::string program = slurm_program(words[0]); !program.empty()) words[0] = program;
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
  return job_state_in(succeeded(end), end.output, end.errors);
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
  return succeeded(end) ? names_in_lines(end.output) : std::vector<std::string>();
}

}  // namespace holdfast::exec
