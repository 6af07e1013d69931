#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/to_stderr.hpp"
#include "data/contents.hpp"
#include "data/get.hpp"
#include "data/place.hpp"
#include "host/nearest.hpp"
#include "pipeline/data_roots.hpp"
#include "run/progress_display.hpp"
#include "run/stop.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

using nlohmann::ordered_json;

struct DataArguments {
  std::vector<std::string> names;    // of datasets
  std::filesystem::path root;        // empty: the user's data folder, or for `verify` all data roots
  std::vector<std::string> mirrors;  // instead of the published ones
  bool all = false;                  // optional files, too
  int timeout = 30;                  // seconds
  bool quiet = false;
};

std::string readable(int64_t bytes) {
  if (bytes < 1000000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// Those of the catalogue with these names, or all of it; nothing, and a message, when a name is unknown.
std::vector<data::Dataset> chosen(const std::vector<std::string>& names) {
  if (names.empty()) return data::catalogue();
  std::vector<std::string> known;
  for (const data::Dataset& dataset : data::catalogue()) known.push_back(dataset.name);
  std::vector<data::Dataset> datasets;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(data::catalogue(), name, &data::Dataset::name);
    if (found == data::catalogue().end()) {
      to_stderr("error: no dataset '{}' is known{}; there are {}\n", name, host::did_you_mean(name, known),
                fmt::join(known, ", "));
      return {};
    }
    datasets.push_back(*found);
  }
  return datasets;
}

ordered_json describe(const data::Dataset& dataset, const std::optional<data::Place>& place) {
  ordered_json result{{"name", dataset.name},
                      {"title", dataset.title},
                      {"licence", dataset.licence},
                      {"folder", nullptr},
                      {"files", ordered_json::array()},
                      {"missing", ordered_json::array()},
                      {"downloads", ordered_json::array()},
                      {"mirrors", dataset.mirrors}};
  if (place) {
    result["folder"] = place->folder.string();
    for (const data::FoundFile& found : place->found) result["files"].push_back(found.path.string());
    result["missing"] = place->missing;
  }
  for (const data::Archive& archive : dataset.archives)
    result["downloads"].push_back({{"name", archive.name},
                                   {"bytes", archive.size},
                                   {"digest", archive.digest},
                                   {"optional", data::is_optional(archive)}});
  return result;
}

std::string how_to_get(const data::Dataset& dataset) { return "twopass data get " + dataset.name; }

void print(const data::Dataset& dataset, const std::optional<data::Place>& place) {
  fmt::print("{} ({})\n", dataset.name, dataset.title);
  if (!place)
    fmt::print("  not found  fetch it with: {}\n", how_to_get(dataset));
  else if (place->missing.empty())
    fmt::print("  found in   {}\n", place->folder.string());
  else
    fmt::print("  partly in  {}, without {}; fetch it with: {}\n", place->folder.string(),
               fmt::join(place->missing, ", "), how_to_get(dataset));
  const char* head = "downloads";
  for (const data::Archive& archive : dataset.archives) {
    fmt::print("  {:<9}  {:<26} {:>10}{}\n", head, archive.name, readable(archive.size),
               data::is_optional(archive) ? "  with --all" : "");
    head = "";
  }
  fmt::print("  licence    {}\n", dataset.licence);
}

void tell_how_to_use(const std::filesystem::path& root) {
  const std::vector<std::string> searched = pipeline::data_roots("");
  const std::string absolute = std::filesystem::absolute(root).lexically_normal().string();
  if (std::ranges::find(searched, absolute) == searched.end())
    to_stderr("runs look there with TWOPASS_DATA_ROOT={0} or dataset.root={0}\n", absolute);
}

ExitCode data_list(const Settings& settings, const DataArguments&) {
  const std::vector<std::string> roots = pipeline::data_roots("");
  ordered_json all = ordered_json::array();
  for (const data::Dataset& dataset : data::catalogue()) {
    const std::optional<data::Place> place = data::find(dataset, roots);
    if (settings.json)
      all.push_back(describe(dataset, place));
    else
      print(dataset, place);
  }
  if (settings.json) print_json(all);
  return kDone;
}

ExitCode data_get(const Settings& settings, const DataArguments& arguments) {
  const std::vector<data::Dataset> datasets = chosen(arguments.names);
  if (datasets.empty()) return kNothingMatched;
  data::Request request{arguments.root, arguments.mirrors, arguments.all, arguments.timeout};
  if (request.root.empty()) request.root = host::user_folder("data");
  if (request.root.empty())
    throw Error("neither HOME nor XDG_DATA_HOME says where your data folder is; name a folder with --root");

  const run::StopSignals signals;
  run::ProgressDisplay display(arguments.quiet);
  const data::Watcher watcher{
      [&](const std::string& line) { display.line(line); },
      [&](const std::string& name, int64_t bytes, int64_t all) {
        run::throw_if_stopped();
        display.update([&] { return fmt::format("{}: {} of {}", name, readable(bytes), readable(all)); });
      }};
  ordered_json all = ordered_json::array();
  for (const data::Dataset& dataset : datasets) {
    display.line(fmt::format("{}: licence {}", dataset.title, dataset.licence));
    for (const data::Obtained& obtained : data::get(dataset, request, watcher)) {
      if (settings.json)
        all.push_back({{"dataset", dataset.name},
                       {"archive", obtained.archive},
                       {"path", obtained.path.string()},
                       {"source", obtained.source},
                       {"repacked", obtained.repacked}});
      else
        fmt::print("{} {}{}\n", obtained.path.string(),
                   obtained.source.empty() ? "was there" : "from " + obtained.source,
                   obtained.repacked ? ", packed anew; the contents are those published" : "");
    }
  }
  if (settings.json) print_json(all);
  tell_how_to_use(request.root);
  return kDone;
}

ExitCode data_verify(const Settings& settings, const DataArguments& arguments) {
  const std::vector<data::Dataset> datasets = chosen(arguments.names);
  if (datasets.empty()) return kNothingMatched;
  const std::vector<std::string> roots =
      arguments.root.empty() ? pipeline::data_roots("") : std::vector<std::string>{arguments.root.string()};
  bool good = true, any = false;
  ordered_json all = ordered_json::array();
  const auto tell = [&](const data::Dataset& dataset, const std::string& file, const std::string& problem) {
    good = good && problem.empty();
    if (settings.json)
      all.push_back({{"dataset", dataset.name}, {"file", file}, {"problem", problem}});
    else
      fmt::print("{:<8} {}{}{}\n", problem.empty() ? "ok" : "problem", file, problem.empty() ? "" : ": ",
                 problem);
  };
  for (const data::Dataset& dataset : datasets) {
    const std::optional<data::Place> place = data::find(dataset, roots);
    if (!place) {
      if (!arguments.names.empty()) tell(dataset, dataset.name, "not found; " + how_to_get(dataset));
      continue;
    }
    any = true;
    for (const data::FoundFile& found : place->found) {
      const std::optional<data::Mismatch> mismatch = data::compare(found.path, found.file);
      tell(dataset, found.path.string(),
           mismatch ? fmt::format("contents differ from those published: expected {}, found {}",
                                  mismatch->expected, mismatch->found)
                    : "");
    }
    for (const std::string& name : place->missing)
      tell(dataset, (place->folder / name).string(), "not there; " + how_to_get(dataset));
  }
  if (settings.json) print_json(all);
  if (!any && arguments.names.empty())
    throw Error(fmt::format("no dataset is in {}", fmt::join(roots, ", ")), TWOPASS_NOT_FOUND);
  return good ? kDone : kDataMissing;
}

}  // namespace

