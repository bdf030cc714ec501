// A batch, run: workers, one after the other or several at once, each an attempt of the
// supervisor's, until each case has its result.
#pragma once

#include "launcher/launch.hpp"

namespace holdfast::exec {

class BatchRunner final : public launcher::AttemptRunner {
 public:
  launcher::AttemptResult run(const launcher::AttemptPlan& plan,
                              launcher::Surroundings& around) override;
};

}  // namespace holdfast::exec
