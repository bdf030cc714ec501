#include "store/json_record.hpp"

#include "core/utf8.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace holdfast {
namespace {

using nlohmann::json;

constexpr int k_journal_version = 1;
// Records nest three deep; what nests deeper is not ours and is not built up in memory.
constexpr int k_max_depth = 8;

// Reads fields of one object; remembers the first one it could not use.
class FieldReader {
 public:
  explicit FieldReader(const json& object) : object_(object) {}

  std::string text(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return {};
    if (const auto* string = value->get_ptr<const json::string_t*>()) return *string;
    return complain(field, std::string());
  }

  double number(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return 0;
    if (!value->is_number()) return complain(field, 0.0);
    const double real = value->get<double>();
    return std::isfinite(real) ? real : complain(field, 0.0);
  }

  std::optional<std::int64_t> integer(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return std::nullopt;
    if (const auto* natural = value->get_ptr<const json::number_unsigned_t*>()) {
      if (*natural <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return static_cast<std::int64_t>(*natural);
      }
    } else if (const auto* whole = value->get_ptr<const json::number_integer_t*>()) {
      return *whole;
    }
    return complain(field, std::optional<std::int64_t>());
  }

  std::optional<int> small_integer(const char* field) {
    const std::optional<std::int64_t> wide = integer(field);
    if (!wide) return std::nullopt;
    if (*wide < std::numeric_limits<int>::min() || *wide > std::numeric_limits<int>::max()) {
      return complain(field, std::optional<int>());
    }
    return static_cast<int>(*wide);
  }

  std::optional<bool> truth(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return std::nullopt;
    if (const auto* boolean = value->get_ptr<const json::boolean_t*>()) return *boolean;
    return complain(field, std::optional<bool>());
  }

  std::vector<std::string> texts(const char* field) {
    std::vector<std::string> list;
    for (const json& item : array(field)) {
      if (const auto* string = item.get_ptr<const json::string_t*>())
        list.push_back(*string);
      else
        complain(field, 0);
    }
    return list;
  }

  ProcessStamp stamp(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return {};
    if (!value->is_object()) return complain(field, ProcessStamp{});
    FieldReader inner(*value);
    ProcessStamp stamp;
    stamp.pid = inner.integer("pid").value_or(0);
    const std::int64_t start = inner.integer("start").value_or(0);
    stamp.start = start < 0 ? 0 : static_cast<std::uint64_t>(start);
    if (!inner.complaint_.empty()) complain(field, 0);
    return stamp;
  }

  std::vector<Leftover> leftovers(const char* field) {
    std::vector<Leftover> list;
    for (const json& item : array(field)) {
      if (!item.is_object()) {
        complain(field, 0);
        continue;
      }
      FieldReader inner(item);
      list.push_back({inner.integer("pid").value_or(0), inner.text("name")});
      if (!inner.complaint_.empty()) complain(field, 0);
    }
    return list;
  }

  std::optional<OutputPlace> output_place() {
    const json& list = array("output");
    if (list.empty()) return std::nullopt;
    if (list.size() != 2 || !list[0].is_number_unsigned() || !list[1].is_number_unsigned()) {
      return complain("output", std::optional<OutputPlace>());
    }
    return OutputPlace{text("log"), list[0].get<std::uint64_t>(), list[1].get<std::uint64_t>()};
  }

  std::string take_complaint() { return std::move(complaint_); }

 private:
  const json* find(const char* field) const {
    const auto found = object_.find(field);
    return found == object_.end() ? nullptr : &*found;
  }

  const json& array(const char* field) {
    static const json k_empty = json::array();
    const json* value = find(field);
    if (value == nullptr) return k_empty;
    return value->is_array() ? *value : complain<const json&>(field, k_empty);
  }

  template <typename T>
  T complain(const char* field, T instead) {
    if (complaint_.empty())
      complaint_ = fmt::format("field {} is not of the documented type", field);
    return instead;
  }

