# CheckSizes.cmake - how much may stand in one place; run as: cmake -DROOT=<source folder>
# [-DMOST_CODE=<lines>] -P CheckSizes.cmake
#
# Why: what does not fit on a few screens is not held in mind, and an enum with three booleans beside
# it has eight times as many states as it names. What holds between the calls of a pure rule is seen
# by nobody unless it is asserted, and an assertion is what is left out first.
#
# Checked in the services and in common/: functions, files, booleans (and the bits of flags) beside an
# enum in one struct, all lines of code together: those that are neither blank nor comment; and how
# many assertions the functions of each core have, those that only assertions ask (*_is_sound) aside.
cmake_minimum_required(VERSION 3.25)
find_program(AWK awk REQUIRED)

set(LONGEST_FUNCTION 60)
set(LONGEST_FILE 400)
set(MOST_BOOLEANS 2)
set(LEAST_ASSERTS command-svc/core 179 relay-svc/core 176 projector-svc/core 176) # for 100 functions
if(NOT DEFINED MOST_CODE)
  set(MOST_CODE 60658)
endif()

# Files that may be longer: tables.
set(LONG_FILES)

set(patterns)
foreach(folder common command-svc relay-svc projector-svc)
  list(APPEND patterns ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h)
endforeach()
file(GLOB_RECURSE files RELATIVE ${ROOT} ${patterns})
list(JOIN LONG_FILES " " long_files)
list(JOIN LEAST_ASSERTS " " least_asserts)
execute_process(
  COMMAND ${AWK} -v LONGEST_FUNCTION=${LONGEST_FUNCTION} -v LONGEST_FILE=${LONGEST_FILE}
          -v MOST_BOOLEANS=${MOST_BOOLEANS} -v MOST_CODE=${MOST_CODE}
          -v "LEAST_ASSERTS=${least_asserts}" -v "LONG_FILES=${long_files}"
          -f ${CMAKE_CURRENT_LIST_DIR}/CheckSizes.awk ${files}
  WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
message("${said}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "too much in one place, or too little asserted")
endif()
