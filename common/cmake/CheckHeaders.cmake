# CheckHeaders.cmake - each header compiles alone; run as:
# cmake -DROOT=<source folder> -DCOMPILER=<C compiler> -DFLAGS=<flags> -P CheckHeaders.cmake
#
# Why: a header that needs another one before it breaks whoever sorts the includes.
cmake_minimum_required(VERSION 3.25)

file(GLOB_RECURSE headers RELATIVE ${ROOT}
  ${ROOT}/common/*.h ${ROOT}/command-svc/*.h ${ROOT}/relay-svc/*.h ${ROOT}/projector-svc/*.h
  ${ROOT}/tests/*.h)
set(faults 0)
foreach(header ${headers})
  execute_process(
    COMMAND ${COMPILER} -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-function -Werror -I. ${FLAGS} -fsyntax-only
            -x c ${header}
    WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    math(EXPR faults "${faults} + 1")
  endif()
endforeach()

list(LENGTH headers count)
message("${count} headers, ${faults} faults")
if(faults GREATER 0)
  message(FATAL_ERROR "headers that do not stand alone")
endif()
