// What the containment of one attempt is made from.
#pragma once

#include <string>
#include <string_view>

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
  std::string refusal = {};    // why the test cannot run like this, on any machine; empty: it can
  int network = -1;  // for Boundary::netns: a network that others have too; -1: one of its own
};

// Whether it must not run without its containment, as far as properties and options say so: the
// launcher does not read holdfast.toml.
bool must_be_contained(const Invocation& invocation);

// Why a test must not run if it has no keeper: only the keeper knows what holdfast.toml says, and
// has what fixtures share. Empty: it may run.
std::string_view needs_keeper(const Grant& grant, const Invocation& invocation);

// `scratch`: the attempt's scratch directory; empty: there is none.
ContainmentNeeds containment_needs(const Grant& grant, const Invocation& invocation,
                                   const std::string& scratch);

}  // namespace holdfast::supervision
