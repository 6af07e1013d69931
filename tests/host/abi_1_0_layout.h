/* Where ABI 1.0 has every field, how large its structs were, and what its enumerators mean: never changed
 * after its release. A field that comes later gets its rows in a file of its own. Compiled as C11 and as
 * C++20. */
#include <assert.h>
#include <stddef.h>

#include "twopass/abi.h"

#define OFFSET(type, field, bytes) \
  static_assert(offsetof(type, field) == bytes, #type "." #field " has moved")
#define AT_LEAST(type, bytes) static_assert(sizeof(type) >= bytes, #type " has shrunk")
#define FROZEN(type, bytes) \
  static_assert(sizeof(type) == bytes, #type " is embedded by value and cannot change")
#define VALUE(name, number) static_assert((int)name == number, #name " means something else now")

OFFSET(twopass_error, struct_size, 0);
OFFSET(twopass_error, reserved, 4);
OFFSET(twopass_error, text, 8);
OFFSET(twopass_error, option, 1032);
AT_LEAST(twopass_error, 1160);

OFFSET(twopass_note, struct_size, 0);
OFFSET(twopass_note, abi_major, 4);
OFFSET(twopass_note, abi_minor, 8);
OFFSET(twopass_note, kind, 12);
OFFSET(twopass_note, flags, 16);
OFFSET(twopass_note, cpu_level, 20);
OFFSET(twopass_note, name, 24);
OFFSET(twopass_note, version, 88);
OFFSET(twopass_note, sdk_version, 112);
OFFSET(twopass_note, summary, 136);
OFFSET(twopass_note, toolchain, 296);
AT_LEAST(twopass_note, 392);

OFFSET(twopass_choice, name, 0);
OFFSET(twopass_choice, doc, 8);
FROZEN(twopass_choice, 16);

OFFSET(twopass_option, struct_size, 0);
OFFSET(twopass_option, type, 4);
OFFSET(twopass_option, name, 8);
OFFSET(twopass_option, doc, 16);
OFFSET(twopass_option, unit, 24);
OFFSET(twopass_option, default_text, 32);
OFFSET(twopass_option, minimum, 40);
OFFSET(twopass_option, maximum, 48);
OFFSET(twopass_option, flags, 56);
OFFSET(twopass_option, choice_count, 60);
OFFSET(twopass_option, choices, 64);
AT_LEAST(twopass_option, 72);

OFFSET(twopass_value, struct_size, 0);
OFFSET(twopass_value, type, 4);
OFFSET(twopass_value, name, 8);
OFFSET(twopass_value, integer, 16);
OFFSET(twopass_value, number, 24);
OFFSET(twopass_value, text, 32);
OFFSET(twopass_value, count, 40);
OFFSET(twopass_value, integers, 48);
OFFSET(twopass_value, numbers, 56);
OFFSET(twopass_value, texts, 64);
AT_LEAST(twopass_value, 72);

OFFSET(twopass_values, struct_size, 0);
OFFSET(twopass_values, count, 4);
OFFSET(twopass_values, items, 8);
AT_LEAST(twopass_values, 16);

OFFSET(twopass_host, struct_size, 0);
OFFSET(twopass_host, abi_minor, 4);
OFFSET(twopass_host, self, 8);
OFFSET(twopass_host, log, 16);
AT_LEAST(twopass_host, 24);

OFFSET(twopass_plugin, struct_size, 0);
OFFSET(twopass_plugin, kind, 4);
OFFSET(twopass_plugin, name, 8);
OFFSET(twopass_plugin, version, 16);
OFFSET(twopass_plugin, summary, 24);
OFFSET(twopass_plugin, options, 32);
OFFSET(twopass_plugin, option_count, 40);
OFFSET(twopass_plugin, reserved, 44);
OFFSET(twopass_plugin, create, 48);
OFFSET(twopass_plugin, destroy, 56);
OFFSET(twopass_plugin, api, 64);
AT_LEAST(twopass_plugin, 72);

OFFSET(twopass_dataset_info, struct_size, 0);
OFFSET(twopass_dataset_info, class_count, 4);
OFFSET(twopass_dataset_info, channels, 8);
OFFSET(twopass_dataset_info, height, 16);
OFFSET(twopass_dataset_info, width, 24);
OFFSET(twopass_dataset_info, class_names, 32);
AT_LEAST(twopass_dataset_info, 40);

OFFSET(twopass_images, struct_size, 0);
OFFSET(twopass_images, reserved, 4);
OFFSET(twopass_images, count, 8);
OFFSET(twopass_images, pixels, 16);
OFFSET(twopass_images, labels, 24);
OFFSET(twopass_images, pixel_bytes, 32);
AT_LEAST(twopass_images, 40);

OFFSET(twopass_dataset_api, struct_size, 0);
OFFSET(twopass_dataset_api, reserved, 4);
OFFSET(twopass_dataset_api, describe, 8);
OFFSET(twopass_dataset_api, load, 16);
AT_LEAST(twopass_dataset_api, 24);

OFFSET(twopass_task, struct_size, 0);
OFFSET(twopass_task, class_count, 4);
OFFSET(twopass_task, channels, 8);
OFFSET(twopass_task, height, 16);
OFFSET(twopass_task, width, 24);
OFFSET(twopass_task, label_source, 32);
OFFSET(twopass_task, map_count, 36);
OFFSET(twopass_task, class_names, 40);
AT_LEAST(twopass_task, 48);

OFFSET(twopass_pretext_api, struct_size, 0);
OFFSET(twopass_pretext_api, reserved, 4);
OFFSET(twopass_pretext_api, negotiate, 8);
OFFSET(twopass_pretext_api, maps, 16);
OFFSET(twopass_pretext_api, transform, 24);
AT_LEAST(twopass_pretext_api, 32);

OFFSET(twopass_buffer, struct_size, 0);
OFFSET(twopass_buffer, type, 4);
OFFSET(twopass_buffer, role, 8);
OFFSET(twopass_buffer, reserved, 12);
OFFSET(twopass_buffer, rows, 16);
OFFSET(twopass_buffer, columns, 24);
OFFSET(twopass_buffer, storage, 32);
OFFSET(twopass_buffer, name, 40);
AT_LEAST(twopass_buffer, 48);

OFFSET(twopass_view, buffer, 0);
OFFSET(twopass_view, reserved, 4);
OFFSET(twopass_view, first, 8);
OFFSET(twopass_view, rows, 16);
OFFSET(twopass_view, columns, 24);
OFFSET(twopass_view, stride, 32);
FROZEN(twopass_view, 40);

OFFSET(twopass_op, struct_size, 0);
OFFSET(twopass_op, code, 4);
OFFSET(twopass_op, mode, 8);
OFFSET(twopass_op, slot, 24);
OFFSET(twopass_op, size, 40);
OFFSET(twopass_op, scalar, 56);
OFFSET(twopass_op, in, 104);
OFFSET(twopass_op, out, 344);
AT_LEAST(twopass_op, 504);

OFFSET(twopass_program, struct_size, 0);
OFFSET(twopass_program, slot_count, 4);
OFFSET(twopass_program, name, 8);
OFFSET(twopass_program, buffers, 16);
OFFSET(twopass_program, ops, 24);
OFFSET(twopass_program, buffer_count, 32);
OFFSET(twopass_program, op_count, 36);
AT_LEAST(twopass_program, 40);

OFFSET(twopass_backend_info, struct_size, 0);
OFFSET(twopass_backend_info, threads, 4);
OFFSET(twopass_backend_info, device, 8);
OFFSET(twopass_backend_info, precision, 136);
OFFSET(twopass_backend_info, fused_ops, 152);
OFFSET(twopass_backend_info, types, 160);
OFFSET(twopass_backend_info, deterministic, 164);
AT_LEAST(twopass_backend_info, 168);

OFFSET(twopass_backend_api, struct_size, 0);
OFFSET(twopass_backend_api, reserved, 4);
OFFSET(twopass_backend_api, open, 8);
OFFSET(twopass_backend_api, buffer_create, 16);
OFFSET(twopass_backend_api, buffer_destroy, 24);
OFFSET(twopass_backend_api, upload, 32);
OFFSET(twopass_backend_api, download, 40);
OFFSET(twopass_backend_api, compile, 48);
OFFSET(twopass_backend_api, release, 56);
OFFSET(twopass_backend_api, run, 64);
OFFSET(twopass_backend_api, synchronize, 72);
AT_LEAST(twopass_backend_api, 80);

OFFSET(twopass_device, struct_size, 0);
OFFSET(twopass_device, reserved, 4);
OFFSET(twopass_device, self, 8);
OFFSET(twopass_device, api, 16);
AT_LEAST(twopass_device, 24);

OFFSET(twopass_trainer_task, struct_size, 0);
OFFSET(twopass_trainer_task, class_count, 4);
OFFSET(twopass_trainer_task, channels, 8);
OFFSET(twopass_trainer_task, height, 16);
OFFSET(twopass_trainer_task, width, 24);
OFFSET(twopass_trainer_task, steps_per_epoch, 32);
OFFSET(twopass_trainer_task, network, 40);
OFFSET(twopass_trainer_task, device, 48);
OFFSET(twopass_trainer_task, train_images, 56);
OFFSET(twopass_trainer_task, train_labels, 64);
OFFSET(twopass_trainer_task, evaluation_images, 72);
OFFSET(twopass_trainer_task, feature_label_pixels, 80);
OFFSET(twopass_trainer_task, reserved, 84);
AT_LEAST(twopass_trainer_task, 88);

OFFSET(twopass_trainer_outputs, struct_size, 0);
OFFSET(twopass_trainer_outputs, local, 4);
OFFSET(twopass_trainer_outputs, score_count, 8);
OFFSET(twopass_trainer_outputs, feature_count, 12);
OFFSET(twopass_trainer_outputs, score_names, 16);
OFFSET(twopass_trainer_outputs, features, 24);
OFFSET(twopass_trainer_outputs, scores, 32);
OFFSET(twopass_trainer_outputs, metrics, 40);
OFFSET(twopass_trainer_outputs, metric_names, 48);
OFFSET(twopass_trainer_outputs, metric_count, 56);
OFFSET(twopass_trainer_outputs, reserved, 60);
OFFSET(twopass_trainer_outputs, thresholds, 64);
AT_LEAST(twopass_trainer_outputs, 72);

OFFSET(twopass_epoch, struct_size, 0);
OFFSET(twopass_epoch, reserved, 4);
OFFSET(twopass_epoch, seed, 8);
OFFSET(twopass_epoch, epoch, 16);
OFFSET(twopass_epoch, step_count, 24);
OFFSET(twopass_epoch, first_step, 32);
OFFSET(twopass_epoch, labels, 40);
AT_LEAST(twopass_epoch, 48);

OFFSET(twopass_trainer_api, struct_size, 0);
OFFSET(twopass_trainer_api, reserved, 4);
OFFSET(twopass_trainer_api, build, 8);
OFFSET(twopass_trainer_api, initialize, 16);
OFFSET(twopass_trainer_api, begin_epoch, 24);
OFFSET(twopass_trainer_api, step, 32);
OFFSET(twopass_trainer_api, score, 40);
OFFSET(twopass_trainer_api, extract, 48);
AT_LEAST(twopass_trainer_api, 56);

VALUE(TWOPASS_OK, 0);
VALUE(TWOPASS_INVALID_ARGUMENT, 1);
VALUE(TWOPASS_NOT_FOUND, 2);
VALUE(TWOPASS_CORRUPT, 3);
VALUE(TWOPASS_UNSUPPORTED, 4);
VALUE(TWOPASS_UNAVAILABLE, 5);
VALUE(TWOPASS_OUT_OF_MEMORY, 6);
VALUE(TWOPASS_INTERNAL, 7);
VALUE(TWOPASS_IO, 8);
VALUE(TWOPASS_FAILED, 9);
VALUE(TWOPASS_DATASET, 1);
VALUE(TWOPASS_PRETEXT, 2);
VALUE(TWOPASS_TRAINER, 3);
VALUE(TWOPASS_BACKEND, 4);
VALUE(TWOPASS_FLAG_ADDRESS_SANITIZER, 1);
VALUE(TWOPASS_FLAG_THREAD_SANITIZER, 2);
VALUE(TWOPASS_BOOLEAN, 1);
VALUE(TWOPASS_INTEGER, 2);
VALUE(TWOPASS_NUMBER, 3);
VALUE(TWOPASS_TEXT, 4);
VALUE(TWOPASS_CHOICE, 5);
VALUE(TWOPASS_PATH, 6);
VALUE(TWOPASS_INTEGER_LIST, 7);
VALUE(TWOPASS_NUMBER_LIST, 8);
VALUE(TWOPASS_TEXT_LIST, 9);
VALUE(TWOPASS_MINIMUM_EXCLUSIVE, 1);
VALUE(TWOPASS_MAXIMUM_EXCLUSIVE, 2);
VALUE(TWOPASS_LOG_INFO, 1);
VALUE(TWOPASS_LOG_WARNING, 2);
VALUE(TWOPASS_TRAIN, 0);
VALUE(TWOPASS_TEST, 1);
VALUE(TWOPASS_LABEL_IS_MAP, 0);
VALUE(TWOPASS_LABEL_OF_DATASET, 1);
VALUE(TWOPASS_F32, 0);
VALUE(TWOPASS_I32, 1);
VALUE(TWOPASS_U8, 2);
VALUE(TWOPASS_BF16, 3);
VALUE(TWOPASS_PARAM, 0);
VALUE(TWOPASS_STATE, 1);
VALUE(TWOPASS_INPUT, 2);
VALUE(TWOPASS_OUTPUT, 3);
VALUE(TWOPASS_TEMP, 4);
VALUE(TWOPASS_OP_COPY, 0);
VALUE(TWOPASS_OP_FILL, 1);
VALUE(TWOPASS_OP_GEMM, 2);
VALUE(TWOPASS_OP_GATHER_ROWS, 3);
VALUE(TWOPASS_OP_GATHER_COLUMNS, 4);
VALUE(TWOPASS_OP_ONE_HOT, 5);
VALUE(TWOPASS_OP_UNARY, 6);
VALUE(TWOPASS_OP_UNARY_GRADIENT, 7);
VALUE(TWOPASS_OP_BINARY, 8);
VALUE(TWOPASS_OP_ROW_REDUCE, 9);
VALUE(TWOPASS_OP_COLUMN_REDUCE, 10);
VALUE(TWOPASS_OP_SOFTMAX_CROSS_ENTROPY, 11);
VALUE(TWOPASS_OP_ARGMAX_ROWS, 12);
VALUE(TWOPASS_OP_COUNT_EQUAL, 13);
VALUE(TWOPASS_OP_OPTIMIZER, 14);
VALUE(TWOPASS_OP_FIRST_FUSED, 32);
VALUE(TWOPASS_OP_ROW_NORMALIZE, 32);
VALUE(TWOPASS_OP_ROW_NORMALIZE_GRADIENT, 33);
VALUE(TWOPASS_OP_GOODNESS_LOSS, 34);
VALUE(TWOPASS_OP_SELECT, 35);
VALUE(TWOPASS_RELU, 0);
VALUE(TWOPASS_SQUARE, 1);
VALUE(TWOPASS_SQRT, 2);
VALUE(TWOPASS_RSQRT, 3);
VALUE(TWOPASS_RECIPROCAL, 4);
VALUE(TWOPASS_EXP, 5);
VALUE(TWOPASS_LOG, 6);
VALUE(TWOPASS_SOFTPLUS, 7);
VALUE(TWOPASS_SIGMOID, 8);
VALUE(TWOPASS_TANH, 9);
VALUE(TWOPASS_IDENTITY, 10);
VALUE(TWOPASS_ADD, 0);
VALUE(TWOPASS_MULTIPLY, 1);
VALUE(TWOPASS_DIVIDE, 2);
VALUE(TWOPASS_MAXIMUM, 3);
VALUE(TWOPASS_MINIMUM, 4);
VALUE(TWOPASS_SUM, 0);
VALUE(TWOPASS_SUM_SQUARES, 1);
VALUE(TWOPASS_MAX, 2);
VALUE(TWOPASS_NORMALIZE_NONE, 0);
VALUE(TWOPASS_LAYER_NORM, 1);
VALUE(TWOPASS_UNIT_LENGTH, 2);
VALUE(TWOPASS_UNIT_RMS, 3);
VALUE(TWOPASS_NORM, 0);
VALUE(TWOPASS_SUM_SQUARES_GOODNESS, 1);
VALUE(TWOPASS_MEAN_SQUARES_GOODNESS, 2);
VALUE(TWOPASS_SGD, 0);
VALUE(TWOPASS_ADAM, 1);
VALUE(TWOPASS_LABEL_NEUTRAL, 0);
VALUE(TWOPASS_LABEL_ZERO, 1);
VALUE(TWOPASS_LABEL_KEEP, 2);

static_assert(TWOPASS_ABI_MAJOR == 1, "another major version has a layout of its own");
