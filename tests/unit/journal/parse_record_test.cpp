#include "journal/journal_reader.hpp"
#include "journal/records.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

template <typename T>
T parsed(std::string_view line) {
  ParsedLine result = parse_record(line);
  EXPECT_TRUE(result.record && std::holds_alternative<T>(*result.record))
      << line << ": " << result.complaint;
  return result.record && std::holds_alternative<T>(*result.record) ? std::get<T>(*result.record)
                                                                    : T{};
}

TEST(JsonRecord, EveryFieldOfAnAttemptIsRead) {
  const auto ended = parsed<AttemptEnded>(
      R"({"v":1,"type":"attempt_ended","at":2.5,"attempt":"r.1","test":"db","key":"9a","n":2,"outcome":"crashed","signal":11,)"
      R"("wall_s":0.5,"user_s":0.25,"sys_s":0.125,"max_rss_kb":5120,"memory_peak_kb":9000,"lock_wait_s":4.5,"flags":["leaked"],)"
      R"("leftovers":[{"pid":1250,"name":"sleep"}],"note":"why"})");
  EXPECT_EQ(ended.at, 2.5);
  EXPECT_EQ(ended.attempt, "r.1");
  EXPECT_EQ(ended.test, "db");
  EXPECT_EQ(ended.key, "9a");
  EXPECT_EQ(ended.n, 2);
  EXPECT_EQ(ended.outcome, Outcome::crashed);
  EXPECT_EQ(ended.signal, 11);
  EXPECT_FALSE(ended.exit_code);
  EXPECT_EQ(ended.wall_s, 0.5);
  EXPECT_EQ(ended.user_s, 0.25);
  EXPECT_EQ(ended.sys_s, 0.125);
  EXPECT_EQ(ended.max_rss_kb, 5120);
  EXPECT_EQ(ended.memory_peak_kb, 9000);
  EXPECT_EQ(ended.lock_wait_s, 4.5);
  EXPECT_EQ(ended.flags, std::vector<std::string>{"leaked"});
  ASSERT_EQ(ended.leftovers.size(), 1U);
  EXPECT_EQ(ended.leftovers[0].pid, 1250);
  EXPECT_EQ(ended.leftovers[0].name, "sleep");
  EXPECT_EQ(ended.note, "why");
}

TEST(JsonRecord, TheBeginOfARunSaysHowCtestWasStarted) {
  RunStarted written;
  written.run = "12-x";
  written.command = {"ctest", "-j8"};
  written.program = "/usr/bin/ctest";
  written.directory = "/tree/sub";
  written.environment = {"GTEST_RANDOM_SEED=7", "GTEST_SHUFFLE="};
  const ParsedLine line = parse_record(line_of(written));
  ASSERT_TRUE(line.record);
  const auto& read = std::get<RunStarted>(*line.record);
  EXPECT_EQ(read.command, written.command);
  EXPECT_EQ(read.program, written.program);
  EXPECT_EQ(read.directory, written.directory);
  EXPECT_EQ(read.environment, written.environment);
}

TEST(JsonRecord, CasesAreReadEachWithItsFields) {
  const auto record = parsed<CasesRecord>(
      R"({"v":1,"type":"cases","at":2.5,"attempt":"r.1","test":"db","key":"9a","worker":2,"cases":[)"
      R"({"case":"S.a","outcome":"crashed","wall_s":0.5,"signal":11,"exit_code":3,"output":[8,40],"note":"why"},)"
      R"({"case":"S.b","outcome":"not_run"}],"log":"/log"})");
  EXPECT_EQ(record.at, 2.5);
  EXPECT_EQ(record.attempt, "r.1");
  EXPECT_EQ(record.test, "db");
  EXPECT_EQ(record.key, "9a");
  ASSERT_EQ(record.cases.size(), 2U);
  const CaseRecord& first = record.cases[0];
  EXPECT_EQ(first.name, "S.a");
  EXPECT_EQ(first.outcome, Outcome::crashed);
  EXPECT_EQ(first.wall_s, 0.5);
  EXPECT_EQ(first.signal, 11);
  EXPECT_EQ(first.exit_code, 3);
  EXPECT_EQ(record.worker, 2);
  ASSERT_TRUE(first.output);
  EXPECT_EQ(first.output->log, "/log");
  EXPECT_EQ(first.output->offset, 8U);
  EXPECT_EQ(first.output->length, 40U);
  EXPECT_EQ(first.note, "why");
  EXPECT_EQ(record.cases[1].name, "S.b");
  EXPECT_EQ(record.cases[1].outcome, Outcome::not_run);
  EXPECT_FALSE(record.cases[1].output);
}

