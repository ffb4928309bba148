/*
 * fuzz_filter.c - a condition on metas, parsed and made into SQL.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "meta_sqlite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct filter *f = NULL;
	struct err err;
	int rc;

	err.text[0] = '\0';
	rc = filter_parse((const char *)data, n, &f, &err);
	assert((rc == 0) == (f != NULL));
	assert(rc != FILTER_BAD || strncmp(err.text, "where", 5) == 0);
	assert(memchr(err.text, '\0', sizeof(err.text)) != NULL);
	filter_free(f);
	return 0;
}
