#include "os/process/tagged_processes.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/process_name.hpp"
#include "os/child_process.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

enum class Marked { by_nothing, by_number, by_environment, by_what_is_held };

// The name is this process's alone, so that any number of these tests may run at once.
std::string attempt(const std::string& name) {
  return "tagged-test-" + std::to_string(::getpid()) + "." + name;
}

// A program that has those marks from its exec on.
Child marked(Marked how, const std::string& attempt) {
  Child child([&] {
    if (how == Marked::by_number) {
      rlimit limit{};
      ::getrlimit(RLIMIT_LOCKS, &limit);
      limit.rlim_cur = tag_number(attempt);
      if (::setrlimit(RLIMIT_LOCKS, &limit) != 0) return 1;
    }
    std::string variable = "NOTHING=1";
    if (how == Marked::by_environment) variable = "HOLDFAST_ATTEMPT_ID=" + attempt;
    if (how == Marked::by_what_is_held) variable = "HOLDFAST_HELD=tree-1/run#" + attempt;
    char program[] = "/bin/sleep";
    char seconds[] = "40";
    char* words[] = {program, seconds, nullptr};
    char* environment[] = {variable.data(), nullptr};
    ::execve(program, words, environment);
    return 1;
  });
  // It has its new name a moment before its environment.
  const bool there = becomes_true([&] {
    const Result<ProcessStat> stat = read_process_stat(child.pid());
    return stat && stat->name == "sleep" && sleeps(child.pid());
  });
  EXPECT_TRUE(there);
  return child;
}

std::vector<pid_t> pids(TaggedProcesses& processes) {
  std::vector<pid_t> found;
  for (const NamedProcess& process : processes.living()) found.push_back(process.pid);
  std::sort(found.begin(), found.end());
  return found;
}

TEST(TaggedProcesses, EachMarkIsEnoughAndNoMarkIsNone) {
  const std::string own = attempt("1");
  std::vector<pid_t> expected;
  std::vector<Child> children;
  for (Marked how : {Marked::by_number, Marked::by_environment, Marked::by_what_is_held}) {
    children.push_back(marked(how, own));
    expected.push_back(children.back().pid());
  }
  children.push_back(marked(Marked::by_nothing, own));
  children.push_back(marked(Marked::by_number, attempt("10")));
  children.push_back(marked(Marked::by_environment, attempt("10")));
  std::sort(expected.begin(), expected.end());
  TaggedProcesses processes(own);
  EXPECT_EQ(pids(processes), expected);
  EXPECT_FALSE(processes.is_empty());
}

TEST(TaggedProcesses, ASignalReachesMembersOnlyAndTheirEndIsNews) {
  const std::string own = attempt("2");
  Child member = marked(Marked::by_number, own);
  Child other = marked(Marked::by_nothing, own);
  TaggedProcesses processes(own);
  processes.signal_all(SIGTERM);
  ASSERT_EQ(processes.news().size(), 1U);
  EXPECT_TRUE(readable(processes.news()[0]));
  EXPECT_EQ(member.wait(), 1000 + SIGTERM);
  EXPECT_TRUE(processes.is_empty());
  EXPECT_TRUE(read_process_stat(other.pid()));
}

TEST(TaggedProcesses, AZombieIsNobody) {
  const std::string own = attempt("3");
  Child member = marked(Marked::by_number, own);
  TaggedProcesses processes(own);
  member.signal(SIGKILL);
  EXPECT_TRUE(becomes_true([&] { return processes.living().empty(); }));
  EXPECT_TRUE(processes.is_empty());
}

TEST(TaggedProcesses, AStoppedOneHearsThatItIsToEnd) {
  const std::string own = attempt("7");
  Child member = marked(Marked::by_number, own);
  member.signal(SIGSTOP);
  ASSERT_TRUE(becomes_true([&] { return is_stopped(member.pid()); }));
  TaggedProcesses processes(own);
  processes.ask_to_end(SIGTERM);
  EXPECT_EQ(member.wait(), 1000 + SIGTERM);
}

// `env -i` takes the mark away. Who has been seen below a member stays one when that member is
// dead.
TEST(TaggedProcesses, WhatAMemberHasStartedIsOneAtAnyDepthWithoutAMark) {
  const std::string own = attempt("6");
  Child member([&] {
    std::string variable = "HOLDFAST_ATTEMPT_ID=" + own;
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char script[] = "env -i /bin/sh -c '/bin/sleep 40; /bin/sleep 40; :' & wait";
    char* words[] = {shell, option, script, nullptr};
    char* environment[] = {variable.data(), nullptr};
    ::execve(shell, words, environment);
    return 1;
  });
  TaggedProcesses processes(own);
  EXPECT_TRUE(becomes_true([&] { return processes.living().size() == 3U; }));
  member.signal(SIGKILL);
  EXPECT_EQ(member.wait(), 1000 + SIGKILL);
  EXPECT_EQ(processes.living().size(), 2U);
  processes.signal_all(SIGKILL);
  EXPECT_TRUE(becomes_true([&] { return processes.living().empty(); }));
}

TEST(TaggedProcesses, ThisProcessAndThoseAboveItAreNeverMembers) {
  TaggedProcesses processes([](const ProcessMarks&) { return true; });
  const std::vector<pid_t> found = pids(processes);
  for (pid_t own : {::getpid(), ::getppid(), pid_t{1}}) {
    EXPECT_FALSE(std::binary_search(found.begin(), found.end(), own)) << own;
  }
}

TEST(TaggedProcesses, AnyNumberOfAttemptsIsOneLook) {
  const std::string one = attempt("4");
  const std::string two = attempt("5");
  Child first = marked(Marked::by_number, one);
  Child second = marked(Marked::by_environment, two);
  std::vector<pid_t> asked;
  TaggedProcesses processes([&](const ProcessMarks& marks) {
    asked.push_back(marks.pid);
    return marks.number == tag_number(one) || environment_has_attempt(marks.environment, two);
  });
  std::vector<pid_t> expected{first.pid(), second.pid()};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(pids(processes), expected);
  std::sort(asked.begin(), asked.end());
  EXPECT_EQ(std::adjacent_find(asked.begin(), asked.end()), asked.end());
}

}  // namespace
}  // namespace holdfast::os
