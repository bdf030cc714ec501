# Facts about the ctest process that reads this, from /proc (proc(5)).
#
# ctest keeps in memory what it has used: the code of a command that nothing else needs, the text of
# every function. So what is read here at every start of ctest makes do with the commands that are used
# anyhow, and what is rarely wanted is a file of its own (listing, memory_check, limit_options).

# Sets _holdfast_line: the command line, as hexadecimal digits, since it has NULs between the arguments.
# Matched as it is a pattern may be found between two bytes as well: good enough to rule something out.
file(READ /proc/self/cmdline _holdfast_line HEX)

# <pid> and <start>: who this ctest is, safe against recycled pids. <start> is field 22 of
# /proc/self/stat, clock ticks since boot; fields are counted from the last ')', because the
# program's name before it may hold blanks and parentheses.
function(_holdfast_own_process pid_out start_out)
  file(READ /proc/self/stat stat)
  set(five "[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ ")
  if(stat MATCHES "^([0-9]+) .*\\) ${five}${five}${five}[^ ]+ [^ ]+ [^ ]+ [^ ]+ ([0-9]+) ")
    set(${pid_out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    set(${start_out} "${CMAKE_MATCH_2}" PARENT_SCOPE)
  endif()
endfunction()

# Whose numbers those are: the inode of the PID namespace, pid_namespaces(7); 0: not known. Containers that
# share /tmp have ctests of one pid, and two of them may begin within one tick.
function(_holdfast_own_pid_namespace out)
  set(${out} 0 PARENT_SCOPE)
  if(IS_SYMLINK "/proc/self/ns/pid")
    file(READ_SYMLINK "/proc/self/ns/pid" link)
    if(link MATCHES "^pid:.([0-9]+).$")
      set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Whether /proc is of another PID namespace than this ctest, which it is in (`unshare --pid --fork` mounts
# none): then the numbers read there are other processes', and so is <pid> above. NSpid has one number
# for each namespace from that of /proc downward.
function(_holdfast_proc_is_anothers out)
  set(${out} FALSE PARENT_SCOPE)
  file(READ /proc/self/status status)
  if(status MATCHES "\nNSpid:\t[0-9]+\t")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# What is wrong with a program of ours, in words that follow its path; empty: nothing. One that an interrupted
# installation or a full disk has left empty, or full of NULs, is an empty script to execvp(3): it would pass
# for every test. One that ends before its section headers do, which linkers and strip(1) put last (elf(5), of 64
# bits and this byte order), is cut off: every test would die in it.
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

# Whether this ctest may list tests only. False is certain; true is for listing.cmake to look into. The
# beginnings of -N, --show-only, --print-labels, --preset.
function(_holdfast_may_list out)
  set(${out} FALSE PARENT_SCOPE)
  if(_holdfast_line MATCHES "2d4e|2d2d7368|2d2d7072")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()