void add_data(CLI::App& app, Settings& settings) {
  CLI::App& group = add_group(app, "data", "List, fetch and check datasets");
  const auto arguments = std::make_shared<DataArguments>();
  const auto add = [&](const char* name, const char* text, auto* function) -> CLI::App& {
    CLI::App& command = add_command(group, name, text, settings, arguments, function);
    add_json(command, settings);
    return command;
  };
  add("list", "Say what datasets there are and where this machine has them", data_list);

  CLI::App& get = add("get", "Fetch datasets: the one command that uses the network", data_get);
  get.add_option("names", arguments->names, "Datasets")->required();
  get.add_option("--root", arguments->root, "Folder for them (default: the user's data folder)");
  get.add_option("--mirror", arguments->mirrors,
                 "Fetch URL/FILE, and nothing from the published places; repeatable")
      ->allow_extra_args(false);
  get.add_flag("--all", arguments->all, "Also what is optional: svhn's 1.3 GB of extra images");
  get.add_option("--timeout", arguments->timeout,
                 "Seconds without a byte after which the next mirror is asked")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  get.add_flag("--quiet", arguments->quiet, "No progress on stderr");

  CLI::App& verify = add("verify", "Compare the datasets found with what was published", data_verify);
  verify.add_option("names", arguments->names, "Datasets (default: all that are found)");
  verify.add_option("--root", arguments->root, "Folder to look in (default: where a run looks)");
}

}  // namespace twopass::cli
