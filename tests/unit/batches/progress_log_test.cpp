// What is read of the shared memory of a program. The test is the program.
#include "batches/worker_link.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <optional>
#include <string>

namespace holdfast::exec {
namespace {

class ProgressLogTest : public ::testing::Test {
 protected:
  // Writes a record that says that its message has `size` bytes.
  void write(std::uint64_t at_us, const std::string& message, std::size_t size) {
    const std::uint64_t head = at_us << 16U | size;
    std::string record(8 + (message.size() + 7) / 8 * 8, '\0');
    std::memcpy(record.data(), &head, sizeof head);
    message.copy(record.data() + 8, message.size());
    ASSERT_EQ(::pwrite(log_.fd(), record.data(), record.size(), HOLDFAST_WORKER_LOG_HEADER + used_),
              static_cast<ssize_t>(record.size()));
    used_ += static_cast<std::uint32_t>(record.size());
    ASSERT_EQ(::pwrite(log_.fd(), &used_, sizeof used_, 0), ssize_t{sizeof used_});
  }
  void write(std::uint64_t at_us, const std::string& message) {
    write(at_us, message, message.size());
  }

  ProgressLog log_ = ProgressLog::make();
  std::uint32_t used_ = 0;
};

TEST_F(ProgressLogTest, entries_are_taken_one_by_one) {
  write(5, "\1A.a");
  write(9, "\2");
  ASSERT_TRUE(log_.look());
  EXPECT_EQ(log_.last_us(), 9);
  auto entry = log_.first();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, ProgressLog::Entry::Kind::begin);
  EXPECT_EQ(entry->text, "A.a");
  EXPECT_EQ(entry->at_us, 5);
  log_.drop_first();
  entry = log_.first();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, ProgressLog::Entry::Kind::end);
  log_.drop_first();
  EXPECT_FALSE(log_.first());
  EXPECT_FALSE(log_.is_broken());
}

// What follows in the memory is of an earlier turn of the log.
TEST_F(ProgressLogTest, a_record_that_is_longer_than_what_was_written_is_none) {
  write(5, "\1A.a", 100);
  ASSERT_TRUE(log_.look());
  EXPECT_FALSE(log_.first());
  EXPECT_TRUE(log_.is_broken());
  EXPECT_FALSE(log_.look());
}

// The program can say anything of how much it has written.
TEST_F(ProgressLogTest, a_log_that_says_what_cannot_be_is_broken) {
  write(5, "\1A.a");
  ASSERT_TRUE(log_.look());
  ASSERT_TRUE(log_.first());
  log_.drop_first();
  const std::uint32_t taken = used_;
  for (const std::uint32_t said : {std::uint32_t{0}, taken - 8, taken + 4, 0xffff'ffffU}) {
    ASSERT_EQ(::pwrite(log_.fd(), &said, sizeof said, 0), ssize_t{sizeof said});
    EXPECT_TRUE(log_.has_news());
    EXPECT_TRUE(log_.look()) << said;
    EXPECT_EQ(log_.last_us(), std::nullopt) << said;
    EXPECT_FALSE(log_.first()) << said;
    EXPECT_TRUE(log_.is_broken()) << said;
    log_ = ProgressLog::make();
    used_ = 0;
    write(5, "\1A.a");
    ASSERT_TRUE(log_.look());
    ASSERT_TRUE(log_.first());
    log_.drop_first();
  }
}

TEST_F(ProgressLogTest, the_time_of_the_last_entry_is_that_of_the_last_whole_one) {
  write(5, "\1A.a");
  write(9, "\1A.b", 0);  // no message is empty
  write(11, "\1A.c");
  EXPECT_EQ(log_.last_us(), 5);
}

TEST_F(ProgressLogTest, a_log_that_begins_anew_is_read_from_its_beginning) {
  write(5, "\1A.a");
  ASSERT_TRUE(log_.look());
  ASSERT_TRUE(log_.first());
  log_.drop_first();
  log_.begin_anew();
  EXPECT_FALSE(log_.has_news());
  used_ = 0;
  write(7, "\1A.b");
  ASSERT_TRUE(log_.look());
  const auto entry = log_.first();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->text, "A.b");
}

}  // namespace
}  // namespace holdfast::exec
