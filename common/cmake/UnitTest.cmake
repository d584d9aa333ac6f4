# add_unit_test(<folder> <module> <libraries...>): tests/unit/<folder>/test_<module>.c as one
# executable, so that a crash has an address. CTest name unit.<folder>.<module>, label unit.
pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)

function(add_unit_test folder module)
  set(target test_${folder}_${module})
  string(REPLACE "/" "_" target ${target})
  string(REPLACE "-" "_" target ${target})
  add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/unit/${folder}/test_${module}.c)
  # Check's own macros do not meet the pedantic warnings.
  target_compile_options(${target} PRIVATE -Wno-pedantic -Wno-format-extra-args)
  target_link_libraries(${target} PRIVATE ${ARGN} project_options PkgConfig::CHECK)
  string(REPLACE "/" "." name ${folder})
  add_test(NAME unit.${name}.${module} COMMAND ${target})
  set_tests_properties(unit.${name}.${module} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
