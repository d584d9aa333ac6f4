# embed_text(<target> <symbol> <file>...): the files become an array of
# struct embedded_text {name, text} called <symbol>, ended by a NULL name, declared by
#   extern const struct embedded_text <symbol>[];    (common/base/embedded_text.h)
# so that a binary carries its SQL or Lua and the sources stay plain files.
function(embed_text target symbol)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  set(sources)
  foreach(file IN LISTS ARGN)
    list(APPEND sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  string(JOIN "|" joined ${sources})
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSYMBOL=${symbol} "-DFILES=${joined}"
            -P ${PROJECT_SOURCE_DIR}/common/cmake/EmbedTextScript.cmake
    DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/common/cmake/EmbedTextScript.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
