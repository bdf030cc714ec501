#include "ctest/cmake_expression.hpp"

#include <cstdlib>
#include <utility>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_any_such_bytes = "[^ -~]+";

void add_name(std::string& expression, std::string_view name) {
  while (!name.empty()) {
    if (name.starts_with(k_utf8_replacement)) {
      while (take_words(name, k_utf8_replacement)) continue;
      expression += k_any_such_bytes;
      continue;
    }
    if (std::string_view("\\^$.[]()*+?|").find(name.front()) != std::string_view::npos) {
      expression += '\\';
    }
    expression += name.front();
    name.remove_prefix(1);
  }
}

// The instructions that wait for the next byte, each once.
class Waiting {
 public:
  explicit Waiting(std::size_t steps) : marks_(steps + 1, 0) {}

  void clear() {
    places_.clear();
    ++mark_;
  }
  const std::vector<std::size_t>& places() const { return places_; }
  bool has_match() const { return marks_.back() == mark_; }

  // Follows, from `place`, all instructions that need no byte.
  void add(const MatchSteps& steps, std::size_t place, bool at_start, bool at_end) {
    stack_.push_back(place);
    while (!stack_.empty()) {
      const std::size_t at = stack_.back();
      stack_.pop_back();
      if (marks_[at] == mark_) continue;
      marks_[at] = mark_;
      if (at < steps.size()) follow(steps[at], at, at_start, at_end);
    }
  }

 private:
  void follow(const MatchStep& step, std::size_t at, bool at_start, bool at_end) {
    const auto place = [&](std::int32_t offset) {
      return static_cast<std::size_t>(static_cast<std::int64_t>(at) + offset);
    };
    switch (step.kind) {
      case MatchStep::Kind::byte:
        places_.push_back(at);
        return;
      case MatchStep::Kind::split:
        stack_.push_back(place(step.second));
        stack_.push_back(place(step.first));
        return;
      case MatchStep::Kind::text_start:
        if (at_start) stack_.push_back(at + 1);
        return;
      case MatchStep::Kind::text_end:
        if (at_end) stack_.push_back(at + 1);
        return;
    }
  }

  std::vector<std::size_t> places_;
  std::vector<std::size_t> stack_;
  std::vector<std::uint64_t> marks_;
  std::uint64_t mark_ = 1;
};

// ctest 3.25 refuses an expression with more than nine groups.
constexpr int k_most_groups = 9;

struct Piece {
  MatchSteps steps;
  bool has_width = false;  // never matches the empty text; otherwise it must not be repeated
};

std::int32_t length(const MatchSteps& steps) { return static_cast<std::int32_t>(steps.size()); }

MatchStep split(std::int32_t first, std::int32_t second) {
  return {MatchStep::Kind::split, first, second};
}

MatchStep jump(std::int32_t to) { return split(to, to); }

void append(MatchSteps& steps, const MatchSteps& more) {
  steps.insert(steps.end(), more.begin(), more.end());
}

Piece one_of(const ByteSet& set) { return {{MatchStep{MatchStep::Kind::byte, 0, 0, set}}, true}; }

bool is_repetition(char c) { return c == '*' || c == '+' || c == '?'; }

Piece either(const Piece& one, const Piece& other) {
  MatchSteps steps{split(1, length(one.steps) + 2)};
  append(steps, one.steps);
  steps.push_back(jump(length(other.steps) + 1));
  append(steps, other.steps);
  return {std::move(steps), one.has_width && other.has_width};
}

Piece repeated(const Piece& piece, char how) {
  const std::int32_t size = length(piece.steps);
  MatchSteps steps;
  if (how != '+') steps.push_back(split(1, how == '*' ? size + 2 : size + 1));
  append(steps, piece.steps);
  if (how == '*') steps.push_back(jump(-size - 1));
  if (how == '+') steps.push_back(split(-size, 1));
  return {std::move(steps), how == '+'};
}

// The recursion is no deeper than the number of groups.
class Compiler {
 public:
  explicit Compiler(std::string_view text) : text_(text) {}

