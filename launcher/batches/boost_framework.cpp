// Pure.
//
// Programs of Boost.Test, version 1.62 and later. A case has a path, `suite/case`. A value of
// `--run_test` is a list of paths with `:` in between; each part of a path is a list of names with
// `,` in between, and a `*` at an end of a name stands for any text. There is no escape. So a name
// with one of these characters is selected by what is before it. Source: the user's guide of
// Boost.Test, "Test unit filtering" and "Runtime parameters".
#include <array>
#include <iterator>

#include "base/text.hpp"
#include "batches/gtest_report.hpp"
#include "batches/program_words.hpp"
#include "values/framework.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_special_in_path = ",:*!@+";

// The pattern for one name of a path.
std::string pattern_of(std::string_view name) {
  const std::size_t special = name.find_first_of(k_special_in_path);
  if (special == std::string_view::npos) return std::string(name);
  return std::string(name.substr(0, special)) + "*";
}

bool fits_pattern(std::string_view pattern, std::string_view name) {
  const bool from_any = pattern.starts_with('*');
  if (from_any) pattern.remove_prefix(1);
  const bool to_any = pattern.ends_with('*');
  if (to_any) pattern.remove_suffix(1);
  if (from_any && to_any) return name.find(pattern) != std::string_view::npos;
  if (from_any) return name.ends_with(pattern);
  return to_any ? name.starts_with(pattern) : name == pattern;
}

bool fits_one_of(std::string_view patterns, std::string_view name) {
  while (!patterns.empty()) {
    if (fits_pattern(take_part(patterns, ','), name)) return true;
  }
  return false;
}

// A path of a suite selects all of its cases.
bool path_selects(std::string_view wanted, std::string_view path) {
  while (!wanted.empty()) {
    if (path.empty()) return false;
    const std::string_view patterns = take_part(wanted, '/');
    if (!fits_one_of(patterns, take_part(path, '/'))) return false;
  }
  return true;
}

std::string selection_of(std::string_view path) {
  std::string selection;
  while (!path.empty()) {
    if (!selection.empty()) selection += '/';
    selection += pattern_of(take_part(path, '/'));
  }
  return selection;
}

constexpr auto k_boost_options = std::to_array<FrameworkOption<BoostWord>>({
    {"-t", "--run_test", BoostWord::selection, true},
    {{}, "--logger", BoostWord::loggers, true},
    {"-f", "--log_format", BoostWord::log_format, true},
    {"-l", "--log_level", BoostWord::log_level, true},
    {"-k", "--log_sink", BoostWord::log_sink, true},
    {{}, "--list_content", BoostWord::question},
    {{}, "--list_labels", BoostWord::question},
    {"-?", "--help", BoostWord::question},
    {{}, "--usage", BoostWord::question},
    {{}, "--version", BoostWord::question},
});

constexpr std::string_view k_harmless_boost_options[] = {
    "--auto_start_dbg",      "--break_exec_path", "--build_info",
    "--catch_system_errors", "--color_output",    "--detect_fp_exceptions",
    "--detect_memory_leaks", "--output_format",   "--random",
    "--report_format",       "--report_level",    "--report_memory_leaks_to",
    "--report_sink",         "--result_code",     "--save_pattern",
    "--show_progress",       "--use_alt_stack",   "--wait_for_debugger",
    "--no_result_code",      "--no_color_output"};

// A word that is none of k_boost_options.
BoostWord kind_of_other(std::string_view name) {
  if (std::ranges::find(k_harmless_boost_options, name) != std::end(k_harmless_boost_options)) {
    return BoostWord::harmless;
  }
  return name.starts_with("--") ? BoostWord::unknown : BoostWord::own;
}

class BoostTest final : public Framework {
 public:
  constexpr BoostTest() : Framework({"Boost.Test", "--list_content=DOT", "--run_test=", ':'}) {}

  bool is_exact(std::string_view path) const override {
    return path.find_first_of(k_special_in_path) == std::string_view::npos;
  }
  bool selects(std::string_view path, std::string_view other) const override {
    return path_selects(selection_of(path), other);
  }
  std::optional<std::string> selection_without(
      std::string_view path, const std::vector<std::string_view>& others) const override {
    if (path.empty() || !others.empty()) return std::nullopt;
    return selection_of(path);
  }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return boost_words(arguments).without({BoostWord::selection});
  }
};

constinit const BoostTest k_boost;

// One unit of the list: `tu65536[…,color=green,label="name|file(12)"];`. Cases have numbers from
// 65536 on. A suite that is open is followed by `{`.
struct ListedUnit {
  bool is_case = false;
  bool is_enabled = false;
  std::string name;
};

std::optional<ListedUnit> unit_in(std::string_view line) {
  constexpr std::uint64_t k_first_case = 65536;
  constexpr std::string_view k_label = "label=\"";
  if (!line.starts_with("tu")) return std::nullopt;
  const auto number = leading_number<std::uint64_t>(line.substr(2));
  const std::size_t label = line.find(k_label);
  if (!number || label == std::string_view::npos) return std::nullopt;
  const std::string_view text = line.substr(label + k_label.size());
  return ListedUnit{*number >= k_first_case,
                    line.substr(0, label).find("color=green") != std::string_view::npos,
                    std::string(text.substr(0, text.find_first_of("|\"")))};
}

constexpr std::size_t k_deepest_suite = 100;

class BoostReader {
 public:
  BoostReader(std::string_view xml, bool fails, const std::string& own_case)
      : tags_(xml), fails_(fails), own_case_(own_case) {}

  CaseReport read() {
    while (const std::optional<std::string_view> tag = tags_.next()) take(*tag);
    if (report_.died_in || is_too_deep_) report_.is_through = false;
    report_.ran_nothing = report_.is_through && report_.cases.empty();
    return std::move(report_);
  }

