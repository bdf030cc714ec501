#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/lock_listing.hpp"
#include "core/outcome/exit_codes.hpp"

namespace holdfast::cli {
namespace {

int list_locks(bool as_json) {
  const os::LockSurvey survey = os::survey_all_locks(os::Strangers::look_for);
  for (const Error& error : survey.unseen) complain(to_text(error));
  if (as_json) {
    fmt::print("{}\n", json_of(survey.locks).dump(2));
  } else if (!survey.locks.empty()) {
    fmt::print("{}", describe_locks(survey.locks));
  } else {
    fmt::print("{}\n", survey.unseen.empty() ? "no lock is held"
                                             : "no lock is held, as far as it may be seen");
  }
  return exit_codes::k_success;
}

}  // namespace

void add_locks(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("locks", "show who holds locks and who waits for them, in order");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "as JSON");
  command->callback([as_json, &exit_code] { exit_code = list_locks(*as_json); });
}

}  // namespace holdfast::cli
