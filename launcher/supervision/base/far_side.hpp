// A launcher on another machine than the ctest of its test (exec/far): what it has from the
// launcher beside ctest.
#pragma once

#include <vector>

#include "core/base/environment.hpp"
#include "core/base/process_name.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

struct FarSide {
  ProcessName parent;  // our parent, in ctest's place: when it dies, the test is ended
  unsigned n = 1;      // which attempt of the test it is
  std::vector<Variable> variables;
  int lines = -1;         // as in Invocation
  std::string log = {};   // path: where this side logs
  std::string node = {};  // its machine
};

// `invocation` is as the launcher beside ctest has read it. ctest's clock and its first line of the
// output stay there.
void be_far_side(const FarSide& far, Invocation& invocation);

}  // namespace holdfast::supervision
