#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "doctor/found.hpp"
#include "doctor/tree/build.hpp"
#include "doctor/tree/leftovers.hpp"
#include "doctor/tree/programs.hpp"
#include "doctor/tree/requested_resources.hpp"
#include "doctor/tree/settings.hpp"
#include "os/file/descriptors.hpp"
#include "settings/settings_file.hpp"
#include "values/test_properties.hpp"

namespace holdfast::doctor {
namespace {

SeenTest seen(const std::string& name, SeenTest::Program program = SeenTest::Program::found) {
  SeenTest test;
  test.name = name;
  test.program = program;
  test.path = "/b/prog";
  return test;
}

ListedTest listed(const std::string& name, const std::string& program) {
  ListedTest test;
  test.name = name;
  test.command = {program};
  return test;
}

TEST(Programs, TestsThatLackTheSameProgramAreOneFinding) {
  Programs programs;
  programs.build = "cmake --build /b";
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    programs.tests.push_back(seen(name, SeenTest::Program::missing));
  }
  programs.tests.push_back(seen("f"));
  const Findings found = check_programs(programs);
  ASSERT_EQ(kinds_of(found), Kinds{"program_missing"});
  EXPECT_EQ(found[0].what, "\"a\", \"b\", \"c\" and 2 more: the program does not exist: /b/prog");
  EXPECT_EQ(command_for({&found[0]}), "cmake --build /b");
  programs.targets = {{"/b/prog", "prog"}};
  EXPECT_EQ(command_for({&check_programs(programs)[0]}), "cmake --build /b --target prog");
}

TEST(Programs, AProgramThatAnotherTestMayMakeIsWorthKnowing) {
  SeenTest test = seen("a", SeenTest::Program::missing);
  test.needs_others = true;
  test.missing = {"/b/data"};
  EXPECT_EQ(kinds_of(check_programs({{test}})), Kinds{"program_later"});
}

TEST(Programs, TheAdviceSaysWhoMayMakeTheProgram) {
  const auto finding_of = [](const std::string& path, bool needs_others) {
    SeenTest test = seen("a", SeenTest::Program::missing);
    test.path = path;
    test.needs_others = needs_others;
    return check_programs({{test}})[0];
  };
  EXPECT_EQ(finding_of("/b/prog", false).advice, "build the tree");
  EXPECT_EQ(finding_of("prog", false).advice, "build the tree, or install the program");
  EXPECT_EQ(finding_of("/b/prog", true).advice,
            "build the tree, unless another test makes the program");
  EXPECT_EQ(finding_of("", false).what, "\"a\": ctest finds no program");
}

TEST(Programs, WhatIsMissingIsWhatCtestNames) {
  ListedTest test = listed("a", "b/no-such-program");
  test.directory = "/no/where";
  ListedTest none;
  none.name = "b";
  none.missing = "/b/Debug/prog";
  const std::vector<SeenTest> looked = look_at_programs({test, none});
  ASSERT_EQ(looked.size(), 2U);
  EXPECT_EQ(looked[0].path, "/no/where/b/no-such-program");
  EXPECT_EQ(looked[0].missing, std::vector<std::string>{"/no/where"});
  EXPECT_EQ(looked[1].program, SeenTest::Program::missing);
  EXPECT_EQ(looked[1].path, "/b/Debug/prog");
}

TEST(Programs, WhatCannotBeStartedIsWrong) {
  SeenTest script = seen("a");
  script.interpreter = "/usr/bin/python2";
  SeenTest refused = seen("b", SeenTest::Program::refused);
  SeenTest files = seen("c");
  files.missing = {"/b/data", "/b/dir"};
  const Findings found = check_programs({{script, refused, files}});
  ASSERT_EQ(kinds_of(found),
            (Kinds{"program_refused", "interpreter_missing", "file_missing", "file_missing"}));
  EXPECT_EQ(found[1].what, "\"a\": the interpreter of /b/prog does not exist: /usr/bin/python2");
  EXPECT_EQ(found[1].where, "/b/prog:1");
  EXPECT_EQ(found[0].what, "\"b\": the program cannot be executed: /b/prog");
  EXPECT_EQ(found[0].command, "chmod +x /b/prog");
  EXPECT_EQ(found[3].what, "\"c\": a file or directory that is needed does not exist: /b/dir");
}

TEST(Programs, ADirectoryIsNoProgram) {
  ListedTest test = listed("a", "/tmp");
  test.required_files = {"/bin/sh", "/no/where"};
  const std::vector<SeenTest> looked = look_at_programs({test});
  ASSERT_EQ(looked.size(), 1U);
  EXPECT_EQ(looked[0].program, SeenTest::Program::missing);
  EXPECT_EQ(looked[0].missing, std::vector<std::string>{"/no/where"});
}

TEST(Programs, AnInterpreterThatIsMissingAndRequiredIsToldOnce) {
  char script[] = "/tmp/holdfast-test-script-XXXXXX";
  const os::UniqueFd file(::mkstemp(script));
  ASSERT_TRUE(os::write_all(file.get(), "#!/no/where/sh\n"));
  ASSERT_EQ(::fchmod(file.get(), 0700), 0);
  ListedTest test = listed("a", script);
  test.required_files = {"/no/where/sh", script, "/no/where/else"};
  const std::vector<SeenTest> looked = look_at_programs({test});
  ::unlink(script);
  ASSERT_EQ(looked.size(), 1U);
  EXPECT_EQ(looked[0].program, SeenTest::Program::found);
  EXPECT_EQ(looked[0].interpreter, "/no/where/sh");
  EXPECT_EQ(looked[0].missing, std::vector<std::string>{"/no/where/else"});
}

TEST(Programs, AnotherTestMayMakeWhatATestNeeds) {
  ListedTest maker = listed("make", "/bin/true");
  ListedTest user = listed("use", "/no/where");
  user.schedule.depends = {"make"};
  EXPECT_TRUE(look_at_programs({maker, user})[1].needs_others);
  // ctest itself lets a cleanup depend on those that require its fixture.
  maker.schedule.required = {"db"};
  user.schedule.cleanup = {"db"};
  EXPECT_FALSE(look_at_programs({maker, user})[1].needs_others);
  maker.schedule.setup = {"db"};
  EXPECT_TRUE(look_at_programs({maker, user})[1].needs_others);
}

TEST(Build, OldProgramsAndAnOldConfigurationAreWrong) {
  const BuildOrder order{{"/b c", "/usr/bin/ninja", "build.ninja"}, "cmake --build '/b c'"};
  Build build;
  const auto tests_of = [](const std::string&) { return std::vector<std::string>{"a"}; };
  EXPECT_EQ(kinds_of(check_build(order, build, tests_of)), Kinds{});
  build.configure = {"output build.ninja older than most recent input /s/CMakeLists.txt (1 vs 2)"};
  build.old = {{"/b c/t", "t"}};
  const Findings found = check_build(order, build, tests_of);
  ASSERT_EQ(kinds_of(found), (Kinds{"configure_again", "program_old"}));
  EXPECT_EQ(found[1].what, "\"a\": the program is older than its sources: /b c/t");
  EXPECT_EQ(command_for({&found[1]}), "cmake --build '/b c' --target t");
  EXPECT_EQ(found[0].where, "/b c/build.ninja");
  EXPECT_EQ(found[0].command, "cmake --build '/b c'");
  EXPECT_EQ(found[1].where, "/b c/t");
  build = {"`ninja -n` took too long"};
  const Findings unknown = check_build(order, build, tests_of);
  ASSERT_EQ(kinds_of(unknown), Kinds{"build_unknown"});
  EXPECT_EQ(unknown[0].where, "/b c/build.ninja");
  EXPECT_EQ(unknown[0].command, "/usr/bin/ninja -C '/b c' -n");
}

Settings settings_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/s/holdfast.toml", "default");
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? *settings : Settings{};
}

