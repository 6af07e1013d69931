#include "conformance/subject.hpp"

#include "host/compatibility.hpp"
#include "host/elf_note.hpp"
#include "pipeline/pipeline.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {

Subject::Subject(const std::filesystem::path& file, std::vector<std::string> settings)
    : file_(std::filesystem::absolute(file).lexically_normal()), settings_(std::move(settings)) {
  try {
    const host::ElfNotes notes = host::read_elf_notes(file_);
    if (notes.twopass) kind_ = notes.twopass->kind;
  } catch (const Error&) {
    kind_ = 0;  // why is what the first check says
  }
}

std::string Subject::name() const { return host::plugin_name_of(file_); }

const host::Plugin& Subject::plugin() {
  // A registry of the file's folder: what lies beside it is not loaded.
  if (!registry_) registry_ = std::make_unique<host::Registry>(std::vector{file_.parent_path()});
  return registry_->load(static_cast<twopass_kind>(kind_), name());
}

const pipeline::OptionValues& Subject::values() {
  static_cast<void>(plugin());
  if (!values_)
    values_ = std::make_unique<pipeline::OptionValues>(
        pipeline::plugin_section(static_cast<twopass_kind>(kind_), name(), settings_, *registry_).values);
  return *values_;
}

}  // namespace twopass::conformance
