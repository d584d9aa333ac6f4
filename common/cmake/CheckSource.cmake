# CheckSource.cmake - words that have no place in the source; run as:
# cmake -DROOT=<source folder> -P CheckSource.cmake
#
# Comments may name them (lines that begin with a comment do not count).
cmake_minimum_required(VERSION 3.25)
find_program(GREP grep REQUIRED)

set(FAULTS 0)

# refuse(<why> <extended regular expression> [except <files>]): no line of code may match
function(refuse why pattern)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "" "EXCEPT;IN")
  set(folders common command-svc relay-svc projector-svc tests)
  if(ARG_IN)
    set(folders ${ARG_IN})
  endif()
  execute_process(
    COMMAND ${GREP} -rnE --include=*.c --include=*.h -e "${pattern}" ${folders}
    WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE hits RESULT_VARIABLE result)
  if(result GREATER 1)
    message(FATAL_ERROR "grep failed")
  endif()
  string(REPLACE ";" "," hits "${hits}")
  string(REPLACE "[" "(" hits "${hits}") # brackets would join list elements
  string(REPLACE "]" ")" hits "${hits}")
  string(REPLACE "\n" ";" hits "${hits}")
  foreach(hit ${hits})
    string(REGEX MATCH "^([^:]+):[0-9]+:" place "${hit}")
    if(CMAKE_MATCH_1 IN_LIST ARG_EXCEPT OR hit MATCHES "^[^:]+:[0-9]+: *(/\\*|\\*|//)")
      continue()
    endif()
    message("${hit}\n    ${why}")
    math(EXPR FAULTS "${FAULTS} + 1")
  endforeach()
  set(FAULTS ${FAULTS} PARENT_SCOPE)
endfunction()

# a function's name, called
macro(refuse_calls why names)
  refuse(${why} "(^|[^A-Za-z0-9_.>])(${names}) *\\(" ${ARGN})
endmacro()

refuse_calls("knows no bounds: use strbuf, snprintf or memcpy"
  "strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|stpcpy")
refuse_calls("takes a prefix for the whole: use common/base/parse.h"
  "atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|sscanf"
  EXCEPT tests/examples/consumer.c) # stands alone, with none of our headers
refuse_calls("keeps hidden state" "strtok|strtok_r|rand|srand|asctime|ctime|setlocale")
refuse_calls("depends on the machine's time zone: use parse_time_ms, format_time_ms"
  "localtime|localtime_r|mktime")
refuse_calls("the stack is no place for sizes from outside" "alloca")
refuse_calls("starts a shell" "system|popen")
refuse_calls("settings come through common/run/settings.h" "getenv|secure_getenv"
  EXCEPT common/run/settings.c common/base/fault_point.c common/run/notify.c # not an operator's
  IN common command-svc relay-svc projector-svc)
refuse("typedef is for function types only" "^typedef (struct|enum|union) [a-z_]*( *[{]| [a-z_]+;)")
refuse("JSON is written by common/contract/json_writer.h" "\\\\\"[a-z_]+\\\\\":"
  EXCEPT common/run/log.c # its lines are cut where they are full, and must be whole even so
  IN common command-svc relay-svc projector-svc)
# By its first parameter, or the last of a handler, a function that returns nothing is a callback.
refuse("a callback is called on_..., whatever it does"
  "^static void ([^o]|o[^n]|on[^_])[a-z_0-9]*\\((void \\*user|struct http_request \\*[a-z]+, void \\*user)"
  IN common command-svc relay-svc projector-svc)
refuse("guards are spelt from the path" "^# *pragma once")

# Unfinished work is said where work is tracked, not here; comments count this time.
execute_process(
  COMMAND ${GREP} -rnwE -e "TODO|FIXME|XXX|HACK" common command-svc relay-svc projector-svc deploy
          tests --exclude=CheckSource.cmake
  WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE hits RESULT_VARIABLE result)
if(result EQUAL 0)
  message("${hits}    unfinished work is said where work is tracked")
  math(EXPR FAULTS "${FAULTS} + 1")
endif()

message("${FAULTS} faults")
if(FAULTS GREATER 0)
  message(FATAL_ERROR "banned words in the source")
endif()
