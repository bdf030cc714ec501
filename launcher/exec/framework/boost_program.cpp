// Programs of Boost.Test, version 1.62 and later. Holdfast links nothing with them. It adds a
// logger of its own to theirs, which writes into a file and leaves what they print as it is.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/names.hpp"
#include "core/framework/case_list.hpp"
#include "exec/base/variables.hpp"
#include "exec/batch/marker_directory.hpp"
#include "exec/batch/test_program.hpp"
#include "exec/framework/report_worker.hpp"

namespace holdfast::exec {
namespace {

// The settings of Boost.Test that matter: as an option with its value behind `=` or in the next
// word, and as a variable.
struct BoostSetting {
  std::string_view brief;  // `-t`; empty: there is none
  std::string_view full;
  std::string_view variable;
};
constexpr BoostSetting k_filters{"-t", "--run_test", "BOOST_TEST_RUN_FILTERS"};
constexpr BoostSetting k_loggers{{}, "--logger", "BOOST_TEST_LOGGER"};
constexpr BoostSetting k_log_format{"-f", "--log_format", "BOOST_TEST_LOG_FORMAT"};
constexpr BoostSetting k_log_level{"-l", "--log_level", "BOOST_TEST_LOG_LEVEL"};
constexpr BoostSetting k_log_sink{"-k", "--log_sink", "BOOST_TEST_LOG_SINK"};
constexpr auto k_of_log =
    std::to_array<BoostSetting>({k_loggers, k_log_format, k_log_level, k_log_sink});
constexpr auto k_boost_questions = std::to_array<std::string_view>(
    {"--list_content", "--list_labels", "--help", "--usage", "--version", "-?"});

// The other options of Boost.Test that may be there: a process of one case has them too.
constexpr auto k_harmless = std::to_array<std::string_view>(
    {"--auto_start_dbg",      "--break_exec_path", "--build_info",
     "--catch_system_errors", "--color_output",    "--detect_fp_exceptions",
     "--detect_memory_leaks", "--output_format",   "--random",
     "--report_format",       "--report_level",    "--report_memory_leaks_to",
     "--report_sink",         "--result_code",     "--save_pattern",
     "--show_progress",       "--use_alt_stack",   "--wait_for_debugger",
     "--no_result_code",      "--no_color_output"});

// One option: the words that it consists of, and its value.
struct BoostOption {
  std::size_t words = 1;
  std::string_view value;
};

// None: the word is another one.
std::optional<BoostOption> option_at(char** word, const BoostSetting& setting) {
  const std::string_view text = *word;
  for (const std::string_view name : {setting.full, setting.brief}) {
    if (name.empty() || !text.starts_with(name)) continue;
    if (text.size() == name.size() && word[1] != nullptr) return BoostOption{2, word[1]};
    if (text.size() > name.size() && text[name.size()] == '=') {
      return BoostOption{1, text.substr(name.size() + 1)};
    }
  }
  return std::nullopt;
}

class BoostReports final : public CaseReports {
 public:
  explicit BoostReports(std::string markers) : markers_(std::move(markers)) {}

  bool tell_each() const override { return !markers_.empty(); }
  void forget() override { (void)take_report_file(markers_, names::k_boost_cases_file); }

  CaseReport take(const ProcessEnd& end, const std::string& own_case,
                  std::string_view /*printed*/) override {
    if (const auto xml = take_report_file(markers_, names::k_boost_cases_file)) {
      return read_boost_report(*xml, end);
    }
    CaseReport said;
    said.has_begun = markers_.empty();
    if (!said.has_begun || end.kind != ProcessEnd::Kind::exited) return said;
    said.is_through = true;
    if (!own_case.empty()) {
      said.cases.push_back({own_case, end.code == 0 ? CaseEnd::passed : CaseEnd::failed});
    }
    return said;
  }

 private:
  std::string markers_;  // empty: only the exit code tells
};

class BoostProgram final : public TestProgram {
 public:
  BoostProgram(const os::Command& command, std::string markers)
      : given_(command),
        // In a list of loggers a `:` ends the name of a file, and a `,` may.
        markers_(markers.find_first_of(":,") == std::string::npos ? std::move(markers)
                                                                  : std::string()),
        loggers_(loggers()),
        is_understood_(is_understood()),
        framework_(boost_test(has_reports() ? Telling::ends : Telling::nothing)) {}

  const Framework& framework() const override { return framework_; }

  Start start(Isolation wanted) const override {
    if (is_question()) return {};
    if (!is_understood_) {
      return {Isolation::none,
              "it runs as one test: its command has options that Holdfast does not know, or one "
              "that selects or logs twice"};
    }
    if (wanted == Isolation::fork) {
      return {Isolation::process,
              "cannot fork its cases, each gets a process of its own: it is a Boost.Test program"};
    }
    if (wanted == Isolation::none && !has_reports()) {
      return {Isolation::none,
              "it runs as one test: Boost.Test cannot tell of its cases beside the loggers of its "
              "own (isolation process tells them apart)"};
    }
    return {wanted, {}};
  }

  WorkerCommand running_all() const override { return made_without({}, {}); }
  WorkerCommand running(const std::string& selection, Selected /*selected*/) const override {
    return made_without(&k_filters, "--run_test=" + selection);
  }

  WorkerCommand listing() const override {
    WorkerCommand made(given_);
    made.add_argument(std::string(framework_.list_option()));
    return made;
  }
  Stream lists_on() const override { return Stream::errors; }