  Result<Piece> whole() {
    Result<Piece> piece = alternatives();
    if (piece && !at_end()) return ErrorInWords{"an unmatched `)`"};
    return piece;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char next() const { return at_end() ? '\0' : text_[at_]; }

  Result<Piece> alternatives() {
    Result<Piece> all = sequence();
    while (all && next() == '|') {
      ++at_;
      HOLDFAST_TRY(const Piece other, sequence());
      all = either(*all, other);
    }
    return all;
  }

  Result<Piece> sequence() {
    Piece all;
    while (!at_end() && next() != '|' && next() != ')') {
      HOLDFAST_TRY(const Piece piece, perhaps_repeated());
      append(all.steps, piece.steps);
      all.has_width = all.has_width || piece.has_width;
    }
    return all;
  }

  Result<Piece> perhaps_repeated() {
    Result<Piece> piece = atom();
    if (!piece || !is_repetition(next())) return piece;
    const char how = text_[at_++];
    if (!piece->has_width && how != '?') return ErrorInWords{"a repetition of what may be empty"};
    if (is_repetition(next())) return ErrorInWords{"a repetition of a repetition"};
    return repeated(*piece, how);
  }

  Result<Piece> atom() {
    const char c = text_[at_++];
    if (is_repetition(c)) return ErrorInWords{"a repetition of nothing"};
    if (c == '(') return group();
    if (c == '[') return set();
    if (c == '^') return Piece{{MatchStep{MatchStep::Kind::text_start}}, false};
    if (c == '$') return Piece{{MatchStep{MatchStep::Kind::text_end}}, false};
    if (c == '.') return one_of(ByteSet{}.set());
    if (c != '\\') return one_of(ByteSet{}.set(index_of(c)));
    if (at_end()) return ErrorInWords{"a backslash at its end"};
    return one_of(ByteSet{}.set(index_of(text_[at_++])));
  }

  Result<Piece> group() {
    if (++groups_ > k_most_groups) return ErrorInWords{"more than nine pairs of parentheses"};
    HOLDFAST_TRY(Piece inner, alternatives());
    if (next() != ')') return ErrorInWords{"an unmatched `(`"};
    ++at_;
    return inner;
  }

  Result<Piece> set() {
    const bool inverted = next() == '^';
    if (inverted) ++at_;
    ByteSet bytes;
    if (next() == ']' || next() == '-') bytes.set(index_of(text_[at_++]));
    while (!at_end() && next() != ']') {
      const char c = text_[at_++];
      if (c != '-' || at_end() || next() == ']') {
        bytes.set(index_of(c));
        continue;
      }
      // A range begins at the byte before the dash, even at the end of another: `[a-c-e]` is
      // `[a-e]`.
      const std::size_t first = index_of(text_[at_ - 2]);
      const std::size_t last = index_of(text_[at_++]);
      if (first > last) return ErrorInWords{"a bad range within `[]`"};
      for (std::size_t byte = first; byte <= last; ++byte) bytes.set(byte);
    }
    if (at_end()) return ErrorInWords{"an unmatched `[`"};
    ++at_;
    return one_of(inverted ? ~bytes : bytes);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int groups_ = 0;
};

}  // namespace

std::string expression_for_names(const std::vector<std::string>& names) {
  std::string expression;
  for (const std::string& name : names) {
    expression += expression.empty() ? "^(" : "|";
    add_name(expression, name);
  }
  return expression.empty() ? "^$" : expression + ")$";
}

bool is_too_large_for_ctest(std::string_view expression) {
  constexpr std::size_t k_most = 65'000;
  // A name begins with two nodes of three bytes, and ends with a NUL byte. An escaped byte has a
  // node of its own, and so has what follows it, if anything does. A set has its bytes one by one.
  std::size_t size = 0;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    const bool is_set = expression.substr(i).starts_with(k_any_such_bytes);
    size += c == '\\' ? 8 : c == '|' ? 7 : is_set ? 200 : 1;
  }
  return size > k_most;
}

bool is_true_in_cmake(std::string_view text) {
  const std::string word = upper(std::string(text));
  if (word == "ON" || word == "YES" || word == "TRUE" || word == "Y") return true;
  char* end = nullptr;
  const double number = std::strtod(word.c_str(), &end);
  return !word.empty() && *end == '\0' && number != 0;
}

CMakeExpression::CMakeExpression(MatchSteps steps) : steps_(std::move(steps)) {
  // Here anchors count as met. One beginning too many costs time, but makes no wrong match.
  Waiting first(steps_.size());
  first.add(steps_, 0, true, true);
  begins_anywhere_ = first.has_match();
  for (const std::size_t place : first.places()) beginnings_ |= steps_[place].set;
}

bool CMakeExpression::is_found_in(std::string_view text) const {
  Waiting now(steps_.size());
  Waiting next(steps_.size());
  std::size_t at = 0;
  now.add(steps_, 0, true, text.empty());
  while (true) {
    if (now.has_match()) return true;
    if (at == text.size()) return false;
    next.clear();
    const std::size_t byte = index_of(text[at++]);
    for (const std::size_t place : now.places()) {
      if (steps_[place].set[byte]) next.add(steps_, place + 1, false, at == text.size());
    }
    if (next.places().empty() && !next.has_match() && !begins_anywhere_) {
      while (at < text.size() && !beginnings_[index_of(text[at])]) ++at;
    }
    next.add(steps_, 0, false, at == text.size());
    std::swap(now, next);
  }
}

Result<CMakeExpression> CMakeExpression::compile(std::string_view expression) {
  HOLDFAST_TRY(Piece piece, Compiler(expression).whole());
  return CMakeExpression(std::move(piece.steps));
}

}  // namespace holdfast
