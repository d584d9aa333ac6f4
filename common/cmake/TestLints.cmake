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

# ---- sizes: each at its limit, then beyond ------------------------------------------------------

tree()
string(REPEAT "    x++;\n" 58 steps)
string(REPEAT "/* a reason */\n" 330 reasons)
set(good "/* reasons\n * of two lines */\nenum flag {\n    FLAG_A = 1,\n    FLAG_B = 2,\n};\n
struct a {\n    enum flag kind;\n    bool one, two;\n};\n
struct b {\n    bool one;\n    bool two;\n    bool three;\n};\n
struct c {\n    enum flag kind;\n    unsigned flags; /* of enum flag */\n};\n")
file(WRITE ${SCRATCH}/common/base/a.h "${good}")
file(WRITE ${SCRATCH}/common/base/a.c "void f(void)\n{\n${steps}}\n\n${reasons}")
expect(CheckSizes "78 lines of code, 414 lines in all, 0 faults" 0)

expect(CheckSizes "more than 77 lines of code" 1 -DMOST_CODE=77)
file(APPEND ${SCRATCH}/common/base/a.h "struct d {\n    enum flag kind;\n    bool one;\n    unsigned flags; /* of enum flag */\n};\n")
expect(CheckSizes "a.h:23: 3 booleans beside an enum in struct d" 1)
file(APPEND ${SCRATCH}/common/base/a.c "void g(void)\n{\n${steps}    x++;\n}\n")
expect(CheckSizes "a.c:454: a function of 61 lines" 1)
expect(CheckSizes "a.c:401: a file of more than 400 lines" 1)

tree()
file(WRITE ${SCRATCH}/relay-svc/core/a.c "static bool a_is_sound(const int *x)\n{\n    return *x > 0;\n}\n
void f(int *x)\n{\n    assert(a_is_sound(x));\n    *x = 2;\n    assert(*x ==\n           2);\n}\n
void g(int *x)\n{\n    /* assert(nothing) */\n    assert(x);\n    *x = 1;\n    assert(*x > 0);\n}\n")
file(WRITE ${SCRATCH}/relay-svc/read/b.c "void h(void)\n{\n}\n")
expect(CheckSizes "0 faults" 0)
file(APPEND ${SCRATCH}/relay-svc/core/a.c "void i(int *x)\n{\n    *x = 1; /*\n    assert(*x); */\n}\n")
expect(CheckSizes "relay-svc/core: 4 assertions in 3 functions: assert what must hold there, 176 in 100" 1)

# ---- tables: a hole in the middle, which the length does not show ------------------------------

tree()
file(WRITE ${SCRATCH}/common/base/a.h "enum a { A_ONE = 0, A_TWO, A_THREE, A_COUNT };\n")
file(WRITE ${SCRATCH}/relay-svc/a.c "static const int T[A_COUNT] = {\n    [A_ONE] = 1,\n    [A_TWO] = 2, [A_THREE] = 3};\n")
expect(CheckTables "1 tables, 0 faults" 0)
file(WRITE ${SCRATCH}/relay-svc/a.c "static const int T[] = {\n    [A_ONE] = 1,\n    [A_THREE] = 3,\n};\n")
expect(CheckTables "relay-svc/a.c:1: no row for A_TWO" 1)

# ---- callbacks --------------------------------------------------------------------------------

tree(
  common/base/a.c "static void on_end(void *user, int count)\nstatic bool is_over(void *user)\nstatic void tell(int count, void *user)\n"
  command-svc/a.c "static void on_a(struct http_request *request, void *user)\n"
  relay-svc/a.c "" projector-svc/a.c "" tests/a.c "static void tell(void *user)\n" deploy/a "")
expect(CheckSource "0 faults" 0)

file(APPEND ${SCRATCH}/common/base/a.c "static void once_more(void *user)\n")
file(APPEND ${SCRATCH}/command-svc/a.c "static void answer(struct http_request *request, void *user)\n")
expect(CheckSource "common/base/a.c:4:static void once_more(void *user)" 1)
expect(CheckSource "2 faults" 1)

file(REMOVE_RECURSE ${SCRATCH})
message("${FAULTS} faults")
if(FAULTS GREATER 0)
  message(FATAL_ERROR "a check does not find what it is for")
endif()
