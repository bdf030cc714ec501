// The log of the ctest on this machine: one project with every kind of verdict.
#include "ctest/ctest_log.hpp"

#include "ctest/opened_log.hpp"
#include "journal/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>

namespace holdfast {
namespace {

const char* const k_project = R"cmake(
cmake_minimum_required(VERSION 3.25)
project(verdicts NONE)
enable_testing()
add_test(NAME pass COMMAND echo hello)
add_test(NAME silent COMMAND true)
add_test(NAME no_newline COMMAND printf "no newline")
add_test(NAME fail COMMAND sh -c "echo oops; exit 3")
add_test(NAME will_fail COMMAND false)
add_test(NAME will_fail_and_passes COMMAND true)
set_tests_properties(will_fail will_fail_and_passes PROPERTIES WILL_FAIL ON)
add_test(NAME pass_regex COMMAND sh -c "echo good; exit 1")
add_test(NAME pass_regex_missing COMMAND sh -c "echo bad")
set_tests_properties(pass_regex pass_regex_missing PROPERTIES PASS_REGULAR_EXPRESSION "good\n")
add_test(NAME fail_regex COMMAND echo ERROR)
set_tests_properties(fail_regex PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
add_test(NAME skip_regex COMMAND echo SKIPPED)
set_tests_properties(skip_regex PROPERTIES SKIP_REGULAR_EXPRESSION SKIPPED)
add_test(NAME skip_code COMMAND sh -c "exit 77")
set_tests_properties(skip_code PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME disabled COMMAND true)
set_tests_properties(disabled PROPERTIES DISABLED ON)
add_test(NAME missing COMMAND /nonexistent/program)
add_test(NAME not_there COMMAND true)
set_tests_properties(not_there PROPERTIES WORKING_DIRECTORY /nonexistent)
add_test(NAME poor COMMAND true)
set_tests_properties(poor PROPERTIES RESOURCE_GROUPS "gpus:9")
add_test(NAME required_file COMMAND true)
set_tests_properties(required_file PROPERTIES REQUIRED_FILES /nonexistent)
add_test(NAME setup COMMAND false)
set_tests_properties(setup PROPERTIES FIXTURES_SETUP f)
add_test(NAME needs_setup COMMAND true)
set_tests_properties(needs_setup PROPERTIES FIXTURES_REQUIRED f)
add_test(NAME timeout COMMAND sleep 20)
set_tests_properties(timeout PROPERTIES TIMEOUT 1)
add_test(NAME crash COMMAND sh -c "kill -SEGV $$")
add_test(NAME "odd: \"name\"
of two lines" COMMAND echo odd)
add_test(NAME shows_a_log COMMAND sh -c "cat ${CMAKE_BINARY_DIR}/Testing/Temporary/LastTest.log || true")
foreach(launcher IN ITEMS holdfast-launcher holdfast-exec)
  file(WRITE ${CMAKE_BINARY_DIR}/${launcher} "#!/bin/sh\n")
  file(CHMOD ${CMAKE_BINARY_DIR}/${launcher} PERMISSIONS OWNER_READ OWNER_EXECUTE)
  add_test(NAME by_${launcher} COMMAND ${CMAKE_BINARY_DIR}/${launcher} -- true)
endforeach()
# Tests of the launcher, with the word of the run. They show the log of the run that goes on.
file(WRITE ${CMAKE_BINARY_DIR}/bin/holdfast-launcher "#!/bin/sh\nshift; exec \"$@\"\n")
file(CHMOD ${CMAKE_BINARY_DIR}/bin/holdfast-launcher PERMISSIONS OWNER_READ OWNER_EXECUTE)
foreach(name IN ITEMS by_word "by \"word\"
of two lines")
  add_test(NAME "${name}" COMMAND ${CMAKE_BINARY_DIR}/bin/holdfast-launcher "--test:R3al:.=${name}" sh -c
    "sed 's/R3al/Old1/' Testing/Temporary/LastTest.log.tmp* | tail -n 40")
endforeach()
add_test(NAME last COMMAND echo last)
)cmake";

struct Expected {
  const char* test;
  Verdict verdict;
  bool ran;
};

const Expected k_expected[] = {
    {"pass", Verdict::passed, true},
    {"silent", Verdict::passed, true},
    {"no_newline", Verdict::passed, true},
    {"fail", Verdict::failed, true},
    {"will_fail", Verdict::passed, true},
    {"will_fail_and_passes", Verdict::failed, true},
    {"pass_regex", Verdict::passed, true},
    {"pass_regex_missing", Verdict::failed, true},
    {"fail_regex", Verdict::failed, true},
    {"skip_regex", Verdict::skipped, true},
    {"skip_code", Verdict::skipped, true},
    {"disabled", Verdict::disabled, false},
    {"missing", Verdict::failed, false},
    {"not_there", Verdict::failed, false},
    {"poor", Verdict::failed, false},
    {"required_file", Verdict::failed, false},
    {"setup", Verdict::failed, true},
    {"needs_setup", Verdict::failed, false},
    {"timeout", Verdict::failed, true},
    {"crash", Verdict::failed, true},
    {"odd: \"name\"\nof two lines", Verdict::passed, true},
    {"shows_a_log", Verdict::passed, true},
    {"by_holdfast-launcher", Verdict::passed, true},
    {"by_holdfast-exec", Verdict::passed, true},
    {"by_word", Verdict::passed, true},
    {"by \"word\"\nof two lines", Verdict::passed, true},
    {"last", Verdict::passed, true},
};

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class RealLog : public testing::Test {
 protected:
  void SetUp() override {
    project_.write("CMakeLists.txt", k_project);
    const std::string configure = std::string(HOLDFAST_CMAKE) + " -S '" + project_.path().string() +
                                  "' -B '" + tree() + "' > '" + project_.path().string() +
                                  "/configure.txt' 2>&1";
    ASSERT_EQ(std::system(configure.c_str()), 0);
  }

  std::string tree() const { return (project_.path() / "build").string(); }

  // HOLDFAST_DISABLE and the likes are of no concern: the project does not use Holdfast.
  std::map<std::string, VerdictRecord> run_ctest(const std::string& arguments) {
    const double started = now();
    project_.write(
        "spec.json",
        R"({"version":{"major":1,"minor":0},"local":[{"gpus":[{"id":"0","slots":1}]}]})");
    const std::string command = "cd '" + tree() + "' && env -u CTEST_PARALLEL_LEVEL " +
                                HOLDFAST_CTEST + " --resource-spec-file ../spec.json " + arguments +
                                " > ctest.txt 2>&1";
    EXPECT_NE(std::system(command.c_str()), -1);
    std::map<std::string, VerdictRecord> by_name;
    const std::filesystem::path directory = project_.path() / "build/Testing/Temporary";
    const OpenedLog log(directory / "LastTest.log");
    EXPECT_TRUE(is_whole_log(log.descriptor()));
    const auto result = read_ctest_log({log.descriptor(), directory, ""}, {"R3al"}, started);
    EXPECT_TRUE(result) << result.error().message;
    if (!result) return by_name;
    for (const VerdictRecord& record : *result)
      EXPECT_TRUE(by_name.emplace(record.test, record).second) << record.test;
    return by_name;
  }

  std::string output_of(const VerdictRecord& record) {
    const auto output =
        LoggedOutputs(now() - 600, now() + 1).read(*record.output, record.test, 1U << 20U);
    return output ? *output : output.error().message;
  }

  ScratchDirectory project_;
};

TEST_F(RealLog, EveryKindOfVerdictIsRead) {
  for (const char* arguments :
       {"-j1", "-j4", "-j4 --repeat until-pass:2", "-j4 --repeat until-fail:2"}) {
    SCOPED_TRACE(arguments);
    const auto verdicts = run_ctest(arguments);
    EXPECT_EQ(verdicts.size(), std::size(k_expected));
    for (const Expected& expected : k_expected) {
      ASSERT_TRUE(verdicts.contains(expected.test)) << expected.test;
      const VerdictRecord& record = verdicts.at(expected.test);
      EXPECT_EQ(name_of(record.verdict), name_of(expected.verdict)) << expected.test;
      EXPECT_EQ(record.ran, expected.ran) << expected.test;
      EXPECT_EQ(record.launched, record.test.starts_with("by")) << expected.test;
      EXPECT_FALSE(record.or_skipped) << expected.test;
    }
    EXPECT_EQ(output_of(verdicts.at("pass")), "hello\n");
    EXPECT_EQ(output_of(verdicts.at("silent")), "");
    EXPECT_EQ(output_of(verdicts.at("fail")), "oops\n");
    EXPECT_EQ(output_of(verdicts.at("odd: \"name\"\nof two lines")), "odd\n");
    EXPECT_EQ(output_of(verdicts.at("last")), "last\n");
    EXPECT_EQ(verdicts.at("missing").note, "Unable to find executable: /nonexistent/program");
    EXPECT_EQ(verdicts.at("required_file").note, "Unable to find required file: /nonexistent");
    EXPECT_EQ(verdicts.at("needs_setup").note, "Failed test dependencies: setup");
    EXPECT_EQ(verdicts.at("pass").index, 1);
    EXPECT_TRUE(verdicts.at("pass").output->log.ends_with("/Testing/Temporary/LastTest.log"));
  }
}

TEST_F(RealLog, FailuresOfAnEarlierRunAreNotThisRuns) {
  run_ctest("-R '^fail$'");
  const auto verdicts = run_ctest("-R '^pass$'");
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.at("pass").verdict, Verdict::passed);
}

}  // namespace
}  // namespace holdfast
