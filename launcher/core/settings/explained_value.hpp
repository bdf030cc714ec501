// One value of `holdfast config --explain`.
#pragma once

#include <string>

namespace holdfast {

struct ExplainedValue {
  std::string key;  // as in holdfast.toml
  std::string value;
  std::string origin;  // "holdfast.toml:12, [profile.ci]", "the test's HOLDFAST_TIMEOUT", …
};

}  // namespace holdfast
