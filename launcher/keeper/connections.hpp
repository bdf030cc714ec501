// Who is connected to the keeper: launchers with their guards, and `holdfast end`.
#pragma once

#include <string>
#include <vector>

#include "os/unique_fd.hpp"

namespace holdfast {

struct Connection {
  os::UniqueFd socket;
  std::string attempt;  // empty: has not asked for one
  std::string test;
  std::string key;
  std::string scratch;              // lent to the attempt; empty: none, or given back
  bool farewell = false;            // the attempt is over and recorded
  std::vector<os::UniqueFd> locks;  // duplicates: they keep the attempt's locks
};

}  // namespace holdfast
