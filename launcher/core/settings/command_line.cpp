#include "core/settings/command_line.hpp"

#include "core/base/parts.hpp"

#include <algorithm>

namespace holdfast {
namespace {

// The options that are no settings of a test.
enum class Option : std::uint8_t {
  name,
  step,
  tree,
  target,
  output,
  language,
  slots,
  configuration,
  quiet,
  help,
};

constexpr std::array<std::string_view, 10> words_of(Option) {
  return {"--name",     "--step",  "--tree",   "--target", "--output",
          "--language", "--slots", "--config", "--quiet",  "--help"};
}

// `--test=NAME` means `--name NAME --`, in one word. attach.cmake writes `--test:WORD:PLACE=NAME`
// for every test.
constexpr std::string_view k_test = "--test";

bool takes_value(Option option) { return option != Option::quiet && option != Option::help; }

Result<void> add_slots(std::string_view value, CommandLine& line) {
  Result<StepSlots> slots = parse_step_slots(value);
  if (!slots) return ErrorInWords{to_text("--slots", slots.error())};
  line.slots.push_back(std::move(*slots));
  return {};
}

Result<void> set_step(Option option, std::string_view name, std::string_view value,
                      CommandLine& line) {
  std::optional<BuildStep>& step = line.step;
  if (option == Option::step) {
    const std::optional<StepKind> kind = named<StepKind>(value);
    if (!kind) {
      const BadValue found{text_of({"\"", value, "\""}), "compile, link or custom"};
      return ErrorInWords{to_text("--step", found)};
    }
    step.emplace().kind = *kind;
    return {};
  }
  if (!step && option == Option::tree) {
    if (value.empty()) return ErrorInWords{to_text(name, BadValue{"\"\"", "a build tree"})};
    line.tree = value;
    return {};
  }
  if (!step) return ErrorInWords{text_of({name, ": expected after --step"})};
  if (option == Option::tree) step->tree = value;
  if (option == Option::target) step->target = value;
  if (option == Option::output) step->output = value;
  if (option == Option::language) step->language = value;
  if (option == Option::slots) return add_slots(value, line);
  return {};
}

Result<void> apply(Option option, std::string_view name, std::string_view value,
                   CommandLine& line) {
  switch (option) {
    case Option::name:
      if (!value.empty()) line.name = value;
      return {};
    case Option::step:
    case Option::tree:
    case Option::target:
    case Option::output:
    case Option::language:
    case Option::slots:
      return set_step(option, name, value, line);
    case Option::configuration:
      line.configuration = value;
      return {};
    case Option::quiet:
      line.loudness = Loudness::quiet;
      return {};
    case Option::help:
      line.help = true;
      return {};
  }
  return {};
}

// Services stand in one text with commas. A user writes `;`, as in a property.
Result<std::string> text_of_services(std::string_view value) {
  std::string text;
  do {
    const std::string_view part = take_part(value, value.find(';') < value.find(',') ? ';' : ',');
    if (const auto use = parse_service_use(part); !use) return use.error();
    if (!text.empty()) text += ',';
    text += part;
  } while (!value.empty());
  return text;
}

// Locks, services and retry rules add up. For any other setting the last value holds.
Result<void> add_setting(Setting setting, std::string_view name, std::string_view value,
                         Options& options) {
  if (setting == Setting::locks) {
    Result<LockSpec> lock = parse_lock_spec(value);
    if (!lock) return ErrorInWords{to_text(name, lock.error())};
    options.locks.push_back(std::move(*lock));
    return {};
  }
  Value said{setting, Source::option, std::string(value), {}};
  if (setting == Setting::services) {
    Result<std::string> services = text_of_services(value);
    if (!services) return ErrorInWords{to_text(name, services.error())};
    said.text = std::move(*services);
  }
  if (setting == Setting::retry || setting == Setting::services) {
    const Value* before = last_of(options.said, setting);
    if (before != nullptr) said.text = text_of({before->text, ",", said.text});
  }
  Policy alone;
  const Result<void> understood = holdfast::apply(said, alone);
  if (!understood) return ErrorInWords{to_text(name, understood.error())};
  options.said.push_back(std::move(said));
  return {};
}

// False: the argument is another one.
bool read_test_word(std::string_view argument, CommandLine& line) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos || !argument.starts_with(k_test)) return false;
  std::string_view mark = argument.substr(k_test.size(), equals - k_test.size());
  if (!mark.empty()) {
    if (mark.front() != ':') return false;
    mark.remove_prefix(1);
    const std::size_t colon = std::min(mark.find(':'), mark.size());
    line.word = mark.substr(0, colon);
    mark.remove_prefix(colon);
    if (!mark.empty()) {
      std::optional<TestPlace> place = parse_test_place(mark.substr(1));
      if (!place) return false;
      line.place = *std::move(place);
    }
  }
  line.name = argument.substr(equals + 1);
  line.is_test = true;
  return true;
}

}  // namespace

std::string begin_of_test_argument(std::string_view word) {
  return text_of({k_test, ":", word, ":"});
}

Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments) {
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") {
      if (i + 1 == arguments.size()) return ErrorInWords{"expected a command after `--`"};
      if (arguments[i + 1].empty())
        return ErrorInWords{"expected a command after `--`, found \"\""};
      line.command_at = i + 1;
      return line;
    }
    if (read_test_word(argument, line)) {
      if (i + 1 == arguments.size()) {
        return ErrorInWords{text_of({"expected a command after \"", argument, "\""})};
      }
      line.command_at = i + 1;
      return line;
    }
    const std::size_t equals =
        argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    const std::string_view name = argument.substr(0, equals);
    const std::optional<Setting> setting = setting_of_option(name);
    const std::optional<Option> option = argument == "-h" ? Option::help : named<Option>(name);
    if (!setting && !option) {
      return ErrorInWords{text_of(
          {"unknown argument \"", argument, "\": expected options, then `--`, then the command"})};
    }
    std::string_view value;
    if (setting || takes_value(*option)) {
      if (equals != std::string_view::npos) {
        value = argument.substr(equals + 1);
      } else if (i + 1 < arguments.size()) {
        value = arguments[++i];
      } else {
        return ErrorInWords{text_of({name, ": expected a value after it"})};
      }
    } else if (equals != std::string_view::npos) {
      return ErrorInWords{text_of({name, ": takes no value"})};
    }
    HOLDFAST_DO(setting ? add_setting(*setting, name, value, line.options)
                        : apply(*option, name, value, line));
    if (line.help) return line;
  }
  return ErrorInWords{"expected `-- COMMAND` at the end"};
}

}  // namespace holdfast
