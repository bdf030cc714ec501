#include "settings/command_line.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace holdfast {
namespace {

// `--test=NAME` means `--name NAME --`, in one word. attach.cmake writes `--test:WORD:PLACE=NAME`
// for every test.
constexpr std::string_view k_test = "--test";

// Of an option that is no setting of a test. An error does not name the option.
struct Option {
  std::string_view name;
  bool takes_value;
  Result<void> (*take)(std::string_view value, CommandLine& line);
};

Result<void> begin_step(std::string_view value, CommandLine& line) {
  const std::optional<StepKind> kind = named<StepKind>(value);
  if (!kind) return BadValue{text_of({"\"", value, "\""}), "compile, link or custom"};
  line.step.emplace().kind = *kind;
  return {};
}

template <std::string BuildStep::*Field>
Result<void> set_of_step(std::string_view value, CommandLine& line) {
  if (!line.step) return ErrorInWords{"expected after --step"};
  (*line.step).*Field = value;
  return {};
}

// That of the step, or else that whose services and locks are meant.
Result<void> set_tree(std::string_view value, CommandLine& line) {
  if (line.step) return set_of_step<&BuildStep::tree>(value, line);
  if (value.empty()) return BadValue{"\"\"", "a build tree"};
  line.tree = value;
  return {};
}

Result<void> add_slots(std::string_view value, CommandLine& line) {
  if (!line.step) return ErrorInWords{"expected after --step"};
  HOLDFAST_TRY(StepSlots slots, parse_step_slots(value));
  line.slots.push_back(std::move(slots));
  return {};
}

constexpr Option k_options[] = {
    {"--name", true,
     [](std::string_view value, CommandLine& line) {
       if (!value.empty()) line.name = value;
       return Result<void>();
     }},
    {"--step", true, begin_step},
    {"--tree", true, set_tree},
    {"--target", true, set_of_step<&BuildStep::target>},
    {"--output", true, set_of_step<&BuildStep::output>},
    {"--language", true, set_of_step<&BuildStep::language>},
    {"--slots", true, add_slots},
    {"--config", true,
     [](std::string_view value, CommandLine& line) {
       line.configuration = value;
       return Result<void>();
     }},
    {"--quiet", false,
     [](std::string_view, CommandLine& line) {
       line.loudness = Loudness::quiet;
       return Result<void>();
     }},
    {"--help", false,
     [](std::string_view, CommandLine& line) {
       line.help = true;
       return Result<void>();
     }},
};

const Option* option_named(std::string_view name) {
  const auto* const found =
      std::ranges::find(k_options, name == "-h" ? "--help" : name, &Option::name);
  return found == std::end(k_options) ? nullptr : found;
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
Result<void> add_setting(Setting setting, std::string_view value, Options& options) {
  if (setting == Setting::locks) {
    HOLDFAST_TRY(LockSpec lock, parse_lock_spec(value));
    options.locks.push_back(std::move(lock));
    return {};
  }
  Value said{setting, Source::option, std::string(value), {}};
  if (setting == Setting::services) {
    HOLDFAST_TRY(said.text, text_of_services(value));
  }
  if (setting == Setting::retry || setting == Setting::services) {
    const Value* before = last_of(options.said, setting);
    if (before != nullptr) said.text = text_of({before->text, ",", said.text});
  }
  Policy alone;
  HOLDFAST_DO(holdfast::apply(said, alone));
  options.said.push_back(std::move(said));
  return {};
}

// False: the argument is another one.
bool read_test_word(std::string_view argument, CommandLine& line) {
  std::string_view name = argument;
  std::string_view mark = take_part(name, '=');
  if (mark == argument || !take_words(mark, k_test)) return false;
  if (!mark.empty()) {
    if (!take_words(mark, ":")) return false;
    const bool has_place = mark.find(':') != std::string_view::npos;
    line.word = take_part(mark, ':');
    std::optional<TestPlace> place = has_place ? parse_test_place(mark) : TestPlace();
    if (!place) return false;
    line.place = *std::move(place);
  }
  line.name = name;
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
    const bool is_test = read_test_word(argument, line);
    if (is_test || argument == "--") {
      line.command_at = i + 1;
      const bool is_there = line.command_at < arguments.size();
      if (is_there && (is_test || !arguments[line.command_at].empty())) return line;
      const std::string_view quote = is_test ? "\"" : "`";
      return ErrorInWords{text_of(
          {"expected a command after ", quote, argument, quote, is_there ? ", found \"\"" : ""})};
    }
    const std::size_t equals =
        argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    const std::string_view name = argument.substr(0, equals);
    const std::optional<Setting> setting = setting_with(&SettingRow::option, name);
    const Option* const option = option_named(name);
    if (!setting && option == nullptr) {
      return ErrorInWords{text_of(
          {"unknown argument \"", argument, "\": expected options, then `--`, then the command"})};
    }
    std::string_view value;
    if (setting || option->takes_value) {
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
    const Result<void> taken =
        setting ? add_setting(*setting, value, line.options) : option->take(value, line);
    if (!taken) return ErrorInWords{to_text(name, taken.error())};
    if (line.help) return line;
  }
  return ErrorInWords{"expected `-- COMMAND` at the end"};
}

}  // namespace holdfast
