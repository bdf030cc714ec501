#include "store/json_record.hpp"

#include "core/base/utf8.hpp"
#include "store/record_fields.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <type_traits>

namespace holdfast {
namespace {

// ordered_json keeps an object's fields in a list. A record has a dozen fields. To build a search
// tree of them would take as long as all other parsing.
using Json = nlohmann::ordered_json;

constexpr int k_journal_version = 1;
// Records nest three deep. A line that nests deeper is not ours, and we do not build it up in
// memory.
constexpr int k_max_depth = 8;
// A record has about thirty fields; each leftover of a test adds two.
constexpr std::size_t k_max_fields = 4096;
constexpr std::int64_t k_most_more = 1'000'000'000;

ParsedLine refused(std::string why) { return {std::nullopt, std::move(why)}; }

template <typename T>
T read(FieldReader& in) {
  T record;
  record.at = in.number("at");
#define HOLDFAST_RECORD_FIELD(Record, name, ...) \
  if constexpr (std::is_same_v<T, Record>) in.read(#name, record.name);
#include "core/base/launcher_records.def"
#define HOLDFAST_KEEPER_FIELD(Record, member, name, ...) \
  if constexpr (std::is_same_v<T, Record>) in.read(name, record.member);
#include "store/keeper_records.def"
  return record;
}

std::optional<Record> record_of(std::string_view type, FieldReader& in) {
  if (type == "run_started") return read<RunStarted>(in);
  if (type == "attempt_started") return read<AttemptStarted>(in);
  if (type == "attempt_ended") return read<AttemptEnded>(in);
  if (type == "bare") return read<Bare>(in);
  if (type == "stale") return read<Stale>(in);
  if (type == "verdict") return read<VerdictRecord>(in);
  if (type == "cases") return read<CasesRecord>(in);
  if (type == "step") return read<StepRecord>(in);
  if (type == "service") return read<ServiceRecord>(in);
  if (type == "planned") return read<PlannedRecord>(in);
  if (type == "log_word") return read<LogWordRecord>(in);
  if (type == "sources") return read<SourcesRecord>(in);
  if (type == "run_ended") return read<RunEnded>(in);
  return std::nullopt;
}

// What a line must have to be a record of its type; empty: it has it.
std::string lack_of(const std::string& type, FieldReader& in) {
  const bool of_a_test = type == "attempt_started" || type == "attempt_ended" || type == "bare" ||
                         type == "verdict" || type == "cases" || type == "stale";
  // A test may have an empty name.
  if (of_a_test && !in.has_text("test")) return type + " without a test";
  if (type == "run_started" && in.text("run").empty()) return "run_started without a run";
  if (type == "step" && in.text("kind").empty()) return "step without a kind";
  if (type == "service" && in.text("service").empty()) return "service without a name";
  if (type == "log_word" && in.text("word").empty()) return "log_word without a word";
  if (type != "verdict" || named<Verdict>(in.text("verdict"))) return {};
  return "verdict of an unknown name";
}

ParsedLine record_of(const Json& object) {
  FieldReader in(object);
  if (in.integer("v").value_or(0) != k_journal_version)
    return refused("not version 1 of the journal");
  const std::string type = in.text("type");
  if (std::string lack = lack_of(type, in); !lack.empty()) return refused(std::move(lack));
  ParsedLine parsed;
  parsed.record = record_of(type, in);
  if (!parsed.record) return refused("unknown type of record");
  parsed.complaint = in.take_complaint();
  const auto* ended = std::get_if<AttemptEnded>(&*parsed.record);
  if (ended != nullptr && !ended->outcome && parsed.complaint.empty()) {
    parsed.complaint = "attempt_ended with no known outcome";
  }
  auto* sources = std::get_if<SourcesRecord>(&*parsed.record);
  if (sources != nullptr) sources->more = std::clamp(sources->more, std::int64_t{0}, k_most_more);
  return parsed;
}

// The shape of a JSON text, without what is inside strings. Fields are counted because each look-up
// takes longer the more fields there are.
struct Shape {
  int depth = 0;  // the deepest
  std::size_t fields = 0;
};

Shape shape_of(std::string_view text) {
  Shape shape;
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '{' || c == '[')) {
      shape.depth = std::max(shape.depth, ++depth);
    } else if (!in_text && (c == '}' || c == ']')) {
      --depth;
    } else if (!in_text && c == ':') {
      ++shape.fields;
    }
  }
  return shape;
}

Json parsed_json(std::string_view text) {
  const Shape shape = shape_of(text);
  if (shape.fields > k_max_fields) return Json(Json::value_t::discarded);
  if (shape.depth <= k_max_depth) return Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= k_max_depth; };
  return Json::parse(text, shallow, /*allow_exceptions=*/false);
}

}  // namespace

ParsedLine parse_record(std::string_view line) {
  Json object = parsed_json(line);
  // A test's name may hold any bytes. The record must not be lost for one odd byte.
  if (object.is_discarded()) object = parsed_json(valid_utf8(line));
  if (!object.is_object()) return refused("not a JSON object of a record's size");
  return record_of(object);
}

}  // namespace holdfast
