// Which temps backends keep in bfloat16 alone.

#include "listing/narrowing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "listing/rounding.hpp"
#include "twopass/op_table.hpp"
#include "twopass/program.hpp"

namespace twopass::listing {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kRows = 4, kWidth = 3;

class Narrowing : public ::testing::Test {
 protected:
  // Each op as "name inputs -> outputs", bfloat16 in brackets, with the first element of a view if that is
  // not 0. Products of more than two columns round; others read bfloat16 where it is exact. Normalisation and
  // the loss write bfloat16, column sums read it.
  std::vector<std::string> narrowed() const {
    Listing listing(program_.abi_program());
    round_factors(listing,
                  {.rounds = [](const twopass_op& gemm) { return gemm.out[0].columns > 2; },
                   .working_copy = [](const twopass_buffer&) -> Backend::Storage* { return nullptr; },
                   .takes_widened = [](const twopass_op&) { return true; }});
    narrow_temps(listing, {.reads = [](const twopass_op& op) { return op.code == TWOPASS_OP_COLUMN_REDUCE; },
                           .writes =
                               [](const twopass_op& op, size_t output) {
                                 return op.code == TWOPASS_OP_GOODNESS_LOSS
                                            ? output == 2
                                            : op.code == TWOPASS_OP_ROW_NORMALIZE && output == 0;
                               }});
    std::vector<std::string> ops;
    for (const Listing::Entry& entry : listing.entries) {
      std::string text = op_name(entry.op.code);
      const auto add = [&](const twopass_view& view) {
        if (view.buffer < 0) return;
        const twopass_buffer& buffer = listing.buffers[static_cast<size_t>(view.buffer)];
        const std::string name = buffer.name + (view.first > 0 ? "+" + std::to_string(view.first) : "");
        text += buffer.type == TWOPASS_BF16 ? " [" + name + "]" : " " + name;
      };
      for (const twopass_view& view : entry.op.in) add(view);
      text += " ->";
      for (const twopass_view& view : entry.op.out) add(view);
      ops.push_back(text);
    }
    return ops;
  }

  void normalize(const Tensor& from, const Tensor& to) {
    program_.row_normalize(TWOPASS_LAYER_NORM, from, to, Tensor(), 1e-5);
  }
  // out = x x^T
  void multiply(const Tensor& x, const Tensor& out) {
    program_.gemm({.a = x, .b = x, .out = out, .transpose_b = true});
  }
  // x = h normalised, out = x x^T
  void multiply_normalized() {
    program_.fill(h_, 1);
    normalize(h_, x_);
    multiply(x_, out_);
  }