ListedTest test_named(const std::string& name, const std::string& labels = "") {
  ListedTest test = listed(name, "/b/prog");
  test.properties.labels = labels;
  return test;
}

constexpr const char* k_patterns = R"(
[[override]]
test = "^db\\."
timeout = 1
[[override]]
test = "^bd\\."
timeout = 1
[[override]]
label = "slow"
timeout = 2
[[known-flaky]]
tests = "^db\\."
signature = "x"
issue = "P-1"
expires = 2026-11-20
[[known-flaky]]
tests = "^web\\."
signature = "x"
issue = "P-2"
expires = 2026-11-20
)";

Day day(const std::string& text) { return *parse_day(text); }

TEST(Patterns, ThoseThatMatchNothingAndExpiredFlakesAreFound) {
  const Settings settings = settings_of(k_patterns);
  const std::vector<ListedTest> tests{test_named("db.a"), test_named("web.a", "slow")};
  const Findings found = check_patterns(settings, tests, day("2026-11-20"));
  ASSERT_EQ(kinds_of(found), Kinds{"override_unused"});
  EXPECT_EQ(found[0].what, "no test matches the override with test = \"^bd\\.\"");
  EXPECT_EQ(found[0].where, "holdfast.toml:7, [[override]]");
  EXPECT_EQ(kinds_of(check_patterns(settings, {test_named("db.a", "slow")}, day("2026-11-20"))),
            (Kinds{"override_unused", "flake_unused"}));
  const Findings later = check_patterns(settings, tests, day("2026-11-21"));
  ASSERT_EQ(kinds_of(later), (Kinds{"override_unused", "flake_expired", "flake_expired"}));
  EXPECT_EQ(later[1].what, "the known flaky test \"^db\\.\" (P-1) expired on 2026-11-20");
}

