#include "attempt/attempt_plan.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace holdfast::supervision {
namespace {

// The writer may be gone, and there is no second read.
TEST(Capture, OneReadTakesAllThatThePipesHold) {
  for (const bool streams_are_one : {true, false}) {
    Result<Capture> capture = Capture::open(streams_are_one);
    ASSERT_TRUE(capture);
    std::size_t put = 0;
    for (const int fd : {capture->output(), capture->errors()}) {
      ::fcntl(fd, F_SETFL, O_NONBLOCK);
      const std::string part(4096, 'x');
      for (ssize_t count = 0; (count = ::write(fd, part.data(), part.size())) > 0;) {
        put += static_cast<std::size_t>(count);
      }
    }
    EXPECT_GE(put, capture->size());
    capture->close_writing();
    std::size_t got = 0;
    capture->read([&](Stream, std::string_view bytes) { got += bytes.size(); });
    EXPECT_EQ(got, put);
  }
}

TEST(Capture, SaysFromWhichStreamAPartIsAndForgetsAPipeThatHasEnded) {
  for (const bool streams_are_one : {true, false}) {
    Result<Capture> capture = Capture::open(streams_are_one);
    ASSERT_TRUE(capture);
    ASSERT_EQ(::write(capture->output(), "out", 3), 3);
    ASSERT_EQ(::write(capture->errors(), "err", 3), 3);
    std::string output;
    std::string errors;
    const auto read = [&] {
      capture->read([&](Stream stream, std::string_view bytes) {
        (stream == Stream::output ? output : errors) += bytes;
      });
    };
    // Whether a wait would be over at once.
    const auto is_ready = [&] {
      os::Wait wait({}, os::monotonic_now());
      capture->join(wait);
      return wait.go() > 0;
    };
    EXPECT_TRUE(is_ready());
    read();
    EXPECT_EQ(output, streams_are_one ? "outerr" : "out");
    EXPECT_EQ(errors, streams_are_one ? "" : "err");
    EXPECT_FALSE(is_ready());
    capture->close_writing();
    EXPECT_TRUE(is_ready()) << "the process has closed them, which is news once";
    read();
    EXPECT_FALSE(is_ready());
  }
}

}  // namespace
}  // namespace holdfast::supervision
