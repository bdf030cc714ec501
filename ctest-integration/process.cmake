# Facts about the ctest process that reads this, from /proc (proc(5)).
#
# ctest keeps in memory what it has used: the code of each command, the text of each function. So
# this file, which every start of ctest reads, uses only commands that are needed in any case. What
# is rarely needed has a file of its own (listing, memory_check, limit_options).

# _holdfast_line is the command line as hexadecimal digits, because it has NULs between the
# arguments. A pattern may also match across two bytes: that is good enough to rule something out.
file(READ /proc/self/cmdline _holdfast_line HEX)

# <pid> and <start> identify this ctest, even if its pid is used again. <start> is field 22 of
# /proc/self/stat, in clock ticks since boot. Fields are counted from the last ')', because the
# program's name before it may hold blanks and parentheses.
function(_holdfast_own_process pid_out start_out)
  file(READ /proc/self/stat stat)
  set(five "[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ ")
  if(stat MATCHES "^([0-9]+) .*\\) ${five}${five}${five}[^ ]+ [^ ]+ [^ ]+ [^ ]+ ([0-9]+) ")
    set(${pid_out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    set(${start_out} "${CMAKE_MATCH_2}" PARENT_SCOPE)
  endif()
endfunction()

# The inode of the PID namespace to which those numbers belong, pid_namespaces(7); 0: not known.
# Containers that share /tmp may have ctests of one pid that began within one tick.
function(_holdfast_own_pid_namespace out)
  set(${out} 0 PARENT_SCOPE)
  if(IS_SYMLINK "/proc/self/ns/pid")
    file(READ_SYMLINK "/proc/self/ns/pid" link)
    if(link MATCHES "^pid:.([0-9]+).$")
      set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Whether /proc is that of another PID namespace than this ctest's own (`unshare --pid --fork`
# mounts none). Then the numbers in it, and <pid> above, belong to other processes. NSpid has one
# number for each namespace from that of /proc downward.
function(_holdfast_proc_is_anothers out)
  set(${out} FALSE PARENT_SCOPE)
  file(READ /proc/self/status status)
  if(status MATCHES "\nNSpid:\t[0-9]+\t")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# What is wrong with a program of ours, in words that follow its path; empty: nothing. An
# interrupted installation or a full disk may leave a program empty or full of NULs. To execvp(3)
# that is an empty script, and every test would pass. A program that ends before its section headers
# is cut off, and every test would die in it. Linkers and strip(1) put those headers last (elf(5),
# for 64 bits and this byte order).
function(_holdfast_trouble_with_program path out)
  set(${out} "is missing" PARENT_SCOPE)
  if(EXISTS "${path}" AND NOT IS_DIRECTORY "${path}")
    file(READ "${path}" head LIMIT 64 HEX)
    set(${out} "" PARENT_SCOPE)
    if(NOT head MATCHES "^7f454c46") # ELF
      set(${out} "is no program (install Holdfast again)" PARENT_SCOPE)
    elseif(NOT head MATCHES "^7f454c46(01|..02)")
      file(SIZE "${path}" size)
      set(end 64)
      if(NOT size LESS end)
        string(SUBSTRING "${head}" 80 48 fields) # e_shoff to e_shnum, the lowest bytes first
        string(REGEX REPLACE "^(..)(..)(..)(..)............................(..)(..)(..)(..).*$"
          "0x\\4\\3\\2\\1 + 0x\\6\\5 * 0x\\8\\7" end "${fields}")
        math(EXPR end "${end}")
      endif()
      if(size LESS end)
        set(${out} "is cut off (install Holdfast again)" PARENT_SCOPE)
      endif()
    endif()
  endif()
endfunction()

# Whether this ctest may only list tests. False is certain; for true, listing.cmake looks closer.
# The bytes are the beginnings of -N, --show-only, --print-labels, --preset.
function(_holdfast_may_list out)
  set(${out} FALSE PARENT_SCOPE)
  if(_holdfast_line MATCHES "2d4e|2d2d7368|2d2d7072")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()
