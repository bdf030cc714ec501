#include "core/retry/retry_policy.hpp"

namespace holdfast {

std::optional<FlakyResult> flaky_result_named(std::string_view name) {
  for (FlakyResult result : {FlakyResult::pass, FlakyResult::fail}) {
    if (name_of(result) == name) return result;
  }
  return std::nullopt;
}

std::string_view name_of(FlakyResult result) {
  switch (result) {
    case FlakyResult::pass:
      return "pass";
    case FlakyResult::fail:
      return "fail";
  }
  return "pass";
}

}  // namespace holdfast
