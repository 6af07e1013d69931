#pragma once

namespace twopass::cli {

// From now on a crash, or an exit, while a plugin is at work ends with a line on stderr that names the
// plugin. The process dies of the same signal, or exits with the same code, as without.
void name_plugins_that_crash();

}  // namespace twopass::cli
