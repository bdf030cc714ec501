// The environment of a test: ctest's, without what was meant for Holdfast, plus what Holdfast
// tells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

class TestEnvironment {
 public:
  // `inherited` is environ(7), null-terminated, and must outlive this object. HOLDFAST_ entries are
  // left out, except for the user's own settings: they belong to us or to an enclosing attempt.
  // What an enclosing attempt set for its own GoogleTest program is left out too.
  explicit TestEnvironment(char** inherited);

  // Only before environ() is called.
  void set(std::string_view name, std::string_view value);
  // Whether the user has set it, even to an empty value.
  bool has(std::string_view name) const;
  // Sets it unless the user has, even to an empty value. False: the user has.
  bool set_if_absent(std::string_view name, std::string_view value);

  // Null-terminated, for execve(2). Valid as long as this object lives.
  char** environ();

 private:
  std::vector<std::string> own_;
  std::vector<char*> entries_;
};

// Whether the entry is `<name>=…`.
bool is_variable(std::string_view entry, std::string_view name);
// The value of a variable in an environment as execve(2) takes it; `unset` if it is not set.
std::string_view variable_in(const char* const* environment, std::string_view name,
                             std::string_view unset = {});
std::string_view variable_in(const std::vector<std::string>& entries, std::string_view name);

// Whether only Holdfast may set a variable: users cannot choose its value in a test.
bool is_holdfasts_own(std::string_view name);

// Whether the test inherits a variable: HOLDFAST_DISABLE, HOLDFAST_PROFILE, HOLDFAST_LOG,
// HOLDFAST_CLUSTER_ENDPOINTS, and everything without our prefix.
bool passes_to_test(std::string_view entry);

}  // namespace holdfast
