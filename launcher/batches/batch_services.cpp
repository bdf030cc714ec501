#include "batches/batch_services.hpp"

#include <fcntl.h>
#include <algorithm>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::exec {
namespace {

using supervision::AcquiredServices;
using supervision::KeeperLink;

// The keeper knows the test by its connection, so this must be the same one.
KeeperLink link_of(const supervision::AttemptPlan& plan) {
  if (plan.policy.services.empty()) return {};
  return KeeperLink(os::UniqueFd(::fcntl(plan.keeper, F_DUPFD_CLOEXEC, 3)));
}

}  // namespace

BatchServices::BatchServices(const supervision::AttemptPlan& plan,
                             supervision::Surroundings& around)
    : plan_(plan), around_(around), link_(link_of(plan)) {}

AcquiredServices::End BatchServices::have() {
  if (!are_used()) return AcquiredServices::End::acquired;
  const supervision::LossEndsWaits watched(plan_.needs, around_);
  const Milliseconds start = os::monotonic_now();
  while (state_ == State::asked) {
    const supervision::Waited waited = supervision::wait_until(around_, k_longest, {fd()});
    if (waited.reason == supervision::Waited::Reason::told_to_end) {
      had_.end = AcquiredServices::End::interrupted;
      had_.signal = waited.signal;
      had_.why = "interrupted while waiting for services";
      return had_.end;
    }
    (void)hear();
  }
  if (state_ == State::outdated) {
    note_answer(supervision::ask_for_services(plan_.policy.services, plan_.identity->test, link_,
                                              around_, *plan_.teller));
  }
  waited_ += os::monotonic_now() - start;
  if (had_.end == AcquiredServices::End::acquired) state_ = State::outdated;
  return had_.end;
}

void BatchServices::give_to(WorkerCommand& command) const {
  for (const Variable& variable : had_.variables) {
    command.set_variable(variable.name, variable.value);
  }
}

void BatchServices::ask() {
  if (!link_.tell(wire::ServicesAnswer::k_kind)) return lose_keeper();
  state_ = State::asked;
}

void BatchServices::lose_keeper() {
  had_.end = AcquiredServices::End::unavailable;
  had_.why = "its services are unavailable: the keeper has ended";
  state_ = State::current;
}

BatchServices::News BatchServices::hear() {
  while (state_ == State::asked) {
    if (!os::is_readable(fd())) return News::none;
    const std::optional<wire::Message> message = link_.hear();
    if (!message) {
      lose_keeper();
    } else if (message->kind == wire::ServicesAnswer::k_kind) {
      take(*message);
    }
  }
  if (had_.end != AcquiredServices::End::acquired) return News::other;
  return state_ == State::outdated ? News::same : News::other;
}

void BatchServices::add_to(supervision::AttemptResult& result) const {
  for (const AcquiredService& use : uses_) result.services.push_back(to_text(use));
  result.service_wait = waited_;
}

// If the services are the same, this worker goes on, and the next one asks again.
void BatchServices::take(const wire::Message& answer) {
  AcquiredServices had;
  had.take(answer);
  const bool is_same =
      had.end == AcquiredServices::End::acquired &&
      std::ranges::all_of(had.variables, [this](const Variable& variable) {
        const auto known = std::ranges::find(had_.variables, variable.name, &Variable::name);
        return variable.value == (known != had_.variables.end()
                                      ? std::string_view(known->value)
                                      : variable_in(plan_.command.environment, variable.name));
      });
  note_answer(std::move(had));
  if (is_same) state_ = State::outdated;
}

// True: the attempt had the generation before its first worker.
bool BatchServices::is_of_attempt(const AcquiredService& use) const {
  const std::string variable = variable_of_service(use.name, environment::k_service_generation);
  return variable_in(plan_.command.environment, variable) == std::to_string(use.generation);
}

void BatchServices::note_answer(AcquiredServices had) {
  had_ = std::move(had);
  state_ = State::current;
  for (const AcquiredService& use : had_.uses) {
    const bool is_known = is_of_attempt(use) || std::ranges::find(uses_, use) != uses_.end();
    if (!is_known) uses_.push_back(use);
  }
}

}  // namespace holdfast::exec
