#include "os/stack/elf_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scratch.hpp"

namespace holdfast::os {
namespace {

// This is in .rodata, at a place that the linker chose.
[[gnu::used]] const char k_mark[] = "something that only this program has in it";

TEST(ElfText, ASectionsTextIsFoundAndNoOthers) {
  const std::string self = "/proc/self/exe";
  const std::string text = k_mark;
  EXPECT_TRUE(elf_section_holds(self, ".rodata", text));
  EXPECT_FALSE(elf_section_holds(self, ".rodata", text + "!"));
  EXPECT_FALSE(elf_section_holds(self, ".dynstr", text));
  EXPECT_FALSE(elf_section_holds(self, ".none", text));
  EXPECT_TRUE(elf_section_holds(self, ".dynstr", "libc.so"));
}

TEST(ElfText, WhatIsNoSuchFileHoldsNothing) {
  const Scratch scratch;
  std::ofstream(scratch.path("text")) << "#!/bin/sh\nlibc.so\n";
  ASSERT_EQ(::mkfifo(scratch.path("fifo").c_str(), 0600), 0);
  for (const std::string& path : {scratch.path("text"), scratch.path("fifo"), scratch.path("none"),
                                  scratch.path(""), std::string("/dev/null")}) {
    EXPECT_FALSE(elf_section_holds(path, ".dynstr", "libc.so")) << path;
  }
}

TEST(ElfText, AFileCutOffAnywhereIsReadToNoEnd) {
  const Scratch scratch;
  std::ifstream in("/proc/self/exe", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const std::string path = scratch.path("cut");
  for (std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{40}, std::size_t{64},
                             std::size_t{1000}, whole.size() / 2, whole.size() - 1}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    EXPECT_FALSE(elf_section_holds(path, ".dynstr", "libc.so")) << length;
  }
  // The numbers in the header may be wrong.
  for (std::size_t at = 0; at < 64; ++at) {
    std::string odd = whole;
    odd[at] = '\xff';
    std::ofstream(path, std::ios::binary | std::ios::trunc) << odd;
    (void)elf_section_holds(path, ".dynstr", "libc.so");
  }
}

TEST(ElfText, TheLinksOfAProgramAreItsImportsAndLibraries) {
  const std::optional<ElfLinks> links = elf_links("/proc/self/exe");
  ASSERT_TRUE(links);
  EXPECT_NE(std::ranges::find(links->imports, "mkfifo"), links->imports.end());
  EXPECT_EQ(std::ranges::find(links->imports, "no_such_function"), links->imports.end());
  EXPECT_NE(std::ranges::find(links->needed, "libc.so.6"), links->needed.end());
  EXPECT_FALSE(elf_links("/proc/self/cmdline"));
}

}  // namespace
}  // namespace holdfast::os
