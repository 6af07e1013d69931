/* twopass plugin ABI, version 1.0. C11 and C++20; this header alone is the binary contract.
 *
 * A plugin is one shared library `NAME.twopass.so` that holds one plugin and exports one symbol,
 * twopass_plugin_entry_v1. Plugin authors write C++ against <twopass/plugin.hpp>, which fills everything
 * declared here; nobody needs to read this page to write a plugin.
 *
 * Rules that keep old plugins working with newer hosts and the other way round:
 *  - Every struct begins with its size in bytes as its author's compiler saw it. A reader treats fields past
 * that size as zero. Structs only grow at their end; enumerations only gain values; new function slots are
 * optional: abi::slot in <twopass/error.hpp> gives the function or NULL, abi::copy a struct at the reader's
 * size.
 *  - Arrays of such structs are walked with the struct_size of their first element as the stride.
 *    (twopass_view is embedded by value and therefore frozen.)
 *  - Memory is freed by the side that allocated it. Pointers passed in are borrowed for the call unless the
 *    comment says otherwise. Strings are NUL-terminated UTF-8.
 *  - No exception, C++ type or allocator crosses. A function that can fail returns a twopass_status and, when
 * that is not TWOPASS_OK, has filled the error's text.
 *  - Threads: the host calls one instance from one thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TWOPASS_ABI_MAJOR 1u
#define TWOPASS_ABI_MINOR 0u
#define TWOPASS_ENTRY_SYMBOL "twopass_plugin_entry_v1"

typedef enum twopass_status {
  TWOPASS_OK = 0,
  TWOPASS_INVALID_ARGUMENT = 1, /* an option or a combination that cannot work */
  TWOPASS_NOT_FOUND = 2,        /* a file that is not there */
  TWOPASS_CORRUPT = 3,          /* a file whose contents are wrong */
  TWOPASS_UNSUPPORTED = 4,      /* an op, type or shape this backend does not have */
  TWOPASS_UNAVAILABLE = 5,      /* no such device on this machine */
  TWOPASS_OUT_OF_MEMORY = 6,
  TWOPASS_INTERNAL = 7, /* a bug in the plugin or the host */
  TWOPASS_IO = 8,       /* a file that cannot be read or written: a full disk, no permission */
  TWOPASS_FAILED = 9    /* the work itself went wrong: a loss that is no longer a number */
} twopass_status;

typedef struct twopass_error {
  uint32_t struct_size;
  uint32_t reserved;
  char text[1024];  /* one sentence: what, where, what to do */
  char option[128]; /* the option at fault, or empty; the host turns it into line and column */
} twopass_error;

/* ---------------------------------------------------------------- identity: read from the file, before
 * loading */

typedef enum twopass_kind {
  TWOPASS_DATASET = 1,
  TWOPASS_PRETEXT = 2,
  TWOPASS_TRAINER = 3,
  TWOPASS_BACKEND = 4
} twopass_kind;

#define TWOPASS_NOTE_SECTION ".note.twopass"
#define TWOPASS_NOTE_OWNER "twopass" /* 8 bytes with its NUL */
#define TWOPASS_NOTE_TYPE 1u

enum { TWOPASS_FLAG_ADDRESS_SANITIZER = 1, TWOPASS_FLAG_THREAD_SANITIZER = 2 };

/* The descriptor of the ELF note: what the host learns of a file without running any of its code. */
typedef struct twopass_note {
  uint32_t struct_size;
  uint32_t abi_major; /* must equal the host's */
  uint32_t abi_minor; /* must not exceed the host's */
  uint32_t kind;      /* twopass_kind */
  uint32_t flags;     /* sanitizers: must equal the host's */
  uint32_t cpu_level; /* x86-64 level that the code was compiled for: 1 to 4, 0 elsewhere; must not exceed the
                         CPU's */
  char name[64];      /* [a-z][a-z0-9_]*, unique within its kind */
  char version[24];
  char sdk_version[24];
  char summary[160];  /* one sentence */
  char toolchain[96]; /* recorded only */
} twopass_note;

/* ---------------------------------------------------------------- options */

typedef enum twopass_option_type {
  TWOPASS_BOOLEAN = 1,
  TWOPASS_INTEGER = 2,
  TWOPASS_NUMBER = 3,
  TWOPASS_TEXT = 4,
  TWOPASS_CHOICE = 5,
  TWOPASS_PATH = 6, /* relative to the file that names it */
  TWOPASS_INTEGER_LIST = 7,
  TWOPASS_NUMBER_LIST = 8,
  TWOPASS_TEXT_LIST = 9
} twopass_option_type;

