# Everything is a package of Debian 12; docs/decisions/0002-dependencies.md says why each.
# Debian has no Protobuf CMake config: the module first, then gRPC's config.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(fmt REQUIRED)

# Asio and Beast are header-only; Asio's own code is compiled once, in common/base/asio.cc.
add_library(tajo_boost INTERFACE)
target_link_libraries(tajo_boost INTERFACE Boost::headers Threads::Threads OpenSSL::SSL OpenSSL::Crypto)
target_compile_definitions(tajo_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION)

# An allocator that makes many short-lived objects cheaper than the C library's; not under sanitizers,
# which have their own.
add_library(tajo_allocator INTERFACE)
target_link_libraries(tajo_allocator INTERFACE $<$<CONFIG:Release>:mimalloc>)
