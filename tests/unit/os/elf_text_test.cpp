#include "os/stack/program_reader.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "os/scratch.hpp"

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

// Writes a file that has nothing but a section `.text` with this content.
void write_elf(const std::string& path, const std::string& content) {
  const std::string names(std::string_view("\0.text\0", 7));
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 2;
  header.e_shstrndx = 1;
  header.e_shoff = sizeof header + content.size() + names.size();
  Elf64_Shdr sections[2]{};
  sections[0].sh_name = 1;
  sections[0].sh_type = SHT_PROGBITS;
  sections[0].sh_offset = sizeof header;
  sections[0].sh_size = content.size();
  sections[1].sh_type = SHT_STRTAB;
  sections[1].sh_offset = sizeof header + content.size();
  sections[1].sh_size = names.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&header), sizeof header);
  file << content << names;
  file.write(reinterpret_cast<const char*>(sections), sizeof sections);
}

// A section is read in pieces.
TEST(ElfText, ATextIsFoundWhereverInItsSectionItIs) {
  constexpr std::size_t k_size = std::size_t{600} * 1024;
  const Scratch scratch;
  const std::string path = scratch.path("elf");
  const std::string text = "wanted";
  std::vector<std::size_t> places{0, k_size - text.size()};
  for (std::size_t border : {std::size_t{256} * 1024, std::size_t{512} * 1024}) {
    for (std::size_t before = 0; before <= text.size(); ++before) {
      places.push_back(border - before);
    }
  }
  for (std::size_t at : places) {
    std::string content(k_size, 'x');
    content.replace(at, text.size(), text);
    write_elf(path, content);
    EXPECT_TRUE(elf_section_holds(path, ".text", text)) << at;
  }
  write_elf(path, std::string(k_size, 'x'));
  EXPECT_FALSE(elf_section_holds(path, ".text", text));
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

// Such files have other fields, at other places.
TEST(ElfText, AFileOfOtherWordsOrAnotherByteOrderIsNotRead) {
  const Scratch scratch;
  const std::string path = scratch.path("other");
  write_elf(path, "wanted");
  ASSERT_TRUE(elf_section_holds(path, ".text", "wanted"));
  for (const int place : {int{EI_CLASS}, int{EI_DATA}}) {
    write_elf(path, "wanted");
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(place).put(place == EI_CLASS                            ? char{ELFCLASS32}
                          : std::endian::native == std::endian::little ? char{ELFDATA2MSB}
                                                                       : char{ELFDATA2LSB});
    file.close();
    EXPECT_FALSE(elf_section_holds(path, ".text", "wanted")) << place;
  }
}

// A linker writes none of these, but a test program may be anything.
TEST(ElfText, SectionsThatCannotBeHaveNoLinksAndNoText) {
  constexpr std::uint64_t k_behind_the_end = std::uint64_t{1} << 40U;
  using Sections = std::vector<Elf64_Shdr>;
  const Scratch scratch;
  const std::string path = scratch.path("odd");
  std::ifstream in("/proc/self/exe", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const auto write = [&](const auto& change) {
    std::string odd = whole;
    Elf64_Ehdr header{};
    std::memcpy(&header, odd.data(), sizeof header);
    Sections sections(header.e_shnum);
    const std::size_t size = sections.size() * sizeof(Elf64_Shdr);
    std::memcpy(sections.data(), odd.data() + header.e_shoff, size);
    change(sections);
    std::memcpy(odd.data() + header.e_shoff, sections.data(), size);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << odd;
  };
  const auto first = [](Sections& sections, std::uint32_t type) -> Elf64_Shdr& {
    return *std::ranges::find(sections, type, &Elf64_Shdr::sh_type);
  };
  const auto texts = [&](Sections& sections) -> Elf64_Shdr& {
    return sections[first(sections, SHT_DYNSYM).sh_link];
  };
  write([](Sections&) {});
  EXPECT_TRUE(elf_links(path));
  write([&](Sections& sections) { first(sections, SHT_DYNSYM).sh_link = 60'000; });
  EXPECT_FALSE(elf_links(path));
  write([&](Sections& sections) { first(sections, SHT_DYNAMIC).sh_link = 60'000; });
  EXPECT_FALSE(elf_links(path));
  write([&](Sections& sections) { first(sections, SHT_DYNAMIC).sh_type = SHT_NOTE; });
  EXPECT_FALSE(elf_links(path));
  write([&](Sections& sections) { first(sections, SHT_DYNAMIC).sh_size = 0; });
  EXPECT_FALSE(elf_links(path)) << "as of a static program";
  write([&](Sections& sections) { texts(sections).sh_offset = k_behind_the_end; });
  EXPECT_FALSE(elf_links(path));
  EXPECT_FALSE(elf_section_holds(path, ".dynstr", "libc.so"));
  write([&](Sections& sections) { first(sections, SHT_DYNSYM).sh_offset = k_behind_the_end; });
  ASSERT_TRUE(elf_links(path));
  EXPECT_TRUE(elf_links(path)->imports.empty());
  write([&](Sections& sections) { texts(sections).sh_name = 0x7fffffff; });
  EXPECT_FALSE(elf_section_holds(path, ".dynstr", "libc.so"));
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
