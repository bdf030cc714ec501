#include "values/policy.hpp"

#include <gtest/gtest.h>

#include "settings/resolution.hpp"

namespace holdfast {
namespace {

std::string names_of(const Policy& policy) {
  std::string names;
  for (const LockSpec& lock : policy.locks) names += to_text(lock) + " ";
  return names;
}

TEST(FarShare, LocksOfAUserAndAMachineArePortsAndTheLimitAreTheNodes) {
  Policy near;
  near.locks = {{.name = "a", .scope = LockScope::build},
                {.name = "b", .scope = LockScope::project},
                {.name = "c", .scope = LockScope::user},
                {.name = "d", .scope = LockScope::machine}};
  near.ports = 2;
  near.timeout = Milliseconds{7000};
  near.needed_by_others = true;
  near.retry.rules = {{RetryCause::any, 0, 2}};
  near.hooks = {"after", "before"};
  near.engine.kind = Engine::slurm;
  const Policy far = take_far_share(near);
  EXPECT_EQ(names_of(near), "a@build b@project ");
  EXPECT_EQ(names_of(far), "c@user d@machine ");
  EXPECT_EQ(near.ports, 0U);
  EXPECT_EQ(far.ports, 2U);
  EXPECT_EQ(far.timeout, near.timeout);
  EXPECT_EQ(far.engine.kind, Engine::local);
  EXPECT_FALSE(far.needed_by_others);
  EXPECT_FALSE(far.retry.may_retry());
  EXPECT_EQ(far.hooks.on_failure, "");
  EXPECT_EQ(far.hooks.before_kill, near.hooks.before_kill);
}

Engine engine_of(const Values& said, const TestProperties& properties = {}) {
  const Result<ResolvedPolicy> resolved = resolve(said, properties);
  return resolved ? resolved->policy.engine.kind : Engine::local;
}

TEST(FarShare, WhatNeedsThisMachineStaysHere) {
  const Values slurm{{Setting::engine, Source::file, "slurm", {}},
                     {Setting::local_label, Source::file, "gui", {}}};
  EXPECT_EQ(engine_of({}), Engine::local);
  EXPECT_EQ(engine_of(slurm), Engine::slurm);
  TestProperties labelled;
  labelled.labels = "slow,gui";
  EXPECT_EQ(engine_of(slurm, labelled), Engine::local);
  for (const auto& [setting, text] :
       {std::pair(Setting::services, "db"), std::pair(Setting::engine, "local")}) {
    Values said = slurm;
    said.push_back({setting, Source::file, text, {}});
    EXPECT_EQ(engine_of(said), Engine::local) << text;
  }
  Values batch = slurm;
  batch.push_back({Setting::isolation, Source::file, "process", {}});
  EXPECT_EQ(engine_of(batch), Engine::slurm);
}

}  // namespace
}  // namespace holdfast
