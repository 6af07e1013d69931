#include "cuda/device_code.cuh"

// Elements are moved as bits of their size. An index that leads outside is reported and read as zero.

namespace twopass::cuda {

namespace {

template <class T>
__global__ void gather_rows_kernel(AnyMatrix in, Matrix<const int32_t> index, RowOffset offset, AnyMatrix out,
                                   Fault* fault) {
  const int64_t first = row_of(offset);
  for (int64_t row = blockIdx.y; row < out.rows; row += gridDim.y) {
    const int32_t source = at(index, first + row, 0);
    const bool inside = source >= 0 && source < in.rows;
    for (int64_t column = first_column(); column < out.columns; column += column_step()) {
      if (!inside) report(fault, Fault::kRowIndex, source);
      static_cast<T*>(out.data)[row * out.stride + column] =
          inside ? static_cast<const T*>(in.data)[source * in.stride + column] : T{0};
    }
  }
}

template <class T>
__global__ void gather_columns_kernel(AnyMatrix in, Matrix<const int32_t> maps, Matrix<const int32_t> choice,
                                      RowOffset offset, AnyMatrix out, T black, Fault* fault) {
  const int64_t first = row_of(offset);
  for (int64_t row = blockIdx.y; row < out.rows; row += gridDim.y) {
    const int32_t map = at(choice, first + row, 0);
    for (int64_t column = first_column(); column < out.columns; column += column_step()) {
      T value = black;
      if (map < 0 || map >= maps.rows) {
        report(fault, Fault::kMapChoice, map);
      } else {
        const int32_t source = at(maps, map, column);
        if (source < -1 || source >= in.columns)
          report(fault, Fault::kMapEntry, source);
        else if (source >= 0)
          value = static_cast<const T*>(in.data)[row * in.stride + source];
      }
      static_cast<T*>(out.data)[row * out.stride + column] = value;
    }
  }
}

__global__ void one_hot_kernel(Matrix<const int32_t> label, RowOffset offset, Matrix<float> out, float on,
                               float off) {
  const int64_t first = row_of(offset);
  for (int64_t row = blockIdx.y; row < out.rows; row += gridDim.y) {
    const int32_t hot = at(label, first + row, 0);
    for (int64_t column = first_column(); column < out.columns; column += column_step())
      at(out, row, column) = column == hot ? on : off;
  }
}

__global__ void clear_fault_kernel(Fault* fault) { *fault = {Fault::kNone, 0}; }

}  // namespace

void gather_rows(const AnyMatrix& in, Matrix<const int32_t> index, RowOffset offset, const AnyMatrix& out,
                 Fault* fault, cudaStream_t stream) {
  const LaunchShape shape = cell_shape(out.rows, out.columns);
  switch (out.type) {
    case TWOPASS_U8:
      return launch(gather_rows_kernel<uint8_t>, shape, stream, in, index, offset, out, fault);
    case TWOPASS_BF16:
      return launch(gather_rows_kernel<uint16_t>, shape, stream, in, index, offset, out, fault);
    default:
      return launch(gather_rows_kernel<uint32_t>, shape, stream, in, index, offset, out, fault);
  }
}

void gather_columns(const AnyMatrix& in, Matrix<const int32_t> maps, Matrix<const int32_t> choice,
                    RowOffset offset, const AnyMatrix& out, uint32_t black_bits, Fault* fault,
                    cudaStream_t stream) {
  const LaunchShape shape = cell_shape(out.rows, out.columns);
  switch (out.type) {
    case TWOPASS_U8:
      return launch(gather_columns_kernel<uint8_t>, shape, stream, in, maps, choice, offset, out, black_bits,
                    fault);
    case TWOPASS_BF16:
      return launch(gather_columns_kernel<uint16_t>, shape, stream, in, maps, choice, offset, out, black_bits,
                    fault);
    default:
      return launch(gather_columns_kernel<uint32_t>, shape, stream, in, maps, choice, offset, out, black_bits,
                    fault);
  }
}

void one_hot(Matrix<const int32_t> label, RowOffset offset, Matrix<float> out, float on, float off,
             cudaStream_t stream) {
  launch(one_hot_kernel, cell_shape(out.rows, out.columns), stream, label, offset, out, on, off);
}

void clear_fault(Fault* fault, cudaStream_t stream) {
  launch(clear_fault_kernel, LaunchShape{}, stream, fault);
}

}  // namespace twopass::cuda
