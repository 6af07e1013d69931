#include "conformance/reference_device.hpp"

#include <array>

#include "twopass/testing/reference_backend.hpp"

namespace twopass::conformance {
namespace {

int64_t waits = 0;

class Reference : public testing::ReferenceBackend {
 public:
  static constexpr std::array<Option, 1> kOptions{
      boolean("native_fused", "true", "Whether fused ops are run as such.")};
  static std::span<const Option> options() { return kOptions; }
  Reference(const twopass::Values& values, const Host& /*host*/)
      : ReferenceBackend(values.boolean("native_fused")) {}

  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override {
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
};

}  // namespace

std::unique_ptr<host::HostDevice> reference_device(bool native_fused) {
  static const twopass_plugin kTable = abi::describe<Reference>("reference", "1", "Plain loops in float64.");
  static const host::Plugin kPlugin{&kTable, {}};
  const twopass_value value{
      sizeof value, TWOPASS_BOOLEAN, "native_fused", native_fused ? 1 : 0, 0, nullptr, 0,
      nullptr,      nullptr,         nullptr};
  return std::make_unique<host::HostDevice>(kPlugin, twopass_values{sizeof(twopass_values), 1, &value});
}

int64_t waits_for_reference() { return waits; }

}  // namespace twopass::conformance
