# CheckTables.cmake - no table by an enum has a hole; run as: cmake -DROOT=<source folder>
# -P CheckTables.cmake
#
# Why: a row that was forgotten is a NULL that is called, and the length of a table says nothing of a
# hole in its middle. Where enum and table are made from one list the compiler sees to it; checked are
# those whose rows are written out ([A] = ..., [B] = ...), by an enum that ends in X_COUNT.
cmake_minimum_required(VERSION 3.25)
find_program(AWK awk REQUIRED)

# Where most have no row, and NULL or 0 says so.
set(SPARSE command-svc/batch/batch_load.c projector-svc/query/query_lists.c
  projector-svc/query/query_parties.c projector-svc/query/query_search.c projector-svc/query/query_ops.c)

set(files)
foreach(kind h c)
  set(patterns)
  foreach(folder common command-svc relay-svc projector-svc)
    list(APPEND patterns ${ROOT}/${folder}/*.${kind})
  endforeach()
  file(GLOB_RECURSE found RELATIVE ${ROOT} ${patterns})
  list(APPEND files ${found})
endforeach()
list(JOIN SPARSE " " sparse)
execute_process(
  COMMAND ${AWK} -v "SPARSE=${sparse}" -f ${CMAKE_CURRENT_LIST_DIR}/CheckTables.awk ${files}
  WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
message("${said}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "tables with holes")
endif()