// One that cannot be used costs itself alone.
TEST(JsonRecord, WhatIsWrongWithACaseIsSaidAndTheOthersCount) {
  const struct {
    const char* cases;
    const char* complaint;
    std::size_t left;
  } rows[] = {
      {R"([{"case":"S.a","outcome":"passed"},7])", "cases", 1},
      {R"([{"outcome":"passed"},{"case":"S.a","outcome":"passed"}])", "case without a name", 1},
      {R"([{"case":"S.a","outcome":"odd"}])", "no known outcome", 1},
      {R"([{"outcome":"passed"},{"case":"S.a","outcome":"odd"}])", "case without a name", 1},
      {R"([{"case":"S.a","outcome":"passed","output":[1,-2]}])", "cases", 1},
      {R"([{"case":"S.a","outcome":"passed","output":[1]}])", "cases", 1},
      {R"({})", "cases", 0},
  };
  for (const auto& row : rows) {
    const ParsedLine line =
        parse_record(std::string(R"({"v":1,"type":"cases","test":"t","cases":)") + row.cases + "}");
    ASSERT_TRUE(line.record) << row.cases;
    EXPECT_EQ(std::get<CasesRecord>(*line.record).cases.size(), row.left) << row.cases;
    EXPECT_NE(line.complaint.find(row.complaint), std::string::npos) << line.complaint;
  }
  EXPECT_FALSE(parse_record(R"({"v":1,"type":"cases","cases":[]})").record);
}

TEST(JsonRecord, EveryFieldOfABuildStepIsRead) {
  const auto step = parsed<StepRecord>(
      R"({"v":1,"type":"step","at":2.5,"kind":"link","target":"app","output":"bin/app","program":"c++","language":"CXX",)"
      R"("outcome":"failed","exit_code":1,"wall_s":0.5,"user_s":0.25,"sys_s":0.125,"max_rss_kb":5120,"slot_wait_s":4.5,)"
      R"("attempts":2,"note":"why"})");
  EXPECT_EQ(step.at, 2.5);
  EXPECT_EQ(step.kind, "link");
  EXPECT_EQ(step.target, "app");
  EXPECT_EQ(step.output, "bin/app");
  EXPECT_EQ(step.program, "c++");
  EXPECT_EQ(step.language, "CXX");
  EXPECT_EQ(step.outcome, Outcome::failed);
  EXPECT_EQ(step.exit_code, 1);
  EXPECT_FALSE(step.signal);
  EXPECT_EQ(step.wall_s, 0.5);
  EXPECT_EQ(step.user_s, 0.25);
  EXPECT_EQ(step.sys_s, 0.125);
  EXPECT_EQ(step.max_rss_kb, 5120);
  EXPECT_EQ(step.slot_wait_s, 4.5);
  EXPECT_EQ(step.attempts, 2);
  EXPECT_EQ(step.note, "why");
  EXPECT_FALSE(parse_record(R"({"v":1,"type":"step","output":"a.o"})").record);
}

TEST(JsonRecord, MarkersAreReadAndWhatIsNoneIsNamed) {
  const auto ended = parsed<AttemptEnded>(
      R"({"v":1,"type":"attempt_ended","test":"t","outcome":"deliberate_exit","marker":{"reason":"why"},)"
      R"("orphan_markers":[{"file":"exit-7","why":"is cut off"},{"file":"x","why":""}]})");
  EXPECT_EQ(ended.marker, "why");
  EXPECT_EQ(ended.orphan_markers, (std::vector<OrphanMarker>{{"exit-7", "is cut off"}, {"x", ""}}));
  for (const char* odd : {R"("marker":"why")", R"("marker":{"reason":7})", R"("orphan_markers":{})",
                          R"("orphan_markers":[7])"}) {
    const ParsedLine line = parse_record(
        R"({"v":1,"type":"attempt_ended","test":"t","outcome":"failed",)" + std::string(odd) + "}");
    ASSERT_TRUE(line.record) << odd;
    EXPECT_NE(line.complaint, "") << odd;
  }
}

