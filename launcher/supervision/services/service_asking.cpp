#include "supervision/services/service_asking.hpp"

#include "core/base/parts.hpp"
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

  HadServices run() {
    if (!keeper_.tell(wire::k_services)) {
      fail("there is no keeper that could start it");
    } else {
      while (!is_over_) wait();
    }
    result_.waited = telling_.since_start();
    if (result_.end == HadServices::End::had) telling_.tell_success();
    return std::move(result_);
  }

 private:
  void wait() {
    const Waited waited = wait_until(around_, telling_.next(), {keeper_.fd()});
    switch (waited.reason) {
      case Waited::Reason::told_to_end:
        result_.signal = waited.signal;
        return end(HadServices::End::interrupted, "interrupted while " + telling_.waiting());
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
    if (message->kind == wire::k_end) return fail("the run is over");
    if (message->kind == wire::k_waiting) return telling_.tell(message->get("why"));
    if (message->kind != wire::k_services) return;
    result_.take(*message);
    is_over_ = true;
  }

  void fail(std::string_view why) {
    end(HadServices::End::unavailable, text_of({subject_, " unavailable: ", why}));
  }

  void end(HadServices::End how, std::string why) {
    result_.end = how;
    result_.why = std::move(why);
    is_over_ = true;
  }

  std::string subject_;
  KeeperLink& keeper_;
  Surroundings& around_;
  WaitTelling telling_;
  bool is_over_ = false;
  HadServices result_;
};

}  // namespace

SharedNetwork ask_for_network(KeeperLink& keeper, Surroundings& around) {
  SharedNetwork network;
  if (!keeper.tell(wire::k_network)) network.lost = "there is no keeper";
  while (network.lost.empty()) {
    network.signal = wait_until(around, k_longest, {keeper.fd()}).signal;
    if (network.signal != 0) break;
    os::UniqueFd descriptor;
    const std::optional<wire::Message> message = keeper.hear(&descriptor);
    if (!message) {
      network.lost = "the keeper has ended";
    } else if (message->kind == wire::k_end) {
      network.lost = "the run is over";
    } else if (message->kind == wire::k_network) {
      network.trouble = message->get("why");
      network.descriptor = std::move(descriptor);
      break;
    }
  }
  return network;
}

void HadServices::take(const wire::Message& message) {
  Result<wire::ServicesAnswer> answer = wire::to_services_answer(message);
  if (answer) {
    static_cast<wire::ServicesAnswer&>(*this) = std::move(*answer);
  } else {
    why = to_text(answer.error());
  }
  if (!why.empty()) end = End::unavailable;
}

HadServices ask_for_services(const std::vector<ServiceUse>& uses, const std::string& test,
                             KeeperLink& keeper, Surroundings& around, Teller& teller) {
  if (uses.empty()) return {};
  return Asking(uses, test, keeper, around, teller).run();
}

wire::RedServices look_at_services(KeeperLink& keeper, Surroundings& around) {
  if (!keeper.tell(wire::k_red)) return {};
  const Milliseconds until = os::monotonic_now() + k_look_patience;
  while (wait_until(around, until, {keeper.fd()}).reason == Waited::Reason::readable) {
    const std::optional<wire::Message> message = keeper.hear();
    if (!message) break;
    if (message->kind != wire::k_red) continue;
    Result<wire::RedServices> seen = wire::to_red_services(*message);
    return seen ? std::move(*seen) : wire::RedServices();
  }
  return {};
}

void note_red_services(wire::RedServices seen, AttemptResult& result) {
  result.lost_services = std::move(seen.lost);
  result.service_states = separated(seen.states, "\n");
  result.older_fixtures = separated(seen.fixtures, "; ");
}

void end_services(KeeperLink& keeper, Surroundings& around) {
  if (!keeper.tell(wire::k_end)) return;
  const Milliseconds until = os::monotonic_now() + k_end_patience;
  // The keeper closes the connection when nothing of the services is left.
  while (wait_until(around, until, {keeper.fd()}).reason == Waited::Reason::readable) {
    if (!keeper.hear()) return;
  }
}

}  // namespace holdfast::supervision
