// inspect, doctor and schema: what an installation has.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Inspect : public Workplace {
 protected:
  std::string out(const std::vector<std::string>& arguments) const {
    const Outcome outcome = twopass(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, IsEmpty());
    return outcome.out;
  }
};

TEST_F(Inspect, ListsPluginsByKind) {
  const std::string list = out({"inspect"});
  EXPECT_THAT(list, ContainsRegex("(^|\n)dataset\n(  .*\n)*  fashion_mnist +[0-9.]+  Articles of clothing"));
  EXPECT_THAT(list, ContainsRegex("(^|\n)trainer\n(  .*\n)*  ff +[0-9.]+  Forward-Forward"));
  EXPECT_THAT(list, ContainsRegex("searched, in this order\n"));

  std::map<std::string, std::string> kinds;
  const json all = json::parse(out({"inspect", "--json"}));
  for (const json& plugin : all["plugins"]) kinds[plugin["name"]] = plugin["kind"];
  EXPECT_EQ(kinds["rotation"], "pretext");
  EXPECT_EQ(kinds["bp"], "trainer");
  EXPECT_EQ(kinds["blas"], "backend");
}

TEST_F(Inspect, ShowsAPluginsOptions) {
  const std::string text = out({"inspect", "trainer/ff"});
  EXPECT_THAT(text, ContainsRegex("^trainer ff [0-9.]+\n"));
  EXPECT_THAT(text, ContainsRegex("  learning_rate  [^\n]*; default 1e-4\n      Step size"));
  EXPECT_EQ(out({"inspect", "ff"}), text);

  const json plugin = json::parse(out({"inspect", "trainer/ff", "--json"}));
  EXPECT_EQ(plugin["name"], "ff");
  EXPECT_EQ(plugin["options"][0]["name"], "learning_rate");
  EXPECT_EQ(plugin["options"][0]["default"], "1e-4");
}

TEST_F(Inspect, ShowsWhatEverySectionOfThatKindHas) {
  EXPECT_THAT(out({"inspect", "trainer/ff"}),
              ContainsRegex("\noptions of every trainer\n  epochs  [^\n]*; default 60\n      Passes"));
  EXPECT_THAT(out({"inspect", "dataset/mnist"}), HasSubstr("\n  train_size  "));
  EXPECT_THAT(out({"inspect", "backend/blas"}), Not(HasSubstr("options of every")));

  const json common = json::parse(out({"inspect", "trainer/ff", "--json"}))["common_options"];
  ASSERT_EQ(common.size(), 5U);
  EXPECT_EQ(common[1]["name"], "batch_size");
  EXPECT_EQ(common[1]["minimum"], 1);
  EXPECT_EQ(json::parse(out({"inspect", "blas", "--json"}))["common_options"], json::array());
}

TEST_F(Inspect, ShowsWhatAPluginCan) {
  const auto capabilities = [&](const std::string& plugin) {
    return json::parse(out({"inspect", plugin, "--json"}))["capabilities"];
  };
  EXPECT_EQ(capabilities("dataset/fashion_mnist"), json({{"images", "1x28x28"}, {"classes", 10}}));
  EXPECT_EQ(capabilities("pretext/rotation")["of 3x32x32"], "4 classes, moves pixels");
  EXPECT_EQ(capabilities("trainer/ff")["local"], true);
  EXPECT_EQ(capabilities("trainer/bp")["local"], false);
  EXPECT_EQ(capabilities("trainer/bp")["scores"], json({"output"}));
  const json blas = capabilities("backend/blas");
  EXPECT_EQ(blas["precision"], "float32");
  EXPECT_EQ(blas["deterministic"], true);
  EXPECT_THAT(blas["fused_ops"].get<std::vector<std::string>>(), ::testing::Contains("goodness_loss"));
  EXPECT_THAT(out({"inspect", "trainer/bp"}), HasSubstr("\ncapabilities\n  local  no\n  scores  output\n"));
}

TEST_F(Inspect, SaysWhatKeepsAPluginFromWork) {
  EXPECT_THAT(out({"inspect", "dataset/svhn"}), HasSubstr("\ncapabilities\n  images  3x32x32\n"));
  const json bad =
      json::parse(twopass({"inspect", "throws_in_create", "--json", "--plugin-path", HOST_TEST_PLUGINS}).out);
  EXPECT_THAT(bad["capabilities"]["unavailable"].get<std::string>(), HasSubstr("thrown across the boundary"));
}

TEST_F(Inspect, ShowsAllOfAKind) {
  const std::string text = out({"inspect", "trainer"});
  EXPECT_THAT(text, HasSubstr("trainer bp "));
  EXPECT_THAT(text, HasSubstr("trainer ff "));
  EXPECT_THAT(text, Not(HasSubstr("\npretext ")));
  EXPECT_GE(json::parse(out({"inspect", "trainer", "--json"})).size(), 2U);
}

