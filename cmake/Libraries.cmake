# The libraries of the application beyond LibTorch. Debian and Ubuntu carry all of them; each
# message names the package.
function(dcgan_header target header package)
  find_path(DCGAN_INCLUDE_${target} ${header} ${ARGN})
  if(NOT DCGAN_INCLUDE_${target})
    message(FATAL_ERROR "${header} not found: install the package ${package}")
  endif()
  add_library(dcgan_${target} INTERFACE)
  target_include_directories(dcgan_${target} SYSTEM INTERFACE "${DCGAN_INCLUDE_${target}}")
endfunction()

dcgan_header(cli11 CLI/CLI.hpp libcli11-dev)
dcgan_header(json nlohmann/json.hpp nlohmann-json3-dev)
dcgan_header(toml toml++/toml.h libtomlplusplus-dev)
dcgan_header(stb stb_image_write.h libstb-dev PATH_SUFFIXES stb)
dcgan_header(xxhash xxhash.h libxxhash-dev)
target_compile_definitions(dcgan_xxhash INTERFACE XXH_INLINE_ALL)

find_package(fmt QUIET)
if(NOT fmt_FOUND)
  message(FATAL_ERROR "fmt not found: install the package libfmt-dev")
endif()

find_package(ZLIB)
if(NOT ZLIB_FOUND)
  message(FATAL_ERROR "zlib not found: install the package zlib1g-dev")
endif()

# Debian's OpenCVConfig.cmake comes only with the complete libopencv-dev; three modules are enough.
dcgan_header(opencv opencv2/imgcodecs.hpp libopencv-imgcodecs-dev PATH_SUFFIXES opencv4)
foreach(module IN ITEMS core imgproc imgcodecs)
  find_library(DCGAN_OPENCV_${module} opencv_${module})
  if(NOT DCGAN_OPENCV_${module})
    message(FATAL_ERROR "OpenCV's ${module} not found: install the package libopencv-${module}-dev")
  endif()
  target_link_libraries(dcgan_opencv INTERFACE ${DCGAN_OPENCV_${module}})
endforeach()
