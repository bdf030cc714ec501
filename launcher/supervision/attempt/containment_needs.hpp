// What the containment of one attempt is made from.
#pragma once

#include <string>

#include "os/containment/private_tmp.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/grant/grant.hpp"

namespace holdfast::supervision {

struct ContainmentNeeds {
  std::string cgroup = {};  // a name; for Boundary::cgroup
  // For Boundary::tmp. All processes that the attempt starts, one after the other or at once, have
  // the same one.
  Result<os::PrivateTmp> tmp = os::PrivateTmp();
  bool tmp_is_shared = false;  // with other attempts, which may be running
  int network = -1;  // for Boundary::netns: a network that others have too; -1: one of its own
};

// `scratch`: the attempt's scratch directory; empty: there is none.
ContainmentNeeds containment_needs(const Grant& grant, const Invocation& invocation,
                                   const std::string& scratch);

}  // namespace holdfast::supervision
