#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/registry.hpp"

namespace twopass::run {

// What a plugin offers with its options at their defaults. Datasets: {images, classes}. Pretext tasks: what
// they make of images of the usual shapes. Trainers: {local, scores, metrics}. Backends, whose device is
// opened for it: {device, precision, threads, types, fused_ops, deterministic}. {unavailable: why} where it
// has no data or no device here.
nlohmann::ordered_json capabilities(const host::Plugin& plugin, host::Registry& registry);

}  // namespace twopass::run
