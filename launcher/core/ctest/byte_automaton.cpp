#include "core/ctest/byte_automaton.hpp"

#include <cstdint>
#include <utility>

namespace holdfast {
namespace {

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
      case MatchStep::Kind::jump:
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

}  // namespace

ByteAutomaton::ByteAutomaton(MatchSteps steps) : steps_(std::move(steps)) {
  // Here anchors count as met. One beginning too many costs time, but makes no wrong match.
  Waiting first(steps_.size());
  first.add(steps_, 0, true, true);
  begins_anywhere_ = first.has_match();
  for (const std::size_t place : first.places()) beginnings_ |= steps_[place].set;
}

bool ByteAutomaton::is_found_in(std::string_view text) const {
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

}  // namespace holdfast
