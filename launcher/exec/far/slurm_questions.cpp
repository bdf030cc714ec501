#include "exec/far/slurm_questions.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/duration.hpp"
#include "core/base/parts.hpp"
#include "exec/base/awaiting.hpp"
#include "exec/base/variables.hpp"
#include "os/process/process.hpp"
#include "os/process/program_search.hpp"

namespace holdfast::exec {
namespace {

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
