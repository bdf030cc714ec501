// The environment a test is started with: what ctest gave, less what was meant for Holdfast, plus
// what Holdfast tells the test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

class TestEnvironment {
 public:
  // `inherited` is environ(7), null-terminated, and must outlive this object. Every HOLDFAST_ entry
  // but the user's own settings is left out: it belongs to us or to an attempt further out. So does
  // what such an attempt has asked of a GoogleTest program.
  explicit TestEnvironment(char** inherited);

  // May be called until environ() is.
  void set(std::string_view name, std::string_view value);
  // The same where the user has not set it, not even to nothing. False: he has.
  bool set_if_absent(std::string_view name, std::string_view value);

  // Null-terminated, for execve(2). Valid as long as this object.
  char** environ();

 private:
  std::vector<std::string> own_;
  std::vector<char*> entries_;
};

// Whether a variable is for Holdfast to set: nobody may say what it is to be in a test.
bool is_holdfasts_own(std::string_view name);

// Whether a variable stays the test's (`HOLDFAST_DISABLE`, `HOLDFAST_PROFILE`, `HOLDFAST_LOG`,
// everything without our prefix).
bool passes_to_test(std::string_view entry);

}  // namespace holdfast
