# TestLints.cmake - the checks find what they are for; run as:
# cmake -DROOT=<source folder> -DSCRATCH=<folder to fill> -P TestLints.cmake
#
# Each is run on a tree made up here, once as it should be and once with a fault.
cmake_minimum_required(VERSION 3.25)

set(FAULTS 0)

# tree(<file> <text> ...): nothing but these files
function(tree)
  file(REMOVE_RECURSE ${SCRATCH})
  while(ARGN)
    list(POP_FRONT ARGN file text)
    file(WRITE ${SCRATCH}/${file} "${text}")
  endwhile()
endfunction()

# expect(<script> <what it must say> <0: passes, 1: fails> [options])
function(expect script text status)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -DROOT=${SCRATCH} ${ARGN} -P ${ROOT}/common/cmake/${script}.cmake
    RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(FIND "${said}" "${text}" place)
  if(place EQUAL -1 OR NOT result EQUAL status)
    message("${script} ended with ${result}, not ${status} and \"${text}\":\n${said}")
    math(EXPR FAULTS "${FAULTS} + 1")
    set(FAULTS ${FAULTS} PARENT_SCOPE)
  endif()
endfunction()

# ---- circles: over three modules, one of which is entered by its internal header --------------

tree(
  common/base/a.h "#include \"common/base/b.h\"\n"
  common/base/b.h "#include <stddef.h>\n"
  common/base/b.c "#include \"common/base/b.h\"\n#include \"common/base/b_internal.h\"\n"
  common/base/b_internal.h "#include \"common/base/b.h\"\n#include \"common/base/c.h\"\n"
  common/base/c.h "#include <stddef.h>\n"
  projector-svc/d.h "#include \"common/base/a.h\"\n")
expect(CheckCircles "4 modules, 0 circles" 0)

file(APPEND ${SCRATCH}/common/base/c.c "  #  include \"common/base/a.h\"\n")
expect(CheckCircles "common/base/a -> common/base/b -> common/base/c -> common/base/a" 1)
expect(CheckCircles "4 modules, 1 circles" 1)

file(REMOVE_RECURSE ${SCRATCH})
message("${FAULTS} faults")
if(FAULTS GREATER 0)
  message(FATAL_ERROR "a check does not find what it is for")
endif()
