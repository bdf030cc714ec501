#include "run/run_lines.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/fake_supervisors.hpp"
#include "run/heard_stderr.hpp"
#include "run/nowhere.hpp"
#include "settings/wire.hpp"

namespace holdfast {
namespace {

wire::Message said(const std::string& line, std::string_view how = {}) {
  wire::Line said{line, {}};
  if (how == "once") said.repeat = wire::Repeat::once_per_run;
  if (how == "interrupted") said.repeat = wire::Repeat::unless_ctest_ends;
  if (how == "folded") said.layout = Layout::folded;
  return wire::to_message(said);
}

TEST(RunLines, ALineForTheWholeRunThatNobodyGotComesOnceWithTheSummary) {
  RunLines lines(k_no_ctest);
  lines.say_once("no disk");
  lines.say_for({"t", ""}, said("no disk", "once"));
  lines.say_for({"t", ""}, said("no memory", "once"));
  EXPECT_EQ(lines.take_summary("5 passed\n"), "holdfast: no disk\nholdfast: no memory\n5 passed\n");
  EXPECT_EQ(lines.take_summary("5 passed\n"), "5 passed\n");
}

// A process whose stderr is a pipe that takes nothing more.
class FullStderr {
 public:
  FullStderr() : pipe_(std::move(*os::make_pipe(O_NONBLOCK))) {
    const std::string much(64 * 1024, ' ');
    while (::write(pipe_.write.get(), much.data(), much.size()) > 0) {
    }
    const os::UniqueFd own(::dup(STDERR_FILENO));
    ::dup2(pipe_.write.get(), STDERR_FILENO);
    process_ = ::fork();
    while (process_ == 0) ::pause();
    ::dup2(own.get(), STDERR_FILENO);
  }
  ~FullStderr() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  FullStderr(const FullStderr&) = delete;
  FullStderr& operator=(const FullStderr&) = delete;

  ProcessName name() const { return {process_, os::read_process_stat(process_)->start}; }

 private:
  os::Pipe pipe_;
  pid_t process_ = -1;
};

TEST(RunLines, ALineForTheWholeRunThatStderrDoesNotTakeComesWithTheSummary) {
  const FullStderr ctest;
  RunLines lines(ctest.name());
  lines.say_once("no disk");
  EXPECT_EQ(lines.take_summary("5 passed\n"), "holdfast: no disk\n5 passed\n");
}

TEST(RunLines, ALineThatAFullDiskDoesNotTakeIsNotSaid) {
  EXPECT_FALSE(write_live_line(os::UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), "a\n"));
  EXPECT_TRUE(write_live_line(os::UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC)), "a\n"));
}

// As in `ctest 2>&1 | cat`: nobody else has the pipe.
TEST(UserTerminal, IsThatOfWhoStartedCtest) {
  const os::UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  ASSERT_TRUE(terminal.valid() && ::grantpt(terminal.get()) == 0 &&
              ::unlockpt(terminal.get()) == 0);
  const std::string name = ::ptsname(terminal.get());
  os::Channel ctest;
  const os::Child starter([&] {
    ::dup2(::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), STDERR_FILENO);
    const os::Child started([&] {
      const os::Pipe own = std::move(*os::make_pipe());
      ::dup2(own.write.get(), STDERR_FILENO);
      ctest.say(std::to_string(::getpid()));
      return ::pause();
    });
    return ::pause();
  });
  const pid_t pid = std::stoi(ctest.hear());
  const UserTerminal user({pid, os::read_process_stat(pid)->start});
  user.say("holdfast: it has ended\n");
  std::string shown;
  (void)os::becomes_true([&] {
    char text[100];
    const ssize_t got = ::read(terminal.get(), text, sizeof text);
    if (got > 0) shown.append(text, static_cast<std::size_t>(got));
    return shown.ends_with("ended\r\n");
  });
  EXPECT_EQ(shown, "\r\nholdfast: it has ended\r\n");
}

TEST(RunLines, ALongLineIsFoldedWhereItsSpeakerWantsThat) {
  const HeardStderr ctest;
  RunLines lines(ctest.process());
  std::string text = "waiting";
  for (int i = 0; i < 40; ++i) text += " for lock";
  lines.say_for({"t", ""}, said(text));
  EXPECT_EQ(ctest.heard(), "holdfast: " + text + "\n");
  lines.say_for({"t", ""}, said(text, "folded"));
  const std::string folded = ctest.heard();
  EXPECT_TRUE(folded.starts_with("holdfast: waiting for lock ")) << folded;
  EXPECT_NE(folded.find("\nholdfast:   "), std::string::npos) << folded;
}

