// What a wrong program is told.

#include "twopass/validate.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "support/error_of.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::test {

namespace {

using ::testing::HasSubstr;

class Validate : public ::testing::Test {
 protected:
  Tensor tensor(const std::string& name, int64_t rows, int64_t columns,
                twopass_type type = TWOPASS_F32) const {
    return device_.tensor(name, TWOPASS_INPUT, rows, columns, type);
  }
  static std::string complaint(const Program& recorded) { return complaint(recorded.abi_program()); }
  static std::string complaint(const twopass_program& recorded) {
    return error_of([&] { validate(recorded); }, TWOPASS_INTERNAL);
  }

  testing::ReferenceDevice owner_;
  Device device_ = owner_.device();
  Program program_{"ff.step"};
};

TEST_F(Validate, AcceptsWhatFits) {
  const Tensor out = tensor("out", 2, 4), temp = program_.temp("temp", 2, 3);
  program_.fill(temp, 1);
  program_.gemm(
      {.a = temp, .b = tensor("w", 4, 3), .out = out, .transpose_b = true, .bias = tensor("bias", 1, 4)});
  program_.unary(TWOPASS_RELU, out, out);
  program_.copy(out.column_range(0, 2), out.column_range(2, 2));
  EXPECT_NO_THROW(validate(program_.abi_program()));
}

TEST_F(Validate, NamesProgramOpAndShapes) {
  program_.fill(tensor("z", 1, 1), 0);
  program_.gemm({.a = tensor("images", 200, 784),
                 .b = tensor("weight", 2000, 700),
                 .out = tensor("h", 200, 2000),
                 .transpose_b = true});
  EXPECT_EQ(complaint(program_),
            "program 'ff.step', op 1 gemm: a [200, 784] times b [2000, 700] transposed: the inner sizes 784 "
            "and 700 "
            "differ (a 'images' [200, 784], b 'weight' [2000, 700], out 'h' [200, 2000])");
}

TEST_F(Validate, RefusesAWrongShape) {
  program_.gemm({.a = tensor("a", 2, 3),
                 .b = tensor("b", 3, 4),
                 .out = tensor("out", 2, 4),
                 .bias = tensor("bias", 1, 3)});
  EXPECT_THAT(complaint(program_), HasSubstr("op 0 gemm: bias must be [1, 4]"));
}

TEST_F(Validate, RefusesAWrongType) {
  program_.gather_rows(tensor("in", 3, 2), tensor("index", 2, 1), tensor("out", 2, 2));
  EXPECT_THAT(complaint(program_), HasSubstr("index 'index' [2, 1] is of type float32"));
}

TEST_F(Validate, RefusesAMissingOperand) {
  program_.unary(TWOPASS_RELU, tensor("x", 1, 1), {});
  EXPECT_THAT(complaint(program_), HasSubstr("operand out is missing"));
}

TEST_F(Validate, RefusesRoundingToIntegers) {
  program_.copy(tensor("x", 2, 2), tensor("i", 2, 2, TWOPASS_I32));
  EXPECT_THAT(complaint(program_), HasSubstr("an integer out must be copied from the same type"));
}

TEST_F(Validate, RefusesPartialOverlap) {
  const Tensor x = tensor("x", 4, 4);
  program_.unary(TWOPASS_RELU, x.row_range(0, 3), x.row_range(1, 3));
  EXPECT_THAT(complaint(program_), HasSubstr("overlaps an input without being the same rectangle"));
}

TEST_F(Validate, RefusesAProductInPlace) {
  const Tensor x = tensor("x", 2, 2);
  program_.gemm({.a = x, .b = tensor("b", 2, 2), .out = x});
  EXPECT_THAT(complaint(program_), HasSubstr("an output overlaps an input"));
}

TEST_F(Validate, RefusesTwoOutputsInOnePlace) {
  const Tensor h = tensor("h", 3, 2), rows = tensor("rows", 3, 1);
  program_.goodness_loss({.h = h, .goodness = rows, .loss = rows});
  EXPECT_THAT(complaint(program_), HasSubstr("two outputs overlap"));
}

TEST_F(Validate, RefusesAViewOutsideOfItsBuffer) {
  program_.fill(tensor("x", 2, 3), 0);
  twopass_program wrong = program_.abi_program();
  twopass_op op = wrong.ops[0];
  op.out[0].first = 1;
  wrong.ops = &op;
  EXPECT_THAT(complaint(wrong), HasSubstr("does not lie within the buffer's [2, 3]"));
}

TEST_F(Validate, RefusesReadingATempBeforeItIsWritten) {
  program_.unary(TWOPASS_RELU, program_.temp("scratch", 1, 1), tensor("out", 1, 1));
  EXPECT_THAT(complaint(program_), HasSubstr("reads temp 'scratch', to which no op before it writes"));
}

TEST_F(Validate, RefusesAdamWithoutItsSlots) {
  const Tensor x = tensor("x", 1, 1);
  program_.optimizer({.gradient = x,
                      .weight = tensor("w", 1, 1),
                      .first_moment = tensor("m", 1, 1),
                      .second_moment = tensor("v", 1, 1),
                      .learning_rate = program_.slot()});
  EXPECT_THAT(complaint(program_), HasSubstr("Adam's step must be a slot"));
}

TEST_F(Validate, RefusesFunctionsWithoutAGradient) {
  const Tensor x = tensor("x", 1, 1);
  program_.unary_gradient(TWOPASS_SQUARE, x, x, tensor("dx", 1, 1));
  EXPECT_THAT(complaint(program_), HasSubstr("have a gradient from their output"));
}

TEST_F(Validate, RowOffsetsMustStayInside) {
  program_.gather_rows(tensor("in", 3, 2), tensor("index", 10, 1, TWOPASS_I32), tensor("out", 4, 2),
                       program_.slot());
  const CompiledProgram compiled = device_.compile(program_);
  EXPECT_NO_THROW(compiled.run({6}));
  for (const double offset : {7.0, -1.0, 0.5})
    EXPECT_THAT(error_of([&] { compiled.run({offset}); }),
                HasSubstr("program 'ff.step', op 0 gather_rows: its row offset is"));
}

}  // namespace
}  // namespace twopass::test