  BatchEvent listed(std::string_view printed, const WorkerEnd& end) const override {
    BatchEvent event;
    event.end = end;
    event.kind = BatchEvent::Kind::not_listed;
    if (!end.exited_by_itself()) return event;
    auto list = parse_boost_list(printed);
    if (!list && !end.ended_well()) return event;
    event.kind = BatchEvent::Kind::listed;
    if (list) {
      select(std::move(*list), event);
    } else {
      event.why = "it prints none of Boost.Test's";
    }
    return event;
  }

  std::unique_ptr<BatchWorker> worker(WorkerOrder order) const override {
    return std::make_unique<ReportWorker>(
        std::move(order), std::make_unique<BoostReports>(has_reports() ? markers_ : std::string()));
  }

  void use(const std::string& markers) override {
    if (!markers_.empty()) markers_ = markers;
  }

  bool is_shard() const override { return false; }

 private:
  // The value of the last such option, or of the variable; empty: neither is there.
  std::string_view value_of(const BoostSetting& setting) const {
    std::string_view value = variable_in(given_.environment, setting.variable);
    for (char** word = given_.arguments + 1; *word != nullptr; ++word) {
      if (const auto option = option_at(word, setting)) value = option->value;
    }
    return value;
  }

  std::string_view value_of(const BoostSetting& setting, std::string_view unset) const {
    const std::string_view value = value_of(setting);
    return value.empty() ? unset : value;
  }

  bool is_question() const {
    for (char** word = given_.arguments + 1; *word != nullptr; ++word) {
      const std::string_view text(*word);
      if (std::ranges::find(k_boost_questions, text.substr(0, text.find('='))) !=
          k_boost_questions.end()) {
        return true;
      }
    }
    return !variable_in(given_.environment, "BOOST_TEST_LIST_CONTENT").empty();
  }

  // Boost.Test takes the beginning of an option for the option, and words behind `--` are the
  // program's own.
  bool is_understood() const {
    std::vector<std::string_view> seen;
    for (char** word = given_.arguments + 1; *word != nullptr; ++word) {
      const std::string_view text(*word);
      std::string_view setting;
      std::optional<BoostOption> option = option_at(word, k_filters);
      if (option) setting = k_filters.full;
      for (const BoostSetting& of_log : k_of_log) {
        if (option) break;
        option = option_at(word, of_log);
        setting = of_log.full;
      }
      if (option) {
        if (std::ranges::find(seen, setting) != seen.end()) return false;
        seen.push_back(setting);
        if (option->words == 2) ++word;
        continue;
      }
      const std::string_view name = text.substr(0, text.find('='));
      if (text.starts_with("--") && std::ranges::find(k_harmless, name) == k_harmless.end()) {
        return false;
      }
    }
    return true;
  }

  // The program's own loggers, as one value of `--logger`. Empty: ours cannot be beside them.
  std::string loggers() const {
    if (const std::string_view own = value_of(k_loggers); !own.empty()) {
      return own.find("XML") == std::string_view::npos ? std::string(own) : std::string();
    }
    const std::string_view format = value_of(k_log_format, "HRF");
    if (format != "HRF" && format != "CLF") return {};
    if (value_of(k_log_sink).find_first_of(":,") != std::string_view::npos) return {};
    return std::string(format) + "," + std::string(value_of(k_log_level, "error")) + "," +
           std::string(value_of(k_log_sink, "stdout"));
  }

  bool has_reports() const {
    return !markers_.empty() && !loggers_.empty() && !is_question() && is_understood_;
  }

  // The command with our logger, without the options of that setting, and with another argument.
  WorkerCommand made_without(const BoostSetting* setting, std::string argument) const {
    std::vector<char*> arguments;
    for (char** word = given_.arguments + 1; *word != nullptr; ++word) {
      std::optional<BoostOption> left_out;
      if (setting != nullptr) left_out = option_at(word, *setting);
      for (const BoostSetting& of_log : k_of_log) {
        if (!left_out && has_reports()) left_out = option_at(word, of_log);
      }
      if (!left_out) {
        arguments.push_back(*word);
      } else if (left_out->words == 2) {
        ++word;
      }
    }
    WorkerCommand made(given_, arguments);
    if (setting != nullptr) made.hide_variable(setting->variable);
    if (has_reports()) {
      made.add_argument("--logger=" + loggers_ + ":XML,test_suite," +
                        report_file_in(markers_, names::k_boost_cases_file));
    }
    if (!argument.empty()) made.add_argument(std::move(argument));
    return made;
  }

  // Boost.Test lists all cases, whatever is selected. A case that is disabled runs if it is
  // selected by its name.
  void select(BoostList all, BatchEvent& event) const {
    const std::string_view filter = value_of(k_filters);
    const auto is_selected = [filter](const std::string& path) {
      return filter.empty() ? true : boost_filter_selects(filter, path);
    };
    for (const std::string& path : all.disabled) {
      if (!filter.empty() && is_selected(path) != false) {
        event.why = "its filter (" + std::string(filter) + ") changes what is enabled";
        return;
      }
    }
    for (std::string& path : all.cases) {
      const std::optional<bool> selected = is_selected(path);
      if (!selected) {
        event.why = "its filter (" + std::string(filter) + ") changes what is enabled";
        return;
      }
      (*selected ? event.cases : event.others).push_back(std::move(path));
    }
  }

  os::Command given_;
  std::string markers_;
  std::string loggers_;
  bool is_understood_;
  const Framework& framework_;
};

}  // namespace

std::unique_ptr<TestProgram> boost_program(const os::Command& command, const std::string& markers) {
  return std::make_unique<BoostProgram>(command, markers);
}

}  // namespace holdfast::exec
