#include "supervision/base/far_side.hpp"

namespace holdfast::supervision {

void be_far_side(const FarSide& far, Invocation& invocation) {
  invocation.is_afar = true;
  invocation.near_variables = far.variables;
  invocation.lines = far.lines;
  invocation.far_log = far.log;
  invocation.far_node = far.node;
  if (!invocation.attach) invocation.attach.emplace();
  invocation.attach->ctest = far.parent;
  CtestLimits& limits = invocation.limits;
  limits.raised.reset();
  limits.kept.reset();
  limits.default_raised = limits.stop_time = Milliseconds{0};
  limits.tells = false;
  invocation.tells_locks = false;
  invocation.told_timeout = Milliseconds{0};
}

}  // namespace holdfast::supervision
