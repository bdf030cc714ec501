#include "output/output_relay.hpp"

#include <gtest/gtest.h>

namespace holdfast::exec {
namespace {

supervision::Invocation judged_by(const std::string& properties) {
  supervision::Invocation invocation;
  invocation.properties.verdict = properties;
  return invocation;
}

supervision::AttemptResult ended(Outcome outcome, int code = 0) {
  supervision::AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::exited, code};
  result.outcome = outcome;
  return result;
}

MirroredVerdict verdict(const std::string& properties, const supervision::AttemptResult& result,
                        ExitMode mode = ExitMode::ctest) {
  return mirrored(mirror_of(judged_by(properties)), result, mode, nullptr);
}

TEST(VerdictMirror, JudgesAnAttemptByTheTestsProperties) {
  EXPECT_EQ(verdict("", ended(Outcome::passed)), MirroredVerdict::passed);
  EXPECT_EQ(verdict("", ended(Outcome::failed, 4)), MirroredVerdict::failed);
  EXPECT_EQ(verdict("will-fail", ended(Outcome::failed, 4)), MirroredVerdict::passed);
  EXPECT_EQ(verdict("code=77", ended(Outcome::skipped, 77)), MirroredVerdict::skipped);
}

TEST(VerdictMirror, PropertiesThatAreNotUnderstoodAreLeftToCtest) {
  EXPECT_EQ(verdict("nonsense", ended(Outcome::passed)), MirroredVerdict::passed);
  EXPECT_FALSE(mirror_of(judged_by("nonsense")).needs_output());
}

TEST(VerdictMirror, AnInterruptedAttemptHasFailedWhateverItThenSaid) {
  supervision::AttemptResult told = ended(Outcome::interrupted);
  told.observation.end_reason = EndReason::signal;
  EXPECT_EQ(verdict("", told, ExitMode::command), MirroredVerdict::failed);
  EXPECT_EQ(verdict("will-fail", told), MirroredVerdict::failed);
}

TEST(VerdictMirror, OutputThatWasNotCapturedMatchesNoExpression) {
  EXPECT_TRUE(mirror_of(judged_by("pass=x")).needs_output());
  EXPECT_EQ(verdict("pass=x", ended(Outcome::passed)), MirroredVerdict::failed);
  EXPECT_EQ(verdict("fail=x", ended(Outcome::passed)), MirroredVerdict::passed);
}

}  // namespace
}  // namespace holdfast::exec