  Program program_{"test"};
  Tensor h_ = program_.temp("h", kRows, kWidth), x_ = program_.temp("x", kRows, kWidth),
         out_ = program_.temp("out", kRows, kRows), sums_ = program_.temp("sums", 1, kWidth);
};

TEST_F(Narrowing, WritesRoundedWhatOnlyProductsRead) {
  multiply_normalized();
  EXPECT_THAT(narrowed(),
              ElementsAre("fill -> h", "row_normalize h -> [rounded]", "gemm [rounded] [rounded] -> out"));
}

TEST_F(Narrowing, DoesSoInPlace) {
  program_.fill(h_, 1);
  normalize(h_, h_);
  multiply(h_, out_);
  EXPECT_THAT(narrowed(),
              ElementsAre("fill -> h", "row_normalize h -> [rounded]", "gemm [rounded] [rounded] -> out"));
}

TEST_F(Narrowing, LeavesWhatAnotherOpReads) {
  multiply_normalized();
  program_.binary(TWOPASS_ADD, h_, x_, h_);
  EXPECT_THAT(narrowed(), ElementsAre("fill -> h", "row_normalize h -> x", "copy x -> [rounded]",
                                      "gemm [rounded] [rounded] -> out", "binary h x -> h"));
}

TEST_F(Narrowing, LeavesWhatAnotherOpReadsInPart) {
  multiply_normalized();
  program_.fill(x_.row_range(0, 1), 2);
  program_.binary(TWOPASS_ADD, h_, x_, h_);
  EXPECT_THAT(narrowed(), ElementsAre("fill -> h", "row_normalize h -> x", "copy x -> [rounded]",
                                      "gemm [rounded] [rounded] -> out", "fill -> x", "binary h x -> h"));
}

// A copy to a row that a slot gives leaves the other rows.
TEST_F(Narrowing, LeavesWhatIsOverwrittenInAnyRow) {
  const Slot row = program_.slot();
  const Tensor line = program_.temp("line", 1, kWidth);
  program_.fill(line, 1);
  multiply_normalized();
  program_.copy(line, x_, {.out_row = row});
  program_.binary(TWOPASS_ADD, h_, x_, h_);
  EXPECT_THAT(narrowed(), ::testing::Contains("row_normalize h -> x"));
}

TEST_F(Narrowing, LeavesWhatAnotherOpAddsTo) {
  multiply_normalized();
  program_.gemm({.a = out_, .b = h_, .out = x_, .beta = 1});
  EXPECT_THAT(narrowed(), ::testing::Contains("row_normalize h -> x"));
}

TEST_F(Narrowing, ForgetsWhatIsWrittenAnew) {
  multiply_normalized();
  program_.fill(x_, 2);
  program_.binary(TWOPASS_ADD, h_, x_, h_);
  EXPECT_THAT(narrowed(), ElementsAre("fill -> h", "row_normalize h -> [rounded]",
                                      "gemm [rounded] [rounded] -> out", "fill -> x", "binary h x -> h"));
}

TEST_F(Narrowing, LeavesWhatIsReadRoundedInTwoWays) {
  multiply_normalized();
  multiply(x_.row_range(0, 2), out_.row_range(0, 2).column_range(0, 2));
  EXPECT_THAT(narrowed(), ::testing::Contains("row_normalize h -> x"));
}

TEST_F(Narrowing, LeavesWhatTheOpCannotWrite) {
  program_.fill(h_, 1);
  multiply(h_, out_);
  EXPECT_THAT(narrowed(), ElementsAre("fill -> h", "copy h -> [rounded]", "gemm [rounded] [rounded] -> out"));
}

// FF's gradient: column sums can do with the rounded one, so that it need not be there twice.
TEST_F(Narrowing, GivesColumnSumsTheRoundedOne) {
  program_.fill(h_, 1);
  program_.goodness_loss({.h = h_, .positive_rows = 2, .threshold = 1, .scale = 1, .gradient = x_});
  program_.column_reduce(TWOPASS_SUM, x_, sums_);
  multiply(x_, out_);
  EXPECT_THAT(narrowed(), ElementsAre("fill -> h", "goodness_loss h -> [rounded]",
                                      "column_reduce [rounded] -> sums", "gemm [rounded] [rounded] -> out"));
}

// Where the floats stay, sums keep them.
TEST_F(Narrowing, LeavesColumnSumsOfWhatTheOpCannotWrite) {
  program_.fill(x_, 1);
  program_.column_reduce(TWOPASS_SUM, x_, sums_);
  multiply(x_, out_);
  EXPECT_THAT(narrowed(), ::testing::Contains("column_reduce x -> sums"));
}

TEST_F(Narrowing, LeavesColumnSumsOfWhatAnotherOpReads) {
  program_.fill(h_, 1);
  normalize(h_, x_);
  program_.column_reduce(TWOPASS_SUM, x_, sums_);
  multiply(x_, out_);
  program_.binary(TWOPASS_ADD, h_, x_, h_);
  EXPECT_THAT(narrowed(), ::testing::IsSupersetOf({"row_normalize h -> x", "column_reduce x -> sums"}));
}

TEST_F(Narrowing, LeavesColumnSumsOfWhatIsPartlyWrittenAnew) {
  multiply_normalized();
  program_.fill(x_.row_range(0, 1), 2);
  program_.column_reduce(TWOPASS_SUM, x_, sums_);
  EXPECT_THAT(narrowed(), ::testing::IsSupersetOf({"row_normalize h -> x", "column_reduce x -> sums"}));
}

// A trainer may round by itself, and then use the memory for something else.
TEST_F(Narrowing, LeavesColumnSumsOfWhatIsNoLongerThereRounded) {
  const Tensor narrow = program_.temp("narrow", kRows, kWidth, TWOPASS_BF16);
  program_.fill(h_, 1);
  normalize(h_, x_);
  program_.copy(x_, narrow);
  program_.fill(narrow, 2);
  program_.column_reduce(TWOPASS_SUM, x_, sums_);
  EXPECT_THAT(narrowed(), ::testing::IsSupersetOf({"row_normalize h -> x", "column_reduce x -> sums"}));
}

TEST_F(Narrowing, GivesNoSumsOfAnOlderValue) {
  multiply_normalized();
  program_.fill(x_, 2);
  program_.column_reduce(TWOPASS_SUM, x_, sums_);
  EXPECT_THAT(narrowed(), ::testing::Contains("column_reduce x -> sums"));
}

// Features of probes, which are kept in bfloat16.
class Widened : public Narrowing {
 protected:
  Widened() {
    program_.fill(narrow_, 1);
    program_.copy(narrow_, x_);
  }
  // out = two columns of x, times each other
  void multiply_columns(const Tensor& x) {
    program_.gemm({.a = x, .b = x, .out = pair_, .transpose_a = true});
  }
  Tensor narrow_ = program_.temp("narrow", kRows, kWidth, TWOPASS_BF16), pair_ = program_.temp("pair", 2, 2);
};

TEST_F(Widened, IsReadFromWhereItWas) {
  multiply(x_.row_range(1, 3), out_.row_range(0, 3).column_range(0, 3));
  EXPECT_THAT(narrowed(), ElementsAre("fill -> [narrow]", "gemm [narrow+3] [narrow+3] -> out"));
}

TEST_F(Widened, IsReadByOpsThatRoundNothing) {
  multiply_columns(x_.column_range(1, 2));
  EXPECT_THAT(narrowed(),
              ElementsAre("fill -> [narrow]", "copy [narrow] -> x", "gemm [narrow+1] x+1 -> pair"));
}

TEST_F(Widened, IsForgottenWhenEitherIsWrittenAnew) {
  program_.fill(narrow_, 2);
  multiply(x_, out_);
  EXPECT_THAT(narrowed(), ElementsAre("fill -> [narrow]", "copy [narrow] -> x", "copy x -> [rounded]",
                                      "fill -> [narrow]", "gemm [rounded] [rounded] -> out"));
}

TEST_F(Widened, IsNotThereBesideIt) {
  program_.fill(h_, 1);
  program_.copy(narrow_.column_range(0, 2), h_.column_range(0, 2));
  multiply(h_, out_);
  EXPECT_THAT(narrowed(), ::testing::Contains("gemm [rounded] [rounded] -> out"));
}

// Rows may lie farther apart where they come from.
TEST_F(Widened, IsReadFromWiderRows) {
  const Tensor wide = program_.temp("wide", kRows, 8, TWOPASS_BF16);
  program_.fill(wide, 1);
  program_.copy(wide.column_range(4, kWidth), h_);
  multiply(h_.row_range(1, 3), out_.row_range(0, 3).column_range(0, 3));
  EXPECT_THAT(narrowed(), ::testing::Contains("gemm [wide+12] [wide+12] -> out"));
}

TEST_F(Widened, IsNotScaled) {
  program_.copy(narrow_, h_, {.scale = 2});
  multiply(h_, out_);
  EXPECT_THAT(narrowed(), ::testing::Contains("gemm [rounded] [rounded] -> out"));
}

}  // namespace
}  // namespace twopass::listing
