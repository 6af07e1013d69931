// A run that is stopped, whichever way, goes on to the result of an uninterrupted one.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

using Arguments = std::vector<std::string>;

class Resume : public Workplace {
 protected:
  // Long enough to be caught in the middle.
  const Arguments run_{"run", "tiny.yaml", "dataset.train_size=4000", "trainer.epochs=40"};
  // Caught in its probes.
  const Arguments probes_{"run", "tiny.yaml", "trainer.epochs=2", "transfer.epochs=1500"};

  // Starts a run, stops it when `condition` holds.
  Outcome stop_when(const std::function<bool()>& condition, int signal, const Arguments& arguments) const {
    Process process(command(arguments), surroundings());
    wait_until(condition);
    process.send(signal);
    return process.wait();
  }
  Outcome stop(int signal) const {
    return stop_when([&] { return epoch() >= 3; }, signal, run_);
  }
  bool exists(const char* file) const { return fs::exists(tiny_run() / file); }
  fs::path newest_checkpoint() const {
    fs::path newest;
    std::error_code ignored;  // not there yet
    for (const auto& entry : fs::directory_iterator(tiny_run() / "checkpoints", ignored))
      if (entry.path().extension() == ".safetensors") newest = std::max(newest, entry.path());
    return newest;
  }
  // Of the newest checkpoint, "epoch-000012"; 0 before the first.
  int epoch() const {
    const std::string name = newest_checkpoint().stem();
    return name.empty() ? 0 : std::stoi(name.substr(name.find('-') + 1));
  }
  // Takes the run up again and compares it with an uninterrupted one.
  Outcome expect_to_finish(const Arguments& arguments) const {
    Outcome resumed = twopass(arguments);
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    Arguments whole = arguments;
    whole.insert(whole.end(), {"--results", "whole"});
    EXPECT_EQ(twopass(whole).exit_code, 0);
    const fs::path uninterrupted = path("whole/tiny/seed-0");
    EXPECT_TRUE(content(tiny_run() / "model.safetensors") == content(uninterrupted / "model.safetensors"));
    EXPECT_EQ(metrics(tiny_run()), metrics(uninterrupted));
    EXPECT_EQ(without(read_json(tiny_run() / "result.json"), "speed"),
              without(read_json(uninterrupted / "result.json"), "speed"));
    EXPECT_EQ(read_json(tiny_run() / "status.json")["state"], "done");
    return resumed;
  }
};

TEST_F(Resume, GoesOnAfterBeingKilled) {
  ASSERT_EQ(stop(SIGKILL).signal, SIGKILL);
  EXPECT_EQ(read_json(tiny_run() / "status.json")["state"], "running") << "nobody could say otherwise";
  const int saved = epoch();
  const auto begun = static_cast<int>(metrics(tiny_run()).size());
  EXPECT_LE(begun, saved + 1) << "only the epoch under way is lost";
  EXPECT_THAT(expect_to_finish(run_).err,
              ::testing::StartsWith("resuming after epoch " + std::to_string(saved) + "\n"));
}

TEST_F(Resume, GoesOnAfterBeingKilledTwice) {
  ASSERT_EQ(stop(SIGKILL).signal, SIGKILL);
  ASSERT_EQ(stop_when([&] { return epoch() >= 15; }, SIGKILL, run_).signal, SIGKILL);
  expect_to_finish(run_);
}

// A wide network learns its few images sooner than the disk takes its weights.
TEST_F(Resume, GoesOnWhereSavingEveryEpochWouldTakeTooLong) {
  const Arguments wide{"run",
                       "tiny.yaml",
                       "network.hidden=[1500, 1500]",
                       "dataset.train_size=10",
                       "dataset.test_size=10",
                       "trainer.epochs=150",
                       "trainer.batch_size=10",
                       "trainer.evaluate_every=50",
                       "transfer={epochs: 1, batch_size: 10}"};
  const auto lines = [&] {
    return fs::exists(tiny_run() / "metrics.jsonl") ? static_cast<int>(metrics(tiny_run()).size()) : 0;
  };
  ASSERT_EQ(stop_when([&] { return lines() > epoch() + 2; }, SIGKILL, wide).signal, SIGKILL);
  EXPECT_GT(lines(), epoch());
  expect_to_finish(wide);
  EXPECT_EQ(epoch(), 150) << "the last epoch is always saved";
}