TEST(JsonRecord, WhatIsWrittenIsReadBackTheSame) {
  RunStarted run{12.5, "id", "/tree", "boot", "0.1.0", {77, 99}, {"ctest", "-R", "a\"b\n\\"}};
  const auto run_back = parsed<RunStarted>(line_of(run));
  EXPECT_EQ(run_back.run, run.run);
  EXPECT_EQ(run_back.tree, run.tree);
  EXPECT_EQ(run_back.boot, run.boot);
  EXPECT_EQ(run_back.version, run.version);
  EXPECT_EQ(run_back.ctest.pid, 77);
  EXPECT_EQ(run_back.ctest.start, 99U);
  EXPECT_EQ(run_back.command, run.command);
  EXPECT_EQ(run_back.at, 12.5);

  VerdictRecord verdict;
  verdict.at = 1;
  verdict.test = "t";
  verdict.verdict = Verdict::skipped;
  verdict.index = 7;
  verdict.output = OutputPlace{"/log", 8123, 240};
  verdict.ran = true;
  verdict.launched = true;
  verdict.note = "n";
  const auto verdict_back = parsed<VerdictRecord>(line_of(verdict));
  EXPECT_EQ(verdict_back.test, "t");
  EXPECT_EQ(verdict_back.verdict, Verdict::skipped);
  EXPECT_EQ(verdict_back.index, 7);
  ASSERT_TRUE(verdict_back.output);
  EXPECT_EQ(verdict_back.output->log, "/log");
  EXPECT_EQ(verdict_back.output->offset, 8123U);
  EXPECT_EQ(verdict_back.output->length, 240U);
  EXPECT_EQ(verdict_back.ran, true);
  EXPECT_TRUE(verdict_back.launched);
  EXPECT_EQ(verdict_back.note, "n");

  EXPECT_TRUE(parsed<RunEnded>(line_of(RunEnded{1, "id", true})).complete);

  const PlannedRecord planned{1, "2/4", "0123456789abcdef", true, {"a", "b\nc"}, {"k", ""}};
  const auto planned_back = parsed<PlannedRecord>(line_of(planned));
  EXPECT_EQ(planned_back.shard, "2/4");
  EXPECT_EQ(planned_back.fingerprint, "0123456789abcdef");
  EXPECT_TRUE(planned_back.is_own);
  EXPECT_EQ(planned_back.tests, planned.tests);
  EXPECT_EQ(planned_back.keys, planned.keys);
  EXPECT_FALSE(parsed<PlannedRecord>(line_of(PlannedRecord{})).is_own);
}

template <typename T>
void expect_same_line(const T& record, const std::vector<std::string>& fields) {
  const std::string line = line_of(record);
  for (const std::string& field : fields)
    EXPECT_NE(line.find("\"" + field + "\":"), std::string::npos) << field << " in " << line;
  EXPECT_EQ(line_of(parsed<T>(line)), line);
}

TEST(JsonRecord, EveryFieldIsWrittenAsItWasRead) {
  VerdictRecord verdict;
  verdict.test = "t";
  verdict.key = "k";
  verdict.nth = 2;
  verdict.program = "0123";
  verdict.index = 7;
  verdict.times = 3;
  verdict.before = 8;
  verdict.doubtful = verdict.listed = verdict.or_skipped = true;
  verdict.output = OutputPlace{"/log", 100, 20};
  verdict.earlier = {{"/log", 10, 5}, {}};
  verdict.note = "n";
  expect_same_line(verdict, {"key", "nth", "program", "index", "times", "before", "doubtful",
                             "listed", "or_skipped", "earlier", "earlier_log", "note"});
  expect_same_line(LogWordRecord{1, "w", true}, {"word", "company"});
  RunEnded end{1, "id", true, "words", 3, false, 2.5, {"a"}, {"b"}};
  expect_same_line(end, {"complete", "retries", "unrecorded", "log", "keeper_until",
                         "address_in_use", "ran_nothing"});
}

