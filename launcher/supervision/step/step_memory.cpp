#include "supervision/step/step_memory.hpp"

#include <cstdint>

#include "core/step/build_step.hpp"
#include "os/file/clock.hpp"

namespace holdfast::supervision {
namespace {

constexpr Milliseconds k_a_while{100};

}  // namespace

StepMemory::StepMemory() : started_(os::monotonic_now()), begins_at_(started_ + k_a_while) {}

void StepMemory::begin(const std::string& path) {
  begins_at_ = k_longest;
  events_ = os::OomEvents::open(path);
  before_ = events_.count();
}

Companion::Verdict StepMemory::on_deadline() {
  begin({});
  return Verdict::go_on;
}

bool StepMemory::ran_out(const AttemptResult& result) const {
  if (before_) {
    const std::optional<std::uint64_t> now = events_.count();
    if (now && *now > *before_) return true;
  }
  return died_of_sigkill(result.observation) &&
         os::kernel_log_names_victim(result.report.main, os::monotonic_now() - started_);
}

}  // namespace holdfast::supervision
