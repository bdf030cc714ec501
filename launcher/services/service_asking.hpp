// The needs that a keeper has for an attempt: its services, and the network that it shares with
// them or with its fixtures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attempt/grant.hpp"
#include "attempt/keeper_link.hpp"
#include "attempt/messages.hpp"
#include "attempt/need.hpp"
#include "attempt/records.hpp"
#include "attempt/surroundings.hpp"
#include "base/duration.hpp"
#include "os/file/descriptors.hpp"
#include "values/service_spec.hpp"

namespace holdfast::supervision {

// What has become of the wait for an attempt's services.
struct AcquiredServices : wire::ServicesAnswer {
  enum class End : std::uint8_t { acquired, unavailable, interrupted } end = End::acquired;
  int signal = 0;  // with interrupted: the signal, or 0 when ctest died
  Milliseconds waited{0};

  // Takes what the keeper answers.
  void take(const wire::Message& message);
};

// Asks the keeper for an attempt's services, and tells people about the wait. To be called when the
// attempt has its locks. Blocks until all services are well, one of them
// is unavailable, a signal that ends tests arrives, or ctest dies. `test`: the name of the test.
AcquiredServices ask_for_services(const std::vector<ServiceUse>& uses, const std::string& test,
                                  KeeperLink& keeper, Surroundings& around, Teller& teller);

// To be called when an attempt with services was red and is over. Blocks until the services have
// been looked at, a minute at most. Notes in `result` what has become of them.
void look_at_services(KeeperLink& keeper, Surroundings& around, AttemptResult& result);

// The network, before the services: they are asked for from within it.
class NetworkNeed final : public Need {
 public:
  std::optional<AttemptResult> acquire(TestAtHand& test) override;
  void tell(const TestAtHand& test, TestEnvironment& told, AttemptPlan& plan) override;
  void release(TestAtHand& /*test*/, AttemptResult& /*result*/) override { let_go(); }
  void let_go() override { descriptor_.reset(); }

 private:
  os::UniqueFd
      descriptor_;  // for os::join_network(); invalid: it has a network of its own, or none
};

class ServiceNeed final : public Need {
 public:
  std::optional<AttemptResult> acquire(TestAtHand& test) override;
  void tell(const TestAtHand& test, TestEnvironment& told, AttemptPlan& plan) override;
  void release(TestAtHand& test, AttemptResult& result) override;
  void end(TestAtHand& test, const AttemptResult& last) override;

 private:
  AcquiredServices had_;
};

// Tells the keeper of a command's services to end them, when the command of `holdfast run` is over.
// Blocks until nothing of them is left, a minute at most, or until a signal that ends tests
// arrives.
void end_services(KeeperLink& keeper, Surroundings& around);

}  // namespace holdfast::supervision
