#include "run/effective_rank.hpp"

#include <Eigen/Eigenvalues>

namespace twopass::run {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Features that vary by less than this share of their length, squared, vary by the rounding of float32 alone.
constexpr double kRounding = 1e-12;

}  // namespace

double effective_rank(std::span<const float> values, int64_t rows, int64_t stride, int64_t first_column,
                      int64_t columns) {
  const Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>> features(values.data() + first_column, rows,
                                                                     columns, Eigen::OuterStride<>(stride));
  Eigen::MatrixXd centred = features.cast<double>();
  const double length = centred.squaredNorm();
  centred.rowwise() -= centred.colwise().mean().eval();
  if (centred.squaredNorm() <= kRounding * length) return 0;

  // The squares of the singular values are the eigenvalues of either Gram matrix: the smaller one is enough.
  // In float64, for the square root of a rounding error would count for much.
  const int64_t size = std::min(rows, columns);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(size, size);
  if (rows <= columns)
    gram.selfadjointView<Eigen::Lower>().rankUpdate(centred);
  else
    gram.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram, Eigen::EigenvaluesOnly);
  const Eigen::ArrayXd singular = solver.eigenvalues().array().max(0).sqrt();
  const Eigen::ArrayXd share = singular / singular.sum();
  const double entropy = -(share > 0).select(share * share.max(1e-300).log(), 0).sum();
  return std::exp(entropy);
}

}  // namespace twopass::run
