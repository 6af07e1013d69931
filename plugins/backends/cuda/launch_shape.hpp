#pragma once

#include <algorithm>
#include <cstdint>

namespace twopass::cuda {

// How a kernel is spread over the GPU: blocks_x * blocks_y blocks of threads_x * threads_y threads. Plain
// arithmetic, so that it is tested where there is no GPU.
struct LaunchShape {
  uint32_t blocks_x = 1, blocks_y = 1, threads_x = 1, threads_y = 1;
};

// What the hardware takes: 2^31 - 1 blocks along x but 65535 along y, 1024 threads in a block.
inline constexpr int64_t kMaximumBlocksX = 2147483647, kMaximumBlocksY = 65535;
inline constexpr int64_t kThreads = 256;
// Columns x rows of threads in a block that reduces columns.
inline constexpr int64_t kColumnLanes = 32, kRowLanes = 32;
// Rows and columns of a tile of the plain product.
inline constexpr int64_t kTile = 16;

inline int64_t divide_up(int64_t size, int64_t part) { return (size + part - 1) / part; }

// A power of two, as reductions within a block need: at least 32, at most kThreads, and no more than twice
// the columns.
inline uint32_t threads_for(int64_t columns) {
  uint32_t threads = 32;
  while (threads < kThreads && threads < columns) threads *= 2;
  return threads;
}

// One thread per element; rows along y. Kernels step on by the whole grid, so a grid that is cut short still
// covers everything.
inline LaunchShape cell_shape(int64_t rows, int64_t columns) {
  constexpr int64_t kMostBlocks = 1 << 20;
  LaunchShape shape;
  shape.threads_x = threads_for(columns);
  shape.blocks_x = static_cast<uint32_t>(std::min(divide_up(columns, shape.threads_x), kMostBlocks));
  shape.blocks_y = static_cast<uint32_t>(std::min(rows, kMaximumBlocksY));
  return shape;
}

// One block per row, whose threads step along the columns.
inline LaunchShape row_shape(int64_t rows, int64_t columns) {
  LaunchShape shape;
  shape.threads_x = threads_for(columns);
  shape.blocks_x = static_cast<uint32_t>(std::min(rows, kMaximumBlocksX));
  return shape;
}

// One block per tile of a product's result; rows of tiles along x, of which there may be more.
inline LaunchShape tile_shape(int64_t rows, int64_t columns) {
  LaunchShape shape;
  shape.threads_x = kTile;
  shape.threads_y = kTile;
  shape.blocks_x = static_cast<uint32_t>(std::min(divide_up(rows, kTile), kMaximumBlocksX));
  shape.blocks_y = static_cast<uint32_t>(std::min(divide_up(columns, kTile), kMaximumBlocksY));
  return shape;
}

// The largest power of two, up to 256, that divides an address or a distance in bytes.
inline uint32_t alignment_of(uint64_t bytes) {
  uint32_t alignment = 256;
  while (bytes % alignment != 0) alignment /= 2;
  return alignment;
}

}  // namespace twopass::cuda