// There may be no room for one of them in the file that keeps the others.
TEST(JsonRecord, AnEarlierOutputInAnotherFileIsWrittenAsNone) {
  VerdictRecord verdict;
  verdict.test = "t";
  verdict.earlier = {{"/kept", 10, 5}, {"/log", 20, 6}, {"/kept", 15, 7}};
  const std::vector<OutputPlace> earlier = parsed<VerdictRecord>(line_of(verdict)).earlier;
  ASSERT_EQ(earlier.size(), 3U);
  for (const OutputPlace& place : earlier) EXPECT_EQ(place.log, "/kept");
  EXPECT_EQ(earlier[0].length, 5U);
  EXPECT_EQ(earlier[1].length, 0U);
  EXPECT_EQ(earlier[2].offset, 15U);
  EXPECT_EQ(earlier[2].length, 7U);
}

TEST(JsonRecord, ATestTakesAtLeastOneOfCtestsSlots) {
  for (const auto& [processors, slots] : {std::pair{"3", 3}, {"1", 1}, {"0", 1}, {"-2", 1}}) {
    const auto started = parsed<AttemptStarted>(
        R"({"v":1,"type":"attempt_started","test":"t","schedule":{"processors":)" +
        std::string(processors) + "}}");
    EXPECT_EQ(started.schedule.processors, slots) << processors;
  }
}

TEST(JsonRecord, PlacesOfEarlierOutputsAreNeverBeforeALogsBegin) {
  const auto earlier = [](const std::string& numbers) {
    return parsed<VerdictRecord>(
               R"({"v":1,"type":"verdict","test":"t","verdict":"failed","earlier_log":"/log",)"
               R"("earlier":[)" +
               numbers + "]}")
        .earlier.size();
  };
  EXPECT_EQ(earlier("1,2,3,4"), 2U);
  EXPECT_EQ(earlier("1,2,3"), 1U);
  EXPECT_EQ(earlier("1,2,-3,4"), 0U);
  EXPECT_EQ(earlier("1,-2"), 0U);
}

TEST(JsonRecord, ALineIsOneLineWhateverANameHolds) {
  VerdictRecord verdict;
  verdict.test = "a\nb\xFF\x01";
  const std::string line = line_of(verdict);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(parsed<VerdictRecord>(line).test, "a\nb\xEF\xBF\xBD\x01");
}

TEST(JsonRecord, ANameWithBytesThatAreNotUtf8KeepsItsRecord) {
  const auto ended = parsed<AttemptEnded>(
      "{\"v\":1,\"type\":\"attempt_ended\",\"test\":\"a\xFF\",\"outcome\":\"passed\"}");
  EXPECT_EQ(ended.test, "a\xEF\xBF\xBD");
}

TEST(JsonRecord, UnknownFieldsAreIgnoredWithoutAComplaint) {
  const ParsedLine line =
      parse_record(R"({"v":1,"type":"run_ended","run":"r","complete":true,"new":{"deep":[1,2]}})");
  EXPECT_TRUE(line.record);
  EXPECT_EQ(line.complaint, "");
}

TEST(JsonRecord, AFieldOfTheWrongTypeCountsAsAbsentAndIsNamed) {
  const std::pair<const char*, const char*> rows[] = {
      {R"("wall_s":"long")", "wall_s"},
      {R"("exit_code":1.5)", "exit_code"},
      {R"("exit_code":99999999999)", "exit_code"},
      {R"("exit_code":-99999999999)", "exit_code"},
      {R"("flags":"leaked")", "flags"},
      {R"("flags":[1])", "flags"},
      {R"("leftovers":[1])", "leftovers"},
      {R"("key":7)", "key"},
      {R"("max_rss_kb":18446744073709551615)", "max_rss_kb"},
      {R"("note":{})", "note"},
      {R"("n":null)", "n"},
      {R"("forensics":[])", "forensics"},
      // The first one is named.
      {R"("wall_s":"long","note":{})", "wall_s"},
      {R"("outcome":"odd","wall_s":"long")", "wall_s"},
  };
  for (const auto& [field, name] : rows) {
    const std::string text =
        std::string(R"({"v":1,"type":"attempt_ended","test":"t","outcome":"failed",)") + field +
        "}";
    const ParsedLine line = parse_record(text);
    EXPECT_TRUE(line.record) << text;
    EXPECT_NE(line.complaint.find(name), std::string::npos) << text << ": " << line.complaint;
  }
}

