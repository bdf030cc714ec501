#include "affected/ninja_tools.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "values/file_glob.hpp"

namespace holdfast {
namespace {

// Takes `"…"` off the front.
std::optional<std::string_view> take_quoted(std::string_view& line) {
  if (line.find('"', 1) == std::string_view::npos || !take_words(line, "\"")) return std::nullopt;
  return take_part(line, '"');
}

// What is between `begin` and `end`, if the line has both at its ends. A path may have any byte
// between them.
std::optional<std::string_view> between(std::string_view line, std::string_view begin,
                                        std::string_view end) {
  if (line.size() < begin.size() + end.size() || !line.starts_with(begin) || !line.ends_with(end)) {
    return std::nullopt;
  }
  return line.substr(begin.size(), line.size() - begin.size() - end.size());
}

// A line names nodes and steps by their addresses in Ninja. It may name them before the line that
// says what they are, so the arrows between them are read last.
class GraphReader {
 public:
  explicit GraphReader(std::string_view text) {
    for (const bool are_arrows : {false, true}) {
      for (const std::string_view line : TextParts{text, '\n'}) read(line, are_arrows);
    }
  }

  void add_to(NinjaGraph& graph) && {
    for (NinjaStep& step : steps_) {
      for (auto* const some : {&step.inputs, &step.outputs}) {
        for (std::string_view& one : *some) one = paths_[one];
      }
      if (step.outputs.empty() || graph.makers.contains(step.outputs.front())) continue;
      for (const std::string_view output : step.outputs) graph.makers[output] = graph.steps.size();
      graph.steps.push_back(std::move(step));
    }
  }

 private:
  void read(std::string_view line, bool are_arrows) {
    const std::optional<std::string_view> first = take_quoted(line);
    if (!first) return;
    if (!take_words(line, " -> ")) {
      if (!are_arrows) read_thing(*first, line);
    } else if (const std::optional<std::string_view> second = take_quoted(line); !second) {
      return;
    } else if (are_arrows) {
      read_arrow(*first, *second, line);
    } else if (const auto rule = between(line, " [label=\" ", "\"]")) {
      // A step with one input and one output is an arrow itself.
      steps_.push_back({*rule, {*first}, {*second}});
    }
  }

  void read_thing(std::string_view address, std::string_view rest) {
    if (const auto rule = between(rest, " [label=\"", "\", shape=ellipse]")) {
      step_of_.emplace(address, steps_.size());
      steps_.push_back({*rule});
    } else if (const auto path = between(rest, " [label=\"", "\"]")) {
      paths_[address] = *path;
    }
  }

  void read_arrow(std::string_view from, std::string_view to, std::string_view rest) {
    const auto step = step_of_.find(rest.empty() ? from : to);
    if (step == step_of_.end()) return;
    if (rest.empty()) steps_[step->second].outputs.push_back(to);
    if (rest == " [arrowhead=none]") steps_[step->second].inputs.push_back(from);
  }

  // By their addresses.
  std::unordered_map<std::string_view, std::string_view> paths_;
  std::unordered_map<std::string_view, std::size_t> step_of_;
  std::vector<NinjaStep> steps_;  // with addresses in place of paths
};

// Reads a depfile byte by byte.
class DepfileReader {
 public:
  explicit DepfileReader(std::string_view text) : text_(text) {}

  std::vector<DepfileRule> read() {
    while (at_ < text_.size()) step();
    end_rule();
    return std::move(rules_);
  }

 private:
  char next(std::size_t by = 1) const { return at_ + by < text_.size() ? text_[at_ + by] : '\n'; }

  void step() {
    const char c = text_[at_];
    if (c == '\\' && (next() == '\n' || (next() == '\r' && next(2) == '\n'))) {
      end_word();
      at_ += next() == '\n' ? 1 : 2;
    } else if ((c == '\\' && (next() == ' ' || next() == '#' || is_escaped_colon())) ||
               (c == '$' && next() == '$')) {
      word_ += next();
      ++at_;
    } else if (c == '\n') {
      end_rule();
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
    } else {
      word_ += c;
    }
    ++at_;
  }

  // Before a blank, the backslash is the last byte of a directory of Windows.
  bool is_escaped_colon() const {
    return next() == ':' && std::string_view(" \t\r\n").find(next(2)) == std::string_view::npos;
  }

