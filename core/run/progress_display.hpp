#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace twopass::run {

// What the user sees of a run: on a terminal one live line, elsewhere whole lines, at most one every 30
// seconds between those that must be seen. Everything goes to stderr.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(bool quiet);
  ~ProgressDisplay();

  // From now on lines that stay, and warnings, are also added to this file, for the quiet too.
  void log_to(std::filesystem::path file) { log_ = std::move(file); }

  // A passing state; `text` is only made when it is shown.
  void update(const std::function<std::string()>& text);
  // A line that stays.
  void line(const std::string& text);
  // A line that also the quiet must see.
  void warning(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  void print(const std::string& text);
  void log(const std::string& text) const;
  void clear_live_line();

  bool quiet_, terminal_;
  std::filesystem::path log_;
  bool live_line_ = false;
  Clock::time_point last_;
};

}  // namespace twopass::run