TEST(RunLines, WhatIsHeldBackIsSaidIfCtestGoesOn) {
  const HeardStderr ctest;
  RunLines lines(ctest.process());
  lines.say_for({"t", ""}, said("t was interrupted", "interrupted"));
  lines.say_for({"u", ""}, said("u was interrupted", "interrupted"));
  EXPECT_EQ(ctest.heard(), "");
  lines.say_held_back();
  EXPECT_EQ(ctest.heard(), "holdfast: t was interrupted\nholdfast: u was interrupted\n");
}

TEST(RunLines, AnyOtherLineIsLostIfNobodyGotIt) {
  RunLines lines(k_no_ctest);
  lines.say("waiting");
  lines.say_for({"t", ""}, said("waiting"));
  lines.say_for({"t", ""}, said("waiting", "folded"));
  EXPECT_EQ(lines.take_summary(""), "");
}

TEST(RunLines, OnlyWhatTestsSayOfTheirInterruptionIsHeldBack) {
  RunLines lines(k_no_ctest);
  lines.say_for({"t", ""}, said("left 1 process behind"));
  EXPECT_EQ(lines.due(), k_longest);
  lines.say_for({"t", ""}, said("interrupted", "interrupted"));
  EXPECT_NE(lines.due(), k_longest);
  lines.say_held_back();
  EXPECT_EQ(lines.due(), k_longest);
}

TEST(RunLines, AfterTheEndOfCtestNoTestSaysThatItWasInterrupted) {
  RunLines lines(k_no_ctest);
  lines.ctest_has_ended();
  lines.say_end_of_ctest({"t"});
  lines.say_for({"t", ""}, said("interrupted", "interrupted"));
  EXPECT_EQ(lines.due(), k_longest);
}

TEST(RunLines, TheSummaryGoesToTheStderrThatIsHeldAndToNoOther) {
  const HeardStderr ctest;
  RunLines lines(ctest.process());
  lines.print("1 passed\n");
  EXPECT_EQ(ctest.heard(), "") << "nobody held it";
  lines.hold_stderr();
  lines.print("2 passed\n");
  EXPECT_EQ(ctest.heard(), "2 passed\n");
  lines.let_go();
  lines.print("3 passed\n");
  EXPECT_EQ(ctest.heard(), "");
}

TEST(RunLines, OneThatIsNotUnderstoodIsSaidOnce) {
  const HeardStderr ctest;
  RunLines lines(ctest.process());
  const wire::Message odd(wire::Line::k_kind, {{"line", "text"}, {"repeat", "never"}});
  lines.say_for({"t", ""}, odd);
  const std::string heard = ctest.heard();
  EXPECT_TRUE(heard.starts_with("holdfast: ")) << heard;
  EXPECT_NE(heard.find("repeat"), std::string::npos) << heard;
  lines.say_for({"t", ""}, odd);
  EXPECT_EQ(ctest.heard(), "");
}

TEST(RunLines, OfAQuietCtestAreNone) {
  const FakeSupervisors fakes;
  const os::Child ctest = fakes.start("ctest", "script", 1, {"-Q"});
  const os::Child loud = fakes.start("ctest", "loud", 1, {"-V"});
  RunLines quiet(process_of(ctest));
  quiet.say_once("no disk");
  EXPECT_EQ(quiet.take_summary("5 passed\n"), "");
  EXPECT_EQ(RunLines(process_of(loud)).take_summary("5 passed\n"), "5 passed\n");
}

// `ctest 2>file`: ctest and we write at one position.
TEST(RunLines, DoNotOverwriteWhatCtestWritesToAFile) {
  const os::Scratch place;
  const std::string file = place.path("file");
  os::Channel told;
  os::Channel orders;
  const os::Child ctest([&] {
    ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
    for (const char* line : {"first\n", "second\n"}) {
      if (::write(STDERR_FILENO, line, strlen(line)) < 0) return 1;
      told.say("wrote");
      (void)orders.hear();
    }
    return 0;
  });
  ASSERT_EQ(told.hear(), "wrote");
  RunLines lines(process_of(ctest));
  lines.say("between");
  orders.say("go on");
  ASSERT_EQ(told.hear(), "wrote");
  lines.say("behind");
  const Result<std::string> text = os::read_file(file);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "first\nholdfast: between\nsecond\nholdfast: behind\n");
  orders.say("end");
}

TEST(UserTerminal, IsTheFileThatCtestsStderrWasIfThatHasItsNameStill) {
  const os::Scratch place;
  const std::string file = place.path("file");
  std::optional<UserTerminal> user;
  {
    os::Channel told;
    const os::Child ctest([&] {
      ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
      told.say("there");
      return ::pause();
    });
    ASSERT_EQ(told.hear(), "there");
    user.emplace(process_of(ctest));
  }
  user->say("ended\n");
  EXPECT_EQ(os::read_file(file).value_or(""), "ended\n");
  std::filesystem::rename(file, place.path("renamed"));
  std::ofstream(file) << "of another\n";
  user->say("ended\n");
  EXPECT_EQ(os::read_file(file).value_or(""), "of another\n");
}

}  // namespace
}  // namespace holdfast