typedef struct twopass_choice {
  const char* name;
  const char* doc;
} twopass_choice; /* frozen */

enum {
  TWOPASS_MINIMUM_EXCLUSIVE = 1,
  TWOPASS_MAXIMUM_EXCLUSIVE = 2,
  TWOPASS_ADDED_LATER = 4 /* Option::added_later */
};

typedef struct twopass_option {
  uint32_t struct_size;
  uint32_t type;            /* twopass_option_type */
  const char* name;         /* the YAML key, [a-z][a-z0-9_]* */
  const char* doc;          /* one sentence, required */
  const char* unit;         /* or NULL */
  const char* default_text; /* YAML: "60", "1e-4", "[2000, 2000]"; NULL makes the option required */
  double minimum, maximum;  /* of a number, or of each element of a list; -inf and +inf when open */
  uint32_t flags;
  uint32_t choice_count;
  const twopass_choice* choices; /* of a TWOPASS_CHOICE */
} twopass_option;

/* One validated value. Which field holds it follows from the option's type. */
typedef struct twopass_value {
  uint32_t struct_size;
  uint32_t type;
  const char* name;
  int64_t integer;  /* TWOPASS_INTEGER, TWOPASS_BOOLEAN (0 or 1) */
  double number;    /* TWOPASS_NUMBER */
  const char* text; /* TWOPASS_TEXT, TWOPASS_CHOICE, TWOPASS_PATH (absolute, or empty) */
  uint64_t count;   /* of a list */
  const int64_t* integers;
  const double* numbers;
  const char* const* texts;
} twopass_value;

/* All options of one section, defaults filled in. Valid during the call that receives them, as is all that
 * they point to: copy what is needed later. */
typedef struct twopass_values {
  uint32_t struct_size;
  uint32_t count;
  const twopass_value* items;
} twopass_values;

/* ---------------------------------------------------------------- the plugin */

typedef enum twopass_log_level { TWOPASS_LOG_INFO = 1, TWOPASS_LOG_WARNING = 2 } twopass_log_level;

/* Services of the host; valid as long as the instance that received it. */
typedef struct twopass_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void* self;
  void (*log)(void* self, uint32_t level, const char* text);
} twopass_host;

/* Returned by the entry; static data of the library. */
typedef struct twopass_plugin {
  uint32_t struct_size;
  uint32_t kind;
  const char* name; /* equals the note's */
  const char* version;
  const char* summary;
  const twopass_option* options;
  uint32_t option_count;
  uint32_t reserved;
  /* Cheap and without side effects: reads its options, checks what belongs together, opens nothing. `values`
   * are valid during the call only; `host` as long as the instance. */
  int32_t (*create)(const twopass_host* host, const twopass_values* values, void** self,
                    twopass_error* error);
  void (*destroy)(void* self); /* never fails; accepts what create returned, once */
  const void* api;             /* twopass_dataset_api, ... by kind */
} twopass_plugin;

/* The one exported symbol: const twopass_plugin* twopass_plugin_entry_v1(void). May be called repeatedly. */
typedef const twopass_plugin* (*twopass_plugin_entry)(void);

/* ---------------------------------------------------------------- datasets */

typedef enum twopass_split { TWOPASS_TRAIN = 0, TWOPASS_TEST = 1 } twopass_split;

typedef struct twopass_dataset_info {
  uint32_t struct_size;
  int32_t class_count;
  int64_t channels, height, width;
  const char* const* class_names; /* [class_count], or NULL; owned by the instance */
} twopass_dataset_info;

typedef struct twopass_images {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t count;
  const uint8_t* pixels; /* [count, channels, height, width]; owned by the instance */
  const int32_t* labels; /* [count], in [0, class_count); owned by the instance */
  uint64_t pixel_bytes;  /* what `pixels` holds: count * channels * height * width */
} twopass_images;

/* A dataset's values always hold the text list `roots`: the folders to look in, best first. */
typedef struct twopass_dataset_api {
  uint32_t struct_size;
  uint32_t reserved;
  int32_t (*describe)(void* self, twopass_dataset_info* info, twopass_error* error); /* reads no pixels */
  int32_t (*load)(void* self, uint32_t split, twopass_images* images, twopass_error* error);
} twopass_dataset_api;

