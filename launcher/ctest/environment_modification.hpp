// The test properties ENVIRONMENT and ENVIRONMENT_MODIFICATION, as ctest applies them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Variables as `NAME=VALUE`, in the order in which they were first set.
class ModifiedEnvironment {
 public:
  explicit ModifiedEnvironment(std::vector<std::string> inherited);

  // One entry of ENVIRONMENT: `NAME=VALUE`. A name without `=` is unset.
  void set(std::string_view entry);
  // One entry of ENVIRONMENT_MODIFICATION: `NAME=OPERATION:VALUE`. To be called after all set().
  // ctest refuses a test with an entry that it does not understand; here it changes nothing.
  void modify(std::string_view entry);

  const std::vector<std::string>& entries() const { return entries_; }

 private:
  std::vector<std::string> entries_;
  std::vector<std::string> unmodified_;  // what `reset` goes back to
  bool modified_ = false;
};

}  // namespace holdfast
