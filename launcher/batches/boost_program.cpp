// Programs of Boost.Test, version 1.62 and later. Holdfast links nothing with them. It adds a
// logger of its own to theirs, which writes into a file and leaves what they print as it is.
#include <algorithm>
#include <array>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "batches/report_program.hpp"
#include "batches/side_by_side.hpp"

namespace holdfast::exec {
namespace {

constexpr std::string_view k_filters_variable = "BOOST_TEST_RUN_FILTERS";

class BoostProgram final : public ReportProgram {
 public:
  // In a list of loggers a `:` ends the name of a file, and a `,` may.
  BoostProgram(const os::Command& command, const std::string& markers)
      : ReportProgram(command,
                      markers.find_first_of(":,") == std::string::npos ? markers : std::string()),
        words_(boost_words(command.arguments + 1)),
        loggers_(loggers()) {
    is_question_ = words_.has(BoostWord::question) ||
                   !variable_in(given_.environment, "BOOST_TEST_LIST_CONTENT").empty();
    if (!is_understood()) {
      why_one_test_ =
          "its command has options that Holdfast does not know, or one that selects or logs twice";
    }
    can_report_ = !loggers_.empty();
    report_files_ = {names::k_boost_cases_file};
    why_untold_ =
        "Boost.Test cannot tell of its cases beside the loggers of its own (isolation process "
        "tells them apart)";
  }

  const Framework& framework() const override { return boost_test(); }

  WorkerCommand running_all() const override { return made_of(words_.without({})); }
  WorkerCommand running(const std::string& selection, Selected /*selected*/) const override {
    WorkerCommand made = made_of(framework().without_selection(given_.arguments + 1));
    made.hide_variable(k_filters_variable);
    made.add_arguments({std::string(framework().selecting_option()) + selection});
    return made;
  }

  WorkerCommand listing() const override {
    WorkerCommand made(given_);
    made.add_arguments({framework().list_option()});
    return made;
  }
  Stream lists_on() const override { return Stream::errors; }

  CaseReport take_report(const ProcessEnd& end, const std::string& own_case,
                         std::string_view /*printed*/) const override {
    if (const auto xml = take_file(names::k_boost_cases_file)) {
      return read_boost_report(*xml, end, own_case);
    }
    CaseReport said;
    said.has_begun = !has_reports();
    if (!said.has_begun || end.kind != ProcessEnd::Kind::exited) return said;
    said.is_through = true;
    if (!own_case.empty()) {
      said.cases.push_back({own_case, end.code == 0 ? CaseEnd::passed : CaseEnd::failed});
    }
    return said;
  }

 private:
  // The value of the last such option, or of the variable; empty: neither is there.
  std::string_view value_of(BoostWord kind, std::string_view variable) const {
    const std::string_view value = words_.value_of(kind);
    return value.empty() ? variable_in(given_.environment, variable) : value;
  }

  bool is_understood() const {
    constexpr auto k_once =
        std::to_array({BoostWord::selection, BoostWord::loggers, BoostWord::log_format,
                       BoostWord::log_level, BoostWord::log_sink});
    return !words_.has(BoostWord::unknown) &&
           std::ranges::all_of(k_once, [this](BoostWord kind) { return words_.count(kind) <= 1; });
  }

  // The program's own loggers, as one value of `--logger`. Empty: ours cannot be beside them.
  std::string loggers() const {
    const std::string_view own = value_of(BoostWord::loggers, "BOOST_TEST_LOGGER");
    if (!own.empty())
      return own.find("XML") == std::string_view::npos ? std::string(own) : std::string();
    std::string_view format = value_of(BoostWord::log_format, "BOOST_TEST_LOG_FORMAT");
    if (format.empty()) format = "HRF";
    if (format != "HRF" && format != "CLF") return {};
    std::string_view level = value_of(BoostWord::log_level, "BOOST_TEST_LOG_LEVEL");
    if (level.empty()) level = "error";
    std::string_view sink = value_of(BoostWord::log_sink, "BOOST_TEST_LOG_SINK");
    if (sink.empty()) sink = "stdout";
    if (sink.find_first_of(":,") != std::string_view::npos) return {};
    return std::string(format) + "," + std::string(level) + "," + std::string(sink);
  }

  bool read_list(std::string_view text, int /*code*/, BatchEvent& event) const override {
    std::optional<BoostList> list = parse_boost_list(text);
    if (list) select(std::move(*list), event);
    return list.has_value();
  }

  // The command with these arguments, and with our logger in place of the options of its own.
  WorkerCommand made_of(const std::vector<char*>& arguments) const {
    if (!has_reports()) return {given_, arguments};
    std::vector<char*> ended = arguments;
    ended.push_back(nullptr);
    WorkerCommand made(given_, boost_words(ended.data())
                                   .without({BoostWord::loggers, BoostWord::log_format,
                                             BoostWord::log_level, BoostWord::log_sink}));
    made.add_arguments({"--logger=" + loggers_ + ":XML,test_suite," +
                        report_file_in(markers_, names::k_boost_cases_file)});
    return made;
  }

  // Boost.Test lists all cases, whatever is selected. A case that is disabled runs if it is
  // selected by its name.
  void select(BoostList all, BatchEvent& event) const {
    const std::string_view filter = value_of(BoostWord::selection, k_filters_variable);
    const auto is_selected = [filter](const std::string& path) {
      return filter.empty() ? true : boost_filter_selects(filter, path);
    };
    const auto enables = [&](const std::string& path) { return is_selected(path) != false; };
    const auto is_unclear = [&](const std::string& path) { return !is_selected(path); };
    if ((!filter.empty() && std::ranges::any_of(all.disabled, enables)) ||
        std::ranges::any_of(all.cases, is_unclear)) {
      event.why = "its filter (" + std::string(filter) + ") changes what is enabled";
      return;
    }
    for (std::string& path : all.cases) {
      (*is_selected(path) ? event.cases : event.others).push_back(std::move(path));
    }
  }

  ProgramWords<BoostWord> words_;
  std::string loggers_;
};

}  // namespace

std::unique_ptr<TestProgram> boost_program(const os::Command& command, const std::string& markers) {
  return std::make_unique<BoostProgram>(command, markers);
}

}  // namespace holdfast::exec
