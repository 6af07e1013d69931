#include "host/plugin_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>

#include "host/abi_sizes.hpp"
#include "support.hpp"
#include "twopass/backend.hpp"
#include "twopass/dataset.hpp"
#include "twopass/plugin.hpp"
#include "twopass/pretext.hpp"
#include "twopass/trainer.hpp"

namespace twopass::host {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::array<twopass_choice, 2> kChoices{{{"one", "first"}, {"two", "second"}}};

// A sound dataset plugin; tests change one thing.
struct Case {
  std::vector<Option> options{integer("count", "1", "How many."), choice("mode", "one", kChoices, "Which.")};
  twopass_dataset_api api = twopass::Dataset::kApi;
  twopass_note note = abi::make_note(TWOPASS_DATASET, "sample", "1", "A sample.").note;
  twopass_plugin table{sizeof(twopass_plugin),
                       TWOPASS_DATASET,
                       "sample",
                       "1",
                       "A sample.",
                       nullptr,
                       0,
                       0,
                       [](const twopass_host*, const twopass_values*, void**, twopass_error*) { return 0; },
                       [](void*) {},
                       nullptr};

  std::string error() {
    if (table.api == nullptr) table.api = &api;
    table.options = options.data();
    table.option_count = static_cast<uint32_t>(options.size());
    return error_of([&] { check_plugin_table(&table, note); });
  }
};

TEST(PluginTable, OfASoundPluginPasses) {
  EXPECT_EQ(Case().error(), "no error");
  Case without_options;
  without_options.options.clear();
  EXPECT_EQ(without_options.error(), "no error");
}

TEST(PluginTable, MustBeThereAndWhole) {
  EXPECT_THAT(error_of([] { check_plugin_table(nullptr, {}); }), HasSubstr("returned nothing"));
  Case small;
  small.table.struct_size = abi_1_0::kPlugin;
  EXPECT_EQ(small.error(), "no error") << "the table of ABI 1.0";
  small.table.struct_size = 16;
  EXPECT_THAT(small.error(), HasSubstr("plugin table has 16 bytes"));
  Case no_create;
  no_create.table.create = nullptr;
  EXPECT_THAT(no_create.error(), HasSubstr("no 'create'"));
  Case no_version;
  no_version.table.version = nullptr;
  EXPECT_THAT(no_version.error(), HasSubstr("no 'version'"));
}

TEST(PluginTable, MustAgreeWithTheNote) {
  Case other_name;
  other_name.table.name = "other";
  EXPECT_THAT(other_name.error(), AllOf(HasSubstr("dataset 'other'"), HasSubstr("dataset 'sample'")));
  Case other_kind;
  other_kind.table.kind = TWOPASS_TRAINER;
  EXPECT_THAT(other_kind.error(), HasSubstr("trainer 'sample'"));
}

TEST(PluginTable, MustHaveEveryFunctionOfItsKind) {
  Case no_load;
  no_load.api.load = nullptr;
  EXPECT_THAT(no_load.error(), HasSubstr("no 'load'"));
  Case small;
  small.api.struct_size = 8;
  EXPECT_THAT(small.error(), HasSubstr("function table has no 'describe'"));
  small.api.struct_size = offsetof(twopass_dataset_api, load);
  EXPECT_THAT(small.error(), HasSubstr("no 'load'"));
}

// The last function of each table, so that a slot that a check forgot shows.
TEST(PluginTable, IsCheckedForAllKinds) {
  const auto error_with = [](twopass_kind kind, const void* api) {
    Case test;
    test.table.kind = test.note.kind = kind;
    test.table.api = api;
    return test.error();
  };
  twopass_pretext_api pretext = twopass::Pretext::kApi;
  EXPECT_EQ(error_with(TWOPASS_PRETEXT, &pretext), "no error");
  pretext.transform = nullptr;
  EXPECT_THAT(error_with(TWOPASS_PRETEXT, &pretext), HasSubstr("no 'transform'"));
  twopass_trainer_api trainer = twopass::Trainer::kApi;
  EXPECT_EQ(error_with(TWOPASS_TRAINER, &trainer), "no error");
  trainer.extract = nullptr;
  EXPECT_THAT(error_with(TWOPASS_TRAINER, &trainer), HasSubstr("no 'extract'"));
  twopass_backend_api backend = twopass::Backend::kApi;
  EXPECT_EQ(error_with(TWOPASS_BACKEND, &backend), "no error");
  backend.synchronize = nullptr;
  EXPECT_THAT(error_with(TWOPASS_BACKEND, &backend), HasSubstr("no 'synchronize'"));
}

TEST(OptionTable, NeedsNamesAndDocs) {
  const auto error_with = [](const Option& option) {
    Case test;
    test.options.push_back(option);
    return test.error();
  };
  EXPECT_THAT(error_with(integer("Count", "1", "d")), HasSubstr("'Count'"));
  EXPECT_THAT(error_with(integer(nullptr, "1", "d")), HasSubstr("''"));
  EXPECT_THAT(error_with(integer("size", "1", "")), HasSubstr("'size' has no doc"));
  EXPECT_THAT(error_with(integer("size", "1", nullptr)), HasSubstr("'size' has no doc"));
  EXPECT_THAT(error_with(integer("count", "1", "d")), HasSubstr("'count' twice"));
}

TEST(OptionTable, NeedsADefaultOfWhatWasAddedLater) {
  Case test;
  test.options.push_back(integer("size", kRequired, "d").added_later());
  EXPECT_THAT(test.error(), HasSubstr("'size' was added later and yet has no default"));
  Case with_default;
  with_default.options.push_back(integer("size", "1", "d").added_later());
  EXPECT_EQ(with_default.error(), "no error");
}

TEST(OptionTable, NeedsKnownTypesAndOrderedRanges) {
  const auto error_with = [](const Option& option) {
    Case test;
    test.options.push_back(option);
    return test.error();
  };
  EXPECT_THAT(error_with({static_cast<twopass_option_type>(10), "size", "1", "d"}),
              HasSubstr("type number 10"));
  EXPECT_THAT(error_with(number("size", "1", "d").at_least(2).at_most(1)), HasSubstr("empty range"));
  EXPECT_THAT(error_with(number("size", "1", "d").above(1).at_most(1)), HasSubstr("empty range"));
  EXPECT_THAT(error_with(number("size", "1", "d").at_least(std::nan(""))), HasSubstr("empty range"));
  EXPECT_EQ(error_with(number("size", "1", "d").at_least(1).at_most(1)), "no error");
}

TEST(OptionTable, NeedsSoundChoices) {
  const auto error_with = [](std::span<const twopass_choice> choices) {
    Case test;
    test.options.push_back(choice("way", "one", choices, "d"));
    return test.error();
  };
  const std::array<twopass_choice, 2> twice{{{"one", "a"}, {"one", "b"}}};
  const std::array<twopass_choice, 1> undocumented{{{"one", ""}}};
  EXPECT_THAT(error_with({}), HasSubstr("choice of nothing"));
  EXPECT_THAT(error_with(twice), HasSubstr("'one' twice"));
  EXPECT_THAT(error_with(undocumented), HasSubstr("without a name or a doc"));
}

TEST(OptionTable, NeedsWholeRows) {
  Case test;
  test.options[0].struct_size = 16;
  EXPECT_THAT(test.error(), HasSubstr("has 16 bytes"));
}

}  // namespace
}  // namespace twopass::host
