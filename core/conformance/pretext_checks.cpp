// Pretext tasks: maps of pixels or a transform of each image.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "conformance/check.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

using Map = std::vector<int32_t>;

struct Shape {
  int64_t channels, height, width;
  int64_t pixels() const { return channels * height * width; }
};
std::string text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

// The usual ones, one that is not square, and odd ones.
constexpr Shape kShapes[] = {{1, 28, 28}, {3, 32, 32}, {1, 28, 20}, {2, 7, 7}, {1, 1, 1}};

host::Pretext open(Subject& subject) { return {subject.plugin(), subject.values().values()}; }

// Nothing when it refuses such images in words, which become `refusal`; any other failure is thrown.
std::optional<Task> negotiate(host::Pretext& pretext, const Shape& shape, std::string& refusal) {
  try {
    return pretext.negotiate({shape.channels, shape.height, shape.width, {"cat", "dog", "horse"}});
  } catch (const Error& e) {
    refusal = e.what();
    if (e.status() == TWOPASS_INVALID_ARGUMENT || e.status() == TWOPASS_UNSUPPORTED) return std::nullopt;
    throw Error(fmt::format("for {} images: {}", text(shape), e.what()), e.status());
  }
}

std::optional<Task> negotiate(host::Pretext& pretext, const Shape& shape) {
  std::string refusal;
  return negotiate(pretext, shape, refusal);
}

bool same(const std::optional<Task>& a, const std::optional<Task>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->channels == b->channels && a->height == b->height && a->width == b->width &&
         a->class_names == b->class_names && a->label_source == b->label_source && a->maps == b->maps;
}

// body(shape, pretext, task) for every shape that it serves, until one is not passed.
template <class Body>
Verdict each(Subject& subject, const Body& body) {
  std::string served;
  for (const Shape& shape : kShapes) {
    host::Pretext pretext = open(subject);
    const std::optional<Task> task = negotiate(pretext, shape);
    if (!task) continue;
    const Verdict verdict = body(shape, pretext, *task);
    if (verdict.outcome != Outcome::kPass)
      return {verdict.outcome, fmt::format("for {} images: {}", text(shape), verdict.text)};
    served += (served.empty() ? "" : ", ") + text(shape);
  }
  return served.empty() ? skip("it serves none of the kit's image shapes") : pass(served);
}

Verdict serves_or_refuses(Subject& subject) {
  Verdict verdict = each(subject, [](const Shape& shape, host::Pretext&, const Task& task) {
    const Shape made{task.channels, task.height, task.width};
    if (text(made) == text(shape)) return pass();
    return fail(
        fmt::format("it makes {} images of them; it has to keep the shape, for features are tested on the "
                    "dataset's own images",
                    text(made)));
  });
  if (verdict.outcome != Outcome::kSkip) return verdict;
  std::string refusal;
  host::Pretext pretext = open(subject);
  static_cast<void>(negotiate(pretext, kShapes[0], refusal));
  return warn(
      fmt::format("it serves neither 1x28x28 nor 3x32x32 images nor any other that was tried: {}", refusal));
}

// A map without black that keeps the number of pixels should move them all; with black, none twice.
Verdict judge_map(const Map& map, int64_t source_pixels) {
  const std::set<int32_t> sources(map.begin(), map.end());
  const auto black = std::ranges::count(map, -1);
  const auto taken = static_cast<int64_t>(sources.size()) - (black > 0 ? 1 : 0);
  const auto moved = static_cast<int64_t>(map.size()) - black;
  if (taken == moved && (black > 0 || moved <= source_pixels)) return pass();
  return warn(
      fmt::format("takes {} of {} pixels, some of them more than once; a map that only moves pixels "
                  "takes each once",
                  taken, source_pixels));
}