TEST_F(Inspect, SaysWhenNothingMatches) {
  for (const std::string name : {"nosuch", "trainer/nosuch", "dataset/ff", "nosuch/ff"}) {
    const Outcome outcome = twopass({"inspect", name});
    EXPECT_EQ(outcome.exit_code, 5);
    EXPECT_THAT(outcome.err, ::testing::StartsWith("error: no plugin '" + name + "'"));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST_F(Inspect, SeesAPluginPathBeforeTheInstallation) {
  EXPECT_THAT(out({"inspect", "dataset", "--plugin-path", RUN_TEST_PLUGINS}),
              HasSubstr("dataset bars 1.0.0"));
  Surroundings around = surroundings();
  around.environment["TWOPASS_PLUGIN_PATH"] = RUN_TEST_PLUGINS;
  EXPECT_EQ(twopass({"inspect", "bars"}, around).exit_code, 0);
  EXPECT_EQ(twopass({"inspect", "bars"}).exit_code, 5);
}

TEST_F(Inspect, LooksAfterTheInstallation) {
  const std::string text = out({"doctor"});
  EXPECT_THAT(text, ContainsRegex("(^|\n)ok +backend/blas: .*, float32, [0-9]+ threads\n"));
  EXPECT_THAT(text, ContainsRegex("(^|\n)ok +dataset/fashion_mnist: 60000 training and 10000 test images\n"));
  EXPECT_THAT(text, HasSubstr("/usr/share/datasets\n"));

  bool found = false;
  const json report = json::parse(out({"doctor", "--json"}));
  for (const json& finding : report["findings"])
    found = found || (finding["subject"] == "backend/blas" && finding["good"] == true);
  EXPECT_TRUE(found);
}

TEST_F(Inspect, SaysWhichPluginWasMeant) {
  EXPECT_THAT(twopass({"inspect", "roation"}).err,
              HasSubstr("no plugin 'roation'; did you mean 'rotation'? `twopass inspect` lists"));
  EXPECT_THAT(twopass({"inspect", "pretext/roation"}).err, HasSubstr("did you mean 'pretext/rotation'?"));
}

TEST_F(Inspect, ListsPluginsWhoseOptionsNoPipelineCanHave) {
  const std::string refused = twopass({"inspect", "--failed", "--plugin-path", PIPELINE_TEST_PLUGINS}).out;
  EXPECT_THAT(refused, ContainsRegex("/bad_default.twopass.so\n.*'learning_rate' has an invalid default"));
  EXPECT_THAT(refused, ContainsRegex("/common_name.twopass.so\n.*'epochs' has a name that the host uses"));
  EXPECT_THAT(refused, Not(HasSubstr("/shapes.twopass.so")));

  const Outcome schema = twopass({"schema", "--plugin-path", PIPELINE_TEST_PLUGINS});
  EXPECT_EQ(schema.exit_code, 0);
  EXPECT_THAT(schema.err, ContainsRegex("warning: left out .*/bad_default.twopass.so: .*invalid default"));
  EXPECT_THAT(twopass({"doctor", "--plugin-path", PIPELINE_TEST_PLUGINS}).out,
              ContainsRegex("problem +/.*/bad_default.twopass.so: .*invalid default"));
}

// Names of files are bytes.
TEST_F(Inspect, PrintsJsonOfAFolderWhoseNameIsNoText) {
  fs::create_directory(path("\xff"));
  EXPECT_TRUE(json::accept(out({"inspect", "--json", "--plugin-path", path("\xff").string()})));
}

// A kind's plugins are a list, however many there are.
TEST_F(Inspect, ListsTheOnlyPluginOfAKind) {
  const fs::path plugins = path("lib/twopass/plugins");
  fs::create_directories(plugins);
  fs::create_directory(path("bin"));
  fs::copy_file(TWOPASS, path("bin/twopass"));
  fs::copy_file(fs::path(OWN_PLUGINS) / "flip.twopass.so", plugins / "flip.twopass.so");
  const auto inspect = [&](const char* what) {
    return json::parse(
        Process({path("bin/twopass").string(), "inspect", what, "--json"}, surroundings()).wait().out);
  };
  ASSERT_TRUE(inspect("pretext").is_array());
  EXPECT_EQ(inspect("pretext")[0], inspect("flip"));
}

TEST_F(Inspect, LooksAfterAnInstallationWithARefusedPlugin) {
  write("third/text.twopass.so", "This is no library.\n");
  const std::string text = out({"doctor", "--plugin-path", path("third").string()});
  EXPECT_THAT(text, HasSubstr(path("third/text.twopass.so").string()));
  EXPECT_THAT(text, HasSubstr("no shared library"));
  EXPECT_THAT(text, HasSubstr("A problem hinders only the pipelines that name that part.\n"));
}

TEST_F(Inspect, PrintsTheSchemaOfPipelines) {
  const json schema = json::parse(out({"schema"}));
  EXPECT_TRUE(schema.contains("$schema"));
  EXPECT_TRUE(schema["properties"].contains("trainer"));
  EXPECT_THAT(out({"schema", "--markdown"}), HasSubstr("| `epochs` |"));
}

}  // namespace
}  // namespace twopass::cli_test