TEST(Patterns, OfAffectedThoseThatMatchNothingAreFound) {
  const Settings settings = settings_of(R"(
[[affected]]
files = ["data/**", "*.sql"]
tests = ["^db\\.", "imprt"]
[[affected]]
ignore = "*.md"
)");
  const Findings found =
      check_patterns(settings, {test_named("db.a"), test_named("import")}, day("2026-11-20"));
  ASSERT_EQ(kinds_of(found), Kinds{"affected_unused"});
  EXPECT_EQ(
      found[0].what,
      "no test matches \"imprt\" in [[affected]], so that changes of data/** and *.sql affect "
      "fewer tests than they should");
  EXPECT_EQ(found[0].where, "holdfast.toml:2, [[affected]]");
  EXPECT_EQ(kinds_of(check_patterns(settings, {}, day("2026-11-20"))), Kinds{});
}

TEST(Patterns, AnOverrideIsNamedByAllItsConditions) {
  const Settings settings = settings_of(
      "[[override]]\ntest = \"^x\"\nlabel = \"slow\"\nnice = 1\n"
      "[[override]]\nlabel = \"gpu\"\nnice = 1\n");
  const Findings found = check_patterns(settings, {test_named("x", "gp")}, day("2026-11-20"));
  ASSERT_EQ(kinds_of(found), (Kinds{"override_unused", "override_unused"}));
  EXPECT_EQ(found[0].what, "no test matches the override with test = \"^x\" and label = \"slow\"");
  EXPECT_EQ(found[1].what, "no test matches the override with label = \"gpu\"");
}

TEST(Patterns, WithoutTestsNothingIsKnownOfMatches) {
  EXPECT_EQ(kinds_of(check_patterns(settings_of(k_patterns), {}, day("2026-11-20"))), Kinds{});
}

TEST(Patterns, ADisabledTestIsMatchedToo) {
  ListedTest off = test_named("db.a");
  off.is_disabled = true;
  const Settings settings = settings_of("[[override]]\ntest = \"^db\"\nnice = 1\n");
  EXPECT_EQ(kinds_of(check_patterns(settings, {off}, day("2026-11-20"))), Kinds{});
}

TEST(Programs, ADisabledTestNeedsNone) {
  ListedTest off = test_named("a");
  off.is_disabled = true;
  ListedTest on = test_named("b");
  on.command = {"/bin/sh"};
  const std::vector<SeenTest> looked = look_at_programs({off, on});
  ASSERT_EQ(looked.size(), 1U);
  EXPECT_EQ(looked[0].name, "b");
}

