#include <iterator>

#include "cuda/device_code.cuh"

namespace twopass::cuda {

namespace {

struct Values {
  double value[128];
};

__global__ void write_values_kernel(const __grid_constant__ Values values, double* out, int64_t count) {
  for (int64_t index = first_column(); index < count; index += column_step())
    out[index] = values.value[index];
}

__device__ float load(const AnyMatrix& matrix, int64_t index) {
  switch (matrix.type) {
    case TWOPASS_F32:
      return static_cast<const float*>(matrix.data)[index];
    case TWOPASS_I32:
      return static_cast<float>(static_cast<const int32_t*>(matrix.data)[index]);
    case TWOPASS_U8:
      return static_cast<float>(static_cast<const uint8_t*>(matrix.data)[index]);
    default:
      return from_bfloat16(static_cast<const uint16_t*>(matrix.data)[index]);
  }
}

__global__ void convert_kernel(AnyMatrix in, RowOffset in_row, AnyMatrix out, RowOffset out_row, Cells cells,
                               float scale, float shift) {
  const int64_t in_first = row_of(in_row) * in.stride, out_first = row_of(out_row) * out.stride;
  each(cells, [&](int64_t row, int64_t column) {
    const float value = scale * load(in, in_first + row * in.stride + column) + shift;
    const int64_t index = out_first + row * out.stride + column;
    if (out.type == TWOPASS_BF16)
      static_cast<uint16_t*>(out.data)[index] = to_bfloat16(value);
    else
      static_cast<float*>(out.data)[index] = value;
  });
}

// Bits as they are.
template <class T>
__global__ void move_kernel(AnyMatrix in, RowOffset in_row, AnyMatrix out, RowOffset out_row, Cells cells) {
  const T* from = static_cast<const T*>(in.data) + row_of(in_row) * in.stride;
  T* to = static_cast<T*>(out.data) + row_of(out_row) * out.stride;
  each(cells,
       [&](int64_t row, int64_t column) { to[row * out.stride + column] = from[row * in.stride + column]; });
}

template <class T>
__global__ void fill_kernel(AnyMatrix out, T value, Cells cells) {
  each(cells,
       [&](int64_t row, int64_t column) { static_cast<T*>(out.data)[row * out.stride + column] = value; });
}

__device__ float softplus(float x) { return (x > 0 ? x : 0.0F) + log1pf(expf(-fabsf(x))); }

__device__ float unary_value(int32_t function, float x) {
  switch (function) {
    case TWOPASS_RELU:
      return relu(x);
    case TWOPASS_SQUARE:
      return x * x;
    case TWOPASS_SQRT:
      return sqrtf(x);
    case TWOPASS_RSQRT:
      return 1 / sqrtf(x);
    case TWOPASS_RECIPROCAL:
      return 1 / x;
    case TWOPASS_EXP:
      return expf(x);
    case TWOPASS_LOG:
      return logf(x);
    case TWOPASS_SOFTPLUS:
      return softplus(x);
    case TWOPASS_SIGMOID:
      return 1 / (1 + expf(-x));
    case TWOPASS_TANH:
      return tanhf(x);
    default:
      return x;
  }
}

__global__ void unary_kernel(int32_t function, Matrix<const float> in, Matrix<float> out, float scale,
                             float shift, Cells cells) {
  each(cells, [&](int64_t row, int64_t column) {
    at(out, row, column) = unary_value(function, scale * at(in, row, column) + shift);
  });
}

__device__ float unary_slope(int32_t function, float y) {
  switch (function) {
    case TWOPASS_SIGMOID:
      return y * (1 - y);
    case TWOPASS_TANH:
      return 1 - y * y;
    case TWOPASS_SOFTPLUS:
      return -expm1f(-y);
    case TWOPASS_EXP:
      return y;
    default:  // TWOPASS_SQRT
      return 0.5F / y;
  }
}

__global__ void unary_gradient_kernel(int32_t function, Matrix<const float> dy, Matrix<const float> y,
                                      Matrix<float> dx, Cells cells) {
  each(cells, [&](int64_t row, int64_t column) {
    const float slope_in = at(dy, row, column), value = at(y, row, column);
    at(dx, row, column) =
        function == TWOPASS_RELU ? (value <= 0 ? 0.0F : slope_in) : slope_in * unary_slope(function, value);
  });
}

__device__ float binary_value(int32_t function, float a, float b) {
  switch (function) {
    case TWOPASS_ADD:
      return a + b;
    case TWOPASS_MULTIPLY:
      return a * b;
    case TWOPASS_DIVIDE:
      return a / b;
    case TWOPASS_MAXIMUM:
      return a > b ? a : b;
    default:  // TWOPASS_MINIMUM
      return a < b ? a : b;
  }
}

// b's steps are 0 along a side that it does not have.
__global__ void binary_kernel(int32_t function, Matrix<const float> a, const float* b, int64_t b_row_step,
                              int64_t b_column_step, Matrix<float> out, float a_scale, float b_scale,
                              Cells cells) {
  each(cells, [&](int64_t row, int64_t column) {
    const float other = b[row * b_row_step + column * b_column_step];
    at(out, row, column) = binary_value(function, a_scale * at(a, row, column), b_scale * other);
  });
}

__global__ void select_kernel(Matrix<const float> mask, Matrix<const float> a, Matrix<const float> b,
                              Matrix<float> out, Cells cells) {
  each(cells, [&](int64_t row, int64_t column) {
    const float share = at(mask, row, column);
    at(out, row, column) = share * at(a, row, column) + (1 - share) * at(b, row, column);
  });
}

__global__ void epilogue_kernel(Matrix<float> out, Matrix<const float> bias, bool with_relu,
                                Matrix<const float> mask, Cells cells) {
  each(cells, [&](int64_t row, int64_t column) {
    float value = at(out, row, column);
    if (bias.data != nullptr) value += bias.data[column];
    if (with_relu) value = relu(value);
    at(out, row, column) = masked(mask, row, column, value);
  });
}

int64_t bytes_of(uint32_t type) { return type == TWOPASS_U8 ? 1 : type == TWOPASS_BF16 ? 2 : 4; }

}  // namespace

void write_values(const double* values, size_t count, double* out, cudaStream_t stream) {
  Values part{};
  for (size_t first = 0; first < count; first += std::size(part.value)) {
    const size_t length = std::min(count - first, std::size(part.value));
    std::copy_n(values + first, length, part.value);
    launch(write_values_kernel, cell_shape(1, static_cast<int64_t>(length)), stream, part, out + first,
           static_cast<int64_t>(length));
  }
}

void copy(const AnyMatrix& in, RowOffset in_row, const AnyMatrix& out, RowOffset out_row, int64_t rows,
          float scale, float shift, cudaStream_t stream) {
  // Offsets count rows of the stride, which a dense matrix's long row keeps.
  const Cells cells = cells_of(rows, in.columns, in, out);
  const LaunchShape shape = shape_of(cells);
  if (in.type != out.type || scale != 1 || shift != 0)
    return launch(convert_kernel, shape, stream, in, in_row, out, out_row, cells, scale, shift);
  if (bytes_of(in.type) == 1)
    return launch(move_kernel<uint8_t>, shape, stream, in, in_row, out, out_row, cells);
  if (bytes_of(in.type) == 2)
    return launch(move_kernel<uint16_t>, shape, stream, in, in_row, out, out_row, cells);
  launch(move_kernel<uint32_t>, shape, stream, in, in_row, out, out_row, cells);
}

void fill(const AnyMatrix& out, uint32_t bits, cudaStream_t stream) {
  const Cells cells = cells_of(out.rows, out.columns, out);
  const LaunchShape shape = shape_of(cells);
  if (bytes_of(out.type) == 1)
    return launch(fill_kernel<uint8_t>, shape, stream, out, static_cast<uint8_t>(bits), cells);
  if (bytes_of(out.type) == 2)
    return launch(fill_kernel<uint16_t>, shape, stream, out, static_cast<uint16_t>(bits), cells);
  launch(fill_kernel<uint32_t>, shape, stream, out, bits, cells);
}

void unary(int32_t function, Matrix<const float> in, Matrix<float> out, float scale, float shift,
           cudaStream_t stream) {
  const Cells cells = cells_of(out.rows, out.columns, in, out);
  launch(unary_kernel, shape_of(cells), stream, function, in, out, scale, shift, cells);
}

void unary_gradient(int32_t function, Matrix<const float> dy, Matrix<const float> y, Matrix<float> dx,
                    cudaStream_t stream) {
  const Cells cells = cells_of(dx.rows, dx.columns, dy, y, dx);
  launch(unary_gradient_kernel, shape_of(cells), stream, function, dy, y, dx, cells);
}

void binary(int32_t function, Matrix<const float> a, Matrix<const float> b, Matrix<float> out, float a_scale,
            float b_scale, cudaStream_t stream) {
  const bool whole = b.rows == out.rows && b.columns == out.columns;
  const Cells cells = whole ? cells_of(out.rows, out.columns, a, b, out) : Cells{out.rows, out.columns};
  launch(binary_kernel, shape_of(cells), stream, function, a, b.data, b.rows == 1 ? int64_t{0} : b.stride,
         int64_t{b.columns == 1 && !whole ? 0 : 1}, out, a_scale, b_scale, cells);
}

void select(Matrix<const float> mask, Matrix<const float> a, Matrix<const float> b, Matrix<float> out,
            cudaStream_t stream) {
  const Cells cells = cells_of(out.rows, out.columns, mask, a, b, out);
  launch(select_kernel, shape_of(cells), stream, mask, a, b, out, cells);
}

void epilogue(Matrix<float> out, Matrix<const float> bias, bool relu, Matrix<const float> mask,
              cudaStream_t stream) {
  // With a bias the column counts, so rows stay rows.
  const Cells cells =
      bias.data == nullptr ? cells_of(out.rows, out.columns, out, mask) : Cells{out.rows, out.columns};
  launch(epilogue_kernel, shape_of(cells), stream, out, bias, relu, mask, cells);
}

}  // namespace twopass::cuda
