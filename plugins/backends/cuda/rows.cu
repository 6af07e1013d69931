#include "cuda/device_code.cuh"

// One block per row; its threads step along the columns and join their sums in reduce_block. All threads of a
// block have the same row, so all reach every reduction. In place: the element that a thread writes last is
// one that only this thread reads after the reductions.

namespace twopass::cuda {

namespace {

// Sum over the row, or its largest value, of value(column).
template <class Value>
__device__ float row_sum(int64_t columns, const Value& value) {
  float sum = 0;
  for (int64_t column = threadIdx.x; column < columns; column += blockDim.x) sum += value(column);
  return reduce_block(sum, Add());
}
template <class Value>
__device__ float row_maximum(int64_t columns, const Value& value) {
  float largest = -INFINITY;
  for (int64_t column = threadIdx.x; column < columns; column += blockDim.x)
    largest = Larger()(largest, value(column));
  return reduce_block(largest, Larger());
}

__global__ void row_reduce_kernel(int32_t reduction, Matrix<const float> in, Matrix<float> out, float scale) {
  for (int64_t row = blockIdx.x; row < in.rows; row += gridDim.x) {
    const auto value = [&](int64_t column) { return at(in, row, column); };
    const auto square = [&](int64_t column) { return at(in, row, column) * at(in, row, column); };
    const float result = reduction == TWOPASS_MAX   ? row_maximum(in.columns, value)
                         : reduction == TWOPASS_SUM ? row_sum(in.columns, value)
                                                    : row_sum(in.columns, square);
    if (threadIdx.x == 0) at(out, row, 0) = scale * result;
  }
}

// Every thread begins with column 0, so that a NaN there wins as it does when columns are compared in order:
// nothing is larger than NaN. Of equals the lower column is kept.
__global__ void argmax_rows_kernel(Matrix<const float> in, Matrix<int32_t> out) {
  __shared__ float values[kThreads];
  __shared__ int32_t places[kThreads];
  for (int64_t row = blockIdx.x; row < in.rows; row += gridDim.x) {
    float best = at(in, row, 0);
    int32_t place = 0;
    for (int64_t column = threadIdx.x; column < in.columns; column += blockDim.x)
      if (at(in, row, column) > best) {
        best = at(in, row, column);
        place = static_cast<int32_t>(column);
      }
    values[threadIdx.x] = best;
    places[threadIdx.x] = place;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
      if (threadIdx.x < half) {
        const unsigned other = threadIdx.x + half;
        if (values[other] > values[threadIdx.x] ||
            (values[other] == values[threadIdx.x] && places[other] < places[threadIdx.x])) {
          values[threadIdx.x] = values[other];
          places[threadIdx.x] = places[other];
        }
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) at(out, row, 0) = places[0];
    __syncthreads();  // thread 0 has read it before the next row is written
  }
}

__device__ float reduction_scale(int32_t kind, int64_t columns) {
  return kind == TWOPASS_UNIT_LENGTH ? 1.0F : 1 / static_cast<float>(columns);
}

__global__ void row_normalize_kernel(int32_t kind, Matrix<const float> x, Matrix<float> out,
                                     Matrix<float> inverse, float epsilon) {
  for (int64_t row = blockIdx.x; row < x.rows; row += gridDim.x) {
    float mean = 0, factor = 1;
    if (kind == TWOPASS_LAYER_NORM)
      mean = row_sum(x.columns, [&](int64_t column) { return at(x, row, column); }) /
             static_cast<float>(x.columns);
    if (kind != TWOPASS_NORMALIZE_NONE) {
      const float squares = row_sum(x.columns, [&](int64_t column) {
        const float centred = at(x, row, column) - mean;
        return centred * centred;
      });
      factor = 1 / sqrtf(squares * reduction_scale(kind, x.columns) + epsilon);
    }
    for (int64_t column = threadIdx.x; column < x.columns; column += blockDim.x)
      at(out, row, column) = (at(x, row, column) - mean) * factor;
    if (inverse.data != nullptr && threadIdx.x == 0) at(inverse, row, 0) = factor;
  }
}

// With one column dx may lie where `inverse` lies: it is read before the reductions, and written after them.
__global__ void row_normalize_gradient_kernel(int32_t kind, Matrix<const float> dy, Matrix<const float> y,
                                              Matrix<const float> inverse, Matrix<const float> mask,
                                              Matrix<float> dx) {
  for (int64_t row = blockIdx.x; row < dy.rows; row += gridDim.x) {
    const float factor = kind == TWOPASS_NORMALIZE_NONE ? 1.0F : at(inverse, row, 0);
    float mean = 0, projection = 0;
    if (kind == TWOPASS_LAYER_NORM)
      mean = row_sum(dy.columns, [&](int64_t column) { return at(dy, row, column); }) /
             static_cast<float>(dy.columns);
    if (kind != TWOPASS_NORMALIZE_NONE)
      projection =
          row_sum(dy.columns, [&](int64_t column) { return at(dy, row, column) * at(y, row, column); }) *
          reduction_scale(kind, dy.columns);
    for (int64_t column = threadIdx.x; column < dy.columns; column += blockDim.x)
      at(dx, row, column) =
          masked(mask, row, column, factor * (at(dy, row, column) - mean - at(y, row, column) * projection));
  }
}

// Scalars of one row, in double: they are few, and norms of large layers lose digits. Returns what the
// activity is multiplied with to give the gradient.
__device__ float row_loss(const GoodnessLoss& loss, int64_t row, double squares) {
  double goodness = squares, slope = 2;  // d goodness/dh = slope * h
  if (loss.kind == TWOPASS_MEAN_SQUARES_GOODNESS) {
    goodness = squares / static_cast<double>(loss.h.columns);
    slope = 2 / static_cast<double>(loss.h.columns);
  } else if (loss.kind == TWOPASS_NORM) {
    goodness = sqrt(squares);
    slope = goodness > 0 ? 1 / goodness : 0.0;
  }
  const double sign = row < loss.positive_rows ? -1 : 1;
  const double excess = sign * (goodness - loss.threshold);
  if (loss.goodness.data != nullptr) at(loss.goodness, row, 0) = static_cast<float>(goodness);
  if (loss.loss.data != nullptr)
    at(loss.loss, row, 0) = static_cast<float>((excess > 0 ? excess : 0.0) + log1p(exp(-fabs(excess))));
  return static_cast<float>(loss.scale * sign * slope / (1 + exp(-excess)));
}

__global__ void goodness_loss_kernel(GoodnessLoss loss) {
  __shared__ float coefficient;
  for (int64_t row = blockIdx.x; row < loss.h.rows; row += gridDim.x) {
    const float squares = row_sum(
        loss.h.columns, [&](int64_t column) { return at(loss.h, row, column) * at(loss.h, row, column); });
    if (threadIdx.x == 0) coefficient = row_loss(loss, row, static_cast<double>(squares));
    __syncthreads();
    if (loss.gradient.data != nullptr)
      for (int64_t column = threadIdx.x; column < loss.h.columns; column += blockDim.x)
        at(loss.gradient, row, column) = coefficient * at(loss.h, row, column);
    __syncthreads();  // all have read the coefficient before the next row's is written
  }
}

__global__ void softmax_cross_entropy_kernel(Matrix<const float> logits, Matrix<const int32_t> label,
                                             Matrix<float> loss, Matrix<float> gradient, float scale,
                                             Fault* fault) {
  for (int64_t row = blockIdx.x; row < logits.rows; row += gridDim.x) {
    int32_t target = at(label, row, 0);
    if (target >= logits.columns) {
      if (threadIdx.x == 0) report(fault, Fault::kLabel, target);
      target = -1;
    }
    const float largest =
        row_maximum(logits.columns, [&](int64_t column) { return at(logits, row, column); });
    const float total =
        row_sum(logits.columns, [&](int64_t column) { return expf(at(logits, row, column) - largest); });
    if (loss.data != nullptr && threadIdx.x == 0)
      at(loss, row, 0) = target < 0 ? 0.0F : logf(total) + (largest - at(logits, row, target));
    if (gradient.data == nullptr) continue;
    for (int64_t column = threadIdx.x; column < logits.columns; column += blockDim.x) {
      const float probability = expf(at(logits, row, column) - largest) / total;
      at(gradient, row, column) =
          target < 0 ? 0.0F : scale * (probability - (column == target ? 1.0F : 0.0F));
    }
  }
}

}  // namespace

void row_reduce(int32_t reduction, Matrix<const float> in, Matrix<float> out, float scale,
                cudaStream_t stream) {
  launch(row_reduce_kernel, row_shape(in.rows, in.columns), stream, reduction, in, out, scale);
}

void argmax_rows(Matrix<const float> in, Matrix<int32_t> out, cudaStream_t stream) {
  launch(argmax_rows_kernel, row_shape(in.rows, in.columns), stream, in, out);
}

void row_normalize(int32_t kind, Matrix<const float> x, Matrix<float> out, Matrix<float> inverse,
                   float epsilon, cudaStream_t stream) {
  launch(row_normalize_kernel, row_shape(x.rows, x.columns), stream, kind, x, out, inverse, epsilon);
}

void row_normalize_gradient(int32_t kind, Matrix<const float> dy, Matrix<const float> y,
                            Matrix<const float> inverse, Matrix<const float> mask, Matrix<float> dx,
                            cudaStream_t stream) {
  launch(row_normalize_gradient_kernel, row_shape(dy.rows, dy.columns), stream, kind, dy, y, inverse, mask,
         dx);
}

void goodness_loss(const GoodnessLoss& loss, cudaStream_t stream) {
  launch(goodness_loss_kernel, row_shape(loss.h.rows, loss.h.columns), stream, loss);
}

void softmax_cross_entropy(Matrix<const float> logits, Matrix<const int32_t> label, Matrix<float> loss,
                           Matrix<float> gradient, float scale, Fault* fault, cudaStream_t stream) {
  launch(softmax_cross_entropy_kernel, row_shape(logits.rows, logits.columns), stream, logits, label, loss,
         gradient, scale, fault);
}

}  // namespace twopass::cuda
