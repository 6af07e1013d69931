#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/workplace.hpp"

namespace twopass::download_test {

using namespace cli_test;

// The real Fashion-MNIST, as Debian packs it: other gzip files than the published ones, with the same
// contents.
inline const fs::path kFashion = "/usr/share/datasets/fashion-mnist";
inline const std::vector<std::string> kArchives{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                                "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};

// A workplace with a web server of its own, at the loopback address, which has Fashion-MNIST.
class Mirror : public Workplace {
 protected:
  Mirror() : server_({PYTHON, SERVER, kFashion, path("log"), path("port")}, surroundings()) {
    wait_until([&] { return fs::exists(path("port")); });
  }

  // The mirror that behaves so; see server.py.
  std::string url(const std::string& behaviour) const {
    return "http://127.0.0.1:" + content(path("port")) + "/" + behaviour;
  }
  std::vector<std::string> get_words(const std::vector<std::string>& mirrors) const {
    std::vector<std::string> words{"data", "get", "fashion_mnist"};
    for (const std::string& mirror : mirrors) words.insert(words.end(), {"--mirror", mirror});
    return words;
  }
  Outcome get(const std::vector<std::string>& behaviours) const {
    std::vector<std::string> mirrors;
    mirrors.reserve(behaviours.size());
    for (const std::string& behaviour : behaviours) mirrors.push_back(url(behaviour));
    return twopass(get_words(mirrors));
  }

  // "BEHAVIOUR FILE FIRST_BYTE" of every request so far.
  std::vector<std::string> requests() const {
    std::vector<std::string> lines;
    if (!fs::exists(path("log"))) return lines;
    std::istringstream text(content(path("log")));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  fs::path raw() const { return path(".local/share/twopass/data/FashionMNIST/raw"); }
  // Puts in place all but one archive, so that only that one is fetched.
  void have_all_but(const std::string& missing) const {
    fs::create_directories(raw());
    for (const std::string& archive : kArchives)
      if (archive != missing) fs::copy_file(kFashion / archive, raw() / archive);
  }
  void expect_complete() const {
    size_t files = 0;
    for (const auto& entry : fs::directory_iterator(raw())) {
      const std::string name = entry.path().filename();
      EXPECT_TRUE(content(entry.path()) == content(kFashion / name)) << name;
      ++files;
    }
    EXPECT_EQ(files, kArchives.size());
  }

  Process server_;
};

}  // namespace twopass::download_test
