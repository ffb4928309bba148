/*
 * seam_memory.c - allocation that may fail.
 *
 * coolvec's own objects are linked with --wrap, so that their malloc is the one here and everybody
 * else's is untouched; jansson and SQLite have hooks.  libjwt 1.10 reads through a NULL from jansson
 * when it encodes, so it is not refused memory there.
 */

#include <jansson.h>
#include <jwt.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seam_private.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

void *
__wrap_malloc(size_t n)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : __real_strdup(s);
}

char *__real_jwt_encode_str(jwt_t *jwt);
char *__wrap_jwt_encode_str(jwt_t *jwt);

char *
__wrap_jwt_encode_str(jwt_t *jwt)
{
	char *text;

	seam_spare(true);
	text = __real_jwt_encode_str(jwt);
	seam_spare(false);
	return text;
}

static sqlite3_mem_methods sqlite_real, sqlite_ours;

static void *
sqlite_malloc(int n)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : sqlite_real.xMalloc(n);
}

static void *
sqlite_realloc(void *p, int n)
{
	return seam_fail(SEAM_MEMORY) != 0 ? NULL : sqlite_real.xRealloc(p, n);
}

void
seam_memory(void)
{
	json_set_alloc_funcs(__wrap_malloc, free);
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_real) != SQLITE_OK)
		abort();
	sqlite_ours = sqlite_real;
	sqlite_ours.xMalloc = sqlite_malloc;
	sqlite_ours.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &sqlite_ours) != SQLITE_OK)
		abort();
}