/* ---------------------------------------------------------------- pretext tasks */

typedef enum twopass_label_source {
  TWOPASS_LABEL_IS_MAP = 0,    /* the label is the number of the index map applied */
  TWOPASS_LABEL_OF_DATASET = 1 /* the images keep the dataset's labels */
} twopass_label_source;

typedef struct twopass_task {
  uint32_t struct_size;
  int32_t class_count; /* labels are in [0, class_count) */
  int64_t channels, height, width;
  uint32_t label_source;
  uint32_t map_count; /* > 0: the task only moves pixels and `maps` serves it; 0: `transform` does */
  const char* const* class_names; /* [class_count], or NULL; owned by the instance */
} twopass_task;

typedef struct twopass_pretext_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Pure: what the task makes of such images. Fails when it cannot serve them. */
  int32_t (*negotiate)(void* self, const twopass_dataset_info* dataset, twopass_task* task,
                       twopass_error* error);
  /* After negotiate: maps[m][p] is the source pixel of output pixel p under map m, or -1 for black.
   * Pixels count through [channels, height, width]. */
  int32_t (*maps)(void* self, int32_t* maps, twopass_error* error);
  /* After negotiate, one image; `random` is keyed by (seed, epoch, image), or (seed, image). */
  int32_t (*transform)(void* self, const uint8_t* image, int32_t label, uint64_t random, uint8_t* out_image,
                       int32_t* out_label, twopass_error* error);
} twopass_pretext_api;

/* ---------------------------------------------------------------- backends: record, compile, run */

typedef enum twopass_type { TWOPASS_F32 = 0, TWOPASS_I32 = 1, TWOPASS_U8 = 2, TWOPASS_BF16 = 3 } twopass_type;

typedef enum twopass_role {
  TWOPASS_PARAM = 0,  /* trained weights; a backend may keep a working copy of another precision */
  TWOPASS_STATE = 1,  /* optimiser state, running sums */
  TWOPASS_INPUT = 2,  /* written by uploads or by another program */
  TWOPASS_OUTPUT = 3, /* read by downloads or by another program */
  TWOPASS_TEMP = 4    /* lives within one run of one program; a backend may never materialise it */
} twopass_role;

/* Row-major storage of `rows` x `columns` elements. */
typedef struct twopass_buffer {
  uint32_t struct_size;
  uint32_t type;
  uint32_t role;
  uint32_t reserved;
  int64_t rows, columns;
  void* storage;    /* what buffer_create returned; NULL for a TWOPASS_TEMP */
  const char* name; /* for messages and checkpoints */
} twopass_buffer;

/* A rectangle of a buffer: element (r, c) lies at first + r * stride + c. buffer < 0: absent. */
typedef struct twopass_view {
  int32_t buffer; /* index into the program's buffers */
  uint32_t reserved;
  int64_t first, rows, columns, stride;
} twopass_view; /* frozen */

/* Op codes; operands and meaning of each are documented at its function in <twopass/program.hpp>, and each
 * has a float64 reference in <twopass/testing/reference_backend.hpp>. Codes from TWOPASS_OP_FIRST_FUSED on
 * are optional. */
typedef enum twopass_op_code {
  TWOPASS_OP_COPY = 0,
  TWOPASS_OP_FILL = 1,
  TWOPASS_OP_GEMM = 2,
  TWOPASS_OP_GATHER_ROWS = 3,
  TWOPASS_OP_GATHER_COLUMNS = 4,
  TWOPASS_OP_ONE_HOT = 5,
  TWOPASS_OP_UNARY = 6,
  TWOPASS_OP_UNARY_GRADIENT = 7,
  TWOPASS_OP_BINARY = 8,
  TWOPASS_OP_ROW_REDUCE = 9,
  TWOPASS_OP_COLUMN_REDUCE = 10,
  TWOPASS_OP_SOFTMAX_CROSS_ENTROPY = 11,
  TWOPASS_OP_ARGMAX_ROWS = 12,
  TWOPASS_OP_COUNT_EQUAL = 13,
  TWOPASS_OP_OPTIMIZER = 14,
  TWOPASS_OP_FIRST_FUSED = 32,
  TWOPASS_OP_ROW_NORMALIZE = 32,
  TWOPASS_OP_ROW_NORMALIZE_GRADIENT = 33,
  TWOPASS_OP_GOODNESS_LOSS = 34,
  TWOPASS_OP_SELECT = 35
} twopass_op_code;

