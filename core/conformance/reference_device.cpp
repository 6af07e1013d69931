#include "conformance/reference_device.hpp"

#include <array>

#include "twopass/testing/reference_backend.hpp"

namespace twopass::conformance {
namespace {

int64_t waits = 0;

class Reference : public testing::ReferenceBackend {
 public:
  static constexpr std::array<Option, 2> kOptions{
      boolean("native_fused", "true", "Whether fused ops are run as such."),
      integer("buffers", kRequired, "How many buffers it has memory for."),
  };
  static std::span<const Option> options() { return kOptions; }
  Reference(const twopass::Values& values, const Host& /*host*/)
      : ReferenceBackend(values.boolean("native_fused")), buffers_left_(values.integer("buffers")) {}

  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override {
    if (buffers_left_-- <= 0) throw Error("there is no memory left", TWOPASS_OUT_OF_MEMORY);
    return std::make_unique<CountingValues>(buffer.type, buffer.rows * buffer.columns);
  }
  void synchronize() override { ++waits; }

 private:
  struct CountingValues : Values {
    using Values::Values;
    void download(int64_t first, int64_t count, void* data) override {
      ++waits;
      Values::download(first, count, data);
    }
  };

  int64_t buffers_left_;
};

}  // namespace

std::unique_ptr<host::HostDevice> reference_device(bool native_fused, int64_t buffers) {
  static const twopass_plugin kTable = abi::describe<Reference>("reference", "1", "Plain loops in float64.");
  static const host::Plugin kPlugin{&kTable, {}};
  const auto value = [](twopass_option_type type, const char* name, int64_t integer) {
    return twopass_value{
        sizeof(twopass_value), type, name, integer, 0, nullptr, 0, nullptr, nullptr, nullptr};
  };
  const std::array values{value(TWOPASS_BOOLEAN, "native_fused", native_fused ? 1 : 0),
                          value(TWOPASS_INTEGER, "buffers", buffers)};
  return std::make_unique<host::HostDevice>(
      kPlugin, twopass_values{sizeof(twopass_values), values.size(), values.data()});
}

int64_t waits_for_reference() { return waits; }

}  // namespace twopass::conformance
