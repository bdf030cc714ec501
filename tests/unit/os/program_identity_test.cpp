#include "os/file/program_identity.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <bit>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

std::string own_program_path() { return fs::read_symlink("/proc/self/exe").string(); }

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST(ProgramIdentity, OfAProgramHasItsBuildId) {
  const Result<ProgramIdentity> own = identify_program(own_program_path());
  ASSERT_TRUE(own) << own.error().message;
  struct stat info {};
  ASSERT_EQ(::stat(own_program_path().c_str(), &info), 0);
  EXPECT_EQ(own->inode, info.st_ino);
  EXPECT_EQ(own->size, static_cast<std::uint64_t>(info.st_size));
  EXPECT_GE(own->build_id.size(), 16U) << "linked without --build-id?";
  for (char c : own->build_id) EXPECT_TRUE(std::isxdigit(static_cast<unsigned char>(c)));
  EXPECT_EQ(*own, *identify_program(own_program_path()));
}

TEST(ProgramIdentity, OfACopyHasAnotherInodeAndTheSameBuildId) {
  const Scratch scratch;
  const std::string copy = scratch.path("copy");
  fs::copy_file(own_program_path(), copy);
  const Result<ProgramIdentity> own = identify_program(own_program_path());
  const Result<ProgramIdentity> copied = identify_program(copy);
  ASSERT_TRUE(own && copied);
  EXPECT_EQ(own->build_id, copied->build_id);
  EXPECT_NE(describe_change(*own, *copied).find("inode"), std::string::npos);
  EXPECT_EQ(describe_change(*own, *copied).find("build-id"), std::string::npos);
}

TEST(ProgramIdentity, OfAScriptHasNoneAndWhatIsNoFileFails) {
  const Scratch scratch;
  write(scratch.path("script"), "#!/bin/sh\nexit 0\n");
  const Result<ProgramIdentity> script = identify_program(scratch.path("script"));
  ASSERT_TRUE(script);
  EXPECT_EQ(script->build_id, "");
  EXPECT_EQ(script->size, 17U);
  EXPECT_FALSE(identify_program(scratch.path("nothing")));
  EXPECT_FALSE(identify_program(scratch.path("")));
  ASSERT_EQ(::mkfifo(scratch.path("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(identify_program(scratch.path("fifo")));
}

// Written twice within a second, with as many bytes.
TEST(ProgramIdentity, HasItsTimeToTheNanosecond) {
  const Scratch scratch;
  const std::string path = scratch.path("script");
  write(path, "#!/bin/sh\n");
  const timespec times[2] = {{5, 700}, {5, 700}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  const Result<ProgramIdentity> script = identify_program(path);
  ASSERT_TRUE(script);
  EXPECT_EQ(script->modified_ns, 5'000'000'700);
}

std::string note(std::uint32_t type, std::string_view name, std::string_view bytes) {
  const Elf32_Nhdr head{static_cast<std::uint32_t>(name.size()),
                        static_cast<std::uint32_t>(bytes.size()), type};
  std::string text(reinterpret_cast<const char*>(&head), sizeof head);
  for (const std::string_view part : {name, bytes}) {
    text += part;
    text.resize((text.size() + 3) / 4 * 4);
  }
  return text;
}

// A file of 32 bits that has nothing but these notes.
std::string program_with(const std::string& notes) {
  const bool is_little = std::endian::native == std::endian::little;
  Elf32_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = is_little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf32_Phdr);
  header.e_phnum = 1;
  Elf32_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = static_cast<std::uint32_t>(notes.size());
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) +
         std::string(reinterpret_cast<const char*>(&segment), sizeof segment) + notes;
}

TEST(ProgramIdentity, TheBuildIdIsInANoteOfGnu) {
  using namespace std::string_view_literals;
  const Scratch scratch;
  const auto id_of = [&](const std::string& content) {
    write(scratch.path("program"), content);
    return identify_program(scratch.path("program"))->build_id;
  };
  const std::string other = note(NT_GNU_BUILD_ID, "Go\0\0"sv, "xyz");
  const std::string own = note(NT_GNU_BUILD_ID, "GNU\0"sv, "\x01\xab\x7f");
  EXPECT_EQ(id_of(program_with(own)), "01ab7f");
  EXPECT_EQ(id_of(program_with(other + note(NT_GNU_ABI_TAG, "GNU\0"sv, "abc") + own)), "01ab7f");
  for (const std::string& none :
       {other, note(NT_GNU_BUILD_ID, "GNU\0GNU\0"sv, "abc"), other + own.substr(0, 8),
        note(NT_GNU_BUILD_ID, "GNU\0"sv, std::string(65, 'x')), own.substr(0, own.size() - 4)}) {
    EXPECT_EQ(id_of(program_with(none)), "");
  }
  std::string foreign = program_with(own);
  foreign[EI_DATA] = static_cast<char>(foreign[EI_DATA] ^ 3);
  EXPECT_EQ(id_of(foreign), "") << "of another byte order";
  foreign = program_with(own);
  foreign[EI_CLASS] = ELFCLASSNONE;
  EXPECT_EQ(id_of(foreign), "");
}

TEST(ProgramIdentity, ABrokenProgramIsReadToNoHarm) {
  const Scratch scratch;
  const std::string file = scratch.path("broken");
  const std::string whole = content_of(own_program_path()).substr(0, 8192);
  for (std::size_t size :
       std::initializer_list<std::size_t>{0, 1, 4, 15, 16, 17, 63, 64, 65, 120, 500, 4096}) {
    write(file, whole.substr(0, size));
    EXPECT_TRUE(identify_program(file)) << size;
  }
  std::mt19937 chance(1);
  for (int i = 0; i < 400; ++i) {
    std::string broken = whole;
    // The damage is in the headers, which have the sizes and offsets.
    for (int n = 0; n < 6; ++n) broken[16 + chance() % 800] = static_cast<char>(chance());
    write(file, broken);
    const Result<ProgramIdentity> read = identify_program(file);
    ASSERT_TRUE(read);
    EXPECT_LE(read->build_id.size(), 128U);
  }
}

}  // namespace
}  // namespace holdfast::os
