// The writing half of json_record.hpp.
#include "store/json_record.hpp"

#include "core/utf8.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace holdfast {
namespace {

using nlohmann::ordered_json;

constexpr int k_journal_version = 1;

// Milliseconds are enough and keep lines readable; 0.1 + 0.2 style digits help nobody.
double rounded(double seconds) { return std::round(seconds * 1000.0) / 1000.0; }

ordered_json begun(const char* type, double at) {
  ordered_json object;
  object["v"] = k_journal_version;
  object["type"] = type;
  object["at"] = rounded(at);
  return object;
}

std::string dumped(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string line_of(const RunStarted& record) {
  ordered_json object = begun("run_started", record.at);
  object["run"] = valid_utf8(record.run);
  object["tree"] = valid_utf8(record.tree);
  object["boot"] = record.boot;
  object["version"] = record.version;
  object["ctest"] = {{"pid", record.ctest.pid}, {"start", record.ctest.start}};
  object["command"] = ordered_json::array();
  for (const std::string& argument : record.command)
    object["command"].push_back(valid_utf8(argument));
  return dumped(object);
}

std::string line_of(const VerdictRecord& record) {
  ordered_json object = begun("verdict", record.at);
  object["test"] = valid_utf8(record.test);
  object["verdict"] = std::string(name_of(record.verdict));
  if (record.index) object["index"] = *record.index;
  if (record.ran) object["ran"] = *record.ran;
  if (record.launched) object["launched"] = true;
  if (record.output) {
    object["log"] = valid_utf8(record.output->log);
    object["output"] = {record.output->offset, record.output->length};
  }
  if (!record.note.empty()) object["note"] = valid_utf8(record.note);
  return dumped(object);
}

std::string line_of(const RunEnded& record) {
  ordered_json object = begun("run_ended", record.at);
  object["run"] = valid_utf8(record.run);
  object["complete"] = record.complete;
  if (!record.retries.empty()) object["retries"] = record.retries;
  return dumped(object);
}

}  // namespace holdfast
