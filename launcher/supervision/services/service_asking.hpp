// Asks the keeper for the network that an attempt shares with its services or fixtures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/duration.hpp"
#include "core/service/service_spec.hpp"
#include "os/file/descriptors.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"

namespace holdfast::supervision {

struct SharedNetwork {
  os::UniqueFd descriptor;  // for os::join_network()
  std::string trouble;      // why it cannot be made here; empty: it can
  std::string lost;         // why nobody has it any more; empty: somebody has it
  int signal = 0;           // that ends the test: SIGTERM when ctest has died; 0: none
};

// To be called when the attempt has its locks. Blocks until the network is there, there will be
// none, a signal that ends tests arrives, or ctest dies.
SharedNetwork ask_for_network(KeeperLink& keeper, Surroundings& around);

// What has become of the wait for an attempt's services.
struct HadServices : wire::ServicesAnswer {
  enum class End : std::uint8_t { had, unavailable, interrupted } end = End::had;
  int signal = 0;  // with interrupted: the signal, or 0 when ctest died
  Milliseconds waited{0};

  // Takes what the keeper answers.
  void take(const wire::Message& message);
};

// Asks the keeper for an attempt's services, and tells people about the wait. To be called when the
// attempt has its locks. Blocks until all services are well, one of them
// is unavailable, a signal that ends tests arrives, or ctest dies. `test`: the name of the test.
HadServices ask_for_services(const std::vector<ServiceUse>& uses, const std::string& test,
                             KeeperLink& keeper, Surroundings& around, Teller& teller);

// To be called when an attempt with services was red and is over. Blocks until the services have
// been looked at, a minute at most.
wire::RedServices look_at_services(KeeperLink& keeper, Surroundings& around);
void note_red_services(wire::RedServices seen, AttemptResult& result);

// Tells the keeper of a command's services to end them, when the command of `holdfast run` is over.
// Blocks until nothing of them is left, a minute at most, or until a signal that ends tests
// arrives.
void end_services(KeeperLink& keeper, Surroundings& around);

}  // namespace holdfast::supervision