typedef enum twopass_unary {
  TWOPASS_RELU = 0,
  TWOPASS_SQUARE = 1,
  TWOPASS_SQRT = 2,
  TWOPASS_RSQRT = 3,
  TWOPASS_RECIPROCAL = 4,
  TWOPASS_EXP = 5,
  TWOPASS_LOG = 6,
  TWOPASS_SOFTPLUS = 7,
  TWOPASS_SIGMOID = 8,
  TWOPASS_TANH = 9,
  TWOPASS_IDENTITY = 10
} twopass_unary;

typedef enum twopass_binary {
  TWOPASS_ADD = 0,
  TWOPASS_MULTIPLY = 1,
  TWOPASS_DIVIDE = 2,
  TWOPASS_MAXIMUM = 3,
  TWOPASS_MINIMUM = 4
} twopass_binary;

typedef enum twopass_reduction {
  TWOPASS_SUM = 0,
  TWOPASS_SUM_SQUARES = 1,
  TWOPASS_MAX = 2
} twopass_reduction;

typedef enum twopass_normalization {
  TWOPASS_NORMALIZE_NONE = 0,
  TWOPASS_LAYER_NORM = 1,  /* (x - mean) / sqrt(variance + epsilon) */
  TWOPASS_UNIT_LENGTH = 2, /* x / sqrt(sum(x^2) + epsilon) */
  TWOPASS_UNIT_RMS = 3     /* x / sqrt(mean(x^2) + epsilon) */
} twopass_normalization;

typedef enum twopass_goodness {
  TWOPASS_NORM = 0, /* sqrt(sum(h^2)) */
  TWOPASS_SUM_SQUARES_GOODNESS = 1,
  TWOPASS_MEAN_SQUARES_GOODNESS = 2
} twopass_goodness;

typedef enum twopass_optimizer { TWOPASS_SGD = 0, TWOPASS_ADAM = 1 } twopass_optimizer;

typedef struct twopass_op {
  uint32_t struct_size;
  uint32_t code;
  int32_t mode[4]; /* enumerations and switches of the op */
  int32_t slot[4]; /* indices of run-time scalars, or -1; ops so far use the first two */
  int64_t size[2]; /* counts of rows or columns that no operand shows: goodness_loss's positive_rows */
  double scalar[6];
  twopass_view in[6];
  twopass_view out[4];
} twopass_op; /* its arrays cannot grow, so they have room to spare */

/* A recorded program. Ops run in order; everything but the slots is fixed when it is compiled. */
typedef struct twopass_program {
  uint32_t struct_size;
  uint32_t slot_count;
  const char* name;
  const twopass_buffer* buffers;
  const twopass_op* ops;
  uint32_t buffer_count;
  uint32_t op_count;
} twopass_program;

typedef struct twopass_backend_info {
  uint32_t struct_size;
  uint32_t threads;
  char device[128];       /* what computes, for people: the CPU's or the GPU's name */
  char precision[16];     /* of products: "float32", "float64", "bfloat16", "tf32", ... */
  uint64_t fused_ops;     /* bit (code - TWOPASS_OP_FIRST_FUSED) set: the op is native */
  uint32_t types;         /* bit twopass_type set: buffers of that type can be made */
  uint32_t deterministic; /* 1: same program, same data, same threads give the same bytes */
} twopass_backend_info;

typedef struct twopass_backend_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* The first call after create: takes hold of the device. TWOPASS_UNAVAILABLE with the reason if there is
   * none. */
  int32_t (*open)(void* self, twopass_backend_info* info, twopass_error* error);
  /* Zero-filled storage for a buffer that is no temp. */
  int32_t (*buffer_create)(void* self, const twopass_buffer* buffer, void** storage, twopass_error* error);
  void (*buffer_destroy)(void* self, void* storage);
  /* `count` elements of the buffer's type from element `first` on. Ordered with the runs around them; upload
   * may return once it has read `data`, download returns when `data` is complete. */
  int32_t (*upload)(void* self, void* storage, int64_t first, int64_t count, const void* data,
                    twopass_error* error);
  int32_t (*download)(void* self, void* storage, int64_t first, int64_t count, void* data,
                      twopass_error* error);
  /* Everything that allocates, selects or may fail for lack of support happens here. */
  int32_t (*compile)(void* self, const twopass_program* program, void** compiled, twopass_error* error);
  void (*release)(void* self, void* compiled);
  /* May return before the work is done. `slots` has the program's slot_count values. */
  int32_t (*run)(void* self, void* compiled, const double* slots, twopass_error* error);
  int32_t (*synchronize)(void* self, twopass_error* error);
} twopass_backend_api;

