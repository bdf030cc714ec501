#include "cli/select/slurm_job.hpp"

#include <poll.h>

#include <optional>
#include <string_view>
#include <utility>

#include "cli/commands.hpp"
#include "core/base/duration.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "os/file/clock.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::cli {
namespace {

// slurmctld answers late if thousands of jobs come at once.
constexpr Milliseconds k_slurm_time{60'000};
constexpr int k_interval_ms = 1000;
constexpr std::string_view k_blanks = " \t\r\n";
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
  const std::string_view said = trimmed(end.errors, k_blanks);
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

// Why Slurm has started no task of the job yet, in its own word, from lines of `STATE REASON`;
// empty: it has.
std::string reason_to_wait(std::string_view lines) {
  std::string reason;
  while (!lines.empty()) {
    std::string_view line = trimmed(take_part(lines, '\n'), k_blanks);
    if (take_part(line, ' ') != "PENDING") return {};
    reason = line;
  }
  return reason == "None" ? std::string() : reason;
}

// Nothing: Slurm did not say. `why`: what it said instead, or why no task has started.
std::optional<bool> is_going_on(const std::string& job, std::string& why) {
  const os::BoundedEnd end = ask({"squeue", "--noheader", "--jobs", job, "--format=%T %r"});
  if (has_worked(end)) {
    why = reason_to_wait(trimmed(end.output, k_blanks));
    return !trimmed(end.output, k_blanks).empty();
  }
  // Slurm forgets a job some minutes after its end.
  if (end.errors.find("Invalid job id") != std::string::npos) return false;
  why = trouble_of("squeue", end);
  return std::nullopt;
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
  std::string_view output = trimmed(end.output, k_blanks);
  const std::string_view id = take_part(output, ';');
  if (has_worked(end) && !id.empty()) return SlurmJob(std::string(id));
  return ErrorInWords{trouble_of("sbatch", end)};
}

bool SlurmJob::wait(const os::HeldSignals& signals) const {
  bool is_told = false;
  std::string told_reason;
  std::optional<Milliseconds> cancelled;
  while (true) {
    std::string why;
    const std::optional<bool> goes_on = is_going_on(id_, why);
    if (goes_on == false) return !cancelled;
    if (!goes_on && !std::exchange(is_told, true)) {
      complain("waiting for Slurm, which does not say whether job " + id_ + " has ended: " + why);
    }
    if (goes_on && !why.empty() && why != told_reason) {
      told_reason = why;
      complain("job " + id_ + " waits: Slurm has not started it yet (" + why + ")");
    }
    if (signals.came() && !cancelled) {
      cancelled = os::monotonic_now();
      const os::BoundedEnd end = ask({"scancel", id_});
      complain(has_worked(end) ? "cancelled job " + id_ : trouble_of("scancel", end));
      continue;
    }
    if (cancelled && os::monotonic_now() - *cancelled > k_cancel_patience) return false;
    ::poll(nullptr, 0, k_interval_ms);
  }
}

}  // namespace holdfast::cli
