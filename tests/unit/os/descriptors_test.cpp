#include "os/file/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

#include "os/child_process.hpp"

namespace holdfast::os {
namespace {

// Two ends of a connection.
struct Ends {
  Ends() {
    std::array<int, 2> made{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made.data()) != 0) return;
    near = UniqueFd(made[0]);
    far = UniqueFd(made[1]);
  }

  UniqueFd near;
  UniqueFd far;
};

TEST(Descriptors, AWaitEndsWithNewsOrWithItsTime) {
  Ends ends;
  EXPECT_FALSE(wait_for(ends.near.get(), monotonic_now() + Milliseconds{1}));
  EXPECT_TRUE(wait_for(ends.near.get(), k_longest, POLLOUT));
  ASSERT_EQ(::write(ends.far.get(), "x", 1), 1);
  EXPECT_TRUE(wait_for(ends.near.get(), k_longest));
  EXPECT_TRUE(is_readable(ends.near.get()));
}

// setitimer(2) sends a signal each millisecond, whose handler ends poll(2).
TEST(Descriptors, ASignalDoesNotEndAWait) {
  const Ends ends;
  struct sigaction noticed {};
  noticed.sa_handler = [](int) {};
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGALRM, &noticed, &before), 0);
  const itimerval often{{0, 1'000}, {0, 1'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
  const Milliseconds until = monotonic_now() + Milliseconds{50};
  EXPECT_FALSE(wait_for(ends.near.get(), until));
  EXPECT_GE(monotonic_now(), until);
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST(Descriptors, TheEndOfTheOtherSideIsNewsOfEachKind) {
  Ends ends;
  EXPECT_FALSE(is_hung_up(ends.near.get()));
  ASSERT_EQ(::write(ends.far.get(), "x", 1), 1);
  EXPECT_FALSE(is_hung_up(ends.near.get()));
  ends.far.reset();
  EXPECT_TRUE(is_hung_up(ends.near.get()));
  EXPECT_TRUE(wait_for(ends.near.get(), k_longest, 0));
}

TEST(Descriptors, AnInvalidOneHasNoNews) {
  EXPECT_FALSE(is_readable(-1));
  EXPECT_FALSE(is_hung_up(-1));
  EXPECT_FALSE(wait_for(-1, monotonic_now() + Milliseconds{1}));
}

// A log or a socket at the number of stderr would get what people are told.
TEST(Descriptors, StreamsThatAreClosedAreFilled) {
  Child child([] {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    Result<Pipe> pipe = make_pipe();  // its ends get their numbers
    if (!pipe || pipe->read.get() != STDIN_FILENO) return 1;
    pipe->write.reset();
    UniqueFd first = std::move(pipe->read);
    if (!fill_closed_streams(first)) return 2;
    if (first.get() <= STDERR_FILENO || ::fcntl(first.get(), F_GETFD) != FD_CLOEXEC) return 3;
    struct stat info {};
    if (::fstat(first.get(), &info) != 0 || !S_ISFIFO(info.st_mode)) return 4;
    for (const int stream : {STDIN_FILENO, STDERR_FILENO}) {
      if (::fstat(stream, &info) != 0 || !S_ISCHR(info.st_mode)) return 5;
    }
    return 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace holdfast::os