TEST(JsonRecord, OfAVerdictAnOddFieldIsNamedAndTheOthersCount) {
  const ParsedLine line = parse_record(
      R"({"v":1,"type":"verdict","test":"t","verdict":"failed","ran":1,"note":"why"})");
  ASSERT_TRUE(line.record);
  EXPECT_FALSE(std::get<VerdictRecord>(*line.record).ran);
  EXPECT_EQ(std::get<VerdictRecord>(*line.record).note, "why");
  EXPECT_NE(line.complaint.find("ran"), std::string::npos) << line.complaint;
  const ParsedLine places = parse_record(
      R"({"v":1,"type":"verdict","test":"t","verdict":"failed","earlier":["1",2,3],"earlier_log":"/l"})");
  ASSERT_TRUE(places.record);
  EXPECT_EQ(std::get<VerdictRecord>(*places.record).earlier.size(), 1U);
  EXPECT_NE(places.complaint.find("earlier"), std::string::npos) << places.complaint;
}

TEST(JsonRecord, WhatIsNoRecordIsRefusedWithAReason) {
  const char* rows[] = {
      "",
      "x",
      "null",
      "[]",
      "7",
      "{",
      "{}",
      R"({"v":2,"type":"run_ended"})",
      R"({"v":1,"type":"tomorrow"})",
      R"({"v":1,"type":7})",
      R"({"v":1,"type":"attempt_started"})",
      R"({"v":1,"type":"attempt_ended","test":null})",
      R"({"v":1,"type":"verdict","test":"t","verdict":"maybe"})",
      R"({"v":1,"type":"run_started"})",
      R"({"v":1,"type":"service","event":"died"})",
      R"({"v":1,"type":"log_word","company":true})",
      R"({"v":1,"type":"bare","test":1e999})",
  };
  for (const char* row : rows) {
    const ParsedLine line = parse_record(row);
    EXPECT_FALSE(line.record) << row;
    EXPECT_NE(line.complaint, "") << row;
  }
}

TEST(JsonRecord, ATestMayHaveAnEmptyName) {
  const ParsedLine line = parse_record(R"({"v":1,"type":"verdict","test":"","verdict":"failed"})");
  ASSERT_TRUE(line.record);
  EXPECT_EQ(std::get<VerdictRecord>(*line.record).test, "");
  EXPECT_EQ(line.complaint, "");
}

TEST(JsonRecord, AnOutcomeThisVersionDoesNotKnowIsNoneAtAll) {
  const ParsedLine line =
      parse_record(R"({"v":1,"type":"attempt_ended","test":"t","outcome":"teleported"})");
  ASSERT_TRUE(line.record);
  EXPECT_FALSE(std::get<AttemptEnded>(*line.record).outcome);
  EXPECT_NE(line.complaint, "");
}

TEST(JsonRecord, ALineOfEndlessFieldsIsNoRecordAndCostsNoTime) {
  std::string line = R"({"v":1,"type":"run_ended","run":"r")";
  for (int i = 0; i < 300'000; ++i) line += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_FALSE(parse_record(line + "}").record);
}

TEST(JsonRecord, DeepNestingIsSurvived) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(parse_record(deep).record);
  const std::string closed = deep + std::string(deep.size(), ']');
  EXPECT_FALSE(parse_record(closed).record);
  EXPECT_TRUE(parse_record(R"({"v":1,"type":"run_ended","x":)" + closed + "}").record);
}

TEST(JsonRecord, WhatIsKnownOfRetriesIsRead) {
  const AttemptEnded ended = parsed<AttemptEnded>(
      R"({"v":1,"type":"attempt_ended","test":"t","outcome":"failed","verdict":"failed",)"
      R"("retry":"not tried again: no rule fits","log":"/l","forensics":{"git":{"failed":"f"},)"
      R"("machine":{"text":"m"}}})");
  EXPECT_EQ(ended.verdict, Verdict::failed);
  EXPECT_EQ(ended.retry, "not tried again: no rule fits");
  EXPECT_EQ(ended.log, "/l");
  ASSERT_EQ(ended.forensics.size(), 2U);
  EXPECT_TRUE(ended.forensics[0].failed);
  EXPECT_EQ(ended.forensics[1].text, "m");
  const Stale stale =
      parsed<Stale>(R"({"v":1,"type":"stale","test":"t","key":"k","program":"/p","why":"w"})");
  EXPECT_EQ(stale.program + stale.why, "/pw");
}

