# One INTERFACE target carries the standard, the warnings, the hardening and the sanitizers.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g") # without NDEBUG: assertions ship

option(WARNINGS_AS_ERRORS "Fail the build on a compiler warning" OFF)
option(FUZZ "Build the fuzz targets (clang only)" OFF)
option(FAULTS "Compile the fault points in (tests only)" OFF)
option(COVERAGE "Count what runs (gcc only); see tests/coverage" OFF)
set(SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_library(project_options INTERFACE)
target_compile_definitions(project_options INTERFACE _GNU_SOURCE $<$<BOOL:${FAULTS}>:FAULTS=1>)
target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2
  -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wvla -Wundef
  -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith -Wswitch-enum
  -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion
  -fno-common -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op;-Wduplicated-cond;-Wduplicated-branches>
  $<$<CONFIG:RelWithDebInfo>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>
  $<$<BOOL:${WARNINGS_AS_ERRORS}>:-Werror>)
target_link_options(project_options INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
if(SANITIZE)
  target_compile_options(project_options INTERFACE
    -fsanitize=${SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=${SANITIZE})
endif()
if(COVERAGE)
  target_compile_definitions(project_options INTERFACE COVERAGE=1)
  target_compile_options(project_options INTERFACE --coverage -fprofile-update=prefer-atomic)
  target_link_options(project_options INTERFACE --coverage)
endif()
