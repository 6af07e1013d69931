// Signals ask a run to stop, and insist the second time.

#include "run/stop.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace twopass::run {
namespace {

void stop_by(int first, int second) {
  const StopSignals signals;
  std::raise(first);
  if (!stop_requested()) std::exit(1);
  std::raise(second);
  std::exit(2);
}

TEST(StopSignals, AreObeyedAtOnceTheSecondTime) {
  EXPECT_EXIT(stop_by(SIGINT, SIGINT), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(stop_by(SIGTERM, SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignals, AreObeyedAtOnceWhenTheSecondIsTheOther) {
  EXPECT_EXIT(stop_by(SIGINT, SIGTERM), testing::KilledBySignal(SIGTERM), "");
  EXPECT_EXIT(stop_by(SIGTERM, SIGINT), testing::KilledBySignal(SIGINT), "");
}

TEST(StopSignals, CountFromTheirOwnBeginning) {
  {
    const StopSignals signals;
    std::raise(SIGINT);
    EXPECT_THROW(throw_if_stopped(), Stopped);
  }
  const StopSignals signals;
  EXPECT_NO_THROW(throw_if_stopped());
}

}  // namespace
}  // namespace twopass::run
