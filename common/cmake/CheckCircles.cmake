# CheckCircles.cmake - no file may need itself; run as:
# cmake -DROOT=<source folder> -P CheckCircles.cmake
#
# Why: two files that include each other are one file in two pieces: neither can be read, tested or
# moved without the other, and a call may run back up to whoever is in the middle of calling.
#
# A module is what has one name: name.c, name.h and name_internal.h. Module a needs module b where
# one of a's files includes one of b's. Checked in the services and in common/.
cmake_minimum_required(VERSION 3.25)

function(module_of file ret)
  string(REGEX REPLACE "(_internal)?\\.[ch]$" "" module ${file})
  set(${ret} ${module} PARENT_SCOPE)
endfunction()

set(patterns)
foreach(folder common command-svc relay-svc projector-svc)
  list(APPEND patterns ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h)
endforeach()
file(GLOB_RECURSE files RELATIVE ${ROOT} ${patterns})

set(modules)
foreach(file ${files})
  module_of(${file} module)
  list(APPEND modules ${module})
  file(STRINGS ${ROOT}/${file} lines REGEX "^ *# *include *\"")
  foreach(line ${lines})
    string(REGEX MATCH "\"([^\"]+)\"" ignored "${line}")
    module_of(${CMAKE_MATCH_1} needed)
    if(NOT needed STREQUAL module)
      list(APPEND "needs ${module}" ${needed})
    endif()
  endforeach()
endforeach()
list(REMOVE_DUPLICATES modules)
list(LENGTH modules count)

# Whatever needs nothing that is left is in no circle: take it away, again and again.
set(left ${modules})
set(before none)
while(NOT "${left}" STREQUAL "${before}")
  set(before ${left})
  foreach(module ${before})
    set(free TRUE)
    foreach(needed ${needs\ ${module}})
      if(needed IN_LIST left)
        set(free FALSE)
        break()
      endif()
    endforeach()
    if(free)
      list(REMOVE_ITEM left ${module})
    endif()
  endforeach()
endwhile()

# From anything left one comes to a circle; it is told, and one of its modules taken away.
set(circles 0)
while(left)
  list(GET left 0 module)
  set(way)
  while(NOT module IN_LIST way)
    list(APPEND way ${module})
    set(next)
    foreach(needed ${needs\ ${module}})
      if(needed IN_LIST left)
        set(next ${needed})
        break()
      endif()
    endforeach()
    if(NOT next) # led to a circle that was told already
      break()
    endif()
    set(module ${next})
  endwhile()
  if(next)
    list(FIND way ${module} begin)
    list(SUBLIST way ${begin} -1 circle)
    list(JOIN circle " -> " text)
    message("${text} -> ${module}")
    math(EXPR circles "${circles} + 1")
  endif()
  list(REMOVE_ITEM left ${module})
endwhile()

message("${count} modules, ${circles} circles")
if(circles GREATER 0)
  message(FATAL_ERROR "files that need themselves")
endif()
