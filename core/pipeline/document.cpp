#include "pipeline/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "pipeline/numbers.hpp"
#include "pipeline/read_file.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {
namespace fs = std::filesystem;
namespace {

// A pipeline is a page of text; whatever is larger was named by mistake.
constexpr std::uintmax_t kMaximumBytes = 1 << 20;
// Aliases of aliases grow without bound ("billion laughs"); no pipeline comes near these.
constexpr size_t kMaximumAliasedSize = 1 << 20;
constexpr size_t kMaximumDepth = 32;

// yaml-cpp's texts that do not say what to do.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSyntaxErrors{{
    {"illegal map value",
     "':' cannot stand here; check the indentation (spaces, no tabs), look for a ':' that the line above "
     "lacks, and put quotes around a text that holds ': '"},
    {"unknown token", "no value can begin with this character; put quotes around the text"},
    {"illegal flow end", "this bracket closes what another kind of bracket opened"},
    {"end of sequence flow not found", "a list that begins with '[' has no ']'"},
    {"end of map flow not found", "a mapping that begins with '{' has no '}'"},
}};

// The YAML reader lets anything pass; what writes results later does not.
bool is_utf8_text(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;
  try {
    static_cast<void>(nlohmann::json(text).dump());
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

// In bytes, about.
size_t size_of(const YamlNode& node) {
  size_t size = sizeof node + node.key.size() + node.text.size();
  for (const YamlNode& child : node.children) size += size_of(child);
  return size;
}

// Builds nodes from yaml-cpp's events, which tell every key and alias by its own place.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const Source> source, Diagnostics& diagnostics, size_t first)
      : source_(std::move(source)), diagnostics_(diagnostics), first_(first) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override { document_ = at(mark, 1); }
  void OnDocumentEnd() override {
    if (++document_count_ == 2)
      diagnostics_.error(document_, "a second document begins here; a pipeline file holds one");
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(YamlNode{.position = at(mark, 1)}, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!";
    const Position position = at(mark, value.size() + (quoted ? 2 : 0));
    check_tag(position, tag);
    add(YamlNode{.kind = YamlNode::Kind::kScalar, .text = value, .quoted = quoted, .position = position},
        anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      diagnostics_.error(at(mark, 1), "an alias cannot stand inside of what it stands for");
      return add(YamlNode{.position = at(mark, 1)}, 0);
    }
    aliased_size_ += size_of(found->second);
    if (aliased_size_ > kMaximumAliasedSize) throw YAML::ParserException(mark, "too many aliases");
    YamlNode copy = found->second;
    if (copy.kind == YamlNode::Kind::kScalar) copy.position = at(mark, 1);
    add(std::move(copy), 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<YamlNode> key{};  // of a mapping: read, while its value is not
    bool drop = false;              // the value, because its key is wrong
  };

  Position at(const YAML::Mark& mark, size_t length) const {
    return {source_, first_ + static_cast<size_t>(std::max(0, mark.pos)), std::max<size_t>(1, length)};
  }

  void check_tag(const Position& position, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(position, "tags such as '!!int' are not supported; write the value alone");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check_tag(at(mark, 1), tag);
    if (open_.size() >= kMaximumDepth) throw YAML::ParserException(mark, "too many levels");
    open_.push_back({.node = YamlNode{.kind = kind, .position = at(mark, 1)}, .anchor = anchor});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      if (document_count_ == 0) root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.children.push_back(std::move(node));
    } else if (!parent.key) {
      parent.drop = !is_new_key(parent.node, node);
      parent.key = std::move(node);
    } else {
      end_entry(parent, std::move(node));
    }
  }

  bool is_new_key(const YamlNode& mapping, const YamlNode& key) {
    if (key.kind != YamlNode::Kind::kScalar) {
      diagnostics_.error(key.position, "a key must be a word");
    } else if (key.text == "<<" && !key.quoted) {
      diagnostics_.error(key.position, "merge keys (<<) are not supported; write the keys out");
    } else if (const YamlNode* earlier = mapping.find(key.text)) {
      const Diagnostic first = diagnose(earlier->key_position, {});
      const std::string place =
          first.line > 0 ? "line " + std::to_string(first.line) : "character " + std::to_string(first.column);
      diagnostics_.error(key.position, "the key '" + key.text + "' is given twice, first at " + place);
    } else {
      return true;
    }
    return false;
  }

  void end_entry(Open& parent, YamlNode value) {
    const YamlNode key = *std::exchange(parent.key, std::nullopt);
    if (parent.drop) return;
    value.key = key.text;
    value.key_position = key.position;
    // yaml-cpp places a value that is not there at whatever comes next.
    if (value.kind == YamlNode::Kind::kNothing) value.position = key.position;
    parent.node.children.push_back(std::move(value));
  }

  std::shared_ptr<const Source> source_;
  Diagnostics& diagnostics_;
  size_t first_;
  YamlNode root_;
  Position document_;
  int document_count_ = 0;
  size_t aliased_size_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
};

// An error at the end of the text is shown after its last word, not on the empty line that follows.
Position place_of(const YAML::ParserException& error, const std::shared_ptr<const Source>& source,
                  size_t first) {
  if (error.mark.is_null()) return {source, 0, 0};
  const size_t offset = first + static_cast<size_t>(std::max(0, error.mark.pos));
  if (offset < source->text.size()) return {source, offset, 1};
  const size_t last = source->text.find_last_not_of(" \t\r\n");
  return {source, last == std::string::npos ? 0 : last + 1, 1};
}

[[noreturn]] void refuse(const fs::path& file, const std::string& message) {
  throw InvalidPipeline({{.origin = file.string(), .message = message}});
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view wanted) const {
  if (kind != Kind::kMapping) return nullptr;
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const YamlNode& child) { return child.key == wanted; });
  return found == children.end() ? nullptr : &*found;
}

