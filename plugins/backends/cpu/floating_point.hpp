#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace twopass::cpu {

// While it lives, the calling thread and the workers of its OpenMP pool treat denormals as zero: activities
// of dead units become denormal and would slow every loop that meets them. Ends with the state as it was,
// because the calling thread is the host's.
class FlushDenormals {
 public:
  explicit FlushDenormals(int threads) : threads_(threads) {
#if defined(__SSE2__)
    constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
    before_ = _mm_getcsr();
    set(before_ | kFlushToZero | kDenormalsAreZero);
#endif
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() { set(before_); }

 private:
  void set([[maybe_unused]] unsigned state) const {
#if defined(__SSE2__)
    _mm_setcsr(
        state);  // first here: LLVM's OpenMP hands the caller's state to the workers, and back at the end
#pragma omp parallel num_threads(threads_)
    _mm_setcsr(state);
#endif
  }

  int threads_;
  unsigned before_ = 0;
};

}  // namespace twopass::cpu
