/*
 * fuzz_options.c - a command line: the bytes are its words, with NUL between them.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char program[] = "coolvec", *argv[WORDS_MAX + 2] = { program }, *words[WORDS_MAX + 2];
	char *copy = malloc(n + 1);
	struct args a;
	struct err err;
	int argc = 1, rc;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, n);
	copy[n] = '\0';
	for (size_t at = 0; at < n && argc <= WORDS_MAX; at += strlen(copy + at) + 1)
		argv[argc++] = copy + at;
	err.text[0] = '\0';
	rc = args_parse(argc, argv, words, &a, &err);
	assert(rc >= 0 && (rc == 0 || err.text[0] != '\0'));
	assert(rc != 0 || (a.nwords >= 0 && a.nwords < argc));
	for (int i = 0; rc == 0 && i < a.nwords; i++)
		(void)args_is_stdin(&a, i);
	free(copy);
	return 0;
}
