#include "base/program_identity.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace holdfast {
namespace {

const ProgramIdentity k_program{1, 12, 4'456'448, 1'000, "3f2a00112233445566778899"};

ProgramIdentity with(void (*change)(ProgramIdentity&)) {
  ProgramIdentity program = k_program;
  change(program);
  return program;
}

TEST(ProgramIdentity, IsDescribedForPeople) {
  EXPECT_EQ(describe(k_program), "inode 12, 4.2 MiB, build-id 3f2a00112233…");
  EXPECT_EQ(describe({1, 7, 1, 0, {}}), "inode 7, 1 byte");
}

TEST(ProgramIdentity, WhatIsDifferentIsNamed) {
  const struct {
    ProgramIdentity after;
    const char* change;
  } rows[] = {
      {k_program, ""},
      {with([](auto& p) { p.size = 5; }), "size 4456448 -> 5"},
      {with([](auto& p) { p.inode = 13; }), "inode 12 -> 13"},
      {with([](auto& p) { p.device = 2; }), "inode 12 -> 12"},
      {with([](auto& p) { p.modified_ns = 1'001; }), "modified"},
      {with([](auto& p) { p.build_id = "99e1"; }), "build-id 3f2a00112233… -> 99e1"},
      {with([](auto& p) { p.build_id = ""; }), "build-id 3f2a00112233… -> none"},
      {{1, 13, 5, 7, "99e1"},
       "build-id 3f2a00112233… -> 99e1, size 4456448 -> 5, inode 12 -> 13, modified"},
  };
  for (const auto& row : rows) EXPECT_EQ(describe_change(k_program, row.after), row.change);
}

TEST(ProgramIdentity, StaleIsWhatChangedWhileItRanOrSinceTheRunBegan) {
  const std::optional<ProgramIdentity> same = k_program;
  const std::optional<ProgramIdentity> other = with([](auto& p) { p.inode = 13; });
  const std::optional<ProgramIdentity> none;
  const struct {
    std::optional<ProgramIdentity> first;
    std::optional<ProgramIdentity> start;
    std::optional<ProgramIdentity> end;
    const char* why;
  } rows[] = {
      {same, same, same, ""},
      {none, same, same, ""},
      {none, none, none, ""},
      {same, none, none, ""},  // not started has its own outcome
      {none, none, same, ""},
      {same, same, none, "its program was removed while it ran"},
      {same, same, other, "its program changed while it ran: inode 12 -> 13"},
      {none, same, other, "its program changed while it ran: inode 12 -> 13"},
      {same, other, other, "its program changed since the run began: inode 12 -> 13"},
      {same, other, same, "its program changed while it ran: inode 13 -> 12"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(staleness("program", row.first, row.start, row.end), row.why);
}

TEST(Size, IsInUnitsOfPeople) {
  const struct {
    std::uint64_t bytes;
    const char* text;
  } rows[] = {
      {0, "0 bytes"},       {1, "1 byte"},           {1023, "1023 bytes"},
      {1024, "1.0 KiB"},    {1536, "1.5 KiB"},       {1024 * 1024 - 1, "1023.9 KiB"},
      {1 << 20, "1.0 MiB"}, {3ULL << 30, "3.0 GiB"}, {~0ULL, "16383.9 PiB"},
  };
  for (const auto& row : rows) EXPECT_EQ(describe_size(row.bytes), row.text);
}

}  // namespace
}  // namespace holdfast
