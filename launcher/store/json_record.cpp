#include "store/json_record.hpp"

#include "core/base/utf8.hpp"
#include "store/record_fields.hpp"

#include <fmt/format.h>
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
  record.program = in.text("program");
  record.directory = in.text("directory");
  record.environment = in.texts("environment");
  record.inside = in.text("inside");
  record.log = in.text("log");
  return record;
}

template <typename T>
T launcher_record(FieldReader& in) {
  T record;
  record.at = in.number("at");
#define HOLDFAST_RECORD_FIELD(Record, name, ...) \
  if constexpr (std::is_same_v<T, Record>) in.read(#name, record.name);
#include "core/base/launcher_records.def"
  return record;
}

Record stale(FieldReader& in) {
  return Stale{in.number("at"), in.text("attempt"), in.text("test"),
               in.text("key"),  in.text("program"), in.text("why")};
}

Record service_record(FieldReader& in) {
  return ServiceRecord{in.number("at"),
                       in.text("event"),
                       in.text("service"),
                       in.integer("instance").value_or(0),
                       in.integer("generation").value_or(0),
                       in.text("attempt"),
                       in.stamp("host"),
                       in.text("log"),
                       in.text("why"),
                       in.texts("users"),
                       in.text("user"),
                       in.integer("log_from"),
                       in.integer("log_to"),
                       in.integer("log_head").value_or(0)};
}

// `numbers` has an offset and a length for each place.
std::vector<OutputPlace> places_of(const std::string& log,
                                   const std::vector<std::int64_t>& numbers) {
  std::vector<OutputPlace> places;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    if (numbers[i] < 0 || numbers[i + 1] < 0) return {};
    places.push_back(
        {log, static_cast<std::uint64_t>(numbers[i]), static_cast<std::uint64_t>(numbers[i + 1])});
  }
  return places;
}

Record verdict_record(FieldReader& in, Verdict verdict) {
  VerdictRecord record;
  record.at = in.number("at");
  record.test = in.text("test");
  record.verdict = verdict;
  record.key = in.text("key");
  record.nth = in.integer("nth").value_or(1);
  record.program = in.text("program");
  record.index = in.integer("index");
  record.output = in.output_place(in.text("log"));
  record.ran = in.truth("ran");
  record.launched = in.truth("launched").value_or(false);
  record.times = in.integer("times");
  record.before = in.integer("before");
  record.doubtful = in.truth("doubtful").value_or(false);
  record.listed = in.truth("listed").value_or(false);
  record.earlier = places_of(in.text("earlier_log"), in.integers("earlier"));
  record.or_skipped = in.truth("or_skipped").value_or(false);
  record.note = in.text("note");
  return record;
}

Record cases_record(FieldReader& in) {
  return CasesRecord{in.number("at"),
                     in.text("attempt"),
                     in.text("test"),
                     in.text("key"),
                     in.integer("worker").value_or(0),
                     in.cases()};
}

Record planned_record(FieldReader& in) {
  PlannedRecord record;
  record.at = in.number("at");
  record.shard = in.text("shard");
  record.fingerprint = in.text("fingerprint");
  record.is_own = in.truth("own").value_or(false);
  record.tests = in.texts("tests");
  record.keys = in.texts("keys");
  return record;
}

Record sources_record(FieldReader& in) {
  constexpr std::int64_t k_most = 1'000'000'000;
  return SourcesRecord{in.number("at"), in.number("resolution_s"), in.written_files(),
                       std::clamp(in.integer("more").value_or(0), std::int64_t{0}, k_most)};
}

Record run_ended(FieldReader& in) {
  return RunEnded{in.number("at"),
                  in.text("run"),
                  in.truth("complete").value_or(false),
                  in.text("retries"),
                  in.integer("unrecorded").value_or(0),
                  in.truth("log").value_or(true),
                  in.number("keeper_until"),
                  in.texts("address_in_use"),
                  in.texts("ran_nothing")};
}

ParsedLine record_of(const Json& object) {
  FieldReader in(object);
  if (in.integer("v").value_or(0) != k_journal_version)
    return refused("not version 1 of the journal");
  const std::string type = in.text("type");
  const bool of_a_test = type == "attempt_started" || type == "attempt_ended" || type == "bare" ||
                         type == "verdict" || type == "cases" || type == "stale";
  // A test may have an empty name.
  if (of_a_test && !in.has_text("test")) return refused(fmt::format("{} without a test", type));

  ParsedLine parsed;
  if (type == "run_started") {
    if (in.text("run").empty()) return refused("run_started without a run");
    parsed.record = run_started(in);
  } else if (type == "attempt_started") {
    parsed.record = launcher_record<AttemptStarted>(in);
  } else if (type == "attempt_ended") {
    auto ended = launcher_record<AttemptEnded>(in);
    if (!ended.outcome) parsed.complaint = "attempt_ended with no known outcome";
    parsed.record = std::move(ended);
  } else if (type == "bare") {
    parsed.record = launcher_record<Bare>(in);
  } else if (type == "stale") {
    parsed.record = stale(in);
  } else if (type == "verdict") {
    const std::optional<Verdict> verdict = named<Verdict>(in.text("verdict"));
    if (!verdict) return refused("verdict of an unknown name");
    parsed.record = verdict_record(in, *verdict);
  } else if (type == "cases") {
    parsed.record = cases_record(in);
  } else if (type == "step") {
    if (in.text("kind").empty()) return refused("step without a kind");
    parsed.record = launcher_record<StepRecord>(in);
  } else if (type == "service") {
    if (in.text("service").empty()) return refused("service without a name");
    parsed.record = service_record(in);
  } else if (type == "planned") {
    parsed.record = planned_record(in);
  } else if (type == "log_word") {
    if (in.text("word").empty()) return refused("log_word without a word");
    parsed.record =
        LogWordRecord{in.number("at"), in.text("word"), in.truth("company").value_or(false)};
  } else if (type == "sources") {
    parsed.record = sources_record(in);
  } else if (type == "run_ended") {
    parsed.record = run_ended(in);
  } else {
    return refused("unknown type of record");
  }
  if (std::string flaw = in.take_complaint(); !flaw.empty()) parsed.complaint = std::move(flaw);
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
