# CheckFormat.cmake - the layout is what clang-format makes of it; run as:
# cmake -DROOT=<source folder> -DCLANG_FORMAT=<program> -P CheckFormat.cmake
cmake_minimum_required(VERSION 3.25)

set(patterns)
foreach(folder common command-svc relay-svc projector-svc tests)
  list(APPEND patterns ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h)
endforeach()
file(GLOB_RECURSE files RELATIVE ${ROOT} ${patterns})
execute_process(
  COMMAND ${CLANG_FORMAT} --dry-run --Werror ${files}
  WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "mend it with: ${CLANG_FORMAT} -i <files>")
endif()