TEST(JsonRecord, FilesThatChangedAreReadAndThoseWithoutANameAreNot) {
  const auto record = parsed<SourcesRecord>(
      R"({"v":1,"type":"sources","at":5,"resolution_s":0.004,"changed":[)"
      R"({"file":"a b","written":1700000000.25},{"file":"c","removed":true},{},7],"more":3})");
  EXPECT_EQ(record.resolution_s, 0.004);
  EXPECT_EQ(record.more, 3);
  ASSERT_EQ(record.changed.size(), 2U);
  EXPECT_EQ(record.changed[0].file, "a b");
  EXPECT_EQ(record.changed[0].written, 1700000000.25);
  EXPECT_FALSE(record.changed[0].is_removed);
  EXPECT_TRUE(record.changed[1].is_removed);
  EXPECT_EQ(record.changed[1].written, std::nullopt);
  const std::string begin = R"({"v":1,"type":"sources","at":5,"changed":[],"more":)";
  EXPECT_EQ(parsed<SourcesRecord>(begin + "1000000000000000}").more, 1'000'000'000);
  EXPECT_EQ(parsed<SourcesRecord>(begin + "-7}").more, 0);
}

TEST(JsonRecord, OfAServiceIsReadAsItWasWritten) {
  ServiceRecord record;
  record.at = 2;
  record.event = "died";
  record.service = "db";
  record.instance = 1;
  record.generation = 3;
  record.attempt = "7-x.db-3";
  record.host = {12, 34};
  record.log = "/l";
  record.why = "it was killed by SIGKILL";
  record.users = {"a", "b \"c\""};
  record.user = "7-x";
  record.log_from = 0;
  record.log_to = 12;
  record.log_head = 8;
  const std::string line = line_of(record);
  const ParsedLine parsed = parse_record(line);
  ASSERT_TRUE(parsed.record) << parsed.complaint;
  const auto& read = std::get<ServiceRecord>(*parsed.record);
  EXPECT_EQ(line_of(read), line);
  EXPECT_EQ(read.users, record.users);
  EXPECT_EQ(read.host, record.host);
  EXPECT_EQ(read.user, record.user);
  EXPECT_EQ(read.log_from, record.log_from);
  EXPECT_EQ(read.log_to, record.log_to);
  EXPECT_EQ(read.log_head, record.log_head);
}

TEST(JsonRecord, WhatALineLacksIsNamed) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"v":2,"type":"run_ended"})", "not version 1 of the journal"},
      {R"({"v":1,"type":"tomorrow"})", "unknown type of record"},
      {R"([])", "not a JSON object of a record's size"},
      {R"({"v":1,"type":"attempt_started"})", "attempt_started without a test"},
      {R"({"v":1,"type":"attempt_ended"})", "attempt_ended without a test"},
      {R"({"v":1,"type":"bare","why":"w"})", "bare without a test"},
      {R"({"v":1,"type":"verdict","verdict":"failed"})", "verdict without a test"},
      {R"({"v":1,"type":"cases","cases":[]})", "cases without a test"},
      {R"({"v":1,"type":"stale","why":"w"})", "stale without a test"},
      {R"({"v":1,"type":"run_started","run":""})", "run_started without a run"},
      {R"({"v":1,"type":"step","output":"a.o"})", "step without a kind"},
      {R"({"v":1,"type":"service","event":"died"})", "service without a name"},
      {R"({"v":1,"type":"log_word","company":true})", "log_word without a word"},
      {R"({"v":1,"type":"verdict","test":"t"})", "verdict of an unknown name"},
      {R"({"v":1,"type":"verdict","test":"t","verdict":"maybe"})", "verdict of an unknown name"},
  };
  for (const auto& [text, lack] : rows) {
    const ParsedLine line = parse_record(text);
    EXPECT_FALSE(line.record) << text;
    EXPECT_EQ(line.complaint, lack) << text;
  }
}

}  // namespace
}  // namespace holdfast
