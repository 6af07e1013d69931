#pragma once

#include "twopass/abi.h"

namespace twopass::host {

// Checks what a plugin's entry returned, before anybody relies on it: sizes, kind and name against the note
// that was read from its file, every function of its kind, every row of its option table. Throws Error that
// says what is wrong.
void check_plugin_table(const twopass_plugin* table, const twopass_note& note);

}  // namespace twopass::host
