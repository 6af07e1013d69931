// Whom a run folder belongs to.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Folder : public Workplace {};

TEST_F(Folder, IsKeptFromAnotherConfigurationOfTheSameName) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  const auto before = snapshot(tiny_run());
  const Outcome outcome = twopass({"run", "tiny.yaml", "backend.threads=2", "trainer.epochs=4"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "error: results/tiny/seed-0 holds another run: trainer.epochs was 3 and is now 4; give this one "
            "another name, or another folder with --results\n");
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(snapshot(tiny_run()), before);
}

TEST_F(Folder, IsTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  EXPECT_THAT(twopass({"run", "tiny.yaml", "backend.threads=2"}).err, HasSubstr("already done"));
}

TEST_F(Folder, IsOpenAgainWhenTheFirstConfigurationNeverLearnedAnything) {
  ASSERT_EQ(
      twopass({"run", "tiny.yaml", "trainer={plugin: crooked_trainer, fault: not_a_number, batch_size: 50}",
               "--plugin-path", CLI_TEST_PLUGINS})
          .exit_code,
      1);
  EXPECT_EQ(read_json(tiny_run() / "status.json")["state"], "failed");
  EXPECT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  EXPECT_THAT(content(tiny_run() / "config.yaml"), HasSubstr("plugin: ff"));
}

// Whoever changes a plugin and forgets the folder would take the old build's result for the new one's.
TEST_F(Folder, SaysThatItsPluginsWereOtherBuilds) {
  const std::string plugin = "third/crooked_trainer.twopass.so";
  const std::string built = content(fs::path(CLI_TEST_PLUGINS) / "crooked_trainer.twopass.so");
  const auto run = [&] {
    return twopass({"run", "tiny.yaml",
                    "trainer={plugin: crooked_trainer, fault: none, batch_size: 50, epochs: 1}",
                    "--plugin-path", path("third").string()});
  };
  write(plugin, built);
  EXPECT_EQ(run().exit_code, 0);
  EXPECT_THAT(run().err, Not(HasSubstr("another build")));
  write(plugin, built + "x");  // behind all that is loaded
  const Outcome again = run();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err,
              HasSubstr("warning: results/tiny/seed-0 was made with another build of trainer "
                        "'crooked_trainer'; to run this one from the start, remove the folder or"));
  fs::remove(tiny_run() / "result.json");
  EXPECT_THAT(
      run().err,
      HasSubstr("warning: results/tiny/seed-0 began with another build of trainer 'crooked_trainer'"));
  EXPECT_THAT(content(tiny_run() / "log.txt"), HasSubstr("warning: results/tiny/seed-0 began with another"));
}

TEST_F(Folder, TellsThatItsRunBeganOnAnotherBackend) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  fs::remove(tiny_run() / "result.json");
  const Outcome resumed = twopass({"run", "tiny.yaml", "backend.threads=2"});
  EXPECT_EQ(resumed.exit_code, 0);
  EXPECT_THAT(resumed.err, HasSubstr("warning: this run began on {"));
  EXPECT_THAT(content(tiny_run() / "log.txt"), HasSubstr("; its numbers will differ by rounding\n"));
}

TEST_F(Folder, IsForOneProcessAtATime) {
  Process first(command({"run", "tiny.yaml", "trainer.epochs=100000"}), surroundings());
  wait_until([&] { return fs::exists(tiny_run() / "metrics.jsonl"); });
  const Outcome second = twopass({"run", "tiny.yaml", "trainer.epochs=100000"});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_EQ(second.err,
            "error: another process is working in results/tiny/seed-0; wait for it or choose another folder "
            "with --results\n");
  first.send(SIGTERM);
  EXPECT_EQ(first.wait().exit_code, 75) << "undisturbed";
}

TEST_F(Folder, IsNamedWhenItCannotBeMade) {
  write("file", "");
  for (const std::string results : {"/dev/null/x", "file"}) {
    const Outcome outcome = twopass({"run", "tiny.yaml", "--results", results});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "error: cannot create " + results +
                               "/tiny/seed-0: Not a directory; choose another folder with --results\n");
  }
}

TEST_F(Folder, GetsADamagedResultAnew) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  const json result = without(read_json(tiny_run() / "result.json"), "speed");
  const json learnt = metrics(tiny_run());
  for (const std::string damaged : {"{\"schema\": 1", "", "[]", "{\"config_hash\": 7}"}) {
    write("results/tiny/seed-0/result.json", damaged);
    const Outcome outcome = twopass({"run", "tiny.yaml"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(without(read_json(tiny_run() / "result.json"), "speed"), result);
    EXPECT_EQ(metrics(tiny_run()), learnt) << "nothing is learnt again";
  }
}

TEST_F(Folder, IsNamedWhenItIsDamaged) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  fs::remove(tiny_run() / "result.json");
  const std::string origin = content(tiny_run() / "run.json");
  write("results/tiny/seed-0/run.json", "{\"schema\": 1");
  const Outcome outcome = twopass({"run", "tiny.yaml"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("error: results/tiny/seed-0/run.json is damaged"));
  EXPECT_THAT(outcome.err, HasSubstr("remove results/tiny/seed-0 to run this run again"));
  write("results/tiny/seed-0/run.json", "[]");
  EXPECT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 4);
  fs::remove(tiny_run() / "run.json");
  const Outcome without_origin = twopass({"run", "tiny.yaml"});
  EXPECT_EQ(without_origin.exit_code, 2);
  EXPECT_THAT(without_origin.err, HasSubstr("results/tiny/seed-0 holds results, but no run.json"));
}

TEST_F(Folder, GoesOnThoughNotesInItAreOfAnotherShape) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  const json result = without(read_json(tiny_run() / "result.json"), "speed");
  json origin = read_json(tiny_run() / "run.json"), probes = read_json(tiny_run() / "transfer.json");
  origin["resumed"] = json::object();
  probes["raw_pixels"] = json::object();
  write("results/tiny/seed-0/run.json", origin.dump());
  write("results/tiny/seed-0/transfer.json", probes.dump());
  write("results/tiny/seed-0/config.yaml", "an older one\n");
  fs::remove(tiny_run() / "result.json");
  const Outcome outcome = twopass({"run", "tiny.yaml"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(without(read_json(tiny_run() / "result.json"), "speed"), result);
  EXPECT_THAT(content(tiny_run() / "config.yaml"), HasSubstr("epochs: 3")) << "that which it went on with";
}

}  // namespace
}  // namespace twopass::cli_test
