#include "services/service_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "journal/kept_output.hpp"
#include "os/scratch.hpp"

namespace holdfast::host {
namespace {

namespace fs = std::filesystem;

class ServiceLogs : public testing::Test {
 protected:
  ServiceLog log(std::uint64_t limit) const { return std::move(*ServiceLog::open(path(), limit)); }
  std::string path() const { return scratch_.path("db.log"); }
  std::string text() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::uintmax_t on_disk() const {
    std::uintmax_t size = 0;
    for (const auto& entry : fs::directory_iterator(scratch_.path(""))) size += entry.file_size();
    return size;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(scratch_.path("")), {}));
  }

 private:
  os::Scratch scratch_;
};

TEST_F(ServiceLogs, KeepAllThatIsWithinTheLimit) {
  ServiceLog one = log(20);
  one.add("0123456789");
  EXPECT_EQ(text(), "0123456789") << "it can be read at once";
  one.add("abcdefghij");
  EXPECT_EQ(one.size(), 20U);
  one.close();
  EXPECT_EQ(text(), "0123456789abcdefghij");
  EXPECT_EQ(files(), 1U);
}

TEST_F(ServiceLogs, KeepTheFirstAndTheLastPart) {
  for (const std::size_t at_once : {1U, 3U, 10U, 1000U}) {
    const std::string all = "first 10 b" + std::string(500, '.') + "last 10 by";
    ServiceLog one = log(20);
    for (std::size_t at = 0; at < all.size(); at += at_once) one.add(all.substr(at, at_once));
    EXPECT_EQ(one.size(), all.size());
    one.close();
    EXPECT_EQ(text(), "first 10 b" + mark_of_gap(500) + "last 10 by") << at_once;
    EXPECT_EQ(files(), 1U);
  }
}

TEST_F(ServiceLogs, SayWhatTheyCouldNotKeep) {
  fs::create_directory(path() + ".tail");
  ServiceLog one = log(20);
  one.add("first 10 bthe others");
  one.close();
  EXPECT_EQ(text(), "first 10 b" + mark_of_gap(10));
}

TEST_F(ServiceLogs, NeverTakeMoreThanTwiceTheLimit) {
  ServiceLog one = log(1000);
  for (int i = 0; i < 1000; ++i) {
    one.add(std::string(97, 'x'));
    ASSERT_LE(on_disk(), 2000U);
  }
  one.close();
  EXPECT_LE(on_disk(), 1000U + mark_of_gap(95000).size());
}

TEST_F(ServiceLogs, HaveTheirLastLinesAtHand) {
  ServiceLog one = log(100'000);
  EXPECT_EQ(one.last_lines(), "");
  one.add("a\nb");
  EXPECT_EQ(one.last_lines(), "a\nb\n");
  for (int i = 1; i <= 20; ++i) one.add("\n" + std::to_string(i));
  EXPECT_EQ(one.last_lines(), "11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n");
  one.add(std::string(10000, 'x') + "\n");
  EXPECT_EQ(one.last_lines(), std::string(4095, 'x') + "\n");
}

TEST_F(ServiceLogs, AreRefusedWhereNoFileCanBe) {
  const Result<ServiceLog> none = ServiceLog::open(path() + "/x", 10);
  ASSERT_FALSE(none);
  EXPECT_EQ(to_text(none.error()), "failed to open " + path() + "/x: No such file or directory");
}

TEST_F(ServiceLogs, HaveNoNulBytesInTheirLastLines) {
  ServiceLog one = log(100);
  one.add(std::string_view("a\0b\n", 4));
  EXPECT_EQ(one.last_lines(), "a b\n");
}

}  // namespace
}  // namespace holdfast::host