TEST_F(Resume, GoesOnWhenKilledInItsProbes) {
  ASSERT_EQ(stop_when([&] { return exists("transfer.json"); }, SIGKILL, probes_).signal, SIGKILL);
  ASSERT_FALSE(exists("result.json"));
  EXPECT_THAT(expect_to_finish(probes_).err, Not(HasSubstr("probe of raw_pixels"))) << "that was known";
}

TEST_F(Resume, TakesNoDamagedAccuraciesOfProbes) {
  ASSERT_EQ(twopass(run_).exit_code, 0);
  const json result = read_json(tiny_run() / "result.json");
  fs::remove(tiny_run() / "result.json");
  fs::resize_file(tiny_run() / "transfer.json", 10);
  ASSERT_EQ(twopass(run_).exit_code, 0);
  EXPECT_EQ(read_json(tiny_run() / "result.json")["transfer"], result["transfer"]);

  json notes = read_json(tiny_run() / "transfer.json");
  for (const char* halfway : {"3", R"({"features": {}, "raw_pixels": 3, "untrained": {}})"}) {
    fs::remove(tiny_run() / "result.json");
    notes["halfway"] = json::parse(halfway);
    write("results/tiny/seed-0/transfer.json", notes.dump());
    ASSERT_EQ(twopass(run_).exit_code, 0);
    EXPECT_EQ(read_json(tiny_run() / "result.json")["transfer"], without(result["transfer"], "halfway"));
  }
}

// As after a rebuild of the trainer that changed their names: nothing else about the run differs.
TEST_F(Resume, RefusesMetricsOfOtherScores) {
  ASSERT_EQ(twopass(run_).exit_code, 0);
  fs::remove(tiny_run() / "result.json");
  std::string lines = content(tiny_run() / "metrics.jsonl");
  for (size_t place = 0; (place = lines.find("\"combined\"", place)) != std::string::npos;)
    lines.replace(place, std::strlen("\"combined\""), "\"together\"");
  write("results/tiny/seed-0/metrics.jsonl", lines);
  const Outcome refused = twopass(run_);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("metrics.jsonl has no test_accuracy of 'combined' for epoch"));
  EXPECT_THAT(refused.err,
              HasSubstr("another build of the trainer began this run; remove results/tiny/seed-0"));
}

// Killed between its result and its last status.
TEST_F(Resume, SaysThatItIsDone) {
  ASSERT_EQ(twopass(run_).exit_code, 0);
  write("results/tiny/seed-0/status.json", R"({"epoch": 40, "state": "running"})");
  ASSERT_EQ(twopass(run_).exit_code, 0);
  EXPECT_EQ(read_json(tiny_run() / "status.json")["state"], "done");
}

class Signal : public Resume, public ::testing::WithParamInterface<int> {};

TEST_P(Signal, StopsARunThatGoesOnLater) {
  const Outcome stopped = stop(GetParam());
  EXPECT_EQ(stopped.exit_code, 75);
  EXPECT_THAT(stopped.err, ::testing::EndsWith("stopped; the same command goes on from there\n"));
  EXPECT_THAT(stopped.out, IsEmpty());
  const json status = read_json(tiny_run() / "status.json");
  EXPECT_EQ(status["state"], "interrupted");
  EXPECT_EQ(status["epoch"], epoch()) << "the status knows how far it got";
  const Outcome resumed = expect_to_finish(run_);
  EXPECT_THAT(resumed.err, ::testing::StartsWith("resuming after epoch " + status["epoch"].dump() + "\n"));
}

TEST_P(Signal, StopsProbesThatGoOnLater) {
  EXPECT_EQ(stop_when([&] { return exists("transfer.json"); }, GetParam(), probes_).exit_code, 75);
  expect_to_finish(probes_);
}

