// A shared library that merely has a plugin's file name.
extern "C" int answer() { return 42; }
