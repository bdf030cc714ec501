// Asks the keeper for the network that an attempt shares with its services or fixtures.
#pragma once

#include <string>

#include "os/file/unique_fd.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

struct SharedNetwork {
  os::UniqueFd descriptor;  // for os::join_network()
  std::string trouble;      // why it cannot be made here; empty: it can
  std::string lost;         // why nobody has it any more; empty: somebody has it
  bool is_told_to_end = false;
  int signal = 0;  // with is_told_to_end: the signal, or SIGTERM when ctest has died
};

// To be called when the attempt has its locks. Blocks until the network is there, there will be
// none, a signal that ends tests arrives, or ctest dies.
SharedNetwork ask_for_network(KeeperLink& keeper, Surroundings& around);

}  // namespace holdfast::supervision
