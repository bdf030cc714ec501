// The reader of a GoogleTest program's output. Whatever a test prints: cases begin and end in turn,
// at the places of the lines that say so, and the same however the pipe cuts the text.
#include "output/gtest_output.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace holdfast;

void must(bool holds) {
  if (!holds) std::abort();
}

// An event that outlives the text it was read from.
struct Told {
  explicit Told(const GtestEvent& event)
      : kind(event.kind),
        name(event.name),
        end(event.end),
        offset(event.offset),
        count(event.count) {}

  GtestEvent::Kind kind;
  std::string name;
  CaseEnd end;
  std::uint64_t offset;
  std::uint64_t count;
};

bool are_equal(const Told& a, const Told& b) {
  return std::tie(a.kind, a.name, a.end, a.offset, a.count) ==
         std::tie(b.kind, b.name, b.end, b.offset, b.count);
}

// What the journal and a batch rely on.
void check(const std::vector<Told>& events, std::string_view text, const std::string& open) {
  std::string name;
  std::string closed;
  std::uint64_t behind = 0;
  for (const Told& event : events) {
    must(event.offset >= behind && event.offset <= text.size());
    behind = event.offset;
    switch (event.kind) {
      case GtestEvent::Kind::began:
        must(name.empty() && event.name.find('.') != std::string::npos);
        must(text[event.offset] == '[' || text[event.offset] == '\x1b');
        name = event.name;
        closed.clear();
        break;
      case GtestEvent::Kind::ended:
        // The end may be told twice: the case had printed such a line before its true end.
        must(event.name == (name.empty() ? closed : name) && !event.name.empty());
        must(text[event.offset - 1] == '\n');
        closed = event.name;
        name.clear();
        break;
      case GtestEvent::Kind::running:
      case GtestEvent::Kind::finished:
        must(name.empty() && event.name.empty());
        closed.clear();
        break;
    }
  }
  must(name == open);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1U;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  GtestOutput whole;
  std::vector<Told> events;
  whole.read(text, [&](const GtestEvent& event) { events.emplace_back(event); });
  must(whole.size() == text.size());
  check(events, text, whole.open_case());

  GtestOutput cut;
  std::vector<Told> again;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    cut.read(text.substr(at, piece), [&](const GtestEvent& event) { again.emplace_back(event); });
  }
  must(std::equal(events.begin(), events.end(), again.begin(), again.end(), are_equal));
  must(cut.open_case() == whole.open_case() && cut.size() == whole.size());
  return 0;
}
