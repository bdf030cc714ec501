// Hands a network to a launcher that has asked for one.
#pragma once

#include "os/containment/shared_network.hpp"

namespace holdfast {

// Answers wire::k_network. False: it is not settled yet, and nothing was sent.
bool send_network(int launcher, const os::SharedNetwork& network);

}  // namespace holdfast