  const json& object_;
  std::string complaint_;
};

ParsedLine refused(std::string why) { return {std::nullopt, std::move(why)}; }

Record run_started(FieldReader& in) {
  RunStarted record;
  record.at = in.number("at");
  record.run = in.text("run");
  record.tree = in.text("tree");
  record.boot = in.text("boot");
  record.version = in.text("version");
  record.ctest = in.stamp("ctest");
  record.command = in.texts("command");
  return record;
}

Record attempt_started(FieldReader& in) {
  AttemptStarted record;
  record.at = in.number("at");
  record.attempt = in.text("attempt");
  record.test = in.text("test");
  record.key = in.text("key");
  record.n = in.integer("n").value_or(1);
  record.launcher = in.stamp("launcher");
  record.locks = in.texts("locks");
  return record;
}

Record attempt_ended(FieldReader& in) {
  AttemptEnded record;
  record.at = in.number("at");
  record.attempt = in.text("attempt");
  record.test = in.text("test");
  record.key = in.text("key");
  record.n = in.integer("n").value_or(1);
  record.outcome = outcome_named(in.text("outcome"));
  record.exit_code = in.small_integer("exit_code");
  record.signal = in.small_integer("signal");
  record.wall_s = in.number("wall_s");
  record.user_s = in.number("user_s");
  record.sys_s = in.number("sys_s");
  record.max_rss_kb = in.integer("max_rss_kb").value_or(0);
  record.memory_peak_kb = in.integer("memory_peak_kb");
  record.lock_wait_s = in.number("lock_wait_s");
  record.flags = in.texts("flags");
  record.leftovers = in.leftovers("leftovers");
  record.note = in.text("note");
  return record;
}

Record bare(FieldReader& in) {
  return Bare{in.number("at"), in.text("test"), in.text("key"), in.text("why")};
}

Record verdict_record(FieldReader& in, Verdict verdict) {
  VerdictRecord record;
  record.at = in.number("at");
  record.test = in.text("test");
  record.verdict = verdict;
  record.index = in.integer("index");
  record.output = in.output_place();
  record.ran = in.truth("ran");
  record.note = in.text("note");
  return record;
}

Record run_ended(FieldReader& in) {
  return RunEnded{in.number("at"), in.text("run"), in.truth("complete").value_or(false)};
}

ParsedLine record_of(const json& object) {
  FieldReader in(object);
  if (in.integer("v").value_or(0) != k_journal_version)
    return refused("not version 1 of the journal");
  const std::string type = in.text("type");
  const bool of_a_test =
      type == "attempt_started" || type == "attempt_ended" || type == "bare" || type == "verdict";
  if (of_a_test && in.text("test").empty()) return refused(fmt::format("{} without a test", type));

  ParsedLine parsed;
  if (type == "run_started") {
    if (in.text("run").empty()) return refused("run_started without a run");
    parsed.record = run_started(in);
  } else if (type == "attempt_started") {
    parsed.record = attempt_started(in);
  } else if (type == "attempt_ended") {
    parsed.record = attempt_ended(in);
    if (!std::get<AttemptEnded>(*parsed.record).outcome)
      parsed.complaint = "attempt_ended with no known outcome";
  } else if (type == "bare") {
    parsed.record = bare(in);
  } else if (type == "verdict") {
    const std::optional<Verdict> verdict = verdict_named(in.text("verdict"));
    if (!verdict) return refused("verdict of an unknown name");
    parsed.record = verdict_record(in, *verdict);
  } else if (type == "run_ended") {
    parsed.record = run_ended(in);
  } else {
    return refused("unknown type of record");
  }
  if (std::string flaw = in.take_complaint(); !flaw.empty()) parsed.complaint = std::move(flaw);
  return parsed;
}

json parsed_json(std::string_view text) {
  const auto shallow = [](int depth, json::parse_event_t, json&) { return depth <= k_max_depth; };
  return json::parse(text, shallow, /*allow_exceptions=*/false);
}

}  // namespace

ParsedLine parse_record(std::string_view line) {
  json object = parsed_json(line);
  // A test's name may hold any bytes; one odd byte must not cost the record.
  if (object.is_discarded()) object = parsed_json(valid_utf8(line));
  if (!object.is_object()) return refused("not a JSON object");
  return record_of(object);
}

}  // namespace holdfast
