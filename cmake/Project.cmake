# What every target of the project shares: warnings, include root, the precompiled LibTorch header,
# and the run-time search path of LibTorch's libraries.
include(GNUInstallDirs)

list(APPEND CMAKE_BUILD_RPATH ${DCGAN_TORCH_LIBRARY_DIRS})
list(APPEND CMAKE_INSTALL_RPATH ${DCGAN_TORCH_LIBRARY_DIRS})

add_library(dcgan_options INTERFACE)
target_include_directories(dcgan_options INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/src")
target_compile_options(dcgan_options INTERFACE -Wall -Wextra -Wshadow=local -Wnon-virtual-dtor)
# GCC 12 warns of an overlap in std::string that cannot happen (GCC bug 105651).
target_compile_options(dcgan_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(DCGAN_WARNINGS_AS_ERRORS)
  target_compile_options(dcgan_options INTERFACE -Werror)
endif()
find_package(Threads REQUIRED)
target_link_libraries(dcgan_options INTERFACE dcgan::libtorch Threads::Threads)

# LibTorch's headers are compiled once, here, and every target that includes them reuses the result.
# Not <torch/torch.h>: with it even an empty file takes six seconds, with these two.
file(WRITE "${CMAKE_BINARY_DIR}/pch/empty.cpp" "")
add_library(dcgan_pch OBJECT "${CMAKE_BINARY_DIR}/pch/empty.cpp")
target_link_libraries(dcgan_pch PRIVATE dcgan_options)
target_precompile_headers(dcgan_pch PRIVATE
  <torch/types.h>
  <torch/csrc/autograd/autograd.h>
  <torch/csrc/autograd/custom_function.h>
  <torch/nn/cloneable.h>
  <torch/nn/modules/container/any.h>
  <torch/nn/modules/conv.h>)

# Most of a source's compile time is LibTorch's headers, so several are compiled together (off: DCGAN_UNITY).
# Six: a change in one of them is compiled in ten to fifteen seconds.
function(dcgan_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${DCGAN_UNITY} UNITY_BUILD_BATCH_SIZE 6)
endfunction()

# dcgan_library(NAME source...): a static library of one room of the house.
function(dcgan_library name)
  add_library(${name} STATIC ${ARGN})
  add_library(dcgan::${name} ALIAS ${name})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME dcgan_${name})
  target_link_libraries(${name} PUBLIC dcgan_options)
  target_precompile_headers(${name} REUSE_FROM dcgan_pch)
  dcgan_compile_together(${name})
endfunction()

# dcgan_without_libtorch(source...): these need no LibTorch header, so not the precompiled one either, and compile
# quickly one by one.
function(dcgan_without_libtorch)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
