#include "cli/help/reference.hpp"

#include <utility>

#include "os/file/file_text.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::cli {
namespace {

CommandPage page_of(Command command, const std::string& name) {
  CommandPage page{name, without_marks(command.help()), command.options(), {}};
  for (const Command one : command.subcommands()) {
    if (!one.is_hidden()) page.commands.push_back(page_of(one, name + " " + one.name()));
  }
  if (name == "holdfast run") page.options = options_of_run();
  for (OptionWords& option : page.options) option.help = without_marks(option.help);
  return page;
}

std::string property_named(const std::string& name) {
  return name.empty() ? "" : "HOLDFAST_" + name;
}

std::vector<SettingPage> settings_of_table() {
  std::vector<SettingPage> all;
  const auto add = [&](const std::string& key, const char* scope, const std::string& meaning,
                       const std::string& property = {}, const std::string& option = {}) {
    if (key.empty()) return;
    all.push_back({key, scope, property_named(property), option, without_marks(meaning)});
  };
#define HOLDFAST_SETTING(id, field, kind, toml, since, nothing, meaning, property, option, ...) \
  add(toml, "a test", meaning, property, option);
#define HOLDFAST_RUN_SETTING(id, field, kind, toml, since, nothing, meaning) \
  add(toml, "a run", meaning);
#define HOLDFAST_STEP_SETTING(id, field, kind, toml, since, nothing, meaning) \
  add(toml, "build steps", meaning);
#include "core/settings/table.def"
  return all;
}

std::vector<DeclaredName> names_of_module() {
  const Result<std::string> installed = supervision::installation();
  if (!installed) return {};
  const Result<std::string> module =
      os::read_file(*installed + "/lib/cmake/Holdfast/Holdfast.cmake", 1024 * 1024);
  return module ? declared_names(*module) : std::vector<DeclaredName>();
}

}  // namespace

Reference reference_of(Command app) {
  return {page_of(app, "holdfast"), settings_of_table(), names_of_module()};
}

}  // namespace holdfast::cli