// The first one waits for the end of a step, which here takes 300 ms.
TEST_F(Resume, EndsAtOnceAtASecondSignal) {
  Process process(
      command({"run", "tiny.yaml", "--plugin-path", CLI_TEST_PLUGINS,
               "trainer={plugin: crooked_trainer, fault: none, slow: true, batch_size: 200, epochs: 50}"}),
      surroundings());
  wait_until([&] { return exists("metrics.jsonl"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  process.send(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  process.send(SIGINT);
  EXPECT_EQ(process.wait().signal, SIGINT);
}

INSTANTIATE_TEST_SUITE_P(Resume, Signal, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& test) { return test.param == SIGINT ? "SIGINT" : "SIGTERM"; });

TEST_F(Resume, PassesOverADamagedCheckpoint) {
  ASSERT_EQ(stop(SIGTERM).exit_code, 75);
  const fs::path damaged = newest_checkpoint();
  fs::resize_file(damaged, fs::file_size(damaged) / 2);
  const Outcome resumed = expect_to_finish(run_);
  EXPECT_THAT(resumed.err, HasSubstr("warning: passing over " + damaged.filename().string()));
  EXPECT_THAT(resumed.err, HasSubstr("is damaged"));
  EXPECT_THAT(resumed.err, HasSubstr("resuming after epoch"));
  EXPECT_THAT(content(tiny_run() / "log.txt"), HasSubstr("warning: passing over"));
}

// A file server may be away: what cannot be read now is no reason to train anew and replace it.
TEST_F(Resume, RefusesACheckpointThatCannotBeRead) {
  ASSERT_EQ(stop(SIGTERM).exit_code, 75);
  const fs::path checkpoint = newest_checkpoint();
  fs::rename(checkpoint, path("aside"));
  fs::create_symlink(path("nowhere"), checkpoint);
  const auto before = snapshot(tiny_run() / "checkpoints");
  const Outcome refused = twopass(run_);
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("error: cannot read "));
  EXPECT_THAT(refused.err, HasSubstr(checkpoint.filename().string() + ": No such file or directory\n"));
  EXPECT_EQ(snapshot(tiny_run() / "checkpoints"), before);
  fs::rename(path("aside"), checkpoint);
  EXPECT_THAT(expect_to_finish(run_).err, HasSubstr("resuming after epoch"));
}

TEST_F(Resume, StartsOverWhenEveryCheckpointIsDamaged) {
  ASSERT_EQ(stop(SIGTERM).exit_code, 75);
  for (const auto& entry : fs::directory_iterator(tiny_run() / "checkpoints"))
    fs::resize_file(entry.path(), 0);
  const Outcome resumed = expect_to_finish(run_);
  EXPECT_THAT(resumed.err, HasSubstr("warning: passing over"));
  EXPECT_THAT(resumed.err, Not(HasSubstr("resuming")));
}

// No file can grow beyond what a checkpoint needs, as on a full disk.
TEST_F(Resume, GoesOnAfterAFullDisk) {
  ASSERT_EQ(stop(SIGTERM).exit_code, 75);
  const fs::path last = newest_checkpoint();
  const std::string before = content(last);
  Surroundings full = surroundings();
  full.file_size = before.size() - 1;

  const Outcome failed = twopass(run_, full);
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, ContainsRegex("error: cannot write results/tiny/seed-0/checkpoints/"
                                        "epoch-[0-9]+.safetensors: File too large\n"));
  EXPECT_EQ(newest_checkpoint(), last);
  EXPECT_TRUE(content(last) == before);
  EXPECT_EQ(read_json(tiny_run() / "status.json")["state"], "failed");
  EXPECT_THAT(read_json(tiny_run() / "status.json")["message"].get<std::string>(),
              HasSubstr("File too large"));
  expect_to_finish(run_);
}

TEST_F(Resume, GoesOnAfterADiskThatWasFullFromTheFirstCheckpointOn) {
  Surroundings full = surroundings();
  full.file_size = 20000;
  EXPECT_EQ(twopass(run_, full).exit_code, 1);
  EXPECT_EQ(twopass(run_, full).exit_code, 1);
  EXPECT_EQ(stop_when([&] { return epoch() >= 2; }, SIGTERM, run_).exit_code, 75);
  expect_to_finish(run_);
}

}  // namespace
}  // namespace twopass::cli_test
