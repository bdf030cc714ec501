// Where lines for people go without a keeper.
#include "attempt/messages.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>

#include "os/file/descriptors.hpp"

namespace holdfast::supervision {
namespace {

// A terminal may give a line in parts.
std::string line_from(const os::UniqueFd& end) {
  std::string line;
  std::array<char, 256> part{};
  while (!line.ends_with('\n')) {
    if (!os::wait_for(end.get(), os::monotonic_now() + Milliseconds{30'000})) break;
    const ssize_t count = ::read(end.get(), part.data(), part.size());
    if (count <= 0) break;
    line.append(part.data(), static_cast<std::size_t>(count));
  }
  return line;
}

TEST(Teller, ALineOnATerminalTakesThePlaceOfTheStatusLine) {
  const os::UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!terminal.valid() || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0) {
    GTEST_SKIP() << "there is no terminal to be had";
  }
  const os::UniqueFd lines(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY));
  ASSERT_TRUE(lines.valid());
  Teller(nullptr, Loudness::normal, lines.get()).tell("late");
  EXPECT_EQ(line_from(terminal), "\r\x1b[Kholdfast: late\r\n");
}

TEST(Teller, ALineElsewhereIsOnlyALine) {
  Result<os::Pipe> pipe = os::make_pipe();
  ASSERT_TRUE(pipe);
  Teller(nullptr, Loudness::quiet, pipe->write.get()).tell("worth knowing");
  Teller(nullptr, Loudness::quiet, pipe->write.get()).complain("wrong");
  EXPECT_EQ(line_from(pipe->read), "holdfast: wrong\n");
}

}  // namespace
}  // namespace holdfast::supervision
