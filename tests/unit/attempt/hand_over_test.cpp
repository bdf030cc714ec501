#include "attempt/hand_over.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

Result<HandOver> taken_from(std::string word) {
  std::string name = "holdfast-exec";
  char* words[] = {name.data(), word.data(), nullptr};
  char** arguments = words;
  return take_over(arguments);
}

TEST(HandOver, IsEmptyForAProgramThatWasHandedNothing) {
  const Result<HandOver> held = taken_from("--name=t");
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->callers);
  EXPECT_FALSE(held->grant);
}

TEST(HandOver, IsEmptyForAProgramWithoutArguments) {
  std::string name = "holdfast-exec";
  char* words[] = {name.data(), nullptr};
  char** arguments = words;
  const Result<HandOver> held = take_over(arguments);
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->callers);
  EXPECT_EQ(arguments, words);
}

TEST(HandOver, ThatIsNotUnderstoodIsRefused) {
  for (const char* number : {"none", "", "-1", "987654", "99999999999"}) {
    EXPECT_FALSE(taken_from(std::string("--handed-over=") + number)) << number;
  }
  Result<os::UniqueFd> file = os::memory_file("no message");
  ASSERT_TRUE(file);
  EXPECT_FALSE(taken_from("--handed-over=" + std::to_string(file->release())));
}

class HandedOver : public testing::Test {
 protected:
  // What a program gets that this one hands over to. The next program is a script: it says what it
  // got, with its words, and which of the descriptors are open in it.
  HandOver taken(const HandOver& held) {
    const std::string program = scratch_.path("program");
    std::ofstream(program) << "#!/bin/sh\ncat /proc/self/fd/${1#--handed-over=} >'"
                           << scratch_.path("got") << "'\nshift; echo \"$*\" >'"
                           << scratch_.path("words") << "'\ncd /proc/$$/fd; ls >'"
                           << scratch_.path("open") << "'\n";
    (void)::chmod(program.c_str(), 0755);
    os::Child child([&] {
      std::string own = "launcher";
      std::string word = "a b";
      char* words[] = {own.data(), word.data(), nullptr};
      std::string path = "PATH=/usr/bin:/bin";
      char* variables[] = {path.data(), nullptr};
      (void)hand_over(program, words, variables, held);
      return 1;
    });
    EXPECT_EQ(child.wait(), 0);
    Result<os::UniqueFd> file = os::memory_file(text_in("got"));
    EXPECT_TRUE(file);
    std::string name = "program";
    std::string option = "--handed-over=" + std::to_string(file->release());
    std::string rest = "rest";
    char* all[] = {name.data(), option.data(), rest.data(), nullptr};
    char** arguments = all;
    Result<HandOver> result = take_over(arguments);
    EXPECT_TRUE(result);
    EXPECT_STREQ(arguments[0], "program");
    EXPECT_STREQ(arguments[1], "rest");
    return result ? std::move(*result) : HandOver();
  }
  std::string text_in(const std::string& name) const {
    std::ifstream file(scratch_.path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // A shell has those below 20 for itself.
  static os::UniqueFd descriptor() {
    const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return os::UniqueFd(::fcntl(null.get(), F_DUPFD_CLOEXEC, 20));
  }

  os::Scratch scratch_;
};

TEST_F(HandedOver, EachDescriptorIsOpenInTheNextProgram) {
  HandOver held;
  held.keeper = KeeperLink(descriptor());
  held.service_keeper = KeeperLink(descriptor());
  held.cluster = descriptor();
  held.build_tool = descriptor();
  held.lines = descriptor();
  HandOver got = taken(held);
  os::UniqueFd* const before[] = {&held.keeper.socket(), &held.service_keeper.socket(),
                                  &held.cluster, &held.build_tool, &held.lines};
  os::UniqueFd* const after[] = {&got.keeper.socket(), &got.service_keeper.socket(), &got.cluster,
                                 &got.build_tool, &got.lines};
  const std::string open = "\n" + text_in("open");
  for (std::size_t i = 0; i < std::size(before); ++i) {
    // It is this process's descriptor of that number, which `after` would close a second time.
    const int number = after[i]->release();
    EXPECT_EQ(number, before[i]->get()) << i;
    EXPECT_NE(open.find("\n" + std::to_string(number) + "\n"), std::string::npos) << i << open;
  }
  EXPECT_EQ(text_in("words"), "a b\n");
}

TEST_F(HandedOver, ADescriptorIsNotLeftToTheCommandsOfTheNextProgram) {
  HandOver held;
  held.lines = descriptor();
  ASSERT_EQ(::fcntl(held.lines.get(), F_SETFD, 0), 0);  // as after execve(2)
  EXPECT_EQ(taken(held).lines.release(), held.lines.get());
  EXPECT_EQ(::fcntl(held.lines.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(HandedOver, SignalsAndEarlierAttemptsAreReadAsTheyWereWritten) {
  HandOver held;
  held.callers = os::CallersSignals{5, true, 9};
  held.earlier = {1, 2, 3, 4, 5, 6, "was killed"};
  const HandOver got = taken(held);
  ASSERT_TRUE(got.callers);
  EXPECT_EQ(got.callers->mask, 5U);
  EXPECT_TRUE(got.callers->child_ignored);
  EXPECT_EQ(got.callers->ignored, 9U);
  EXPECT_EQ(got.earlier.count, 1U);
  EXPECT_EQ(got.earlier.wall_us, 2);
  EXPECT_EQ(got.earlier.user_us, 3);
  EXPECT_EQ(got.earlier.system_us, 4);
  EXPECT_EQ(got.earlier.max_rss_kb, 5);
  EXPECT_EQ(got.earlier.waited_ms, 6);
  EXPECT_EQ(got.earlier.why, "was killed");
  EXPECT_FALSE(got.grant);
  EXPECT_FALSE(got.keeper.connected());
  EXPECT_FALSE(got.lines.valid());
  EXPECT_FALSE(taken({}).callers);
}

TEST_F(HandedOver, AGrantIsOneToTheNextProgramToo) {
  HandOver held;
  held.callers.emplace();
  held.grant.emplace();
  held.grant->run = "r";
  held.grant->attempt = "r.1";
  held.grant->policy.timeout = Milliseconds{1500};
  held.grant->is_again = true;
  const HandOver got = taken(held);
  ASSERT_TRUE(got.grant);
  EXPECT_EQ(got.grant->run, "r");
  EXPECT_EQ(got.grant->attempt, "r.1");
  EXPECT_TRUE(got.grant->is_again);
  EXPECT_EQ(got.grant->policy, held.grant->policy);
}

TEST(HandOver, ToAProgramThatIsNotThereSaysWhichOne) {
  std::string own = "launcher";
  char* words[] = {own.data(), nullptr};
  char* variables[] = {nullptr};
  const Error error = hand_over("/no/such/program", words, variables, {});
  EXPECT_EQ(to_text(error), "failed to execute /no/such/program: No such file or directory");
}

}  // namespace
}  // namespace holdfast::supervision