YamlNode* YamlNode::find(std::string_view wanted) {
  return const_cast<YamlNode*>(std::as_const(*this).find(wanted));
}

std::string got_text(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kNothing) return "nothing";
  if (node.kind == YamlNode::Kind::kList) return "a list";
  if (node.kind == YamlNode::Kind::kMapping) return "a mapping";
  constexpr size_t kShown = 60;
  size_t shown = std::min(node.text.find('\n'), kShown);
  while (shown < node.text.size() && (node.text[shown] & 0xC0) == 0x80) --shown;  // whole characters of UTF-8
  std::string text = node.text.substr(0, shown);
  if (text.size() < node.text.size()) text += "...";
  const bool bare = parse_number(text) || text == "true" || text == "false" || !explain_number(text).empty();
  if (!bare) return '"' + text + '"';
  return node.quoted ? "the text \"" + text + "\" in quotes" : text;
}

std::shared_ptr<const Source> read_source(const fs::path& file, const std::string& what) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) refuse(file, "there is no such file");
  if (fs::is_directory(file, ignored)) refuse(file, "this is a folder; name a " + what + " in it");
  if (fs::is_regular_file(file, ignored) && fs::file_size(file) > kMaximumBytes)
    refuse(file, "this is too large to be a " + what);
  try {
    return make_source(read_file(file), file);
  } catch (const Error&) {
    refuse(file, "the file cannot be read; check its permissions");
  }
}

std::shared_ptr<const Source> make_source(const std::string& text, const fs::path& origin) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const size_t first = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  return std::make_shared<const Source>(
      Source{.name = origin.string(), .text = text.substr(first), .folder = origin.parent_path()});
}

YamlNode read_yaml(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics, size_t first) {
  YamlNode nothing{.position = {source, 0, 0}};
  if (!is_utf8_text(source->text)) {
    diagnostics.error(nothing.position, "this is no text in UTF-8");
    return nothing;
  }
  std::istringstream stream(source->text.substr(first));
  Builder builder(source, diagnostics, first);
  try {
    YAML::Parser parser(stream);
    // Two at most: after some errors yaml-cpp finds one empty document after the other, for ever.
    for (int count = 0; count < 2 && parser.HandleNextDocument(builder);) ++count;
  } catch (const YAML::ParserException& error) {
    const auto* known = std::find_if(kSyntaxErrors.begin(), kSyntaxErrors.end(),
                                     [&](const auto& row) { return row.first == error.msg; });
    const std::string text = known == kSyntaxErrors.end() ? error.msg : std::string(known->second);
    diagnostics.error(place_of(error, source, first), "not valid YAML: " + text);
    return nothing;
  }
  YamlNode root = builder.take();
  return root.position.source ? root : nothing;
}

YamlNode read_mapping(const std::shared_ptr<const Source>& source, const std::string& what,
                      const std::string& note, Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  YamlNode root = read_yaml(source, diagnostics);
  if (root.kind != YamlNode::Kind::kMapping && diagnostics.size() == before)
    diagnostics.error(root.position, "expected " + what + ", got " + got_text(root), note);
  return root;
}

}  // namespace twopass::pipeline