TEST(Properties, EqualTextsAreOneFinding) {
  RequestedResources requested;
  requested.refused = {{"locks contradict", {"a", "b"}}};
  requested.ignored = {{"ignoring HOLDFAST_NICE \"x\"", {"a", "b", "c", "d"}}};
  const Findings found = check_properties(requested);
  ASSERT_EQ(kinds_of(found), (Kinds{"test_refused", "settings_ignored"}));
  EXPECT_EQ(found[0].what, "\"a\", \"b\": locks contradict");
  EXPECT_EQ(found[1].what, "\"a\", \"b\", \"c\" and 1 more: ignoring HOLDFAST_NICE \"x\"");
  EXPECT_EQ(found[1].command, "holdfast config --explain a");
}

TEST(Services, OneThatIsNotDeclaredAndAProgramThatIsMissingAreWrong) {
  RequestedResources requested;
  requested.services = {{"db", {"a"}}, {"bd", {"b"}}};
  ServiceSpec db;
  db.name = "db";
  db.command = {"my-db"};
  EXPECT_EQ(kinds_of(check_services({{db, false}}, requested, "/s/holdfast.toml")),
            Kinds{"service_refused"});
  const Findings found = check_services({{db, true}}, requested, "/s/holdfast.toml");
  ASSERT_EQ(kinds_of(found), (Kinds{"service_program_missing", "service_refused"}));
  EXPECT_EQ(found[1].what, "\"b\" cannot run: there is no service bd, declared are db");
  const Findings none = check_services({}, requested, "/s/holdfast.toml");
  ASSERT_EQ(kinds_of(none), (Kinds{"service_refused", "service_refused"}));
  EXPECT_EQ(none[0].what, "\"b\" cannot run: there is no service bd, none is declared");
}

// A service of this command, which runs in `directory`.
ServiceSpec service_of(const std::string& program, const std::string& directory) {
  ServiceSpec service;
  service.name = program;
  service.directory = directory;
  if (!program.empty()) service.command = {program, "x"};
  return service;
}

TEST(Services, AProgramIsFoundWhereTheServiceRuns) {
  const std::vector<SeenService> seen = look_at_services(
      {service_of("./sh", "/bin"), service_of("/bin/sh", "/"), service_of("sh", "/"),
       service_of("{prog}", "/"), service_of("./x", "/no/{instance}"), service_of("", "/"),
       service_of("./sh", "/no/where"), service_of("/bin", "/"),
       service_of("no-such-server", "/")});
  std::vector<std::string> missing;
  for (const SeenService& one : seen) {
    if (one.program_missing) missing.push_back(one.spec.name);
  }
  EXPECT_EQ(missing, (std::vector<std::string>{"./sh", "/bin", "no-such-server"}));
}

// A test whose properties have these values, each by its variable.
ListedTest test_with(const std::string& name,
                     const std::vector<std::pair<std::string, std::string>>& properties) {
  ListedTest test = test_named(name);
  for (const auto& [variable, value] : properties) {
    EXPECT_TRUE(learn(variable, value, test.properties, test.said)) << variable;
  }
  return test;
}

TEST(RequestedResources, AreThoseOfAllTests) {
  const LockHome home{"p", "/b"};
  ListedTest off = test_with("off", {{"LOCKS", "off"}, {"LOCKS", "a:1/2,a:1/3"}, {"PORTS", "1"}});
  off.is_disabled = true;
  const RequestedResources requested =
      wishes_of({test_with("a", {{"LOCKS", "db,gpu@machine"}, {"PORTS", "2"}}),
                 test_with("b", {{"LOCKS", "gpu@machine"}, {"SERVICES", "web"}}),
                 test_with("c", {{"LOCKS", "a:1/2,a:1/3"}, {"SERVICES", "web"}}), off},
                {}, home);
  EXPECT_TRUE(requested.ports);
  EXPECT_EQ(requested.locks, (std::map<std::string, TestNames>{{"project-p/db", {"a"}},
                                                               {"machine/gpu", {"a", "b"}}}));
  ASSERT_EQ(requested.rights.machine_locks.size(), 1U);
  EXPECT_EQ(requested.rights.machine_locks[0].name, "gpu");
  EXPECT_EQ(requested.rights.machine_locks[0].tests, (TestNames{"a", "b"}));
  EXPECT_EQ(requested.services, (std::map<std::string, TestNames>{{"web", {"b"}}}));
  ASSERT_EQ(requested.refused.size(), 1U);
  EXPECT_EQ(requested.refused.begin()->second, TestNames{"c"});
  EXPECT_TRUE(requested.ignored.empty());
}

