#include "command/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <utility>

#include "base/text.hpp"
#include "command/json.hpp"
#include "ctest/cmake_expression.hpp"
#include "journal/run_directory.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"

namespace holdfast {

std::string compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace holdfast

namespace holdfast::cli {

Option Option::required() const { return Option(*option_->required()); }

Option Option::check(const Check& check) const {
  return Option(*option_->check(CLI::Validator(check, "")));
}

Option Option::check_without_name(const Check& check) const {
  const auto thrown = [check](const std::string& word) -> std::string {
    const std::string trouble = check(word);
    if (trouble.empty()) return {};
    throw CLI::ParseError(trouble, CLI::ExitCodes::ExtrasError);
  };
  return this->check(thrown);
}

Option Option::takes(int words) const { return Option(*option_->expected(words)); }

Option Option::excludes(const std::vector<Option>& others) const {
  for (const Option other : others) option_->excludes(other.option_);
  return *this;
}

Option Option::one_of(std::vector<std::string> words) const {
  option_->type_name(separated(words, "|"));
  return check_without_name(
      [words = std::move(words), name = option_->get_name()](const std::string& word) {
        if (std::ranges::find(words, word) != words.end()) return std::string();
        return name + " " + brief_in_quotes(word) + ": expected " + alternatives(words);
      });
}

const std::string& Command::name() const { return app_->get_name(); }

// CLI11 leaves commands without a group out of its help.
bool Command::is_hidden() const { return app_->get_group().empty(); }

void Command::hide() const { app_->group(""); }

std::vector<Command> Command::subcommands() const {
  return collected(app_->get_subcommands([](const CLI::App*) { return true; }),
                   [this](CLI::App* app) { return Command(*app, *exit_code_); });
}

std::string Command::help() const { return app_->get_description(); }

std::vector<OptionWords> Command::options() const {
  std::vector<OptionWords> all;
  for (const CLI::Option* option : app_->get_options([](const CLI::Option*) { return true; })) {
    OptionWords words;
    words.is_positional = option->get_positional();
    words.names = words.is_positional ? option->get_single_name() : option->get_name(false, true);
    words.help = option->get_description();
    words.is_required = option->get_required();
    words.takes_many = option->get_items_expected_max() > 1;
    if (option->get_items_expected_max() > 0) words.value = option->get_type_name();
    all.push_back(std::move(words));
  }
  return all;
}

std::string Command::page(const std::string& above) const { return app_->help(above); }

Command Command::add_subcommand(const std::string& word, const std::string& help) const {
  return Command(*app_->add_subcommand(word, help), *exit_code_);
}

namespace {

// An option's value is called after the option: `--tree TREE`.
Option named(CLI::Option* option) {
  const std::vector<std::string>& names = option->get_lnames();
  if (!names.empty()) option->type_name(upper(names.back()));
  return Option(*option);
}

}  // namespace

Option Command::add_option(const std::string& names, std::string& value,
                           const std::string& help) const {
  return named(app_->add_option(names, value, help));
}

Option Command::add_option(const std::string& names, std::vector<std::string>& values,
                           const std::string& help) const {
  return named(app_->add_option(names, values, help));
}

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) const {
  return Option(*app_->add_flag(names, value, help));
}

void Command::require_subcommand() const { app_->require_subcommand(1); }

void Command::fall_through() const { app_->fallthrough(); }

void Command::validate_positionals() const { app_->validate_positionals(); }

void Command::allow_extras() const { app_->allow_extras(); }

void Command::footer(const std::string& text) const { app_->footer(text); }

void Command::callback(std::function<int()> act) const {
  app_->callback([act = std::move(act), exit_code = exit_code_] { *exit_code = act(); });
}

std::vector<std::string> Command::remaining() const { return app_->remaining(); }

Parser::Parser(const std::string& help, const std::string& name, const std::string& version)
    : app_(std::make_unique<CLI::App>(help, name)) {
  app_->set_version_flag("--version", version);
}

Parser::~Parser() = default;

Parsed Parser::parse(int count, char** arguments) const {
  try {
    app_->parse(count, arguments);
  } catch (const CLI::Success& asked) {  // --help, --version
    std::ostringstream words;
    app_->exit(asked, words, words);
    return {.wanted = words.str()};
  } catch (const CLI::ParseError& error) {
    return {.trouble = error.what()};
  }
  return {.exit_code = exit_code_};
}

Check expected(const std::string& what) {
  return [what](const std::string& word) {
    return word.empty() ? "\"\": expected " + what : std::string();
  };
}

Option add_tree_option(Command command, std::string& tree) {
  return command.add_option("--tree", tree, "the build tree (default: found upward from here)")
      .check(expected("a build tree"));
}

Result<std::string> find_tree(const std::string& tree) {
  namespace fs = std::filesystem;
  const auto found = find_build_tree(tree.empty() ? "." : tree);
  std::error_code error;
  if (!tree.empty() && (!found || !fs::equivalent(*found, tree, error))) {
    return ErrorInWords{"--tree \"" + tree + "\": expected a build tree"};
  }
  if (!found) return ErrorInWords{"no build tree here or above: expected --tree DIR"};
  std::string path = fs::canonical(*found).string();
  HOLDFAST_DO(os::check_tree(path));
  return path;
}

std::string variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? "" : value;
}

void complain(const std::string& text) {
  os::log(LogLevel::warn, {text});
  std::string lines;
  std::string_view rest = text;
  do {
    lines += fmt::format("holdfast: {}\n", printable(take_part(rest, '\n')));
  } while (!rest.empty());
  // If stderr takes nothing, fmt::print() would throw. An error does not matter here, because every
  // caller is about to end.
  (void)std::fputs(lines.c_str(), stderr);
}

int refused(const std::string& text, int exit_code) {
  complain(text);
  return exit_code;
}

int refused(const Error& error, int exit_code) { return refused(to_text(error), exit_code); }

int exit_code_of(const Result<int>& ended) { return ended ? *ended : refused(ended.error()); }

Result<int> print_or_fail(const Result<std::string>& text) {
  if (!text) return text.error();
  fmt::print("{}", *text);
  return exit_codes::k_success;
}

Result<std::string> names_as_expression(const std::vector<std::string>& names) {
  std::string expression = expression_for_names(names);
  if (!is_too_large_for_ctest(expression)) return expression + '\n';
  return ErrorInWords{"--format ctest: ctest takes no expression for " +
                      counted(names.size(), "test") +
                      ": expected --format names, for ctest --tests-from-file (CMake 3.29)"};
}

std::string names_as_lines(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) {
    if (name.find('\n') == std::string::npos) {
      lines += name + '\n';
    } else {
      complain("left out, because its name is more than a line: " + brief_in_quotes(name));
    }
  }
  return lines;
}

}  // namespace holdfast::cli
