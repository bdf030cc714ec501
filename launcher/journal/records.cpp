#include "journal/records.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json_line.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_finding = 4096;

std::int64_t microseconds_of(double seconds) { return std::llround(seconds * 1e6); }

// One overload for each kind of field.
void add(JsonLine& line, std::string_view name, const std::string& text) { line.text(name, text); }
void add(JsonLine& line, std::string_view name, std::int64_t number) { line.number(name, number); }
void add(JsonLine& line, std::string_view name, int number) { line.number(name, number); }
void add(JsonLine& line, std::string_view name, double time) {
  line.seconds(name, microseconds_of(time));
}
void add(JsonLine& line, std::string_view name, bool truth) {
  line.raw(name, truth ? "true" : "false");
}
template <typename Enum>
requires std::is_enum_v<Enum>
void add(JsonLine& line, std::string_view name, Enum value) { line.text(name, name_of(value)); }

template <typename Items, typename Add>
void add_list(JsonLine& line, std::string_view name, const Items& items, Add add_item) {
  line.begin_list(name);
  for (const auto& item : items) add_item(item);
  line.end_list();
}

void add(JsonLine& line, std::string_view name, const std::vector<std::string>& texts) {
  add_list(line, name, texts, [&](const std::string& text) { line.item(text); });
}

void add(JsonLine& line, std::string_view name, const ProcessName& process) {
  line.begin_object(name).number("pid", process.pid);
  line.number("start", static_cast<std::int64_t>(process.start)).end_object();
}

void add(JsonLine& line, std::string_view name, const kinds::Marker& reason) {
  line.begin_object(name).text("reason", *reason).end_object();
}

void add(JsonLine& line, std::string_view name, const std::vector<Finding>& findings) {
  line.begin_object(name);
  for (const Finding& finding : findings) {
    line.begin_object(finding.probe);
    line.text(finding.failed ? "failed" : "text",
              std::string_view(finding.text).substr(0, k_longest_finding));
    line.end_object();
  }
  line.end_object();
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
  if (value) add(line, name, *value);
}

// Of a struct that has a list of its fields. A field with the value for `absent` is not written.
template <wire::Listed T>
void add_fields(JsonLine& line, const T& whole) {
  each_field(whole, [&](std::string_view field, const auto& value, const auto&... absent) {
    if ((... && (value != absent))) add(line, field, value);
  });
  line.end_object();
}

template <wire::Listed T>
void add(JsonLine& line, std::string_view name, const T& whole) {
  add_fields(line.begin_object(name), whole);
}

template <wire::Listed T>
void add(JsonLine& line, std::string_view name, const std::vector<T>& items) {
  add_list(line, name, items, [&](const T& item) { add_fields(line.begin_object(), item); });
}

}  // namespace

template <typename Record>
std::string line_of(const Record& record) {
  JsonLine line(Record::k_type, std::llround(record.at * 1000));
  const Record nothing{};
  FieldsOf<Record>::each([&](std::string_view name, auto member, When when) {
    const bool is_always = when == When::always || when == When::whose;
    if (is_always || is_said(record.*member, nothing.*member)) add(line, name, record.*member);
  });
  return std::move(line).finish();
}

template std::string line_of(const LostAttempt&);
template std::string line_of(const RunStarted&);
template std::string line_of(const AttemptStarted&);
template std::string line_of(const AttemptEnded&);
template std::string line_of(const Bare&);
template std::string line_of(const StepRecord&);
template std::string line_of(const Stale&);
template std::string line_of(const VerdictRecord&);
template std::string line_of(const ServiceRecord&);
template std::string line_of(const LogWordRecord&);
template std::string line_of(const PlannedRecord&);
template std::string line_of(const SourcesRecord&);
template std::string line_of(const RunEnded&);

}  // namespace holdfast
