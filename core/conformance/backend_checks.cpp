// Backends: storage, and every op against the float64 reference.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "conformance/check.hpp"
#include "conformance/op_check.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

std::unique_ptr<host::HostDevice> open(Subject& subject) {
  return std::make_unique<host::HostDevice>(subject.plugin(), subject.values().values());
}

// body(device); without a device for it, the reason is the verdict.
template <class Body>
Verdict with_device(Subject& subject, const Body& body) {
  std::unique_ptr<host::HostDevice> device;
  try {
    device = open(subject);
  } catch (const Error& e) {
    if (e.status() == TWOPASS_UNAVAILABLE) return skip(e.what());
    throw;
  }
  return body(*device);
}

Verdict says_what_it_is(Subject& subject) {
  return with_device(subject, [](host::HostDevice& device) {
    const twopass_backend_info& info = device.info();
    constexpr uint32_t kNeeded = 1U << TWOPASS_F32 | 1U << TWOPASS_I32 | 1U << TWOPASS_U8;
    if ((info.types & kNeeded) != kNeeded) return fail("it lacks buffers of float32, int32 or uint8");
    if (info.device[0] == '\0' || info.precision[0] == '\0')
      return fail("it does not name device and precision");
    return pass(fmt::format("{}, {}, {} threads", info.device, info.precision, info.threads));
  });
}

// Zero-filled at first; then what was uploaded, in parts, comes back.
template <class T>
std::string storage_fault(const Device& device, twopass_type type) {
  const Tensor tensor = device.tensor("storage", TWOPASS_INPUT, 7, 3, type);
  std::vector<T> expected(21);
  if (device.download<T>(tensor) != expected) return "a new buffer is not zero";
  std::iota(expected.begin(), expected.end(), T{1});
  device.upload(tensor, expected);
  if (device.download<T>(tensor) != expected) return "what was uploaded does not come back";
  const std::vector<T> part{101, 102, 103, 104, 105, 106};
  device.upload_rows(tensor, 4, std::span<const T>(part));
  std::ranges::copy(part, expected.begin() + 12);
  return device.download<T>(tensor) == expected ? "" : "uploading two rows changes others, or not those";
}

Verdict keeps_what_it_is_given(Subject& subject) {
  return with_device(subject, [](host::HostDevice& device) {
    const std::string faults[] = {storage_fault<float>(device.device(), TWOPASS_F32),
                                  storage_fault<int32_t>(device.device(), TWOPASS_I32),
                                  storage_fault<uint8_t>(device.device(), TWOPASS_U8)};
    for (const std::string& fault : faults)
      if (!fault.empty()) return fail(fault);
    return pass();
  });
}

Verdict says_when_memory_is_short(Subject& subject) {
  if (abi::sanitizer_flags() != 0) return skip("a sanitizer ends the process where memory is short");
  return with_device(subject, [](host::HostDevice& device) {
    try {
      device.device().tensor("huge", TWOPASS_INPUT, int64_t{1} << 31, int64_t{1} << 19);
      return warn("it made a buffer of 4 PiB");
    } catch (const Error& e) {
      if (e.status() == TWOPASS_OUT_OF_MEMORY) return pass();
      return fail(
          fmt::format("asked for more than there is, it fails with status {} instead of OUT_OF_MEMORY: {}",
                      status_name(e.status()), e.what()));
    }
  });
}

// x doubled five times, by runs that follow each other without a wait.
std::vector<float> doubled(const Device& device, float start, const Tensor& x, const Tensor& y) {
  Program program("double");
  program.unary(TWOPASS_RELU, x, y);
  program.binary(TWOPASS_ADD, y, x, x);
  const CompiledProgram compiled = device.compile(program);
  device.upload(x, std::vector<float>(35, start));
  for (int time = 0; time < 5; ++time) compiled.run();
  return device.download<float>(x);
}

Verdict orders_its_work(Subject& subject) {
  return with_device(subject, [&](host::HostDevice& first) {
    const std::unique_ptr<host::HostDevice> second = open(subject);
    for (const float start : {1.0F, 3.0F}) {
      for (host::HostDevice* device : {&first, second.get()}) {
        const Device handle = device->device();
        const Tensor x = handle.tensor("x", TWOPASS_INPUT, 5, 7), y = handle.tensor("y", TWOPASS_INPUT, 5, 7);
        if (doubled(handle, start, x, y) != std::vector<float>(35, 32 * start))
          return fail("five runs in a row on one of two open devices do not double a number five times");
      }
    }
    return pass();
  });
}

// A run that diverged must not look healthy.
Verdict passes_nan_on(Subject& subject) {
  return with_device(subject, [](host::HostDevice& device) {
    const Device handle = device.device();
    const Tensor x = handle.tensor("x", TWOPASS_INPUT, 1, 3), y = handle.tensor("y", TWOPASS_OUTPUT, 1, 3),
                 sum = handle.tensor("sum", TWOPASS_OUTPUT, 1, 1);
    handle.upload(x, std::vector<float>{std::numeric_limits<float>::quiet_NaN(), -1, 2});
    Program program("nan");
    program.unary(TWOPASS_RELU, x, y);
    program.row_reduce(TWOPASS_SUM, y, sum);
    handle.compile(program).run();
    if (std::isnan(handle.download<float>(y)[0]) && std::isnan(handle.download<float>(sum)[0])) return pass();
    return fail("relu or a sum loses a value that is no number");
  });
}

Check op_check(const Case& test_case) {
  return {"op." + test_case.name, "it gives what the float64 reference gives, fused or lowered",
          [&test_case](Subject& subject) {
            return with_device(subject, [&](host::HostDevice& device) {
              if (test_case.bfloat16 && (device.info().types >> TWOPASS_BF16 & 1) == 0)
                return skip("it does not say that it has buffers of bfloat16");
              const std::string wrong = judge_op(device, test_case);
              return wrong.empty() ? pass() : fail(wrong);
            });
          }};
}

}  // namespace

std::vector<Check> backend_checks() {
  std::vector<Check> checks{
      {"backend.open", "it opens a device and says what it is", says_what_it_is, true},
      {"backend.storage", "buffers are zero when new, and keep what is uploaded", keeps_what_it_is_given},
      {"backend.memory", "where memory does not suffice it says so", says_when_memory_is_short},
      {"backend.order", "runs and transfers follow each other, on two devices at once", orders_its_work},
      {"backend.nan", "what is no number stays so", passes_nan_on},
  };
  for (const Case& test_case : cases()) checks.push_back(op_check(test_case));
  return checks;
}

}  // namespace twopass::conformance
