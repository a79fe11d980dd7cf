# Installs the build into a fresh prefix, builds tests/package against it and runs the result.
# Needs BUILD_DIR, SOURCE_DIR, WORK_DIR, MODEL; SIMULATE: whether the build has edgebert-simulate.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK_DIR})
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${SOURCE_DIR} -B ${WORK_DIR}/build
    -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix -DCMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/classify ${MODEL} "a gorgeous , witty , seductive movie")
if(NOT output MATCHES "^positive at layer [0-9]+\n$")
  message(FATAL_ERROR "expected 'positive at layer N', got: ${output}")
endif()
# The installed program finds the installed model by itself.
run(${WORK_DIR}/prefix/bin/edgebert run --json "a gorgeous , witty , seductive movie")
if(NOT output MATCHES "\"label\":\"positive\"")
  message(FATAL_ERROR "expected the label positive, got: ${output}")
endif()
# `simulate` goes on as the program with SystemC that is installed beside it.
if(SIMULATE)
  run(${WORK_DIR}/prefix/bin/edgebert simulate --json "a gorgeous , witty , seductive movie")
  if(NOT output MATCHES "\"label\":\"positive\".*\"matches_engine\":true")
    message(FATAL_ERROR "expected a simulation that matches the engine, got: ${output}")
  endif()
endif()
