# Checks of the text, as tests with the label lint: ctest -L lint
function(add_lint name script)
  add_test(NAME lint.${name}
    COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} ${ARGN}
            -P ${PROJECT_SOURCE_DIR}/common/cmake/${script}.cmake)
  set_tests_properties(lint.${name} PROPERTIES LABELS lint)
endfunction()

add_lint(layers CheckLayers)
add_lint(circles CheckCircles)
add_lint(sizes CheckSizes)
add_lint(source CheckSource)
add_lint(tables CheckTables)
add_lint(headers CheckHeaders -DCOMPILER=${CMAKE_C_COMPILER})
add_lint(lints TestLints -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/made_up)

# The layout is that of clang-format 14; other versions lay some lines out differently.
find_program(CLANG_FORMAT NAMES clang-format-14 clang-format)
if(CLANG_FORMAT)
  execute_process(COMMAND ${CLANG_FORMAT} --version OUTPUT_VARIABLE version)
  if(version MATCHES "version 14\\.")
    add_lint(format CheckFormat -DCLANG_FORMAT=${CLANG_FORMAT})
  endif()
endif()
