#include "services/service_asking.hpp"

#include "attempt/attempt_plan.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"

namespace holdfast::supervision {
namespace {

// The keeper answers before that: when the services have answered, or when their time is over.
constexpr Milliseconds k_look_patience{60'000};
// The services end even if nobody waits for their end.
constexpr Milliseconds k_end_patience{60'000};

class Asking {
 public:
  Asking(const std::vector<ServiceUse>& uses, const std::string& test, KeeperLink& keeper,
         Surroundings& around, Teller& teller)
      : subject_(subject_of(wire::AttemptWait{wire::WaitFor::services, names_of(uses)})),
        keeper_(keeper),
        around_(around),
        telling_(teller, test, subject_, os::monotonic_now()) {}

  AcquiredServices run() {
    if (!keeper_.tell(wire::ServicesAnswer::k_kind)) {
      fail("there is no keeper that could start it");
    } else {
      while (!is_over_) wait();
    }
    result_.waited = telling_.since_start();
    if (result_.end == AcquiredServices::End::acquired) telling_.tell_success();
    return std::move(result_);
  }

 private:
  void wait() {
    const Waited waited = wait_until(around_, telling_.next(), {keeper_.fd()});
    switch (waited.reason) {
      case Waited::Reason::told_to_end:
        result_.signal = waited.signal;
        return end(AcquiredServices::End::interrupted, "interrupted while " + telling_.waiting());
      case Waited::Reason::time_is_over:
        if (telling_.take_due() && !keeper_.tell(wire::k_waiting)) fail("the keeper has ended");
        return;
      case Waited::Reason::readable:
        return hear();
    }
  }

  void hear() {
    const std::optional<wire::Message> message = keeper_.hear();
    if (!message) return fail("the keeper has ended");
    if (message->kind == wire::EndAnswer::k_kind) return fail("the run is over");
    if (message->kind == wire::k_waiting) return telling_.tell(message->get("why"));
    if (message->kind != wire::ServicesAnswer::k_kind) return;
    result_.take(*message);
    is_over_ = true;
  }

  void fail(std::string_view why) {
    end(AcquiredServices::End::unavailable, text_of({subject_, " unavailable: ", why}));
  }

  void end(AcquiredServices::End how, std::string why) {
    result_.end = how;
    result_.why = std::move(why);
    is_over_ = true;
  }

  std::string subject_;
  KeeperLink& keeper_;
  Surroundings& around_;
  WaitTelling telling_;
  bool is_over_ = false;
  AcquiredServices result_;
};

// The process that has the services: ctest's keeper, or the service keeper of a command.
KeeperLink& keeper_of(TestAtHand& test) {
  HandOver& held = test.held;
  return held.service_keeper.connected() ? held.service_keeper : held.keeper;
}

// Whether the test is in a network with its services or fixtures.
bool shares_network(const TestAtHand& test) {
  const Policy& policy = test.grant.policy;
  return policy.containment.has(Boundary::netns) &&
         (test.grant.shares_network || test.held.service_keeper.connected());
}

// `why`: why it cannot be made here. None: the attempt goes on without a network of its own.
std::optional<AttemptResult> without_network(std::string_view why, TestAtHand& test) {
  const std::string trouble = text_of({"containment = \"netns\": ", why});
  Policy& policy = test.grant.policy;
  if (policy.containment_missing == ContainmentMissing::fail) {
    return refused(test.in_words("not allowed here: " + trouble));
  }
  test.teller().complain_once("ignoring " + trouble);
  policy.containment = policy.containment.without({Boundary::netns});
  return std::nullopt;
}

AttemptResult without_services(const AcquiredServices& services, const TestAtHand& test) {
  const std::string note = test.in_words(services.why);
  if (services.end == AcquiredServices::End::interrupted) {
    return not_begun(note, services.signal != 0 ? services.signal : SIGTERM);
  }
  Observation seen;
  seen.service_not_had = true;
  return result_without_attempt(seen, note);
}

}  // namespace

std::optional<AttemptResult> NetworkNeed::acquire(TestAtHand& test) {
  if (!shares_network(test)) return std::nullopt;
  const auto lost = [&](std::string_view why) {
    return refused(test.in_words(text_of({"the network that it shares is lost: ", why})));
  };
  KeeperLink& keeper = keeper_of(test);
  if (!keeper.tell(wire::k_network)) return lost("there is no keeper");
  while (true) {
    const int signal = wait_until(test.around, k_longest, {keeper.fd()}).signal;
    if (signal != 0) {
      return not_begun(test.in_words("interrupted while waiting for its network"), signal);
    }
    const std::optional<wire::Message> message = keeper.hear(&descriptor_);
    if (!message) return lost("the keeper has ended");
    if (message->kind == wire::EndAnswer::k_kind) return lost("the run is over");
    if (message->kind != wire::k_network) continue;
    const std::string_view why = message->get("why");
    return why.empty() ? std::nullopt : without_network(why, test);
  }
}

void NetworkNeed::tell(const TestAtHand& /*test*/, TestEnvironment& /*told*/, AttemptPlan& plan) {
  plan.contained.network = descriptor_.get();
}

std::optional<AttemptResult> ServiceNeed::acquire(TestAtHand& test) {
  Teller teller = test.teller();
  had_ = ask_for_services(test.grant.policy.services, test.grant.identity.test, keeper_of(test),
                          test.around, teller);
  test.service_wait = had_.waited;
  if (had_.end == AcquiredServices::End::acquired) return std::nullopt;
  for (std::string_view lines = had_.last_lines; !lines.empty();) {
    write_line(text_of({"its output: ", take_part(lines, '\n')}));
  }
  return without_services(had_, test);
}

void ServiceNeed::tell(const TestAtHand& /*test*/, TestEnvironment& told, AttemptPlan& /*plan*/) {
  for (const Variable& variable : had_.variables) told.set(variable.name, variable.value);
}

void ServiceNeed::release(TestAtHand& test, AttemptResult& result) {
  // A batch may have had later generations too.
  std::ranges::transform(had_.uses, std::inserter(result.services, result.services.begin()),
                         [](const AcquiredService& use) { return to_text(use); });
  if (result.services.empty() || is_good(result.outcome)) return;
  look_at_services(keeper_of(test), test.around, result);
}

void ServiceNeed::end(TestAtHand& test, const AttemptResult& /*last*/) {
  end_services(test.held.service_keeper, test.around);
}

void AcquiredServices::take(const wire::Message& message) {
  Result<wire::ServicesAnswer> answer = wire::read<wire::ServicesAnswer>(message);
  if (answer) {
    static_cast<wire::ServicesAnswer&>(*this) = std::move(*answer);
  } else {
    why = to_text(answer.error());
  }
  if (!why.empty()) end = End::unavailable;
}

AcquiredServices ask_for_services(const std::vector<ServiceUse>& uses, const std::string& test,
                                  KeeperLink& keeper, Surroundings& around, Teller& teller) {
  if (uses.empty()) return {};
  return Asking(uses, test, keeper, around, teller).run();
}

void look_at_services(KeeperLink& keeper, Surroundings& around, AttemptResult& result) {
  if (!keeper.tell(wire::RedServices::k_kind)) return;
  const Milliseconds until = os::monotonic_now() + k_look_patience;
  while (wait_until(around, until, {keeper.fd()}).reason == Waited::Reason::readable) {
    const std::optional<wire::Message> message = keeper.hear();
    if (!message) return;
    Result<wire::RedServices> seen = wire::read<wire::RedServices>(*message);
    if (!seen) continue;
    result.lost_services = std::move(seen->lost);
    result.service_states = separated(seen->states, "\n");
    result.older_fixtures = separated(seen->fixtures, "; ");
    return;
  }
}

void end_services(KeeperLink& keeper, Surroundings& around) {
  if (!keeper.tell(wire::EndAnswer::k_kind)) return;
  const Milliseconds until = os::monotonic_now() + k_end_patience;
  // The keeper closes the connection when nothing of the services is left.
  while (wait_until(around, until, {keeper.fd()}).reason == Waited::Reason::readable) {
    if (!keeper.hear()) return;
  }
}

}  // namespace holdfast::supervision
