// An array job of Slurm: sbatch(1), squeue(1), scancel(1).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "os/signal/held_signals.hpp"

namespace holdfast::cli {

struct SlurmJobOrder {
  std::string script;
  std::vector<std::size_t> tasks;   // numbers, ascending; SLURM_ARRAY_TASK_ID is one of them
  std::size_t processors = 1;       // of each task
  std::filesystem::path directory;  // gets what the tasks print: `<number>.log`
};

class SlurmJob {
 public:
  // sbatch itself reads SBATCH_* variables, so people choose partitions, times and accounts by
  // these.
  static Result<SlurmJob> submit(const SlurmJobOrder& order);

  const std::string& id() const { return id_; }

  // Waits until no task of the job is queued or runs. Slurm tells nobody, so it is asked each
  // second. If one of `signals` comes, the job is cancelled. False: it was.
  bool wait(const os::HeldSignals& signals) const;

 private:
  explicit SlurmJob(std::string id) : id_(std::move(id)) {}

  std::string id_;
};

}  // namespace holdfast::cli
