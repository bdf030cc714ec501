#include "cli/select/ctest_call.hpp"

#include <unistd.h>

#include <cstdlib>

#include "core/base/environment.hpp"
#include "core/ctest/rerun.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execute.hpp"
#include "os/signal/replacing.hpp"

namespace holdfast::cli {
namespace {

// Longer arguments would fill `ps` and the run's record. The kernel allows 128 KiB.
constexpr std::size_t k_longest_argument = 4096;

}  // namespace

std::vector<std::string> joined(std::vector<std::string> one,
                                const std::vector<std::string>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

Result<std::vector<std::string>> words_for(const std::vector<std::size_t>& numbers,
                                           const std::filesystem::path& file) {
  std::string value = value_of_numbers(numbers);
  if (value.size() < k_longest_argument) return std::vector<std::string>{"-I", value};
  // ctest takes one line of the file, and that only with its end.
  HOLDFAST_DO(os::replace_file(file.string(), value + "\n"));
  return std::vector<std::string>{"-I", file.string()};
}

Result<void> put_in_order(const std::filesystem::path& file, const std::string& commands) {
  HOLDFAST_DO(os::replace_file(file.string(), commands));
  ::setenv(std::string(environment::k_test_order).c_str(), file.c_str(), 1);
  return {};
}

Error become_ctest(const CtestCall& call, const std::string& own_name) {
  if (::chdir(call.directory.c_str()) != 0) return os::system_error("enter " + call.directory);
  const std::vector<std::string> words = joined({own_name}, call.words);
  const std::vector<char*> pointers = os::pointers_to(words);
  ::execvp(call.program.c_str(), pointers.data());
  return os::system_error("execute " + call.program);
}

}  // namespace holdfast::cli
