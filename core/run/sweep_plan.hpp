#pragma once

#include "host/registry.hpp"
#include "pipeline/sweep.hpp"
#include "run/sweep_folder.hpp"

namespace twopass::run {

// Builds every configuration on paper. Throws InvalidPipeline with all that cannot work, and in which runs.
void check_on_paper(const pipeline::Sweep& sweep, host::Registry& registry);

SweepPlan make_plan(const pipeline::Sweep& sweep);

// Throws Error when the folder's plan has runs that `sweep` would change or no longer has. A plan may grow.
void require_same_runs(const SweepFolder& folder, const pipeline::Sweep& sweep);

// Writes every run's pipeline, then the plan; throws as require_same_runs does. The caller holds the folder's
// lock.
void freeze(const SweepFolder& folder, const pipeline::Sweep& sweep);

}  // namespace twopass::run
