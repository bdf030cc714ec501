#include "cli/commands.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "core/exit_codes.hpp"

namespace holdfast::cli {

void complain(const std::string& text) { fmt::print(stderr, "holdfast: {}\n", text); }

int run_command(int count, char** arguments) {
  // Before CLI11 sees it: what follows `--` is not ours to look at.
  if (count > 1 && std::string_view(arguments[1]) == "run") return exec_run(arguments);
  try {
    CLI::App app("Holdfast: a plugin for CTest and Ninja.", "holdfast");
    app.set_version_flag("--version", HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_subcommand("run", "run a command under Holdfast (holdfast run --help)");
    int exit_code = exit_codes::k_success;
    add_report(app, exit_code);
    add_config(app, exit_code);
    add_reap(app, exit_code);
    add_begin(app, exit_code);
    add_end(app, exit_code);
    add_keeper(app, exit_code);
    try {
      app.parse(count, arguments);
    } catch (const CLI::CallForHelp& help) {
      return app.exit(help);
    } catch (const CLI::CallForVersion& version) {
      return app.exit(version);
    } catch (const CLI::ParseError& error) {
      complain(std::string(error.what()) + " (see holdfast --help)");
      return exit_codes::k_usage;
    }
    return exit_code;
  } catch (const std::exception& error) {
    complain(std::string("failed to ") + error.what());
    return exit_codes::k_own_failure;
  }
}

}  // namespace holdfast::cli
