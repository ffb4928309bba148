/*
 * replay.c - a fuzz target without a fuzzer: runs it on files.
 *
 * usage: fuzz_NAME FILE...
 *
 * The target ends the process when something is wrong.  Prints how many files it was.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
main(int argc, char **argv)
{
	uint8_t *data;
	size_t n;
	FILE *f;

	for (int i = 1; i < argc; i++) {
		if ((f = fopen(argv[i], "re")) == NULL || (data = malloc(1 << 20)) == NULL) {
			perror(argv[i]);
			return 1;
		}
		n = fread(data, 1, 1 << 20, f);
		fclose(f);
		/* exactly as many bytes, so that a sanitizer sees one too many */
		if ((data = realloc(data, n > 0 ? n : 1)) == NULL)
			return 1;
		LLVMFuzzerTestOneInput(data, n);
		free(data);
	}
	printf("%d inputs\n", argc - 1);
	return argc > 1 ? 0 : 1;
}
