// The threads of a block as coroutines of one thread. They take turns first to last, then last to first, and
// so on, and blocks go last to first: a kernel that needs another order than its barriers ask for gives wrong
// results.

#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cuda/kernel_launch.cuh"

namespace twopass::cuda {

Index threadIdx{}, blockIdx{}, blockDim{}, gridDim{};

namespace {

constexpr size_t kStackBytes = 64 << 10, kMostThreads = 1024;

// Jumps cost a few nanoseconds; swapcontext, two calls of the system. It is needed for the first turn only.
struct Thread {
  std::unique_ptr<char[]> stack;
  jmp_buf resume;
  bool done = false;
};

std::vector<Thread> threads(kMostThreads);
Thread* current = nullptr;
jmp_buf scheduler;
const std::function<void()>* body = nullptr;
bool forwards = true;

void give_up_turn() {
  if (_setjmp(current->resume) == 0) _longjmp(scheduler, 1);
}

void live() {
  for (;;) {
    (*body)();
    current->done = true;
    give_up_turn();
  }
}

void take_turn(Thread& thread) {
  current = &thread;
  if (_setjmp(scheduler) != 0) return;
  if (thread.stack != nullptr) _longjmp(thread.resume, 1);
  thread.stack = std::make_unique<char[]>(kStackBytes);
  ucontext_t start{};
  getcontext(&start);
  start.uc_stack.ss_sp = thread.stack.get();
  start.uc_stack.ss_size = kStackBytes;
  makecontext(&start, &live, 0);
  setcontext(&start);
}

void run_block() {
  const size_t count = size_t{blockDim.x} * blockDim.y;
  for (size_t index = 0; index < count; ++index) threads[index].done = false;
  size_t done = 0;
  while (done < count) {
    for (size_t turn = 0; turn < count; ++turn) {
      const size_t index = forwards ? turn : count - 1 - turn;
      threadIdx = {static_cast<unsigned>(index % blockDim.x), static_cast<unsigned>(index / blockDim.x)};
      take_turn(threads[index]);
      done += threads[index].done ? 1 : 0;
    }
    forwards = !forwards;
    if (done != 0 && done != count)
      throw std::logic_error("a kernel has a __syncthreads that not all threads of a block reach");
  }
}

}  // namespace

void __syncthreads() { give_up_turn(); }

void run_grid(const LaunchShape& shape, const std::function<void()>& thread) {
  const bool fits = shape.blocks_x >= 1 && shape.blocks_y >= 1 && shape.blocks_x <= kMaximumBlocksX &&
                    shape.blocks_y <= kMaximumBlocksY &&
                    size_t{shape.threads_x} * shape.threads_y <= kMostThreads;
  if (!fits) throw std::logic_error("a kernel is started in a shape that no GPU takes");
  body = &thread;
  blockDim = {shape.threads_x, shape.threads_y};
  gridDim = {shape.blocks_x, shape.blocks_y};
  for (unsigned y = shape.blocks_y; y-- > 0;)
    for (unsigned x = shape.blocks_x; x-- > 0;) {
      blockIdx = {x, y};
      run_block();
    }
}

}  // namespace twopass::cuda
