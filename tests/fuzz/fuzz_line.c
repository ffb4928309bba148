/*
 * fuzz_line.c - a request line: parsed, its arguments checked against every operation, written again.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
try_args(json_t *args)
{
	char why[256];
	float x[4];

	for (const struct op *op = ops; op->name != NULL; op++)
		if (args_check(args, op->args, NULL, why, sizeof(why)) != WIRE_OK)
			assert(memchr(why, '\0', sizeof(why)) != NULL && why[0] != '\0');
	(void)args_vector(args, x, 4, why, sizeof(why));
	(void)args_vector(json_object_get(args, "vector"), x, 4, why, sizeof(why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wire_bounds bounds = { WIRE_DEPTH_MAX, 10000 };
	enum wire_code code;
	json_t *object, *again, *args;
	char why[256], *text;
	size_t len;

	object = wire_parse_within((const char *)data, n, &bounds, &code, why, sizeof(why));
	if (object == NULL) {
		assert(code != WIRE_OK && why[0] != '\0');
		return 0;
	}
	args = json_object_get(object, "args");
	if (json_is_object(args))
		try_args(args);
	text = wire_dump(object, &len);
	assert(text != NULL && text[len - 1] == '\n' && memchr(text, '\n', len) == text + len - 1);
	again = wire_parse_within(text, len - 1, &bounds, &code, why, sizeof(why));
	assert(again != NULL);
	json_decref(again);
	json_decref(object);
	free(text);
	return 0;
}
