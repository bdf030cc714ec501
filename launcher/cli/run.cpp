#include <unistd.h>

#include <cstdlib>
#include <string>

#include "cli/commands.hpp"
#include "core/environment.hpp"
#include "core/exit_codes.hpp"
#include "os/process.hpp"
#include "os/system_call.hpp"

namespace holdfast::cli {

int exec_run(char** arguments) {
  Result<std::string> own = os::own_program();
  if (!own) {
    complain("failed to " + own.error().message);
    return exit_codes::k_own_failure;
  }
  // <prefix>/bin/holdfast -> <prefix>/libexec/holdfast/holdfast-launcher
  std::string launcher = *own;
  for (int level = 0; level < 2; ++level) launcher.erase(launcher.rfind('/'));
  launcher += "/libexec/holdfast/holdfast-launcher";
  // A command that a test runs is no test: ctest's words to the launcher are not meant for it.
  ::unsetenv(std::string(environment::k_attach).c_str());
  arguments[1] = launcher.data();
  ::execv(launcher.c_str(), arguments + 1);
  complain(os::system_error("failed to execute " + launcher).message);
  return exit_codes::k_own_failure;
}

}  // namespace holdfast::cli
