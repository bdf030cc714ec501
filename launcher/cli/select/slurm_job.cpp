#include "cli/select/slurm_job.hpp"

#include <poll.h>

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "cli/commands.hpp"
#include "core/base/duration.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/far/slurm_state.hpp"
#include "os/file/clock.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::cli {
namespace {

// slurmctld answers late if thousands of jobs come at once.
constexpr Milliseconds k_slurm_time{60'000};
constexpr int k_slurm_interval_ms = 1000;
constexpr std::string_view k_slurm_blanks = " \t\r\n";
// After that long, a job that was cancelled is left to Slurm.
constexpr Milliseconds k_cancel_patience{60'000};

os::BoundedEnd ask(std::vector<std::string> words, const std::string& directory = {},
                   const std::string& input = {}) {
  os::BoundedOrder order;
  order.words = std::move(words);
  order.environment = os::own_environment();
  order.directory = directory;
  order.input = input;
  order.time = k_slurm_time;
  order.errors_apart = true;
  return os::run_bounded(order);
}

bool has_worked(const os::BoundedEnd& end) {
  return end.kind == os::BoundedEnd::Kind::exited && end.code == 0;
}

// What went wrong with it, and what it said.
std::string trouble_of(const std::string& command, const os::BoundedEnd& end) {
  const std::string_view said = trimmed(end.errors, k_slurm_blanks);
  return os::trouble_with(command, end) + (said.empty() ? "" : ": " + brief(said));
}

// `1-4,7`
std::string as_ranges(const std::vector<std::size_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

// Slurm puts the number of the job and the like in place of what follows a `%`.
std::string pattern_of(std::string_view path) {
  std::string pattern;
  for (const char c : path) pattern += c == '%' ? "%%" : std::string(1, c);
  return pattern;
}

// What Slurm says of a job.
struct Seen {
  std::optional<bool> goes_on;  // none: Slurm did not say
  std::string trouble;          // what it said instead
  std::string waits_for;        // why none of its tasks runs; empty: one does
};

Seen look_at(const std::string& job) {
  const os::BoundedEnd end = ask({"squeue", "--noheader", "--jobs", job, "--format=%T %r"});
  if (has_worked(end)) {
    return {!trimmed(end.output, k_slurm_blanks).empty(), {}, reason_to_wait(end.output)};
  }
  // Slurm forgets a job some minutes after its end.
  if (end.errors.find("Invalid job id") != std::string::npos) return {false, {}, {}};
  return {std::nullopt, trouble_of("squeue", end), {}};
}

}  // namespace

Result<SlurmJob> SlurmJob::submit(const SlurmJobOrder& order) {
  // A task that Slurm starts anew would run its shard a second time.
  const os::BoundedEnd end =
      ask({"sbatch", "--parsable", "--no-requeue", "--job-name=holdfast", "--export=ALL",
           "--output=" + pattern_of(order.directory.string()) + "/%a.log",
           "--array=" + as_ranges(order.tasks), "--ntasks=1",
           "--cpus-per-task=" + std::to_string(order.processors)},
          order.directory.string(), order.script);
  if (end.kind == os::BoundedEnd::Kind::not_started) {
    return ErrorInWords{"no sbatch is found: --slurm-array needs the commands of Slurm"};
  }
  // `12`, or `12;cluster`
  std::string_view output = trimmed(end.output, k_slurm_blanks);
  const std::string_view id = take_part(output, ';');
  if (has_worked(end) && !id.empty()) return SlurmJob(std::string(id));
  return ErrorInWords{trouble_of("sbatch", end)};
}

bool SlurmJob::wait(const os::HeldSignals& signals) const {
  bool is_told = false;
  bool has_begun = false;
  std::set<std::string> reasons;  // that were told
  std::optional<Milliseconds> cancelled;
  while (true) {
    const Seen seen = look_at(id_);
    if (seen.goes_on == false) return !cancelled;
    if (!seen.goes_on && !std::exchange(is_told, true)) {
      complain("waiting for Slurm, which does not say whether job " + id_ +
               " has ended: " + seen.trouble);
    }
    // Later tasks may wait for earlier ones.
    has_begun = has_begun || (seen.goes_on && seen.waits_for.empty());
    const bool is_explained = !seen.waits_for.empty() && seen.waits_for != "None";
    if (!has_begun && is_explained && reasons.insert(seen.waits_for).second) {
      complain("job " + id_ + " waits: Slurm has not started it yet (" + seen.waits_for + ")");
    }
    if (signals.came() && !cancelled) {
      cancelled = os::monotonic_now();
      const os::BoundedEnd end = ask({"scancel", id_});
      complain(has_worked(end) ? "cancelled job " + id_ : trouble_of("scancel", end));
      continue;
    }
    if (cancelled && os::monotonic_now() - *cancelled > k_cancel_patience) return false;
    ::poll(nullptr, 0, k_slurm_interval_ms);
  }
}

}  // namespace holdfast::cli
