// A library of nothing, whatever it is called.
extern "C" [[gnu::visibility("default")]] int twopass_test_nothing() { return 0; }
