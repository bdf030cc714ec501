// What is known of a batch's program before it is started.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exec/batch/test_program.hpp"

namespace holdfast::exec {
namespace {

// A command whose words live as long as it does.
class Given {
 public:
  explicit Given(std::vector<std::string> options, std::vector<std::string> variables = {})
      : words_(std::move(options)), variables_(std::move(variables)) {
    words_.insert(words_.begin(), "/bin/true");
    for (std::string& word : words_) arguments_.push_back(word.data());
    for (std::string& variable : variables_) environment_.push_back(variable.data());
    arguments_.push_back(nullptr);
    environment_.push_back(nullptr);
    command_.arguments = arguments_.data();
    command_.environment = environment_.data();
  }
  const os::Command& command() const { return command_; }

 private:
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
  os::Command command_;
};

// Whether a process of several cases tells of each, in that directory.
bool tells(const std::unique_ptr<TestProgram>& program) {
  return program->start(Isolation::none).why.empty();
}

TEST(Programs, ReportIntoADirectoryThatTheirOptionsCanName) {
  const Given given({});
  const auto of_catch2 = [&](const std::string& markers) {
    return catch2_program(given.command(), markers, FrameworkKind::catch2_three);
  };
  const auto of_boost = [&](const std::string& markers) {
    return boost_program(given.command(), markers);
  };
  EXPECT_TRUE(tells(of_catch2("/a:b,c/m")));
  EXPECT_FALSE(tells(of_catch2("/a::b/m"))) << "`::` ends the name of a file";
  EXPECT_TRUE(tells(of_boost("/a/m")));
  EXPECT_FALSE(tells(of_boost("/a:b/m")));
  EXPECT_FALSE(tells(of_boost("/a,b/m")));
  EXPECT_TRUE(tells(doctest_program(given.command(), "/a::b,c/m")));
  EXPECT_FALSE(tells(doctest_program(given.command(), "")));
}

std::string report_of(std::vector<std::string> options, std::vector<std::string> variables = {}) {
  const Given given(std::move(options), std::move(variables));
  return googletest_program(given.command(), "/nowhere/m", false)->wanted_report();
}

TEST(Programs, OfGoogletestHaveOneReportWhereEachProcessWouldHaveWrittenIts) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(report_of({"--gtest_output=xml"}), here + "/test_detail.xml");
  EXPECT_EQ(report_of({"--gtest_output=xml:out/"}), here + "/out/true.xml");
  EXPECT_EQ(report_of({}, {"GTEST_OUTPUT=xml:/nowhere/r.xml"}), "/nowhere/r.xml");
  EXPECT_EQ(report_of({"--gtest_output=json:/nowhere/r"}, {"GTEST_OUTPUT=xml:/nowhere/r.xml"}), "");
  EXPECT_EQ(report_of({"--gtest_output=xml:/nowhere/r.xml", "--gtest_list_tests"}), "");
  EXPECT_EQ(report_of({}), "");
}

}  // namespace
}  // namespace holdfast::exec
