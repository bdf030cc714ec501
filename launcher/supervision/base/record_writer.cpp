#include "supervision/base/record_writer.hpp"

#include <type_traits>

#include "core/base/json_line.hpp"

namespace holdfast::supervision::written {
namespace {

void add(JsonLine& line, std::string_view name, Text value) { line.text(name, value); }
void add(JsonLine& line, std::string_view name, Number value) { line.number(name, value); }
void add(JsonLine& line, std::string_view name, Code value) { line.number(name, *value); }
void add(JsonLine& line, std::string_view name, Seconds value) {
  line.seconds(name, value.count());
}
void add(JsonLine& line, std::string_view name, Truth value) {
  line.raw(name, value ? "true" : "false");
}
void add(JsonLine& line, std::string_view name, Outcome value) { line.text(name, name_of(value)); }
void add(JsonLine& line, std::string_view name, Findings value) { line.raw(name, value.json); }

template <typename Items, typename Add>
void add_list(JsonLine& line, std::string_view name, const Items& items, Add add_item) {
  line.begin_list(name);
  for (const auto& item : items) add_item(item);
  line.end_list();
}

void add(JsonLine& line, std::string_view name, Texts texts) {
  add_list(line, name, texts, [&](std::string_view text) { line.item(text); });
}

void add(JsonLine& line, std::string_view name, Locks locks) {
  add_list(line, name, locks, [&](const LockSpec& lock) { line.item(to_text(lock)); });
}

void add(JsonLine& line, std::string_view name, const Process& process) {
  line.begin_object(name).number("pid", process.pid);
  line.number("start", static_cast<std::int64_t>(process.start)).end_object();
}

void add(JsonLine& line, std::string_view name, Leftovers leftovers) {
  add_list(line, name, leftovers, [&](const ListedProcess& one) {
    line.begin_object().number("pid", one.pid).text("name", one.name.data()).end_object();
  });
}

void add(JsonLine& line, std::string_view name, Marker reason) {
  line.begin_object(name).text("reason", *reason).end_object();
}

void add(JsonLine& line, std::string_view name, Orphans orphans) {
  add_list(line, name, orphans, [&](const OrphanMarker& orphan) {
    line.begin_object().text("file", orphan.file).text("why", orphan.why).end_object();
  });
}

void add_names(JsonLine& line, std::string_view name, const std::vector<std::string>& names) {
  if (names.empty()) return;
  add_list(line, name, names, [&](const std::string& one) { line.item(one); });
}

void add(JsonLine& line, std::string_view name, const Schedule& schedule) {
  line.begin_object(name);
  add_names(line, "depends", schedule.of->depends);
  add_names(line, "setup", schedule.of->setup);
  add_names(line, "required", schedule.of->required);
  add_names(line, "cleanup", schedule.of->cleanup);
  if (schedule.of->serial) line.raw("serial", "true");
  if (schedule.of->processors > 1) line.number("processors", schedule.of->processors);
  line.end_object();
}

enum class When : bool { if_said, always };

template <typename T>
bool is_absent(const T& value, const T& absent) {
  if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    return value == absent;
  }
}

template <typename T>
std::string line_with(std::string_view type, const T& record, std::int64_t unix_ms) {
  JsonLine line(type, unix_ms);
#define HOLDFAST_RECORD_FIELD(Record, name, Kind, when, absent)                \
  if constexpr (std::is_same_v<T, Record>) {                                   \
    if (When::when == When::always || !is_absent<Kind>(record.name, absent)) { \
      add(line, #name, record.name);                                           \
    }                                                                          \
  }
#include "core/base/launcher_records.def"
  return std::move(line).finish();
}

}  // namespace

std::string line_of(const AttemptStarted& record, std::int64_t unix_ms) {
  return line_with("attempt_started", record, unix_ms);
}
std::string line_of(const AttemptEnded& record, std::int64_t unix_ms) {
  return line_with("attempt_ended", record, unix_ms);
}
std::string line_of(const Bare& record, std::int64_t unix_ms) {
  return line_with("bare", record, unix_ms);
}
std::string line_of(const StepRecord& record, std::int64_t unix_ms) {
  return line_with("step", record, unix_ms);
}

}  // namespace holdfast::supervision::written