Verdict maps_move_pixels(Subject& subject) {
  bool any = false;
  const Verdict verdict = each(subject, [&](const Shape& shape, host::Pretext&, const Task& task) {
    any = any || !task.maps.empty();
    for (size_t index = 0; index < task.maps.size(); ++index) {
      const Verdict of_map = judge_map(task.maps[index], shape.pixels());
      if (of_map.outcome != Outcome::kPass)
        return Verdict{of_map.outcome, fmt::format("map {} {}", index, of_map.text)};
    }
    // Tiny images look alike under many maps.
    if (shape.pixels() >= 100 && std::set(task.maps.begin(), task.maps.end()).size() != task.maps.size())
      return fail("two of its classes have the same map, so nothing can tell them apart");
    return pass();
  });
  return any || verdict.outcome != Outcome::kPass ? verdict
                                                  : skip("it transforms image by image, without maps");
}

Verdict answers_the_same(Subject& subject) {
  host::Pretext used = open(subject);
  for (const Shape& shape : kShapes) {
    host::Pretext fresh = open(subject);
    const std::optional<Task> task = negotiate(fresh, shape);
    if (!same(task, negotiate(fresh, shape)) || !same(task, negotiate(used, shape)))
      return fail(fmt::format("for {} images: it makes another task the second time", text(shape)));
  }
  return pass();
}

struct Made {
  int32_t label;
  std::vector<uint8_t> image;
  bool operator==(const Made&) const = default;
};

// An image transformed into memory that held `filler`, between guards.
Made transform(const host::Pretext& pretext, const Task& task, const Shape& shape, uint64_t key,
               uint8_t filler) {
  constexpr size_t kGuard = 64;
  const Shape made{task.channels, task.height, task.width};
  std::vector<uint8_t> image(static_cast<size_t>(shape.pixels()));
  for (size_t pixel = 0; pixel < image.size(); ++pixel)
    image[pixel] = static_cast<uint8_t>(pixel * 31 + key * 7);
  std::vector<uint8_t> out(static_cast<size_t>(made.pixels()) + 2 * kGuard, filler);
  const int32_t label = pretext.transform(image.data(), 1, key, out.data() + kGuard);
  const auto first = out.begin() + kGuard, last = out.end() - kGuard;
  const auto untouched = [&](uint8_t byte) { return byte == filler; };
  if (!std::all_of(out.begin(), first, untouched) || !std::all_of(last, out.end(), untouched))
    throw Error("its transform writes outside of the image");
  return {label, {first, last}};
}

Verdict transforms_by_its_key_alone(Subject& subject) {
  bool any = false;
  const Verdict verdict = each(subject, [&](const Shape& shape, host::Pretext& pretext, const Task& task) {
    if (!task.maps.empty()) return pass();
    any = true;
    constexpr uint64_t kKeys = 20;
    std::vector<Made> made;
    for (uint64_t key = 0; key < kKeys; ++key) made.push_back(transform(pretext, task, shape, key, 0x5A));
    host::Pretext other = open(subject);  // as a resumed run has one, whose first image is another
    static_cast<void>(negotiate(other, shape));
    for (uint64_t key = kKeys; key-- > 0;) {
      if (transform(pretext, task, shape, key, 0xA5) != made[key])
        return fail(
            "the same image under the same key is another one the second time: all randomness must come "
            "from the Random that it is given, and every pixel must be written");
      if (transform(other, task, shape, key, 0xA5) != made[key])
        return fail(
            "another instance, which has the images in another order, makes another one of the same image "
            "under the same key: it keeps something from its making or from earlier images");
    }
    return pass();
  });
  return any || verdict.outcome != Outcome::kPass ? verdict : skip("it only moves pixels");
}

}  // namespace

std::vector<Check> pretext_checks() {
  return {
      {"pretext.shapes", "it serves an image shape or refuses it in words", serves_or_refuses, true},
      {"pretext.maps", "its maps only move pixels, or blacken them, and differ", maps_move_pixels},
      {"pretext.same", "it makes the same task of the same images each time", answers_the_same},
      {"pretext.transform", "its transform depends on image and key alone", transforms_by_its_key_alone,
       true},
  };
}

}  // namespace twopass::conformance
