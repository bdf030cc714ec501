// The writing half of json_record.hpp. One line per test is written while ctest waits for the
// summary. So this uses the launcher's JSON writer: to build JSON objects would take ten times as
// long.
#include "store/json_record.hpp"

#include "core/base/json_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

JsonLine begun(const char* type, double at) {
  return {type, static_cast<std::int64_t>(std::llround(at * 1000.0))};
}

std::string_view truth(bool value) { return value ? "true" : "false"; }

std::string list_of(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ',';
    append_json_string(list, text);
  }
  return list + ']';
}

std::string object_of(const ProcessName& process) {
  return "{\"pid\":" + std::to_string(process.pid) + ",\"start\":" + std::to_string(process.start) +
         "}";
}

}  // namespace

std::string line_of(const RunStarted& record) {
  JsonLine line = begun("run_started", record.at);
  line.text("run", record.run).text("tree", record.tree);
  line.text("boot", record.boot).text("version", record.version);
  line.raw("ctest", object_of(record.ctest));
  line.raw("command", list_of(record.command));
  if (!record.program.empty()) line.text("program", record.program);
  if (!record.directory.empty()) line.text("directory", record.directory);
  if (!record.environment.empty()) line.raw("environment", list_of(record.environment));
  if (!record.inside.empty()) line.text("inside", record.inside);
  if (!record.log.empty()) line.text("log", record.log);
  return std::move(line).finish();
}

std::string line_of(const VerdictRecord& record) {
  JsonLine line = begun("verdict", record.at);
  line.text("test", record.test).text("verdict", name_of(record.verdict));
  if (!record.key.empty()) line.text("key", record.key);
  if (record.nth != 1) line.number("nth", record.nth);
  if (!record.program.empty()) line.text("program", record.program);
  if (record.index) line.number("index", *record.index);
  if (record.ran) line.raw("ran", truth(*record.ran));
  if (record.launched) line.raw("launched", truth(true));
  if (record.times) line.number("times", *record.times);
  if (record.before) line.number("before", *record.before);
  if (record.doubtful) line.raw("doubtful", truth(true));
  if (record.listed) line.raw("listed", truth(true));
  if (record.or_skipped) line.raw("or_skipped", truth(true));
  if (record.output) {
    line.text("log", record.output->log);
    line.raw("output", "[" + std::to_string(record.output->offset) + "," +
                           std::to_string(record.output->length) + "]");
  }
  const auto printed = std::ranges::find_if(
      record.earlier, [](const OutputPlace& place) { return place.length > 0; });
  if (printed != record.earlier.end()) {
    std::string numbers;
    for (const OutputPlace& place : record.earlier) {
      const bool is_there = place.log == printed->log;
      numbers += (numbers.empty() ? "[" : ",") + std::to_string(is_there ? place.offset : 0) + "," +
                 std::to_string(is_there ? place.length : 0);
    }
    line.text("earlier_log", printed->log).raw("earlier", numbers + "]");
  }
  if (!record.note.empty()) line.text("note", record.note);
  return std::move(line).finish();
}

std::string line_of(const ServiceRecord& record) {
  JsonLine line = begun("service", record.at);
  line.text("event", record.event).text("service", record.service);
  line.number("instance", record.instance).number("generation", record.generation);
  if (!record.attempt.empty()) line.text("attempt", record.attempt);
  if (record.host.pid > 0) line.raw("host", object_of(record.host));
  if (!record.log.empty()) line.text("log", record.log);
  if (!record.why.empty()) line.text("why", record.why);
  if (!record.users.empty()) line.raw("users", list_of(record.users));
  if (!record.user.empty()) line.text("user", record.user);
  if (record.log_from) line.number("log_from", *record.log_from);
  if (record.log_to) line.number("log_to", *record.log_to);
  if (record.log_head > 0) line.number("log_head", record.log_head);
  return std::move(line).finish();
}

std::string line_of(const LogWordRecord& record) {
  JsonLine line = begun("log_word", record.at);
  line.text("word", record.word);
  if (record.has_company) line.raw("company", truth(true));
  return std::move(line).finish();
}

std::string line_of(const PlannedRecord& record) {
  JsonLine line = begun("planned", record.at);
  if (!record.shard.empty()) line.text("shard", record.shard);
  if (!record.fingerprint.empty()) line.text("fingerprint", record.fingerprint);
  line.raw("own", truth(record.is_own));
  line.raw("tests", list_of(record.tests));
  if (!record.keys.empty()) line.raw("keys", list_of(record.keys));
  return std::move(line).finish();
}

std::string line_of(const RunEnded& record) {
  JsonLine line = begun("run_ended", record.at);
  line.text("run", record.run).raw("complete", truth(record.complete));
  if (!record.retries.empty()) line.text("retries", record.retries);
  if (record.unrecorded > 0) line.number("unrecorded", record.unrecorded);
  if (!record.has_log) line.raw("log", truth(false));
  if (record.keeper_until > 0)
    line.seconds("keeper_until", std::llround(record.keeper_until * 1e6));
  if (!record.address_in_use.empty()) line.raw("address_in_use", list_of(record.address_in_use));
  if (!record.ran_nothing.empty()) line.raw("ran_nothing", list_of(record.ran_nothing));
  return std::move(line).finish();
}

}  // namespace holdfast