TEST(RequestedResources, ACgroupAndNamespacesAreHadApart) {
  const Values both{{Setting::containment, Source::file, "cgroup,pidns,netns", "o"}};
  const Values one{{Setting::containment, Source::file, "cgroup", "o"}};
  ListedTest a = test_named("a");
  ListedTest b = test_named("b");
  a.said = both;
  b.said = one;
  const RequestedResources requested = wishes_of({a, b, test_named("c")}, {}, {"p", "/b"});
  ASSERT_EQ(requested.rights.containments.size(), 2U);
  EXPECT_EQ(to_text(requested.rights.containments[0].what), "pidns,netns");
  EXPECT_EQ(requested.rights.containments[0].tests, TestNames{"a"});
  EXPECT_EQ(to_text(requested.rights.containments[1].what), "cgroup");
  EXPECT_EQ(requested.rights.containments[1].tests, (TestNames{"a", "b"}));
}

os::SurveyedLock lock_held_by(const std::string& test, bool stopped = false) {
  os::SurveyedLock lock;
  lock.scope = LockScope::project;
  lock.scope_directory = "project-p";
  lock.name = "db";
  LockParty holder;
  holder.process = {12, 34};
  holder.test = test;
  holder.since_unix_ms = 1000;
  holder.stopped = stopped;
  lock.holders = {holder};
  lock.tickets = 1;
  return lock;
}

TEST(Locks, OnlyThoseThatTestsWantAreFound) {
  Locks locks;
  locks.survey.locks = {lock_held_by("t")};
  locks.now_ms = 6000;
  EXPECT_EQ(kinds_of(check_locks(locks, {}, {})), Kinds{});
  const Findings found = check_locks(locks, {{"project-p/db", {"a"}}}, {});
  ASSERT_EQ(kinds_of(found), Kinds{"lock_held"});
  EXPECT_EQ(
      found[0].what,
      "the lock db@project is held by \"t\" (pid 12) for 5.0 s; 1 waits for it; \"a\" wants it");
  locks.survey.locks[0].below = "7";
  EXPECT_EQ(kinds_of(check_locks(locks, {{"project-p/db", {"a"}}}, {})), Kinds{});
}

TEST(Locks, EachHolderIsFoundAndAllThatWait) {
  Locks locks;
  locks.survey.locks = {lock_held_by("t")};
  os::SurveyedLock& lock = locks.survey.locks[0];
  lock.holders.push_back(lock_held_by("u", true).holders[0]);
  lock.tickets = 2;
  const Findings found = check_locks(locks, {{"project-p/db", {"a", "b"}}}, {});
  ASSERT_EQ(kinds_of(found), (Kinds{"lock_held", "holder_stopped"}));
  // It took the lock before the clock was set back.
  EXPECT_EQ(found[0].what,
            "the lock db@project is held by \"t\" (pid 12) for 0.0 s; 2 wait for it; \"a\", \"b\" "
            "want it");
  lock.tickets = 0;
  EXPECT_EQ(check_locks(locks, {}, {"project-p"})[0].what,
            "the lock db@project is held by \"t\" (pid 12) for 0.0 s");
}

TEST(Locks, IfNoTestIsKnownThoseOfTheTreeAndTheProjectCount) {
  Locks locks;
  locks.survey.locks = {lock_held_by("t")};
  EXPECT_EQ(kinds_of(check_locks(locks, {}, own_scopes({"p", "/b"}))), Kinds{"lock_held"});
  for (const LockHome& home : {LockHome{"q", "/b"}, LockHome{"", "/b"}, LockHome{}}) {
    EXPECT_EQ(kinds_of(check_locks(locks, {}, own_scopes(home))), Kinds{}) << home.project;
  }
  locks.survey.locks[0].scope = LockScope::user;
  locks.survey.locks[0].scope_directory = "user";
  EXPECT_EQ(kinds_of(check_locks(locks, {}, own_scopes({"p", "/b"}))), Kinds{});
  EXPECT_EQ(kinds_of(check_locks(locks, {}, own_scopes({}))), Kinds{});
}

