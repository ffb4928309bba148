/*
 * memgrep.c - is a word in the memory of a process?
 *
 * usage: memgrep PID WORD
 *
 * Prints how many times.  Needs the rights of a debugger.  Exit status: 0; 1 the memory could not be
 * read; 2 usage.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t
count(const char *p, size_t n, const char *word)
{
	size_t found = 0, len = strlen(word);
	const char *end = p + n;

	while ((p = memmem(p, (size_t)(end - p), word, len)) != NULL) {
		found++;
		p += len;
	}
	return found;
}

int
main(int argc, char **argv)
{
	char name[64], line[512], *chunk;
	unsigned long long from, to;
	size_t found = 0, looked = 0;
	FILE *maps;
	int mem;

	if (argc != 3)
		return 2;
	snprintf(name, sizeof(name), "/proc/%.20s/maps", argv[1]);
	maps = fopen(name, "re");
	snprintf(name, sizeof(name), "/proc/%.20s/mem", argv[1]);
	mem = open(name, O_RDONLY | O_CLOEXEC);
	if (maps == NULL || mem < 0)
		return 1;
	while (fgets(line, sizeof(line), maps) != NULL) {
		ssize_t n;

		if (sscanf(line, "%llx-%llx rw", &from, &to) != 2 || strstr(line, " rw") == NULL)
			continue;
		if ((chunk = malloc(to - from)) == NULL)
			return 1;
		if ((n = pread(mem, chunk, to - from, (off_t)from)) > 0) {
			found += count(chunk, (size_t)n, argv[2]);
			looked += (size_t)n;
		}
		free(chunk);
	}
	fclose(maps);
	close(mem);
	printf("%zu\n", found);
	return looked > 0 ? 0 : 1;
}
