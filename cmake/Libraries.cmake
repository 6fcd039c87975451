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
# Version 3.3 asserts on some times of day that it then refuses in order.
target_compile_options(dcgan_toml INTERFACE "-DTOML_ASSERT(expr)=static_cast<void>(0)")
dcgan_header(stb stb_image_write.h libstb-dev PATH_SUFFIXES stb)
dcgan_header(protozero protozero/pbf_writer.hpp libprotozero-dev)
dcgan_header(xxhash xxhash.h libxxhash-dev)
target_compile_definitions(dcgan_xxhash INTERFACE XXH_INLINE_ALL)

find_package(fmt QUIET)
if(NOT fmt_FOUND)
  message(FATAL_ERROR "fmt not found: install the package libfmt-dev")
endif()

# dcgan_package(NAME package): a library with a find module of CMake's own.
macro(dcgan_package name package)
  find_package(${name})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} not found: install the package ${package}")
  endif()
endmacro()
dcgan_package(ZLIB zlib1g-dev)
dcgan_package(JPEG libjpeg-dev)
dcgan_package(PNG libpng-dev)
dcgan_package(Freetype libfreetype-dev)

dcgan_header(webp webp/demux.h libwebp-dev)
foreach(library IN ITEMS webp webpdemux)
  find_library(DCGAN_${library} ${library} REQUIRED)
  target_link_libraries(dcgan_webp INTERFACE ${DCGAN_${library}})
endforeach()

# Debian's OpenCVConfig.cmake comes only with the complete libopencv-dev; three modules are enough.
dcgan_header(opencv opencv2/imgcodecs.hpp libopencv-imgcodecs-dev PATH_SUFFIXES opencv4)
foreach(module IN ITEMS core imgproc imgcodecs)
  find_library(DCGAN_OPENCV_${module} opencv_${module})
  if(NOT DCGAN_OPENCV_${module})
    message(FATAL_ERROR "OpenCV's ${module} not found: install the package libopencv-${module}-dev")
  endif()
  target_link_libraries(dcgan_opencv INTERFACE ${DCGAN_OPENCV_${module}})
endforeach()
