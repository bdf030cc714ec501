#include "cli/commands.hpp"
#include "os/process/process.hpp"

int main(int count, char** arguments) {
  return holdfast::cli::run_command(count, holdfast::os::take_arguments(arguments));
}