TEST(Locks, AStoppedHolderIsWrongAndAStrangerIsNamed) {
  Locks locks;
  locks.survey.locks = {lock_held_by("t", true)};
  locks.survey.locks[0].strangers = {{77, "flock x"}};
  const Findings found = check_locks(locks, {}, {"project-p"});
  ASSERT_EQ(kinds_of(found), (Kinds{"holder_stopped", "lock_held"}));
  EXPECT_EQ(found[0].command, "kill -CONT 12");
  EXPECT_NE(found[1].what.find("without a record by \"flock x\" (pid 77)"), std::string::npos);
}

TEST(Locks, ARunAndWhatCannotBeSeenAreWorthKnowing) {
  Locks locks;
  locks.runs = {{"ctest -j8", 99}};
  locks.survey.unseen = {Error{"open /tmp/holdfast-0: Permission denied"}};
  const Findings found = check_locks(locks, {}, {});
  ASSERT_EQ(kinds_of(found), (Kinds{"tree_taken", "locks_unseen"}));
  EXPECT_EQ(found[0].what, "a run is going on in the tree: \"ctest -j8\" (pid 99)");
}

TEST(Locks, AnEtcdThatCannotBeAskedIsWrong) {
  EXPECT_EQ(kinds_of(check_etcd({})), Kinds{});
  const Findings found = check_etcd({"etcd does not answer", "holdfast.toml:2"});
  ASSERT_EQ(kinds_of(found), Kinds{"etcd_away"});
  EXPECT_EQ(found[0].what, "etcd does not answer");
  EXPECT_EQ(found[0].where, "holdfast.toml:2");
}

TEST(Ports, OnlyAStrangerOnAPortIsWrong) {
  Ports ports;
  ports.choice = 30'000;
  ports.all = {{6379, "db", "holdfast.toml:1, [service.db]"}};
  EXPECT_EQ(kinds_of(check_ports(ports)), Kinds{});
  ports.all[0].listener = "port 6379 belongs to pid 12 (redis-server)";
  const Findings taken = check_ports(ports);
  ASSERT_EQ(kinds_of(taken), Kinds{"port_taken"});
  EXPECT_EQ(taken[0].what, "service db cannot start: port 6379 belongs to pid 12 (redis-server)");
  EXPECT_EQ(taken[0].where, "holdfast.toml:1, [service.db]");
  EXPECT_EQ(taken[0].command, "ss -ltnp 'sport = :6379'");
  ports.all[0].holder = "\"service db\" (pid 9, tree /other)";
  const Findings in_use = check_ports(ports);
  ASSERT_EQ(kinds_of(in_use), Kinds{"port_in_use"});
  EXPECT_EQ(in_use[0].what,
            "service db wants port 6379, which \"service db\" (pid 9, tree /other) has");
  EXPECT_EQ(in_use[0].where, "holdfast.toml:1, [service.db]");
  ports.all[0].is_of_tree = true;
  EXPECT_EQ(kinds_of(check_ports(ports)), Kinds{});
}

TEST(Ports, AreChosenForATestAndForAService) {
  SeenService service;
  EXPECT_FALSE(look_at_ports({service}, false, "/b").are_chosen);
  EXPECT_TRUE(look_at_ports({service}, true, "/b").are_chosen);
  service.spec.ports = 2;
  EXPECT_TRUE(look_at_ports({service, SeenService()}, false, "/b").are_chosen);
}

TEST(Ports, ARangeThatLeavesNoneMattersIfPortsAreChosen) {
  Ports ports;
  ports.choice = 0;
  ports.range = "1024\t65535";
  EXPECT_EQ(kinds_of(check_ports(ports)), Kinds{});
  ports.are_chosen = true;
  EXPECT_EQ(kinds_of(check_ports(ports)), Kinds{"no_ports"});
  ports.choice = 99;
  EXPECT_EQ(kinds_of(check_ports(ports)), Kinds{"no_ports"});
  ports.choice = 100;
  EXPECT_EQ(kinds_of(check_ports(ports)), Kinds{});
}

}  // namespace
}  // namespace holdfast::doctor