 private:
  void take(std::string_view tag) {
    const bool is_whole = tag.ends_with("/>");
    if (tag == "</TestLog>") {
      report_.is_through = true;
    } else if (is_xml_beginning(tag, "TestSuite")) {
      const std::string name = xml_attribute(tag, "name").value_or("");
      is_whole ? end_unrun_suite(tag, name) : begin_suite(name);
    } else if (tag == "</TestSuite>") {
      if (!suites_.empty()) suites_.pop_back();
    } else if (is_xml_beginning(tag, "TestCase")) {
      open_ = ReportedCase{path_of(xml_attribute(tag, "name").value_or(""))};
      if (is_whole) end_unrun(tag);
    } else if (tag == "</TestCase>") {
      end_case();
    } else if (open_) {
      take_in_case(tag);
    }
  }

  // The first suite is the module itself, which is in no path.
  void begin_suite(const std::string& name) {
    is_too_deep_ = is_too_deep_ || suites_.size() > k_deepest_suite;
    suites_.push_back(suites_.empty() || is_too_deep_ ? std::string()
                                                      : suites_.back() + name + "/");
  }

  std::string path_of(const std::string& name) const {
    return suites_.empty() ? name : suites_.back() + name;
  }

  // What is disabled, or not selected, is none of the run's.
  static bool is_selected(std::string_view tag) {
    return xml_attribute(tag, "reason") != "disabled";
  }

  void end_unrun_suite(std::string_view tag, const std::string& name) {
    if (!is_selected(tag)) return;
    const std::string path = path_of(name) + "/";
    const bool has_own = own_case_.starts_with(path);
    report_.cases.push_back({has_own ? own_case_ : path + "*", CaseEnd::skipped});
  }

  void end_unrun(std::string_view tag) {
    if (is_selected(tag)) {
      open_->end = CaseEnd::skipped;
      report_.cases.push_back(std::move(*open_));
    }
    open_.reset();
  }

  void take_in_case(std::string_view tag) {
    const bool is_failure = is_xml_beginning(tag, "Error") || is_xml_beginning(tag, "FatalError") ||
                            is_xml_beginning(tag, "Exception");
    if (is_failure && fails_) open_->end = CaseEnd::failed;
    if (tag == "</Message>" && tags_.text() == "Test is aborted" && fails_) is_aborted_ = true;
  }

  void end_case() {
    if (!open_) return;
    if (is_aborted_) {
      report_.died_in = std::exchange(open_, std::nullopt);
      return;
    }
    report_.cases.push_back(std::move(*open_));
    open_.reset();
  }

  XmlTags tags_;
  bool fails_;
  const std::string& own_case_;
  CaseReport report_;
  std::vector<std::string> suites_;  // the paths of those that are open
  bool is_too_deep_ = false;
  std::optional<ReportedCase> open_;
  bool is_aborted_ = false;  // after a signal, no further case runs
};

}  // namespace

const Framework& boost_test() { return k_boost; }

ProgramWords<BoostWord> boost_words(char* const* arguments) {
  ProgramWords<BoostWord> words;
  for (char* const* word = arguments; *word != nullptr; ++word) {
    const std::string_view text = *word;
    const std::size_t end = text.find('=');
    const auto* const option = option_called(text.substr(0, end), k_boost_options);
    if (option == nullptr || !option->has_value) {
      words.add(*word, option != nullptr ? option->kind : kind_of_other(text.substr(0, end)));
      continue;
    }
    // Boost.Test takes the value of a long option behind `=`, and that of a short one from the next
    // word. It refuses anything else, so such a word must stay.
    const bool is_long = text.starts_with("--");
    if (is_long && end != std::string_view::npos && end + 1 < text.size()) {
      words.add(*word, option->kind, text.substr(end + 1));
    } else if (!is_long && end == std::string_view::npos && word[1] != nullptr &&
               word[1][0] != '\0') {
      words.add(*word, option->kind);
      words.add_value(*++word);
    } else {
      words.add(*word, BoostWord::unknown);
    }
  }
  return words;
}

std::optional<BoostList> parse_boost_list(std::string_view dot) {
  constexpr std::string_view k_beginning = "digraph G {";
  const std::size_t begin = dot.find(k_beginning);
  if (begin == std::string_view::npos) return std::nullopt;
  dot.remove_prefix(begin + k_beginning.size());
  UniqueNames paths;
  UniqueNames disabled;
  // The first is the module, which is in no path.
  std::vector<ListedUnit> suites;
  ListedUnit last;
  for (const std::string_view line : TextParts{dot, '\n'}) {
    if (line == "{") {
      suites.push_back(last);
    } else if (line == "}") {
      if (suites.empty()) return BoostList{paths.take(), disabled.take()};
      suites.pop_back();
    } else if (std::optional<ListedUnit> unit = unit_in(line)) {
      last = std::move(*unit);
      const bool runs = last.is_enabled && std::ranges::all_of(suites, &ListedUnit::is_enabled);
      if (!last.is_case) continue;
      std::string path;
      for (std::size_t i = 1; i < suites.size(); ++i) path += suites[i].name + "/";
      (runs ? paths : disabled).add(path + last.name);
    }
  }
  return std::nullopt;
}

std::optional<bool> boost_filter_selects(std::string_view filter, std::string_view path) {
  if (filter.find_first_of("!@+") != std::string_view::npos) return std::nullopt;
  while (!filter.empty()) {
    if (path_selects(take_part(filter, ':'), path)) return true;
  }
  return false;
}

CaseReport read_boost_report(std::string_view xml, const ProcessEnd& end,
                             const std::string& own_case) {
  return BoostReader(xml, !end.exited_with(0), own_case).read();
}

}  // namespace holdfast
