// The needs that a test may have, for the programs that launch tests.
#pragma once

#include <array>

#include "attempt/need.hpp"
#include "locks/lock_need.hpp"
#include "services/service_asking.hpp"

namespace holdfast::supervision {

// Locks come first: who waits for a lock must not keep services or a network from others.
struct AllNeeds {
  LockNeed locks;
  NetworkNeed network;
  ServiceNeed services;
  std::array<Need*, 3> all{&locks, &network, &services};
};

}  // namespace holdfast::supervision
