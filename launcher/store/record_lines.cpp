// The writing half of json_record.hpp. One line per test is written while ctest waits for the
// summary. So this uses the launcher's JSON writer: to build JSON objects would take ten times as
// long.
#include "store/json_record.hpp"

#include "core/base/json_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

// One overload for each kind of field of the records that are written here.
void add(JsonLine& line, std::string_view name, const std::string& text) { line.text(name, text); }
void add(JsonLine& line, std::string_view name, std::int64_t number) { line.number(name, number); }
void add(JsonLine& line, std::string_view name, double time) {
  line.seconds(name, std::llround(time * 1e6));
}
void add(JsonLine& line, std::string_view name, bool truth) {
  line.raw(name, truth ? "true" : "false");
}
void add(JsonLine& line, std::string_view name, Verdict verdict) {
  line.text(name, name_of(verdict));
}

void add(JsonLine& line, std::string_view name, const std::vector<std::string>& texts) {
  line.begin_list(name);
  for (const std::string& text : texts) line.item(text);
  line.end_list();
}

void add(JsonLine& line, std::string_view name, const ProcessName& process) {
  line.begin_object(name).number("pid", process.pid);
  line.number("start", static_cast<std::int64_t>(process.start)).end_object();
}

void add(JsonLine& line, std::string_view name, const OutputPlace& place) {
  line.text("log", place.log).numbers(name, place.offset, place.length);
}

// A place in another file than the first that has something is written as empty.
void add(JsonLine& line, std::string_view name, const std::vector<OutputPlace>& places) {
  const auto printed =
      std::ranges::find_if(places, [](const OutputPlace& place) { return place.length > 0; });
  if (printed == places.end()) return;
  std::string numbers;
  for (const OutputPlace& place : places) {
    const bool is_there = place.log == printed->log;
    numbers += (numbers.empty() ? "[" : ",") + std::to_string(is_there ? place.offset : 0) + "," +
               std::to_string(is_there ? place.length : 0);
  }
  line.text("earlier_log", printed->log).raw(name, numbers + "]");
}

template <typename T>
void add(JsonLine& line, std::string_view name, const std::optional<T>& value) {
  add(line, name, *value);
}

enum class When : bool { if_said, always };

template <typename T>
bool is_absent(const T& value, const T& absent) {
  if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else {
    return value == absent;
  }
}

template <typename T>
std::string line_with(std::string_view type, const T& record) {
  JsonLine line(type, static_cast<std::int64_t>(std::llround(record.at * 1000.0)));
#define HOLDFAST_KEEPER_FIELD(Record, member, name, Kind, when, absent)                 \
  if constexpr (std::is_same_v<T, Record>) {                                            \
    if (When::when == When::always || !is_absent<kinds::Kind>(record.member, absent)) { \
      add(line, name, record.member);                                                   \
    }                                                                                   \
  }
#include "store/keeper_records.def"
  return std::move(line).finish();
}

}  // namespace

std::string line_of(const RunStarted& record) { return line_with("run_started", record); }
std::string line_of(const Stale& record) { return line_with("stale", record); }
std::string line_of(const VerdictRecord& record) { return line_with("verdict", record); }
std::string line_of(const ServiceRecord& record) { return line_with("service", record); }
std::string line_of(const LogWordRecord& record) { return line_with("log_word", record); }
std::string line_of(const PlannedRecord& record) { return line_with("planned", record); }
std::string line_of(const RunEnded& record) { return line_with("run_ended", record); }

}  // namespace holdfast
