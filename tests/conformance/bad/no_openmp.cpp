// A library without OpenMP, whatever it is called.
extern "C" [[gnu::visibility("default")]] int twopass_test_no_openmp() { return 0; }