  // As for Ninja, a colon separates wherever a word ends with it.
  void end_word() {
    const bool was_output = !has_colon_;
    if (word_.ends_with(':')) {
      word_.pop_back();
      has_colon_ = true;
    }
    if (!word_.empty()) (was_output ? rule_.outputs : rule_.inputs).push_back(std::move(word_));
    word_.clear();
  }

  void end_rule() {
    end_word();
    if (has_colon_) rules_.push_back(std::move(rule_));
    rule_ = {};
    has_colon_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  DepfileRule rule_;
  bool has_colon_ = false;
  std::vector<DepfileRule> rules_;
};

// Takes the last argument in quotes off the line.
std::optional<std::string_view> quoted_at_end(std::string_view line) {
  const std::size_t last = line.rfind('"');
  const std::size_t first = last == std::string_view::npos || last == 0 ? std::string_view::npos
                                                                        : line.rfind('"', last - 1);
  if (first == std::string_view::npos) return std::nullopt;
  return line.substr(first + 1, last - first - 1);
}

// `[abc]` may be any byte: then the pattern is too wide.
std::string pattern_of(std::string_view glob, bool is_recursive) {
  std::string pattern;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    const std::size_t end = glob[at] == '[' ? glob.find(']', at + 1) : std::string_view::npos;
    if (end != std::string_view::npos) {
      pattern += k_one;
      at = end;
    } else {
      pattern += glob[at] == '*' ? k_star : glob[at] == '?' ? k_one : glob[at];
    }
  }
  const std::size_t slash = pattern.rfind('/');
  if (is_recursive && slash != std::string::npos) pattern.insert(slash, 1, k_unknown);
  return pattern;
}

}  // namespace

void add_ninja_graph(std::string_view text, NinjaGraph& graph) { GraphReader(text).add_to(graph); }

std::vector<std::string_view> read_ninja_targets(std::string_view text) {
  std::vector<std::string_view> names;
  for (const std::string_view line : TextParts{text, '\n'}) {
    const std::size_t colon = line.rfind(": ");
    if (colon != std::string_view::npos) names.push_back(line.substr(0, colon));
  }
  return names;
}

void read_ninja_deps(std::string_view text, const std::function<void(const RecordedInputs&)>& see) {
  RecordedInputs record;
  const auto end_record = [&] {
    if (!record.output.empty()) see(record);
    record.output = {};
    record.inputs.clear();
  };
  for (std::string_view line : TextParts{text, '\n'}) {
    if (!record.output.empty() && take_words(line, "    ")) {
      record.inputs.push_back(line);
      continue;
    }
    end_record();
    const std::size_t mark = line.rfind(": #deps ");
    if (mark == std::string_view::npos) continue;
    record.output = line.substr(0, mark);
    record.is_stale = line.ends_with("(STALE)");
  }
  end_record();
}

NinjaLog read_ninja_log(std::string_view text) {
  NinjaLog times;
  // `start end time output hash`, with tabs between them. The last line of an output counts.
  for (std::string_view line : TextParts{text, '\n'}) {
    take_part(line, '\t');
    take_part(line, '\t');
    const auto time = leading_number<std::int64_t>(take_part(line, '\t'));
    const std::string_view output = take_part(line, '\t');
    if (time && !output.empty()) times[output] = *time;
  }
  return times;
}

std::vector<DepfileRule> read_depfile(std::string_view text) { return DepfileReader(text).read(); }

bool VerifiedGlobs::would_add(std::string_view path) const {
  const auto fits = [&](const std::string& pattern) { return fits_pattern(pattern, path); };
  return std::ranges::any_of(patterns, fits) && listed.find(path) == listed.end();
}

VerifiedGlobs read_verified_globs(std::string_view text) {
  VerifiedGlobs globs;
  bool is_list = false;
  for (const std::string_view line : TextParts{text, '\n'}) {
    const std::optional<std::string_view> quoted = quoted_at_end(line);
    if (line.starts_with("set(OLD_GLOB")) {
      is_list = true;
    } else if (is_list && quoted) {
      globs.listed.emplace(*quoted);
    } else {
      is_list = false;
      if (line.starts_with("file(GLOB") && quoted) {
        globs.patterns.push_back(pattern_of(*quoted, line.starts_with("file(GLOB_RECURSE")));
      }
    }
  }
  return globs;
}

}  // namespace holdfast