/* A backend as others see it. The one a trainer receives is the host's: it checks shapes, lowers the fused
 * ops that the backend lacks, and knows every param and state buffer by name for checkpoints. */
typedef struct twopass_device {
  uint32_t struct_size;
  uint32_t reserved;
  void* self;
  const twopass_backend_api* api;
} twopass_device;

/* ---------------------------------------------------------------- trainers */

typedef enum twopass_label_pixels {
  TWOPASS_LABEL_NEUTRAL = 0, /* strength / class_count in every label pixel */
  TWOPASS_LABEL_ZERO = 1,
  TWOPASS_LABEL_KEEP = 2 /* the image's own pixels */
} twopass_label_pixels;

/* What a trainer has to serve. Buffers come with their storage: their descriptors are valid for the call,
 * their storage as long as the instance. */
typedef struct twopass_trainer_task {
  uint32_t struct_size;
  int32_t class_count;
  int64_t channels, height, width; /* inputs = channels * height * width */
  int64_t steps_per_epoch;
  const twopass_values* network; /* the pipeline's network section; valid for the call */
  const twopass_device* device;
  const twopass_buffer* train_images;      /* f32 [batch_size, inputs] in [0, 1], filled before each step */
  const twopass_buffer* train_labels;      /* i32 [batch_size, 1], filled before each step */
  const twopass_buffer* evaluation_images; /* f32 [evaluation_rows, inputs], filled before score or extract */
  uint32_t feature_label_pixels;           /* twopass_label_pixels, while features are extracted */
  uint32_t reserved;
} twopass_trainer_task;

/* What a trainer offers; filled by build, owned by the instance. */
typedef struct twopass_trainer_outputs {
  uint32_t struct_size;
  uint32_t local; /* 1: no gradient crosses a layer; `twopass plugin check` tries it */
  uint32_t
      score_count; /* score sets; the last is the one the run reports as its pretext accuracy; 0, with scores
                    * and score_names unused: the trainer knows no classes, and score is never called */
  uint32_t feature_count;
  const char* const* score_names; /* "layer1", ..., "combined" */
  const twopass_buffer* features; /* f32 [evaluation_rows, width], one per hidden layer: its raw activities */
  const twopass_buffer* scores;   /* f32 [evaluation_rows, score_count * class_count]; larger is likelier */
  const twopass_buffer* metrics;  /* f32 [1, metric_count], sums over an epoch's steps; the host zeroes it */
  const char* const* metric_names; /* "layer1.loss", "layer1.goodness_positive", ... */
  uint32_t metric_count;
  uint32_t reserved;
  const double*
      thresholds; /* [feature_count] goodness thresholds or NULL: lets the host name a collapsed layer */
} twopass_trainer_outputs;

typedef struct twopass_epoch {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t seed;         /* the run's */
  int64_t epoch;         /* 0-based */
  int64_t step_count;    /* steps of this epoch */
  int64_t first_step;    /* steps done before this epoch */
  const int32_t* labels; /* [step_count * batch_size], in the order of the steps */
} twopass_epoch;

typedef struct twopass_trainer_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Once: makes the buffers, records and compiles the programs. On the device of `twopass check` nothing is
   * allocated or computed. */
  int32_t (*build)(void* self, const twopass_trainer_task* task, twopass_trainer_outputs* outputs,
                   twopass_error* error);
  /* Sets every param and state buffer to its initial value, which depends on the seed alone. */
  int32_t (*initialize)(void* self, uint64_t seed, twopass_error* error);
  /* Draws what the epoch needs (wrong labels, masks) from (seed, epoch) alone. */
  int32_t (*begin_epoch)(void* self, const twopass_epoch* epoch, twopass_error* error);
  /* One update from train_images and train_labels; `step` counts from 0 within the epoch. Never waits for the
   * device. */
  int32_t (*step)(void* self, int64_t step, twopass_error* error);
  int32_t (*score)(void* self, twopass_error* error);   /* evaluation_images -> scores */
  int32_t (*extract)(void* self, twopass_error* error); /* evaluation_images -> features */
} twopass_trainer_api;

#ifdef __cplusplus
}
#endif
